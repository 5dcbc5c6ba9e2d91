//! Limits of a store: what growing returns, what instantiating says.

use wootz::{
    Config, Engine, Error, Instance, Limit, LimitError, Linker, Memory, MemoryType, Module, RefType,
    SharedMemory, Store, StoreLimits, Table, TableType, Val,
};

fn store(limits: StoreLimits) -> Store<()> {
    Store::new(&Engine::new(&Config::new().limits(limits)), ())
}

fn add(store: &mut Store<()>, wat: &str) -> Result<Instance, Error> {
    let module = Module::new(store.engine(), wat).expect("the module compiles");
    Instance::new(store, &module, &[])
}

/// Calls `f` with a number.
fn f(store: &mut Store<()>, instance: Instance, by: i32) -> i32 {
    instance.get_typed_func::<i32, i32>(&*store, "f").unwrap().call(store, by).unwrap()
}

fn over(result: Result<Instance, Error>) -> (Limit, u64, u128) {
    match result {
        Err(Error::Limit(LimitError { limit, allowed, wanted, .. })) => (limit, allowed, wanted),
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it is within the limits"),
    }
}

const PAGE: u64 = 65536;
const GROW_MEMORY: &str = r#"(module (memory (export "m") 1) (func (export "f") (param i32) (result i32) (memory.grow (local.get 0))))"#;
const GROW_TABLE: &str = r#"(module (table (export "t") 10 funcref)
    (func (export "f") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;

#[test]
fn a_memory_grows_to_its_limit_and_no_further() {
    let mut store = store(StoreLimits { memory_bytes: 3 * PAGE, ..StoreLimits::default() });
    let instance = add(&mut store, GROW_MEMORY).unwrap();
    assert_eq!(f(&mut store, instance, 3), -1);
    assert_eq!(f(&mut store, instance, 2), 1);
    assert_eq!(f(&mut store, instance, 1), -1);
    assert_eq!(f(&mut store, instance, 0), 3);
    let memory = instance.get_memory(&store, "m").unwrap();
    assert!(memory.grow(&mut store, 1).is_none(), "the host keeps to the limit too");
    assert_eq!(
        over(add(&mut store, "(module (memory 4))")),
        (Limit::MemoryBytes, 3 * PAGE, 4 * u128::from(PAGE))
    );
}

#[test]
fn all_memories_share_a_limit() {
    let mut store = store(StoreLimits { total_memory_bytes: 5 * PAGE, ..StoreLimits::default() });
    let first = add(&mut store, GROW_MEMORY).unwrap();
    let second = add(&mut store, GROW_MEMORY).unwrap();
    assert_eq!(f(&mut store, first, 2), 1);
    assert_eq!(f(&mut store, second, 2), -1);
    assert_eq!(f(&mut store, second, 1), 1);
    let wanted = 6 * u128::from(PAGE);
    assert_eq!(over(add(&mut store, "(module (memory 1))")), (Limit::TotalMemoryBytes, 5 * PAGE, wanted));
    let two = "(module (memory 0) (memory 1))";
    assert_eq!(over(add(&mut store, two)), (Limit::TotalMemoryBytes, 5 * PAGE, wanted));
    let ty = MemoryType { memory64: false, shared: false, minimum: 1, maximum: None, page_size_log2: 16 };
    assert!(matches!(Memory::new(&mut store, ty), Err(Error::Limit(_))));
    add(&mut store, "(module (memory 0))").unwrap();
}

/// Whoever made a shared memory and whoever grows it: a store that may not have so much does not get it.
#[test]
fn shared_memories_count_with_all_that_they_have() {
    let engine = |limits| Engine::new(&Config::new().limits(limits));
    let each = engine(StoreLimits { memory_bytes: 3 * PAGE, ..StoreLimits::default() });
    let all = engine(StoreLimits { total_memory_bytes: 3 * PAGE, ..StoreLimits::default() });
    let wat = r#"(module (import "m" "m" (memory 1 9 shared))
        (func (export "f") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    for (engine, limit) in [(each, Limit::MemoryBytes), (all, Limit::TotalMemoryBytes)] {
        let module = Module::new(&engine, wat).unwrap();
        let ty =
            MemoryType { memory64: false, shared: true, minimum: 1, maximum: Some(9), page_size_log2: 16 };
        let memory = SharedMemory::new(&engine, ty).unwrap();
        let mut stores = [Store::new(&engine, ()), Store::new(&engine, ())];
        let mut attach = |store: usize| Instance::new(&mut stores[store], &module, &[memory.clone().into()]);
        let (first, second) = (attach(0).unwrap(), attach(1).unwrap());
        assert_eq!(f(&mut stores[0], first, 1), 1);
        assert_eq!(f(&mut stores[1], second, 2), -1, "the other store's page counts");
        assert_eq!(f(&mut stores[1], second, 1), 2);
        assert_eq!(f(&mut stores[0], first, 1), -1);
        // The host keeps to no store's limit; no store takes what it makes.
        assert_eq!(memory.grow(1), Some(3));
        let mut third = Store::new(&engine, ());
        let refused = Instance::new(&mut third, &module, &[memory.into()]);
        assert_eq!(over(refused), (limit, 3 * PAGE, 4 * u128::from(PAGE)));
    }
}

#[test]
fn a_64_bit_memory_cannot_overflow_the_sum() {
    let mut store = store(StoreLimits { total_memory_bytes: 5 * PAGE, ..StoreLimits::default() });
    let error =
        add(&mut store, "(module (memory i64 0xffffffffffff) (memory i64 0xffffffffffff))").unwrap_err();
    assert!(matches!(error, Error::Limit(_)), "{error}");
    let wat = r#"(module (memory i64 1) (func (export "f") (param i32) (result i32)
        (i32.wrap_i64 (memory.grow (i64.extend_i32_s (local.get 0))))))"#;
    let instance = add(&mut store, wat).unwrap();
    assert_eq!(f(&mut store, instance, -1), -1);
    assert_eq!(f(&mut store, instance, 4), 1);
}

