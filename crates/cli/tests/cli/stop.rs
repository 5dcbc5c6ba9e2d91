//! Guests that are stopped: by `--timeout`, by Ctrl-C, by limits.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Dir, outcome};

const SPIN: &str = r#"(module
  (func $spin
    (loop
      (br 0)))
  (func (export "_start")
    (call $spin)))
"#;

#[test]
fn a_guest_without_end_is_stopped_and_said_where() {
    let dir = Dir::with("spin.wat", SPIN);
    for level in ["-O0", "-O2"] {
        let start = Instant::now();
        let error = dir.wootz(&["run", level, "--timeout", "200ms", "spin.wat"]).error(124);
        assert!(start.elapsed() >= Duration::from_millis(200));
        assert!(error.starts_with("error: the guest ran for longer than 200ms\n --> spin.wat:"), "{error}");
        assert!(error.contains("function 0 \"spin\"") && error.contains("1: "), "{error}");
    }
}

#[test]
fn a_guest_that_ends_in_time_is_not() {
    let dir = Dir::with("f.wat", r#"(module (func (export "f") (result i32) (i32.const 7)))"#);
    assert_eq!(dir.wootz(&["run", "--timeout", "5m", "--invoke", "f", "f.wat"]).output(), "7\n");
}

/// A host function that waits for input which does not come.
#[test]
fn a_guest_that_waits_for_input_is_ended_after_a_while() {
    let dir = Dir::with(
        "read.wat",
        r#"(module
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\10\00\00\00\04\00\00\00")
          (func (export "_start") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
    );
    let mut command = dir.command(&["run", "--timeout", "100ms", "read.wat"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.take();
    let ended = outcome(child.wait_with_output().unwrap());
    drop(stdin);
    let error = ended.error(124);
    assert!(error.contains("it was in a call of the host that did not return"), "{error}");
}

/// Writes a line, then never ends.
const TALKER: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\03\00\00\00")
  (data (i32.const 16) "go\n")
  (func $spin (loop (br 0)))
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $spin)))
"#;

/// Starts a guest and returns when it runs.
fn talker(dir: &Dir) -> Child {
    let mut command = dir.command(&["run", "talker.wat"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "go\n");
    child
}

fn press_ctrl_c(child: &Child) {
    let status = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(status.success());
}

#[test]
fn ctrl_c_interrupts_the_guest_and_says_where() {
    let dir = Dir::with("talker.wat", TALKER);
    let child = talker(&dir);
    press_ctrl_c(&child);
    let error = outcome(child.wait_with_output().unwrap()).error(130);
    // In the loop, or still on return from writing the line.
    let places = [("6", "spin"), ("8", "_start")].map(|(line, function)| {
        let place = format!("error: the guest was interrupted\n --> talker.wat:{line}:");
        error.starts_with(&place) && error.contains(&format!("\"{function}\""))
    });
    assert!(places.contains(&true), "{error}");
}

/// Whether a thread of a process is in a system call that reads from the standard input.
fn reads_its_input(child: &Child) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    tasks.flatten().any(|task| {
        // The number of the call and its arguments: `read` is 0, `readv` is 19.
        let call = std::fs::read_to_string(task.path().join("syscall")).unwrap_or_default();
        call.starts_with("0 0x0 ") || call.starts_with("19 0x0 ")
    })
}

/// The first one waits for the host function, the second one for nothing.
#[test]
fn ctrl_c_twice_ends_the_process() {
    let reader = TALKER
        .replace("(memory (export", "(import \"wasi_snapshot_preview1\" \"fd_read\" (func $read (param i32 i32 i32 i32) (result i32)))\n  (memory (export")
        .replace("(call $spin)))", "(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))");
    let dir = Dir::with("talker.wat", reader);
    let mut command = dir.command(&["run", "talker.wat"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.take();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    while !reads_its_input(&child) {
        std::thread::yield_now();
    }
    press_ctrl_c(&child);
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none(), "the guest waits for input");
    press_ctrl_c(&child);
    let ended = outcome(child.wait_with_output().unwrap());
    drop(stdin);
    assert_eq!((ended.code, ended.stderr.as_str()), (130, ""));
}

#[test]
fn memory_is_limited_by_option() {
    let dir = Dir::with(
        "m.wat",
        r#"(module (memory 2) (func (export "grow") (result i32) (memory.grow (i32.const 2))))"#,
    );
    assert_eq!(dir.wootz(&["run", "--max-memory", "256K", "--invoke", "grow", "m.wat"]).output(), "2\n");
    assert_eq!(dir.wootz(&["run", "--max-memory", "255K", "--invoke", "grow", "m.wat"]).output(), "-1\n");
    let error = dir.wootz(&["run", "--max-memory", "64K", "--invoke", "grow", "m.wat"]).error(71);
    assert!(error.contains("131072 bytes in all memories, of at most 65536"), "{error}");
    assert!(error.contains("--max-memory"), "{error}");
}

/// The memory of a program with threads is made outside of every thread's store, and grown by any of them.
#[test]
fn the_memory_of_a_program_with_threads_is_limited_as_well() {
    let dir = Dir::with(
        "threads.wat",
        r#"(module
          (import "env" "memory" (memory 2 9 shared))
          (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
          (func (export "wasi_thread_start") (param i32 i32)
            (drop (memory.grow (i32.const 1)))
            (i32.atomic.store (i32.const 0) (i32.const 1))
            (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
          (func (export "grow") (result i32 i32)
            (drop (call $spawn (i32.const 0)))
            (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
            (memory.grow (i32.const 1)) (memory.size)))"#,
    );
    let run = |limit| dir.wootz(&["run", "--max-memory", limit, "--invoke", "grow", "threads.wat"]);
    assert_eq!(run("256K").output(), "3\n4\n");
    assert_eq!(run("255K").output(), "-1\n3\n");
    assert_eq!(run("128K").output(), "-1\n2\n");
    let error = run("127K").error(71);
    assert!(error.contains("131072 bytes in all memories, of at most 130048"), "{error}");
}

#[test]
fn guards_have_the_size_of_the_option() {
    let dir = Dir::with("m.wat", r#"(module (memory 1) (func (export "f")))"#);
    let text = dir.wootz(&["maps", "--guard-size", "100K", "m.wat"]).output();
    let guards: Vec<_> = text.lines().filter(|line| line.ends_with("guard: memory 0")).collect();
    let sizes: Vec<_> = guards.iter().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(sizes, ["100", "128"], "{text}");
}

#[test]
fn table_elements_are_limited_by_option() {
    let dir = Dir::with("t.wat", r#"(module (table 100 funcref) (func (export "f")))"#);
    let error = dir.wootz(&["run", "--max-table-elements", "99", "--invoke", "f", "t.wat"]).error(71);
    assert!(error.contains("100 elements in all tables, of at most 99"), "{error}");
}

/// One thread computes for ever, the first one waits for it.
#[test]
fn a_program_with_threads_is_stopped_as_a_whole() {
    let dir = Dir::with(
        "threads.wat",
        r#"(module
          (import "env" "memory" (memory 1 1 shared))
          (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
          (func (export "wasi_thread_start") (param i32 i32) (loop (br 0)))
          (func (export "_start")
            (drop (call $spawn (i32.const 0)))
            (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))"#,
    );
    let error = dir.wootz(&["run", "--timeout", "100ms", "threads.wat"]).error(124);
    assert!(error.starts_with("error: the guest ran for longer than 100ms"), "{error}");
    assert!(!error.contains("did not return"), "{error}");
}

#[test]
fn fuel_ends_a_guest_at_the_same_place_each_time() {
    let dir = Dir::with("spin.wat", SPIN);
    let errors =
        ["-O0", "-O2"].map(|level| dir.wootz(&["run", level, "--fuel", "12345", "spin.wat"]).error(134));
    assert!(
        errors[0].starts_with("error: the guest trapped: all fuel consumed\n --> spin.wat:"),
        "{}",
        errors[0]
    );
    assert_eq!(errors[0], errors[1]);
}
