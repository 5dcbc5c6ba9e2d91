//! Modules whose functions are compiled when they are first called.

mod calls;
mod drops;
mod failures;
mod tiers;

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
