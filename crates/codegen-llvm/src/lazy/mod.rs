//! Compiles the functions of a module one by one, when the runtime asks for them.
//!
//! | file | what |
//! |---|---|
//! | `quick` | a few functions → a fragment, without LLVM |
//! | `compile` | a few functions or a trampoline → a linked fragment, by LLVM |
//! | `endings` | returns where LLVM's fast selector can be quick |
//! | `slots` | calls of what lies in other fragments go through slots |
//! | `loops` | the counter in code of the first tier, and ways into loops of the second |
//! | `requests` | what is begun, and what to compile ahead of its first call |
//! | `branches` | where the first tier counts branches, for the second |
//! | `hot` | what to compile better, in which order |
//! | `workers` | the threads that compile |
//!
//! ORC keeps the books of what has an address: each entry is a symbol, made by a materialisation unit of its own when
//! someone first looks it up. Objects are linked by [`link`](crate::link), because the code of a module has to lie in one
//! reservation that the runtime's trap handler knows; `docs/lazy.md` has the whole picture.

mod branches;
mod compile;
mod endings;
mod hot;
mod loops;
mod quick;
mod requests;
mod slots;
mod workers;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use wootz_debuginfo::GuestIndex;
use wootz_vm_abi::context::{ModuleShape, VMContextLayout};
use wootz_vm_abi::lazy::{
    CodeSpace, CompileFailure, Done, Entry, EntryCompiler, EntryNumber, Fragment, LazyLayout, LazyModule,
    MakeCompiler, Part, Tier,
};
use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_ir::ir::Body;
use wootz_wasm_ir::{FuncIndex, Module, PrivateFunctions};

use crate::compile::memory_plans;
use crate::error::CompileError;
use crate::llvm::{Found, Library, Responsibility};
use crate::profile::require_profile;
use crate::symbol::Symbol;
use crate::target::TargetInfo;
use crate::units::body_bytes;
use branches::Counters;
use hot::Hot;
use requests::{Requests, Room};
use wootz_vm_abi::options::{Branches, CompileOptions, OptLevel};
use workers::Urgency;

pub(crate) use branches::Counted;
pub(crate) use loops::{Counting, LoopEntry, function_type};
pub(crate) use slots::load_slot;

/// The target of tracing events: what becomes hot, and what is compiled.
const EVENTS: &str = "wootz::lazy";

/// What is compiled with a function that somebody waits for: its callees, or what is wanted ahead. It is likely to be called soon, and
/// costs less there than in an LLVM module of its own.
const CALLEES: Room = Room { functions: 8, bytes: 1 << 10 };
/// What is compiled together ahead: whoever asks for one of it meanwhile waits for all.
const AHEAD: Room = Room { functions: 32, bytes: 4 << 10 };

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
    plans: Vec<MemoryPlan>,
    space: Arc<dyn CodeSpace>,
    library: Library,
    failures: Mutex<HashMap<EntryNumber, CompileFailure>>,
    hot: Mutex<Hot>,
    counters: Mutex<Counters>,
    private: OnceLock<PrivateFunctions>,
    /// What is known of the module's DWARF.
    dwarf: GuestIndex,
    requests: Mutex<Requests>,
    closed: AtomicBool,
}

/// Opens a module without compiling anything of it: what a runtime needs to instantiate it, and what makes the compiler for the
/// place that the runtime gives the code.
///
/// # Errors
/// [`CompileError::UnknownCpu`], [`CompileError::Profile`], or [`CompileError::Llvm`] if LLVM cannot start.
pub fn open(module: &Module, options: &CompileOptions) -> Result<(LazyModule, MakeCompiler), CompileError> {
    require_profile(module, options)?;
    let declarations = module.declarations();
    let target = TargetInfo::new(options)?;
    let library = Library::new().map_err(CompileError::Llvm)?;
    let plans = memory_plans(declarations, options);
    let opened = LazyModule {
        target: target.machine.triple().into(),
        cpu_features: target.features.clone(),
        declarations: (**declarations).clone(),
        bytes: module.shared_bytes(),
        memory_plans: plans.clone(),
        fuel: options.fuel,
        hot: options.hot,
        debug: options.debug.is_some(),
        body_bytes: declarations.defined_functions().map(|func| body_bytes(module, func)).sum(),
    };
    let (module, mut options) = (module.clone(), options.clone());
    // What is compiled when it is called, and again when it is hot, would be counted by halves.
    if options.branches == Branches::Counted {
        options.branches = Branches::Unknown;
    }
    let entries = LazyLayout::new(declarations, opened.body_bytes);
    let make = move |space| -> Arc<dyn EntryCompiler> {
        Arc::new(LazyCompiler::new(module, options, target, entries, plans, library, space))
    };
    Ok((opened, Box::new(make)))
}

