//! A loaded image: machine code in this process, shared by every instance made from it.

use std::sync::Arc;

use wootz_vm_abi::image::ImageInfo;

use crate::ImageError;

/// A loaded image. Cheap to clone; the code is unmapped with the last clone and the last store that used it.
#[derive(Clone)]
pub struct Image {
    inner: Arc<ImageInfo>,
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
        Ok(Self { inner: Arc::new(ImageInfo::decode(bytes).map_err(ImageError::Decode)?) })
    }

    /// What the image says of its module.
    pub fn info(&self) -> &ImageInfo {
        &self.inner
    }
}
