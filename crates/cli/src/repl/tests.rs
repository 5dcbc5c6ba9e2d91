//! What a session does, without a terminal.

use std::time::Duration;

use wootz::{Config, Engine, Mode, OptLevel};
use wootz_cli::args::GrantArgs;
use wootz_cli::exit::Exit;
use wootz_codegen_llvm::CompileOptions;

use super::session::{Answer, Session};
use super::{enter, print, show, text};

fn session() -> Session {
    let config = Config::default().mode(Mode::Lazy).opt_level(OptLevel::O2);
    Session::new(Engine::new(&config), CompileOptions::default(), GrantArgs::default())
        .expect("a session starts")
}

/// What a terminal shows for an entry.
fn shown(session: &mut Session, entry: &str) -> String {
    match enter(session, entry) {
        Ok(answer) => show(session, &answer),
        Err(report) => report.text(),
    }
}

#[track_caller]
fn values(session: &mut Session, entry: &str) -> Vec<i32> {
    match enter(session, entry) {
        Ok(Answer::Values(values)) => values.iter().map(|(_, value)| value.i32().expect("an i32")).collect(),
        Ok(other) => panic!("{entry}: {other:?}"),
        Err(report) => panic!("{entry}: {}", report.text()),
    }
}

/// The values of an expression without their numbers, or what else is shown for an entry.
#[track_caller]
fn told(session: &mut Session, entry: &str) -> String {
    match enter(session, entry) {
        Ok(Answer::Values(values)) => {
            values.iter().map(|(_, one)| print::value(session.scope(), one) + "\n").collect()
        }
        Ok(answer) => show(session, &answer),
        Err(report) => panic!("{entry}: {}", report.text()),
    }
}

#[track_caller]
fn error(session: &mut Session, entry: &str) -> (Exit, String) {
    match enter(session, entry) {
        Ok(answer) => panic!("{entry}: {answer:?}"),
        Err(report) => (report.exit(), report.text()),
    }
}

/// The transcripts in the documentation: what is entered, and what is shown for it.
#[test]
fn the_documented_session_goes_as_documented() {
    const DOCUMENT: &str = include_str!("../../../../docs/repl.md");
    let mut session = session();
    let mut entered = 0;
    for block in DOCUMENT.split("```transcript\n").skip(1) {
        let block = block.split("```").next().expect("a block");
        for entry in block.split("wootz> ").skip(1) {
            let mut lines = entry.lines();
            let mut input = lines.next().expect("a line").to_owned();
            while text::is_open(&input) {
                input = input + "\n" + lines.next().expect("the entry is complete");
            }
            let expected: String = lines.map(|line| format!("{line}\n")).collect();
            assert_eq!(shown(&mut session, &input), expected, "{input}");
            entered += 1;
        }
    }
    assert!(entered > 20, "only {entered} entries");
}

#[test]
fn callers_go_to_the_new_function_at_once() {
    let mut session = session();
    for entry in [
        "(type $t (func (result i32)))",
        "(func $f (type $t) (i32.const 1))",
        "(table 1 funcref) (elem (i32.const 0) $f)",
        "(global $r funcref (ref.func $f))",
        "(func $direct (result i32) (call $f))",
        "(func $indirect (result i32) (call_indirect (type $t) (i32.const 0)))",
        "(func $tail (result i32) (return_call $f))",
        "(func $reference (result i32) (table.set (i32.const 0) (global.get $r)) (call $indirect))",
    ] {
        assert!(enter(&mut session, entry).is_ok(), "{entry}");
    }
    for round in [1, 2, 3] {
        shown(&mut session, &format!("(func $f (type $t) (i32.const {round}))"));
        let all = "(call $direct) (call $indirect) (call $tail) (call $reference) (call $f)";
        assert_eq!(values(&mut session, all), [round; 5]);
    }
}

#[test]
fn recursion_goes_to_the_new_function_too() {
    let mut session = session();
    shown(
        &mut session,
        "(func $even (param i32) (result i32) (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (call $odd (i32.sub (local.get 0) (i32.const 1)))))) (func $odd (param i32) (result i32) (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0)) (else (call $even (i32.sub (local.get 0) (i32.const 1))))))",
    );
    assert_eq!(values(&mut session, "(call $even (i32.const 10)) (call $even (i32.const 7))"), [1, 0]);
    shown(&mut session, "(func $odd (param i32) (result i32) (i32.const 77))");
    assert_eq!(values(&mut session, "(call $even (i32.const 10))"), [77]);
}

