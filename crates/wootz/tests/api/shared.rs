//! Shared memories: many threads over one, growth meanwhile, waits and wake-ups, traps, and what is refused.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wootz::{
    AccessError, CheckStrategy, Config, Engine, Error, Extern, ExternType, Instance, LinkError, Linker,
    Memory, MemoryError, MemoryType, Module, OptLevel, SharedMemory, Store, TrapCode, WaitError, WaitOutcome,
};

fn engines() -> impl Iterator<Item = Engine> {
    let modes = [OptLevel::O0, OptLevel::O2]
        .into_iter()
        .flat_map(|opt| [CheckStrategy::Guard, CheckStrategy::Explicit].map(|checks| (opt, checks)));
    modes.map(|(opt, checks)| Engine::new(&Config::new().opt_level(opt).checks(checks)))
}

fn shared(minimum: u64, maximum: u64) -> MemoryType {
    MemoryType { memory64: false, shared: true, minimum, maximum: Some(maximum), page_size_log2: 16 }
}

fn own(minimum: u64, maximum: u64) -> MemoryType {
    MemoryType { shared: false, ..shared(minimum, maximum) }
}

/// An instance, in a store of its own, of a module whose only import is the memory.
fn instance(module: &Module, memory: &SharedMemory) -> (Store<()>, Instance) {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[memory.clone().into()]).unwrap();
    (store, instance)
}

/// Calls an exported function in an instance of its own.
fn run(module: &Module, memory: &SharedMemory, name: &str, argument: i32) -> Result<i32, Error> {
    let (mut store, instance) = instance(module, memory);
    instance.get_typed_func::<i32, i32>(&store, name)?.call(&mut store, argument)
}

fn trap(result: Result<i32, Error>) -> TrapCode {
    result.unwrap_err().trap().expect("a trap").code
}

#[test]
fn many_threads_count_in_one_memory_with_the_host() {
    let wat = r#"(module (memory (import "m" "m") 1 2 shared)
        (func (export "count") (param i32) (result i32)
          (loop $again
            (drop (i64.atomic.rmw.add (i32.const 8) (i64.const 1)))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (local.get 0)))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat).unwrap();
        let memory = SharedMemory::new(&engine, shared(1, 2)).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| run(&module, &memory, "count", 10_000).unwrap());
            }
            for _ in 0..10_000 {
                memory.atomic_u64(8).unwrap().fetch_add(1, Ordering::SeqCst);
            }
        });
        let mut bytes = [0; 8];
        memory.read(8, &mut bytes).unwrap();
        assert_eq!(u64::from_le_bytes(bytes), 90_000);
    }
}

#[test]
fn a_memory_grows_while_others_use_it_and_trap_at_its_end() {
    let wat = r#"(module (memory (import "m" "m") 1 500 shared)
        (func (export "at_end") (param i32) (result i32)
          (i32.load (i32.sub (i32.shl (memory.size) (i32.const 16)) (local.get 0))))
        (func (export "far") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 0x1f3fffd))))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat).unwrap();
        let memory = SharedMemory::new(&engine, shared(1, 500)).unwrap();
        let full = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let (mut store, instance) = instance(&module, &memory);
                    let [at_end, far] = ["at_end", "far"]
                        .map(|name| instance.get_typed_func::<i32, i32>(&store, name).unwrap());
                    while !full.load(Ordering::SeqCst) {
                        assert_eq!(at_end.call(&mut store, 4).unwrap(), 0);
                        assert_eq!(trap(far.call(&mut store, 0)), TrapCode::MemoryOutOfBounds);
                    }
                });
            }
            for pages in 1..500 {
                if pages % 2 == 0 {
                    assert_eq!(memory.grow(1), Some(pages));
                } else {
                    assert_eq!(run(&module, &memory, "grow", 1).unwrap(), pages as i32);
                }
            }
            full.store(true, Ordering::SeqCst);
        });
        assert_eq!((memory.size(), memory.data_size()), (500, 500 << 16));
        assert_eq!((memory.grow(1), memory.ty()), (None, shared(500, 500)));
        assert_eq!(run(&module, &memory, "grow", 1).unwrap(), -1);
        assert_eq!(run(&module, &memory, "far", -1).unwrap(), 0);
        assert_eq!(trap(run(&module, &memory, "far", 0)), TrapCode::MemoryOutOfBounds);
    }
}

