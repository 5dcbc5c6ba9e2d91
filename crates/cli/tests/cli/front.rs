//! `wootz` without its compiler: what runs by itself, and what it says of the rest.

use std::fs::{File, FileTimes, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::Dir;

const HELLO: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
  (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))))"#;

/// Bytes of the binary that users start.
fn binary() -> Vec<u8> {
    std::fs::read(env!("CARGO_BIN_EXE_wootz")).unwrap()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_binary_that_users_start_has_no_llvm() {
    assert!(!contains(&binary(), "libLLVM") && !contains(&binary(), "LLVMContextCreate"));
    let compiler = std::fs::read(env!("CARGO_BIN_EXE_wootz-compiler")).unwrap();
    assert!(contains(&compiler, "LLVMContextCreate"), "the words that the test looks for are the wrong ones");
}

#[test]
fn images_and_what_is_in_the_cache_run_without_the_compiler() {
    let dir = Dir::with("hello.wat", HELLO);
    dir.wootz(&["compile", "hello.wat"]).output();
    let alone = dir.write("wootz", binary());
    std::fs::set_permissions(&alone, Permissions::from_mode(0o755)).unwrap();
    let compiler = dir.path().join("wootz-compiler");
    let real = env!("CARGO_BIN_EXE_wootz-compiler");
    std::os::unix::fs::symlink(real, &compiler).unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(&alone);
        command.args(args).current_dir(dir.path()).env("WOOTZ_CACHE_DIR", dir.path().join("cache"));
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let hello = (Some(0), "hello\n".to_owned(), String::new());
    assert_eq!(run(&["run", "hello.wat"]), hello, "compiled, and kept");
    // One that the cache cannot tell from the real one, and that does not run.
    std::fs::remove_file(&compiler).unwrap();
    let real = std::fs::metadata(real).unwrap();
    let idle = File::create(&compiler).unwrap();
    idle.set_len(real.len()).unwrap();
    idle.set_times(FileTimes::new().set_modified(real.modified().unwrap())).unwrap();
    let cached = run(&["run", "hello.wat"]);
    let missing = run(&["run", "--no-cache", "hello.wat"]);
    assert_eq!(cached, hello, "taken from the cache");
    assert_eq!(missing.0, Some(71), "{missing:?}");
    assert!(missing.2.starts_with("error: cannot start the compiler: "), "{missing:?}");

    std::fs::remove_file(&compiler).unwrap();
    assert_eq!(run(&["run", "hello.image"]), hello);
    let (code, _, message) = run(&["inspect", "hello.wat"]);
    assert_eq!(code, Some(71));
    assert!(message.contains("`wootz-compiler` belongs beside `wootz`"), "{message}");
}

/// Says that it runs, and waits for the end of its input.
const WAIT: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))))"#;

#[test]
fn an_image_whose_file_is_cut_while_it_runs_is_reported() {
    let dir = Dir::with("wait.wat", WAIT);
    dir.wootz(&["compile", "wait.wat"]).output();
    let mut command = dir.command(&["run", "wait.image"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut hello = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut hello).unwrap();
    File::options().write(true).open(dir.path().join("wait.image")).unwrap().set_len(0).unwrap();
    drop(child.stdin.take());
    let outcome = crate::outcome(child.wait_with_output().unwrap());
    let message = outcome.error(134);
    assert!(
        message.starts_with(
            "error: the guest was stopped: the image's file was shortened while it was in use\n"
        ),
        "{message}"
    );
}

#[test]
fn what_can_be_read_only_once_is_read_once() {
    let dir = Dir::with("hello.wat", HELLO);
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for options in [&["run", "--no-cache"][..], &["run", "--mode", "lazy"], &["run"]] {
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::write(pipe, HELLO)
        });
        assert_eq!(dir.wootz(&[options, &["pipe"]].concat()).output(), "hello\n", "{options:?}");
        writer.join().unwrap().unwrap();
    }
}
