//! Figures of several runs as one: the median, and how far the others are from it.

use std::fmt;
use std::time::Duration;

/// A figure's median, minimum and maximum.
#[derive(Copy, Clone, Debug)]
pub struct Spread {
    /// The middle one of the figures.
    pub median: f64,
    /// The smallest.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
}

impl Spread {
    /// Of some figures.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let last = figures.len() - 1;
        Self { median: figures[figures.len() / 2], minimum: figures[0], maximum: figures[last] }
    }

    /// Of one measurement divided by another of the same round.
    pub fn of_ratios(figures: &[f64], to: &[f64]) -> Self {
        Self::new(figures.iter().zip(to).map(|(figure, to)| figure / to).collect())
    }

    /// The same of times.
    pub fn of_time_ratios(figures: &[Duration], to: &[Duration]) -> Self {
        let seconds = |times: &[Duration]| times.iter().map(Duration::as_secs_f64).collect::<Vec<_>>();
        Self::of_ratios(&seconds(figures), &seconds(to))
    }

    /// Of times, in a unit of which a second has so many.
    pub fn of_times(figures: &[Duration], unit: f64) -> Self {
        Self::new(figures.iter().map(|figure| figure.as_secs_f64() * unit).collect())
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.2} ({:.2}–{:.2})", self.median, self.minimum, self.maximum)
    }
}

/// The geometric mean, which is the one to take of ratios.
pub fn geometric_mean(ratios: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) =
        ratios.into_iter().fold((0.0, 0.0), |(sum, count), ratio| (sum + ratio.ln(), count + 1.0));
    f64::exp(sum / count)
}

#[cfg(test)]
mod tests {
    use super::{Spread, geometric_mean};

    #[test]
    fn ratios_are_those_of_the_same_round() {
        let spread = Spread::of_ratios(&[2.0, 9.0, 4.0], &[1.0, 3.0, 4.0]);
        assert_eq!((spread.median, spread.minimum, spread.maximum), (2.0, 1.0, 3.0));
        assert!((geometric_mean([2.0, 8.0]) - 4.0).abs() < 1e-12);
    }
}
