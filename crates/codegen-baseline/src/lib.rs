//! WebAssembly IR to x86-64 machine code in one pass: the compiler of the lazy mode's first tier.
//!
//! It is for code that is wanted at once and may run only once: no optimisation, no LLVM, a few dozen bytes of work for each instruction. What is
//! hot gets better code from another compiler. Traps, calls, context and positions are as `wootz-vm-abi` and `docs/calling-convention.md` say.
//!
//! | file | what |
//! |---|---|
//! | `ranges` | how long values live, found out before |
//! | `function`, `prologue` | the walk over a body, and what stands around it |
//! | `registers`, `frame`, `moves` | where values are |
//! | `control`, `call`, `tiers` | blocks, calls, counting |
//! | `trampoline` | ways in from the host and out to it |
//! | `operators` | the dispatch |
//! | `integer`, `compare`, `float`, `convert`, `vector`, `memory`, `atomic`, `entities` | operators by chapter |
//! | `code`, `machine`, `convention` | bytes and labels, the processor, the calling convention |
//! | `unwind`, `fragment` | what is made of functions |
//!
//! The processor must have what the level x86-64-v3 of its psABI adds.

mod atomic;
mod call;
mod code;
mod compare;
mod control;
mod convention;
mod convert;
mod entities;
mod float;
mod fragment;
mod frame;
mod function;
mod integer;
mod machine;
mod memory;
mod module;
mod moves;
mod operators;
mod prologue;
mod ranges;
mod registers;
mod tiers;
mod trampoline;
mod unwind;
mod vector;

pub use fragment::Fragments;
pub use function::Unsupported;
pub use module::ModuleInfo;
