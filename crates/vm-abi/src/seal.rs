//! The end of an image, which tells whether the bytes before it are what they were when it was made.
//!
//! ```text
//! contents
//! u64 × n    digest of each chunk of 16 KiB of the contents (XXH3, 64 bits), the last as long as it is
//! u64        length of the contents in bytes
//! u128       digest of the n + 1 numbers before (XXH3, 128 bits)
//! ```
//!
//! All numbers are little-endian. Being in chunks, it lets a reader check what it reads and leave the rest of a large file
//! untouched. It finds damage, by accident of any kind; who changes an image on purpose makes a new one.

use std::ops::Range;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Bytes of the contents that have a digest of their own.
const CHUNK: usize = 16 << 10;
const NUMBER: usize = size_of::<u64>();
const LAST: usize = size_of::<u128>();

/// Ends an image with its digests.
pub fn seal(image: &mut Vec<u8>) {
    let length = image.len();
    let digests: Vec<_> = image.chunks(CHUNK).map(xxh3_64).collect();
    image.extend(digests.iter().chain([&(length as u64)]).flat_map(|number| number.to_le_bytes()));
    image.extend(xxh3_128(&image[length..]).to_le_bytes());
}

/// An image whose end is whole: its contents can be checked.
#[derive(Copy, Clone, Debug)]
pub struct Sealed<'a> {
    contents: &'a [u8],
    digests: &'a [u8],
}

impl<'a> Sealed<'a> {
    /// Reads the end of an image; `None` if it was cut or changed, there or in its length.
    pub fn new(image: &'a [u8]) -> Option<Self> {
        let (before, digest) = image.split_last_chunk::<LAST>()?;
        let (_, length) = before.split_last_chunk::<NUMBER>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (contents, numbers) = before.split_at_checked(length)?;
        let right = numbers.len() == (length.div_ceil(CHUNK) + 1) * NUMBER
            && xxh3_128(numbers).to_le_bytes() == *digest;
        right.then(|| Self { contents, digests: &numbers[..numbers.len() - NUMBER] })
    }

    /// The image without its end.
    pub fn contents(&self) -> &'a [u8] {
        self.contents
    }

    /// Whether the bytes of a range of the contents, and those around them, are right. A range that lies outside is not.
    pub fn is_whole(&self, range: Range<usize>) -> bool {
        if range.start > range.end || range.end > self.contents.len() {
            return false;
        }
        (range.start / CHUNK..range.end.div_ceil(CHUNK)).all(|chunk| {
            let start = chunk * CHUNK;
            let bytes = &self.contents[start..(start + CHUNK).min(self.contents.len())];
            self.digests[chunk * NUMBER..][..NUMBER] == xxh3_64(bytes).to_le_bytes()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Sealed, seal};

    #[test]
    fn any_change_and_any_cut_is_found() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5] {
            let contents: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut image = contents.clone();
            seal(&mut image);
            let sealed = Sealed::new(&image).unwrap();
            assert!(sealed.contents() == contents && sealed.is_whole(0..length));
            assert!(!sealed.is_whole(0..length + 1));
            let places = (0..image.len()).step_by(997).chain(length.saturating_sub(1)..image.len());
            for at in places {
                assert!(Sealed::new(&image[..at]).is_none(), "cut at {at} of {}", image.len());
                image[at] ^= 1;
                let whole = Sealed::new(&image).is_some_and(|sealed| sealed.is_whole(0..length));
                assert!(!whole, "changed at {at} of {}", image.len());
                image[at] ^= 1;
            }
        }
    }

    #[test]
    fn a_part_is_whole_though_another_is_not() {
        let mut image = vec![7; 3 * CHUNK];
        seal(&mut image);
        image[CHUNK + 1] = 0;
        let sealed = Sealed::new(&image).unwrap();
        assert!(sealed.is_whole(0..CHUNK) && sealed.is_whole(2 * CHUNK..3 * CHUNK));
        assert!(!sealed.is_whole(CHUNK - 1..CHUNK + 1) && sealed.is_whole(CHUNK..CHUNK));
    }
}
