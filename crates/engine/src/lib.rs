//! Run compiled WebAssembly: the part of the embedding API that needs no compiler.
//!
//! Everything of the crate `wootz` is here but the compiler: an [`Engine`] of this crate loads images with
//! [`Module::from_image`] and runs them. A program that links this crate and not `wootz` contains no LLVM and no decoder.
//! Whoever has a compiler gives it to the engine as a [`Compile`].
//!
//! Examples in this crate use `wootz`, which re-exports all of it.

mod caller;
mod config;
mod engine;
mod error;
mod externals;
mod func;
mod instance;
mod linker;
mod module;
mod shared;
mod stop;
mod store;
mod values;
pub mod wasi;

pub use caller::Caller;
pub use config::{
    Branches, CheckStrategy, CompileOptions, Config, Cpu, DebugSource, Debugger, Features, OptLevel,
    SourceText, StoreLimits, TrapPrecision,
};
pub use engine::{Compile, Compiled, Engine, Source};
pub use error::{
    AccessError, ArgumentsError, Error, HostError, HostFailure, ImageError, ImportError, Limit, LimitError,
    LinkError, MemoryError, SourceLine, Trap, TrapFrame, TypeError, ValueError,
};
pub use externals::{Extern, Global, Memory, Table};
pub use func::{Func, HostResult, IntoFunc, TypedFunc, WasmParams, WasmResults, WasmType};
pub use instance::Instance;
pub use linker::Linker;
pub use module::{ExportType, ImportType, Mode, Module};
pub use shared::{SharedMemory, WaitError, WaitOutcome};
pub use stop::{InterruptHandle, Profile, Profiler, Sampler};
pub use store::{AsContext, AsContextMut, Store, StoreContext, StoreContextMut};
pub use values::{ExternRef, Val};

pub use wootz_runtime::lazy::{CompileFailure, LazyModule, LazyStatistics, MakeCompiler, TierStatistics};
pub use wootz_runtime::{
    DEBUGGER_SYMBOLS, HostMemory, Integrity, MemoryCreator, MemoryPool, MemoryRequest, PoolConfig,
    Protection, RedirectError, Region, RegionKind, RemoveError, WhenExhausted,
};
pub use wootz_vm_abi::branches::{BranchProfile, BranchProfileError, CountedCode};
pub use wootz_vm_abi::build_id::{BuildId, NOTE as BUILD_ID_SECTION};
pub use wootz_vm_abi::image::{DecodeError, PAGE as IMAGE_PAGE};
pub use wootz_vm_abi::machine::Machine;
pub use wootz_vm_abi::plan::MemoryPlan;
pub use wootz_vm_abi::trap::TrapCode;
pub use wootz_wasm_types::{
    EntityType as ExternType, FuncIndex, FuncType, GlobalType, HeapType, MemoryType, RefType, TableType,
    ValType,
};
pub use wootz_wasm_types::{Error as ModuleError, ErrorKind as ModuleErrorKind};
