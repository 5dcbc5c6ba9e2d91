//! Modules whose functions are compiled when they are first called.

mod calls;
mod counts;
mod drops;
mod failures;
mod private;
mod tiers;

use std::time::{Duration, Instant};

use wootz::{Config, Engine, Instance, Mode, Module, Store};

/// An engine that compiles lazily.
fn engine() -> Engine {
    Engine::new(&Config::new().mode(Mode::Lazy))
}

/// A module, opened lazily, and an instance of it without imports.
fn instance(text: &str) -> (Module, Store<()>, Instance) {
    let engine = engine();
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (module, store, instance)
}

/// How many functions were compiled in each tier.
fn compiled(module: &Module) -> [usize; 2] {
    module.lazy_statistics().unwrap().tiers.map(|tier| tier.functions)
}

/// Waits for the background: very long, if need be.
fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < Duration::from_secs(120), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}
