//! The specification's test suite against Wootz: `cargo xtask spec-test`, and in part `cargo test`.
//!
//! | file | is |
//! |---|---|
//! | `suite` | which scripts there are, and which are left out and why |
//! | `grid` | the configurations, the run over both, its table and report |
//!
//! A single script runs in the crate `wootz-wast`.

mod grid;
mod suite;

pub use grid::Grid;
pub use suite::{SKIPPED, SUITES, Script, Suite};
