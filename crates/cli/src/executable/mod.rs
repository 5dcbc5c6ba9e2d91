//! Executables: what `wootz compile --emit exe` writes, and what such a file does when it is started.
//!
//! An executable is the program `wootz-stub`, which is this module's [`run`] and nothing else, with two more sections: the image of
//! the module, and how it is to be run. It has no compiler inside and needs no other file.

mod file;

use std::convert::Infallible;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use wootz_engine::wasi::{BuildError, Exit as ProcExit, ThreadedProgram, WasiCtx, is_threaded};
use wootz_engine::{Config, Engine, Error, Integrity, Linker, Module, Store};

use clap::ValueEnum as _;

use crate::args::ProfilerName;
use crate::backtrace::lines;
use crate::exit::Exit;
use crate::report::{Outcome, Report, end};
use crate::run::{HOST_STACK, grant};
pub use file::{BuildExecutableError, build};

/// Variable with what `wootz run` takes as `--profile`.
const PROFILER_VARIABLE: &str = "WOOTZ_PROFILE";

/// How an executable runs its program.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Directories that the program may use: here, and as it sees them.
    pub dirs: Vec<(String, String)>,
    /// Variables that the program sees; one without a value is passed on.
    pub env: Vec<(String, Option<String>)>,
    /// Whether it sees the current directory and all variables besides.
    pub native: bool,
    /// Bytes of stack that WebAssembly code may use.
    pub stack: u64,
}

/// Runs the program in the executable of this process, which ends with it.
///
/// # Errors
/// The report of why it could not start.
pub fn run() -> Outcome<Exit> {
    let unreadable = |error: std::io::Error| {
        Report::new(Exit::NoInput, format!("cannot read this program's own file: {error}"))
    };
    let file = File::open("/proc/self/exe").map_err(unreadable)?;
    let parts = file::find(&file).ok_or_else(|| {
        Report::new(Exit::NoInput, "there is no program in this file")
            .help("wootz compile FILE --emit exe makes an executable of a module")
    })?;
    let mut settings = vec![0; (parts.settings.end - parts.settings.start) as usize];
    file.read_exact_at(&mut settings, parts.settings.start).map_err(unreadable)?;
    let settings: Settings = postcard::from_bytes(&settings)
        .map_err(|_| Report::new(Exit::BadModule, "this program's own file is damaged"))?;

    if let Some(profiler) = profiler()? {
        profiler.start()?;
    }
    let stack = settings.stack as usize;
    let engine = Engine::new(&Config::new().max_wasm_stack(stack));
    let module =
        Module::from_part(&engine, &file, parts.image, Integrity::Declarations).map_err(|e| report(&e))?;
    let ctx = settings.wasi_ctx()?;
    let thread = std::thread::Builder::new().stack_size(stack.saturating_add(HOST_STACK));
    let thread = thread.spawn(move || start(&engine, &module, ctx)).map_err(|error| {
        Report::new(Exit::System, format!("cannot start a thread for the program: {error}"))
    })?;
    // Both its end and a panic are the end of the process.
    match thread.join() {
        Ok(never) => match never {},
        Err(_) => Ok(Exit::Bug),
    }
}

/// Who is to be told which code is which function: an executable's arguments are its program's.
fn profiler() -> Outcome<Option<ProfilerName>> {
    let Some(name) = std::env::var_os(PROFILER_VARIABLE) else { return Ok(None) };
    let found = ProfilerName::from_str(&name.to_string_lossy(), false);
    found.map(Some).map_err(|_| {
        Report::new(
            Exit::Usage,
            format!("{PROFILER_VARIABLE} is neither perfmap nor jitdump: {}", name.display()),
        )
    })
}

/// Runs the program, and ends the process while all that it used is still there: the system takes that back at once.
fn start(engine: &Engine, module: &Module, ctx: WasiCtx) -> Infallible {
    let mut linker = Linker::new(engine);
    if is_threaded(module) {
        let defined = linker.define_wasi(|ctx: &mut WasiCtx| ctx);
        let program = defined.and_then(|linker| ThreadedProgram::new(linker, module, move || ctx.share()));
        end(outcome(program.and_then(|program| program.run())));
    }
    let mut store = Store::new(engine, ctx);
    let mut call = || {
        let instance = linker.define_wasi(|ctx: &mut WasiCtx| ctx)?.instantiate(&mut store, module)?;
        instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ())
    };
    end(outcome(call()))
}

/// How the program ended.
fn outcome(ended: Result<(), Error>) -> Outcome<Exit> {
    match ended {
        Ok(()) => Ok(Exit::Success),
        Err(error) => match error.downcast_ref::<ProcExit>() {
            Some(exit) => Ok(Exit::Guest(exit.0 as u8)),
            None => Err(report(&error)),
        },
    }
}

impl Settings {
    fn wasi_ctx(&self) -> Outcome<WasiCtx> {
        let refused = |error: BuildError| match error {
            BuildError::Directory { .. } => Report::new(Exit::NoInput, error.to_string()),
            error => Report::new(Exit::Usage, error.to_string()),
        };
        let mut builder = WasiCtx::builder().inherit_stdio();
        for arg in std::env::args_os() {
            let arg = arg.into_string().map_err(|arg| {
                Report::new(
                    Exit::Usage,
                    format!("the argument {arg:?} is not Unicode, the program cannot take it"),
                )
            })?;
            builder = builder.arg(arg).map_err(refused)?;
        }
        if self.native {
            // The program cannot take others.
            let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            };
            for (name, value) in std::env::vars_os().filter_map(unicode) {
                if self.env.iter().all(|(own, _)| *own != name) {
                    builder = builder.env(name, value).map_err(refused)?;
                }
            }
            builder = builder.preopened_dir(".", ".").map_err(refused)?;
        }
        let dirs = self.dirs.iter().map(|(host, guest)| (Path::new(host), guest.as_str()));
        Ok(grant(builder, &self.env, dirs).map_err(refused)?.build())
    }
}

/// The report of a program that did not end by itself.
fn report(error: &Error) -> Box<Report> {
    let report = match error {
        Error::Trap(trap) => Report::new(Exit::Trap, format!("the program trapped: {}", trap.code)),
        Error::Host(failure) => {
            Report::new(Exit::Trap, format!("the program was stopped: {}", failure.error))
        }
        Error::Memory(_) | Error::Limit(_) | Error::Thread { .. } => {
            Report::new(Exit::System, error.to_string())
        }
        error => Report::new(Exit::BadModule, error.to_string()),
    };
    let omitted = match error {
        Error::Trap(trap) => trap.omitted,
        Error::Host(failure) => failure.omitted,
        _ => 0,
    };
    report.backtrace(lines(error.frames(), omitted, |_| None))
}
