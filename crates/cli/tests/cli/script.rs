//! `wootz wast`: scripts that hold, scripts that do not, and files that are none.

use super::Dir;

const GOOD: &str = r#"(module (memory 1) (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
(assert_return (invoke "load" (i32.const 0)) (i32.const 0))
(assert_trap (invoke "load" (i32.const 65533)) "out of bounds memory access")
"#;

#[test]
fn what_holds_passes_in_every_configuration() {
    let dir = Dir::with("good.wast", GOOD);
    for options in [&["--checks", "guard", "-O0"], &["--checks", "explicit", "-O2"]] {
        let mut args = vec!["wast"];
        args.extend(options);
        args.push("good.wast");
        assert_eq!(dir.wootz(&args).output(), "3 passed, 0 failed, 0 skipped\n");
    }
    let grid = dir.wootz(&[
        "wast",
        "--mode",
        "regular,baseline",
        "--checks",
        "guard,explicit",
        "-O0,2",
        "good.wast",
    ]);
    let grid = grid.output();
    assert_eq!(grid.lines().count(), 9, "{grid}");
    assert!(grid.starts_with("guard -O0: 3 passed, 0 failed, 0 skipped\n"), "{grid}");
    assert!(grid.ends_with("\n24 passed, 0 failed, 0 skipped\n"), "{grid}");
    let ahead = dir.wootz(&["wast", "--mode", "aot,lazy", "-O0", "good.wast"]).output();
    assert_eq!(ahead.lines().next(), Some("aot auto -O0: 3 passed, 0 failed, 0 skipped"), "{ahead}");
    assert!(ahead.ends_with("\n6 passed, 0 failed, 0 skipped\n"), "{ahead}");
    let piped = dir.wootz_with_stdin(&["wast", "-"], GOOD.as_bytes());
    assert_eq!(piped.output(), "3 passed, 0 failed, 0 skipped\n");
}

#[test]
fn what_does_not_hold_is_told_with_its_line() {
    let dir = Dir::with("good.wast", GOOD);
    dir.write("bad.wast", "(module (func (export \"one\") (result i32) (i32.const 1)))\n(assert_return (invoke \"one\") (i32.const 2))\n");
    let outcome = dir.wootz(&["wast", "good.wast", "bad.wast"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, "4 passed, 1 failed, 0 skipped\n"));
    assert!(outcome.stderr.starts_with("bad.wast:2: expected"), "{}", outcome.stderr);
    let regular = outcome.stderr;
    let outcome = dir.wootz(&["wast", "--mode", "aot", "good.wast", "bad.wast"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, "4 passed, 1 failed, 0 skipped\n"));
    assert_eq!(outcome.stderr, regular);
    let outcome = dir.wootz(&["wast", "--checks", "guard,explicit", "bad.wast"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("\nbad.wast:2: explicit -O2: expected"), "{}", outcome.stderr);
    assert!(dir.wootz(&["wast", "--mode", "irregular", "good.wast"]).error(2).contains("deterministic"));
}

#[test]
fn a_script_with_an_error_fails_at_its_line() {
    let dir = Dir::with("bad.wast", "(module)\n(nonsense)\n");
    let outcome = dir.wootz(&["wast", "bad.wast"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, "0 passed, 1 failed, 0 skipped\n"));
    assert!(outcome.stderr.starts_with("bad.wast:2: the script cannot be read"), "{}", outcome.stderr);
}

/// The process of the mode `aot` is not for users, and has to be the one without LLVM.
#[test]
fn a_process_with_llvm_runs_no_script_of_the_mode_aot() {
    let dir = Dir::with("script.wast", GOOD);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wootz-compiler"));
    let outcome = crate::outcome(command.arg("wast-apart").arg(dir.path()).arg("guard").output().unwrap());
    assert!(outcome.stderr.starts_with("error: this process has LLVM"), "{outcome:?}");
    assert_eq!(outcome.code, 70);
    assert!(!dir.wootz(&["--help"]).output().contains("wast-apart"));
}

#[test]
fn a_file_that_is_no_script_is_refused() {
    let dir = Dir::with("binary.wast", b"\0asm\x01\0\0\0\xff");
    assert!(dir.wootz(&["wast", "binary.wast"]).error(65).contains("a test script is text"));
    assert!(dir.wootz(&["wast", "missing.wast"]).error(66).contains("missing.wast"));
}
