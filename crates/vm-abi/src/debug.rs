//! Debug information in an image: addresses that the loader completes before it shows the information to a debugger.
//!
//! Debug sections are as in any ELF file, with addresses relative to the image's base. A debugger that reads the file by itself adds where the image
//! is; one that is given it by the loader expects addresses that are final. [`DebugAddresses`] says where they are, postcard-encoded in
//! the section [`DEBUG`](crate::image::DEBUG).
//!
//! Two of the bases are words of the runtime's, since debug information cannot name what is different in each process:
//!
//! ```text
//! Instance   → *VMContext of the image's only instance, or null
//! Memories   → count: u64, then so many *VMMemory
//! ```

use serde::{Deserialize, Serialize};

/// What is added to an address.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Base {
    /// Where the image is.
    Image,
    /// Where the word for the image's only instance is.
    Instance,
    /// Where the list of memories is.
    Memories,
}

/// The addresses of all debug sections, each of eight bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DebugAddresses {
    /// By section.
    pub sections: Vec<SectionAddresses>,
}

/// The addresses in one section.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SectionAddresses {
    /// Name of the section.
    pub name: String,
    /// Byte offset and base of each, by offset.
    pub places: Vec<(u64, Base)>,
}

impl DebugAddresses {
    /// The bytes of the section.
    pub fn encode(&self) -> Vec<u8> {
        // What is in it has an encoding.
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// Reads the bytes of the section; `None` if they are damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip() {
        let places = vec![(8, Base::Image), (1 << 40, Base::Memories), (3, Base::Instance)];
        let addresses =
            DebugAddresses { sections: vec![SectionAddresses { name: ".debug_info".into(), places }] };
        let bytes = addresses.encode();
        assert_eq!(DebugAddresses::decode(&bytes), Some(addresses));
        assert_eq!(DebugAddresses::decode(&bytes[..bytes.len() - 1]), None);
    }
}
