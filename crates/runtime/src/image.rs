//! A loaded image: machine code in this process, shared by every instance made from it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use wootz_vm_abi::image::ImageInfo;

use crate::ImageError;
use crate::lazy::{LazyModule, LazyStatistics, MakeCompiler};
use crate::vm::image::LoadedImage;

/// A loaded image. Cheap to clone; the code is unmapped with the last clone and the last store that used it.
#[derive(Clone)]
pub struct Image {
    pub(crate) inner: Arc<LoadedImage>,
}

impl Image {
    /// Maps an image.
    ///
    /// # Errors
    /// [`ImageError`] for bytes that are not an image this runtime and this machine can run.
    ///
    /// # Trust
    /// An image is machine code. Its structure is checked here, its instructions are not: load only what a compiler that
    /// you trust made.
    pub fn load(bytes: &[u8]) -> Result<Self, ImageError> {
        Ok(Self { inner: Arc::new(LoadedImage::load(bytes)?) })
    }

    /// Opens a module whose functions are compiled when they are first called, by the compiler that `compiler` makes for the
    /// place where their code goes.
    ///
    /// # Errors
    /// [`ImageError`] for a module that this machine cannot run, or without address space for its code.
    ///
    /// # Trust
    /// What the compiler makes is machine code, and is run.
    pub fn open(module: LazyModule, compiler: MakeCompiler) -> Result<Self, ImageError> {
        Ok(Self { inner: Arc::new(LoadedImage::open(module, compiler)?) })
    }

    /// What was compiled so far, if it is compiled while it runs.
    pub fn lazy_statistics(&self) -> Option<LazyStatistics> {
        self.inner.lazy().map(|lazy| lazy.space().statistics())
    }

    /// Addresses of everything that is mapped for it: code, constants, unwind information.
    pub fn addresses(&self) -> Range<usize> {
        self.inner.addresses()
    }

    /// Addresses of its code.
    pub fn text(&self) -> Range<usize> {
        self.inner.text()
    }

    /// Whether its code cannot be read, only executed: where the processor and the system have protection keys.
    pub fn is_execute_only(&self) -> bool {
        self.inner.is_execute_only()
    }

    /// What the image says of its module.
    pub fn info(&self) -> &ImageInfo {
        self.inner.info()
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.info().declarations.names.module;
        f.debug_struct("Image")
            .field("name", name)
            .field("addresses", &self.addresses())
            .finish_non_exhaustive()
    }
}
