//! What guests are given of this machine: `--dir` and `--env`.

use clap::Args;

use super::Dir;
use crate::parse::{dir, variable};

#[derive(Args, Clone, Debug, Default)]
pub struct GrantArgs {
    /// Let the guest use a directory, under the same or another name.
    #[arg(long = "dir", value_name = "HOST[::GUEST]", value_parser = dir)]
    pub dirs: Vec<Dir>,
    /// Set an environment variable of the guest; without =VALUE, pass on this process's.
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = variable)]
    pub env: Vec<(String, Option<String>)>,
}
