//! The engine: the settings that modules and stores are made with, shared by all of them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use wootz_codegen_llvm::{CompileOptions, SourceText};

use crate::config::{Config, DebugSource};
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
        let mut options = self.compile_options();
        options.debug = match &self.config.debug {
            None => None,
            Some(DebugSource::Text(text)) => Some(Arc::clone(text)),
            Some(DebugSource::Folder(folder)) => Some(Arc::new(print_text(module, folder)?)),
        };
        Ok(wootz_codegen_llvm::compile_image(module, &options)?)
    }

    /// Everything besides a module that its code depends on, as text: the compiler, its settings, the CPU. Whoever keeps images
    /// finds them by this and the module's bytes.
    ///
    /// # Errors
    /// [`Error::Compile`] if there is no such CPU.
    pub fn fingerprint(&self) -> Result<String, Error> {
        Ok(format!(
            "{}; {:?}",
            self.compile_options().fingerprint()?,
            self.config.debug.as_ref().map(DebugSource::place)
        ))
    }

    fn compile_options(&self) -> CompileOptions {
        CompileOptions {
            opt: self.config.opt_level,
            checks: self.config.checks,
            cpu: self.config.cpu.clone(),
            canonicalize_nans: self.config.canonicalize_nans,
            deterministic: self.config.deterministic,
            fuel: self.config.fuel.is_some(),
            debug: None,
            debugger: self.config.debugger,
            verify: self.config.verify,
            threads: self.config.compile_threads,
        }
    }
}

/// Prints a module into a file that is named after it and its contents.
fn print_text(module: &wootz_wasm_ir::Module, folder: &Path) -> Result<SourceText, Error> {
    let mut hasher = DefaultHasher::new();
    module.bytes().hash(&mut hasher);
    let folder = folder.join(format!("{:016x}", hasher.finish()));
    let name = module.declarations().names.module.as_deref().unwrap_or("module");
    let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(64).collect();
    let path = folder.join(name + ".wat");
    let failed = |error| Error::DebugText { path: path.clone(), error };
    let folder = std::path::absolute(&folder).map_err(failed)?;
    let (text, printed) =
        SourceText::print(module.bytes(), folder.join(path.file_name().unwrap_or_default()))
            .ok_or_else(|| failed(io::ErrorKind::Unsupported.into()))?;
    fs::create_dir_all(&folder).and_then(|()| fs::write(&text.path, printed)).map_err(failed)?;
    Ok(text)
}
