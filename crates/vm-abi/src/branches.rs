//! How often functions were entered and branches went where: counted by one build of a module, read by the compiler that makes another.
//!
//! Counters are numbered by byte offset in the module's code, from the first byte of the first body on:
//!
//! | at | is counted |
//! |---|---|
//! | the first byte of a body | how often the function was entered |
//! | the first byte of a conditional branch (`if`, `br_if`, `br_on_null`, …) | how often it went to the first target of our IR, for which the condition is not zero |
//! | the second | how often to the other |
//! | the bytes of a `br_table` from the first on | how often each target was taken, the default last |
//!
//! Each has a byte of its own, since a branch takes two bytes at least and a `br_table` one for each target. So a profile is of bytes of code, and custom
//! sections may come and go. A counter is 64 bits wide and wraps.
//!
//! ```text
//! u8 × 8   "wootzprf"
//! u32      version of the format, little-endian
//! …        the code and the counts that are not zero, in order of their numbers, each number as its distance from the last (postcard)
//! u64      XXH3 of everything before, little-endian
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// First bytes of a profile.
const MAGIC: [u8; 8] = *b"wootzprf";
/// Version of the format.
const VERSION: u32 = 1;
/// The shares of all counts, in millionths, that a [`Summary`] tells about: those that LLVM's own profiles have.
const SHARES: [u32; 16] = [
    10_000, 100_000, 200_000, 300_000, 400_000, 500_000, 600_000, 700_000, 800_000, 900_000, 950_000,
    990_000, 999_000, 999_900, 999_990, 999_999,
];

/// The code of a module, as far as a profile must know it: all bodies, from the first byte of the first to the last of the last.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct CountedCode {
    /// XXH3 (64 bits) of the bytes.
    digest: u64,
    /// How many there are, and so how many counters.
    bytes: u32,
}

impl CountedCode {
    /// That of these bytes.
    ///
    /// # Panics
    /// If there are more than a module can have, 2³² − 1.
    pub fn new(code: &[u8]) -> Self {
        let bytes = u32::try_from(code.len()).expect("a module is smaller than 4 GiB");
        Self { digest: xxh3_64(code), bytes }
    }

    /// Number of counters.
    pub fn counters(self) -> usize {
        self.bytes as usize
    }
}

/// Counts of a module's branches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BranchProfile {
    code: CountedCode,
    /// Counters that are not zero, by number.
    counts: Vec<(u32, u64)>,
    summary: Summary,
}

/// How counts are distributed: what tells hot code from cold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// All counts together; as much as 64 bits hold.
    pub total: u64,
    /// The largest one.
    pub largest: u64,
    /// For each share of the total in millionths: the smallest of the largest counts that make it up, and how many these are.
    pub shares: Vec<(u32, u64, u32)>,
}

impl Summary {
    /// Of these counts; those that are zero do not matter.
    pub fn new(counts: impl Iterator<Item = u64>) -> Self {
        let mut falling: Vec<u64> = counts.filter(|count| *count != 0).collect();
        falling.sort_unstable_by(|a, b| b.cmp(a));
        let total: u128 = falling.iter().map(|count| u128::from(*count)).sum();
        let (mut taken, mut sum, mut last) = (0, 0, 0);
        let mut reach = |share: u32| {
            while sum * 1_000_000 < total * u128::from(share) {
                last = falling[taken];
                sum += u128::from(last);
                taken += 1;
            }
            (share, last, taken as u32)
        };
        let shares = SHARES.map(&mut reach).to_vec();
        let largest = falling.first().copied().unwrap_or_default();
        Self { total: u64::try_from(total).unwrap_or(u64::MAX), largest, shares }
    }
}

/// Some counts in order, from a number on, of a list that has numbers with theirs in order; of a number that it lacks, 0.
pub fn counts_from(counts: &[(u32, u64)], first: u32, length: usize) -> impl Iterator<Item = u64> + '_ {
    let start = counts.partition_point(|(number, _)| *number < first);
    let mut counted = counts[start..].iter().peekable();
    (first..)
        .take(length)
        .map(move |number| counted.next_if(|(other, _)| *other == number).map_or(0, |(_, count)| *count))
}

/// Why a profile cannot be used.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum BranchProfileError {
    /// The bytes are no profile.
    NotAProfile,
    /// It has another version of the format.
    Version(u32),
    /// It is cut or damaged.
    Damaged,
    /// It is of other code.
    OtherCode,
}

impl fmt::Display for BranchProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAProfile => f.write_str("this is no profile of branches"),
            Self::Version(version) => {
                write!(f, "the profile has format version {version}, this program reads version {VERSION}")
            }
            Self::Damaged => f.write_str("the profile is cut or damaged"),
            Self::OtherCode => f.write_str("the profile is of another module, or of another build of it"),
        }
    }
}

impl std::error::Error for BranchProfileError {}

impl BranchProfile {
    /// A profile of these counters, by number.
    pub fn new(code: CountedCode, counters: impl IntoIterator<Item = u64>) -> Self {
        Self::of((0..).zip(counters).filter(|(_, count)| *count != 0).collect(), code)
    }

    fn of(counts: Vec<(u32, u64)>, code: CountedCode) -> Self {
        Self { code, summary: Summary::new(counts.iter().map(|(_, count)| *count)), counts }
    }

    /// The code that it is of.
    pub fn code(&self) -> CountedCode {
        self.code
    }

