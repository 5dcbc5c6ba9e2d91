//! Random numbers that are the same for the same seed, on every machine and in every version (splitmix64).

/// A generator.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator of one case out of a run with this seed.
    pub fn of_case(seed: u64, case: u64) -> Self {
        let mut random = Self(seed);
        let start = random.next();
        Self(start ^ case.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// The next number.
    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// This many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let words = count.div_ceil(8);
        let mut bytes: Vec<u8> = (0..words).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(count);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn cases_differ_and_repeat() {
        let mut first = Random::of_case(1, 1);
        let mut second = Random::of_case(1, 2);
        assert_ne!(first.next(), second.next());
        assert_eq!(Random::of_case(1, 1).bytes(13), Random::of_case(1, 1).bytes(13));
        assert_eq!(first.bytes(13).len(), 13);
    }
}
