//! How an [`Engine`](crate::Engine) compiles and what its stores allow, for embedders and for the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wootz_vm_abi::lazy::HOT;

use crate::module::Mode;
use wootz_runtime::{MemoryCreator, MemoryPool, MemorySettings};

pub use wootz_runtime::StoreLimits;
use wootz_vm_abi::machine::Machine;
pub use wootz_vm_abi::options::{Branches, CompileOptions, Cpu, OptLevel, TrapPrecision};
pub use wootz_vm_abi::plan::CheckStrategy;
pub use wootz_wasm_types::{Debugger, Features, SourceText};

impl DebugSource {
    /// The folder or the file.
    pub(crate) fn place(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Text(text) => &text.path,
        }
    }
}

/// Settings of an [`Engine`](crate::Engine), by chained setters.
///
/// ```
/// use wootz::{CheckStrategy, Config, OptLevel};
///
/// let config = Config::new().checks(CheckStrategy::Explicit).opt_level(OptLevel::O1);
/// # let _ = config;
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) mode: Mode,
    pub(crate) hot: u32,
    pub(crate) checks: CheckStrategy,
    pub(crate) trap_precision: TrapPrecision,
    pub(crate) opt_level: OptLevel,
    pub(crate) cpu: Cpu,
    pub(crate) cpu_features: Vec<String>,
    pub(crate) max_wasm_stack: usize,
    pub(crate) max_module_size: usize,
    pub(crate) limits: StoreLimits,
    pub(crate) fuel: Option<u64>,
    pub(crate) branches: Branches,
    pub(crate) features: Features,
    pub(crate) verify: bool,
    pub(crate) compile_threads: usize,
    pub(crate) compile_memory: Option<u64>,
    pub(crate) canonicalize_nans: bool,
    pub(crate) deterministic: bool,
    pub(crate) memory: MemorySettings,
    pub(crate) debug: Option<DebugSource>,
    pub(crate) debugger: Debugger,
}

/// Where the text of modules is that debug information refers to.
#[derive(Clone, Debug)]
pub enum DebugSource {
    /// It is printed into this folder.
    Folder(PathBuf),
    /// It is there already.
    Text(Arc<SourceText>),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            hot: HOT,
            checks: CheckStrategy::default(),
            trap_precision: TrapPrecision::default(),
            opt_level: OptLevel::default(),
            cpu: Cpu::default(),
            cpu_features: Vec::new(),
            max_wasm_stack: Self::DEFAULT_MAX_WASM_STACK,
            max_module_size: Self::DEFAULT_MAX_MODULE_SIZE,
            limits: StoreLimits::default(),
            fuel: None,
            branches: Branches::default(),
            features: Features::ALL,
            verify: cfg!(debug_assertions),
            compile_threads: 0,
            compile_memory: None,
            canonicalize_nans: false,
            deterministic: false,
            memory: MemorySettings::default(),
            debug: None,
            debugger: Debugger::default(),
        }
    }
}

impl Config {
    /// Bytes of stack that WebAssembly code may use unless [`max_wasm_stack`](Self::max_wasm_stack) says otherwise.
    pub const DEFAULT_MAX_WASM_STACK: usize = 1 << 20;
    /// Bytes a module may have unless [`max_module_size`](Self::max_module_size) says otherwise.
    pub const DEFAULT_MAX_MODULE_SIZE: usize = 1 << 30;

    /// The defaults: automatic checks, `-O2` for this machine's CPU, 1 MiB of WebAssembly stack, modules up to 1 GiB.
    pub fn new() -> Self {
        Self::default()
    }

    /// When modules are compiled.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// When a function that is compiled lazily is hot, and is compiled again, optimised: entering it counts 20, a loop's next round 1. The
    /// default, 20 000, is right for programs; small numbers are for tests.
    #[must_use]
    pub fn hot(mut self, count: u32) -> Self {
        self.hot = count;
        self
    }

    /// How accesses out of a memory's bounds are found.
    #[must_use]
    pub fn checks(mut self, checks: CheckStrategy) -> Self {
        self.checks = checks;
        self
    }

    /// What is certain of an access that traps: exact by default. `docs/traps.md` says what relaxed loses.
    #[must_use]
    pub fn trap_precision(mut self, precision: TrapPrecision) -> Self {
        self.trap_precision = precision;
        self
    }

    /// How much LLVM optimises.
    #[must_use]
    pub fn opt_level(mut self, level: OptLevel) -> Self {
        self.opt_level = level;
        self
    }