const WAITING: &str = r#"(module (memory (import "m" "m") 1 1 shared)
    (func (export "wait") (param i32) (result i32)
      (memory.atomic.wait32 (i32.const 16) (local.get 0) (i64.const -1)))
    (func (export "wait64") (param i32) (result i32)
      (memory.atomic.wait64 (i32.const 24) (i64.extend_i32_s (local.get 0)) (i64.const 0x7fffffffffffffff)))
    (func (export "nap") (param i32) (result i32)
      (memory.atomic.wait32 (i32.const 16) (i32.const 0) (i64.mul (i64.extend_i32_u (local.get 0)) (i64.const 1000))))
    (func (export "notify") (param i32) (result i32)
      (memory.atomic.notify offset=8 (i32.const 8) (local.get 0)))
    (func (export "wait_at") (param i32) (result i32)
      (memory.atomic.wait64 (local.get 0) (i64.const 0) (i64.const 0)))
    (func (export "notify_at") (param i32) (result i32)
      (memory.atomic.notify (local.get 0) (i32.const 1))))"#;

#[test]
fn guests_and_the_host_wake_each_other() {
    for engine in engines() {
        let module = Module::new(&engine, WAITING).unwrap();
        let memory = SharedMemory::new(&engine, shared(1, 1)).unwrap();
        std::thread::scope(|scope| {
            let guests: Vec<_> =
                (0..3).map(|_| scope.spawn(|| run(&module, &memory, "wait", 0).unwrap())).collect();
            let wide = scope.spawn(|| run(&module, &memory, "wait64", 0).unwrap());
            let host = scope.spawn(|| memory.wait32(16, 0, None).unwrap());
            let mut woken = 0;
            while woken < 2 {
                woken += memory.notify(16, 2 - woken).unwrap();
            }
            while woken < 4 {
                woken += run(&module, &memory, "notify", -1).unwrap() as u32;
            }
            assert!(guests.into_iter().all(|guest| guest.join().unwrap() == 0));
            assert_eq!(host.join().unwrap(), WaitOutcome::Woken);
            while memory.notify(24, 1).unwrap() == 0 {}
            assert_eq!(wide.join().unwrap(), 0);
        });
        assert_eq!(memory.notify(16, u32::MAX).unwrap(), 0, "nobody waits");
    }
}

#[test]
fn a_wait_ends_by_another_value_or_when_the_time_is_up() {
    for engine in engines() {
        let module = Module::new(&engine, WAITING).unwrap();
        let memory = SharedMemory::new(&engine, shared(1, 1)).unwrap();
        assert_eq!(run(&module, &memory, "wait", 1).unwrap(), 1);
        assert_eq!(run(&module, &memory, "wait64", -1).unwrap(), 1);
        assert_eq!(memory.wait64(24, 1, None).unwrap(), WaitOutcome::NotEqual);
        assert_eq!(run(&module, &memory, "wait_at", 8).unwrap(), 2, "no time at all");
        let start = Instant::now();
        assert_eq!(run(&module, &memory, "nap", 30_000).unwrap(), 2);
        assert_eq!(memory.wait32(16, 0, Some(Duration::from_millis(20))).unwrap(), WaitOutcome::TimedOut);
        assert!(start.elapsed() >= Duration::from_millis(50));
    }
}

#[test]
fn interruption_ends_waits_by_a_trap() {
    for engine in engines() {
        let module = Module::new(&engine, WAITING).unwrap();
        let memory = SharedMemory::new(&engine, shared(1, 1)).unwrap();
        std::thread::scope(|scope| {
            let guest = scope.spawn(|| run(&module, &memory, "wait", 0));
            let host = scope.spawn(|| memory.wait32(16, 0, None));
            // Sooner or later, the interruption finds both waiting or not yet.
            std::thread::sleep(Duration::from_millis(5));
            memory.interrupt_waits();
            let error = guest.join().unwrap().unwrap_err();
            assert_eq!(error.trap().unwrap().code, TrapCode::Interrupted);
            assert!(error.to_string().starts_with("interrupted"), "{error}");
            assert_eq!(error.frames().len(), 1);
            assert!(matches!(host.join().unwrap(), Err(WaitError::Interrupted)));
        });
        assert_eq!(trap(run(&module, &memory, "nap", 1)), TrapCode::Interrupted);
        assert_eq!(run(&module, &memory, "notify", 1).unwrap(), 0);
    }
}

