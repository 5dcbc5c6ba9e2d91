//! Options of `wootz explore`.

use std::path::PathBuf;

use clap::Args;

use super::{CompileArgs, InputArgs, MachineArgs, UseArgs};

#[derive(Args, Debug)]
pub struct ExploreArgs {
    #[command(flatten)]
    pub compile: CompileArgs,
    #[command(flatten)]
    pub profile_use: UseArgs,
    #[command(flatten)]
    pub machine: MachineArgs,
    #[command(flatten)]
    pub input: InputArgs,
    /// Where to write the page; - is standard output [default: the module's name with the ending html].
    #[arg(short = 'o', long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Show only this function, by index or name; may be given several times.
    #[arg(long = "function", value_name = "FUNC")]
    pub functions: Vec<String>,
    /// A module, binary or text; - is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
