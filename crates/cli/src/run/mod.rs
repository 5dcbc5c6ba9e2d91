//! `wootz run`: a program from its file to its exit code.
//!
//! What can be known to be wrong from the declarations alone (nothing to run, an unknown export, arguments that do not
//! fit) is said before anything is compiled.

mod failure;
mod plan;
mod profiling;
mod recording;
mod statistics;
mod stop;

use std::path::Path;
use std::sync::Arc;

use wootz_engine::wasi::{BuildError, ThreadedProgram, WasiCtx, WasiCtxBuilder, is_threaded};
use wootz_engine::{Engine, Instance, Integrity, Linker, Module, Store, Val};
use wootz_wasm_ir::Declarations;

use crate::args::{GrantArgs, ModeArg, RunArgs};
use crate::cache::Cache;
use crate::exit::Exit;
use crate::input::Input;
use crate::report::{Outcome, Report, output};
use crate::values::print_value;
pub use failure::report as failure_report;
pub use plan::require_command;
use plan::{Plan, Step};
pub use profiling::Profiling;
use recording::Recording;
use stop::{Reason, Stop as StopSwitch};

/// Stack of the guest's thread beyond what the guest may use, in bytes: for the host functions, the runtime and the compiler.
pub const HOST_STACK: usize = 4 << 20;

/// A compiler, as a run needs one: module in, loaded code or a report out.
pub type Compile<'a> = dyn Fn(&wootz_wasm_ir::Module) -> Outcome<Module> + Sync + 'a;

/// Runs a program, compiled if it is not an image nor in the cache. `None`: nothing was done, since it has to be compiled and there
/// is no compiler.
///
/// # Errors
/// The report of what is wrong: with the arguments, the module, or how the guest ended.
pub fn run(
    args: &RunArgs,
    engine: &Engine,
    input: &Input,
    compile: Option<&Compile<'_>>,
    profiling: Option<&Arc<Profiling>>,
) -> Outcome<Option<Exit>> {
    if let Some(profiler) = args.profiler {
        profiler.start()?;
    }
    let lazy = args.mode == ModeArg::Lazy;
    let cache = if args.no_cache || lazy || input.is_image() { Cache::off() } else { Cache::of_user()? };
    let place = cache.place(engine, &input.bytes);
    let program = match place.as_ref().and_then(|place| place.load(engine)) {
        Some(module) => Program::Image(module),
        None if compile.is_none() && !input.is_image() => return Ok(None),
        None => Program::open(engine, input)?,
    };
    let plan = Plan::new(program.declarations(), args)?;
    let ctx = wasi_ctx(args, &plan)?;
    let thread = std::thread::Builder::new()
        .name("guest".into())
        .stack_size(args.stack_size.saturating_add(HOST_STACK));
    std::thread::scope(|scope| {
        let stop = Arc::default();
        let guest = || {
            let module = match (&program, compile) {
                (Program::Image(module), _) => module.clone(),
                (Program::Module(module), Some(compile)) => {
                    let module = compile(module)?;
                    place.iter().for_each(|place| place.keep(&module));
                    module
                }
                (Program::Module(_), None) => return Ok(None),
            };
            let recording = args.profile_generate.as_deref().map(|path| Recording::new(path, module.clone()));
            let recording = recording.transpose()?;
            let statistics = args.stats.then(|| module.clone());
            let ended =
                Guest { args, input, module, stop, profiling: profiling.cloned() }.run(&plan, ctx).map(Some);
            statistics.iter().for_each(statistics::print);
            match recording {
                Some(recording) => recording.finish(ended),
                None => ended,
            }
        };
        let thread = thread.spawn_scoped(scope, guest).map_err(|error| {
            Report::new(Exit::System, format!("cannot start a thread for the guest: {error}"))
                .help("lower --stack-size")
        })?;
        // The panic hook ends the process, so a panic does not come to here.
        thread.join().unwrap_or_else(|_| Err(Report::new(Exit::Bug, "the guest's thread panicked")))
    })
}

/// What a file holds.
pub enum Program {
    /// A module to compile.
    Module(wootz_wasm_ir::Module),
    /// One that is compiled already.
    Image(Module),
}

impl Program {
    /// Decodes or loads it.
    ///
    /// # Errors
    /// A report of what is wrong with it.
    pub fn open(engine: &Engine, input: &Input) -> Outcome<Self> {
        if !input.is_image() {
            return input.decode().map(Self::Module);
        }
        let loaded = match &input.image {
            Some((file, length)) => Module::from_part(engine, file, 0..*length, Integrity::Whole),
            None => Module::from_image(engine, input.bytes.clone()),
        };
        match loaded {
            Ok(module) => Ok(Self::Image(module)),
            Err(wootz_engine::Error::Image(error)) => Err(failure::image(input, &error)),
            Err(error) => {
                Err(Report::new(Exit::Bug, format!("internal error: {error}")).help(crate::report::BUG))
            }
        }
    }

    /// What it declares.
    pub fn declarations(&self) -> &Declarations {
        match self {
            Self::Module(module) => module.declarations(),
            Self::Image(module) => module.declarations(),
        }
    }
}

/// What the guest is made from.
struct Guest<'a> {
    args: &'a RunArgs,
    input: &'a Input,
    module: Module,
    stop: Arc<StopSwitch>,
    profiling: Option<Arc<Profiling>>,
}

