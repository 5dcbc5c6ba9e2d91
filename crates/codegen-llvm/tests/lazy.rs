//! Fragments of functions that are compiled one by one: what they refer to.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use wootz_codegen_llvm::lazy;
use wootz_vm_abi::addrmap;
use wootz_vm_abi::lazy::{CodeSpace, Entry, EntryCompiler, EntryNumber, Fragment, LazyLayout, Part, Tier};
use wootz_vm_abi::options::{CompileOptions, Cpu};
use wootz_wasm_ir::{FuncIndex, Module};

/// Hands fragments on to a test instead of running them, and says that branches were counted.
struct Collector(Mutex<Sender<(Tier, Fragment)>>, Vec<u64>);

impl CodeSpace for Collector {
    fn add(&self, fragment: &Fragment, tier: Tier, _: Duration) -> io::Result<usize> {
        self.0.lock().unwrap().send((tier, fragment.clone())).map(|()| 0).map_err(io::Error::other)
    }

    fn branch_counts(&self, counters: usize) -> Vec<u64> {
        let mut counts = self.1.clone();
        counts.resize(counters, 0);
        counts
    }
}

fn compiler(
    text: &str,
    options: &CompileOptions,
) -> (Arc<dyn EntryCompiler>, Receiver<(Tier, Fragment)>, LazyLayout) {
    compiler_told(&[], text, options)
}

/// The compiler of a module whose branches were counted, in the order in which its functions are compiled first.
fn compiler_told(
    counts: &[u64],
    text: &str,
    options: &CompileOptions,
) -> (Arc<dyn EntryCompiler>, Receiver<(Tier, Fragment)>, LazyLayout) {
    let module = Module::new(text.as_bytes()).unwrap();
    let (_, make) = lazy::open(&module, options).unwrap();
    let (sender, receiver) = channel();
    (
        make(Arc::new(Collector(Mutex::new(sender), counts.to_vec()))),
        receiver,
        LazyLayout::new(module.declarations(), text.len()),
    )
}

/// The functions whose slots a fragment uses.
fn slots_used(fragment: &Fragment, layout: &LazyLayout, functions: u32) -> Vec<u32> {
    // The distance is counted from the end of its field.
    let is_used = |func: &u32| {
        let slot = layout.slot(layout.number(Entry::Function(FuncIndex(*func)))) as i64;
        fragment.references.iter().any(|reference| reference.to + 4 == slot)
    };
    (0..functions).filter(is_used).collect()
}

#[test]
fn what_passes_declare_is_not_taken_for_a_function_that_they_deleted() {
    // The copy of `$f` is inlined and deleted, then the vectoriser declares functions of LLVM's, in the same memory if it so happens.
    const LOOP: &str = "(loop
        (local.set 1 (i64.add (local.get 1) (call $f (local.get 0))))
        (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
        (br_if 0 (i64.ne (local.get 0) (i64.const 0))))";
    let text = format!(
        "(module
          (func $f (param i64) (result i64) (i64.mul (local.get 0) (i64.const 3)))
          (func (param i64) (result i64) (local i64) {LOOP} (local.get 1)))"
    );
    let options = CompileOptions { fuel: true, ..CompileOptions::default() };
    for _ in 0..20 {
        let (compiler, fragments, layout) = compiler(&text, &options);
        compiler.optimise(FuncIndex(1), None);
        let (tier, fragment) = fragments.recv().unwrap();
        assert_eq!(tier, Tier::Second);
        assert_eq!(slots_used(&fragment, &layout, 2), [0; 0], "everything is inlined");
    }
}

/// A function and two that it calls.
const CALLER: &str = "(module
    (func (param i32) (result i32)
        (i32.add (call 1 (local.get 0)) (i32.add (call 2 (local.get 0)) (i32.div_u (i32.const 9) (local.get 0)))))
    (func (param i32) (result i32) (i32.rem_u (i32.const 7) (local.get 0)))
    (func (param i32) (result i32) (i32.rem_s (i32.const 5) (local.get 0))))";

/// Fragments of the first tier, until there is code for some entries.
fn first_tier(fragments: &Receiver<(Tier, Fragment)>, wanted: usize) -> Vec<Fragment> {
    let (mut found, mut parts) = (Vec::new(), 0);
    while parts < wanted {
        let (tier, fragment) = fragments.recv().unwrap();
        assert_eq!(tier, Tier::First);
        parts += fragment.parts.len();
        found.push(fragment);
    }
    found
}

#[test]
fn small_callees_are_compiled_with_their_caller_and_called_through_slots() {
    let (compiler, fragments, layout) = compiler(CALLER, &CompileOptions::default());
    let (sender, done) = channel();
    for entry in 0..3 {
        let sender = sender.clone();
        compiler.compile(EntryNumber(entry), Box::new(move |outcome| sender.send(outcome.is_ok()).unwrap()));
    }
    assert!((0..3).all(|_| done.recv().unwrap()));
    // Threads may have begun with a callee.
    let made = first_tier(&fragments, 3);
    assert_eq!(made.iter().map(|fragment| fragment.parts.len()).sum::<usize>(), 3, "each is made once");
    let caller = made.iter().find(|fragment| !slots_used(fragment, &layout, 3).is_empty()).unwrap();
    assert_eq!(slots_used(caller, &layout, 3), [1, 2]);
}

