//! The command line: options, their values, and their help.
#![allow(missing_docs, reason = "a comment on an item is a text of `--help`, and some items need none")]

mod apart;
mod branches;
mod cache;
mod choices;
mod executable;
mod explore;
mod grant;
mod mode;
mod profile;
mod repl;
mod run;
mod target;

use std::num::NonZero;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use wootz_engine::{CheckStrategy, Config, Cpu, Debugger, Machine, MemoryPlan, OptLevel, TrapPrecision};
use wootz_wast::configuration::{CHECKS, LEVELS, MODES};

pub use apart::ApartArgs;
pub use branches::{RECORD, UseArgs, read_profile};
pub use cache::{CacheArgs, CacheCommand};
pub use choices::DebuggerName;
use choices::{Checks, Level, Traps};
pub use executable::ExecutableArgs;
pub use explore::ExploreArgs;
pub use grant::GrantArgs;
pub use mode::ModeArg;
pub use profile::{ProfileArgs, ProfileForm, ProfilerName};
pub use repl::ReplArgs;
pub use run::{LimitArgs, RunArgs};
pub use target::{MachineArgs, TargetArgs};

use crate::exit;
use crate::parse::size;

/// Compiles WebAssembly with LLVM and runs it.
#[derive(Parser, Debug)]
#[command(name = "wootz", version, after_help = exit::HELP, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a program, or call a function of a module.
    #[command(after_help = exit::HELP, override_usage = "wootz run [OPTIONS] FILE [ARGS]...")]
    Run(RunArgs),
    /// Run a program and draw which functions it spends its time in.
    #[command(after_help = exit::HELP, override_usage = "wootz profile [OPTIONS] FILE [ARGS]...")]
    Profile(ProfileArgs),
    /// Compile a module ahead of time.
    #[command(after_help = exit::HELP)]
    Compile(CompileFileArgs),
    /// Check that a module is valid, and say nothing if it is.
    #[command(after_help = exit::HELP)]
    Validate(ValidateArgs),
    /// Run test scripts in the specification's format.
    #[command(after_help = exit::HELP)]
    Wast(WastArgs),
    #[command(hide = true)]
    WastApart(ApartArgs),
    /// Show what is in a module.
    #[command(after_help = exit::HELP)]
    Inspect(InspectArgs),
    /// Write a page that shows sources, text, LLVM IR and assembly of each function side by side.
    #[command(after_help = exit::HELP)]
    Explore(ExploreArgs),
    /// Instantiate a module and show what it has in the address space.
    #[command(after_help = exit::HELP)]
    Maps(MapsArgs),
    /// Enter functions and expressions one by one, and see their values.
    #[command(after_help = exit::HELP)]
    Repl(ReplArgs),
    /// Show or remove what `run` has kept of earlier compilations.
    #[command(after_help = exit::HELP)]
    Cache(CacheArgs),
}

#[derive(Args, Debug)]
pub struct InputArgs {
    /// Refuse a module larger than this: bytes, or with K, M or G.
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = size)]
    pub max_module_size: usize,
}

#[derive(Args, Debug)]
pub struct CompileArgs {
    /// How accesses out of a memory's bounds are found.
    #[arg(long, value_name = "STRATEGY", default_value = "auto")]
    checks: Checks,
    /// What is certain of an access that traps.
    #[arg(long, value_name = "PRECISION", default_value = "exact")]
    traps: Traps,
    /// Address space that faults on both sides of a guarded memory: bytes, or with K, M or G [default: 2G].
    #[arg(long, value_name = "SIZE", value_parser = size)]
    guard_size: Option<usize>,
    /// How much LLVM optimises: 0 compiles fastest, 3 runs fastest.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2")]
    opt: Level,
    /// Write debug information, for gdb unless it says lldb: sources and variables. From -O1 on, code stays the same.
    #[arg(short = 'g', value_name = "DEBUGGER", num_args = 0..=1, require_equals = true, default_missing_value = "gdb")]
    pub debug: Option<DebuggerName>,
    /// How many threads compile [default: one for each processor].
    #[arg(short = 'j', long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// Compile only as much at a time as fits into this: bytes, or with K, M or G [default: half of the machine's memory].
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory_budget: Option<usize>,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Args, Debug)]
pub struct ProgressArgs {
    /// Show no progress while compiling. Nor is there any unless standard error is a terminal.
    #[arg(short = 'q', long, visible_alias = "quiet")]
    pub no_progress: bool,
}