impl Guest<'_> {
    fn run(&self, plan: &Plan, ctx: WasiCtx) -> Outcome<Exit> {
        let (module, engine) = (&self.module, self.module.engine());
        let mut linker = Linker::new(engine);
        linker.define_wasi(|ctx: &mut WasiCtx| ctx).map_err(|error| self.failure(error, None))?;
        let steps = plan.steps.clone();
        self.stop.arm(self.args.limits.timeout)?;
        let ended = if is_threaded(module) {
            let (stop, profiling) = (Arc::clone(&self.stop), self.profiling.clone());
            let main = move |store: &mut Store<WasiCtx>, instance| {
                // The program ends with its main thread.
                stop.watch(store);
                sampled(profiling.as_deref(), store, |store| perform(&steps, store, instance))
            };
            let profiling = self.profiling.clone();
            let around = move |store: &mut Store<WasiCtx>, run: &mut dyn FnMut(&mut Store<WasiCtx>)| {
                sampled(profiling.as_deref(), store, run);
            };
            ThreadedProgram::new(&linker, module, move || ctx.share())
                .map_err(Stop::from)
                .and_then(|program| program.around_threads(around).run_with(main))
        } else {
            let mut store = Store::new(engine, ctx);
            self.stop.watch(&store);
            sampled(self.profiling.as_deref(), &mut store, |store| {
                let instance = linker.instantiate(&mut *store, module).map_err(Stop::from);
                instance.and_then(|instance| perform(&steps, store, instance))
            })
        };
        let reason = self.stop.ended();
        match ended {
            Ok(()) => Ok(Exit::Success),
            Err(Stop::Report(report)) => Err(report),
            Err(Stop::Error(error)) => {
                failure::exit_code(&error).map_or_else(|| Err(self.failure(error, reason)), Ok)
            }
        }
    }

    fn failure(&self, error: wootz_engine::Error, reason: Option<Reason>) -> Box<Report> {
        failure::report(self.input, self.module.declarations(), &error, reason)
    }
}

/// Runs something in a store, with samples if they are taken.
fn sampled<T>(
    profiling: Option<&Profiling>,
    store: &mut Store<WasiCtx>,
    run: impl FnOnce(&mut Store<WasiCtx>) -> T,
) -> T {
    match profiling {
        Some(profiling) => profiling.during(store, run),
        None => run(store),
    }
}

/// Does what is planned with an instance.
fn perform(steps: &[Step], store: &mut Store<WasiCtx>, instance: Instance) -> Result<(), Stop> {
    for step in steps {
        match step {
            Step::Call(name) => call(&instance, store, name, &[]).map(drop)?,
            Step::Invoke(name, params) => {
                let results = call(&instance, store, name, params)?;
                let text: String = results.iter().map(|value| print_value(value) + "\n").collect();
                output(text.as_bytes())?;
            }
        }
    }
    Ok(())
}

/// Why the guest did not come to its end: an error, possibly only its exit code, or a failure of ours to print.
enum Stop {
    Error(wootz_engine::Error),
    Report(Box<Report>),
}

impl From<wootz_engine::Error> for Stop {
    fn from(error: wootz_engine::Error) -> Self {
        Self::Error(error)
    }
}

impl From<Box<Report>> for Stop {
    fn from(report: Box<Report>) -> Self {
        Self::Report(report)
    }
}

fn call(
    instance: &Instance,
    store: &mut Store<WasiCtx>,
    name: &str,
    params: &[Val],
) -> Result<Vec<Val>, wootz_engine::Error> {
    let func = instance.get_func(&*store, name);
    let func =
        func.ok_or_else(|| wootz_engine::Error::UnknownExport { name: name.into(), kind: "function" })?;
    func.call(store, params)
}

fn wasi_ctx(args: &RunArgs, plan: &Plan) -> Outcome<WasiCtx> {
    let mut builder =
        WasiCtx::builder().inherit_stdio().arg(args.file().to_string_lossy()).map_err(refused)?;
    builder = builder.args(&plan.guest_args).map_err(refused)?;
    Ok(with_grants(builder, &args.grants)?.build())
}

/// Lets a guest see what the command line gives it.
///
/// # Errors
/// A report of what there is not, or of what cannot be passed on.
pub fn with_grants(builder: WasiCtxBuilder, grants: &GrantArgs) -> Outcome<WasiCtxBuilder> {
    let dirs = grants.dirs.iter().map(|dir| (dir.host.as_path(), dir.guest.as_str()));
    grant(builder, &grants.env, dirs).map_err(refused)
}

fn refused(error: BuildError) -> Box<Report> {
    match error {
        BuildError::Directory { .. } => Report::new(Exit::NoInput, error.to_string())
            .help("--dir HOST[::GUEST] needs a directory that exists on this machine"),
        error => Report::new(Exit::Usage, error.to_string()),
    }
}

/// Lets a guest see variables, those without a value as this process has them, and directories.
pub(crate) fn grant<'a>(
    mut builder: WasiCtxBuilder,
    env: &[(String, Option<String>)],
    dirs: impl Iterator<Item = (&'a Path, &'a str)>,
) -> Result<WasiCtxBuilder, BuildError> {
    for (name, value) in env {
        if let Some(value) = value.clone().or_else(|| std::env::var(name).ok()) {
            builder = builder.env(name, value)?;
        }
    }
    for (host, guest) in dirs {
        builder = builder.preopened_dir(host, guest)?;
    }
    Ok(builder)
}
