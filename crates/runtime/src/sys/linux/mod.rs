//! Linux: address space, signals, thread stacks.

mod interrupt;
pub(crate) mod memory;
pub(crate) mod pages;
pub(crate) mod signals;
pub(crate) mod stack;

#[cfg(test)]
mod signal_tests;
