//! Modules made to cost the host more than they cost their author: four times the module takes about four times the time
//! and memory, or is refused over a limit that is named.
//!
//! Each measurement is a child process, this binary again: its processor time and its highest memory are its own.

mod modules;

use std::path::Path;
use std::process::Command;

use wootz::{Config, Engine, Error, Instance, Limit, LimitError, Module, ModuleErrorKind, OptLevel, Store};

use modules::MODULES;

const CASE: &str = "WOOTZ_HOSTILE_CASE";
/// What a child may take at most, whatever it compiles: bytes.
const MOST_MEMORY: u64 = 1500 << 20;

/// What compiling and instantiating took.
#[derive(Copy, Clone, Debug)]
struct Cost {
    /// Hundredths of a second of processor time.
    ticks: u64,
    /// Bytes at most.
    memory: u64,
}

fn engine(level: OptLevel) -> Engine {
    Engine::new(&Config::new().opt_level(level).verify(false).compile_threads(1))
}

/// Not a test by itself: what the children do.
#[test]
fn child() {
    let Ok(case) = std::env::var(CASE) else { return };
    let (level, path) = case.split_once(' ').unwrap();
    let binary = std::fs::read(path).unwrap();
    let before = own_ticks();
    let engine = engine(if level == "0" { OptLevel::O0 } else { OptLevel::O2 });
    let module = Module::new(&engine, &binary).unwrap();
    Instance::new(&mut Store::new(&engine, ()), &module, &[]).unwrap();
    println!("cost {} {}", own_ticks() - before, own_memory());
}

fn own_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn own_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

fn measure(module: &Path, level: &str) -> Cost {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CASE, format!("{level} {}", module.display()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.split_once("cost ").map(|(_, rest)| rest));
    let line = line.unwrap_or_else(|| panic!("{} -O{level}: {output:?}", module.display()));
    let (ticks, memory) = line.split_once(' ').unwrap();
    Cost { ticks: ticks.parse().unwrap(), memory: memory.parse().unwrap() }
}

/// Square growth would make sixteen times of four times.
#[test]
fn time_and_memory_stay_in_proportion() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, binary: Vec<u8>| {
        let path = dir.path().join(name);
        std::fs::write(&path, binary).unwrap();
        path
    };
    let empty = measure(&write("empty", modules::binary("(module)")), "0");
    let mut wrong = Vec::new();
    for (name, make, size) in MODULES {
        let (one, four) = (write("one", make(*size)), write("four", make(size * 4)));
        for level in ["0", "2"] {
            let (small, large) = (measure(&one, level), measure(&four, level));
            let memory = |cost: Cost| cost.memory.saturating_sub(empty.memory);
            if large.ticks > small.ticks * 8 + 30
                || memory(large) > memory(small) * 8 + (32 << 20)
                || large.memory > MOST_MEMORY
            {
                wrong.push(format!("{name} {size} -O{level}: {small:?}, four times of it: {large:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "empty: {empty:?}\n{}", wrong.join("\n"));
}

/// What is over a limit of decoding says so, and where.
#[test]
fn what_is_too_much_is_refused_by_name_and_place() {
    let engine = engine(OptLevel::O0);
    for (what, binary) in modules::too_much() {
        match Module::new(&engine, &binary).map(drop) {
            Err(Error::Module(error)) => {
                assert_eq!(error.kind, ModuleErrorKind::Limit, "{what}: {error}");
                assert!(error.offset > 0 && error.offset <= binary.len() as u64, "{what}: {error}");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn a_table_has_ten_million_elements_and_no_more() {
    let engine = engine(OptLevel::O0);
    let instantiate = |elements: u64| {
        let module = Module::new(&engine, format!("(module (table {elements} funcref))")).unwrap();
        Instance::new(&mut Store::new(&engine, ()), &module, &[]).map(drop)
    };
    instantiate(10_000_000).unwrap();
    let error = instantiate(10_000_001).unwrap_err();
    assert!(error.to_string().contains("10000001 elements"), "{error}");
    let Err(Error::Limit(LimitError { limit, .. })) = instantiate(4_000_000_000) else {
        panic!("the store's limit comes first")
    };
    assert_eq!(limit, Limit::TotalTableElements);
}
