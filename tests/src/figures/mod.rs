//! Figures of `cargo xtask bench` that take more than starting programs in turns.

mod calls;
pub mod first;
pub mod hints;
pub mod lazy;
pub mod passes;
mod ratios;
mod spread;
pub mod targets;

pub use ratios::Ratios;
pub use spread::{Spread, geometric_mean};
