//! Programs that run: WASI, exit codes, arguments, environment, directories, `--invoke`.

use crate::{Dir, Outcome, binary};

/// Prints its arguments after the first, one in each line; exits with their number.
const ECHO: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $print (param $at i32)
    (local $end i32)
    (local.set $end (local.get $at))
    (block (loop
      (br_if 1 (i32.eqz (i32.load8_u (local.get $end))))
      (local.set $end (i32.add (local.get $end) (i32.const 1)))
      (br 0)))
    (i32.store8 (local.get $end) (i32.const 10))
    (i32.store (i32.const 16) (local.get $at))
    (i32.store (i32.const 20) (i32.add (i32.sub (local.get $end) (local.get $at)) (i32.const 1)))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
  (func (export "_start")
    (local $i i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 256) (i32.const 4096)))
    (local.set $i (i32.const 1))
    (block (loop
      (br_if 1 (i32.ge_u (local.get $i) (i32.load (i32.const 0))))
      (call $print (i32.load (i32.add (i32.const 256) (i32.shl (local.get $i) (i32.const 2)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br 0)))
    (call $exit (i32.sub (local.get $i) (i32.const 1)))))"#;

#[test]
fn arguments_after_the_file_go_to_the_guest_untouched() {
    let dir = Dir::with("echo.wat", ECHO);
    let outcome = dir.wootz(&["run", "-O1", "echo.wat", "--dir", "-O3", "--help", "--", "-", "a b"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (6, ""));
    assert_eq!(outcome.stdout, "--dir\n-O3\n--help\n--\n-\na b\n");
    assert_eq!(dir.wootz(&["run", "echo.wat"]).output(), "");
}

#[test]
fn exit_codes_pass_through() {
    let exit = |code: i64| {
        let dir = Dir::with(
            "m.wat",
            format!(
                r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                  (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const {code}))))"#
            ),
        );
        let outcome = dir.wootz(&["run", "m.wat"]);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
        outcome.code
    };
    assert_eq!([0, 1, 42, 65, 134, 255].map(exit), [0, 1, 42, 65, 134, 255]);
    assert_eq!([256, -1].map(exit), [0, 255], "the low 8 bits");
}

#[test]
fn binaries_text_and_standard_input_run_alike() {
    let dir = Dir::with("echo.wasm", binary(ECHO));
    assert_eq!(dir.wootz(&["run", "echo.wasm", "x"]).stdout, "x\n");
    assert_eq!(dir.wootz_with_stdin(&["run", "-", "y"], &binary(ECHO)).stdout, "y\n");
    assert_eq!(dir.wootz_with_stdin(&["run", "-", "z"], ECHO.as_bytes()).stdout, "z\n");
}

#[test]
fn every_strategy_and_level_runs() {
    let dir = Dir::with("echo.wat", ECHO);
    for checks in ["guard", "explicit", "auto"] {
        for level in [&["-O0"][..], &["-O", "1"], &["-O2"], &["-O", "3"]] {
            let mut args = vec!["run", "--checks", checks];
            args.extend(level);
            args.extend(["echo.wat", "same"]);
            assert_eq!(dir.wootz(&args).stdout, "same\n", "{args:?}");
        }
    }
}

/// Copies standard input to standard output.
const CAT: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (block (loop
      (i32.store (i32.const 0) (i32.const 64))
      (i32.store (i32.const 4) (i32.const 4096))
      (br_if 1 (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if 1 (i32.eqz (i32.load (i32.const 8))))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br 0)))))"#;

#[test]
fn standard_input_reaches_the_guest() {
    let dir = Dir::with("cat.wat", CAT);
    let text = "a line\n".repeat(5000);
    assert_eq!(dir.wootz_with_stdin(&["run", "cat.wat"], text.as_bytes()).output(), text);
}

/// Prints its environment as the host stores it, each variable ended by a zero byte.
const ENVIRONMENT: &str = r#"(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $environ (i32.const 256) (i32.const 4096)))
    (i32.store (i32.const 16) (i32.const 4096))
    (i32.store (i32.const 20) (i32.load (i32.const 4)))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))"#;