    /// A counter.
    pub fn count(&self, number: u32) -> u64 {
        self.counts_from(number, 1).next().unwrap_or_default()
    }

    /// Some counters in order, from a number on.
    pub fn counts_from(&self, first: u32, length: usize) -> impl Iterator<Item = u64> + '_ {
        counts_from(&self.counts, first, length)
    }

    /// How the counts are distributed.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The counts of two profiles together.
    ///
    /// # Errors
    /// [`BranchProfileError::OtherCode`] if they are of different code.
    pub fn with(&self, other: &Self) -> Result<Self, BranchProfileError> {
        other.require(self.code)?;
        let mut both = self.counts.clone();
        both.extend_from_slice(&other.counts);
        both.sort_unstable_by_key(|(number, _)| *number);
        both.dedup_by(|(number, count), (kept, sum)| {
            let same = number == kept;
            if same {
                *sum = sum.saturating_add(*count);
            }
            same
        });
        Ok(Self::of(both, self.code))
    }

    /// That it is of this code.
    ///
    /// # Errors
    /// [`BranchProfileError::OtherCode`] if it is not.
    pub fn require(&self, code: CountedCode) -> Result<(), BranchProfileError> {
        if self.code == code { Ok(()) } else { Err(BranchProfileError::OtherCode) }
    }

    /// The bytes of a file; the format stands at the head of this module.
    ///
    /// # Panics
    /// Never: every field has an encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        let mut last = 0;
        let distance =
            |(number, count): &(u32, u64)| (number - std::mem::replace(&mut last, *number), *count);
        let distances: Vec<(u32, u64)> = self.counts.iter().map(distance).collect();
        let mut bytes = postcard::to_extend(&(self.code, distances), bytes).expect("a profile encodes");
        let digest = xxh3_64(&bytes);
        bytes.extend(digest.to_le_bytes());
        bytes
    }

    /// Reads what [`encode`](Self::encode) makes.
    ///
    /// # Errors
    /// [`BranchProfileError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, BranchProfileError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(BranchProfileError::NotAProfile)?;
        let (version, _) = rest.split_first_chunk().ok_or(BranchProfileError::Damaged)?;
        match u32::from_le_bytes(*version) {
            VERSION => {}
            version => return Err(BranchProfileError::Version(version)),
        }
        let (before, digest) = bytes.split_last_chunk().ok_or(BranchProfileError::Damaged)?;
        let contents = before.get(MAGIC.len() + size_of_val(version)..).ok_or(BranchProfileError::Damaged)?;
        if xxh3_64(before) != u64::from_le_bytes(*digest) {
            return Err(BranchProfileError::Damaged);
        }
        let decoded: Result<(CountedCode, Vec<(u32, u64)>), _> = postcard::from_bytes(contents);
        let (code, distances) = decoded.map_err(|_| BranchProfileError::Damaged)?;
        let mut last = 0u32;
        let number = |(distance, count): (u32, u64)| {
            last = last.checked_add(distance).filter(|number| *number < code.bytes)?;
            Some((last, count))
        };
        let counts: Option<Vec<_>> = distances.into_iter().map(number).collect();
        Ok(Self::of(counts.ok_or(BranchProfileError::Damaged)?, code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(counters: &[u64]) -> BranchProfile {
        BranchProfile::new(CountedCode::new(&vec![7; counters.len()]), counters.iter().copied())
    }

    #[test]
    fn what_was_written_is_read() {
        let written = profile(&[5, 0, 0, 1, u64::MAX, 0]);
        let read = BranchProfile::decode(&written.encode()).unwrap();
        assert_eq!(read, written);
        assert_eq!([0, 1, 3, 4, 5, 6].map(|number| read.count(number)), [5, 0, 1, u64::MAX, 0, 0]);
        assert_eq!(read.counts_from(2, 3).collect::<Vec<_>>(), [0, 1, u64::MAX]);
        let empty = profile(&[]);
        assert_eq!(BranchProfile::decode(&empty.encode()), Ok(empty));
    }

    #[test]
    fn what_is_cut_or_changed_is_refused() {
        let bytes = profile(&[1, 2, 3]).encode();
        for length in 0..bytes.len() {
            assert!(BranchProfile::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert!(BranchProfile::decode(&changed).is_err(), "byte {at}");
        }
        assert_eq!(BranchProfile::decode(b"\0asm"), Err(BranchProfileError::NotAProfile));
    }

    #[test]
    fn counts_are_added() {
        let (one, other) = (profile(&[1, 0, 2, u64::MAX]), profile(&[0, 4, 3, 1]));
        assert_eq!(one.with(&other), Ok(profile(&[1, 4, 5, u64::MAX])));
        assert_eq!(one.with(&profile(&[1])), Err(BranchProfileError::OtherCode));
    }

    #[test]
    fn the_summary_finds_the_counts_that_make_up_a_share() {
        let summary = profile(&[10, 0, 960, 30]).summary().clone();
        assert_eq!((summary.total, summary.largest), (1000, 960));
        let of = |share| *summary.shares.iter().find(|(other, ..)| *other == share).unwrap();
        assert_eq!(of(950_000), (950_000, 960, 1));
        assert_eq!(of(990_000), (990_000, 30, 2));
        assert_eq!(of(999_999), (999_999, 10, 3));
        assert_eq!(profile(&[0, 0]).summary().total, 0);
        let most = profile(&[u64::MAX, u64::MAX]).summary().clone();
        assert_eq!((most.total, most.shares[15].2), (u64::MAX, 2));
    }
}
