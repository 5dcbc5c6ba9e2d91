//! The sizes of guards, reservations and steps of growth are those that were asked for, and code gets the guards that it relies on.

use std::io;
use std::sync::{Arc, Mutex};

use wootz::{
    CheckStrategy, Config, Engine, Error, HostMemory, Instance, Memory, MemoryCreator, MemoryError,
    MemoryPlan, MemoryPool, MemoryRequest, MemoryType, Module, OptLevel, PoolConfig, RegionKind, Store,
    TrapCode, WhenExhausted,
};

use super::{config, instantiate};

const STEP: u64 = MemoryPlan::GUARD_STEP;

const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "near") (param i32) (result i64) (i64.load offset=65528 (local.get 0)))
    (func (export "far") (param i32) (result i64) (i64.load offset=65529 (local.get 0)))
    (func (export "farther") (param i32) (result i64) (i64.load offset=0xffff_ffff (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

fn guarded(guard: u64) -> Config {
    config(CheckStrategy::Guard).guard_size(guard)
}

/// Sizes of a store's regions of a kind, by address.
fn sizes(store: &Store<()>, kind: RegionKind) -> Vec<usize> {
    let regions = store.regions();
    let named = regions.iter().filter(|region| region.kind == kind && region.name.starts_with("memory"));
    named.map(|region| region.addresses.len()).collect()
}

/// What a guard of one step does not catch is compared, and what it does faults: both are the same trap.
#[test]
fn accesses_around_the_end_of_a_guard_trap() {
    for guard in [0, STEP, 1 << 31, u64::MAX] {
        for level in [OptLevel::O0, OptLevel::O2] {
            let engine = Engine::new(&guarded(guard).opt_level(level));
            let (mut store, instance) = instantiate(&engine, GUEST).unwrap();
            for name in ["near", "far", "farther"] {
                let load = instance.get_typed_func::<u32, u64>(&store, name).unwrap();
                for address in [8, 65536, u32::MAX - 65536, u32::MAX - 7, u32::MAX] {
                    let error = load.call(&mut store, address).unwrap_err();
                    let code = error.trap().map(|trap| trap.code);
                    assert_eq!(code, Some(TrapCode::MemoryOutOfBounds), "{name} {address} with {guard}");
                }
            }
            let near = instance.get_typed_func::<u32, u64>(&store, "near").unwrap();
            assert_eq!(near.call(&mut store, 0).unwrap(), 0);
        }
    }
}

#[test]
fn guards_have_the_sizes_asked_for() {
    for (guard, before, sizes_of_guards) in [
        (0, 0, [4096, 65536]),
        (STEP, 5000, [8192, 65536]),
        (3 * STEP + 1, 1 << 20, [1 << 20, 4 * 65536]),
        (1 << 31, 1 << 31, [1 << 31, 1 << 31]),
    ] {
        let engine = Engine::new(&guarded(guard).guard_size_before(before));
        for wat in [GUEST, "(module (memory 1 2 shared))"] {
            let (store, _) = instantiate(&engine, wat).unwrap();
            assert_eq!(sizes(&store, RegionKind::Guard), sizes_of_guards, "{wat}");
        }
        let mut store = Store::new(&engine, ());
        let ty = MemoryType { memory64: false, shared: false, minimum: 0, maximum: None, page_size_log2: 16 };
        Memory::new(&mut store, ty).unwrap();
        assert_eq!(sizes(&store, RegionKind::Guard), sizes_of_guards, "a memory that the host makes");
    }
}

#[test]
fn a_growing_memory_gets_ahead_what_was_asked_for() {
    for (ahead, reservation, accessible) in [
        (0, 1 << 20, 2 * 65536),
        (100_000, 1 << 20, 2 * 65536 + 100_000_usize.next_multiple_of(4096)),
        (1 << 20, 3 * 65536, 3 * 65536),
    ] {
        let config = config(CheckStrategy::Explicit).growth_ahead(ahead).small_reservation(reservation);
        let (mut store, instance) = instantiate(&Engine::new(&config), GUEST).unwrap();
        assert_eq!(sizes(&store, RegionKind::Memory), [65536]);
        assert_eq!(sizes(&store, RegionKind::Reserve), [reservation - 65536]);
        let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
        assert_eq!(grow.call(&mut store, 1).unwrap(), 1);
        assert_eq!(sizes(&store, RegionKind::Memory), [accessible]);
        // Past the reservation it moves.
        assert_eq!(grow.call(&mut store, 100).unwrap(), 2);
        let near = instance.get_typed_func::<u32, u64>(&store, "near").unwrap();
        assert_eq!(near.call(&mut store, 65536).unwrap(), 0);
        assert_eq!(grow.call(&mut store, 0).unwrap(), 102);
    }
    // A guarded one gets nothing ahead: what is behind its length must fault.
    let (mut store, instance) =
        instantiate(&Engine::new(&guarded(STEP).growth_ahead(1 << 20)), GUEST).unwrap();
    instance.get_typed_func::<i32, i32>(&store, "grow").unwrap().call(&mut store, 1).unwrap();
    assert_eq!(sizes(&store, RegionKind::Memory), [2 * 65536]);
}

#[test]
fn code_gets_no_memory_with_smaller_guards_than_it_relies_on() {
    let [small, large] = [STEP, 1 << 20].map(|guard| Engine::new(&guarded(guard)));
    let user = r#"(module (memory (import "m" "m") 1) (func (export "f") (drop (i32.load (i32.const 0)))))"#;
    let import = |compiled: &Engine, made: &Engine| {
        let mut store = Store::new(made, ());
        let maker = Instance::new(&mut store, &Module::new(made, GUEST).unwrap(), &[]).unwrap();
        let memory = maker.get_memory(&store, "memory").unwrap();
        Instance::new(&mut store, &Module::new(compiled, user).unwrap(), &[memory.into()]).map(drop)
    };
    import(&small, &large).unwrap();
    import(&large, &large).unwrap();
    let error = import(&large, &small).unwrap_err().to_string();
    assert!(error.contains("guard regions of 1048576 bytes, and this one has only 65536 bytes"), "{error}");
}

/// The image says what its code relies on, whatever the engine that loads it makes otherwise.
#[test]
fn an_image_brings_its_own_guards() {
    let image = Engine::new(&guarded(1 << 20)).precompile(GUEST).unwrap();
    let engine = Engine::new(&guarded(STEP).guard_size_before(4096));
    let module = Module::from_image(&engine, image).unwrap();
    let mut store = Store::new(&engine, ());
    Instance::new(&mut store, &module, &[]).unwrap();
    assert_eq!(sizes(&store, RegionKind::Guard), [4096, 1 << 20]);
}

fn pool(guard: usize, when_exhausted: WhenExhausted) -> MemoryPool {
    MemoryPool::new(&PoolConfig {
        guarded_slots: 4,
        guard_bytes: guard,
        explicit_slots: 0,
        when_exhausted,
        ..PoolConfig::default()
    })
    .unwrap()
}

#[test]
fn a_pool_serves_the_guards_that_it_has_and_smaller_ones() {
    let pool = pool(1 << 20, WhenExhausted::Fail);
    for guard in [STEP, 1 << 20] {
        let (store, _) = instantiate(&Engine::new(&guarded(guard).memory_pool(pool.clone())), GUEST).unwrap();
        assert_eq!(pool.in_use(), (1, 0));
        assert_eq!(sizes(&store, RegionKind::Guard), [1 << 20, 1 << 20]);
    }
    let error = instantiate(&Engine::new(&guarded(1 << 21).memory_pool(pool)), GUEST).unwrap_err();
    let Error::Memory(MemoryError::PoolGuard { needed, given }) = error else { panic!("{error}") };
    assert_eq!((needed, given), (1 << 21, 1 << 20));
}

#[test]
fn a_pool_without_such_guards_is_passed_by_if_it_may_be() {
    let pool = pool(0, WhenExhausted::Map);
    let (store, _) = instantiate(&Engine::new(&guarded(STEP).memory_pool(pool.clone())), GUEST).unwrap();
    assert_eq!(pool.in_use(), (0, 0));
    assert_eq!(sizes(&store, RegionKind::Guard)[1], 65536);
}

/// Remembers what it was asked for, and gives nothing.
#[derive(Default)]
struct Listener(Mutex<Vec<MemoryPlan>>);

impl MemoryCreator for Listener {
    fn create(&self, request: &MemoryRequest) -> io::Result<Option<Box<dyn HostMemory>>> {
        self.0.lock().unwrap().push(request.plan);
        Ok(None)
    }
}

#[test]
fn the_embedder_is_told_the_guard() {
    let creator = Arc::new(Listener::default());
    instantiate(&Engine::new(&guarded(3 * STEP).memory_creator(creator.clone())), GUEST).unwrap();
    let expected = MemoryPlan { guarded: true, reservation: 1 << 32, guard: 3 * STEP };
    assert_eq!(*creator.0.lock().unwrap(), [expected]);
}
