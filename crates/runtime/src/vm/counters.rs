//! The counters of an image that counts its branches: zero when it is loaded, added to by all of its instances.
//!
//! Compiled code loads, adds and stores, so that threads may lose some of each other's counts.

use std::sync::atomic::{AtomicU64, Ordering};

use wootz_vm_abi::branches::{BranchProfile, CountedCode};
use wootz_vm_abi::image::ImageInfo;

use crate::ImageError;
use crate::sys::memory::Mapping;

/// Counters, in pages that take memory when they are first written.
pub(crate) struct Counters {
    code: CountedCode,
    mapping: Mapping,
}

impl Counters {
    /// Those of an image, if it has any.
    pub(super) fn of(info: &ImageInfo) -> Result<Option<Self>, ImageError> {
        let allocate = |code: CountedCode| {
            let mapping = Mapping::allocate(code.counters() * size_of::<u64>());
            Ok(Self { code, mapping: mapping.map_err(ImageError::System)? })
        };
        info.counted.map(allocate).transpose()
    }

    /// The first of them.
    pub(super) fn first(&self) -> *mut u64 {
        self.mapping.base().cast()
    }

    /// What was counted so far.
    pub(crate) fn profile(&self) -> BranchProfile {
        let counter = |number| {
            // SAFETY: the mapping has so many counters, at addresses that are aligned, and lives as long as `self`. Rust code only reads
            // them, and atomically.
            unsafe { AtomicU64::from_ptr(self.first().add(number)) }.load(Ordering::Relaxed)
        };
        BranchProfile::new(self.code, (0..self.code.counters()).map(counter))
    }
}