#[test]
fn waits_and_atomic_accesses_trap_alignment_first() {
    let wat = r#"(module (memory (import "m" "m") 1 1 shared)
        (func (export "load") (param i32) (result i32) (i32.atomic.load offset=1 (local.get 0)))
        (func (export "load8") (param i32) (result i32) (i32.atomic.load8_u offset=1 (local.get 0)))
        (func (export "rmw16") (param i32) (result i32) (i32.atomic.rmw16.or_u (local.get 0) (i32.const 1)))
        (func (export "far") (param i32) (result i32)
          (i32.wrap_i64 (i64.atomic.rmw.cmpxchg offset=0xfffffff8 (local.get 0) (i64.const 0) (i64.const 1)))))"#;
    for engine in engines() {
        let memory = SharedMemory::new(&engine, shared(1, 1)).unwrap();
        let module = Module::new(&engine, wat).unwrap();
        let code = |name, argument| trap(run(&module, &memory, name, argument));
        assert_eq!(run(&module, &memory, "load", 65531).unwrap(), 0);
        assert_eq!(run(&module, &memory, "load8", 65534).unwrap(), 0);
        assert_eq!(code("load", 0), TrapCode::UnalignedAtomic);
        assert_eq!(code("load", -3), TrapCode::UnalignedAtomic, "and outside");
        assert_eq!(code("load", 65535), TrapCode::MemoryOutOfBounds);
        assert_eq!(code("load8", 65535), TrapCode::MemoryOutOfBounds);
        assert_eq!(code("rmw16", 65535), TrapCode::UnalignedAtomic);
        assert_eq!(code("rmw16", -2), TrapCode::MemoryOutOfBounds);
        assert_eq!(code("far", 4), TrapCode::UnalignedAtomic);
        assert_eq!(code("far", 8), TrapCode::MemoryOutOfBounds, "the sum does not wrap");
        let error = run(&module, &memory, "rmw16", 1).unwrap_err().to_string();
        assert!(error.starts_with("unaligned atomic\n  0: rmw16 "), "{error}");

        let module = Module::new(&engine, WAITING).unwrap();
        let code = |name, argument| trap(run(&module, &memory, name, argument));
        assert_eq!(code("wait_at", 4), TrapCode::UnalignedAtomic);
        assert_eq!(code("wait_at", 65540), TrapCode::UnalignedAtomic);
        assert_eq!(code("wait_at", 65536), TrapCode::MemoryOutOfBounds);
        assert_eq!(code("notify_at", 2), TrapCode::UnalignedAtomic);
        assert_eq!(code("notify_at", 65536), TrapCode::MemoryOutOfBounds);
    }
}

#[test]
fn atomic_instructions_work_on_a_memory_that_is_not_shared() {
    let wat = r#"(module (memory 1)
        (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (i32.const 0) (local.get 0)))
        (func (export "wait") (param i32) (result i32)
          (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const 0)))
        (func (export "notify") (param i32) (result i32)
          (memory.atomic.notify (local.get 0) (i32.const 1))))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let mut call = |name, argument: i32| {
            instance.get_typed_func::<i32, i32>(&store, name).unwrap().call(&mut store, argument)
        };
        assert_eq!((call("add", 5).unwrap(), call("add", 5).unwrap()), (0, 5));
        assert_eq!(call("notify", 8).unwrap(), 0);
        assert_eq!(trap(call("notify", 65536)), TrapCode::MemoryOutOfBounds);
        assert_eq!(trap(call("wait", 1)), TrapCode::UnalignedAtomic);
        assert_eq!(trap(call("wait", 65536)), TrapCode::MemoryOutOfBounds);
        assert_eq!(trap(call("wait", 0)), TrapCode::ExpectedSharedMemory);
    }
}

