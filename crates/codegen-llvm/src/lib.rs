//! Lowers WebAssembly IR to LLVM IR, and that to relocatable objects and linked images.
//!
//! | step | module |
//! |---|---|
//! | IR operators → LLVM instructions | `lower`, one file per category of the specification |
//! | one function after the other | `bodies` |
//! | entry, blocks, traps of one function | `function`, `traps` |
//! | what the functions of a module share | `module`, `types`, `intrinsics`, `metadata`, `debug` |
//! | across the host boundary | `trampoline` |
//! | which functions one LLVM module holds | `units` |
//! | when each is compiled, on which thread, in how much memory | `schedule` |
//! | optimise, emit | `emit` |
//! | objects → an image | [`link`] |
//! | functions one by one, while the module runs | [`lazy`] |
//! | a C library: header, C functions, relocatable object | `c_interface` |
//! | what all that took, and how far it is | `report`, `measure` |
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

mod bodies;
mod c_interface;
mod compile;
mod debug;
mod dispatch_loops;
mod emit;
mod error;
mod fixed_table;
mod fuel;
mod function;
mod inline_asm;
mod intrinsics;
pub mod lazy;
pub mod link;
mod listing;
mod llvm;
mod lower;
mod measure;
mod metadata;
mod module;
mod pipeline;
mod profile;
mod report;
mod restrain;
mod scalar_loops;
mod schedule;
mod sources;
mod symbol;
mod target;
mod trampoline;
mod traps;
mod types;
mod units;
mod variables;

pub use c_interface::{CLibrary, compile_c_library};
pub use compile::{
    CompiledImage, TextKind, compile_bitcode, compile_image, compile_image_observed, compile_object,
    emit_text,
};
pub use error::CompileError;
pub use listing::{Line, Listing, Mark, list};
pub use llvm::{leave, set_options};
pub use report::{CompileReport, Degraded, Event, Observer, Phase, PhaseTimes, Time, TooMany};
pub use symbol::Symbol;
pub use target::{TargetInfo, compiler};
pub use wootz_debuginfo::{Debugger, SourceLine, SourceLines, SourceText, has_sources, print_text};
pub use wootz_vm_abi::machine::Machine;
pub use wootz_vm_abi::options::{Branches, CompileOptions, Cpu, OptLevel, TrapPrecision};
