//! The specification's test suite against Wootz: `cargo xtask spec-test`, and in part `cargo test`.
//!
//! | file | is |
//! |---|---|
//! | `suite` | which scripts there are, and which are left out and why |
//! | `grid` | the configurations, the run over both, its table and report |
//! | `script` | one script: its modules, instances and commands |
//! | `assertion` | what a command claims, compared with what happened |
//! | `values` | arguments, and expected results bit for bit |
//! | `host` | the module `spectest` that scripts import |

mod assertion;
mod grid;
mod host;
mod script;
mod suite;
mod values;

pub use grid::{CHECKS, Configuration, Grid, LEVELS};
pub use script::{Failure, Outcome, run};
pub use suite::{LEFT_OUT, LeftOut, SUITES, Script, Suite};