#[test]
fn what_fails_leaves_the_session_as_it_was() {
    let mut session = session();
    shown(&mut session, "(func $f (result i32) (i32.const 1)) (memory 1)");
    for (entry, exit) in [
        ("(func $f (result i32) (i64.const 2))", Exit::BadModule),
        ("(func $f (result i32)", Exit::BadModule),
        ("(func $f (result i32) (i32.const 2)) (func $start unreachable) (start $start)", Exit::Trap),
        ("(func $f (result i32) (i32.const 3)) (data (i32.const 65536) \"x\")", Exit::Trap),
        ("(func $f (result i32) (i32.const 4)) (import \"env\" \"nothing\" (func))", Exit::BadModule),
        ("(memory $m 1) (global $m i32 (i64.const 1))", Exit::BadModule),
        ("(unreachable)", Exit::Trap),
        ("(i32.load (i32.const 65536))", Exit::Trap),
        ("(call $g)", Exit::BadModule),
        ("\"", Exit::BadModule),
        ("$1", Exit::BadModule),
        (":ir $g", Exit::Usage),
        (":nonsense", Exit::Usage),
        (":mem 65530 7", Exit::Usage),
        (":load /nonexistent/file", Exit::NoInput),
    ] {
        assert_eq!(error(&mut session, entry).0, exit, "{entry}");
        assert_eq!(shown(&mut session, ":funcs"), "$f (result i32)\n", "{entry}");
    }
    assert_eq!(values(&mut session, "(call $f) (memory.size)"), [1, 1]);
}

#[test]
fn a_loop_is_stopped_and_the_session_goes_on() {
    let mut session = session();
    let interrupter = session.interrupter();
    std::thread::spawn(move || {
        // Until the loop runs there is nothing to stop; a stop that comes too early is forgotten by the next entry.
        for _ in 0..200 {
            std::thread::sleep(Duration::from_millis(50));
            interrupter.interrupt();
        }
    });
    let (exit, report) = error(&mut session, "(loop $l (br $l))");
    assert_eq!(exit, Exit::Keyboard, "{report}");
}

#[test]
fn functions_of_every_type_can_be_entered() {
    let mut session = session();
    for entry in [
        "(rec (type $a (func (result i32))) (type $b (func (param (ref null $a)) (result i32))))",
        "(func $one (type $a) (i32.const 1))",
        "(func $call (type $b) (call_ref $a (local.get 0)))",
        "(func $wide (param v128 f32 i64) (result v128 externref) (local.get 0) (ref.null extern))",
    ] {
        let shown = shown(&mut session, entry);
        assert!(!shown.starts_with("error"), "{shown}");
    }
    assert_eq!(values(&mut session, "(call $call (ref.func $one))"), [1]);
    assert_eq!(values(&mut session, "(call $call (ref.func $one))"), [1]);
    let shown = shown(&mut session, "(call $wide (v128.const i64x2 1 2) (f32.const 0) (i64.const 0))");
    assert_eq!(shown, "$3: v128 = i32x4:1,0,2,0\n$4: externref = null\n");
}

#[test]
fn a_module_is_loaded_used_changed_and_saved() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("module.wat");
    let text = r#"(module $m
        (memory (export "memory") 1)
        (global $n (mut i32) (i32.const 3))
        (func (export "scale") (param i32) (result i32) (i32.mul (local.get 0) (global.get $n)))
        (func $twice (export "twice") (param i32) (result i32) (call $scale2 (local.get 0)))
        (func $scale2 (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
        (func $set (global.set $n (i32.const 4)))
        (start $set))"#;
    std::fs::write(&file, text).expect("the file is written");
    for binary in [false, true] {
        let mut session = session();
        let mut load = file.clone();
        if binary {
            load = dir.path().join("module.wasm");
            let buffer = wast::parser::ParseBuffer::new(text).expect("it lexes");
            let mut wat = wast::parser::parse::<wast::Wat<'_>>(&buffer).expect("it parses");
            std::fs::write(&load, wat.encode().expect("it encodes")).expect("the file is written");
        }
        let loaded = shown(&mut session, &format!(":load {}", load.display()));
        assert!(loaded.contains("func $twice"), "{loaded}");
        assert_eq!(values(&mut session, "(call $twice (i32.const 5))"), [10]);
        if !binary {
            assert_eq!(values(&mut session, "(call $scale (i32.const 5))"), [20]);
        }
        shown(&mut session, "(func $scale2 (param i32) (result i32) (i32.const 9))");
        for name in ["saved.wat", "saved.wasm"] {
            let saved = dir.path().join(name);
            let said = shown(&mut session, &format!(":save {}", saved.display()));
            assert!(said.starts_with("wrote"), "{said}");
            let mut other = self::session();
            shown(&mut other, &format!(":load {}", saved.display()));
            assert_eq!(values(&mut other, "(call $twice (i32.const 5))"), [9], "{name}");
        }
    }
}

