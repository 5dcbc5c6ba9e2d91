//! Makes a case smaller as long as it still fails.

use std::time::{Duration, Instant};

use super::Case;

/// The smallest case found within a time for which `fails` holds, as it does for the given one.
///
/// Bytes are taken away in ever smaller pieces, then set to zero: a generator takes its simplest choice for zero and for
/// the end of the bytes.
pub fn shrink(case: &Case, time: Duration, mut fails: impl FnMut(&Case) -> bool) -> Case {
    let end = Instant::now() + time;
    let mut best = case.clone();
    let mut fails_too = |best: &mut Case, entropy: Vec<u8>| {
        let smaller = Case { generator: best.generator, entropy };
        if Instant::now() >= end || smaller.entropy == best.entropy || !fails(&smaller) {
            return false;
        }
        *best = smaller;
        true
    };
    loop {
        let before = best.entropy.clone();
        let mut size = best.entropy.len().max(2) / 2;
        while size > 0 {
            let mut at = best.entropy.len().saturating_sub(size);
            loop {
                let stop = (at + size).min(best.entropy.len());
                let mut without = best.entropy.clone();
                without.drain(at..stop);
                if !fails_too(&mut best, without) {
                    let mut zeros = best.entropy.clone();
                    zeros[at..stop].fill(0);
                    fails_too(&mut best, zeros);
                }
                if at == 0 || Instant::now() >= end {
                    break;
                }
                at = at.saturating_sub(size).min(best.entropy.len());
            }
            size /= 2;
        }
        if best.entropy == before || Instant::now() >= end {
            return best;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Case, Generator};
    use super::shrink;

    #[test]
    fn what_matters_is_kept() {
        let mut entropy: Vec<u8> = (0..=255).collect();
        entropy.extend([7; 100]);
        let case = Case { generator: Generator::Program, entropy };
        let fails = |case: &Case| case.entropy.contains(&41) && case.entropy.contains(&200);
        assert_eq!(shrink(&case, Duration::from_secs(60), fails).entropy, [41, 200]);
    }

    #[test]
    fn without_time_nothing_changes() {
        let case = Case { generator: Generator::Smith, entropy: vec![1; 10] };
        assert_eq!(shrink(&case, Duration::ZERO, |_| true), case);
    }
}
