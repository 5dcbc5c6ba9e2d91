//! The engine: the settings that modules and stores are made with, shared by all of them.

use std::sync::Arc;

use wootz_codegen_llvm::{
    CompileOptions, CompiledImage, Observer as CompileObserver, Phase as CompilePhase, PhaseTimes,
};

use crate::config::Config;
use crate::error::Error;

/// Compiles modules and makes stores. Cheap to clone; clones share one configuration.
#[derive(Clone, Debug)]
pub struct Engine {
    config: Arc<Config>,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(&Config::default())
    }
}

impl Engine {
    /// An engine with these settings.
    pub fn new(config: &Config) -> Self {
        Self { config: Arc::new(config.clone()) }
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Compiles a module, binary or text, to an image that [`Module::from_image`](crate::Module::from_image) loads, in
    /// this process or in another.
    ///
    /// # Errors
    /// [`Error::Module`] if the module is refused, [`Error::Compile`] if it cannot be compiled.
    pub fn precompile(&self, module: impl AsRef<[u8]>) -> Result<Vec<u8>, Error> {
        self.compile(&self.decode(module.as_ref())?)
    }

    /// Decodes and validates a module without compiling it.
    ///
    /// # Errors
    /// [`Error::Module`] if the module is refused.
    pub fn validate(&self, module: impl AsRef<[u8]>) -> Result<(), Error> {
        self.decode(module.as_ref()).map(drop)
    }

    /// As [`validate`](Self::validate), for bytes that are a binary module or nothing: text is refused.
    ///
    /// # Errors
    /// [`Error::Module`] if the module is refused.
    pub fn validate_binary(&self, module: impl AsRef<[u8]>) -> Result<(), Error> {
        self.decode_binary(module.as_ref()).map(drop)
    }

    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<wootz_wasm_ir::Module, Error> {
        let options = wootz_wasm_ir::decode::Options {
            max_module_size: self.config.max_module_size as u64,
            features: self.config.features,
            ..Default::default()
        };
        Ok(wootz_wasm_ir::Module::with_options(bytes, &options)?)
    }

    pub(crate) fn decode_binary(&self, bytes: &[u8]) -> Result<wootz_wasm_ir::Module, Error> {
        if bytes.starts_with(b"\0asm") {
            return self.decode(bytes);
        }
        // Without the magic number it is refused, and the refusal says how.
        Ok(wootz_wasm_ir::Module::from_binary(bytes)?)
    }

    pub(crate) fn compile(&self, module: &wootz_wasm_ir::Module) -> Result<Vec<u8>, Error> {
        self.compile_observed(module, &()).map(|compiled| compiled.image)
    }

    /// As [`precompile`](Self::precompile), and says what it took: time by phase, memory, functions that were too large to be
    /// optimised. The observer, which may be `&()`, is told how far it is; it is called by several threads.
    ///
    /// # Errors
    /// As [`precompile`](Self::precompile).
    pub fn precompile_observed(
        &self,
        module: impl AsRef<[u8]>,
        observer: &dyn CompileObserver,
    ) -> Result<CompiledImage, Error> {
        let mut times = PhaseTimes::default();
        let module = times.measure(CompilePhase::Decode, || self.decode(module.as_ref()))?;
        let mut compiled = self.compile_observed(&module, observer)?;
        compiled.report.phases += &times;
        Ok(compiled)
    }

    /// The same for a module that is decoded already.
    ///
    /// # Errors
    /// [`Error::Compile`] if it cannot be compiled.
    pub fn compile_observed(
        &self,
        module: &wootz_wasm_ir::Module,
        observer: &dyn CompileObserver,
    ) -> Result<CompiledImage, Error> {
        Ok(wootz_codegen_llvm::compile_image_observed(module, &self.compile_options(), observer)?)
    }

    /// Everything besides a module that its code depends on, as text: the compiler, its settings, the CPU. Whoever keeps images
    /// finds them by this and the module's bytes.
    ///
    /// # Errors
    /// [`Error::Compile`] if there is no such CPU.
    pub fn fingerprint(&self) -> Result<String, Error> {
        Ok(self.compile_options().fingerprint()?)
    }

    fn compile_options(&self) -> CompileOptions {
        CompileOptions {
            opt: self.config.opt_level,
            checks: self.config.checks,
            cpu: self.config.cpu.clone(),
            canonicalize_nans: self.config.canonicalize_nans,
            deterministic: self.config.deterministic,
            fuel: self.config.fuel.is_some(),
            verify: self.config.verify,
            threads: self.config.compile_threads,
            memory_budget: self.config.compile_memory,
        }
    }
}
