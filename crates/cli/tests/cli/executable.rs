//! Executables: one file that is run like any program.

use std::process::Command;

use crate::Dir;

/// Writes the first line of stdin back, or its arguments and variables with the codes that the tests ask for.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 8)
  (func $print (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start") (local $fd i32)
    (drop (call $args_sizes (i32.const 16) (i32.const 20)))
    (drop (call $args (i32.const 65536) (i32.const 131072)))
    (call $print (i32.const 131072) (i32.load (i32.const 20)))
    (drop (call $environ_sizes (i32.const 16) (i32.const 20)))
    (drop (call $environ (i32.const 196608) (i32.const 262144)))
    (call $print (i32.const 262144) (i32.load (i32.const 20)))
    (local.set $fd (i32.const 3))
    (loop $next
      (if (i32.eqz (call $prestat (local.get $fd) (i32.const 16)))
        (then
          (drop (call $dir_name (local.get $fd) (i32.const 1024) (i32.load (i32.const 20))))
          (call $print (i32.const 1024) (i32.load (i32.const 20)))
          (call $print (i32.const 2048) (i32.const 1))
          (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
          (br $next))))
    (call $exit (i32.const 7))))"#;

/// What a program printed, each zero as a comma; its messages; how it ended.
fn run(command: &mut Command) -> (String, String, Option<i32>) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout).replace('\0', ","), text(output.stderr), output.status.code())
}

/// The program alone in a directory: nothing else of ours is there.
fn moved(dir: &Dir, name: &str) -> (Dir, std::path::PathBuf) {
    let elsewhere = Dir::new();
    let path = elsewhere.path().join("moved");
    std::fs::copy(dir.path().join(name), &path).unwrap();
    (elsewhere, path)
}

#[test]
fn it_is_run_like_a_native_program() {
    let dir = Dir::with("program.wat", PROGRAM);
    dir.wootz(&["compile", "program.wat", "--emit", "exe"]).output();
    let (elsewhere, program) = moved(&dir, "program");
    let mut command = Command::new(&program);
    command.args(["one", "--two"]).env_clear().env("NAME", "value").current_dir(elsewhere.path());
    let expected = format!("{},one,--two,NAME=value,.,", program.display());
    assert_eq!(run(&mut command), (expected, String::new(), Some(7)));
}

#[test]
fn it_sees_what_it_was_given() {
    let dir = Dir::with("program.wat", PROGRAM);
    let given = ["--env", "A=1", "--env", "B", "--env", "C", "--dir", "/::/root", "-o", "given"];
    for (isolated, expected) in [(false, ",D=4,A=1,B=2,.,/root,"), (true, ",A=1,B=2,/root,")] {
        let mut args = ["compile", "program.wat", "--emit", "exe"].to_vec();
        args.extend(given);
        args.extend(isolated.then_some("--isolated"));
        dir.wootz(&args).output();
        let mut command = Command::new(dir.path().join("given"));
        command.env_clear().envs([("B", "2"), ("D", "4")]).current_dir(dir.path());
        let (output, message, code) = run(&mut command);
        assert!(output.ends_with(&format!("given{expected}")), "{output} {message}");
        assert_eq!(code, Some(7));
    }
}

#[test]
fn a_trap_tells_functions_and_offsets_and_strip_takes_nothing_away() {
    let text = r#"(module (func $ratio (param i32) (drop (i32.div_s (i32.const 1) (local.get 0))))
        (func (export "_start") (call $ratio (i32.const 0))))"#;
    let dir = Dir::with("trap.wat", text);
    dir.wootz(&["compile", "trap.wat", "--emit", "exe"]).output();
    let (_, message, code) = run(&mut Command::new(dir.path().join("trap")));
    assert_eq!(code, Some(134));
    assert!(message.starts_with("error: the program trapped: integer divide by zero\n"), "{message}");
    assert!(message.contains("0: ratio (func 0) at offset 0x2"), "{message}");
    assert!(message.contains("1: _start (func 1) at offset 0x"), "{message}");

    let strip =
        Command::new("strip").arg(dir.path().join("trap")).status().expect("`strip` of binutils runs");
    assert!(strip.success());
    let stripped = run(&mut Command::new(dir.path().join("trap")));
    assert_eq!((stripped.1, stripped.2), (message, code));
}

#[test]
fn threads_run_in_it() {
    let text = r#"(module
      (import "env" "memory" (memory 1 1 shared))
      (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (func (export "wasi_thread_start") (param i32 i32)
        (i32.atomic.store (i32.const 0) (local.get 1))
        (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
      (func (export "_start")
        (drop (call $spawn (i32.const 42)))
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
        (call $exit (i32.atomic.load (i32.const 0)))))"#;
    let dir = Dir::with("threads.wat", text);
    dir.wootz(&["compile", "threads.wat", "--emit", "exe"]).output();
    assert_eq!(run(&mut Command::new(dir.path().join("threads"))), (String::new(), String::new(), Some(42)));
}

#[test]
fn what_cannot_be_one_is_refused() {
    let dir = Dir::with("library.wat", r#"(module (func (export "f")))"#);
    let message = dir.wootz(&["compile", "library.wat", "--emit", "exe"]).error(2);
    assert!(message.contains("the module exports no _start"), "{message}");
    assert!(!dir.path().join("library").exists());
    let message = dir.wootz(&["compile", "library.wat", "--isolated"]).error(2);
    assert!(message.contains("are for executables"), "{message}");
    let other = ["compile", "library.wat", "--emit", "exe", "--target", "aarch64-linux"];
    assert!(dir.wootz(&other).error(2).contains("for this machine only"));
    dir.write("program", PROGRAM);
    let message = dir.wootz(&["compile", "program", "--emit", "exe"]).error(2);
    assert!(message.contains("take the place of the module"), "{message}");
}

/// One file, on any system with this kernel. On machines without static libraries the stub is linked as any program.
#[test]
fn it_needs_no_library() {
    let library = Command::new("cc").arg("-print-file-name=libc.a").output().expect("`cc` runs").stdout;
    if !library.starts_with(b"/") {
        return;
    }
    let dir = Dir::with("program.wat", PROGRAM);
    dir.wootz(&["compile", "program.wat", "--emit", "exe"]).output();
    let read = Command::new("readelf").arg("-dlW").arg(dir.path().join("program")).output();
    let text = String::from_utf8(read.expect("`readelf` of binutils runs").stdout).unwrap();
    assert!(text.contains("Dynamic section") && text.contains("LOAD"), "{text}");
    assert!(!text.contains("NEEDED") && !text.contains("INTERP"), "{text}");
}

/// The stub itself, and executables whose own file is damaged.
#[test]
fn a_damaged_one_says_so() {
    let (_, message, code) = run(&mut Command::new(env!("CARGO_BIN_EXE_wootz-stub")));
    assert_eq!(code, Some(66));
    assert!(message.starts_with("error: there is no program in this file\n"), "{message}");

    let dir = Dir::with("program.wat", PROGRAM);
    dir.wootz(&["compile", "program.wat", "--emit", "exe"]).output();
    let path = dir.path().join("program");
    let mut bytes = std::fs::read(&path).unwrap();
    let info = bytes.windows(8).rposition(|window| window == b"wootzimg").unwrap();
    bytes[info + 20] ^= 0xff;
    std::fs::write(&path, bytes).unwrap();
    let (_, message, code) = run(&mut Command::new(&path));
    assert_eq!(code, Some(65), "{message}");
    assert!(message.contains("damaged"), "{message}");
}