#[derive(Args, Debug)]
pub struct CompileFileArgs {
    #[command(flatten)]
    pub compile: CompileArgs,
    #[command(flatten)]
    pub progress: ProgressArgs,
    /// Say on standard error what the compilation took, by phase; and how much memory.
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub timings: Option<Timings>,
    /// Say on standard error which functions were too large to be optimised, and why.
    #[arg(short = 'v', long)]
    pub verbose: bool,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub machine: MachineArgs,
    #[command(flatten)]
    pub profile_use: UseArgs,
    /// Make an image that counts where branches go, for `wootz run --profile-generate`.
    #[arg(long, conflicts_with = "profile_use")]
    pub profile_generate: bool,
    #[command(flatten)]
    pub executable: ExecutableArgs,
    /// What to make.
    #[arg(long, value_name = "KIND", default_value = "image")]
    pub emit: Emit,
    /// Where to write it; - is standard output [default: the module's name with the ending of KIND].
    #[arg(short = 'o', long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Write the debug information of an image or an executable to a file of its own, which debuggers are shown when the code is loaded.
    #[arg(long, value_name = "FILE", requires = "debug")]
    pub split_debug: Option<PathBuf>,
    /// Where to write the C header of an object [default: beside OUT, with the ending h].
    #[arg(long, value_name = "HEADER")]
    pub header: Option<PathBuf>,
    /// What the C names of an object start with [default: OUT without its ending].
    #[arg(long, value_name = "NAME")]
    pub prefix: Option<String>,
    /// An option of LLVM's command line, for experiments; may be repeated. One that LLVM does not know has no effect.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true, help_heading = "For developers")]
    pub llvm_option: Vec<String>,
    /// A module, binary or text; - is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// The form of `--timings`.
#[derive(Copy, Clone, PartialEq, Eq, ValueEnum, Debug)]
pub enum Timings {
    /// A table to read.
    Text,
    /// One object.
    Json,
}

/// What `compile` makes.
#[derive(Copy, Clone, PartialEq, Eq, ValueEnum, Debug)]
pub enum Emit {
    /// An image: machine code that `wootz run` maps and runs without compiling.
    Image,
    /// An object with a C function for each export, and a header: for a C compiler to link with the runtime.
    Obj,
    /// Optimised LLVM IR, as text.
    LlvmIr,
    /// Optimised LLVM IR, as bitcode.
    Bitcode,
    /// Assembly.
    Asm,
    /// A program of its own, with WASI inside.
    Exe,
}

impl Emit {
    /// The ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Obj => "o",
            Self::LlvmIr => "ll",
            Self::Bitcode => "bc",
            Self::Asm => "s",
            Self::Exe => "",
        }
    }

    /// Whether it can be shown on a terminal.
    pub fn is_text(self) -> bool {
        matches!(self, Self::LlvmIr | Self::Asm)
    }
}

