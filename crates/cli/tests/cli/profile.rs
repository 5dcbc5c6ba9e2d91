//! `wootz profile`: what it draws, also of guests that do not end well.

use std::process::{Command, Stdio};

use crate::Dir;

const SPIN: &str = r#"(module
  (func $spin (loop (br 0)))
  (func $<main> (export "_start") (call $spin)))"#;

#[test]
fn a_guest_that_is_stopped_has_a_profile_and_its_own_exit_code() {
    let dir = Dir::with("m.wat", SPIN.replace("$<main>", "$\"a<b;c\""));
    let outcome = dir.wootz(&["profile", "-O0", "--timeout", "300ms", "-o", "p.folded", "m.wat"]);
    assert_eq!(outcome.code, 124, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("ran for longer than 300ms"), "{}", outcome.stderr);
    let folded = std::fs::read_to_string(dir.path().join("p.folded")).unwrap();
    let (stack, count) = folded.lines().max().unwrap().rsplit_once(' ').unwrap();
    assert_eq!(stack, "a<b:c;spin");
    assert!(count.parse::<u64>().unwrap() > 0);
}

#[test]
fn a_drawing_is_an_svg_with_the_names() {
    let dir = Dir::with("m.wat", SPIN.replace("$<main>", "$\"a<b\""));
    let outcome = dir.wootz(&["profile", "--timeout", "300ms", "--frequency", "500", "m.wat"]);
    assert_eq!(outcome.code, 124, "{}", outcome.stderr);
    let svg = std::fs::read_to_string(dir.path().join("profile.svg")).unwrap();
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert!(svg.contains("spin") && svg.contains("a&lt;b") && !svg.contains("a<b"), "{svg}");
}

#[test]
fn a_program_that_does_not_start_leaves_no_profile() {
    let dir = Dir::with("m.wat", "(module (func unreachable");
    dir.wootz(&["profile", "m.wat"]).error(65);
    assert!(!dir.path().join("profile.svg").exists());
    dir.wootz(&["profile", "--frequency", "0", "m.wat"]).error(2);
}

/// The main thread waits for two others, which call functions of their own and then end or not.
const THREADS: &str = r#"(module
  (import "env" "memory" (memory 1 1 shared)) (export "memory" (memory 0))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (func $count (param i64) (result i64) (local $seed i64)
    (local.set $seed (i64.const 1))
    (loop $again
      (local.set $seed (i64.mul (local.get $seed) (i64.const 6364136223846793005)))
      (local.set $seed (i64.xor (local.get $seed) (i64.shr_u (local.get $seed) (i64.const 7))))
      (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
      (br_if $again (i64.ne (local.get 0) (i64.const 0))))
    (local.get $seed))
  (func $ends (i64.store (i32.const 16) (call $count (i64.const 100000000))))
  (func $goes_on (loop $again (i64.store (i32.const 24) (call $count (i64.const 1000000))) (br $again)))
  (func (export "wasi_thread_start") (param $number i32) (param $ends i32)
    (if (local.get $ends) (then (call $ends)) (else (call $goes_on)))
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (func $main (export "_start")
    (drop (call $spawn (i32.const 0)))
    (drop (call $spawn (i32.const 1)))
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))"#;

#[test]
fn every_thread_of_the_guest_is_profiled() {
    let dir = Dir::with("m.wat", THREADS);
    for options in [&["-O0"][..], &["-O2"], &["--mode", "lazy"]] {
        let command = [&["profile", "-o", "p.folded"], options, &["m.wat"]].concat();
        let outcome = dir.wootz(&command);
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""), "{options:?}");
        let folded = std::fs::read_to_string(dir.path().join("p.folded")).unwrap();
        for stack in ["wasi_thread_start;ends;count ", "wasi_thread_start;goes_on;count ", "[waiting] "] {
            assert!(folded.lines().any(|line| line.starts_with(stack)), "{options:?}, {stack}: {folded}");
        }
    }
}

const PROGRAM: &str = r#"(module $m
  (func $inner (param i32) (result i32)
    (i32.div_u (i32.const 7) (local.get 0)))
  (func (export "run") (result i32)
    (call $inner (i32.const 2))))"#;

/// Runs a command that prints a 3 somewhere; the number of its process.
fn run_for_perf(mut command: Command) -> u32 {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.lines().any(|line| line.starts_with('3')), "{output:?}");
    id
}

/// The command that runs the program in memory.
fn in_memory(dir: &Dir, options: &[&str]) -> Command {
    dir.command(&[&["run", "-O0", "--invoke", "run", "--no-cache"], options, &["m.wat"]].concat())
}

/// The names in the map of a process, which is taken away.
fn map_of(id: u32) -> String {
    let path = format!("/tmp/perf-{id}.map");
    let map = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    for line in map.lines() {
        let size = usize::from_str_radix(line.split(' ').nth(1).unwrap(), 16).unwrap();
        assert!((1..10_000).contains(&size), "{line}");
    }
    map.lines().map(|line| line.splitn(3, ' ').nth(2).unwrap().to_owned() + "\n").collect()
}

