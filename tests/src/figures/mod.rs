//! Figures of `cargo xtask bench` that take more than starting programs in turns.

mod calls;
pub mod first;
pub mod hints;
pub mod kernels;
pub mod lazy;
pub mod passes;
mod plot;
mod ratios;
mod spread;
pub mod targets;

pub use plot::Plot;
pub use ratios::Ratios;
pub use spread::{Spread, geometric_mean};
