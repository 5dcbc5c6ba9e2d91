//! Runs test scripts in the specification's format, `.wast`, for the suite of our own tests and for `wootz wast`.
//!
//! | file | is |
//! |---|---|
//! | `script` | one script: its modules, instances and commands |
//! | `assertion` | what a command claims, compared with what happened |
//! | `values` | arguments, and expected results bit for bit |
//! | `host` | the module `spectest` that scripts import |
//! | `prepared` | scripts whose modules another process has compiled |
//! | `apart` | the same with that other process: the mode `aot` |
//! | `configuration` | the ways to compile that scripts can be run in, by name |
//!
//! ```
//! use wootz::{Config, Engine};
//!
//! let script = r#"
//!     (module (func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))
//!     (assert_return (invoke "double" (i32.const 21)) (i32.const 42))
//!     (assert_return (invoke "double" (i32.const 1)) (i32.const 3))
//! "#;
//! let outcome = wootz_wast::run(&Engine::new(&Config::new()), script);
//! assert_eq!((outcome.passed, outcome.failed.len()), (2, 1));
//! assert_eq!(outcome.failed[0].line, 4);
//! ```

pub mod apart;
mod assertion;
pub mod configuration;
mod host;
pub mod prepared;
mod script;
mod values;

pub use configuration::Configuration;
pub use script::{Failure, Outcome, run};
pub use values::matches;