#[test]
fn only_the_variables_asked_for_reach_the_guest() {
    let dir = Dir::with("env.wat", ENVIRONMENT);
    assert_eq!(dir.wootz(&["run", "env.wat"]).output(), "");
    let mut command =
        dir.command(&["run", "--env", "A=1=2", "--env", "FROM_HOST", "--env", "NOT_SET", "env.wat"]);
    let outcome = crate::outcome(command.env("FROM_HOST", "here").env_remove("NOT_SET").output().unwrap());
    assert_eq!(outcome.output(), "A=1=2\0FROM_HOST=here\0");
}

/// Creates a file in the first preopened directory and exits with the error number of that.
const CREATE: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "new.txt")
  (data (i32.const 16) "\00\00\00\00\07\00\00\00")
  (func (export "_start")
    (local $error i32)
    (local.set $error (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 1)
      (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32)))
    (if (local.get $error) (then (call $exit (local.get $error))))
    (call $exit (call $write (i32.load (i32.const 32)) (i32.const 16) (i32.const 1) (i32.const 40)))))"#;

#[test]
fn directories_are_opened_only_when_given() {
    let dir = Dir::with("create.wat", CREATE);
    std::fs::create_dir(dir.path().join("data")).unwrap();
    let badf = 8;
    assert_eq!(dir.wootz(&["run", "create.wat"]).code, badf, "no directory is open");
    dir.wootz(&["run", "--dir", "data::/", "create.wat"]).output();
    assert_eq!(std::fs::read(dir.path().join("data/new.txt")).unwrap(), b"new.txt");
    dir.wootz(&["run", "--dir", ".", "create.wat"]).output();
    assert!(dir.path().join("new.txt").exists());
}

const FUNCTIONS: &str = r#"(module
  (global $ready (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $ready (i32.const 1)))
  (func (export "ready") (result i32) (global.get $ready))
  (func (export "nothing"))
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "double") (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0)))
  (func (export "madd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "many") (param i32 f64) (result f64 i32 i64 f32 funcref)
    (local.get 1) (local.get 0) (i64.const -1) (f32.const -0) (ref.null func))
  (func (export "null") (param externref) (result i32) (ref.is_null (local.get 0))))"#;

#[test]
fn invoke_passes_values_and_prints_results() {
    let dir = Dir::with("f.wat", FUNCTIONS);
    let invoke = |args: &[&str]| {
        let mut all = vec!["run", "-O0", "--invoke", args[0], "f.wat"];
        all.extend(&args[1..]);
        dir.wootz(&all).output()
    };
    assert_eq!(invoke(&["nothing"]), "");
    assert_eq!(invoke(&["i32", "-2147483648"]), "-2147483648\n");
    assert_eq!(invoke(&["i32", "4294967295"]), "-1\n");
    assert_eq!(invoke(&["i32", "0xff"]), "255\n");
    assert_eq!(invoke(&["i64", "-0x8000000000000000"]), "-9223372036854775808\n");
    assert_eq!(invoke(&["i64", "18446744073709551615"]), "-1\n");
    assert_eq!(invoke(&["f32", "0.1"]), "0.1\n");
    assert_eq!(invoke(&["f64", "-inf"]), "-inf\n");
    assert_eq!(invoke(&["f64", "nan"]), "nan\n");
    assert_eq!(invoke(&["f64", "0x1.8p1"]), "3\n");
    assert_eq!(invoke(&["many", "-7", "2.5"]), "2.5\n-7\n-1\n-0\nnull\n");
    assert_eq!(invoke(&["null", "null"]), "1\n");
    let doubled = "i32x4:0x00000002,0xfffffffe,0x00000000,0x7ffffffe\n";
    assert_eq!(invoke(&["double", "i32x4:1,-1,0x80000000,0x3fffffff"]), doubled);
}

#[test]
fn deterministic_results_do_not_depend_on_the_cpu() {
    let dir = Dir::with("f.wat", FUNCTIONS);
    // (1 + 2^-30)^2 - (1 + 2^-29): zero if the product is rounded before the sum, 2^-60 if not.
    let args = ["f64x2:0x1.00000004p0,1", "f64x2:0x1.00000004p0,1", "f64x2:-0x1.00000008p0,nan:0x1"];
    for cpu in ["native", "baseline"] {
        let mut all = vec!["run", "--deterministic", "--cpu", cpu, "--invoke", "madd", "f.wat"];
        all.extend(args);
        let expected = "i32x4:0x00000000,0x00000000,0x00000000,0x7ff80000\n";
        assert_eq!(dir.wootz(&all).output(), expected, "{cpu}");
    }
    let all = ["run", "--canonicalize-nans", "--invoke", "double", "f.wat", "0x1"];
    assert!(dir.wootz(&all).output().starts_with("i32x4:0x00000002,"));
}

