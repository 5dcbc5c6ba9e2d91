//! The embedding API from the outside: one file per subject.

mod branches;
mod externals;
mod fuel;
mod giants;
mod host;
mod limits;
mod linker;
mod module;
mod profile;
mod relaxed;
mod replace;
mod shared;
mod signatures;
mod stop;
mod stores;
mod tail_calls;
mod threads;
mod traps;
mod values;
mod vectors;
mod wasi;

use wootz::{Engine, Error, Instance, Module, Store};

/// A store with an instance of a module that imports nothing.
fn instance(wat: &str) -> (Store<()>, Instance) {
    let engine = Engine::default();
    let module = Module::new(&engine, wat).expect("the module compiles");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("the module instantiates");
    (store, instance)
}

/// Calls an exported function without parameters and results.
fn call<T: Send + 'static>(store: &mut Store<T>, instance: Instance, name: &str) -> Result<(), Error> {
    instance.get_typed_func::<(), ()>(&*store, name)?.call(store, ())
}
