//! Build ids: what tells that debug information in a file of its own belongs to an image or an executable.
//!
//! A note of the GNU toolchain's form, which every tool reads:
//!
//! ```text
//! u32     4             length of the name
//! u32     16            length of the id
//! u32     3             NT_GNU_BUILD_ID
//! u8 × 4  "GNU\0"
//! u8 × 16 XXH3 (128 bits) of what the file has besides debug information
//! ```
//!
//! and beside it, where debug information was taken away, the name of the file that has it, also of the GNU toolchain's form:
//!
//! ```text
//! the name, a zero byte, zero bytes up to a multiple of 4
//! u32     CRC-32 of that file
//! ```

use std::fmt;

use xxhash_rust::xxh3::xxh3_128;

/// Section of the build id.
pub const NOTE: &str = ".note.gnu.build-id";
/// Section of the name of the file that has the debug information.
pub const DEBUG_LINK: &str = ".gnu_debuglink";

/// Bytes of an id.
const LENGTH: usize = 16;
/// What comes before the id in a note.
const HEAD: [u8; 16] = *b"\x04\0\0\0\x10\0\0\0\x03\0\0\0GNU\0";

/// A build id.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BuildId([u8; LENGTH]);

impl BuildId {
    /// The id of a file with these contents.
    pub fn of<'a>(contents: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let digests: Vec<u8> = contents.into_iter().flat_map(|bytes| xxh3_128(bytes).to_be_bytes()).collect();
        Self(xxh3_128(&digests).to_be_bytes())
    }

    /// The bytes of the section.
    pub fn note(self) -> Vec<u8> {
        [&HEAD[..], &self.0].concat()
    }

    /// Puts the id in the place of another one, of whatever length, whose section has these bytes. What is no build id stays.
    pub fn replace(self, note: &mut [u8]) {
        let fields = [0, 4, 8].map(|at| {
            note.get(at..at + 4).map_or(0, |field| u32::from_le_bytes(field.try_into().unwrap_or_default()))
        });
        if fields[0] == 4 && fields[2] == 3 && note.len() == HEAD.len() + fields[1] as usize {
            note[HEAD.len()..].iter_mut().zip(self.0.iter().cycle()).for_each(|(to, from)| *to = *from);
        }
    }

    /// Reads the bytes of a section; `None` if that is not a build id of ours.
    pub fn read(note: &[u8]) -> Option<Self> {
        note.strip_prefix(&HEAD).and_then(|id| id.try_into().ok()).map(Self)
    }
}

impl fmt::Display for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The bytes of the section that names a file with these contents.
pub fn debug_link(name: &str, file: &[u8]) -> Vec<u8> {
    let mut link = name.as_bytes().to_vec();
    link.push(0);
    link.resize(link.len().next_multiple_of(4), 0);
    link.extend(crc32(file).to_le_bytes());
    link
}

/// The name in such a section; `None` if there is none, or one with a folder.
pub fn linked_name(link: &[u8]) -> Option<&str> {
    let name = link.split(|byte| *byte == 0).next()?;
    let name = std::str::from_utf8(name).ok()?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// The checksum of IEEE 802.3, as gzip and debug links have it.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let table: [u32; 256] = std::array::from_fn(|byte| {
        (0..8).fold(byte as u32, |rest, _| if rest & 1 == 1 { rest >> 1 ^ POLYNOMIAL } else { rest >> 1 })
    });
    !bytes.iter().fold(!0, |crc, byte| crc >> 8 ^ table[(crc as u8 ^ byte) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_told_by_its_contents_and_reads_back() {
        let id = BuildId::of([&b"code"[..], b"constants"]);
        assert_eq!(BuildId::read(&id.note()), Some(id));
        assert_eq!(id.to_string().len(), 2 * LENGTH);
        assert_ne!(BuildId::of([&b"codec"[..], b"onstants"]), id);
        assert_eq!(BuildId::read(&id.note()[1..]), None);
        let mut other = BuildId::of([&b"other"[..]]).note();
        id.replace(&mut other);
        assert_eq!(BuildId::read(&other), Some(id));
        let mut none = [7; 3];
        id.replace(&mut none);
        assert_eq!(none, [7; 3]);
    }

    #[test]
    fn a_link_names_its_file_and_tells_its_checksum() {
        // The check value of CRC-32.
        let link = debug_link("a.debug", b"123456789");
        assert_eq!(link, *b"a.debug\0\x26\x39\xf4\xcb");
        assert_eq!(linked_name(&link), Some("a.debug"));
        assert_eq!(linked_name(b"../a\0\0\0\0"), None);
        assert_eq!(linked_name(b""), None);
    }
}
