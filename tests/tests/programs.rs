//! Real programs under every check strategy: the examples and SQLite do exactly what their native builds do, in what
//! they print, in their exit codes and in the files they leave behind.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use wootz::{CheckStrategy, OptLevel};
use wootz_tests::c_program::{CProgram, root};
use wootz_tests::wasi_program::WasiProgram;

const O2: OptLevel = OptLevel::O2;
const O0: OptLevel = OptLevel::O0;
const OPTIMISED: [(OptLevel, CheckStrategy); 2] = [(O2, CheckStrategy::Guard), (O2, CheckStrategy::Explicit)];
const ALL: [(OptLevel, CheckStrategy); 4] = [
    (O2, CheckStrategy::Guard),
    (O2, CheckStrategy::Explicit),
    (O0, CheckStrategy::Guard),
    (O0, CheckStrategy::Explicit),
];

/// One run of a program: its arguments, its standard input, the files that it finds.
#[derive(Default)]
struct Case<'a> {
    args: &'a [&'a str],
    stdin: &'a [u8],
    files: &'a [(&'a str, &'a [u8])],
}

/// What a run did.
#[derive(PartialEq, Eq)]
struct Outcome {
    code: i32,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    files: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "exit code {}", self.code)?;
        for (name, bytes) in &self.files {
            writeln!(f, "file {name}, {} bytes, first {:?}", bytes.len(), &bytes[..bytes.len().min(32)])?;
        }
        let [stdout, stderr] = [&self.stdout, &self.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        write!(f, "standard output:\n{stdout}\nstandard error:\n{stderr}")
    }
}

/// A folder holding the files of a case.
fn folder(case: &Case<'_>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in case.files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn files_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap())).collect()
}

fn run_native(program: &Path, case: &Case<'_>) -> Outcome {
    let folder = folder(case);
    let mut child = Command::new(program)
        .args(case.args)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that reads no input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(case.stdin);
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code().expect("the native program ends by itself"),
        stdout: output.stdout,
        stderr: output.stderr,
        files: files_in(folder.path()),
    }
}

fn compile(wasm: &Path, (opt, checks): (OptLevel, CheckStrategy)) -> WasiProgram {
    WasiProgram::compile(wasm, opt, checks).unwrap_or_else(|error| panic!("{error:#}"))
}

/// Runs a case in a folder of its own.
fn run_compiled(program: &WasiProgram, case: &Case<'_>) -> Outcome {
    let folder = folder(case);
    let output =
        program.run(case.args, case.stdin, folder.path()).unwrap_or_else(|error| panic!("{error:#}"));
    Outcome {
        code: output.code,
        stdout: output.stdout,
        stderr: output.stderr,
        files: files_in(folder.path()),
    }
}

