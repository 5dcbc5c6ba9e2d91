//! Commands that ask for what is not there: options, files, directories, exports, arguments.

use crate::{Dir, binary};

const MODULE: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "add") (param i32 i64) (result i64) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
  (func (export "half") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5))))"#;

#[test]
fn unknown_exports_are_listed_and_the_closest_proposed() {
    let dir = Dir::with("m.wat", MODULE);
    let expected = "\
error: unknown export \"ad\"
note: the module exports these functions:
        add   (i32, i64) -> (i64)
        half  (f64) -> (f64)
help: did you mean \"add\"?
";
    assert_eq!(dir.wootz(&["run", "--invoke", "ad", "m.wat"]).error(2), expected);
    let error = dir.wootz(&["run", "--invoke", "memory", "m.wat"]).error(2);
    assert!(error.starts_with("error: the export \"memory\" is not a function\n"), "{error}");
}

#[test]
fn nothing_to_run() {
    let dir = Dir::with("m.wat", MODULE);
    let expected = "\
error: nothing to run: the module exports no _start
note: the module exports these functions:
        add   (i32, i64) -> (i64)
        half  (f64) -> (f64)
help: call one of them: wootz run --invoke NAME FILE [ARGS]
";
    assert_eq!(dir.wootz(&["run", "m.wat"]).error(2), expected);
    dir.write("m.wat", "(module)");
    assert!(dir.wootz(&["run", "m.wat"]).error(2).contains("note: the module exports no function\n"));
}

#[test]
fn a_long_list_of_exports_is_cut() {
    let functions: String = (0..30).map(|i| format!("(func (export \"f{i}\"))")).collect();
    let dir = Dir::with("m.wasm", binary(&format!("(module {functions})")));
    let error = dir.wootz(&["run", "m.wasm"]).error(2);
    assert!(error.contains("f19") && !error.contains("f20") && error.contains("… and 10 more"), "{error}");
}

#[test]
fn wrong_number_of_arguments() {
    let dir = Dir::with("m.wat", MODULE);
    let expected = "\
error: wrong number of arguments: \"add\" takes 2 arguments, 1 given
note: its type is (i32, i64) -> (i64)
";
    assert_eq!(dir.wootz(&["run", "--invoke", "add", "m.wat", "1"]).error(2), expected);
    let error = dir.wootz(&["run", "--invoke", "half", "m.wat", "1", "2"]).error(2);
    assert!(error.contains("takes 1 argument, 2 given"), "{error}");
}

#[test]
fn wrong_types_of_arguments() {
    let dir = Dir::with("m.wat", MODULE);
    let expected = "\
error: argument 1 of \"add\": \"1.5\" is not an i32
help: expected an integer, decimal or hexadecimal with 0x
";
    assert_eq!(dir.wootz(&["run", "--invoke", "add", "m.wat", "1.5", "2"]).error(2), expected);
    let error = dir.wootz(&["run", "--invoke", "add", "m.wat", "4294967296", "2"]).error(2);
    assert!(error.ends_with("help: out of the range of i32: -2^31 to 2^32 - 1\n"), "{error}");
    let error = dir.wootz(&["run", "--invoke", "half", "m.wat", "x"]).error(2);
    assert!(error.contains("\"x\" is not an f64"), "{error}");
}

#[test]
fn unreadable_files() {
    let dir = Dir::new();
    let expected = "\
error: cannot read no.wasm: No such file or directory (os error 2)
help: check the path; - reads the module from standard input
";
    for command in ["run", "validate", "inspect"] {
        assert_eq!(dir.wootz(&[command, "no.wasm"]).error(66), expected);
    }
    let error = dir.wootz(&["run", "."]).error(66);
    assert_eq!(error, "error: cannot read .: Is a directory (os error 21)\nhelp: a module is a file\n");
}

#[test]
fn directories_that_do_not_exist() {
    let dir = Dir::with("m.wat", r#"(module (func (export "_start")))"#);
    let expected = "\
error: cannot open the directory nowhere: No such file or directory (os error 2)
help: --dir HOST[::GUEST] needs a directory that exists on this machine
";
    assert_eq!(dir.wootz(&["run", "--dir", "nowhere::/data", "m.wat"]).error(66), expected);
    let error = dir.wootz(&["run", "--dir", "m.wat", "m.wat"]).error(66);
    assert!(error.starts_with("error: cannot open the directory m.wat: "), "{error}");
}

#[test]
fn wrong_options() {
    let dir = Dir::with("m.wat", MODULE);
    for args in [
        &["run", "-O4", "m.wat"][..],
        &["run", "--checks", "none", "m.wat"],
        &["run", "--dir", "", "m.wat"],
        &["run", "--env", "=x", "m.wat"],
        &["run", "--stack-size", "many", "m.wat"],
        &["run"],
        &["walk", "m.wat"],
        &[],
        &["inspect", "m.wat", "--ir", "--asm"],
    ] {
        let outcome = dir.wootz(args);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{args:?}");
        assert!(outcome.stderr.contains("Usage:") || outcome.stderr.contains("--help"), "{}", outcome.stderr);
    }
    let error = dir.wootz(&["run", "--cpu", "i486", "--invoke", "half", "m.wat", "1"]).error(2);
    assert!(error.starts_with("error: unknown CPU \"i486\""), "{error}");
    assert!(dir.wootz(&["inspect"]).error(2).starts_with("error: no file given\n"));
}

#[test]
fn unknown_functions_to_inspect() {
    let dir = Dir::with("m.wat", MODULE);
    let error = dir.wootz(&["inspect", "m.wat", "--ir", "hal"]).error(2);
    assert_eq!(error, "error: the module has no function named \"hal\"\nhelp: did you mean \"half\"?\n");
    let error = dir.wootz(&["inspect", "m.wat", "--asm", "2"]).error(2);
    assert_eq!(error, "error: the module has no function 2\nnote: it has 2 functions, numbered from 0\n");
    dir.write("i.wat", r#"(module (import "a" "b" (func $b)))"#);
    let error = dir.wootz(&["inspect", "i.wat", "--llvm-ir", "b"]).error(2);
    assert_eq!(error, "error: function 0 is imported and has no body\n");
}
