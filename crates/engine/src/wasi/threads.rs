//! Programs that start threads (wasi-threads): an instance for each thread, over one shared memory.

use std::fmt;
use std::sync::{Arc, OnceLock};

use wootz_wasi::{NO_THREAD, SPAWN, THREAD_START, THREADS_MODULE, Threads, spawn_type, thread_start_type};
use wootz_wasm_types::{EntityType, MemoryType};

use crate::error::{Error, HostError, TypeError};
use crate::instance::Instance;
use crate::linker::Linker;
use crate::module::Module;
use crate::shared::SharedMemory;
use crate::store::Store;
use crate::values::Val;

/// Where a program imports its memory from, by convention.
const MEMORY: (&str, &str) = ("env", "memory");

/// Stack of a thread beyond what its WebAssembly code may use: for the host functions.
const HOST_STACK: usize = 2 << 20;

/// A program that may start threads: what `wootz run` makes of a module that imports `wasi.thread-spawn` or a shared
/// `env.memory`.
///
/// Each thread is one of the system and has a store and an instance of its own; all instances import the same shared memory.
/// The program ends, as a whole, when `main` returns, when a thread traps or exits, and when a host function fails on one.
/// From then on its threads call no host function any more, and are stopped as by an
/// [`InterruptHandle`](crate::InterruptHandle): waiting, computing without end, or on return from a host function.
///
/// ```
/// # fn main() -> Result<(), wootz::Error> {
/// use wootz::wasi::{Exit, ThreadedProgram, WasiCtx};
/// use wootz::{Engine, Linker, Module};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"
///     (module
///       (import "env" "memory" (memory 1 1 shared))
///       (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
///       (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
///       (func (export "wasi_thread_start") (param $tid i32) (param $argument i32)
///         (i32.atomic.store (i32.const 0) (local.get $argument))
///         (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
///       (func (export "_start")
///         (drop (call $spawn (i32.const 7)))
///         (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
///         (call $exit (i32.atomic.load (i32.const 0)))))
/// "#)?;
/// let mut linker = Linker::new(&engine);
/// linker.define_wasi(|ctx: &mut WasiCtx| ctx)?;
/// let ctx = WasiCtx::builder().inherit_stdio().build();
/// let program = ThreadedProgram::new(&linker, &module, move || ctx.share())?;
/// let ended = program.run().unwrap_err();
/// assert_eq!(ended.downcast_ref(), Some(&Exit(7)));
/// # Ok(())
/// # }
/// ```
pub struct ThreadedProgram<T> {
    linker: Linker<T>,
    module: Module,
    data: Box<dyn Fn() -> T + Send + Sync>,
    around: Box<Around<T>>,
    memories: Vec<SharedMemory>,
}

/// Runs what it is given in a store that it is given.
type Around<T> = dyn Fn(&mut Store<T>, &mut dyn FnMut(&mut Store<T>)) + Send + Sync;

impl<T> fmt::Debug for ThreadedProgram<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadedProgram").field("module", &self.module).finish_non_exhaustive()
    }
}

/// Whether a module is to be run as a [`ThreadedProgram`]: it imports `wasi.thread-spawn` or a shared `env.memory`.
pub fn is_threaded(module: &Module) -> bool {
    module.imports().any(|import| match import.ty {
        EntityType::Memory(ty) => ty.shared && (import.module, import.name) == MEMORY,
        _ => (import.module, import.name) == (THREADS_MODULE, SPAWN),
    })
}

