//! `wootz run --profile-generate`: where the branches of a guest went, added to what a file has of earlier runs.

use std::path::Path;

use wootz_engine::{BranchProfile, Module};

use crate::args::{RECORD, read_profile};
use crate::exit::Exit;
use crate::files;
use crate::report::{Outcome, Report};

/// A run that is recorded.
pub(super) struct Recording<'a> {
    path: &'a Path,
    module: Module,
    /// What the file had before.
    before: Option<BranchProfile>,
}

impl<'a> Recording<'a> {
    /// Reads what the file has, before anything runs.
    ///
    /// # Errors
    /// A report, if the module's code does not count, or the file is something else than a profile of it.
    pub(super) fn new(path: &'a Path, module: Module) -> Outcome<Self> {
        let Some(nothing) = module.branch_profile() else {
            return Err(Report::new(Exit::Usage, "the image does not count its branches")
                .help("wootz compile --profile-generate makes one that does"));
        };
        let read = |path| {
            let before = read_profile(path)?;
            before.require(nothing.code()).map_err(|error| {
                Report::new(Exit::Usage, error.to_string()).at(path.display().to_string())
            })?;
            Ok(before)
        };
        let before = path.try_exists().unwrap_or(true).then(|| read(path)).transpose();
        let before = before.map_err(|report: Box<Report>| {
            report.help("counts are added to what the file has: remove it, or name another")
        })?;
        Ok(Self { path, module, before })
    }

    /// Writes the counts, however the guest has ended.
    ///
    /// # Errors
    /// The report of the guest's end, or of what cannot be written.
    pub(super) fn finish<T>(self, ended: Outcome<T>) -> Outcome<T> {
        match (ended, self.write()) {
            (Err(report), Err(unwritten)) => Err(report.note(unwritten.text())),
            (Ok(_), Err(unwritten)) => Err(unwritten),
            (ended, Ok(())) => ended,
        }
    }

    fn write(&self) -> Outcome {
        let Some(counted) = self.module.branch_profile() else { return Ok(()) };
        let sum = match &self.before {
            Some(before) => before
                .with(&counted)
                .map_err(|error| Report::new(Exit::Usage, error.to_string()).help(RECORD))?,
            None => counted,
        };
        files::write(Some(self.path), &sum.encode(), files::PLAIN)
    }
}
