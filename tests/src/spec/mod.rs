//! The specification's test suite against Wootz: `cargo xtask spec-test`, and in part `cargo test`.
//!
//! | file | is |
//! |---|---|
//! | `suite` | which scripts there are, and which are left out and why |
//! | `session` | modules entered as definitions, calls as expressions: the mode `repl` |
//! | `grid` | the configurations, the run over both, its table and report |
//!
//! A single script runs in the crate `wootz-wast`.

mod grid;
mod session;
mod suite;

pub use grid::Grid;
pub use session::MODE as REPL;
pub use suite::{SKIPPED, SUITES, Script, Suite};
