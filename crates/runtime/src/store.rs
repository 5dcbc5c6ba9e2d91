//! The store: everything that instances own and share, and the host's data beside it.

use std::any::Any;

use wootz_vm_abi::plan::CheckStrategy;

/// How a store behaves.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Stack that WebAssembly code may use, in bytes, counted from the outermost entry.
    pub max_wasm_stack: usize,
    /// The plan of memories that the host makes.
    pub checks: CheckStrategy,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { max_wasm_stack: 1 << 20, checks: CheckStrategy::Auto }
    }
}

/// A store. Owns all its instances, memories, tables, globals and functions until it is dropped.
pub struct Store {
    data: Box<dyn Any + Send>,
}

impl Store {
    /// A store holding the host's `data`.
    pub fn new(_config: StoreConfig, data: Box<dyn Any + Send>) -> Self {
        Self { data }
    }

    /// The host's data.
    pub fn data(&self) -> &(dyn Any + Send) {
        &*self.data
    }

    /// The host's data.
    pub fn data_mut(&mut self) -> &mut (dyn Any + Send) {
        &mut *self.data
    }

    /// The host's data, back.
    pub fn into_data(self) -> Box<dyn Any + Send> {
        self.data
    }
}