    /// The CPU that code is compiled for. An image for a CPU with more features than this machine's does not load.
    #[must_use]
    pub fn cpu(mut self, cpu: Cpu) -> Self {
        self.cpu = cpu;
        self
    }

    /// What the CPU has more or less than its name says: features by LLVM's names, each behind `+` or `-`, in order.
    #[must_use]
    pub fn cpu_features(mut self, changes: impl IntoIterator<Item: Into<String>>) -> Self {
        self.cpu_features = changes.into_iter().map(Into::into).collect();
        self
    }

    /// Bytes of stack that WebAssembly code may use in one call from the host; more traps with "call stack exhausted".
    ///
    /// What the calling thread's stack still has is a second limit: a large value wants a thread made for it.
    #[must_use]
    pub fn max_wasm_stack(mut self, bytes: usize) -> Self {
        self.max_wasm_stack = bytes;
        self
    }

    /// Bytes a module, binary or text, may have; a larger one is refused before it is read.
    #[must_use]
    pub fn max_module_size(mut self, bytes: usize) -> Self {
        self.max_module_size = bytes;
        self
    }

    /// Compiles code that consumes fuel, and gives each store this much to begin with: at most 2⁶³ − 1. Code without fuel traps
    /// with "all fuel consumed".
    ///
    /// Unlike a deadline it stops a guest at the same place each time, whatever the machine, the optimisation and the checks;
    /// `docs/embedding.md` says what costs how much. Code becomes slower by it. Without this, code consumes none.
    #[must_use]
    pub fn fuel(mut self, fuel: u64) -> Self {
        self.fuel = Some(fuel);
        self
    }

    /// Whether code counts where its branches go, for [`Module::branch_profile`](crate::Module::branch_profile), or is optimised for what an
    /// earlier build has counted. A module with a profile of another is refused. Code that is compiled lazily does not count.
    #[must_use]
    pub fn branches(mut self, branches: Branches) -> Self {
        self.branches = branches;
        self
    }

    /// How much each store may hold: memory, table elements, instances.
    #[must_use]
    pub fn limits(mut self, limits: StoreLimits) -> Self {
        self.limits = limits;
        self
    }

    /// What modules may use: everything implemented, unless less is wanted. A module that needs more is refused as unsupported.
    #[must_use]
    pub fn features(mut self, features: Features) -> Self {
        self.features = features;
        self
    }

    /// How many threads compile a module; 0, the default, is one for each processor. The code does not depend on it. A small
    /// module is compiled by one thread in any case.
    #[must_use]
    pub fn compile_threads(mut self, threads: usize) -> Self {
        self.compile_threads = threads;
        self
    }

    /// Bytes of memory that LLVM should take at most while it compiles a module, if possible: fewer threads compile at a time
    /// where their parts of it together would need more. By default it is half of what the machine, or this process's control
    /// group, has. The code does not depend on it.
    #[must_use]
    pub fn compile_memory(mut self, bytes: u64) -> Self {
        self.compile_memory = Some(bytes);
        self
    }

    /// Whether every NaN that a floating-point operation computes is the positive canonical one. Off by default: the
    /// specification leaves sign and payload open, and CPUs differ.
    ///
    /// Operations that only move or change bits (`abs`, `neg`, `copysign`, `pmin`, loads, …) keep what they are given.
    #[must_use]
    pub fn canonicalize_nans(mut self, canonicalize: bool) -> Self {
        self.canonicalize_nans = canonicalize;
        self
    }

    /// Whether instructions give the same results on every machine, also where the specification leaves them open: its
    /// deterministic profile. Relaxed vector instructions make the choices of that profile, and NaNs are canonical as with
    /// [`canonicalize_nans`](Self::canonicalize_nans). Off by default: what the CPU does in one instruction is faster.
    ///
    /// What remains is outside of the instructions: whether a memory or a table can grow, how deep calls may go, and what
    /// the host's functions do.
    #[must_use]
    pub fn deterministic(mut self, deterministic: bool) -> Self {
        self.deterministic = deterministic;
        self
    }

    /// Takes linear memories from a pool: for programs that make many instances. None by default.
    #[must_use]
    pub fn memory_pool(mut self, pool: MemoryPool) -> Self {
        self.memory.pool = Some(pool);
        self
    }

    /// Lets the embedder give the address space of linear memories. It is asked before the pool.
    #[must_use]
    pub fn memory_creator(mut self, creator: Arc<dyn MemoryCreator>) -> Self {
        self.memory.creator = Some(creator);
        self
    }