#[derive(Args, Debug)]
pub struct ValidateArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// A module, binary or text; - is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Args, Debug)]
pub struct MapsArgs {
    #[command(flatten)]
    pub compile: CompileArgs,
    #[command(flatten)]
    pub input: InputArgs,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// A module, binary or text, or an image; - is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Args, Debug)]
pub struct WastArgs {
    /// How modules are compiled and run as a whole: when they are called (lazy), for any x86-64 (baseline), with the results that
    /// the specification leaves open fixed (deterministic), to files for a process without a compiler (aot). Several are run one
    /// after the other.
    #[arg(long, value_delimiter = ',', default_value = "regular", value_parser = names(MODES))]
    pub mode: Vec<String>,
    /// How accesses out of a memory's bounds are found, as in `wootz run`; or several.
    #[arg(long, value_name = "STRATEGY", value_delimiter = ',', default_value = "auto", value_parser = names(CHECKS))]
    pub checks: Vec<String>,
    /// How much LLVM optimises; or several levels.
    #[arg(short = 'O', value_name = "LEVEL", value_delimiter = ',', default_value = "2", value_parser = names(LEVELS))]
    pub opt: Vec<String>,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Scripts; - is standard input.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub struct InspectArgs {
    /// A module, binary or text; - is standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    views: ViewArgs,
    #[command(flatten)]
    pub compile: CompileArgs,
    #[command(flatten)]
    pub profile_use: UseArgs,
    #[command(flatten)]
    pub machine: MachineArgs,
    #[command(flatten)]
    pub input: InputArgs,
}

#[derive(Args, Debug)]
#[group(multiple = false)]
struct ViewArgs {
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
    /// Print the IR of every function, or of one by index or name.
    #[arg(long, value_name = "FUNC", num_args = 0..=1)]
    ir: Option<Option<String>>,
    /// Print the module as text.
    #[arg(long)]
    wat: bool,
    /// Print the optimised LLVM IR of the module, or of one function by index or name.
    #[arg(long, value_name = "FUNC", num_args = 0..=1)]
    llvm_ir: Option<Option<String>>,
    /// Print the assembly of the module, or of one function by index or name.
    #[arg(long, value_name = "FUNC", num_args = 0..=1)]
    asm: Option<Option<String>>,
}

/// What `inspect` shows. Functions by index or name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum View {
    Summary,
    Json,
    Wat,
    Ir(Option<String>),
    LlvmIr(Option<String>),
    Assembly(Option<String>),
}

impl InspectArgs {
    /// The file and the view of it; `None` without a file.
    ///
    /// In `inspect --ir FILE` the parser takes FILE for a function: without another file it is the file.
    pub fn subject(&self) -> Option<(PathBuf, View)> {
        let views = &self.views;
        let (view, mut func) = match (&views.ir, &views.llvm_ir, &views.asm) {
            (Some(func), ..) => (View::Ir as fn(Option<String>) -> View, func.clone()),
            (_, Some(func), _) => (View::LlvmIr as _, func.clone()),
            (.., Some(func)) => (View::Assembly as _, func.clone()),
            _ if views.json => return self.file.clone().map(|file| (file, View::Json)),
            _ if views.wat => return self.file.clone().map(|file| (file, View::Wat)),
            _ => return self.file.clone().map(|file| (file, View::Summary)),
        };
        let file = self.file.clone().or_else(|| func.take().map(PathBuf::from))?;
        Some((file, view(func)))
    }
}

impl CompileArgs {
    /// The engine's settings.
    pub fn config(&self) -> Config {
        let config = self
            .target
            .config()
            .checks(self.strategy())
            .trap_precision(self.trap_precision())
            .opt_level(self.opt_level())
            .compile_threads(self.threads())
            .debugger(self.debugger());
        let config = match self.guard_size {
            Some(bytes) => config.guard_size(bytes as u64).guard_size_before(bytes),
            None => config,
        };
        match self.memory_budget {
            Some(bytes) => config.compile_memory(bytes as u64),
            None => config,
        }
    }

    /// The same for the code generator alone.
    pub fn options(&self, machine: Machine) -> wootz_engine::CompileOptions {
        let cpu = if machine == Machine::default() { Cpu::Native } else { Cpu::Baseline };
        wootz_engine::CompileOptions {
            machine,
            opt: self.opt_level(),
            checks: self.strategy(),
            traps: self.trap_precision(),
            guard: self.guard_size.map_or(MemoryPlan::DEFAULT_GUARD, |bytes| bytes as u64),
            cpu: self.target.cpu.clone().unwrap_or(cpu),
            cpu_features: self.target.features.clone(),
            canonicalize_nans: self.target.canonicalize_nans,
            deterministic: self.target.deterministic,
            fuel: false,
            debug: None,
            debugger: self.debugger(),
            verify: cfg!(debug_assertions),
            threads: self.threads(),
            memory_budget: self.memory_budget.map(|bytes| bytes as u64),
            ..wootz_engine::CompileOptions::default()
        }
    }

    fn debugger(&self) -> Debugger {
        match self.debug {
            None | Some(DebuggerName::Gdb) => Debugger::Gdb,
            Some(DebuggerName::Lldb) => Debugger::Lldb,
        }
    }

    fn threads(&self) -> usize {
        self.jobs.map_or(0, NonZero::get)
    }

