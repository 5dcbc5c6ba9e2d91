//! A compiled module: what a store instantiates, any number of times.

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use wootz_runtime::lazy::{LazyModule, LazyStatistics, MakeCompiler};
use wootz_runtime::{Image, ImageError, Integrity};
use wootz_vm_abi::branches::BranchProfile;
use wootz_wasm_types::{Declarations, EntityIndex, EntityType};

use crate::engine::{Compiled, Engine, Source};
use crate::error::Error;

/// A module compiled to machine code. Cheap to clone; clones share the code, also between threads.
#[derive(Clone)]
pub struct Module {
    engine: Engine,
    image: Image,
}

/// How modules are compiled.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// As a whole, before anything of it runs.
    #[default]
    Regular,
    /// Function by function, each when it is first called; what is called often is optimised meanwhile. `docs/lazy.md` says more.
    Lazy,
}

impl Module {
    /// Decodes, validates and compiles a module, binary or text, and loads the code.
    ///
    /// ```
    /// # fn main() -> Result<(), wootz::Error> {
    /// let engine = wootz::Engine::default();
    /// let module = wootz::Module::new(&engine, r#"(module (func (export "nothing")))"#)?;
    /// assert_eq!(module.exports().count(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Module`] if the module is refused, [`Error::Compile`] if it cannot be compiled, [`Error::Image`] if the
    /// code cannot be loaded, [`Error::NoCompiler`].
    pub fn new(engine: &Engine, module: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::from_source(engine, Source::Any(module.as_ref()))
    }

    /// As [`new`](Self::new), for bytes that are a binary module or nothing: text is refused.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_binary(engine: &Engine, module: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::from_source(engine, Source::Binary(module.as_ref()))
    }

    fn from_source(engine: &Engine, source: Source<'_>) -> Result<Self, Error> {
        match engine.config().mode {
            Mode::Regular => Self::from_compiled(engine, engine.compile(source)?),
            Mode::Lazy => Self::from_opened(engine, engine.open(source)?),
        }
    }

    /// A module whose functions are compiled when they are first called, opened by a compiler.
    ///
    /// # Errors
    /// [`Error::Image`] if there is no address space for the code.
    pub fn from_opened(engine: &Engine, opened: (LazyModule, MakeCompiler)) -> Result<Self, Error> {
        Ok(Self { engine: engine.clone(), image: Image::open_lazily(opened.0, opened.1)? })
    }

    fn from_compiled(engine: &Engine, compiled: Compiled) -> Result<Self, Error> {
        match compiled {
            Compiled::Bytes(bytes) => Self::from_image(engine, bytes),
            Compiled::File(path) => Self::from_file(engine, path, Integrity::Whole),
        }
    }

    /// Loads an image that [`serialize`](Self::serialize) or [`Engine::precompile`] made.
    ///
    /// The image is machine code and runs as such: load only what comes from where you trust.
    ///
    /// # Errors
    /// [`Error::Image`] if the bytes are no image, of another version, or compiled for a CPU that this one is not.
    pub fn from_image(engine: &Engine, image: impl Into<Arc<[u8]>>) -> Result<Self, Error> {
        Ok(Self { engine: engine.clone(), image: Image::load_shared(image.into())? })
    }

    /// Loads an image from a file: code and constants are mapped from it and shared with other processes.
    ///
    /// It is machine code, as for [`from_image`](Self::from_image). While the module is in use the file must not be written to,
    /// as with any program; renaming another over it is fine. If it is shortened, calls end with [`ImageError::Shortened`](crate::ImageError::Shortened).
    ///
    /// # Errors
    /// As [`from_image`](Self::from_image); [`ImageError::System`](crate::ImageError::System) if the file cannot be read.
    pub fn from_file(engine: &Engine, path: impl AsRef<Path>, integrity: Integrity) -> Result<Self, Error> {
        let file = File::open(path).map_err(ImageError::System)?;
        let length = file.metadata().map_err(ImageError::System)?.len();
        Self::from_part(engine, &file, 0..length, integrity)
    }

    /// As [`from_file`](Self::from_file), for a range of bytes of a file that is open already. It starts at a multiple of 4096.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file).
    pub fn from_part(
        engine: &Engine,
        file: &File,
        part: Range<u64>,
        integrity: Integrity,
    ) -> Result<Self, Error> {
        Ok(Self { engine: engine.clone(), image: Image::open(file, part, integrity)? })
    }

    /// The image: an ELF file that [`from_image`](Self::from_image) loads without compiling anything. `None` for a module whose
    /// functions are compiled when they are called: it has none.
    pub fn serialize(&self) -> Option<Vec<u8>> {
        self.image.lazy_statistics().is_none().then(|| self.image.bytes().to_vec())
    }

    /// What was compiled of it so far, if its functions are compiled when they are called.
    pub fn lazy_statistics(&self) -> Option<LazyStatistics> {
        self.image.lazy_statistics()
    }

    /// How often its functions were entered and its branches went where, in all instances so far, if it was compiled to count that:
    /// [`Config::branches`](crate::Config::branches).
    pub fn branch_profile(&self) -> Option<BranchProfile> {
        self.image.branch_profile()
    }

    /// The engine it was compiled with.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The module's name from its name section.
    pub fn name(&self) -> Option<&str> {
        self.declarations().names.module.as_deref()
    }

    /// What the module needs, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        let declarations = self.declarations();
        declarations.imports.iter().map(|import| ImportType {
            module: &import.module,
            name: &import.name,
            ty: declarations.entity_type(import.item),
        })
    }

    /// What the module gives, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let declarations = self.declarations();
        declarations
            .exports
            .iter()
            .map(|export| ExportType { name: &export.name, ty: declarations.entity_type(export.item) })
    }

    /// The type of an export, or `None` if there is no export of this name.
    pub fn export(&self, name: &str) -> Option<EntityType> {
        let declarations = self.declarations();
        let export = declarations.exports.iter().find(|export| export.name == name)?;
        Some(declarations.entity_type(export.item))
    }

    /// The index of an exported function: its number in traps and in the module's text.
    pub fn exported_function(&self, name: &str) -> Option<wootz_wasm_types::FuncIndex> {
        self.declarations().exports.iter().find_map(|export| match export.item {
            EntityIndex::Function(func) if export.name == name => Some(func),
            _ => None,
        })
    }

    /// Whether its code cannot be read, only executed: where the processor and the system have protection keys.
    pub fn is_execute_only(&self) -> bool {
        self.image.is_execute_only()
    }

    pub(crate) fn image(&self) -> &Image {
        &self.image
    }

    /// Everything that the module declares.
    pub fn declarations(&self) -> &Declarations {
        &self.image.info().declarations
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// An import of a module: who must give what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportType<'module> {
    /// Module name.
    pub module: &'module str,
    /// Field name.
    pub name: &'module str,
    /// What it must be.
    pub ty: EntityType,
}

/// An export of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportType<'module> {
    /// Its name.
    pub name: &'module str,
    /// What it is.
    pub ty: EntityType,
}
