//! An engine that compiles.

use std::ops::Deref;

use wootz_engine::{Config, Error, Module};

use crate::compiler::{self, Llvm};

/// An engine with the LLVM compiler: it compiles modules and makes stores. Cheap to clone; clones share one configuration.
///
/// It stands wherever a [`wootz_engine::Engine`] is wanted.
#[derive(Clone, Debug)]
pub struct Engine(wootz_engine::Engine);

impl Default for Engine {
    fn default() -> Self {
        Self::new(&Config::default())
    }
}

impl Engine {
    /// An engine with these settings.
    pub fn new(config: &Config) -> Self {
        Self(wootz_engine::Engine::with_compiler(config, Llvm))
    }

    /// Compiles a module that is decoded already and loads the code.
    ///
    /// # Errors
    /// As [`Module::new`].
    pub fn compile(&self, module: &wootz_wasm_ir::Module) -> Result<Module, Error> {
        Module::from_image(self, compiler::compile(module, self.config())?)
    }
}

impl Deref for Engine {
    type Target = wootz_engine::Engine;

    fn deref(&self) -> &wootz_engine::Engine {
        &self.0
    }
}