#[test]
fn segments_and_bulk_instructions_reach_shared_memories() {
    let wat = r#"(module
        (memory $a (import "m" "a") 1 3 shared) (memory $same (import "m" "a2") 1 3 shared)
        (memory $b (export "b") 1 1 shared) (memory $own (export "own") 1)
        (data (memory $a) (i32.const 10) "active") (data $passive "passive")
        (func (export "run") (param i32) (result i32)
          (memory.init $a $passive (i32.const 20) (i32.const 0) (i32.const 7))
          (memory.copy $a $a (i32.const 21) (i32.const 20) (i32.const 7))
          (memory.copy $b $a (i32.const 1) (i32.const 10) (i32.const 30))
          (memory.copy $own $b (i32.const 2) (i32.const 0) (i32.const 40))
          (memory.copy $same $a (i32.const 101) (i32.const 100) (local.get 0))
          (memory.copy $a $own (i32.const 40) (i32.const 0) (i32.const 30))
          (memory.fill $b (i32.const 0) (i32.const 42) (i32.const 1))
          (memory.size $b)))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat).unwrap();
        let memory = SharedMemory::new(&engine, shared(1, 3)).unwrap();
        memory.write(100, &[1, 2, 3]).unwrap();
        let mut store = Store::new(&engine, ());
        let imports: [Extern; 2] = [memory.clone().into(), memory.clone().into()];
        let instance = Instance::new(&mut store, &module, &imports).unwrap();
        let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, 2).unwrap(), 1);
        let bytes = |memory: &SharedMemory, at| {
            let mut bytes = [0; 20];
            memory.read(at, &mut bytes).unwrap();
            bytes
        };
        assert_eq!(&bytes(&memory, 10), b"active\0\0\0\0ppassive\0\0");
        assert_eq!(&bytes(&memory, 40), b"\0\0\0active\0\0\0\0ppassiv");
        assert_eq!(bytes(&memory, 100)[..4], [1, 1, 2, 0], "as if through a buffer");
        let b = instance.get_shared_memory(&store, "b").unwrap();
        assert_eq!(&bytes(&b, 0)[..8], b"*active\0");
        assert!(instance.get_memory(&store, "b").is_none());
        assert!(instance.get_shared_memory(&store, "own").is_none());
        assert_eq!(&instance.get_memory(&store, "own").unwrap().data(&store)[..8], b"\0\0\0activ");
        let error = run.call(&mut store, 196_608 - 100).unwrap_err();
        assert_eq!(error.trap().unwrap().code, TrapCode::MemoryOutOfBounds);
    }
}

#[test]
fn the_host_reads_and_writes_inside_only() {
    let memory = SharedMemory::new(&Engine::default(), shared(1, 1)).unwrap();
    memory.write(65534, &[1, 2]).unwrap();
    assert_eq!(memory.atomic_u8(65535).unwrap().load(Ordering::SeqCst), 2);
    assert_eq!(memory.atomic_u32(65532).unwrap().load(Ordering::SeqCst), 0x0201_0000);
    let mut bytes = [7; 2];
    for offset in [65535, 65536, u64::MAX] {
        let error = memory.read(offset, &mut bytes).unwrap_err();
        let expected = AccessError { start: offset, count: 2, length: 65536 };
        assert!(matches!(error, Error::Access(error) if error == expected), "{error}");
        assert!(memory.write(offset, &bytes).is_err());
    }
    assert_eq!(bytes, [7, 7]);
    assert!(memory.atomic_u64(65536).is_err() && memory.notify(65536, 1).is_err());
    assert!(matches!(memory.wait64(65536, 0, None), Err(WaitError::Access(_))));
    let misuses: [fn(&SharedMemory); 2] =
        [|memory| assert!(memory.atomic_u32(2).is_ok()), |memory| assert!(memory.wait64(4, 0, None).is_ok())];
    for misuse in misuses {
        let memory = memory.clone();
        let panic = std::thread::spawn(move || misuse(&memory)).join().unwrap_err();
        assert!(panic.downcast_ref::<String>().unwrap().contains("is not a multiple of"));
    }
}