impl LazyCompiler {
    fn new(
        module: Module,
        options: CompileOptions,
        target: TargetInfo,
        entries: LazyLayout,
        plans: Vec<MemoryPlan>,
        library: Library,
        space: Arc<dyn CodeSpace>,
    ) -> Self {
        let declarations = module.declarations();
        if options.debug.is_some() {
            workers::stay();
        }
        let inner = Inner {
            target,
            requests: Mutex::new(Requests::new(entries.entries())),
            entries,
            context: Arc::new(VMContextLayout::new(&ModuleShape::new(declarations))),
            plans,
            library,
            failures: Mutex::default(),
            hot: Mutex::default(),
            counters: Mutex::default(),
            private: OnceLock::new(),
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
        workers::run(Urgency::Now, Box::new(move || inner.find(entry, done)));
    }

    fn optimise(&self, func: FuncIndex, at_loop: Option<u32>) {
        tracing::debug!(target: EVENTS, %func, at_loop, "hot");
        self.inner.hot().want(func, at_loop, body_bytes(&self.inner.module, func));
        later(&self.inner, Urgency::Later, |inner| inner.improve());
    }

    fn pending(&self) -> usize {
        self.inner.hot().pending()
    }

    fn sources(&self) -> Vec<u8> {
        crate::sources::encoded(&self.inner.module)
    }

    fn address_map(&self, parts: &[Part], code: &[u8]) -> Vec<u8> {
        let (sender, receiver) = channel();
        let (inner, parts, code) = (Arc::clone(&self.inner), parts.to_vec(), code.to_vec());
        let make = move || {
            // Whoever asked is told of no map if this fails.
            let _ = compile::address_map(&inner, &parts, &code).map(|map| sender.send(map));
        };
        workers::run(Urgency::Now, Box::new(make));
        receiver.recv().unwrap_or_default()
    }

    fn close(&self) {
        self.inner.closed.store(true, Ordering::Relaxed);
        tracing::debug!(target: EVENTS, pending = self.pending(), "closed");
    }
}

/// Has something done that nobody waits for. It does not keep the module: with that it is dropped.
fn later(inner: &Arc<Inner>, urgency: Urgency, job: fn(&Arc<Inner>)) {
    let inner = Arc::downgrade(inner);
    workers::run(urgency, Box::new(move || _ = inner.upgrade().as_ref().map(job)));
}

impl Inner {
    fn hot(&self) -> MutexGuard<'_, Hot> {
        self.hot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<EntryNumber, CompileFailure>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counters for a body, if somebody will want its counts: there is a second tier, which has no profile of an earlier run.
    fn counters_of(&self, body: &Body) -> Option<usize> {
        let Inner { options: CompileOptions { opt, branches, .. }, .. } = self;
        let is_wanted = *opt != OptLevel::O0 && *branches == Branches::Unknown;
        is_wanted.then(|| self.counters().give(body, self.entries.branches())).flatten()
    }

