//! The address space of stores as the system sees it, and what happens when its protections are broken on purpose.
//!
//! Unsafe code is allowed here because breaking in is the point: what it does to a process happens in a child, or to a
//! [`HostMemory`](wootz::HostMemory) of which the file says why it is one.
#![allow(
    unsafe_code,
    reason = "protections are tested by breaking them, memories of the embedder by making one"
)]

mod copy_on_write;
mod crashes;
mod guards;
mod maps;
mod own_memory;
mod pools;
mod protections;
mod refusals;

use std::ops::Range;
use std::process::{Command, Output};

use wootz::{
    CheckStrategy, Config, Engine, Error, Instance, Linker, Module, OptLevel, Region, RegionKind, Store,
};

/// The variable that tells a child process what to do.
const CASE: &str = "WOOTZ_ADDRESS_SPACE_CASE";

/// Not a test by itself: what child processes do.
#[test]
fn child() {
    let Ok(case) = std::env::var(CASE) else { return };
    if !refusals::child(&case) && !protections::child(&case) && !crashes::child(&case) {
        panic!("no case {case}");
    }
}

/// Runs a case in a process of its own, under a shell's `ulimit` if that is given.
fn run(case: &str, limits: &str) -> Output {
    let this = std::env::current_exe().unwrap();
    Command::new("sh")
        .args(["-c", &format!("{limits} exec \"$0\" --exact child --nocapture --test-threads=1")])
        .arg(this)
        .env(CASE, case)
        .output()
        .unwrap()
}

fn config(checks: CheckStrategy) -> Config {
    Config::new().checks(checks).opt_level(OptLevel::O0)
}

fn engine(checks: CheckStrategy) -> Engine {
    Engine::new(&config(checks))
}

fn instantiate(engine: &Engine, wat: &str) -> Result<(Store<()>, Instance), Error> {
    let module = Module::new(engine, wat)?;
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, &module)?;
    Ok((store, instance))
}

/// Addresses of the first region of a kind.
fn find(regions: &[Region], kind: RegionKind) -> Range<usize> {
    let found = regions.iter().find(|region| region.kind == kind);
    found.unwrap_or_else(|| panic!("no {} in {regions:#?}", kind.name())).addresses.clone()
}
