//! Options of `wootz profile`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use wootz_engine::Profiler;

use super::RunArgs;
use crate::exit::Exit;
use crate::report::{Outcome, Report};

#[derive(Args, Debug)]
pub struct ProfileArgs {
    /// Where to write the profile; - is standard output.
    #[arg(short = 'o', long, value_name = "OUT", default_value = "profile.svg")]
    output: PathBuf,
    /// What to write [default: as OUT ends, else svg].
    #[arg(long, value_name = "FORM")]
    form: Option<ProfileForm>,
    /// Samples in a second.
    #[arg(long, value_name = "HZ", default_value = "997", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    frequency: u32,
    #[command(flatten)]
    pub run: RunArgs,
}

/// The form of a profile.
#[derive(Copy, Clone, PartialEq, Eq, ValueEnum, Debug)]
pub enum ProfileForm {
    /// A flame graph, to be opened in a browser.
    Svg,
    /// A line for each stack: functions from the outermost on, and how often it was found.
    Folded,
}

/// How `perf` is told about code.
#[derive(Copy, Clone, PartialEq, Eq, ValueEnum, Debug)]
pub enum ProfilerName {
    /// Names, in /tmp/perf-PID.map: `perf report` finds them.
    Perfmap,
    /// Names, code and with -g source lines, in jit-PID.dump here: for `perf record -k mono` and `perf inject --jit`.
    Jitdump,
}

impl ProfilerName {
    /// Tells `perf` about all code from now on.
    ///
    /// # Errors
    /// The report of why that cannot be written.
    pub fn start(self) -> Outcome {
        Profiler::from(self)
            .start()
            .map_err(|error| Report::new(Exit::System, format!("cannot write for the profiler: {error}")))
    }
}

impl From<ProfilerName> for Profiler {
    fn from(name: ProfilerName) -> Self {
        match name {
            ProfilerName::Perfmap => Self::PerfMap,
            ProfilerName::Jitdump => Self::JitDump,
        }
    }
}

impl ProfileArgs {
    /// Time between two samples.
    pub fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.frequency
    }

    /// The file; `None` is standard output.
    pub fn target(&self) -> Option<&Path> {
        Some(&*self.output).filter(|path| path.as_os_str() != "-")
    }

    /// What to write.
    pub fn form(&self) -> ProfileForm {
        let by_name = if self.output.extension().is_some_and(|ending| ending == "folded") {
            ProfileForm::Folded
        } else {
            ProfileForm::Svg
        };
        self.form.unwrap_or(by_name)
    }
}