/// Runs every case natively and under every strategy, and compares all that they did. Returns the native outcomes.
fn compare(program: &CProgram, strategies: &[(OptLevel, CheckStrategy)], cases: &[Case<'_>]) -> Vec<Outcome> {
    let (native, wasm) = std::thread::scope(|scope| {
        let wasm = scope.spawn(|| program.wasm());
        (program.native(), wasm.join().expect("the compiling thread does not panic"))
    });
    let (native, wasm) = (native.unwrap(), wasm.unwrap());
    let expected: Vec<_> = cases.iter().map(|case| run_native(&native, case)).collect();
    std::thread::scope(|scope| {
        for &strategy in strategies {
            let (wasm, expected) = (&wasm, &expected);
            scope.spawn(move || {
                let compiled = compile(wasm, strategy);
                for (case, expected) in cases.iter().zip(expected) {
                    let outcome = run_compiled(&compiled, case);
                    assert_eq!(&outcome, expected, "{}: {:?}", compiled.name(), case.args);
                }
            });
        }
    });
    expected
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn nbody() {
    let cases = [Case { args: &["50"], ..Case::default() }, Case { args: &["x"], ..Case::default() }];
    let outcomes = compare(&CProgram::example("nbody"), &ALL, &cases);
    assert!(text(&outcomes[0].stdout).contains("Neptune"));
    assert_eq!(outcomes[1].code, 2);
}

#[test]
fn life() {
    let cases = [
        Case::default(),
        Case { args: &["101", "80", "41"], ..Case::default() },
        Case { args: &["1", "2"], ..Case::default() },
    ];
    let outcomes = compare(&CProgram::example("life"), &ALL, &cases);
    assert!(text(&outcomes[0].stdout).starts_with("generation 0, population 36\n"));
    assert_eq!(outcomes[2].code, 2);
}

#[test]
fn picture_in_a_preopened_directory() {
    let cases = [
        Case { args: &["set.ppm", "120", "90"], ..Case::default() },
        Case { args: &["no/such/directory.ppm"], ..Case::default() },
    ];
    let outcomes = compare(&CProgram::example("picture"), &ALL, &cases);
    let picture = &outcomes[0].files["set.ppm"];
    assert!(picture.starts_with(b"P6\n120 90\n255\n"));
    assert_eq!(picture.len(), 14 + 3 * 120 * 90);
    assert_eq!(outcomes[1].code, 1);
}

#[test]
fn words_of_standard_input() {
    let long = [b'x'; 1000];
    let source = fs::read(root().join("examples/words.c")).unwrap();
    let cases = [
        Case { stdin: b"It's the end: the END, the \xc3\xa9nd.", ..Case::default() },
        Case { args: &["7"], stdin: &source, ..Case::default() },
        Case { stdin: &long, ..Case::default() },
        Case::default(),
        Case { args: &["0"], ..Case::default() },
    ];
    let outcomes = compare(&CProgram::example("words"), &ALL, &cases);
    assert!(text(&outcomes[0].stdout).ends_with("7 words, 4 different\n"), "{:?}", outcomes[0]);
    assert_eq!(outcomes[4].code, 2);
}

#[test]
fn sha256_of_files() {
    let mut long = Vec::new();
    for i in 0..100_000u32 {
        long.extend(i.to_le_bytes());
    }
    let files: &[(&str, &[u8])] = &[("empty", b""), ("abc", b"abc"), ("long", &long)];
    let cases = [
        Case { args: &["empty", "abc", "long"], files, ..Case::default() },
        Case { args: &["abc", "missing"], files, ..Case::default() },
        Case { stdin: b"abc", ..Case::default() },
    ];
    let outcomes = compare(&CProgram::example("sha256"), &ALL, &cases);
    // FIPS 180-4, and the hash of nothing.
    let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n\
                    ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  abc\n";
    assert!(text(&outcomes[0].stdout).starts_with(expected), "{:?}", outcomes[0]);
    assert_eq!((outcomes[1].code, outcomes[2].code), (1, 0));
}

#[test]
fn mandelbrot_in_text() {
    let wasm = root().join("examples/mandelbrot.wat");
    for strategy in ALL {
        let compiled = compile(&wasm, strategy);
        for (args, width) in [(&[][..], 78), (&["20"], 20), (&["133"], 133)] {
            let outcome = run_compiled(&compiled, &Case { args, ..Case::default() });
            assert_eq!(text(&outcome.stdout), mandelbrot(width), "{}", compiled.name());
            assert_eq!((outcome.code, &outcome.stderr[..]), (0, &b""[..]));
        }
        for args in [&["19"][..], &["501"], &["1000000"], &["7x"], &[""], &["-1"], &["80", "80"]] {
            let outcome = run_compiled(&compiled, &Case { args, ..Case::default() });
            assert_eq!(outcome.code, 2, "{args:?}");
            assert_eq!(text(&outcome.stderr), "usage: mandelbrot [WIDTH], a number from 20 to 500\n");
        }
    }
}

/// What `mandelbrot.wat` prints where the output is no terminal: the same arithmetic, written once more.
fn mandelbrot(width: u32) -> String {
    let height = width * 2 / 5;
    let (mut total, mut inside, mut picture) = (0, 0, String::new());
    for row in 0..height {
        for column in 0..width {
            let cx = (f64::from(column) + 0.5) * (3.0 / f64::from(width)) - 2.2;
            let cy = (f64::from(row) + 0.5) * (2.4 / f64::from(height)) - 1.2;
            let (mut x, mut y, mut n) = (0.0, 0.0, 0);
            while n < 1000 && x * x + y * y <= 4.0 {
                (x, y) = (x * x - y * y + cx, 2.0 * x * y + cy);
                n += 1;
            }
            total += n;
            inside += i32::from(n == 1000);
            let shade =
                if n == 1000 { 11 } else { (u32::BITS - (n as u32).leading_zeros()).saturating_sub(2) };
            picture.push(char::from(b" .,:;=+ox#%@"[shade as usize]));
        }
        picture.push('\n');
    }
    picture
        + &format!("{width} columns, {total} iterations, {inside} of {} points in the set\n", width * height)
}

/// How often a program with threads is run; `cargo xtask stress` runs it a thousand times.
const RUNS: usize = 50;

#[test]
fn parallel_sum_with_a_mutex_and_condition_variables() {
    let program = CProgram::parallel_sum();
    let cases = [["1", "1"], ["3", "2"], ["16", "1"], ["17", "1"]];
    let cases = cases.each_ref().map(|args| Case { args, ..Case::default() });
    let outcomes = compare(&program, &ALL, &cases);
    assert_eq!(text(&outcomes[0].stdout), "the sum of 20000 numbers is 42887168790416\n");
    assert_eq!(outcomes[3].code, 2);
    let wasm = program.wasm().unwrap();
    for strategy in ALL {
        let compiled = compile(&wasm, strategy);
        for run in 0..RUNS {
            let outcome = run_compiled(&compiled, &cases[1]);
            assert_eq!(outcome, outcomes[1], "{}, run {run}", compiled.name());
        }
    }
}

#[test]
fn sqlite() {
    let program = CProgram::sqlite().unwrap();
    let outcomes = compare(&program, &OPTIMISED, &[Case { args: &["shop.db"], ..Case::default() }]);
    let outcome = &outcomes[0];
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(text(&outcome.stdout).contains("  ok\n1 row: PRAGMA integrity_check\n"), "{outcome:?}");

    // `compare` has found the guest's database equal to the native one, byte for byte: it also opens natively.
    let database = &outcome.files["shop.db"];
    let reading = Case { args: &["--read", "shop.db"], files: &[("shop.db", database)], ..Case::default() };
    let read = run_native(&program.native().unwrap(), &reading);
    assert_eq!((read.code, text(&read.stdout)), (0, text(&outcome.stdout)));
}
