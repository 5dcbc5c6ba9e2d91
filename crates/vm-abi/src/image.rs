//! The linked image: an ELF file for x86-64 whose code and constants are position independent.
//!
//! | section | flags | contents |
//! |---|---|---|
//! | [`TEXT`] | AX | code: functions, trampolines, stubs for library calls |
//! | [`RODATA`] | A | constants and jump tables, at fixed distances from the code |
//! | [`EH_FRAME`] | A | unwind information (DWARF CFI, pc-relative) |
//! | [`EH_FRAME_HDR`] | A | binary search table over it |
//! | [`LIBCALLS`] | AW | one pointer per [`ImageInfo::libcalls`]; the loader fills them, then makes the page read-only |
//! | [`INFO`] | – | [`ImageInfo`], postcard |
//! | [`ADDRMAP`] | – | [`AddressMap`](crate::addrmap), encoded |
//! | [`SOURCES`] | – | [`Sources`](crate::sources), encoded, if the module has DWARF |
//! | [`DATA`] | – | contents of the data segments, by [`ImageInfo::data`] |
//! | [`NOTE`](crate::build_id::NOTE) | – | the build id, of everything before |
//! | [`DEBUG`] | – | [`DebugAddresses`](crate::debug::DebugAddresses), if there is debug information to show a debugger |
//! | `.debug_*`, `.symtab` | – | for debuggers |
//!
//! Of an image whose debug information is in a file of its own, that has the last two, and the image the name of the file:
//! [`DEBUG_LINK`](crate::build_id::DEBUG_LINK).
//!
//! After the ELF file come [`DIGEST`] bytes over it, see [`seal`].
//!
//! Loading an image maps its `PT_LOAD` segments at one base and fills the library calls: no other relocation.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use wootz_wasm_types::Declarations;

use crate::branches::CountedCode;
use crate::plan::MemoryPlan;

/// Section of code.
pub const TEXT: &str = ".text";
/// Section of constants.
pub const RODATA: &str = ".rodata";
/// Section of unwind information.
pub const EH_FRAME: &str = ".eh_frame";
/// Section of the search table over [`EH_FRAME`].
pub const EH_FRAME_HDR: &str = ".eh_frame_hdr";
/// Section of library-call pointers.
pub const LIBCALLS: &str = ".wootz.libcalls";
/// Section of the module information.
pub const INFO: &str = ".wootz.info";
/// Section of the address map.
pub const ADDRMAP: &str = ".wootz.addrmap";
/// Section of the lines of the module's sources.
pub const SOURCES: &str = ".wootz.sources";
/// Section of data segments.
pub const DATA: &str = ".wootz.data";

/// Section of the addresses in debug information.
pub const DEBUG: &str = ".wootz.debug";

/// Version of everything in this crate: an image of another version is refused.
pub const FORMAT_VERSION: u32 = 9;
/// First bytes of [`INFO`], before the version: tells an image from any other ELF file.
pub const INFO_MAGIC: [u8; 8] = *b"wootzimg";

/// Page size that images are laid out for, in bytes.
pub const PAGE: u64 = 4096;

/// What the runtime needs to know of an image besides its bytes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ImageInfo {
    /// Target triple, as LLVM writes it.
    pub target: String,
    /// CPU features that the code needs and may not be present everywhere, by LLVM's names, sorted.
    pub cpu_features: Vec<String>,
    /// The module's declarations. The byte ranges of data segments are those of the original module.
    pub declarations: Declarations,
    /// Plan of each memory, imported ones included: code was compiled for it.
    pub memory_plans: Vec<MemoryPlan>,
    /// Whether the code consumes fuel.
    pub fuel: bool,
    /// The module's code, if the image counts its branches.
    pub counted: Option<CountedCode>,
    /// Byte range in [`DATA`] of each data segment.
    pub data: Vec<Range<u32>>,
    /// Range in [`TEXT`] of each defined function.
    pub functions: Vec<Range<u32>>,
    /// Offset in [`TEXT`] of the host-entry trampoline of each type, if compiled.
    pub host_entries: Vec<Option<u32>>,
    /// Offset in [`TEXT`] of the host-exit trampoline of each type, if compiled.
    pub host_exits: Vec<Option<u32>>,
    /// Names of the library functions that [`LIBCALLS`] points to, in slot order: each a
    /// [`Libcall`](crate::libcall::Libcall).
    pub libcalls: Vec<String>,
}

/// Why module information cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// The section does not start with [`INFO_MAGIC`].
    NotAnImage,
    /// The image was made by another version.
    Version(u32),
    /// The contents do not decode.
    Corrupt(String),
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAnImage => f.write_str("not a Wootz image"),
            Self::Version(version) => {
                write!(
                    f,
                    "the image has format version {version}, this runtime reads version {FORMAT_VERSION}"
                )
            }
            Self::Corrupt(reason) => write!(f, "the image is corrupt: {reason}"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl ImageInfo {
    /// Contents of the [`INFO`] section: magic, version (little-endian `u32`), postcard.
    ///
    /// # Panics
    /// Never: every field has an encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = INFO_MAGIC.to_vec();
        bytes.extend(FORMAT_VERSION.to_le_bytes());
        postcard::to_extend(self, bytes).expect("module information encodes")
    }

    /// Reads the [`INFO`] section.
    ///
    /// # Errors
    /// [`DecodeError`] for anything but a complete image information of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let contents = Self::check_version(bytes)?;
        postcard::from_bytes(contents).map_err(|error| DecodeError::Corrupt(error.to_string()))
    }

    /// Looks at the start of the [`INFO`] section: whether it is one, and of this version. Returns what follows.
    ///
    /// # Errors
    /// [`DecodeError::NotAnImage`], [`DecodeError::Version`], or [`DecodeError::Corrupt`] if there is no version.
    pub fn check_version(bytes: &[u8]) -> Result<&[u8], DecodeError> {
        let rest = bytes.strip_prefix(&INFO_MAGIC).ok_or(DecodeError::NotAnImage)?;
        let (version, rest) =
            rest.split_first_chunk().ok_or_else(|| DecodeError::Corrupt("no format version".into()))?;
        match u32::from_le_bytes(*version) {
            FORMAT_VERSION => Ok(rest),
            version => Err(DecodeError::Version(version)),
        }
    }
}