#[test]
fn a_saved_state_goes_on_where_the_session_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut session = session();
    for entry in [
        r#"(memory $m (export "memory") 1 3) (data $d (i32.const 8) "steel\"\00") (data $p "passive") (func $no (memory.init $m $d (i32.const 0) (i32.const 0) (i32.const 0)))"#,
        r#"(memory $other (data "\01\02"))"#,
        "(global $n (export \"n\") (mut i64) (i64.const 1)) (global $v (mut v128) (v128.const i64x2 0 0)) (global $c i32 (i32.const 4))",
        "(global $nan (mut f32) (f32.const 0)) (global $r (mut funcref) (ref.null func)) (global $x (mut externref) (ref.null extern))",
        "(func $one (result i32) (i32.const 1)) (func (export \"two\") (result i32) (i32.const 2))",
        "(type $f (func (result i32))) (table $t 4 funcref) (elem $e (table $t) (i32.const 1) func $one) (func $none (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(func $call (param i32) (result i32) (call_indirect $t (type $f) (local.get 0)))",
        "(func $start (global.set $n (i64.add (global.get $n) (i64.const 10)))) (start $start)",
        "(memory.grow $m (i32.const 1))",
        "(i32.store $m (i32.const 70000) (i32.const -2))",
        "(i32.store8 $m (i32.const 9) (i32.const 0))",
        "(global.set $v (v128.const i32x4 1 -2 3 -4)) (global.set $nan (f32.const -nan:0x123)) (global.set $r (ref.func $two))",
        "(table.grow $t (ref.func $one) (i32.const 2))",
        "(table.set $t (i32.const 3) (ref.func $two)) (table.set $t (i32.const 1) (ref.null func))",
    ] {
        let shown = shown(&mut session, entry);
        assert!(!shown.starts_with("error"), "{shown}");
    }
    let asked = [
        ":mem 0 100",
        ":mem 70000 4",
        ":mem $other 0 4",
        ":globals",
        "(table.get $t (i32.const 1)) (table.get $t (i32.const 3)) (table.get $t (i32.const 5))",
        "(call $call (i32.const 3)) (call $call (i32.const 4)) (memory.size $m) (table.size $t)",
        "(call $no) (call $none)",
    ];
    for name in ["state.wat", "state.wasm"] {
        let file = dir.path().join(name);
        let said = shown(&mut session, &format!(":save-state {}", file.display()));
        assert!(said.starts_with("wrote"), "{said}");
        let mut other = self::session();
        let said = shown(&mut other, &format!(":load {}", file.display()));
        assert!(said.contains("func $call"), "{said}");
        for entry in asked {
            assert_eq!(told(&mut other, entry), told(&mut session, entry), "{name}: {entry}");
        }
    }
    // As entered, it begins anew: once more with the start function.
    let file = dir.path().join("definitions.wat");
    shown(&mut session, &format!(":save {}", file.display()));
    let mut other = self::session();
    shown(&mut other, &format!(":load {}", file.display()));
    assert_eq!(shown(&mut other, "(global.get $n) (memory.size $m)"), "$1: i64 = 11\n$2: i32 = 1\n");
}

#[test]
fn what_a_module_cannot_hold_is_not_saved() {
    let mut session = session();
    for entry in
        ["(func $f (result i32) (i32.const 1))", "(ref.func $f)", "(global $g (mut funcref) (ref.null func))"]
    {
        shown(&mut session, entry);
    }
    // The value is a reference to the function of the old type, which is not defined any more.
    shown(&mut session, "(func $f (result i64) (i64.const 1))");
    shown(&mut session, "(global.set $g $1)");
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("state.wat").display().to_string();
    let (exit, text) = error(&mut session, &format!(":save-state {file}"));
    assert_eq!(exit, Exit::Usage);
    assert!(text.contains("global $g holds a function that is not defined any more"), "{text}");
    assert!(shown(&mut session, &format!(":save {file}")).starts_with("wrote"));
    assert_eq!(error(&mut session, ":save-state").0, Exit::Usage);
}

