//! `wootz run`: a program from its file to its exit code.
//!
//! What can be known to be wrong from the declarations alone (nothing to run, an unknown export, arguments that do not
//! fit) is said before anything is compiled.

mod failure;
mod plan;
mod stop;

use std::sync::Arc;

use wootz::wasi::{ThreadedProgram, WasiCtx, is_threaded};
use wootz::{Engine, Instance, Linker, Store, Val};
use wootz_wasm_ir::Declarations;

use crate::args::RunArgs;
use crate::cache::Cache;
use crate::compile::with_progress;
use crate::debug;
use crate::exit::Exit;
use crate::input::Input;
use crate::report::{Outcome, Report, output};
use crate::values::print_value;
pub(crate) use failure::{compile_report, report as failure_report};
use plan::{Plan, Step};
use stop::{Reason, Stop as StopSwitch};

/// Stack of the guest's thread beyond what the guest may use: for the host functions, the runtime and the compiler.
const HOST_STACK: usize = 4 << 20;

pub(crate) fn run(args: &RunArgs) -> Outcome<Exit> {
    let input = Input::read(&args.file(), args.input.max_module_size)?;
    let mut config = args.config();
    if args.compile.debug.is_some() {
        config = debug::configure(config, &input);
    }
    let engine = Engine::new(&config);
    let cache = if args.no_cache || input.is_image() { Cache::off() } else { Cache::of_user()? };
    let place = cache.place(&engine, &input.bytes);
    let program = match place.as_ref().and_then(|place| place.load(&engine)) {
        Some(module) => Program::Image(module),
        None => Program::open(&engine, &input)?,
    };
    let plan = Plan::new(program.declarations(), args)?;
    let ctx = wasi_ctx(args, &plan)?;
    let thread = std::thread::Builder::new()
        .name("guest".into())
        .stack_size(args.stack_size.saturating_add(HOST_STACK));
    std::thread::scope(|scope| {
        let stop = Arc::default();
        let guest = || {
            let module = program
                .compiled_with_progress(&engine, &input.name, !args.progress.no_progress)
                .map_err(|error| failure::report(&input, program.declarations(), &error, None))?;
            if let (Program::Module(_), Some(place)) = (&program, &place) {
                place.keep(&module);
            }
            Guest { args, input: &input, module, stop }.run(&plan, ctx)
        };
        let thread = thread.spawn_scoped(scope, guest).map_err(|error| {
            Report::new(Exit::System, format!("cannot start a thread for the guest: {error}"))
                .help("lower --stack-size")
        })?;
        // The panic hook ends the process, so a panic does not come to here.
        thread.join().unwrap_or_else(|_| Err(Report::new(Exit::Bug, "the guest's thread panicked")))
    })
}

/// What a file holds: a module to compile, or one that is compiled already.
pub(crate) enum Program {
    Module(wootz_wasm_ir::Module),
    Image(wootz::Module),
}

impl Program {
    pub(crate) fn open(engine: &Engine, input: &Input) -> Outcome<Self> {
        if !input.is_image() {
            return input.decode().map(Self::Module);
        }
        match wootz::Module::from_image(engine, input.bytes.clone()) {
            Ok(module) => Ok(Self::Image(module)),
            Err(wootz::Error::Image(error)) => Err(failure::image(input, &error)),
            Err(error) => Err(Report::new(Exit::Bug, format!("internal error: {error}")).help(crate::BUG)),
        }
    }

    pub(crate) fn declarations(&self) -> &Declarations {
        match self {
            Self::Module(module) => module.declarations(),
            Self::Image(module) => module.declarations(),
        }
    }

    pub(crate) fn compiled(&self, engine: &Engine) -> Result<wootz::Module, wootz::Error> {
        match self {
            Self::Module(module) => engine.compile(module),
            Self::Image(module) => Ok(module.clone()),
        }
    }

    /// The same, and shows how far it is.
    fn compiled_with_progress(
        &self,
        engine: &Engine,
        name: &str,
        wanted: bool,
    ) -> Result<wootz::Module, wootz::Error> {
        let Self::Module(module) = self else { return self.compiled(engine) };
        let compiled = with_progress(name, wanted, |observer| engine.compile_observed(module, observer))?;
        wootz::Module::from_image(engine, compiled.image)
    }
}

/// What the guest is made from.
struct Guest<'a> {
    args: &'a RunArgs,
    input: &'a Input,
    module: wootz::Module,
    stop: Arc<StopSwitch>,
}

impl Guest<'_> {
    fn run(&self, plan: &Plan, ctx: WasiCtx) -> Outcome<Exit> {
        let (module, engine) = (&self.module, self.module.engine());
        let mut linker = Linker::new(engine);
        linker.define_wasi(|ctx: &mut WasiCtx| ctx).map_err(|error| self.failure(error, None))?;
        let steps = plan.steps.clone();
        self.stop.arm(self.args.limits.timeout)?;
        let ended = if is_threaded(module) {
            let stop = Arc::clone(&self.stop);
            let main = move |store: &mut Store<WasiCtx>, instance| {
                // The program ends with its main thread.
                stop.watch(store);
                perform(&steps, store, instance)
            };
            ThreadedProgram::new(&linker, module, move || ctx.share())
                .map_err(Stop::from)
                .and_then(|program| program.run_with(main))
        } else {
            let mut store = Store::new(engine, ctx);
            self.stop.watch(&store);
            let instance = linker.instantiate(&mut store, module).map_err(Stop::from);
            instance.and_then(|instance| perform(&steps, &mut store, instance))
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

    fn failure(&self, error: wootz::Error, reason: Option<Reason>) -> Box<Report> {
        failure::report(self.input, self.module.declarations(), &error, reason)
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
    Error(wootz::Error),
    Report(Box<Report>),
}

impl From<wootz::Error> for Stop {
    fn from(error: wootz::Error) -> Self {
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
) -> Result<Vec<Val>, wootz::Error> {
    let func = instance.get_func(&*store, name);
    let func = func.ok_or_else(|| wootz::Error::UnknownExport { name: name.into(), kind: "function" })?;
    func.call(store, params)
}

fn wasi_ctx(args: &RunArgs, plan: &Plan) -> Outcome<WasiCtx> {
    use wootz::wasi::BuildError;
    let refused = |error: BuildError| match error {
        BuildError::Directory { .. } => Report::new(Exit::NoInput, error.to_string())
            .help("--dir HOST[::GUEST] needs a directory that exists on this machine"),
        error => Report::new(Exit::Usage, error.to_string()),
    };
    let mut builder =
        WasiCtx::builder().inherit_stdio().arg(args.file().to_string_lossy()).map_err(refused)?;
    builder = builder.args(&plan.guest_args).map_err(refused)?;
    for (name, value) in &args.env {
        let value = value.clone().or_else(|| std::env::var(name).ok());
        if let Some(value) = value {
            builder = builder.env(name, value).map_err(refused)?;
        }
    }
    for dir in &args.dirs {
        builder = builder.preopened_dir(&dir.host, &dir.guest).map_err(refused)?;
    }
    Ok(builder.build())
}
