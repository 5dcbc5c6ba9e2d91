//! The compiler on LLVM, as an engine uses it.

use wootz_codegen_llvm::{CompileError, CompiledImage, Observer, compile_image_observed};
use wootz_engine::{Compile, Compiled, Config, Error, LazyModule, MakeCompiler, Source};
use wootz_wasm_ir::Module;
use wootz_wasm_ir::decode::Options;

/// Compiles with LLVM.
#[derive(Copy, Clone, Debug, Default)]
pub struct Llvm;

impl Compile for Llvm {
    fn version(&self) -> String {
        wootz_codegen_llvm::compiler()
    }

    fn validate(&self, module: Source<'_>, config: &Config) -> Result<(), Error> {
        decode(module, config).map(drop)
    }

    fn compile(&self, module: Source<'_>, config: &Config) -> Result<Compiled, Error> {
        compile(&decode(module, config)?, config, &()).map(|compiled| Compiled::Bytes(compiled.image))
    }

    fn open(&self, module: Source<'_>, config: &Config) -> Result<(LazyModule, MakeCompiler), Error> {
        open(&decode(module, config)?, config)
    }
}

pub(crate) fn decode(module: Source<'_>, config: &Config) -> Result<Module, Error> {
    let (max_module_size, features) = config.module_limits();
    let options = Options { max_module_size: max_module_size as u64, features, ..Options::default() };
    Ok(match module {
        // Without the magic number it is refused, and the refusal says how.
        Source::Binary(bytes) if !bytes.starts_with(b"\0asm") => Module::from_binary(bytes)?,
        Source::Any(bytes) | Source::Binary(bytes) => Module::with_options(bytes, &options)?,
    })
}

/// Compiles a decoded module to an image.
pub(crate) fn compile(
    module: &Module,
    config: &Config,
    observer: &dyn Observer,
) -> Result<CompiledImage, Error> {
    compile_image_observed(module, &config.compile_options(), observer).map_err(refused)
}

/// Opens a decoded module.
pub(crate) fn open(module: &Module, config: &Config) -> Result<(LazyModule, MakeCompiler), Error> {
    wootz_codegen_llvm::lazy::open(module, &config.compile_options()).map_err(refused)
}

fn refused(error: CompileError) -> Error {
    match error {
        CompileError::Translate(error) => Error::Module(error),
        error => Error::Compile(Box::new(error)),
    }
}
