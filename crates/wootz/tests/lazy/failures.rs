//! Functions that cannot be compiled, or not in time, and guests that are stopped.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use wootz::{Config, Engine, Error, Instance, Mode, Module, Store, TrapCode};
use wootz_vm_abi::lazy::{CompileFailure, Done, Entry, EntryCompiler, EntryNumber, Part};
use wootz_wasm_ir::FuncIndex;

use super::engine;

/// A compiler that fails for one entry, keeps those waiting who ask for another, and gives the rest to a real one.
struct Unreliable {
    real: Arc<dyn EntryCompiler>,
    fails: EntryNumber,
    keeps: EntryNumber,
    waiting: Mutex<Vec<Done>>,
}

impl EntryCompiler for Unreliable {
    fn compile(&self, entry: EntryNumber, done: Done) {
        if entry == self.fails {
            let error = Arc::new(std::io::Error::other("out of luck"));
            done(Err(CompileFailure { entry: Entry::Function(FuncIndex(entry.0)), error }));
        } else if entry == self.keeps {
            self.waiting.lock().unwrap().push(done);
        } else {
            self.real.compile(entry, done);
        }
    }

    fn optimise(&self, func: FuncIndex, at_loop: Option<u32>) {
        self.real.optimise(func, at_loop);
    }

    fn pending(&self) -> usize {
        self.real.pending()
    }

    fn sources(&self) -> Vec<u8> {
        self.real.sources()
    }

    fn address_map(&self, parts: &[Part], code: &[u8]) -> Vec<u8> {
        self.real.address_map(parts, code)
    }

    fn close(&self) {
        self.real.close();
    }
}

fn unreliable(text: &str, fails: u32, keeps: u32) -> (Store<()>, Instance) {
    let engine = engine();
    let decoded = wootz_wasm_ir::Module::new(text.as_bytes()).unwrap();
    let (module, make) =
        wootz_codegen_llvm::lazy::open(&decoded, &engine.config().compile_options()).unwrap();
    let make = Box::new(move |space| -> Arc<dyn EntryCompiler> {
        let (fails, keeps) = (EntryNumber(fails), EntryNumber(keeps));
        Arc::new(Unreliable { real: make(space), fails, keeps, waiting: Mutex::default() })
    });
    let module = Module::from_opened(&engine, (module, make)).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

/// Through a table: what is called directly, the real compiler may compile ahead.
const CALLERS: &str = r#"(module
    (memory (export "memory") 1)
    (type $unary (func (param i32) (result i32)))
    (table funcref (elem $fails $keeps))
    (func $fails (type $unary) (local.get 0))
    (func $keeps (type $unary) (local.get 0))
    (func $works (type $unary) (i32.add (local.get 0) (i32.const 1)))
    (func (export "fails") (type $unary)
      (i32.store (i32.const 0) (local.get 0))
      (i32.add (call_indirect (type $unary) (local.get 0) (i32.const 0)) (i32.const 1)))
    (func (export "keeps") (type $unary) (call_indirect (type $unary) (local.get 0) (i32.const 1)))
    (func (export "works") (type $unary) (call $works (local.get 0))))"#;

#[test]
fn a_failure_ends_the_call_and_nothing_else() {
    let (mut store, instance) = unreliable(CALLERS, 0, 1);
    let fails = instance.get_typed_func::<i32, i32>(&store, "fails").unwrap();
    let works = instance.get_typed_func::<i32, i32>(&store, "works").unwrap();
    for argument in [7, 8] {
        let error = fails.call(&mut store, argument).unwrap_err();
        assert!(matches!(error, Error::Compile(_)), "{error}");
        assert_eq!(error.to_string(), "func0 cannot be compiled: out of luck");
        // What was done before stays, and other functions work.
        let memory = instance.get_memory(&store, "memory").unwrap();
        assert_eq!(memory.data(&store)[0], argument as u8);
        assert_eq!(works.call(&mut store, argument).unwrap(), argument + 1);
    }
}

#[test]
fn a_deadline_ends_the_wait_for_code() {
    let (mut store, instance) = unreliable(CALLERS, 0, 1);
    let keeps = instance.get_typed_func::<i32, i32>(&store, "keeps").unwrap();
    let works = instance.get_typed_func::<i32, i32>(&store, "works").unwrap();
    store.set_timeout(Duration::from_millis(30));
    let error = keeps.call(&mut store, 1).unwrap_err();
    let trap = error.trap().expect("the wait ends in a trap");
    assert_eq!(trap.code, TrapCode::Interrupted);
    // On a busy machine the caller itself may not be there yet.
    let frames: Vec<_> = trap.frames.iter().map(|frame| frame.func.0).collect();
    assert!([1, 4].ends_with(&frames), "{frames:?}");
    assert_eq!(works.call(&mut store, 1).unwrap(), 2);
}

#[test]
fn a_deadline_ends_loops_in_either_tier() {
    let text = r#"(module (memory 1)
        (func (export "spin") (param i64)
          (loop (local.set 0 (i64.add (local.get 0) (i64.const 1))) (i64.store (i32.const 0) (local.get 0)) (br 0))))"#;
    for hot in [u32::MAX, 1] {
        let engine = Engine::new(&Config::new().mode(Mode::Lazy).hot(hot));
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let spin = instance.get_typed_func::<i64, ()>(&store, "spin").unwrap();
        store.set_timeout(Duration::from_millis(300));
        let error = spin.call(&mut store, 0).unwrap_err();
        let trap = error.trap().expect("the loop ends in a trap");
        // On a busy machine the way into the guest may not be there yet.
        assert!(trap.code == TrapCode::Interrupted && trap.frames.len() <= 1, "{trap:?}");
    }
}

#[test]
fn fuel_is_the_same_in_every_tier() {
    let text = r#"(module
        (func $f (param i64) (result i64) (i64.mul (local.get 0) (i64.const 3)))
        (func (export "run") (param i64) (result i64) (local i64)
          (loop
            (local.set 1 (i64.add (local.get 1) (call $f (local.get 0))))
            (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
            (br_if 0 (i64.ne (local.get 0) (i64.const 0))))
          (local.get 1)))"#;
    let consumed = |config: Config| {
        let engine = Engine::new(&config.fuel(1 << 40));
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<i64, i64>(&store, "run").unwrap();
        let results: Vec<_> = (0..5).map(|_| run.call(&mut store, 100_000).unwrap()).collect();
        (results, store.fuel())
    };
    let regular = consumed(Config::new());
    for hot in [u32::MAX, 1000, 1] {
        assert_eq!(consumed(Config::new().mode(Mode::Lazy).hot(hot)), regular);
    }
}
