//! What a script's own process is told: not for users.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub struct ApartArgs {
    /// The script and its compiled modules.
    pub folder: PathBuf,
    /// How accesses out of a memory's bounds are found.
    pub checks: String,
}
