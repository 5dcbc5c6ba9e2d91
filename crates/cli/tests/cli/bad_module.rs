//! Modules that are refused: every message says what and where, and the exit code is 65.

use crate::{Dir, binary};

const MODULE: &str = r#"(module $m
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 2)
  (table 2 funcref)
  (global $g (mut i32) (i32.const 3))
  (elem (i32.const 0) $f)
  (data (i32.const 8) "data")
  (func $f (export "f") (param i32) (result i32)
    (local i64)
    (if (result i32) (local.get 0)
      (then (i32.load offset=4 (local.get 0)))
      (else (global.get $g))))
  (func (export "_start") (global.set $g (call $f (i32.const 1)))))"#;

/// Any change of a module is either still a module or refused with a message; nothing else.
fn accepted_or_refused(dir: &Dir, bytes: &[u8], what: &str) {
    dir.write("m.wasm", bytes);
    let outcome = dir.wootz(&["validate", "m.wasm"]);
    match outcome.code {
        0 => assert_eq!(outcome.stderr, "", "{what}"),
        65 => {
            let first = outcome.stderr.lines().next().unwrap_or_default();
            let known = [
                "malformed module: ",
                "invalid module: ",
                "unsupported module: ",
                "module exceeds a limit: ",
                "not a WebAssembly module",
                "the module is empty",
            ];
            let said = known.iter().any(|known| first.starts_with(&format!("error: {known}")));
            assert!(said, "{what}: {}", outcome.stderr);
            assert!(outcome.stderr.contains("--> m.wasm"), "{what}: {}", outcome.stderr);
        }
        code => panic!("{what}: exit code {code}: {}", outcome.stderr),
    }
}

#[test]
fn truncated_modules() {
    let whole = binary(MODULE);
    let dir = Dir::new();
    for length in 0..whole.len() {
        accepted_or_refused(&dir, &whole[..length], &format!("the first {length} bytes"));
    }
    // Cut inside the code section: the message names the place.
    let cut = whole.len() - 60;
    dir.write("m.wasm", &whole[..cut]);
    let error = dir.wootz(&["run", "m.wasm"]).error(65);
    assert!(error.starts_with("error: malformed module: "), "{error}");
    assert!(error.contains("--> m.wasm, offset 0x"), "{error}");
    assert!(error.ends_with("help: the file may be truncated or damaged\n"), "{error}");
}

#[test]
fn flipped_bits() {
    let whole = binary(MODULE);
    let dir = Dir::new();
    for index in 0..whole.len() {
        let mut bytes = whole.clone();
        // Each byte once, the bits in turn.
        bytes[index] ^= 1 << (index * 5 % 8);
        accepted_or_refused(&dir, &bytes, &format!("byte {index} flipped"));
    }
}

#[test]
fn wrong_magic_and_version() {
    let dir = Dir::with("m.wasm", b"\x7fELF\x02\x01\x01\0");
    let expected = "\
error: neither a WebAssembly module nor an image of one
 --> m.wasm
";
    assert_eq!(dir.wootz(&["run", "m.wasm"]).error(65), expected);

    dir.write("m.wasm", b"\0asm\x02\0\0\0");
    let error = dir.wootz(&["validate", "m.wasm"]).error(65);
    assert!(error.starts_with("error: malformed module: unknown binary version"), "{error}");

    dir.write("m.wasm", b"\xff\xfe\0\x01");
    assert!(dir.wootz(&["inspect", "m.wasm"]).error(65).starts_with("error: not a WebAssembly module\n"));

    dir.write("m.wasm", b"");
    assert_eq!(dir.wootz(&["run", "m.wasm"]).error(65), "error: the module is empty\n --> m.wasm\n");
}

#[test]
fn syntax_errors_show_the_line() {
    let dir = Dir::with("m.wat", "(module\n  (func (result i32)\n    i32.cosnt 1))\n");
    let expected = "\
error: unknown operator or unexpected token
 --> m.wat:3:5
  |
2 |   (func (result i32)
3 |     i32.cosnt 1))
  |     ^^^^^^^^^
