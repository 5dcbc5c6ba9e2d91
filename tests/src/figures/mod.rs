//! Figures of `cargo xtask bench` that take more than starting programs in turns.

pub mod lazy;
mod spread;

pub use spread::{Spread, geometric_mean};