#[test]
fn types_of_memories_are_checked() {
    let engine = Engine::default();
    let error = SharedMemory::new(&engine, own(1, 1)).unwrap_err();
    assert!(matches!(error, Error::Memory(MemoryError::Shared)), "{error}");
    assert!(SharedMemory::new(&engine, MemoryType { maximum: None, ..shared(1, 1) }).is_err());
    assert!(SharedMemory::new(&engine, shared(2, 1)).is_err());
    let mut store = Store::new(&engine, ());
    assert!(matches!(Memory::new(&mut store, shared(1, 1)), Err(Error::Memory(MemoryError::Shared))));

    let module = |ty| Module::new(&engine, format!(r#"(module (memory (import "m" "m") {ty}))"#)).unwrap();
    let mut linker = Linker::new(&engine);
    linker.define("m", "m", SharedMemory::new(&engine, shared(2, 4)).unwrap()).unwrap();
    for fits in ["2 4 shared", "1 5 shared", "0 4 shared"] {
        linker.instantiate(&mut store, &module(fits)).unwrap();
    }
    for differs in ["2 4", "2", "3 4 shared", "1 3 shared"] {
        let error = linker.instantiate(&mut store, &module(differs)).unwrap_err();
        assert!(matches!(error, Error::Link(LinkError::Incompatible(_))), "{differs}: {error}");
    }
    let own = Memory::new(&mut store, own(2, 4)).unwrap();
    let error = Instance::new(&mut store, &module("2 4 shared"), &[own.into()]).unwrap_err();
    assert!(error.to_string().contains("incompatible import type"), "{error}");
}

#[test]
fn a_shared_memory_is_the_same_everywhere() {
    let engine = Engine::default();
    let wat =
        r#"(module (memory (export "memory") 1 2 shared) (func (export "size") (result i32) (memory.size)))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut first = Store::new(&engine, ());
    let maker = Instance::new(&mut first, &module, &[]).unwrap();
    let memory = maker.get_shared_memory(&first, "memory").unwrap();
    assert_eq!(Some(&memory), maker.get_shared_memory(&first, "memory").as_ref());

    // The exports of an instance in one store serve another store, if they are shared memories.
    let user = r#"(module (memory (export "again") (import "maker" "memory") 1 2 shared))"#;
    let mut linker = Linker::new(&engine);
    linker.define("maker", "memory", memory.clone()).unwrap();
    let mut second = Store::new(&engine, ());
    let user = linker.instantiate(&mut second, &Module::new(&engine, user).unwrap()).unwrap();
    let again = user.get_export(&second, "again").unwrap();
    assert_eq!(again.ty(&second), ExternType::Memory(shared(1, 2)));
    assert!(again.clone().into_memory().is_none());
    assert_eq!(again.into_shared_memory(), Some(memory.clone()));
    assert!(memory != SharedMemory::new(&engine, shared(1, 2)).unwrap());

    // It grows for all, and outlives the store that made it.
    assert_eq!(memory.grow(1), Some(1));
    let size = maker.get_typed_func::<(), i32>(&first, "size").unwrap();
    assert_eq!(size.call(&mut first, ()).unwrap(), 2);
    drop(first);
    memory.write(2 * 65536 - 1, &[1]).unwrap();
    assert_eq!(user.get_shared_memory(&second, "again").unwrap().size(), 2);
}

#[test]
fn guarded_code_refuses_a_shared_memory_without_guards() {
    let [guard, explicit] = [CheckStrategy::Guard, CheckStrategy::Explicit]
        .map(|checks| Engine::new(&Config::new().checks(checks)));
    let wat = r#"(module (memory (import "m" "m") 1 1 shared)
        (func (export "f") (param i32) (result i32) (i32.atomic.load (local.get 0))))"#;
    let memory = SharedMemory::new(&explicit, shared(1, 1)).unwrap();
    let mut store = Store::new(&guard, ());
    let error = Instance::new(&mut store, &Module::new(&guard, wat).unwrap(), &[memory.into()]).unwrap_err();
    assert!(error.to_string().contains("guard regions"), "{error}");
    let memory = SharedMemory::new(&guard, shared(1, 1)).unwrap();
    assert_eq!(
        trap(run(&Module::new(&explicit, wat).unwrap(), &memory, "f", 65536)),
        TrapCode::MemoryOutOfBounds
    );
}

#[test]
fn shared_memories_may_have_64_bit_addresses() {
    let wat = r#"(module (memory (import "m" "m") i64 1 3 shared)
        (func (export "f") (param i32) (result i32)
          (i32.atomic.rmw.add offset=8 (i64.extend_i32_s (local.get 0)) (i32.const 1)))
        (func (export "wait") (param i32) (result i32)
          (memory.atomic.wait32 offset=8 (i64.extend_i32_s (local.get 0)) (i32.const 1) (i64.const -1))))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat).unwrap();
        let memory = SharedMemory::new(&engine, MemoryType { memory64: true, ..shared(1, 3) }).unwrap();
        assert_eq!(run(&module, &memory, "f", 65524).unwrap(), 0);
        assert_eq!(trap(run(&module, &memory, "f", 65528)), TrapCode::MemoryOutOfBounds);
        assert_eq!(trap(run(&module, &memory, "f", -16)), TrapCode::MemoryOutOfBounds);
        assert_eq!(trap(run(&module, &memory, "f", -15)), TrapCode::UnalignedAtomic);
        // The sum of address and offset wraps around.
        assert_eq!(trap(run(&module, &memory, "f", -8)), TrapCode::MemoryOutOfBounds);
        assert_eq!(trap(run(&module, &memory, "wait", -8)), TrapCode::MemoryOutOfBounds);
        assert_eq!(trap(run(&module, &memory, "wait", -7)), TrapCode::UnalignedAtomic);
        assert_eq!(run(&module, &memory, "wait", 0).unwrap(), 1);
        assert_eq!(memory.grow(2), Some(1));
        assert_eq!(run(&module, &memory, "f", 3 * 65536 - 12).unwrap(), 0);
    }
}
