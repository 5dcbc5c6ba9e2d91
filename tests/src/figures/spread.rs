//! What tables say of a figure that was measured several times.

use std::time::Duration;

/// A figure's median, minimum and maximum.
pub struct Spread {
    /// The one in the middle.
    pub median: f64,
    /// The smallest.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
}

impl Spread {
    /// Of some figures, at least one.
    ///
    /// # Panics
    /// If there is none.
    pub fn new(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let last = figures.len() - 1;
        Self { median: figures[figures.len() / 2], minimum: figures[0], maximum: figures[last] }
    }

    /// Of one measurement divided by another of the same round.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn of_ratios(figures: &[Duration], to: &[Duration]) -> Self {
        Self::new(
            figures.iter().zip(to).map(|(figure, to)| figure.as_secs_f64() / to.as_secs_f64()).collect(),
        )
    }

    /// Of measurements, in so many units a second.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn of_times(figures: &[Duration], unit: f64) -> Self {
        Self::new(figures.iter().map(|figure| figure.as_secs_f64() * unit).collect())
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:8.2} ({:.2}–{:.2})", self.median, self.minimum, self.maximum)
    }
}