    /// What the first tier has counted, if anything.
    fn counted(&self) -> Option<Counted> {
        let counters = self.counters().clone();
        let given = counters.given();
        (given != 0).then(|| Counted::new(counters, self.space.branch_counts(given)))
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has an entry compiled that somebody waits for, and tells whether it has code.
    fn find(self: &Arc<Self>, number: EntryNumber, done: Done) {
        let Some(entry) = self.entries.entry(number) else { return };
        {
            // Whoever sees that an entry is begun finds its symbol defined.
            let mut requests = self.requests();
            if requests.begin(number) {
                // A debugger stops all threads when code is registered: what the guest waits for disturbs nobody, what is made ahead does.
                let callees = self.options.debug.is_none().then_some(CALLEES);
                self.define(vec![number], callees);
            }
        }
        let asker = Arc::clone(self);
        let found = move |result: Result<u64, String>| {
            let failed = |message| CompileFailure { entry, error: Arc::new(CompileError::Llvm(message)) };
            // Symbols of what cannot be compiled are resolved like others.
            let failure = asker.failures().get(&number).cloned();
            done(failure.map_or_else(|| result.map(drop).map_err(failed), Err));
        };
        self.look_up(number, Box::new(found));
    }

    /// Compiles a batch of what is wanted ahead. There are as many jobs as requests: some find nothing left.
    fn make_ahead(self: &Arc<Self>) {
        if self.is_closed() {
            return;
        }
        let first = {
            let mut requests = self.requests();
            let batch = requests.begin_batch(AHEAD, |entry| self.bytes(entry));
            let Some(first) = batch.first().copied() else { return };
            self.define(batch, None);
            first
        };
        self.look_up(first, Box::new(|_| {}));
        self.go_on_ahead();
    }

    /// Has what is wanted ahead compiled when a thread has nothing else to do.
    fn go_on_ahead(self: &Arc<Self>) {
        if self.requests().wants_any() {
            later(self, Urgency::Soon, Self::make_ahead);
        }
    }

    /// Defines the symbols of entries, which are made together when one of them is looked up, with callees if there is room for some. The requests
    /// must be locked.
    fn define(self: &Arc<Self>, entries: Vec<EntryNumber>, callees: Option<Room>) {
        let symbols: Vec<_> = entries.iter().map(|entry| self.symbol(*entry)).collect();
        let maker = Arc::clone(self);
        let make = move |responsibility: &mut Responsibility| {
            maker.make(entries, callees, responsibility);
            // What was made is told by slots; ORC only has to know that there is something.
            Ok(1)
        };
        let defined = self.library.define(&symbols, Box::new(make));
        debug_assert!(defined.is_ok(), "symbols are names of ours, and each is defined once");
    }

    fn look_up(&self, entry: EntryNumber, found: Found) {
        let asked = self.library.look_up(&self.symbol(entry), found);
        debug_assert!(asked.is_ok(), "symbols are names of ours");
    }

    /// Compiles entries together; the functions that they call, too, as far as there is room, and the others later. If that fails, each by itself: an
    /// error in one function is not one of others.
    fn make(
        self: &Arc<Self>,
        mut entries: Vec<EntryNumber>,
        callees: Option<Room>,
        responsibility: &mut Responsibility,
    ) {
        let (mut room, mut left) = (callees.unwrap_or_default(), Vec::new());
        let given: Vec<_> = entries.iter().filter_map(|entry| self.entries.entry(*entry)).collect();
        let more = |called: Vec<FuncIndex>| {
            let called = called.into_iter().map(|func| self.entries.number(Entry::Function(func)));
            left = called.collect();
            let mut requests = self.requests();
            let mut taken = requests.begin_within(&left, &mut room, |entry| self.bytes(entry));
            if taken.is_empty() {
                taken = requests.begin_wanted(&mut room, |entry| self.bytes(entry));
            }
            taken.retain(|entry| responsibility.take_on(&self.symbol(*entry)).is_ok());
            entries.extend(&taken);
            taken.into_iter().filter_map(|entry| self.entries.function(entry)).collect()
        };
        let made = self.make_first(&given, more);
        match made {
            Ok(()) if callees.is_some() => {
                self.requests().want(&left);
                self.go_on_ahead();
            }
            Ok(()) => {}
            Err(error) if entries.len() == 1 => self.fail(entries[0], error),
            Err(_) => entries.into_iter().for_each(|entry| self.make(vec![entry], None, responsibility)),
        }
    }

    /// Compiles entries in the first tier, without LLVM as far as possible.
    fn make_first(
        &self,
        given: &[Entry],
        more: impl FnMut(Vec<FuncIndex>) -> Vec<FuncIndex>,
    ) -> Result<(), CompileError> {
        if !self.is_quick() {
            return self.add(Tier::First, || compile::first_tier(self, given, more).map(Some));
        }
        let mut left = Vec::new();
        self.add(Tier::First, || {
            let quick = quick::compile(self, given, more)?;
            left = quick.left;
            Ok(quick.fragment)
        })?;
        if left.is_empty() {
            return Ok(());
        }
        self.add(Tier::First, || compile::first_tier(self, &left, |_| Vec::new()).map(Some))
    }

    fn fail(&self, number: EntryNumber, error: CompileError) {
        if let Some(entry) = self.entries.entry(number) {
            tracing::warn!(target: EVENTS, ?entry, %error, "cannot be compiled");
            self.failures().insert(number, CompileFailure { entry, error: Arc::new(error) });
        }
    }

    /// Bytes of a function's body; a trampoline has none.
    fn bytes(&self, entry: EntryNumber) -> usize {
        self.entries.function(entry).map_or(0, |func| body_bytes(&self.module, func))
    }

    fn symbol(&self, number: EntryNumber) -> String {
        let symbol = match self.entries.entry(number) {
            Some(Entry::Function(func)) => Symbol::Wasm(func),
            Some(Entry::HostEntry(ty)) => Symbol::HostEntry(ty),
            Some(Entry::HostExit(ty)) => Symbol::HostExit(ty),
            None => return String::new(),
        };
        symbol.to_string()
    }

    /// Compiles and hands over, if there is anything.
    fn add(
        &self,
        tier: Tier,
        compile: impl FnOnce() -> Result<Option<Fragment>, CompileError>,
    ) -> Result<(), CompileError> {
        let add = || {
            let started = Instant::now();
            let Some(fragment) = compile()? else { return Ok(()) };
            let time = started.elapsed();
            let (parts, bytes) = (fragment.parts.len(), fragment.bytes.len());
            let swaps = self.space.add(&fragment, tier, time);
            let swaps = swaps.map_err(|error| CompileError::NoRoom(error.to_string()))?;
            tracing::debug!(target: EVENTS, ?tier, parts, bytes, ?time, swaps, "compiled");
            Ok(())
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
            if let Err(error) = self.add(Tier::Second, || compile::second_tier(self, &batch).map(Some)) {
                tracing::warn!(target: EVENTS, %error, ?batch, "stays as it is");
            }
            self.hot().finish(&batch);
        }
    }
}
