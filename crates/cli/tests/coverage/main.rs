//! How much debuggers show of compiled programs, against the native build of the same source at the same level: each program in
//! `tests/programs/coverage` is stopped at every line and asked for every variable in scope. Optimised programs are measured twice: as clang makes them, and
//! with the plugin `tools/clang/places.cpp`, which keeps more of what clang knows.
//!
//! As a test, fails if a value is wrong or less is shown than has been reached. With the argument `table` (`cargo xtask debug-coverage`), prints
//! the figures; then names of programs choose, and say what is missing, and what begins with a dash is for the guest's clang.

mod compare;
mod guest;
mod trace;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use compare::{Comparison, Missing, Program, Why, compare};
use libtest_mimic::{Arguments, Trial};
use trace::record;

const WOOTZ: &str = env!("CARGO_BIN_EXE_wootz");

/// How programs are compiled: the level of both compilers, and whether the guest's has the plugin.
const WAYS: [Way; 3] = [
    Way { level: "-O0", plugin: false },
    Way { level: "-O2", plugin: false },
    Way { level: "-O2", plugin: true },
];

#[derive(Copy, Clone)]
struct Way {
    level: &'static str,
    plugin: bool,
}

impl Way {
    /// The plugin is clang's.
    fn is_for(self, program: &Path) -> bool {
        !self.plugin || !is_rust(program)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.level, if self.plugin { " plugin" } else { "" })
    }
}

