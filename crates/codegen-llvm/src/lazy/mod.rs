//! Compiles the functions of a module one by one, when the runtime asks for them.
//!
//! | file | what |
//! |---|---|
//! | `compile` | a few functions or a trampoline → a linked fragment |
//! | `slots` | calls of what lies in other fragments go through slots |
//! | `loops` | the counter in code of the first tier, and ways into loops of the second |
//! | `workers` | the threads that compile |
//!
//! ORC keeps the books of what has an address: each entry is a symbol, made by a materialisation unit of its own when
//! someone first looks it up. Objects are linked by [`link`](crate::link), because the code of a module has to lie in one
//! reservation that the runtime's trap handler knows; `docs/lazy.md` has the whole picture.

mod compile;
mod loops;
mod slots;
mod workers;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

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
use wootz_vm_abi::options::CompileOptions;
use workers::Urgency;

pub(crate) use loops::{Counting, LoopEntry, function_type};

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
    closed: AtomicBool,
}

/// What is to be compiled better.
#[derive(Default)]
struct Hot {
    wanted: BTreeSet<(FuncIndex, Option<u32>)>,
    /// Functions that have code of the second tier, or are about to.
    done: BTreeSet<FuncIndex>,
    /// Whether a job for them is under way.
    busy: bool,
}

/// Bytes of bodies that are compiled at once in the second tier, unless one function has more.
const BATCH: usize = 32 << 10;

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
        let inner = Inner {
            target,
            entries: LazyLayout::new(declarations),
            context: Arc::new(VMContextLayout::new(&ModuleShape::new(declarations))),
            library,
            failures: Mutex::default(),
            hot: Mutex::default(),
            closed: AtomicBool::new(false),
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
        workers::run(Urgency::Now, Box::new(move || inner.find(entry, done)));
    }

    fn optimise(&self, func: FuncIndex, at_loop: Option<u32>) {
        let mut hot = self.inner.hot();
        hot.wanted.insert((func, at_loop));
        if !std::mem::replace(&mut hot.busy, true) {
            drop(hot);
            improve_later(&self.inner);
        }
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

    /// Looks an entry's symbol up, which compiles it if nobody did, and tells whether it has code.
    fn find(self: &Arc<Self>, number: EntryNumber, done: Done) {
        let Some(entry) = self.entries.entry(number) else { return };
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
                .map(|()| u64::from(number.0) + 1)
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

    fn first_tier(&self, entry: Entry) -> Result<(), CompileError> {
        self.add(Tier::First, || compile::first_tier(self, entry))
    }

    /// Compiles and hands over.
    fn add(
        &self,
        tier: Tier,
        compile: impl FnOnce() -> Result<Fragment, CompileError>,
    ) -> Result<(), CompileError> {
        let started = Instant::now();
        // A panic is a bug of ours; it must not leave those waiting who asked.
        let fragment = std::panic::catch_unwind(std::panic::AssertUnwindSafe(compile));
        let fragment =
            fragment.unwrap_or_else(|_| Err(CompileError::InvalidLlvm("the compiler panicked".into())))?;
        let added = self.space.add(&fragment, tier, started.elapsed());
        added.map_err(|error| CompileError::NoRoom(error.to_string()))
    }

    /// Takes functions that are hot, as many as one batch takes, with the loops to enter them at.
    fn next_batch(&self) -> Vec<(FuncIndex, Vec<u32>)> {
        let mut hot = self.hot();
        let mut batch: Vec<(FuncIndex, Vec<u32>)> = Vec::new();
        let mut bytes = 0;
        while let Some(&(func, at_loop)) = hot.wanted.first() {
            let is_new = batch.last().is_none_or(|(last, _)| *last != func);
            if is_new {
                bytes += body_bytes(&self.module, func);
                if bytes > BATCH && !batch.is_empty() {
                    break;
                }
            }
            hot.wanted.pop_first();
            if is_new {
                if at_loop.is_none() && hot.done.contains(&func) {
                    continue;
                }
                hot.done.insert(func);
                batch.push((func, Vec::new()));
            }
            if let (Some(at_loop), Some((_, loops))) = (at_loop, batch.last_mut()) {
                loops.push(at_loop);
            }
        }
        hot.busy = !batch.is_empty();
        batch
    }
}

/// Compiles what is hot, one batch after the other, each as a job of its own: urgent work may come in between.
fn improve_later(inner: &Arc<Inner>) {
    let inner = Arc::clone(inner);
    let improve = move || {
        let batch = if inner.is_closed() { Vec::new() } else { inner.next_batch() };
        if batch.is_empty() {
            return;
        }
        // Code of the first tier does as well: a failure costs speed only.
        let _ = inner.add(Tier::Second, || compile::second_tier(&inner, &batch));
        improve_later(&inner);
    };
    workers::run(Urgency::Later, Box::new(improve));
}

fn symbol(entry: Entry) -> Symbol {
    match entry {
        Entry::Function(func) => Symbol::Wasm(func),
        Entry::HostEntry(ty) => Symbol::HostEntry(ty),
        Entry::HostExit(ty) => Symbol::HostExit(ty),
    }
}