#[test]
fn a_reactor_is_initialized_before_the_call() {
    let dir = Dir::with("f.wat", FUNCTIONS);
    assert_eq!(dir.wootz(&["run", "--invoke", "ready", "f.wat"]).output(), "1\n");
}

#[test]
fn a_start_function_runs_before_the_entry() {
    let dir = Dir::with(
        "m.wat",
        r#"(module (global $g (mut i32) (i32.const 0)) (start $s) (func $s (global.set $g (i32.const 5)))
          (func (export "g") (result i32) (global.get $g)))"#,
    );
    assert_eq!(dir.wootz(&["run", "--invoke", "g", "m.wat"]).output(), "5\n");
}

#[test]
fn nobody_reading_the_output_is_no_panic() {
    let dir = Dir::with("f.wat", FUNCTIONS);
    dir.write("cat.wat", CAT);
    for args in
        [&["inspect", "f.wat"][..], &["inspect", "--ir", "f.wat"], &["run", "--invoke", "ready", "f.wat"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let outcome = crate::outcome(dir.command(args).stdout(writer).output().unwrap());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (141, ""), "{args:?}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let outcome = crate::outcome(dir.command(&["--help"]).stdout(writer).output().unwrap());
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
}

#[test]
fn a_full_disk_is_an_error() {
    let dir = Dir::with("f.wat", FUNCTIONS);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let error = crate::outcome(dir.command(&["inspect", "f.wat"]).stdout(full).output().unwrap()).error(74);
    assert!(error.starts_with("error: cannot write to standard output: No space left"), "{error}");
}

/// A program whose other threads wait and compute without end; `main` is what the main thread does after it has started them.
fn threaded(thread: &str, main: &str) -> Dir {
    let text = format!(
        r#"(module
          (import "env" "memory" (memory 1 1 shared)) (export "memory" (memory 0))
          (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (func $sleep (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
          (func $third {thread})
          (func (export "wasi_thread_start") (param i32 i32)
            (if (i32.eq (local.get 1) (i32.const 1)) (then (call $sleep)))
            (loop $forever (br_if $forever (i32.eq (local.get 1) (i32.const 2))))
            (call $third))
          (func (export "_start") (local $n i32)
            (loop $next
              (if (i32.le_s (call $spawn (local.tee $n (i32.add (local.get $n) (i32.const 1)))) (i32.const 0)) (then unreachable))
              (br_if $next (i32.lt_u (local.get $n) (i32.const 3))))
            {main})
          (func (export "five") (result i32) (i32.const 5)))"#
    );
    Dir::with("m.wat", text)
}

#[test]
fn a_program_with_threads_ends_as_a_whole() {
    assert_eq!(threaded("(call $sleep)", "").wootz(&["run", "m.wat"]).output(), "");
    let sleeping = |thread| threaded(thread, "(call $sleep)").wootz(&["run", "m.wat"]);
    let Outcome { code, stdout, stderr } = sleeping("(call $exit (i32.const 9))");
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (9, "", ""));
    let report = sleeping("unreachable").error(134);
    assert!(report.starts_with("error: the guest trapped: unreachable\n --> m.wat:6:"), "{report}");
    assert!(report.contains("third") && report.contains("wasi_thread_start"), "{report}");
    let computing = threaded("(call $exit (i32.const 0))", "(loop $forever (br $forever))");
    assert_eq!(computing.wootz(&["run", "m.wat"]).output(), "");
    assert_eq!(computing.wootz(&["run", "--invoke", "five", "m.wat"]).output(), "5\n");
}

#[test]
fn a_program_that_starts_threads_says_how() {
    let dir = Dir::with(
        "m.wat",
        r#"(module (import "wasi" "thread-spawn" (func (param i32) (result i32))) (func (export "_start")))"#,
    );
    let expected = "\
error: unknown export: no function is exported as \"wasi_thread_start\"
 --> m.wat
note: a module that imports wasi.thread-spawn exports wasi_thread_start with the type (i32, i32) -> ()
";
    assert_eq!(dir.wootz(&["run", "m.wat"]).error(65), expected);
}
