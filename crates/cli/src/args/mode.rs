//! When functions are compiled: `--mode`.

use clap::ValueEnum;
use wootz_engine::Mode;

/// When functions are compiled.
#[derive(Copy, Clone, PartialEq, Eq, ValueEnum, Debug)]
pub enum ModeArg {
    /// All before the guest starts.
    Regular,
    /// Each when it is first called.
    Lazy,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Regular => Self::Regular,
            ModeArg::Lazy => Self::Lazy,
        }
    }
}
