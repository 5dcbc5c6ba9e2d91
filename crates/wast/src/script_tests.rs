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