";
    assert_eq!(dir.wootz(&["validate", "m.wat"]).error(65), expected);
    let error = dir.wootz_with_stdin(&["run", "-"], b"(module (func)").error(65);
    assert!(error.contains("<stdin>:1:15"), "{error}");
    let error = dir.wootz_with_stdin(&["run", "-"], "(".repeat(100_000).as_bytes()).error(65);
    assert!(error.len() < 400, "a long line is cut: {} bytes", error.len());
}

#[test]
fn invalid_text_shows_the_line() {
    let dir = Dir::with(
        "m.wat",
        "(module\n  (func (param i32) (result i32)\n    (i32.add (local.get 0) (i64.const 1))))\n",
    );
    let expected = "\
error: invalid module: type mismatch: expected i32, found i64
 --> m.wat:3:6 (offset 0x1d of the binary)
  |
2 |   (func (param i32) (result i32)
3 |     (i32.add (local.get 0) (i64.const 1))))
  |      ^^^^^^^
";
    assert_eq!(dir.wootz(&["validate", "m.wat"]).error(65), expected);
}

#[test]
fn invalid_binaries_show_the_disassembly() {
    let wat = "(module (func (param i32) (result i32) local.get 0 i64.const 1 i32.add))";
    let dir = Dir::with("m.wasm", binary(wat));
    let expected = "\
error: invalid module: type mismatch: expected i32, found i64
    --> m.wasm, offset 0x1d
     |
0x19 | local.get 0
0x1b | i64.const 1
0x1d | i32.add
     | ^^^^^^^
";
    assert_eq!(dir.wootz(&["run", "m.wasm"]).error(65), expected);
}

#[test]
fn unsupported_features_are_named() {
    let dir = Dir::with("m.wat", "(module (type (struct)))");
    let error = dir.wootz(&["run", "m.wat"]).error(65);
    assert!(error.starts_with("error: unsupported module: "), "{error}");
    assert!(error.contains("help: compile the module without this feature"), "{error}");
}

#[test]
fn missing_imports_are_all_named() {
    let dir = Dir::with(
        "m.wat",
        r#"(module (import "env" "log" (func (param i32))) (import "env" "memory" (memory 1)) (func (export "_start")))"#,
    );
    let expected = "\
error: 2 unknown imports
 --> m.wat
note: unknown import: \"env\" \"log\" must be a function (i32) -> ()
note: unknown import: \"env\" \"memory\" must be a memory with at least 1 page
help: `wootz run` gives WASI preview 1 (module \"wasi_snapshot_preview1\"), for threads wasi.thread-spawn and env.memory, and nothing else: give other imports with the Rust API, see docs/embedding.md
";
    assert_eq!(dir.wootz(&["run", "m.wat"]).error(65), expected);
}

#[test]
fn imports_of_the_wrong_type_show_both() {
    let dir = Dir::with(
        "m.wat",
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i64))) (func (export "_start")))"#,
    );
    let error = dir.wootz(&["run", "m.wat"]).error(65);
    assert!(
        error.starts_with("error: incompatible import type for \"wasi_snapshot_preview1\" \"proc_exit\""),
        "{error}"
    );
    assert!(error.contains("(i64) -> ()") && error.contains("(i32) -> ()"), "{error}");
}

#[test]
fn modules_over_the_limit() {
    let dir = Dir::with("m.wat", MODULE);
    let expected = "\
error: the module is larger than 100 bytes
 --> m.wat
help: --max-module-size raises the limit
";
    for command in ["run", "validate", "inspect"] {
        assert_eq!(dir.wootz(&[command, "--max-module-size", "100", "m.wat"]).error(65), expected);
    }
    let outcome = dir.wootz_with_stdin(&["validate", "--max-module-size=100", "-"], MODULE.as_bytes());
    assert!(outcome.error(65).contains("--> <stdin>"));
    dir.wootz(&["validate", "--max-module-size", "1K", "m.wat"]).output();
}

#[test]
fn an_entry_of_another_type_is_refused() {
    let dir = Dir::with("m.wat", r#"(module (func (export "_start") (param i32)))"#);
    let error = dir.wootz(&["run", "m.wat"]).error(65);
    assert!(error.starts_with("error: the export _start has type (i32) -> ()"), "{error}");
}
