//! Options of executables.

use clap::Args;

use super::Dir;
use crate::executable::Settings;
use crate::parse::{dir, size, variable};

#[derive(Args, Debug)]
#[command(next_help_heading = "Options of --emit exe")]
pub struct ExecutableArgs {
    /// Let the program use a directory, under the same or another name, where it is run.
    #[arg(long = "dir", value_name = "HOST[::GUEST]", value_parser = dir)]
    pub dirs: Vec<Dir>,
    /// Set an environment variable of the program; without =VALUE, pass on that of whoever runs it.
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = variable)]
    pub env: Vec<(String, Option<String>)>,
    /// Give the program only what --dir and --env say, and not the current directory and the whole environment besides.
    #[arg(long)]
    pub isolated: bool,
    /// Stack of the program: bytes, or with K, M or G [default: 8M].
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub stack_size: Option<usize>,
}

impl ExecutableArgs {
    /// Whether one of them was given.
    pub fn any(&self) -> bool {
        !self.dirs.is_empty() || !self.env.is_empty() || self.isolated || self.stack_size.is_some()
    }

    /// The same for the executable.
    pub fn settings(&self) -> Settings {
        let dir = |dir: &Dir| (dir.host.to_string_lossy().into_owned(), dir.guest.clone());
        Settings {
            dirs: self.dirs.iter().map(dir).collect(),
            env: self.env.clone(),
            native: !self.isolated,
            stack: self.stack_size.unwrap_or(8 << 20) as u64,
        }
    }
}