#[test]
fn a_function_gets_another_type_where_nothing_depends_on_the_old() {
    let mut session = session();
    for entry in [
        "(func $f (result i32) (i32.const 1))",
        "(table $t 2 funcref) (elem (i32.const 0) $f) (export \"f\" (func $f))",
        "(type $old (func (result i32))) (type $new (func (result i64)))",
        "(func $old (result i32) (call_indirect (type $old) (i32.const 0)))",
        "(func $new (result i64) (call_indirect (type $new) (i32.const 0)))",
        "(func $caller (result i32)\n  (i32.add (i32.const 1) (call $f)))",
        "(ref.func $f)",
    ] {
        let shown = shown(&mut session, entry);
        assert!(!shown.starts_with("error"), "{shown}");
    }
    let (exit, text) = error(&mut session, "(func (export \"x\"))\n(func $f (result i64) (i64.const 2))");
    assert_eq!(exit, Exit::BadModule);
    for part in [
        "$f cannot get another type: it is used by $caller at repl:6:2:32",
        "--> repl:8:2:7",
        "2 | (func $f (result i64) (i64.const 2))\n  |       ^^",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(values(&mut session, "(call $caller) (call $old)"), [2, 1]);
    let before = session.instances();
    // Who uses it may be entered with it, in any order.
    shown(
        &mut session,
        "(func $caller (result i32) (i32.wrap_i64 (call $f))) (func $f (result i64) (i64.const 7))",
    );
    assert_eq!(values(&mut session, "(call $caller) (i32.wrap_i64 (call $new))"), [7, 7]);
    assert_eq!(shown(&mut session, "(table.get (i32.const 0))"), "$6: funcref = func $f\n");
    let (exit, text) = error(&mut session, "(call $old)");
    assert!(exit == Exit::Trap && text.contains("indirect call type mismatch"), "{text}");
    // A value from before is the function of the old type, which has no code.
    let stale = "(table.set (i32.const 1) $1) (call_indirect (type $old) (i32.const 1))";
    let (exit, text) = error(&mut session, stale);
    assert!(exit == Exit::Trap && text.contains("is not defined: it has got another type"), "{text}");
    // Two of the old are gone, one entry and the expressions' are there.
    assert!(session.instances() <= before + 1, "{before} instances became {}", session.instances());
}

#[test]
fn undo_takes_back_definitions_and_effects() {
    let mut session = session();
    for entry in [
        "(global $g (mut i32) (i32.const 1))",
        "(func $f (result i32) (i32.const 1))",
        "(global.set $g (i32.const 2))",
        "(func $f (result i32) (i32.const 2))",
    ] {
        shown(&mut session, entry);
    }
    assert_eq!(values(&mut session, "(global.get $g) (call $f)"), [2, 2]);
    shown(&mut session, ":undo");
    shown(&mut session, ":undo");
    assert_eq!(values(&mut session, "(global.get $g) (call $f)"), [2, 1]);
    shown(&mut session, ":undo");
    shown(&mut session, ":undo");
    assert_eq!(values(&mut session, "(global.get $g) (call $f)"), [1, 1]);
    shown(&mut session, ":reset");
    assert_eq!(shown(&mut session, ":funcs"), "none\n");
    assert_eq!(error(&mut session, ":undo").0, Exit::Usage);
}

#[test]
fn code_is_shown_in_every_form() {
    let mut session = session();
    shown(&mut session, "(func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))");
    assert!(shown(&mut session, ":ir $add").contains("i32.add v0, v1"));
    assert!(shown(&mut session, ":llvm $add").contains("define"));
    assert!(shown(&mut session, ":asm $add").contains("ret"));
    assert!(
        shown(&mut session, ":time (call $add (i32.const 1) (i32.const 2))")
            .starts_with("$1: i32 = 3\nopened in ")
    );
    for command in super::command::COMMANDS {
        assert!(shown(&mut session, ":help").contains(command.name));
    }
}

/// Mappings of this process.
fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.lines().count())
}

#[test]
fn functions_defined_over_and_over_take_no_more_room() {
    let mut session = session();
    shown(&mut session, "(func $f (result i32) (i32.const 0))");
    shown(&mut session, "(func $g (result i32) (i32.add (call $f) (i32.const 1)))");
    let mut round = |number: i32| {
        shown(&mut session, &format!("(func $f (result i32) (i32.const {number}))"));
        assert_eq!(values(&mut session, "(call $g)"), [number + 1]);
        session.instances()
    };
    let first = (0..20).map(&mut round).last();
    let before = mappings();
    let last = (20..220).map(&mut round).last();
    assert_eq!(last, first, "instances in the store");
    // Other tests run beside this one.
    assert!(mappings() < before + 200, "{before} mappings became {}", mappings());
}