impl<T: Send + 'static> ThreadedProgram<T> {
    /// A program of a module whose other imports `linker` defines. `data` makes the data of the main thread's store and of each
    /// other: for WASI, a [`share`](wootz_wasi::WasiCtx::share) of one context.
    ///
    /// The shared memory `env.memory` is made as the module imports it, unless `linker` defines one.
    ///
    /// # Errors
    /// [`Error::UnknownExport`] or [`Error::Type`] if the module starts threads and does not export `wasi_thread_start` with the
    /// parameters `(i32, i32)`; [`Error::Memory`] if there is no room for the memory.
    pub fn new(
        linker: &Linker<T>,
        module: &Module,
        data: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        if module.imports().any(|import| (import.module, import.name) == (THREADS_MODULE, SPAWN)) {
            check_thread_start(module)?;
        }
        let mut linker = linker.clone();
        let mut memories = Vec::new();
        for import in module.imports() {
            let EntityType::Memory(ty @ MemoryType { shared: true, .. }) = import.ty else { continue };
            match linker.shared_memory(import.module, import.name) {
                Some(memory) => memories.push(memory),
                None if (import.module, import.name) == MEMORY => {
                    let memory = SharedMemory::new(linker.engine(), ty)?;
                    linker.define(MEMORY.0, MEMORY.1, memory.clone())?;
                    memories.push(memory);
                }
                // Instantiation says what is missing.
                None => {}
            }
        }
        let around = |store: &mut Store<T>, run: &mut dyn FnMut(&mut Store<T>)| run(store);
        Ok(Self { linker, module: module.clone(), data: Box::new(data), around: Box::new(around), memories })
    }

    /// The same program, each of whose threads but the main one is run by `around`: on the thread, with its store and what it is to do there once.
    /// It may take samples meanwhile, or give the store a deadline.
    #[must_use]
    pub fn around_threads(
        self,
        around: impl Fn(&mut Store<T>, &mut dyn FnMut(&mut Store<T>)) + Send + Sync + 'static,
    ) -> Self {
        Self { around: Box::new(around), ..self }
    }

    /// The shared memories that it imports, `env.memory` among them.
    pub fn memories(&self) -> &[SharedMemory] {
        &self.memories
    }

    /// Runs `_start` on a thread of its own and waits for the end of the program.
    ///
    /// # Errors
    /// How the program ended, if not by returning: [`Error::Host`] with an [`Exit`](wootz_wasi::Exit) if a thread exited,
    /// [`Error::Trap`] if one trapped, anything that [`Linker::instantiate`] fails with.
    ///
    /// # Panics
    /// If a host function panics on one of the threads, with its payload.
    pub fn run(self) -> Result<(), Error> {
        self.run_with(|store, instance| instance.get_typed_func::<(), ()>(&*store, "_start")?.call(store, ()))
    }

    /// As [`run`](Self::run), with another `main`: what it does with the main thread's instance.
    ///
    /// # Errors
    /// As [`run`](Self::run), and what `main` fails with.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn run_with<E: From<Error> + Send + 'static>(
        self,
        main: impl FnOnce(&mut Store<T>, Instance) -> Result<(), E> + Send + 'static,
    ) -> Result<(), E> {
        let Self { mut linker, module, data, around, .. } = self;
        let threads = Threads::default();
        let threads_of = threads.clone();
        let program = Program { linker: OnceLock::new(), module, data, around, threads: threads_of };
        let program = Arc::new(program);

        // Host functions of a program that has ended end their threads.
        let ended = threads.clone();
        linker.wrap_host_functions(move || if ended.has_ended() { Err(Ended.into()) } else { Ok(()) });
        let weak = Arc::downgrade(&program);
        linker.allow_shadowing(true).func_new(
            THREADS_MODULE,
            SPAWN,
            spawn_type(),
            move |_caller, params, results| {
                let number = match (params, weak.upgrade()) {
                    ([Val::I32(argument)], Some(program)) => program.spawn(*argument),
                    _ => None,
                };
                results[0] = Val::I32(number.map_or(NO_THREAD, u32::cast_signed));
                Ok::<(), HostError>(())
            },
        )?;
        // It was empty.
        let _ = program.linker.set(linker);

        let stack = program.stack();
        let started = threads.spawn(stack, move |number| {
            Some(
                program
                    .instantiate(number)
                    .map_err(E::from)
                    .and_then(|(mut store, instance)| main(&mut store, instance)),
            )
        });
        if started.is_none() {
            return Err(Error::Thread { stack }.into());
        }
        threads.wait()
    }
}

/// What the threads of a running program share. It is alive while one of them is.
struct Program<T, E> {
    linker: OnceLock<Linker<T>>,
    module: Module,
    data: Box<dyn Fn() -> T + Send + Sync>,
    around: Box<Around<T>>,
    threads: Threads<Result<(), E>>,
}

impl<T: Send + 'static, E: From<Error> + Send + 'static> Program<T, E> {
    fn stack(&self) -> usize {
        self.module.engine().config().max_wasm_stack.saturating_add(HOST_STACK)
    }

    fn instantiate(&self, number: u32) -> Result<(Store<T>, Instance), Error> {
        let linker = self.linker.get().expect("set before the first thread starts");
        let mut store = Store::new(self.module.engine(), (self.data)());
        self.threads.stops_by(number, store.interrupt_handle());
        let instance = linker.instantiate(&mut store, &self.module)?;
        Ok((store, instance))
    }

    /// Starts a thread of the guest and returns its number.
    fn spawn(self: Arc<Self>, argument: i32) -> Option<u32> {
        let threads = self.threads.clone();
        let stack = self.stack();
        threads.spawn(stack, move |number| {
            let ended = self.instantiate(number).and_then(|(mut store, instance)| {
                let start = instance.get_typed_func::<(i32, i32), ()>(&store, THREAD_START)?;
                let mut ended = Ok(());
                let mut run = |store: &mut Store<T>| {
                    ended = start.call(store, (number.cast_signed(), argument));
                };
                (self.around)(&mut store, &mut run);
                ended
            });
            ended.err().map(|error| Err(error.into()))
        })
    }
}

fn check_thread_start(module: &Module) -> Result<(), Error> {
    match module.export(THREAD_START) {
        Some(EntityType::Function(ty)) if ty == thread_start_type() => Ok(()),
        Some(EntityType::Function(found)) => Err(Error::Type(Box::new(TypeError::Function {
            name: Some(THREAD_START.into()),
            wanted: thread_start_type(),
            found,
        }))),
        _ => Err(Error::UnknownExport { name: THREAD_START.into(), kind: "function" }),
    }
}

/// A host function was called by a thread of a program that has ended.
#[derive(Debug)]
struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the program has ended")
    }
}

impl std::error::Error for Ended {}
