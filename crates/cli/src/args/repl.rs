//! Options of `wootz repl`.

use std::path::PathBuf;

use clap::Args;

use super::{CompileArgs, GrantArgs, ProfilerName};
use crate::parse::size;

#[derive(Args, Debug)]
pub struct ReplArgs {
    #[command(flatten)]
    pub compile: CompileArgs,
    #[command(flatten)]
    pub grants: GrantArgs,
    /// Stack for what is run: bytes, or with K, M or G.
    #[arg(long, value_name = "SIZE", default_value = "8M", value_parser = size)]
    pub stack_size: usize,
    /// Tell `perf record` which code is which function.
    #[arg(long = "profile", value_name = "FORM")]
    pub profiler: Option<ProfilerName>,
    /// End a script at its first error, with the exit code of that.
    #[arg(long)]
    pub strict: bool,
    /// A module to begin with, binary or text.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}
