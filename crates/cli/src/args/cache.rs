//! Options of `wootz cache`.

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub struct CacheArgs {
    #[command(subcommand)]
    pub command: CacheCommand,
}

#[derive(Copy, Clone, Subcommand, Debug)]
pub enum CacheCommand {
    /// List the images, with their sizes and when they were used last.
    List,
    /// Remove them all.
    Clean,
}
