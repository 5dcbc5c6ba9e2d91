//! Tests of the harness itself: scripts whose claims are wrong must fail, each at its line.

use wootz::{Config, Engine, OptLevel};

use super::run;

fn engine() -> Engine {
    Engine::new(&Config::new().opt_level(OptLevel::O0))
}

/// Runs a script of one module and one command a line, and returns the lines that failed.
fn failing_lines(script: &str) -> Vec<usize> {
    let outcome = run(&engine(), script);
    let directives = outcome.passed + outcome.failed.len() + outcome.skipped.len();
    assert_eq!(directives, script.lines().filter(|line| line.starts_with('(')).count(), "{outcome:?}");
    outcome.failed.iter().map(|failure| failure.line).collect()
}

const MODULE: &str = r#"(module (func (export "same") (param i32) (result i32) local.get 0) (func (export "trap") unreachable) (func (export "nan") (result f32) f32.const nan:0x200000) (func (export "none") (result externref) ref.null extern) (func (export "ext") (param externref) (result externref) local.get 0) (global (export "g") i32 (i32.const 7)))
"#;

#[test]
fn right_claims_pass() {
    let commands = r#"(assert_return (invoke "same" (i32.const 7)) (i32.const 7))
(assert_return (invoke "same" (i32.const 7)) (either (i32.const 6) (i32.const 7)))
(assert_return (get "g") (i32.const 7))
(assert_trap (invoke "trap") "unreachable")
(assert_return (invoke "nan") (f32.const nan:0x200000))
(assert_return (invoke "none") (ref.null extern))
(assert_return (invoke "ext" (ref.extern 3)) (ref.extern 3))
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module quote "(func") "unexpected token")
(assert_malformed (module binary "") "unexpected end")
(assert_unlinkable (module (import "no" "no" (func))) "unknown import")
(assert_trap (module (func $f unreachable) (start $f)) "unreachable")
(invoke "same" (i32.const 1))
"#;
    assert_eq!(failing_lines(&format!("{MODULE}{commands}")), [0; 0]);
}

#[test]
fn wrong_claims_fail() {
    let commands = r#"(assert_return (invoke "same" (i32.const 7)) (i32.const 8))
(assert_return (invoke "same" (i32.const 7)) (i64.const 7))
(assert_return (invoke "same" (i32.const 7)))
(assert_return (invoke "same") (i32.const 7))
(assert_return (invoke "gone") (i32.const 7))
(assert_return (invoke "trap"))
(assert_return (get "g") (i32.const 8))
(assert_trap (invoke "same" (i32.const 7)) "unreachable")
(assert_trap (invoke "trap") "integer overflow")
(assert_exhaustion (invoke "trap") "call stack exhausted")
(assert_return (invoke "nan") (f32.const nan:arithmetic))
(assert_return (invoke "nan") (f32.const nan:canonical))
(assert_return (invoke "none") (ref.null func))
(assert_return (invoke "ext" (ref.extern 3)) (ref.extern 4))
(assert_invalid (module) "type mismatch")
(assert_invalid (module (type (struct))) "unsupported is not invalid")
(assert_malformed (module quote "(func)") "unexpected token")
(assert_unlinkable (module) "unknown import")
(assert_unlinkable (module (import "spectest" "print" (func (param i64)))) "unknown import")
(assert_trap (module) "unreachable")
(invoke "trap")
(register "name" $none)
"#;
    let expected: Vec<usize> = (2..2 + commands.lines().count()).collect();
    assert_eq!(failing_lines(&format!("{MODULE}{commands}")), expected);
}

#[test]
fn instances_are_found_by_name_and_registered() {
    let script = r#"(module $a (global (export "g") (mut i32) (i32.const 1)))
(module $b (global (export "g") (mut i32) (i32.const 2)))
(register "a" $a)
(module $c (import "a" "g" (global (mut i32))) (func (export "f") (result i32) global.get 0))
(assert_return (get $a "g") (i32.const 1))
(assert_return (get $b "g") (i32.const 2))
(assert_return (invoke $c "f") (i32.const 1))
(module definition $d (global (export "g") i32 (i32.const 4)))
(module instance $e $d)
(assert_return (get $e "g") (i32.const 4))
(assert_return (get "g") (i32.const 4))
"#;
    assert_eq!(failing_lines(script), [0; 0]);
}

#[test]
fn a_module_that_fails_takes_its_commands_with_it() {
    let script = r#"(module (func (export "f")))
(module (import "spectest" "unknown" (func)))
(invoke "f")
"#;
    assert_eq!(failing_lines(script), [2, 3]);
}

#[test]
fn unknown_commands_are_skipped_and_counted() {
    let outcome = run(&engine(), "(module (func (export \"f\")))\n(assert_exception (invoke \"f\"))\n");
    assert_eq!((outcome.passed, outcome.skipped), (1, vec![2]));
}

#[test]
fn a_script_that_cannot_be_read_fails() {
    let outcome = run(&engine(), "(module)\n(assert_nothing)\n");
    assert_eq!(outcome.failed[0].line, 2, "{outcome:?}");
}

/// Each thread waits until another one wakes it, so they must run at the same time.
#[test]
fn threads_run_at_the_same_time_over_a_shared_memory() {
    let script = r#"(module $Mem (memory (export "shared") 1 1 shared))
(thread $T1 (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run") (result i32)
      (i32.atomic.store (i32.const 4) (i32.const 1))
      (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))
      (drop)
      (i32.atomic.load (i32.const 8))))
  (assert_return (invoke "run") (i32.const 42))
  (assert_return (invoke "run") (i32.const 43)))
(thread $T2 (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")
      (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1)))
      (i32.atomic.store (i32.const 8) (i32.const 42))
      (i32.atomic.store (i32.const 0) (i32.const 1))
      (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))))
  (invoke "run"))
(wait $T2)
(wait $T1)
(wait $T1)
(module $Check
  (memory (import "mem" "shared") 1 1 shared)
  (func (export "value") (result i32) (i32.load (i32.const 8))))
(thread $T3 (assert_trap (invoke "run") "unreachable"))
"#;
    let script = &script.replace("(module $Check", "(register \"mem\" $Mem)(module $Check");
    let outcome = run(&engine(), &format!("{script}(assert_return (invoke \"value\") (i32.const 42))"));
    let mut failed: Vec<_> = outcome.failed.iter().map(|failure| failure.line).collect();
    failed.sort_unstable();
    // The wrong claim of a thread, the second wait for it, and the instance that a thread does not have.
    assert_eq!((failed, outcome.passed), (vec![13, 26, 30], 15), "{outcome:?}");
}

#[test]
fn only_shared_memories_are_shared() {
    let script = r#"(module $M (memory (export "m") 1 1) (func (export "f")))
(thread $T (shared (module $M)))
(thread $U (shared (module $N)))
"#;
    assert_eq!(failing_lines(script), [2, 3]);
}
