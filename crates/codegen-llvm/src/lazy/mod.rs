//! Compiles the functions of a module one by one, when the runtime asks for them.
//!
//! | file | what |
//! |---|---|
//! | `compile` | a few functions or a trampoline → a linked fragment |
//! | `slots` | calls of what lies in other fragments go through slots |
//! | `loops` | the counter in code of the first tier, and ways into loops of the second |
//! | `hot` | what to compile better, in which order |
//! | `workers` | the threads that compile |
//!
//! ORC keeps the books of what has an address: each entry is a symbol, made by a materialisation unit of its own when
//! someone first looks it up. Objects are linked by [`link`](crate::link), because the code of a module has to lie in one
//! reservation that the runtime's trap handler knows; `docs/lazy.md` has the whole picture.

mod compile;
mod hot;
mod loops;
mod slots;
mod workers;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use wootz_debuginfo::GuestIndex;
use wootz_vm_abi::context::{ModuleShape, VMContextLayout};
use wootz_vm_abi::lazy::{
    CodeSpace, CompileFailure, Done, Entry, EntryCompiler, EntryNumber, Fragment, LazyLayout, LazyModule,
    MakeCompiler, Tier,
};
use wootz_wasm_ir::{FuncIndex, Module};

use crate::compile::memory_plans;
use crate::error::CompileError;
use crate::llvm::Library;
use crate::symbol::Symbol;
use crate::target::TargetInfo;
use crate::units::body_bytes;
use hot::Hot;
use wootz_vm_abi::options::CompileOptions;
use workers::Urgency;

pub(crate) use loops::{Counting, LoopEntry, function_type};

/// The target of tracing events: what becomes hot, and what is compiled.
const EVENTS: &str = "wootz::lazy";

/// The compiler of a module that is opened lazily.
struct LazyCompiler {
    inner: Arc<Inner>,
}

struct Inner {
    module: Module,
    options: CompileOptions,
    target: TargetInfo,
    entries: LazyLayout,
    context: Arc<VMContextLayout>,
    space: Arc<dyn CodeSpace>,
    library: Library,
    failures: Mutex<HashMap<EntryNumber, CompileFailure>>,
    hot: Mutex<Hot>,
    /// Whether someone asked for each entry, or it is compiled ahead.
    begun: Vec<AtomicBool>,
    /// What is known of the module's DWARF.
    dwarf: GuestIndex,
    closed: AtomicBool,
}

/// Opens a module without compiling anything of it: what a runtime needs to instantiate it, and what makes the compiler for the
/// place that the runtime gives the code.
///
/// # Errors
/// [`CompileError::UnknownCpu`], or [`CompileError::Llvm`] if LLVM cannot start.
pub fn open(module: &Module, options: &CompileOptions) -> Result<(LazyModule, MakeCompiler), CompileError> {
    let declarations = module.declarations();
    let target = TargetInfo::new(options)?;
    let library = Library::new().map_err(CompileError::Llvm)?;
    let opened = LazyModule {
        target: target.machine.triple().into(),
        cpu_features: target.features.clone(),
        declarations: (**declarations).clone(),
        bytes: module.shared_bytes(),
        memory_plans: memory_plans(declarations, options),
        fuel: options.fuel,
        hot: options.hot,
        debug: options.debug.is_some(),
        body_bytes: declarations.defined_functions().map(|func| body_bytes(module, func)).sum(),
    };
    let (module, options) = (module.clone(), options.clone());
    let make = move |space| -> Arc<dyn EntryCompiler> {
        Arc::new(LazyCompiler::new(module, options, target, library, space))
    };
    Ok((opened, Box::new(make)))
}

impl LazyCompiler {
    fn new(
        module: Module,
        options: CompileOptions,
        target: TargetInfo,
        library: Library,
        space: Arc<dyn CodeSpace>,
    ) -> Self {
        let declarations = module.declarations();
        let entries = LazyLayout::new(declarations);
        if options.debug.is_some() {
            workers::stay();
        }
        let inner = Inner {
            target,
            begun: (0..entries.entries()).map(|_| AtomicBool::new(false)).collect(),
            entries,
            context: Arc::new(VMContextLayout::new(&ModuleShape::new(declarations))),
            library,
            failures: Mutex::default(),
            hot: Mutex::default(),
            closed: AtomicBool::new(false),
            dwarf: GuestIndex::default(),
            options,
            space,
            module,
        };
        Self { inner: Arc::new(inner) }
    }
}

impl EntryCompiler for LazyCompiler {
    fn compile(&self, entry: EntryNumber, done: Done) {
        let inner = Arc::clone(&self.inner);
        // A debugger stops all threads when code is registered; what the guest waits for disturbs nobody.
        let ahead = inner.options.debug.is_none();
        workers::run(Urgency::Now, Box::new(move || inner.find(entry, ahead, done)));
    }

    fn optimise(&self, func: FuncIndex, at_loop: Option<u32>) {
        tracing::debug!(target: EVENTS, %func, at_loop, "hot");
        self.inner.hot().want(func, at_loop, body_bytes(&self.inner.module, func));
        let inner = Arc::clone(&self.inner);
        workers::run(Urgency::Later, Box::new(move || inner.improve()));
    }

