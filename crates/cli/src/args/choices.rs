//! The choices that options give.

use clap::ValueEnum;

#[derive(Copy, Clone, ValueEnum, Debug)]
pub(super) enum Checks {
    /// Reserved address space behind the memory: the access faults.
    Guard,
    /// Compare and branch before each access.
    Explicit,
    /// Guard where the memory allows it, else explicit.
    Auto,
}

#[derive(Copy, Clone, ValueEnum, Debug)]
pub(super) enum Traps {
    /// Each happens, with all effects before it and none after it.
    Exact,
    /// Memory after a trap may differ, and an access that nothing depends on may not trap.
    Relaxed,
}

#[derive(Copy, Clone, ValueEnum, Debug)]
pub(super) enum Level {
    #[value(name = "0")]
    O0,
    #[value(name = "1")]
    O1,
    #[value(name = "2")]
    O2,
    #[value(name = "3")]
    O3,
}

/// The debugger that is to read debug information.
#[derive(Copy, Clone, ValueEnum, Debug)]
pub enum DebuggerName {
    /// gdb.
    Gdb,
    /// lldb.
    Lldb,
}
