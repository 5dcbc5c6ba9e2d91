//! Loads images, instantiates modules, owns linear memory, catches traps. No compiler inside.
//!
//! An [`Image`] is the bytes that a compiler made from a module: machine code, unwind information, and what the module
//! declares. It is mapped once and shared. A [`Store`] owns everything that runs: [`Instance`]s made from images, their
//! memories, tables, globals, and the host's functions. Handles such as [`Func`] and [`Memory`] name things in a store.
//!
//! Load an image and call it:
//!
//! ```
//! # mod tiny_image { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tiny_image.rs")); }
//! # fn image_bytes() -> Vec<u8> { tiny_image::tiny_image() }
//! use wootz_runtime::{Image, Instance, Store, StoreConfig, TrapCode, Val};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // What `wootz compile` writes, or `wootz_codegen_llvm::compile_image` returns.
//! let bytes: Vec<u8> = image_bytes();
//! let image = Image::load(&bytes)?;
//!
//! let mut store = Store::new(StoreConfig::default(), Box::new(()));
//! let instance = Instance::new(&mut store, &image, &[])?;
//!
//! let add = instance.export(&store, "add").and_then(|item| item.into_func()).expect("a function");
//! assert_eq!(add.call(&mut store, &[Val::I32(40), Val::I32(2)])?, [Val::I32(42)]);
//!
//! // A trap is an error that says where it happened; the store can be used on.
//! let fail = instance.export(&store, "fail").and_then(|item| item.into_func()).expect("a function");
//! let error = fail.call(&mut store, &[]).unwrap_err();
//! assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
//! assert_eq!(error.to_string(), "unreachable\n  0: tiny!fail (wasm[1]) at offset 0x21");
//! # Ok(())
//! # }
//! ```
//!
//! `docs/memory.md` draws the address space, `docs/traps.md` lists every trap and how it is found, `docs/threads.md` says
//! what may be shared. `unsafe` stands in two folders: `vm` (compiled code and what it reaches) and `sys` (the system).

pub mod cpu;
mod debug_file;
pub mod error;
pub mod func;
pub mod global;
pub mod image;
mod imports;
pub mod instance;
pub mod interrupt;
pub mod lazy;
pub mod limits;
pub mod memory;
pub mod pool;
pub mod profiler;
pub mod regions;
pub mod replace;
pub mod sampler;
pub mod shared;
pub mod store;
mod sys;
pub mod table;
#[cfg(test)]
#[path = "../tests/support/tiny_image.rs"]
mod tiny_image;
pub mod trap;
mod validate;
pub mod value;
mod vm;

pub use error::{
    AccessError, ArgumentsError, CallError, HostError, ImageError, ImportError, InstantiateError,
    MemoryError, ValueError,
};
pub use func::{Caller, Func, HostFunction, PreparedFunc};
pub use global::Global;
pub use image::{Image, Integrity};
pub use instance::Instance;
pub use interrupt::InterruptHandle;
pub use lazy::{LazyModule, LazyStatistics, TierStatistics};
pub use limits::{Limit, LimitError, StoreLimits};
pub use memory::Memory;
pub use pool::{MemoryPool, PoolConfig, WhenExhausted};
pub use profiler::Profiler;
pub use regions::{Protection, Region, RegionKind};
pub use replace::{RedirectError, RemoveError};
pub use sampler::{Profile, Sampler};
pub use shared::{SharedMemory, WaitError, WaitOutcome};
pub use store::{MemorySettings, Store, StoreConfig};
pub use table::Table;
pub use trap::{Trap, TrapFrame};
pub use value::{Extern, ExternRef, Val};
pub use vm::debugger::SYMBOLS as DEBUGGER_SYMBOLS;
pub use vm::host_memory::{HostMemory, MemoryCreator, MemoryRequest};

pub use wootz_vm_abi::callconv::ValRaw;
pub use wootz_vm_abi::image::ImageInfo;
pub use wootz_vm_abi::plan::{CheckStrategy, MemoryPlan};
pub use wootz_vm_abi::sources::SourceLine;
pub use wootz_vm_abi::trap::TrapCode;