#[test]
fn tables_have_limits_each_and_together() {
    let limits = StoreLimits { table_elements: 20, total_table_elements: 32, ..StoreLimits::default() };
    let mut store = store(limits);
    let first = add(&mut store, GROW_TABLE).unwrap();
    assert_eq!(f(&mut store, first, 11), -1);
    assert_eq!(f(&mut store, first, 10), 10);
    let second = add(&mut store, GROW_TABLE).unwrap();
    assert_eq!(f(&mut store, second, 3), -1);
    assert_eq!(f(&mut store, second, 2), 10);
    assert_eq!(over(add(&mut store, "(module (table 21 funcref))")), (Limit::TableElements, 20, 21));
    assert_eq!(over(add(&mut store, "(module (table 1 funcref))")), (Limit::TotalTableElements, 32, 33));
    let ty = TableType { element: RefType::FUNCREF, table64: false, minimum: 1, maximum: None };
    assert!(matches!(Table::new(&mut store, ty, Val::FuncRef(None)), Err(Error::Limit(_))));
}

/// Seven tables of three million elements, each filled: 168 MB that a module of some hundred bytes would take.
#[test]
fn by_default_tables_are_limited_together() {
    let tables = "(table 3000000 funcref (ref.func $f))".repeat(7);
    let mut store = store(StoreLimits::default());
    let error = over(add(&mut store, &format!("(module (func $f) {tables})")));
    assert_eq!(error, (Limit::TotalTableElements, 20_000_000, 21_000_000));
}

#[test]
fn counts_are_limited() {
    let mut some = store(StoreLimits { instances: 2, ..StoreLimits::default() });
    add(&mut some, "(module)").unwrap();
    add(&mut some, "(module (func $s unreachable) (start $s))").unwrap_err();
    assert_eq!(over(add(&mut some, "(module)")), (Limit::Instances, 2, 3));
    let mut some = store(StoreLimits { memories: 2, tables: 1, ..StoreLimits::default() });
    assert_eq!(over(add(&mut some, "(module (memory 0) (memory 0) (memory 0))")), (Limit::Memories, 2, 3));
    assert_eq!(over(add(&mut some, "(module (table 0 funcref) (table 0 funcref))")), (Limit::Tables, 1, 2));
    add(&mut some, "(module (memory 0) (memory 0) (table 0 funcref))").unwrap();
}

/// What is refused leaves nothing behind that would count.
#[test]
fn a_refusal_takes_no_room() {
    let limits = StoreLimits { total_memory_bytes: 2 * PAGE, instances: 1, ..StoreLimits::default() };
    let mut store = store(limits);
    for _ in 0..3 {
        add(&mut store, "(module (memory 1) (memory 2))").unwrap_err();
    }
    let module = Module::new(store.engine(), "(module (memory 1) (memory 1))").unwrap();
    Linker::new(store.engine()).instantiate(&mut store, &module).unwrap();
}