/// What is to be shown without optimisation, as a share of what the native build shows.
const LEAST: f64 = 0.95;
/// What is to be shown of optimised programs: without the plugin as a share of what the native build shows and the module has a place for, and with it as a share
/// of what the native build shows. As much as was reached, less what another version of clang may change.
const LEAST_OPTIMISED: [(&str, [f64; 2]); 6] = [
    ("bank.cpp", [0.6, 0.7]),
    ("matrix.c", [0.3, 0.5]),
    ("route.rs", [0.5, 0.5]),
    ("sort.c", [0.7, 0.8]),
    ("text.c", [0.65, 0.82]),
    ("tree.c", [0.6, 0.87]),
];
/// Wrong values that the guest's compiler states, which the native build does not come to show. clang 22: where it has moved an addition into the
/// branches before (`%48 = phi [9500, …], [%46, …]`), it says that the sum is the variable that was added.
const OF_COMPILER: [(&str, u64, &str); 1] = [("bank.cpp", 106, "gain.cents")];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("table") {
        let (options, chosen): (Vec<_>, Vec<_>) = arguments.partition(|argument| argument.starts_with('-'));
        return match table(&chosen, &options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let mut trials = Vec::new();
    for program in programs().expect("the folder of programs is readable") {
        for way in WAYS.into_iter().filter(|way| way.is_for(&program)) {
            let program = program.clone();
            let name = format!("{} {way}", name(&program));
            let check = move || check(&program, way).map_err(|error| error.to_string().into());
            trials.push(Trial::test(name, check));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn check(program: &Path, way: Way) -> Result<()> {
    let measured = measure(program, way, &[])?;
    let optimised = LEAST_OPTIMISED.iter().find(|(known, _)| *known == name(program));
    let (share, least) = match (way.level, optimised) {
        ("-O0", _) => (measured.variables / measured.native.variables, LEAST),
        (_, Some((_, [least, _]))) if !way.plugin => (measured.variables / measured.stated, *least),
        (_, Some((_, [_, least]))) => (measured.variables / measured.native.variables, *least),
        (_, None) => return Err("nothing is said of how much of the program is to be shown".into()),
    };
    if share < least {
        return Err(
            format!("{:.0} % of the variables are shown: {:?}", share * 100.0, measured.missing).into()
        );
    }
    let mut wrong = measured.ours.wrong;
    wrong.retain(|(line, part), _| !OF_COMPILER.contains(&(&*name(program), *line, &**part)));
    if !wrong.is_empty() {
        return Err(format!("wrong: {wrong:#?}").into());
    }
    Ok(())
}

fn table(chosen: &[String], options: &[String]) -> Result<()> {
    println!("                          native                              wootz");
    println!(
        "program         way         lines  variables  early/late  wrong    lines   variables  of stated    more  early/late  wrong"
    );
    for way in WAYS {
        let (mut native, mut stated, mut ours) = (0.0, 0.0, 0.0);
        let mut lost: BTreeMap<Why, f64> = BTreeMap::new();
        for program in programs()?.into_iter().filter(|program| way.is_for(program)) {
            let name_of = name(&program);
            let is_chosen = |chosen: &String| name_of.split('.').next() == chosen.split('.').next();
            if !chosen.is_empty() && !chosen.iter().any(is_chosen) {
                continue;
            }
            let measured = measure(&program, way, options)?;
            print_row(&name(&program), way, &measured);
            if !chosen.is_empty() {
                for Missing { line, name, native, ours, why } in &measured.missing {
                    let why = why.describe();
                    println!("  line {line}: {name} in {native:.2} of the stops, here in {ours:.2}: {why}");
                }
            }
            for missing in &measured.missing {
                *lost.entry(missing.why).or_default() += missing.native - missing.ours;
            }
            for ((line, part), value) in &measured.ours.wrong {
                println!("  wrong in line {line}: {part} = {value}");
            }
            native += measured.native.variables;
            stated += measured.stated;
            ours += measured.variables;
        }
        if native == 0.0 {
            continue;
        }
        println!(
            "all programs    {way}: {:.1} % of the variables that the native builds show, {:.1} % of those that the modules have places for",
            ours / native * 100.0,
            ours / stated * 100.0
        );
        for (why, variables) in lost {
            println!("  {:>4.1} % not: {}", variables / native * 100.0, why.describe());
        }
    }
    Ok(())
}

fn print_row(name: &str, way: Way, measured: &Comparison) {
    let Comparison { native, ours, lines, stated, variables, .. } = measured;
    let percent = |seen: &compare::Seen| seen.early_or_late as f64 / seen.values.max(1) as f64 * 100.0;
    println!(
        "{name:<15} {:<10}  {:>5}  {:>9.1}  {:>8.1} %  {:>5}    {:>5}  {:>6.1} {:>5.1} %    {:>5.1} %  {:>5.1}  {:>8.1} %  {:>5}",
        way.to_string(),
        native.lines,
        native.variables,
        percent(native),
        native.wrong.len(),
        lines,
        variables,
        variables / native.variables * 100.0,
        variables / stated * 100.0,
        ours.variables - variables,
        percent(ours),
        ours.wrong.len(),
    );
}

fn programs() -> Result<Vec<PathBuf>> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs/coverage").canonicalize()?;
    let mut programs = Vec::new();
    for entry in fs::read_dir(folder)? {
        programs.push(entry?.path());
    }
    programs.sort();
    Ok(programs)
}

fn name(program: &Path) -> String {
    program.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Builds a program natively without optimisation, natively at a level, and for WebAssembly at that level with some more options, and compares
/// what is shown.
fn measure(program: &Path, way: Way, options: &[String]) -> Result<Comparison> {
    let level = way.level;
    let dir = tempfile::tempdir()?;
    let path = |file: &str| dir.path().join(file).display().to_string();
    // A variable of C has a value that no variable has before it is given one.
    let pattern = if is_rust(program) { &[][..] } else { &["-ftrivial-auto-var-init=pattern"] };
    compile(program, "-O0", pattern, &path("truth"))?;
    let truth = record(&[&path("truth")], program, dir.path())?;
    compile(program, level, &[], &path("native"))?;
    let native = record(&[&path("native")], program, dir.path())?;
    let mut guest: Vec<&str> = GUEST[usize::from(is_rust(program))].to_vec();
    guest.extend(options.iter().map(String::as_str));
    let with_plugin =
        if way.plugin { format!("-fpass-plugin={}", plugin()?.display()) } else { String::new() };
    guest.extend(Some(&*with_plugin).filter(|option| !option.is_empty()));
    compile(program, level, &guest, &path("program.wasm"))?;
    if way.plugin {
        guest.pop();
        compile(program, level, &guest, &path("plain.wasm"))?;
        let code = |file: &str| guest::code(Path::new(&path(file)));
        if code("plain.wasm")? != code("program.wasm")? {
            return Err("the plugin has changed the code".into());
        }
    }
    let (wasm, image) = (path("program.wasm"), path("program.image"));
    succeed(Command::new(WOOTZ).args(["compile", "-g", level, "--no-progress", &wasm, "-o", &image]))?;
    let ours = record(&[WOOTZ, "run", "--no-cache", &image], program, dir.path())?;
    let stated = guest::stated(Path::new(&wasm), program)?;
    // rustc has no option to fill variables; linear memory is zero at first.
    let unwritten = is_rust(program).then_some("0");
    Ok(compare(&truth, &native, &ours, &Program { stated, unwritten }))
}

fn is_rust(program: &Path) -> bool {
    program.extension().is_some_and(|extension| extension == "rs")
}

/// What makes clang and rustc compile for WebAssembly.
const GUEST: [&[&str]; 2] = [
    &["--target=wasm32-wasi", "--sysroot=/usr", "--no-wasm-opt", "-Wno-unused-command-line-argument"],
    &["--target=wasm32-unknown-unknown", "-Clinker=wasm-ld-22"],
];

/// Compiles a program with debug information: C and C++ by clang, Rust without its library by rustc.
fn compile(program: &Path, level: &str, options: &[&str], out: &str) -> Result<()> {
    let is_guest = options.iter().any(|option| option.starts_with("--target"));
    let mut compiler = match program.extension().and_then(|extension| extension.to_str()) {
        Some("rs") => {
            let mut rustc = Command::new("rustc");
            // What stands in for the library has to be asked for: it is not stable.
            rustc.env("RUSTC_BOOTSTRAP", "1").args([
                "--edition=2021",
                "-Cpanic=abort",
                "-Coverflow-checks=off",
            ]);
            rustc.arg(level.replace("-O", "-Copt-level=")).args((!is_guest).then_some("-Clink-arg=-lc"));
            rustc
        }
        Some("cpp") => {
            let mut clang = Command::new("clang++-22");
            clang.args([level, "-fno-exceptions", "-fno-rtti", "-nostdlib++", "-Wno-deprecated"]);
            clang
        }
        _ => {
            let mut clang = Command::new("clang-22");
            clang.args([level, "-fno-exceptions", "-Wno-deprecated"]);
            clang
        }
    };
    succeed(compiler.arg("-g").args(options).arg(program).arg("-o").arg(out))
}

/// The plugin for clang, compiled when it is first needed.
fn plugin() -> Result<&'static Path> {
    static BUILT: OnceLock<std::result::Result<PathBuf, String>> = OnceLock::new();
    let build = || {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("places.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/clang/places.cpp");
        let flags = Command::new("llvm-config-22").arg("--cxxflags").output()?.stdout;
        let mut clang = Command::new("clang++-22");
        clang
            .args(["-shared", "-fPIC", "-fno-rtti", "-O1"])
            .args(String::from_utf8(flags)?.split_whitespace());
        succeed(clang.arg(source).arg("-o").arg(&library))?;
        Ok(library)
    };
    let built = BUILT.get_or_init(|| build().map_err(|error: Box<dyn Error>| error.to_string()));
    Ok(built.as_deref().map_err(String::as_str)?)
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr)).into())
}
