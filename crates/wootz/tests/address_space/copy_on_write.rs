//! Initial data that is mapped is what copying would have written, whoever writes to it and whatever traps.

use wootz::{
    CheckStrategy, Engine, Error, Extern, Instance, Linker, MemoryPool, Module, PoolConfig, Store, TrapCode,
};

use super::{config, instantiate};

/// A module with 200 KiB of data, two segments of which overlap.
fn wat(rest: &str) -> String {
    let bytes = |letter: &str, count| letter.repeat(count);
    format!(
        r#"(module
            (import "host" "table" (table 2 funcref))
            (memory (export "memory") 4)
            (data (i32.const 10) "{}")
            (data (i32.const 100000) "{}")
            {rest}
            (func $sum (export "sum") (result i32) (local $at i32) (local $sum i32)
              (loop $more
                (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load8_u (local.get $at))))
                (br_if $more (i32.lt_u
                  (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 262144))))
              (local.get $sum))
            (func (export "write") (i32.store (i32.const 50000) (i32.const -1)))
            (func (export "grow") (result i32) (memory.grow (i32.const 100)))
            (func $first (export "first") (result i32) (i32.load8_u (i32.const 10))))"#,
        bytes("a", 100_000),
        bytes("b", 100_000),
    )
}

/// Every way in which a memory can come by its data, the plain copy first.
fn engines(checks: CheckStrategy) -> Vec<Engine> {
    let pool = |keep_resident| {
        let config =
            PoolConfig { guarded_slots: 2, explicit_slots: 2, keep_resident, ..PoolConfig::default() };
        MemoryPool::new(&config).unwrap()
    };
    vec![
        Engine::new(&config(checks).copy_on_write(false)),
        Engine::new(&config(checks)),
        Engine::new(&config(checks).memory_pool(pool(0))),
        Engine::new(&config(checks).memory_pool(pool(1 << 20))),
    ]
}

fn with_table(engine: &Engine, module: &Module) -> (Store<()>, wootz::Table, Result<Instance, Error>) {
    let mut store = Store::new(engine, ());
    let ty = wootz::TableType { element: wootz::RefType::FUNCREF, table64: false, minimum: 2, maximum: None };
    let table = wootz::Table::new(&mut store, ty, wootz::Val::FuncRef(None)).unwrap();
    let mut linker = Linker::new(engine);
    linker.define("host", "table", Extern::Table(table)).unwrap();
    let instance = linker.instantiate(&mut store, module);
    (store, table, instance)
}

fn call(store: &mut Store<()>, instance: Instance, name: &str) -> i32 {
    instance.get_typed_func::<(), i32>(&*store, name).unwrap().call(store, ()).unwrap()
}

#[test]
fn mapped_data_is_what_copied_data_would_be() {
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        let mut sums = Vec::new();
        for engine in engines(checks) {
            let module = Module::new(&engine, wat("")).unwrap();
            for _ in 0..5 {
                let (mut store, _, instance) = with_table(&engine, &module);
                let instance = instance.unwrap();
                sums.push(call(&mut store, instance, "sum"));
                instance.get_typed_func::<(), ()>(&store, "write").unwrap().call(&mut store, ()).unwrap();
                let written = call(&mut store, instance, "sum");
                assert_ne!(written, sums[0]);
                // Out of its slot, or to another place, with what is there.
                assert_eq!(call(&mut store, instance, "grow"), 4);
                assert_eq!(call(&mut store, instance, "sum"), written);
                let memory = instance.get_memory(&store, "memory").unwrap();
                assert!(memory.data(&store)[262_144..].iter().all(|byte| *byte == 0));
            }
        }
        assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
    }
}

#[test]
fn instances_of_a_module_do_not_see_each_other() {
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        for engine in engines(checks) {
            let module = Module::new(&engine, wat("")).unwrap();
            let (mut first, _, instance) = with_table(&engine, &module);
            let instance = instance.unwrap();
            let (mut second, _, other) = with_table(&engine, &module);
            let other = other.unwrap();
            let sum = call(&mut second, other, "sum");
            instance.get_typed_func::<(), ()>(&first, "write").unwrap().call(&mut first, ()).unwrap();
            assert_eq!(call(&mut second, other, "sum"), sum);
            assert_ne!(call(&mut first, instance, "sum"), sum);
        }
    }
}

/// The function that a table got before something trapped sees the memory as the specification left it.
#[test]
fn what_a_trap_leaves_is_the_same() {
    for (rest, trap, first) in [
        // Elements come first: no data is written when they trap.
        ("(elem (i32.const 0) func $first) (elem (i32.const 2) func $first)", TrapCode::TableOutOfBounds, 0),
        ("(elem (i32.const 0) func $first) (data (i32.const 262144) \"x\")", TrapCode::MemoryOutOfBounds, 97),
        (
            "(elem (i32.const 0) func $first) (data (i32.const 262144) \"x\") (data (i32.const 10) \"c\")",
            TrapCode::MemoryOutOfBounds,
            97,
        ),
        (
            "(elem (i32.const 0) func $first) (data (i32.const 10) \"c\") (data (i32.const -1) \"x\")",
            TrapCode::MemoryOutOfBounds,
            99,
        ),
    ] {
        for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
            for engine in engines(checks) {
                let module = Module::new(&engine, wat(rest)).unwrap();
                for _ in 0..3 {
                    let (mut store, table, result) = with_table(&engine, &module);
                    assert_eq!(result.unwrap_err().trap().unwrap().code, trap, "{rest}");
                    let Some(wootz::Val::FuncRef(Some(func))) = table.get(&store, 0) else {
                        panic!("{rest}: nothing in the table")
                    };
                    let results = func.call(&mut store, &[]).unwrap();
                    assert_eq!(results[0].i32(), Some(first), "{rest}");
                }
            }
        }
    }
}

#[test]
fn little_data_is_copied() {
    let engine = Engine::new(&config(CheckStrategy::Guard));
    let wat = r#"(module (memory (export "memory") 1) (data (i32.const 7) "steel"))"#;
    let (store, instance) = instantiate(&engine, wat).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    assert_eq!(&memory.data(&store)[6..13], b"\0steel\0");
}

/// The system's own list says whether data is mapped: only where that is wanted, and in a pool only what does not stay resident.
#[test]
fn large_data_is_mapped() {
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        for (engine, mapped) in engines(checks).iter().zip([false, true, true, false]) {
            let module = Module::new(engine, wat("")).unwrap();
            let (store, _, instance) = with_table(engine, &module);
            let memory = instance.unwrap().get_memory(&store, "memory").unwrap();
            let start = format!("{:x}-", memory.data(&store).as_ptr().addr());
            let map = std::fs::read_to_string("/proc/self/maps").unwrap();
            let is_mapped = map.lines().any(|line| line.starts_with(&start) && line.contains("wootz-data"));
            assert_eq!(is_mapped, mapped, "{checks:?}");
        }
    }
}
