//! Images that the linker of a program has put into it: nothing is mapped or copied, the code is the program's own.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use wootz_vm_abi::context::{ModuleShape, VMContextLayout};
use wootz_vm_abi::image::{DecodeError, ImageInfo};
use wootz_vm_abi::linked::{LinkedBytes, LinkedModule};

use super::image::{LoadedImage, UnwindBytes};
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
    let text = module.text.start.expose_provenance();
    let text = text..text + module.text.len;
    // SAFETY: the compiler describes constants of the program.
    let bytes = |part: &LinkedBytes| unsafe { std::slice::from_raw_parts(part.start, part.len) };
    let info = ImageInfo::decode(bytes(&module.info)).map_err(ImageError::Decode)?;
    let data = bytes(&module.data);
    validate::target(&info)?;
    validate::info(&info, text.len() as u64, data.len() as u64)?;
    let unwind = |part: &LinkedBytes, distance: isize| {
        let start = part.start.expose_provenance();
        UnwindBytes { bytes: start..start + part.len, address: text.start.wrapping_add_signed(distance) }
    };
    let layout = VMContextLayout::new(&ModuleShape::new(&info.declarations));
    let loaded = LoadedImage {
        _mapping: None,
        addresses: text.clone(),
        parts: vec![(text.clone(), Protection::READ_EXECUTE, RegionKind::Code)],
        code_view: None,
        to_code_view: 0,
        eh_frame: unwind(&module.eh_frame, module.eh_frame_distance),
        eh_frame_hdr: unwind(&module.eh_frame_hdr, module.eh_frame_hdr_distance),
        text,
        info,
        layout,
        data: Cow::Borrowed(data),
        address_map_bytes: Cow::Borrowed(bytes(&module.address_map)),
        address_map: OnceLock::new(),
        data_images: OnceLock::new(),
    };
    super::unwind::check(&loaded)?;
    Ok(loaded)
}