    fn pending(&self) -> usize {
        self.inner.hot().pending()
    }

    fn sources(&self) -> Vec<u8> {
        crate::sources::encoded(&self.inner.module)
    }

    fn close(&self) {
        self.inner.closed.store(true, Ordering::Relaxed);
    }
}

impl Inner {
    fn hot(&self) -> MutexGuard<'_, Hot> {
        self.hot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<EntryNumber, CompileFailure>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Looks an entry's symbol up, which compiles it if nobody did, and tells whether it has code. If it is compiled, and `ahead` says so,
    /// the functions that it calls are compiled as well before anyone asks for them, when a thread has nothing else to do.
    fn find(self: &Arc<Self>, number: EntryNumber, ahead: bool, done: Done) {
        let Some(entry) = self.entries.entry(number) else { return };
        self.begun[number.0 as usize].store(true, Ordering::Relaxed);
        let known = self.failures().get(&number).cloned();
        if let Some(failure) = known {
            return done(Err(failure));
        }
        let symbol = symbol(entry).to_string();
        let (maker, asker) = (Arc::clone(self), Arc::clone(self));
        let make = move || {
            // What was made is told by its slot; ORC only has to know that there is something.
            maker
                .first_tier(entry)
                .map(|callees| {
                    callees.into_iter().filter(|_| ahead).for_each(|callee| maker.compile_ahead(callee));
                    u64::from(number.0) + 1
                })
                .inspect_err(|error| {
                    let error = Arc::new(error.clone());
                    maker.failures().insert(number, CompileFailure { entry, error });
                })
                .map_err(|error| error.to_string())
        };
        let found = move |result: Result<u64, String>| {
            let failed = |message| CompileFailure { entry, error: Arc::new(CompileError::Llvm(message)) };
            let outcome = result
                .map(drop)
                .map_err(|message| asker.failures().get(&number).cloned().unwrap_or_else(|| failed(message)));
            done(outcome);
        };
        // Both fail for a name with a zero byte only.
        let defined = self.library.define(&symbol, Box::new(make));
        let asked = defined.and_then(|()| self.library.look_up(&symbol, Box::new(found)));
        debug_assert!(asked.is_ok(), "symbols are names of ours");
    }

    /// Compiles an entry. Returns the functions that it calls.
    fn first_tier(&self, entry: Entry) -> Result<Vec<FuncIndex>, CompileError> {
        self.add(Tier::First, || compile::first_tier(self, entry))
    }

    /// Has a function compiled when there is time, if nobody asked for it before.
    fn compile_ahead(self: &Arc<Self>, func: FuncIndex) {
        let number = self.entries.number(Entry::Function(func));
        let begun = &self.begun[number.0 as usize];
        if begun.load(Ordering::Relaxed) || self.is_closed() {
            return;
        }
        let inner = Arc::clone(self);
        let compile = move || {
            if !inner.begun[number.0 as usize].load(Ordering::Relaxed) && !inner.is_closed() {
                inner.find(number, false, Box::new(|_| {}));
            }
        };
        workers::run(Urgency::Soon, Box::new(compile));
    }

    /// Compiles and hands over.
    fn add<T>(
        &self,
        tier: Tier,
        compile: impl FnOnce() -> Result<(Fragment, T), CompileError>,
    ) -> Result<T, CompileError> {
        let add = || {
            let started = Instant::now();
            let (fragment, rest) = compile()?;
            let time = started.elapsed();
            let (parts, bytes) = (fragment.parts.len(), fragment.bytes.len());
            tracing::debug!(target: EVENTS, ?tier, parts, bytes, ?time, "compiled");
            let added = self.space.add(&fragment, tier, time);
            added.map(|()| rest).map_err(|error| CompileError::NoRoom(error.to_string()))
        };
        // A panic is a bug of ours; it must not leave those waiting who asked.
        let added = std::panic::catch_unwind(std::panic::AssertUnwindSafe(add));
        added.unwrap_or_else(|_| Err(CompileError::InvalidLlvm("the compiler panicked".into())))
    }

    /// Compiles a batch of what is hot. There are as many jobs as requests: some find nothing left.
    fn improve(&self) {
        let batch = if self.is_closed() { Vec::new() } else { self.hot().take_batch() };
        if !batch.is_empty() {
            // Code of the first tier does as well: a failure costs speed only.
            if let Err(error) = self.add(Tier::Second, || Ok((compile::second_tier(self, &batch)?, ()))) {
                tracing::warn!(target: EVENTS, %error, ?batch, "stays as it is");
            }
            self.hot().finish(&batch);
        }
    }
}

fn symbol(entry: Entry) -> Symbol {
    match entry {
        Entry::Function(func) => Symbol::Wasm(func),
        Entry::HostEntry(ty) => Symbol::HostEntry(ty),
        Entry::HostExit(ty) => Symbol::HostExit(ty),
    }
}
