//! A loaded image: machine code in this process, shared by every instance made from it.

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use wootz_vm_abi::branches::BranchProfile;
use wootz_vm_abi::image::ImageInfo;

use crate::ImageError;
use crate::lazy::{LazyModule, LazyStatistics, MakeCompiler};
use crate::vm::counters::Counters;
use crate::vm::image::LoadedImage;
use crate::vm::lazy;

/// How much of a file is compared with its digests before anything of it is used.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Integrity {
    /// All of it, for a file that may have been copied or stored badly. This reads the whole file.
    #[default]
    Whole,
    /// What says what is where: headers, declarations, its length. For a file that is written once and trusted like a program; loading
    /// takes about the same time however large the code is.
    Declarations,
}

/// A loaded image. Cheap to clone; the code is unmapped with the last clone and the last store that used it.
#[derive(Clone)]
pub struct Image {
    pub(crate) inner: Arc<LoadedImage>,
}

impl Image {
    /// Loads an image from bytes. All of them are checked.
    ///
    /// # Errors
    /// [`ImageError`] for bytes that are not an image this runtime and this machine can run.
    ///
    /// # Trust
    /// An image is machine code. Its structure is checked here, its instructions are not: load only what a compiler that
    /// you trust made.
    pub fn load(bytes: impl AsRef<[u8]>) -> Result<Self, ImageError> {
        Self::load_shared(bytes.as_ref().into())
    }

    /// As [`load`](Self::load), without copying the bytes once more.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_shared(bytes: Arc<[u8]>) -> Result<Self, ImageError> {
        Ok(Self { inner: Arc::new(LoadedImage::load(bytes)?) })
    }

    /// Maps an image from a part of a file, a range of bytes that starts at a multiple of 4096. Nothing of it is read but what is
    /// checked and what runs; processes that map one file share its pages.
    ///
    /// # Trust
    /// As for [`load`](Self::load). Besides, the file must not be written to while the image is in use, as with any program: replace
    /// it by renaming another over it. If it is shortened, calls end with [`ImageError::Shortened`], which
    /// [`CallError::host_error`](crate::CallError::host_error) finds.
    ///
    /// # Errors
    /// As [`load`](Self::load), and [`ImageError::System`] if the file cannot be mapped.
    pub fn open(file: &File, part: Range<u64>, integrity: Integrity) -> Result<Self, ImageError> {
        Ok(Self { inner: Arc::new(LoadedImage::open(file, &part, integrity)?) })
    }

    /// The bytes it was loaded from.
    pub fn bytes(&self) -> &[u8] {
        self.inner.image_bytes()
    }

    /// Opens a module whose functions are compiled when they are first called, by the compiler that `compiler` makes for the
    /// place where their code goes.
    ///
    /// # Errors
    /// [`ImageError`] for a module that this machine cannot run, or without address space for its code.
    ///
    /// # Trust
    /// What the compiler makes is machine code, and is run.
    pub fn open_lazily(module: LazyModule, compiler: MakeCompiler) -> Result<Self, ImageError> {
        Ok(Self { inner: Arc::new(lazy::open(module, compiler)?) })
    }

    /// What was compiled so far, if it is compiled while it runs.
    pub fn lazy_statistics(&self) -> Option<LazyStatistics> {
        self.inner.lazy().map(|lazy| lazy.statistics())
    }

    /// What its code has counted so far, if it counts its branches. While it runs in other threads, some counts may be older than others.
    pub fn branch_profile(&self) -> Option<BranchProfile> {
        self.inner.counters().map(Counters::profile)
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
