//! Options of `wootz run`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use wootz_engine::{Branches, Config, StoreLimits};

use super::{CompileArgs, GrantArgs, InputArgs, ModeArg, ProfilerName, ProgressArgs, UseArgs};
use crate::exit::Exit;
use crate::parse::{size, time};
use crate::report::{Outcome, Report};

#[derive(Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    pub compile: CompileArgs,
    #[command(flatten)]
    pub progress: ProgressArgs,
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub grants: GrantArgs,
    /// Call this export with ARGS as its arguments, and print its results, one in each line.
    #[arg(long, value_name = "NAME")]
    pub invoke: Option<String>,
    /// Stack for the guest: bytes, or with K, M or G.
    #[arg(long, value_name = "SIZE", default_value = "8M", value_parser = size)]
    pub stack_size: usize,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// When functions are compiled: all before the guest starts, or each when it is first called. Lazily compiled code is not kept.
    #[arg(long, value_name = "MODE", default_value = "regular")]
    pub mode: ModeArg,
    #[command(flatten)]
    profile_use: UseArgs,
    /// Count where branches go, and add the counts to this file when the guest has ended; slows the guest down.
    #[arg(long, value_name = "FILE", conflicts_with = "profile_use")]
    pub profile_generate: Option<PathBuf>,
    /// Print what was compiled to standard error, when the guest has ended.
    #[arg(long)]
    pub stats: bool,
    /// Tell `perf record` which code is which function.
    #[arg(long = "profile", value_name = "FORM")]
    pub profiler: Option<ProfilerName>,
    /// Compile the module even if an earlier run has, and keep nothing.
    #[arg(long)]
    pub no_cache: bool,
    /// A module, binary or text (- is standard input), then arguments: for the guest, or for the function that --invoke
    /// names.
    // One list, since an option behind the file would be taken for ours otherwise.
    #[arg(value_name = "FILE [ARGS]", required = true, trailing_var_arg = true, num_args = 1..)]
    file_and_args: Vec<OsString>,
}

impl RunArgs {
    /// The engine's settings.
    ///
    /// # Errors
    /// The report of a profile that cannot be read, or of options that exclude each other.
    pub fn config(&self) -> Outcome<Config> {
        let counts = self.profile_generate.is_some();
        if counts && self.mode == ModeArg::Lazy {
            return Err(Report::new(Exit::Usage, "code that is compiled lazily counts its branches only until it is optimised")
                .help("leave out --mode: --profile-use works in both modes, and without it --mode lazy goes by its own counts"));
        }
        let branches = if counts { Branches::Counted } else { self.profile_use.branches()? };
        let mut limits = StoreLimits::default();
        if let Some(bytes) = self.limits.max_memory {
            limits.total_memory_bytes = bytes as u64;
        }
        if let Some(elements) = self.limits.max_table_elements {
            limits.total_table_elements = elements;
        }
        let config = self.compile.config().branches(branches).mode(self.mode.into());
        let config = config.max_wasm_stack(self.stack_size).limits(limits);
        Ok(match self.limits.fuel {
            Some(fuel) => config.fuel(fuel),
            None => config,
        })
    }

    /// The module.
    pub fn file(&self) -> PathBuf {
        // The parser sees to it that there is one.
        self.file_and_args.first().map(PathBuf::from).unwrap_or_default()
    }

    /// What follows it, of which the guest can only take Unicode.
    pub fn guest_args(&self) -> Outcome<Vec<String>> {
        let text = |arg: &OsString| {
            arg.to_str().map(str::to_owned).ok_or_else(|| {
                Report::new(
                    Exit::Usage,
                    format!("the argument {arg:?} is not Unicode, a guest cannot take it"),
                )
            })
        };
        self.file_and_args.iter().skip(1).map(text).collect()
    }
}

#[derive(Args, Debug)]
pub struct LimitArgs {
    /// Stop the guest after this time, counted from its start: a number with ms, s or m.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub timeout: Option<Duration>,
    /// Let the guest execute about so many instructions, the same ones each time; slows it down.
    #[arg(long, value_name = "COUNT")]
    fuel: Option<u64>,
    /// Let the guest's memories have no more than this together: bytes, or with K, M or G.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_memory: Option<usize>,
    /// Let the guest's tables have no more elements than this together.
    #[arg(long, value_name = "COUNT")]
    max_table_elements: Option<u64>,
}
