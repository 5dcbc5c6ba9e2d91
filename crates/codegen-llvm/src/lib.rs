//! Lowers WebAssembly IR to LLVM IR, and that to relocatable objects and linked images.
//!
//! | step | module |
//! |---|---|
//! | IR operators → LLVM instructions | `lower`, one file per category of the specification |
//! | entry, blocks, traps of one function | `function`, `traps` |
//! | what the functions of a module share | `module`, `types`, `intrinsics`, `metadata`, `debug` |
//! | across the host boundary | `trampoline` |
//! | which functions one LLVM module holds, on which thread | `units` |
//! | optimise, emit | `emit` |
//! | objects → an image | [`link`] |
//! | what inkwell has no safe form for | `llvm`, the fence around unsafe code |
//!
//! A context, its module and its target machine belong to one unit, live and die on one thread: what leaves is bytes.
//!
//! ```
//! use wootz_codegen_llvm::{CompileOptions, compile_object};
//! use wootz_wasm_ir::Module;
//!
//! let text = r#"(module (func (export "twice") (param i32) (result i32)
//!     (i32.shl (local.get 0) (i32.const 1))))"#;
//! let module = Module::new(text.as_bytes())?;
//! let object = compile_object(&module, &CompileOptions::default())?;
//! assert!(object.starts_with(b"\x7fELF"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compile;
mod debug;
mod emit;
mod error;
mod fuel;
mod function;
mod inline_asm;
mod intrinsics;
pub mod link;
mod llvm;
mod lower;
mod metadata;
mod module;
mod options;
mod symbol;
mod target;
mod trampoline;
mod traps;
mod types;
mod units;
mod variables;

pub use compile::{compile_bitcode, compile_image, compile_object, emit_text};
pub use error::CompileError;
pub use options::{CompileOptions, Cpu, OptLevel, TextKind};
pub use symbol::Symbol;
pub use target::{TRIPLE, TargetInfo};
pub use wootz_debuginfo::SourceText;
pub use wootz_debuginfo::write::Debugger;