    fn strategy(&self) -> CheckStrategy {
        match self.checks {
            Checks::Guard => CheckStrategy::Guard,
            Checks::Explicit => CheckStrategy::Explicit,
            Checks::Auto => CheckStrategy::Auto,
        }
    }

    fn trap_precision(&self) -> TrapPrecision {
        match self.traps {
            Traps::Exact => TrapPrecision::Exact,
            Traps::Relaxed => TrapPrecision::Relaxed,
        }
    }

    fn opt_level(&self) -> OptLevel {
        match self.opt {
            Level::O0 => OptLevel::O0,
            Level::O1 => OptLevel::O1,
            Level::O2 => OptLevel::O2,
            Level::O3 => OptLevel::O3,
        }
    }
}

/// Takes one of the names in a list.
fn names<T>(list: &'static [(&'static str, T)]) -> PossibleValuesParser {
    PossibleValuesParser::new(list.iter().map(|(name, _)| *name))
}

/// A preopened directory: its path here and the guest's name of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dir {
    pub host: PathBuf,
    pub guest: String,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::parse::{dir, time, variable};
    use clap::CommandFactory;

    fn inspect(args: &[&str]) -> Option<(PathBuf, View)> {
        let args = ["wootz", "inspect"].iter().chain(args);
        match Cli::try_parse_from(args).expect("the arguments parse").command {
            Command::Inspect(args) => args.subject(),
            other => panic!("{other:?}"),
        }
    }

    fn run(args: &[&str]) -> RunArgs {
        match Cli::try_parse_from(["wootz", "run"].iter().chain(args)).expect("the arguments parse").command {
            Command::Run(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_function_is_taken_for_the_file_only_when_there_is_none() {
        let file = PathBuf::from("a.wasm");
        assert_eq!(inspect(&["a.wasm"]), Some((file.clone(), View::Summary)));
        assert_eq!(inspect(&["--ir", "a.wasm"]), Some((file.clone(), View::Ir(None))));
        assert_eq!(inspect(&["a.wasm", "--ir"]), Some((file.clone(), View::Ir(None))));
        assert_eq!(
            inspect(&["a.wasm", "--asm", "7"]),
            Some((file.clone(), View::Assembly(Some("7".into()))))
        );
        assert_eq!(inspect(&["a.wasm", "--llvm-ir=f"]), Some((file, View::LlvmIr(Some("f".into())))));
        assert_eq!(inspect(&["--ir"]), None);
    }

    #[test]
    fn levels_parse_attached_and_apart() {
        assert_eq!(run(&["-O0", "a"]).compile.opt_level(), OptLevel::O0);
        assert_eq!(run(&["-O", "3", "a"]).compile.opt_level(), OptLevel::O3);
        assert_eq!(run(&["a"]).compile.opt_level(), OptLevel::O2);
    }

    #[test]
    fn what_follows_the_file_is_the_guests() {
        let args = run(&["-O1", "a", "--dir", "x", "-O3", "--", "--help"]);
        assert_eq!(args.file(), PathBuf::from("a"));
        assert_eq!(args.guest_args().unwrap(), ["--dir", "x", "-O3", "--", "--help"]);
        assert!(args.grants.dirs.is_empty());
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("12"), Ok(12));
        assert_eq!(size("64K"), Ok(65536));
        assert_eq!(size("2g"), Ok(2 << 30));
        assert!(
            size("").is_err() && size("M").is_err() && size("-1").is_err() && size("99999999999G").is_err()
        );
    }

    #[test]
    fn times_have_units() {
        assert_eq!(time("0ms"), Ok(Duration::ZERO));
        assert_eq!(time("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(time("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(time("3m"), Ok(Duration::from_secs(180)));
        for wrong in
            ["", "2", "s", "-1s", "2h", "1.5s", "2 s", "99999999999999999999s", "9999999999999999999m"]
        {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn directories_and_variables_split_once() {
        assert_eq!(dir("a::b::c"), Ok(Dir { host: "a".into(), guest: "b::c".into() }));
        assert_eq!(dir("."), Ok(Dir { host: ".".into(), guest: ".".into() }));
        assert!(dir("::x").is_err());
        assert_eq!(variable("K=a=b"), Ok(("K".into(), Some("a=b".into()))));
        assert_eq!(variable("K"), Ok(("K".into(), None)));
        assert!(variable("=x").is_err());
    }
}