#[test]
fn an_address_map_is_made_when_it_is_asked_for() {
    // For such processors LLVM makes the first tier; the baseline compiler knows its positions at once.
    let options = CompileOptions { cpu: Cpu::Baseline, ..CompileOptions::default() };
    let (compiler, fragments, layout) = compiler(CALLER, &options);
    compiler.compile(EntryNumber(0), Box::new(|_| {}));
    for fragment in first_tier(&fragments, 3) {
        assert!(fragment.address_map.is_empty());
        let parts: Vec<_> = fragment.parts.iter().map(|(part, _)| *part).collect();
        let text = &fragment.bytes[fragment.text.start as usize..fragment.text.end as usize];
        let map = compiler.address_map(&parts, text);
        for (part, range) in &fragment.parts {
            let Part::Entry(entry) = part else { panic!("there are no loops") };
            let frames: Vec<_> = (range.start - fragment.text.start..range.end - fragment.text.start)
                .flat_map(|offset| addrmap::lookup(&map, offset, |_| true))
                .collect();
            assert!(frames.iter().all(|frame| Some(frame.func) == layout.function(*entry)));
            assert!(frames.iter().any(|frame| frame.offset != 0));
        }
    }
}

/// One way or the other, each with a number of its own.
const CHOICE: &str = r#"(module
    (import "" "f" (func $f (param i32)))
    (import "" "g" (func $g (param i32)))
    (func (param i32) (if (local.get 0)
        (then (call $f (i32.const 0x11223344))) (else (call $g (i32.const 0x55667788)))) (call $f (i32.const 1))))"#;

#[test]
fn code_of_the_second_tier_is_laid_out_by_what_the_first_has_counted() {
    let numbers = |ways: [u64; 2]| {
        let counts = [ways[0] + ways[1], ways[0], ways[1]];
        let (compiler, fragments, _) = compiler_told(&counts, CHOICE, &CompileOptions::default());
        compiler.compile(EntryNumber(0), Box::new(|_| {}));
        first_tier(&fragments, 1);
        compiler.optimise(FuncIndex(2), None);
        let (tier, fragment) = fragments.recv().unwrap();
        assert_eq!((tier, fragment.profiled), (Tier::Second, 1));
        let find = |number: u32| {
            let bytes = number.to_le_bytes();
            fragment.bytes.windows(bytes.len()).position(|window| window == bytes).unwrap()
        };
        (find(0x1122_3344), find(0x5566_7788))
    };
    let (then, otherwise) = numbers([1000, 0]);
    assert!(then < otherwise);
    let (then, otherwise) = numbers([0, 1000]);
    assert!(then > otherwise);
}

/// The messages of events, as a subscriber sees them.
struct Messages;

static MESSAGES: OnceLock<Mutex<Sender<String>>> = OnceLock::new();

impl tracing::Subscriber for Messages {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "wootz::lazy"
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = String::new();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            text += &format!("{field}={value:?} ");
        });
        let _ = MESSAGES.get().map(|sender| sender.lock().unwrap().send(text));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn what_is_compiled_is_an_event() {
    let (sender, messages) = channel();
    MESSAGES.set(Mutex::new(sender)).unwrap();
    tracing::subscriber::set_global_default(Messages).unwrap();
    let text = "(module (func (param i32) (result i32) (i32.const 77)))";
    let (compiler, _fragments, _) = compiler(text, &CompileOptions::default());
    compiler.optimise(FuncIndex(0), None);
    // Events of the other test are among them.
    let seen = |parts: [&str; 2]| messages.iter().any(|text| parts.iter().all(|part| text.contains(part)));
    assert!(seen(["message=hot", "func=func0"]));
    assert!(seen(["message=compiled", "tier=Second"]));
}

#[test]
fn calls_by_a_table_that_never_changes_find_slots_by_number() {
    let text = |export: &str| {
        format!(
            r#"(module
              (type $t (func (result i32)))
              (table {export} funcref (elem $a $b))
              (func $a (type $t) (i32.const 1))
              (func $b (type $t) (i32.const 2))
              (func (param i32) (result i32) (call_indirect (type $t) (local.get 0))))"#
        )
    };
    for (export, is_fixed) in [("", true), (r#"(export "table")"#, false)] {
        let (compiler, fragments, _) = compiler(&text(export), &CompileOptions::default());
        compiler.optimise(FuncIndex(2), None);
        let (_, fragment) = fragments.recv().unwrap();
        // Nothing else is in the data: other tables have the code's address, and code of this tier does not count.
        assert_eq!(!fragment.references.is_empty(), is_fixed, "{export}");
        compiler.close();
    }
}
