//! Images that the linker of a program has put into it: nothing is mapped or copied, the code is the program's own.

use std::sync::{Arc, OnceLock};

use wootz_vm_abi::context::{ModuleShape, VMContextLayout};
use wootz_vm_abi::image::{DecodeError, ImageInfo};
use wootz_vm_abi::linked::{LinkedBytes, LinkedModule, LinkedRange, LinkedUnwind};

use super::counters::Counters;
use super::debugger::{Contexts, ShownWhole};
use super::image::{Bytes, LoadedImage, UnwindBytes};
use crate::image::Integrity;
use crate::regions::{Protection, RegionKind};
use crate::{Image, ImageError, validate};

impl Image {
    /// The image of a module that `wootz compile --emit obj` has made and a linker has put into this program.
    ///
    /// # Errors
    /// [`ImageError`] for an object of another version, or one that this machine cannot run.
    ///
    /// # Safety
    /// `module` is the description in such an object, as the compiler wrote it.
    pub unsafe fn linked(module: &'static LinkedModule) -> Result<Self, ImageError> {
        // SAFETY: the caller's promise.
        let loaded = unsafe { load(module) }?;
        Ok(Self { inner: Arc::new(loaded) })
    }
}

/// # Safety
/// That of [`Image::linked`].
unsafe fn load(module: &'static LinkedModule) -> Result<LoadedImage, ImageError> {
    module.check_version().map_err(|version| {
        let version = u32::try_from(version).unwrap_or_default();
        ImageError::Decode(if version == 0 { DecodeError::NotAnImage } else { DecodeError::Version(version) })
    })?;
    let range = |bytes: &LinkedBytes| {
        let start = bytes.start.expose_provenance();
        start..start + bytes.len
    };
    let (text, place) = (range(&module.text), range(&module.bytes));
    // SAFETY: the compiler describes constants of the program.
    let bytes: &'static [u8] = unsafe { std::slice::from_raw_parts(module.bytes.start, module.bytes.len) };
    let part = |part: &LinkedRange| part.start..part.start + part.len;
    let info = ImageInfo::decode(&bytes[part(&module.info)]).map_err(ImageError::Decode)?;
    validate::target(&info)?;
    validate::info(&info, text.len() as u64, module.data.len as u64)?;
    let unwind = |unwind: &LinkedUnwind| {
        let start = place.start + unwind.range.start;
        UnwindBytes {
            bytes: start..start + unwind.range.len,
            address: text.start.wrapping_add_signed(unwind.distance),
        }
    };
    let loaded = LoadedImage {
        // The program is a file that debuggers read.
        _shown: ShownWhole::default(),
        // SAFETY: the compiler gives a word of the program's that nobody else writes.
        contexts: unsafe { module.only_instance.as_ref() }.map(|word| Arc::new(Contexts::told_in(word))),
        _mapping: None,
        addresses: text.clone(),
        parts: vec![(text.clone(), Protection::READ_EXECUTE, RegionKind::Code)],
        code_view: None,
        to_code_view: 0,
        eh_frame: unwind(&module.eh_frame),
        eh_frame_hdr: unwind(&module.eh_frame_hdr),
        layout: VMContextLayout::new(&ModuleShape::new(&info.declarations)),
        counters: Counters::of(&info)?,
        text,
        info,
        bytes: Bytes::Program(bytes),
        integrity: Integrity::Whole,
        file_pages: None,
        data: part(&module.data),
        address_map: part(&module.address_map),
        sources: part(&module.sources),
        data_images: OnceLock::new(),
        lazy: None,
    };
    super::unwind::check(&loaded)?;
    Ok(loaded)
}
