//! The compiler on LLVM, as an engine uses it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use wootz_codegen_llvm::{
    CompileError, CompiledImage, Observer, compile_image_observed, has_sources, print_text,
};
use wootz_engine::{
    Compile, CompileOptions, Compiled, Config, DebugSource, Error, LazyModule, MakeCompiler, Source,
    SourceText,
};
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
    compile_image_observed(module, &options(module, config)?, observer).map_err(refused)
}

/// Opens a decoded module.
pub(crate) fn open(module: &Module, config: &Config) -> Result<(LazyModule, MakeCompiler), Error> {
    wootz_codegen_llvm::lazy::open(module, &options(module, config)?).map_err(refused)
}

/// How a module is compiled, with its text for debuggers if they are to be shown one.
fn options(module: &Module, config: &Config) -> Result<CompileOptions, Error> {
    let mut options = config.compile_options();
    if let Some(DebugSource::Folder(folder)) = config.debug_source() {
        let is_shown = !has_sources(module);
        let text = if is_shown { print_module(module, folder)? } else { SourceText::default() };
        options.debug = Some(Arc::new(text));
    }
    Ok(options)
}

fn refused(error: CompileError) -> Error {
    match error {
        CompileError::Translate(error) => Error::Module(error),
        error => Error::Compile(Box::new(error)),
    }
}

/// Prints a module that brings no sources into a file that is named after it and its contents.
fn print_module(module: &Module, folder: &Path) -> Result<SourceText, Error> {
    let mut hasher = DefaultHasher::new();
    module.bytes().hash(&mut hasher);
    let name = module.declarations().names.module.as_deref().unwrap_or("module");
    let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(64).collect();
    let folder = folder.join(format!("{:016x}", hasher.finish()));
    let failed = |error| Error::DebugText { path: folder.clone(), error };
    let path = std::path::absolute(&folder).map_err(failed)?.join(name + ".wat");
    let printed = print_text(module.bytes(), path);
    let (text, printed) = printed.ok_or_else(|| failed(io::ErrorKind::Unsupported.into()))?;
    fs::create_dir_all(&folder).and_then(|()| fs::write(&text.path, printed)).map_err(failed)?;
    Ok(text)
}
