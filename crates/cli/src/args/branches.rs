//! Options of profiles of branches.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use wootz_engine::{BranchProfile, Branches};

use crate::exit::Exit;
use crate::report::{Outcome, Report};

#[derive(Args, Debug)]
pub struct UseArgs {
    /// Optimise for what earlier runs have written with --profile-generate.
    #[arg(long, value_name = "FILE")]
    profile_use: Option<PathBuf>,
}

impl UseArgs {
    /// What the compiler does with counts: knows the file's, if there is one.
    ///
    /// # Errors
    /// The report of a file that cannot be read or is no profile.
    pub fn branches(&self) -> Outcome<Branches> {
        let Some(path) = &self.profile_use else { return Ok(Branches::Unknown) };
        let profile = read_profile(path).map_err(|report| report.help(RECORD))?;
        Ok(Branches::Profiled(Arc::new(profile)))
    }
}

/// Reads a profile.
///
/// # Errors
/// The report of a file that cannot be read or is no profile.
pub fn read_profile(path: &Path) -> Outcome<BranchProfile> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path)
        .map_err(|error| Report::new(Exit::NoInput, format!("cannot read {name}: {error}")))?;
    BranchProfile::decode(&bytes).map_err(|error| Report::new(Exit::Usage, error.to_string()).at(name))
}

/// How a profile comes about.
pub const RECORD: &str = "wootz run --profile-generate FILE MODULE writes a profile of that module";