    /// Bytes of guard behind each guarded memory: 2 GiB by default; in steps of 64 KiB, from one step to one more than 4 GiB. An
    /// access whose static offset reaches past them is compared with the memory's length first.
    ///
    /// Smaller guards are for programs with many memories and no pool, or with little address space (a limit on virtual memory); real
    /// offsets are small. Code says what guards it needs, and gets no memory with smaller ones, whose pool has
    /// [`guard_bytes`](crate::PoolConfig::guard_bytes) of its own.
    #[must_use]
    pub fn guard_size(mut self, bytes: u64) -> Self {
        self.memory.guard = bytes;
        self
    }

    /// Bytes of guard in front of each guarded memory, 2 GiB by default, in whole pages and at least one. Nothing depends on
    /// them: they are for mistakes of the compiler.
    #[must_use]
    pub fn guard_size_before(mut self, bytes: usize) -> Self {
        self.memory.guard_before = bytes;
        self
    }

    /// Bytes of address space reserved for a memory with explicit checks, 1 MiB by default: it moves when it outgrows them.
    #[must_use]
    pub fn small_reservation(mut self, bytes: usize) -> Self {
        self.memory.small_reservation = bytes;
        self
    }

    /// Bytes that a growing memory with explicit checks gets ahead of its length, 1 MiB by default: growth within them asks the
    /// system for nothing. They cost memory only when they are used.
    #[must_use]
    pub fn growth_ahead(mut self, bytes: usize) -> Self {
        self.memory.growth_ahead = bytes;
        self
    }

    /// Whether large initial data of memories is mapped copy-on-write and not copied: on by default.
    #[must_use]
    pub fn copy_on_write(mut self, copy_on_write: bool) -> Self {
        self.memory.copy_on_write = copy_on_write;
        self
    }

    /// Compiles code that debuggers can show: with sources, functions and variables; `docs/debugging.md` is the guide. Code is the same and as
    /// fast as without; images are larger, and compiling takes longer.
    ///
    /// A module that brings no sources is shown as text, which is printed into a file in `folder` when the module is compiled. The folder is
    /// made if it does not exist.
    #[must_use]
    pub fn debug_info(mut self, folder: impl Into<PathBuf>) -> Self {
        self.debug = Some(DebugSource::Folder(folder.into()));
        self
    }

    /// As [`debug_info`](Self::debug_info), for one module whose text is in a file already.
    #[must_use]
    pub fn debug_text(mut self, text: Arc<SourceText>) -> Self {
        self.debug = Some(DebugSource::Text(text));
        self
    }

    /// The debugger that debug information is for, gdb unless something else is said. Either reads all of it; they differ in how they follow
    /// pointers in linear memory.
    #[must_use]
    pub fn debugger(mut self, debugger: Debugger) -> Self {
        self.debugger = debugger;
        self
    }

    /// Whether the IR and LLVM's modules are verified while compiling: on in builds with debug assertions, else off.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// When modules are compiled.
    pub fn compile_mode(&self) -> Mode {
        self.mode
    }

    /// How accesses out of a memory's bounds are found.
    pub fn check_strategy(&self) -> CheckStrategy {
        self.checks
    }

    /// What of it the compiler is told.
    pub fn compile_options(&self) -> CompileOptions {
        CompileOptions {
            opt: self.opt_level,
            checks: self.checks,
            traps: self.trap_precision,
            guard: self.memory.guard,
            machine: Machine::default(),
            cpu: self.cpu.clone(),
            cpu_features: self.cpu_features.clone(),
            canonicalize_nans: self.canonicalize_nans,
            deterministic: self.deterministic,
            fuel: self.fuel.is_some(),
            branches: self.branches.clone(),
            debug: match &self.debug {
                Some(DebugSource::Text(text)) => Some(Arc::clone(text)),
                Some(DebugSource::Folder(_)) | None => None,
            },
            debugger: self.debugger,
            verify: self.verify,
            threads: self.compile_threads,
            hot: self.hot,
            memory_budget: self.compile_memory,
        }
    }

    /// Where the text of modules is that debug information refers to, if there is to be any.
    pub fn debug_source(&self) -> Option<&DebugSource> {
        self.debug.as_ref()
    }

    /// What of it the code of a module depends on, as text, with the processor and the version of this crate: for whoever keeps images,
    /// and knows the compiler.
    pub fn fingerprint(&self) -> String {
        let text = self.debug_source().map(DebugSource::place);
        format!("{}; {text:?}", self.compile_options().fingerprint(&wootz_runtime::cpu::description()))
    }

    /// What of it the decoder is told: bytes that a module may have, and what it may use.
    pub fn module_limits(&self) -> (usize, Features) {
        (self.max_module_size, self.features)
    }
}
