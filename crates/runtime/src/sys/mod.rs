//! The system and the processor, for `vm`: one file per thing that another system would do differently.
//!
//! Invariants: a [`memory::Mapping`] is the only owner of its address range; the signal handlers touch only
//! thread-local words, the fault's own registers and what `vm` proved to be readable; nothing here knows WebAssembly.
#![allow(unsafe_code, reason = "address space, signals and stack switching have no safe interface")]

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_arch = "x86_64")]
pub(crate) mod racing;
#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
mod x86_64_features;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86_64_stubs;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("this runtime is written for Linux on x86-64; other systems are further files in this folder");

pub(crate) use self::x86_64_stubs as stubs;
pub(crate) use linux::{memory, pages, signals, stack};
pub(crate) use x86_64::{Landing, REGISTERS, Registers, call_with_record, trap_byte};
pub(crate) use x86_64_features::{cpu_description, has_cpu_feature};