#[test]
fn a_map_for_perf_names_every_function_in_every_mode() {
    let dir = Dir::with("m.wat", PROGRAM);
    for mode in ["regular", "lazy"] {
        let names = map_of(run_for_perf(in_memory(&dir, &["--profile", "perfmap", "--mode", mode])));
        assert!(names.contains("m!inner\n") && names.contains("m!run\n"), "{mode}: {names}");
    }

    dir.wootz(&["compile", "m.wat", "-o", "m.image"]).output();
    let image = dir.command(&["run", "--profile", "perfmap", "--invoke", "run", "m.image"]);
    let names = map_of(run_for_perf(image));
    assert!(names.contains("m!inner\n") && names.contains("m!run\n"), "{names}");

    let text = "(func $third (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 3)))\n(call $third (i32.const 9))\n";
    let mut repl = dir.command(&["repl", "--profile", "perfmap"]);
    repl.stdin(std::fs::File::open(dir.write("in", text)).unwrap());
    let names = map_of(run_for_perf(repl));
    assert!(names.contains("!third\n"), "{names}");
}

#[test]
fn an_executable_tells_perf_what_its_environment_asks_for() {
    let wat = r#"(module $m
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\10\00\00\00\02\00\00\00")
      (data (i32.const 16) "3\n")
      (func $print (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
      (func (export "_start") (call $print)))"#;
    let dir = Dir::with("m.wat", wat);
    dir.wootz(&["compile", "-O0", "--emit", "exe", "m.wat"]).output();
    let run = |profile: &str| {
        let mut command = Command::new(dir.path().join("m"));
        command.env("WOOTZ_PROFILE", profile).current_dir(dir.path());
        command
    };
    let names = map_of(run_for_perf(run("perfmap")));
    assert!(names.contains("m!print\n") && names.contains("m!_start\n"), "{names}");
    let id = run_for_perf(run("jitdump"));
    assert!(!records(&std::fs::read(dir.path().join(format!("jit-{id}.dump"))).unwrap()).is_empty());
    let refused = run("something").output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

/// A record of a dump: kind and contents.
fn records(dump: &[u8]) -> Vec<(u32, &[u8])> {
    let u32_at = |at: usize| u32::from_ne_bytes(dump[at..at + 4].try_into().unwrap());
    assert_eq!((u32_at(0), u32_at(4)), (0x4a69_5444, 1), "magic and version");
    let (mut at, mut records) = (u32_at(8) as usize, Vec::new());
    while at < dump.len() {
        let size = u32_at(at + 4) as usize;
        records.push((u32_at(at), &dump[at + 16..at + size]));
        at += size;
    }
    records
}

#[test]
fn a_dump_for_perf_has_code_and_lines() {
    let dir = Dir::with("m.wat", PROGRAM);
    let id = run_for_perf(in_memory(&dir, &["--profile", "jitdump", "-g"]));
    let dump = std::fs::read(dir.path().join(format!("jit-{id}.dump"))).unwrap();
    let u64_at = |bytes: &[u8], at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap());
    let mut lines = Vec::new();
    let mut functions = Vec::new();
    for (kind, contents) in records(&dump) {
        match kind {
            0 => {
                let (address, size) = (u64_at(contents, 8), u64_at(contents, 24) as usize);
                let name = contents[40..].split(|byte| *byte == 0).next().unwrap();
                let code = &contents[40 + name.len() + 1..][..size];
                assert!(code.iter().any(|byte| *byte != 0));
                functions.push((String::from_utf8(name.to_vec()).unwrap(), address, size as u64));
            }
            2 => {
                let (code, count) = (u64_at(contents, 0), u64_at(contents, 8));
                let mut rest = &contents[16..];
                for _ in 0..count {
                    let line = u32::from_ne_bytes(rest[8..12].try_into().unwrap());
                    let file = rest[16..].split(|byte| *byte == 0).next().unwrap();
                    assert!(file.ends_with(b"m.wat"), "{}", String::from_utf8_lossy(file));
                    lines.push((code, u64_at(rest, 0), line));
                    rest = &rest[16 + file.len() + 1..];
                }
            }
            other => panic!("a record of kind {other}"),
        }
    }
    let (_, address, size) = functions.iter().find(|(name, ..)| name == "m!inner").unwrap();
    let of_inner: Vec<u32> =
        lines.iter().filter(|(code, ..)| code == address).map(|(_, _, line)| *line).collect();
    assert!(of_inner.contains(&3), "the division is in line 3: {of_inner:?}");
    assert!(lines.iter().all(|(code, at, _)| at >= code));
    assert!(
        lines
            .iter()
            .filter(|(code, ..)| code == address)
            .all(|(_, at, _)| (*address..address + size).contains(at))
    );
}
