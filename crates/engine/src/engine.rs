//! The engine: the settings that modules and stores are made with, and the compiler, if there is one.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use wootz_runtime::lazy::{LazyModule, MakeCompiler};

use crate::config::Config;
use crate::error::{Error, ImageError};

/// A compiler, as an engine uses one: module in, image out.
///
/// The crate `wootz` has the one on LLVM. Nothing else of a compiler is known here, so a program that only loads images
/// links none.
pub trait Compile: fmt::Debug + Send + Sync {
    /// What compiles, and its version.
    fn version(&self) -> String;

    /// Decodes and validates a module.
    ///
    /// # Errors
    /// [`Error::Module`] if the module is refused.
    fn validate(&self, module: Source<'_>, config: &Config) -> Result<(), Error>;

    /// Compiles a module to an image.
    ///
    /// # Errors
    /// [`Error::Module`] if the module is refused, [`Error::Compile`] if it cannot be compiled.
    fn compile(&self, module: Source<'_>, config: &Config) -> Result<Compiled, Error>;

    /// Opens a module whose functions are compiled when they are first called: decodes and validates it. A compiler need not be able to.
    ///
    /// # Errors
    /// [`Error::Module`] if the module is refused, [`Error::Compile`] if nothing can be compiled, [`Error::NoCompiler`] if this one compiles
    /// modules as a whole only.
    fn open(&self, module: Source<'_>, config: &Config) -> Result<(LazyModule, MakeCompiler), Error> {
        let _ = (module, config);
        Err(Error::NoCompiler)
    }
}

/// The bytes of a module.
#[derive(Copy, Clone, Debug)]
pub enum Source<'a> {
    /// Binary or text.
    Any(&'a [u8]),
    /// Binary or nothing: text is refused.
    Binary(&'a [u8]),
}

/// An image that a compiler made.
#[derive(Clone, Debug)]
pub enum Compiled {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file, from which it is mapped: by a compiler that is another process.
    File(PathBuf),
}

/// Makes stores, loads images, and compiles modules if it has a compiler. Cheap to clone; clones share one configuration.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    compiler: Option<Box<dyn Compile>>,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(&Config::default())
    }
}

impl Engine {
    /// An engine with these settings and no compiler: it loads images.
    pub fn new(config: &Config) -> Self {
        Self { shared: Arc::new(Shared { config: config.clone(), compiler: None }) }
    }

    /// An engine with these settings that compiles.
    pub fn with_compiler(config: &Config, compiler: impl Compile + 'static) -> Self {
        Self { shared: Arc::new(Shared { config: config.clone(), compiler: Some(Box::new(compiler)) }) }
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    fn compiler(&self) -> Result<&dyn Compile, Error> {
        self.shared.compiler.as_deref().ok_or(Error::NoCompiler)
    }

    /// Compiles a module, binary or text, to an image that [`Module::from_image`](crate::Module::from_image) loads, in
    /// this process or in another.
    ///
    /// # Errors
    /// [`Error::Module`] if the module is refused, [`Error::Compile`] if it cannot be compiled, [`Error::NoCompiler`].
    pub fn precompile(&self, module: impl AsRef<[u8]>) -> Result<Vec<u8>, Error> {
        match self.compile(Source::Any(module.as_ref()))? {
            Compiled::Bytes(bytes) => Ok(bytes),
            Compiled::File(path) => std::fs::read(path).map_err(|error| ImageError::System(error).into()),
        }
    }

    /// Decodes and validates a module without compiling it.
    ///
    /// # Errors
    /// [`Error::Module`] if the module is refused, [`Error::NoCompiler`].
    pub fn validate(&self, module: impl AsRef<[u8]>) -> Result<(), Error> {
        self.compiler()?.validate(Source::Any(module.as_ref()), self.config())
    }

    /// As [`validate`](Self::validate), for bytes that are a binary module or nothing: text is refused.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn validate_binary(&self, module: impl AsRef<[u8]>) -> Result<(), Error> {
        self.compiler()?.validate(Source::Binary(module.as_ref()), self.config())
    }

    pub(crate) fn open(&self, module: Source<'_>) -> Result<(LazyModule, MakeCompiler), Error> {
        self.compiler()?.open(module, self.config())
    }

    pub(crate) fn compile(&self, module: Source<'_>) -> Result<Compiled, Error> {
        self.compiler()?.compile(module, self.config())
    }

    /// Everything besides a module that its code depends on, as text: the compiler, its settings, the CPU. Whoever keeps images
    /// finds them by this and the module's bytes.
    pub fn fingerprint(&self) -> String {
        let compiler = self.shared.compiler.as_ref().map_or_else(String::new, |compiler| compiler.version());
        format!("{compiler}; {}", self.config().fingerprint())
    }
}
