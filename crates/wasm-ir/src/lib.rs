//! What a WebAssembly module says: declarations, names, and function bodies as SSA.
//!
//! This crate is the neutral front of the house. It knows the WebAssembly specification and nothing of LLVM or of an
//! operating system. [`Module`] decodes and validates; [`ir`] is the SSA
//! form every back end reads; [`Translator`] makes it, one function at a time, reusing its arenas.
//!
//! `docs/ir.md` describes the IR and its text form, `docs/module-memory.md` who owns what.
//!
//! # Example
//!
//! The functions of a module, and the IR of one of them:
//!
//! ```
//! use wootz_wasm_ir::{FuncIndex, Module, Translator, ir};
//!
//! let module = Module::new(*br#"
//!     (module
//!       (import "env" "log" (func $log (param i32)))
//!       (func $add (export "add") (param i32 i32) (result i32)
//!         (i32.add (local.get 0) (local.get 1))))
//! "#)?;
//!
//! let declarations = module.declarations();
//! let functions: Vec<String> = declarations
//!     .functions
//!     .keys()
//!     .map(|func| {
//!         let name = declarations.function_name(func).unwrap_or("?");
//!         let kind = if declarations.is_imported_function(func) { "import" } else { "func" };
//!         format!("{kind} {name} {}", declarations.signature(func))
//!     })
//!     .collect();
//! assert_eq!(functions, ["import log (i32) -> ()", "func add (i32, i32) -> (i32)"]);
//!
//! let mut translator = Translator::new();
//! let body = translator.translate(&module, FuncIndex(1))?;
//! assert_eq!(body.blocks.len(), 1);
//! let text = ir::DisplayNamed(body, declarations).to_string();
//! assert!(text.starts_with("function func1\"add\" (i32, i32) -> (i32) {\nblock0(v0: i32, v1: i32):\n"));
//! assert!(text.contains("v2 = i32.add v0, v1"));
//! # Ok::<(), wootz_wasm_ir::Error>(())
//! ```

mod analysis;
pub mod decode;
mod fixed;
pub mod ir;
mod module;
pub mod optimise;
mod private;
mod translate;
mod uses;

pub use fixed::{FixedTable, FixedTables, Several};
pub use module::{BranchHint, BranchHints, CustomSection, DescribedOperand, Module, Section};
pub use private::PrivateFunctions;
pub use translate::{ARGUMENTS_LIMIT, Assignments, KEPT_LOCALS, PARAMETERS_LIMIT, Translator};
/// What a module declares, from the crate that the runtime shares.
pub use wootz_wasm_types::*;
