//! Fragments of functions that are compiled one by one: what they refer to.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wootz_codegen_llvm::lazy;
use wootz_vm_abi::lazy::{CodeSpace, Entry, EntryCompiler, Fragment, LazyLayout, Tier};
use wootz_vm_abi::options::CompileOptions;
use wootz_wasm_ir::{FuncIndex, Module};

/// Hands fragments on to a test instead of running them.
struct Collector(Mutex<Sender<(Tier, Fragment)>>);

impl CodeSpace for Collector {
    fn add(&self, fragment: &Fragment, tier: Tier, _: Duration) -> io::Result<()> {
        self.0.lock().unwrap().send((tier, fragment.clone())).map_err(io::Error::other)
    }
}

fn compiler(
    text: &str,
    options: &CompileOptions,
) -> (Arc<dyn EntryCompiler>, Receiver<(Tier, Fragment)>, LazyLayout) {
    let module = Module::new(text.as_bytes()).unwrap();
    let (_, make) = lazy::open(&module, options).unwrap();
    let (sender, receiver) = channel();
    (make(Arc::new(Collector(Mutex::new(sender)))), receiver, LazyLayout::new(module.declarations()))
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
