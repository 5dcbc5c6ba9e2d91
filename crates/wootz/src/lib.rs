//! Compile and run WebAssembly at native speed: the embedding API.
//!
//! | type | is |
//! |---|---|
//! | [`Config`], [`Engine`] | settings, and the compiler that has them |
//! | [`Module`] | compiled code, shared between threads and stores |
//! | [`Store<T>`] | owner of instances and of a value of yours; one thread at a time |
//! | [`Linker<T>`] | imports by name: host functions, instances, WASI |
//! | [`Instance`] | a module with memories, tables and globals of its own |
//! | [`Func`], [`TypedFunc`], [`Memory`], [`Table`], [`Global`], [`ExternRef`] | handles of what is in a store |
//! | [`SharedMemory`] | a memory for instances on several threads, in no store |
//! | [`Caller`] | what a host function sees of its store |
//! | [`Error`], [`Trap`] | what went wrong, and where in the module |
//!
//! A module that squares numbers through a host function, and traps where it should:
//!
//! ```
//! use wootz::{Caller, Engine, Error, Linker, Module, Store, TrapCode};
//!
//! # fn main() -> Result<(), Error> {
//! let engine = Engine::default();
//! let module = Module::new(&engine, r#"
//!     (module
//!       (import "host" "log" (func $log (param i32)))
//!       (memory (export "memory") 1)
//!       (func (export "square") (param i32) (result i32)
//!         (call $log (local.get 0))
//!         (i32.mul (local.get 0) (local.get 0)))
//!       (func (export "divide") (param i32 i32) (result i32)
//!         (i32.div_s (local.get 0) (local.get 1))))
//! "#)?;
//!
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "log", |mut caller: Caller<'_, Vec<i32>>, value: i32| {
//!     caller.data_mut().push(value);
//! })?;
//!
//! let mut store = Store::new(&engine, Vec::new());
//! let instance = linker.instantiate(&mut store, &module)?;
//!
//! let square = instance.get_typed_func::<i32, i32>(&store, "square")?;
//! assert_eq!(square.call(&mut store, 12)?, 144);
//! assert_eq!(store.data(), &[12]);
//!
//! let memory = instance.get_memory(&store, "memory").expect("the module exports it");
//! memory.write(&mut store, 0, b"steel")?;
//! assert_eq!(&memory.data(&store)[..5], b"steel");
//!
//! let divide = instance.get_typed_func::<(i32, i32), i32>(&store, "divide")?;
//! let error = divide.call(&mut store, (1, 0)).unwrap_err();
//! let trap = error.trap().expect("a division by zero traps");
//! assert_eq!(trap.code, TrapCode::IntegerDivideByZero);
//! assert_eq!(trap.frames[0].name.as_deref(), Some("divide"));
//! # Ok(())
//! # }
//! ```
//!
//! `examples/embed.rs` shows more; `docs/embedding.md` explains it.

mod compiler;
mod engine;

pub use compiler::Llvm;
pub use engine::Engine;
/// Everything that needs no compiler.
pub use wootz_engine::{
    AccessError, ArgumentsError, AsContext, AsContextMut, BranchProfile, BranchProfileError, Branches,
    Caller, CheckStrategy, Compile, CompileFailure, Compiled, Config, Cpu, Debugger, DecodeError, Error,
    ExportType, Extern, ExternRef, ExternType, Features, Func, FuncIndex, FuncType, Global, GlobalType,
    HeapType, HostError, HostFailure, HostMemory, HostResult, ImageError, ImportError, ImportType, Instance,
    Integrity, InterruptHandle, IntoFunc, LazyStatistics, Limit, LimitError, LinkError, Linker, Machine,
    Memory, MemoryCreator, MemoryError, MemoryPlan, MemoryPool, MemoryRequest, MemoryType, Mode, Module,
    ModuleError, ModuleErrorKind, OptLevel, PoolConfig, Profile, Profiler, Protection, RedirectError,
    RefType, Region, RegionKind, RemoveError, Sampler, SharedMemory, Source, SourceLine, SourceText, Store,
    StoreContext, StoreContextMut, StoreLimits, Table, TableType, TierStatistics, Trap, TrapCode, TrapFrame,
    TrapPrecision, TypeError, TypedFunc, Val, ValType, ValueError, WaitError, WaitOutcome, WasmParams,
    WasmResults, WasmType, WhenExhausted, wasi,
};

pub use wootz_codegen_llvm::{
    CompileError, CompileReport, CompiledImage, Degraded, Event as CompileEvent, Observer as CompileObserver,
    Phase as CompilePhase, PhaseTimes, Time as CompileTime, TooMany,
};
