//! Threads that contend for one shared memory, orders of memory accesses that must never be seen, and code that changes its tier under
//! many threads, over and over.
//!
//! `cargo xtask stress` runs this for as long as one likes, the tests for a moment.

mod contended;
mod litmus;
mod tiers;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use wootz::{CheckStrategy, Config, Engine, OptLevel};

/// Every way to compile that makes a difference to shared memories.
pub const MODES: [(OptLevel, CheckStrategy); 4] = [
    (OptLevel::O0, CheckStrategy::Guard),
    (OptLevel::O0, CheckStrategy::Explicit),
    (OptLevel::O2, CheckStrategy::Guard),
    (OptLevel::O2, CheckStrategy::Explicit),
];

/// What was done; everything else ends in an error.
#[derive(Debug, Default)]
pub struct Summary {
    /// Rounds of contention, each of which left behind what it should.
    pub rounds: u64,
    /// Traps caught in them, while other threads went on.
    pub traps: u64,
    /// Pages by which memories grew in them.
    pub grown: u64,
    /// Waits that another thread ended; the others timed out.
    pub woken: u64,
    /// Rounds of threads in one lazily compiled module, each with the results of regular code.
    pub tier_rounds: u64,
    /// Functions that were swapped for better code in them.
    pub swaps: u64,
    /// For each litmus test, in order: its name, how often it ran, and how often the outcome was seen that sequential
    /// consistency forbids. Only where accesses are plain may that be more than never.
    pub litmus: Vec<(&'static str, u64, u64)>,
}

/// Threads in lazily compiled modules only, for the time given in all.
///
/// # Errors
/// As [`run`].
pub fn run_lazily(time: Duration) -> Result<Summary> {
    let mut summary = Summary::default();
    change_tiers(time / 2, &mut summary)?;
    Ok(summary)
}

/// For each strategy, as long as `share`.
fn change_tiers(share: Duration, summary: &mut Summary) -> Result<()> {
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        tiers::run(checks, Instant::now() + share, summary)
            .with_context(|| format!("lazily with {checks:?} checks"))?;
    }
    Ok(())
}

/// Stresses every mode, for the time given in all.
///
/// # Errors
/// If anything is not as it should be: which, in which mode.
pub fn run(time: Duration) -> Result<Summary> {
    let mut summary = Summary::default();
    let share = time / (2 * MODES.len() as u32 + 2);
    change_tiers(share, &mut summary)?;
    for (opt, checks) in MODES {
        let engine = Engine::new(&Config::new().opt_level(opt).checks(checks));
        let mode = || format!("at {opt:?} with {checks:?} checks");
        contended::run(&engine, Instant::now() + share, &mut summary).with_context(mode)?;
        litmus::run(&engine, share, &mut summary).with_context(mode)?;
    }
    Ok(summary)
}
