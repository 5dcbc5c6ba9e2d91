//! Each protection is broken on purpose, in a process of its own, which dies of it; or the guest traps, where that is what a
//! guest may do.
//!
//! Compiled code gets at an address of the test's choice as a memory of the embedder whose base lies there.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wootz::{
    CheckStrategy, Engine, HostMemory, Instance, Linker, MemoryCreator, MemoryRequest, Module, RegionKind,
    Store, TrapCode,
};

use super::{config, engine, find, instantiate, run};

/// A memory where there is none: whatever lies at an address.
struct Anything(usize);

// SAFETY: none: the process that makes one dies of it, or only reads what is there.
unsafe impl HostMemory for Anything {
    fn base(&self) -> NonNull<u8> {
        NonNull::new(std::ptr::with_exposed_provenance_mut(self.0)).unwrap()
    }

    fn accessible(&self) -> usize {
        65536
    }

    fn reserved(&self) -> usize {
        65536
    }

    fn extend(&mut self, _: usize) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

struct Anywhere(AtomicUsize);

impl MemoryCreator for Anywhere {
    fn create(&self, _: &MemoryRequest) -> io::Result<Option<Box<dyn HostMemory>>> {
        let address = self.0.load(Ordering::Relaxed);
        Ok((address != 0).then(|| Box::new(Anything(address)) as Box<dyn HostMemory>))
    }
}

const VICTIM: &str = r#"(module
    (memory (export "memory") 1)
    (table 10 funcref)
    (elem (i32.const 0) func 0)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#;

const INTRUDER: &str = r#"(module
    (memory 1)
    (global $read (mut i32) (i32.const 0))
    (func (export "store") (i32.store (i32.const 0) (i32.const 0)))
    (func (export "load") (global.set $read (i32.load (i32.const 0)))))"#;

/// Lets compiled code read or write at an address.
fn intrude(address: usize, function: &str) {
    let creator = Arc::new(Anywhere(AtomicUsize::new(address)));
    let engine = Engine::new(&config(CheckStrategy::Explicit).memory_creator(creator));
    let (mut store, instance) = instantiate(&engine, INTRUDER).unwrap();
    call(&mut store, instance, function);
}

fn call(store: &mut Store<()>, instance: Instance, function: &str) {
    let func = instance.get_typed_func::<(), ()>(&*store, function).unwrap();
    println!("{:?}", func.call(store, ()));
}

fn execute(address: usize) {
    let code = std::ptr::with_exposed_provenance::<()>(address);
    // SAFETY: none: the process dies here.
    unsafe { std::mem::transmute::<*const (), extern "C" fn()>(code)() };
}

/// What a child does, if the case is one of here.
pub(super) fn child(case: &str) -> bool {
    let (mut store, instance) = instantiate(&engine(CheckStrategy::Guard), VICTIM).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    memory.write(&mut store, 0, &[0xc3; 16]).unwrap();
    let base = memory.data(&store).as_ptr().addr();
    let regions = store.regions();
    let at = |kind| find(&regions, kind).start;
    match case {
        "write-a-table" => intrude(at(RegionKind::Tables), "store"),
        "write-a-constant" => intrude(at(RegionKind::Constants), "store"),
        "write-code" => intrude(at(RegionKind::Code), "store"),
        "read-code" => intrude(at(RegionKind::Code), "load"),
        "read-before-the-memory" => intrude(base - 65536, "load"),
        "read-behind-the-memory" => intrude(base + 65536, "load"),
        "read-a-table" => intrude(at(RegionKind::Tables), "load"),
        "host-writes-code" => {
            let code = std::ptr::with_exposed_provenance_mut::<u8>(at(RegionKind::Code));
            // SAFETY: none: the process dies here.
            unsafe { code.write_volatile(0xcc) };
        }
        "host-writes-a-table-where-code-reads" => {
            let table = std::ptr::with_exposed_provenance_mut::<usize>(at(RegionKind::Tables));
            // SAFETY: none: the process dies here.
            unsafe { table.write_volatile(0) };
        }
        "host-reads-before-the-memory" => {
            let before = std::ptr::with_exposed_provenance::<u8>(base - 1);
            // SAFETY: none: the process dies here.
            println!("{}", unsafe { before.read_volatile() });
        }
        "host-reads-behind-the-memory" => {
            let behind = std::ptr::with_exposed_provenance::<u8>(base + 65536);
            // SAFETY: none: the process dies here.
            println!("{}", unsafe { behind.read_volatile() });
        }
        "execute-a-memory" => execute(base),
        "execute-a-table" => execute(at(RegionKind::TablesView)),
        "execute-a-context" => execute(at(RegionKind::Contexts)),
        "execute-constants" => execute(at(RegionKind::Constants)),
        _ => return false,
    }
    println!("still alive");
    true
}

#[test]
fn breaking_in_is_a_segmentation_fault() {
    for case in [
        "write-a-table",
        "write-a-constant",
        "write-code",
        "read-before-the-memory",
        "read-behind-the-memory",
        "host-writes-code",
        "host-writes-a-table-where-code-reads",
        "host-reads-before-the-memory",
        "host-reads-behind-the-memory",
        "execute-a-memory",
        "execute-a-table",
        "execute-a-context",
        "execute-constants",
    ] {
        let output = run(case, "");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.signal(), Some(libc_sigsegv()), "{case}: {output:?}");
        assert!(!text.contains("still alive"), "{case}: {text}");
    }
}

/// The same way in, where it is allowed: what dies above dies of the protection and not of the way.
#[test]
fn the_way_in_works() {
    let output = run("read-a-table", "");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("Ok(())") && text.contains("still alive"), "{output:?}");
}

/// Code is only executed where the processor can tell; where it cannot, reading it is all that is possible besides.
#[test]
fn code_is_read_only_where_the_processor_cannot_tell() {
    let module = Module::new(&engine(CheckStrategy::Guard), VICTIM).unwrap();
    let output = run("read-code", "");
    if module.is_execute_only() {
        assert_eq!(output.status.signal(), Some(libc_sigsegv()), "{output:?}");
    } else {
        assert!(String::from_utf8_lossy(&output.stdout).contains("still alive"), "{output:?}");
    }
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap();
    let has_keys = cpu.lines().any(|line| line.split_whitespace().any(|word| word == "ospke"));
    assert_eq!(module.is_execute_only(), has_keys);
}

fn libc_sigsegv() -> i32 {
    11
}

/// A guest cannot get at an address in front of its memory; behind it, it traps.
#[test]
fn a_guest_traps_behind_its_memory() {
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        let engine = engine(checks);
        let module = Module::new(&engine, VICTIM).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module).unwrap();
        let load = instance.get_typed_func::<i32, i32>(&store, "load").unwrap();
        assert_eq!(load.call(&mut store, 65532).unwrap(), 0);
        for address in [65533, 65536, i32::MAX, i32::MIN, -4, -1] {
            let error = load.call(&mut store, address).unwrap_err();
            assert_eq!(error.trap().unwrap().code, TrapCode::MemoryOutOfBounds, "{address}");
        }
    }
}
