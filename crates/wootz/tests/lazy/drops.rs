//! What is freed when a lazily compiled module goes, and what keeps it: `docs/module-memory.md`, part two.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use wootz::{Config, Engine, Instance, Mode, Module, Store};
use wootz_vm_abi::lazy::{CodeSpace, Fragment, Tier};

/// A reservation in which code of the second tier is placed when the test allows it.
struct Gate {
    real: Arc<dyn CodeSpace>,
    arrived: Mutex<Sender<()>>,
    open: Mutex<Receiver<()>>,
}

impl CodeSpace for Gate {
    fn add(&self, fragment: &Fragment, tier: Tier, time: Duration) -> io::Result<usize> {
        if tier == Tier::Second {
            // Where nobody listens any more, the test has failed.
            let _ = self.arrived.lock().unwrap().send(());
            let _ = self.open.lock().unwrap().recv();
        }
        self.real.add(fragment, tier, time)
    }

    fn branch_counts(&self, counters: usize) -> Vec<u64> {
        self.real.branch_counts(counters)
    }
}

/// A module whose reservation is watched.
struct Watched {
    module: Module,
    reservation: Weak<dyn CodeSpace>,
    arrived: Receiver<()>,
    open: Sender<()>,
}

const TEXT: &str = r#"(module
    (func $cold (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
    (table funcref (elem $cold))
    (func (export "hot") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "cold") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))"#;

fn watched() -> Watched {
    let engine = Engine::new(&Config::new().mode(Mode::Lazy).hot(1));
    let decoded = wootz_wasm_ir::Module::new(TEXT.as_bytes()).unwrap();
    let opened = wootz_codegen_llvm::lazy::open(&decoded, &engine.config().compile_options()).unwrap();
    let ((sender, arrived), (open, receiver)) = (channel(), channel());
    let reservation = Arc::new(Mutex::new(None));
    let watch = Arc::clone(&reservation);
    let (description, make) = opened;
    let make = Box::new(move |space: Arc<dyn CodeSpace>| {
        *watch.lock().unwrap() = Some(Arc::downgrade(&space));
        make(Arc::new(Gate { real: space, arrived: Mutex::new(sender), open: Mutex::new(receiver) }))
    });
    let module = Module::from_opened(&engine, (description, make)).unwrap();
    let reservation = reservation.lock().unwrap().take().expect("the compiler was made");
    Watched { module, reservation, arrived, open }
}

fn instance(module: &Module) -> (Store<()>, Instance) {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    (store, instance)
}

fn call(store: &mut Store<()>, instance: Instance, name: &str) -> i32 {
    instance.get_typed_func::<i32, i32>(&*store, name).unwrap().call(store, 5).unwrap()
}

/// A thread that has just answered may hold its share for a moment.
fn is_freed(reservation: &Weak<dyn CodeSpace>) -> bool {
    let started = Instant::now();
    while reservation.strong_count() > 0 && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    reservation.strong_count() == 0
}

#[test]
fn the_last_of_modules_and_stores_frees_the_reservation() {
    let Watched { module, reservation, open, .. } = watched();
    let clone = module.clone();
    let (mut one, first) = instance(&module);
    let (mut other, second) = instance(&module);
    assert_eq!(call(&mut one, first, "hot"), 6);
    drop((module, clone, one));
    // Code is compiled for a store whose module nobody has any more.
    assert!(reservation.strong_count() > 0);
    assert_eq!(call(&mut other, second, "cold"), 15);
    drop(other);
    drop(open);
    assert!(is_freed(&reservation));
}

#[test]
fn a_module_that_was_never_instantiated_is_freed_at_once() {
    let Watched { module, reservation, .. } = watched();
    assert!(reservation.strong_count() > 0);
    drop(module);
    assert_eq!(reservation.strong_count(), 0);
}

#[test]
fn a_compilation_under_way_ends_into_nothing() {
    let Watched { module, reservation, arrived, open } = watched();
    let (mut store, instance) = instance(&module);
    assert_eq!(call(&mut store, instance, "hot"), 6);
    arrived.recv().expect("the second tier has code");
    drop(store);
    drop(module);
    // The thread that compiles has a share, and a place for its code.
    assert!(reservation.strong_count() > 0);
    open.send(()).expect("it waits");
    assert!(is_freed(&reservation));
}

#[test]
fn what_is_wanted_and_not_begun_keeps_nothing() {
    // The first takes the thread for what has time, if there is one only; the others are behind it.
    let first = watched();
    let (mut store, instance_of_first) = instance(&first.module);
    assert_eq!(call(&mut store, instance_of_first, "hot"), 6);
    first.arrived.recv().expect("the second tier has code");
    let others: Vec<_> = (0..8).map(|_| watched()).collect();
    for Watched { module, reservation, open, .. } in others {
        let (mut store, instance) = instance(&module);
        assert_eq!(call(&mut store, instance, "hot"), 6);
        drop((store, module, open));
        assert!(is_freed(&reservation), "something that nobody has begun keeps a module");
    }
    first.open.send(()).expect("it waits");
}
