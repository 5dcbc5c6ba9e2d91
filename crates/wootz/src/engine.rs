//! An engine that compiles.

use std::ops::Deref;

use wootz_codegen_llvm::{CompiledImage, Observer, Phase, PhaseTimes};
use wootz_engine::{Config, Error, Mode, Module, Source};

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

    /// Compiles a module that is decoded already and loads the code, or opens it if functions are compiled when they are called.
    ///
    /// # Errors
    /// As [`Module::new`].
    pub fn compile(&self, module: &wootz_wasm_ir::Module) -> Result<Module, Error> {
        match self.config().compile_mode() {
            Mode::Regular => Module::from_image(self, compiler::compile(module, self.config(), &())?.image),
            Mode::Lazy => Module::from_opened(self, compiler::open(module, self.config())?),
        }
    }

    /// As [`precompile`](wootz_engine::Engine::precompile), and says what it took: time by phase, memory, functions that were too
    /// large to be optimised. The observer, which may be `&()`, is told how far it is; several threads call it.
    ///
    /// ```
    /// let engine = wootz::Engine::default();
    /// let compiled = engine.precompile_observed("(module (func (param i32)))", &())?;
    /// assert_eq!((compiled.report.functions, compiled.report.degraded.len()), (1, 0));
    /// let module = wootz::Module::from_image(&engine, compiled.image)?;
    /// # let _ = module;
    /// # Ok::<(), wootz::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`precompile`](wootz_engine::Engine::precompile).
    pub fn precompile_observed(
        &self,
        module: impl AsRef<[u8]>,
        observer: &dyn Observer,
    ) -> Result<CompiledImage, Error> {
        let mut times = PhaseTimes::default();
        let source = Source::Any(module.as_ref());
        let module = times.measure(Phase::Decode, || compiler::decode(source, self.config()))?;
        let mut compiled = self.compile_observed(&module, observer)?;
        compiled.report.phases += &times;
        Ok(compiled)
    }

    /// The same for a module that is decoded already.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_observed(
        &self,
        module: &wootz_wasm_ir::Module,
        observer: &dyn Observer,
    ) -> Result<CompiledImage, Error> {
        compiler::compile(module, self.config(), observer)
    }
}

impl Deref for Engine {
    type Target = wootz_engine::Engine;

    fn deref(&self) -> &wootz_engine::Engine {
        &self.0
    }
}
