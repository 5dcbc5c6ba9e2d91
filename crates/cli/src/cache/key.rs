//! What an image is found by.

use std::fmt;
use std::os::unix::fs::MetadataExt;

use sha2::{Digest, Sha256};

/// A digest of everything that an image is made from. One that no two different things have, not even on purpose (SHA-256):
/// the module may be anybody's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// The key of some parts, in order. Where one ends and the next begins counts.
    pub(super) fn new(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }
}

/// Its digits.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Which build of the compiler it is: a developer's changes without its version.
pub(super) fn compiler() -> String {
    let metadata = crate::compiler().and_then(std::fs::metadata);
    metadata.map_or_else(
        |_| String::new(),
        |metadata| format!("{} {}.{}", metadata.len(), metadata.mtime(), metadata.mtime_nsec()),
    )
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn the_key_is_of_the_parts_and_not_of_their_sum() {
        let key = Key::new(&[b"ab", b"c"]);
        assert_eq!(key, Key::new(&[b"ab", b"c"]));
        assert_ne!(key, Key::new(&[b"a", b"bc"]));
        assert_ne!(key, Key::new(&[b"abc"]));
        assert_eq!(key.to_string().len(), 64);
    }
}
