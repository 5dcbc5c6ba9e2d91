//! Slots are used again, hold nothing of who used them before, and run out as configured.

use wootz::{CheckStrategy, Engine, Error, Instance, MemoryPool, Module, PoolConfig, Store, WhenExhausted};

use super::{config, instantiate};

const CHECKS: [CheckStrategy; 2] = [CheckStrategy::Guard, CheckStrategy::Explicit];

fn pool(when_exhausted: WhenExhausted, keep_resident: usize) -> MemoryPool {
    let config = PoolConfig {
        guarded_slots: 3,
        explicit_slots: 3,
        explicit_slot_bytes: 1 << 20,
        keep_resident,
        when_exhausted,
        ..PoolConfig::default()
    };
    MemoryPool::new(&config).unwrap()
}

const WAT: &str = r#"(module (memory (export "memory") 2)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

fn grow(store: &mut Store<()>, instance: Instance, pages: i32) -> i32 {
    instance.get_typed_func::<i32, i32>(&*store, "grow").unwrap().call(store, pages).unwrap()
}

#[test]
fn a_slot_holds_nothing_of_its_last_memory() {
    for checks in CHECKS {
        for keep_resident in [0, 4096, 70_000, 1 << 30] {
            let engine = Engine::new(&config(checks).memory_pool(pool(WhenExhausted::Fail, keep_resident)));
            for round in 0..6 {
                let (mut store, instance) = instantiate(&engine, WAT).unwrap();
                let memory = instance.get_memory(&store, "memory").unwrap();
                assert_eq!(memory.data(&store).len(), 131_072);
                assert!(memory.data(&store).iter().all(|byte| *byte == 0), "{checks:?}, round {round}");
                // A page here and there, or all of them.
                let step = [1, 4096, 50_000][round % 3];
                memory.data_mut(&mut store).iter_mut().step_by(step).for_each(|byte| *byte = 1);
                assert_eq!(grow(&mut store, instance, 8), 2);
                assert!(
                    memory.data(&store)[131_072..].iter().all(|byte| *byte == 0),
                    "{checks:?}, round {round}"
                );
                memory.data_mut(&mut store)[131_072..].iter_mut().step_by(step).for_each(|byte| *byte = 1);
            }
        }
    }
}

#[test]
fn the_memory_of_a_dropped_store_is_the_next_ones() {
    for checks in CHECKS {
        let pool = pool(WhenExhausted::Fail, 65536);
        let engine = Engine::new(&config(checks).memory_pool(pool.clone()));
        let module = Module::new(&engine, WAT).unwrap();
        let base = |store: &mut Store<()>| {
            let instance = Instance::new(&mut *store, &module, &[]).unwrap();
            instance.get_memory(&*store, "memory").unwrap().data(&*store).as_ptr()
        };
        let in_use = || pool.in_use().0 + pool.in_use().1;
        let mut store = Store::new(&engine, ());
        let first = base(&mut store);
        assert_eq!(in_use(), 1);
        drop(store);
        assert_eq!(in_use(), 0);
        assert_eq!(base(&mut Store::new(&engine, ())), first);
    }
}

#[test]
fn a_pool_that_is_used_up_fails_or_is_passed_over() {
    for checks in CHECKS {
        let pool_of = |when| Engine::new(&config(checks).memory_pool(pool(when, 0)));
        let (strict, lenient) = (pool_of(WhenExhausted::Fail), pool_of(WhenExhausted::Map));
        let kept: Vec<_> = (0..3).map(|_| instantiate(&strict, WAT).unwrap()).collect();
        let error = instantiate(&strict, WAT).unwrap_err();
        assert!(matches!(error, Error::Memory(wootz::MemoryError::PoolExhausted { slots: 3 })), "{error:?}");
        assert!(error.to_string().contains("drop stores, or make a larger pool"), "{error}");
        drop(kept);
        assert!(instantiate(&strict, WAT).is_ok());
        let kept: Vec<_> = (0..5).map(|_| instantiate(&lenient, WAT).unwrap()).collect();
        assert_eq!(kept.len(), 5);
    }
}

#[test]
fn a_memory_that_outgrows_its_slot_moves_out() {
    let pool = pool(WhenExhausted::Fail, 65536);
    let engine = Engine::new(&config(CheckStrategy::Explicit).memory_pool(pool.clone()));
    let (mut store, instance) = instantiate(&engine, WAT).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    memory.write(&mut store, 131_071, b"x").unwrap();
    assert_eq!(pool.in_use().1, 1);
    assert_eq!(grow(&mut store, instance, 15), 2);
    assert_eq!(pool.in_use().1, 0);
    assert_eq!(memory.data(&store)[131_071], b'x');
    assert!(memory.data(&store)[131_072..].iter().all(|byte| *byte == 0));
    // From here on it grows like any other.
    for pages in [1, 100, 1000] {
        assert_ne!(grow(&mut store, instance, pages), -1);
        assert_eq!(memory.data(&store)[131_071], b'x');
    }
}

#[test]
fn memories_that_do_not_fit_a_slot_are_mapped() {
    let pool = pool(WhenExhausted::Fail, 0);
    let engine = Engine::new(&config(CheckStrategy::Explicit).memory_pool(pool.clone()));
    assert!(instantiate(&engine, "(module (memory 17))").is_ok());
    let kept = instantiate(&engine, "(module (memory 1) (memory i64 2) (memory 1 2 (pagesize 1)))").unwrap();
    assert_eq!(pool.in_use(), (0, 3));
    drop(kept);
}

#[test]
fn threads_share_a_pool() {
    for checks in CHECKS {
        let engine = Engine::new(&config(checks).memory_pool(pool(WhenExhausted::Map, 65536)));
        let module = Module::new(&engine, WAT).unwrap();
        std::thread::scope(|scope| {
            for thread in 1..=4u8 {
                let (engine, module) = (&engine, &module);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let mut store = Store::new(engine, ());
                        let instance = Instance::new(&mut store, module, &[]).unwrap();
                        let memory = instance.get_memory(&store, "memory").unwrap();
                        assert!(memory.data(&store).iter().step_by(512).all(|byte| *byte == 0));
                        memory.data_mut(&mut store).iter_mut().step_by(512).for_each(|byte| *byte = thread);
                        assert!(memory.data(&store).iter().step_by(512).all(|byte| *byte == thread));
                    }
                });
            }
        });
    }
}
