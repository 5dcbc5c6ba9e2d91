//! Memories, tables and globals: made by the host, exported, imported, shared between instances.

use wootz::{
    Engine, Error, Extern, ExternType, Func, Global, GlobalType, HeapType, Instance, Memory, MemoryType,
    Module, RefType, Store, Table, TableType, Val, ValType, ValueError,
};

fn memory_type(minimum: u64, maximum: Option<u64>) -> MemoryType {
    MemoryType { memory64: false, shared: false, minimum, maximum, page_size_log2: 16 }
}

fn table_type(element: RefType, minimum: u64, maximum: Option<u64>) -> TableType {
    TableType { element, table64: false, minimum, maximum }
}

#[test]
fn every_kind_is_exported_with_its_type() {
    let (store, instance) = crate::instance(
        r#"(module
          (func (export "f") (param i32) (result i64) (i64.const 0))
          (memory (export "m") 1 4)
          (table (export "t") 3 9 externref)
          (global (export "g") f32 (f32.const 1.5)))"#,
    );
    let exports = instance.exports(&store);
    let names: Vec<_> = exports.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["f", "m", "t", "g"]);
    let types: Vec<_> = exports.iter().map(|(_, item)| item.ty(&store)).collect();
    assert!(matches!(&types[0], ExternType::Function(ty) if ty.to_string() == "(i32) -> (i64)"));
    assert_eq!(types[1], ExternType::Memory(memory_type(1, Some(4))));
    assert_eq!(types[2], ExternType::Table(table_type(RefType::EXTERNREF, 3, Some(9))));
    assert_eq!(types[3], ExternType::Global(GlobalType { content: ValType::F32, mutable: false }));
    assert_eq!(instance.get_global(&store, "g").unwrap().get(&store).f32(), Some(1.5));
    assert!(instance.get_func(&store, "m").is_none(), "a memory is not a function");
    assert!(instance.get_export(&store, "x").is_none());
}

#[test]
fn every_kind_is_imported_from_the_host() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, memory_type(1, None)).unwrap();
    let table = Table::new(&mut store, table_type(RefType::FUNCREF, 2, None), Val::FuncRef(None)).unwrap();
    let ty = GlobalType { content: ValType::I64, mutable: true };
    let global = Global::new(&mut store, ty, Val::I64(5)).unwrap();
    let func = Func::wrap(&mut store, |x: i64| x * 2);
    table.set(&mut store, 1, func.into()).unwrap();
    memory.write(&mut store, 8, &40i64.to_le_bytes()).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
          (import "h" "f" (func $f (param i64) (result i64)))
          (import "h" "m" (memory 1))
          (import "h" "t" (table 1 funcref))
          (import "h" "g" (global $g (mut i64)))
          (type $unary (func (param i64) (result i64)))
          (func (export "run") (result i64)
            (global.set $g (i64.add (global.get $g) (i64.load (i32.const 8))))
            (i64.store (i32.const 16) (call $f (global.get $g)))
            (call_indirect (type $unary) (i64.load (i32.const 16)) (i32.const 1))))"#,
    )
    .unwrap();
    let imports = [func.into(), memory.into(), table.into(), global.into()];
    let instance = Instance::new(&mut store, &module, &imports).unwrap();
    let run = instance.get_typed_func::<(), i64>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 180);
    assert_eq!(global.get(&store).i64(), Some(45));
    let mut bytes = [0; 8];
    memory.read(&store, 16, &mut bytes).unwrap();
    assert_eq!(i64::from_le_bytes(bytes), 90);
}

#[test]
fn two_instances_share_a_memory_that_grows() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let owner = Module::new(
        &engine,
        r#"(module (memory (export "m") 1 10)
            (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#,
    )
    .unwrap();
    let user = Module::new(
        &engine,
        r#"(module (import "o" "m" (memory 1))
            (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
            (func (export "size") (result i32) (memory.size)))"#,
    )
    .unwrap();
    let owner = Instance::new(&mut store, &owner, &[]).unwrap();
    let memory = owner.get_memory(&store, "m").unwrap();
    let user = Instance::new(&mut store, &user, &[memory.into()]).unwrap();
    let write = user.get_typed_func::<(i32, i32), ()>(&store, "store").unwrap();
    let size = user.get_typed_func::<(), i32>(&store, "size").unwrap();
    let load = owner.get_typed_func::<i32, i32>(&store, "load").unwrap();
    let grow = owner.get_typed_func::<i32, i32>(&store, "grow").unwrap();

    write.call(&mut store, (70_000, 1)).unwrap_err();
    assert_eq!(grow.call(&mut store, 1).unwrap(), 1);
    assert_eq!(size.call(&mut store, ()).unwrap(), 2);
    write.call(&mut store, (70_000, 99)).unwrap();
    assert_eq!(load.call(&mut store, 70_000).unwrap(), 99);
    assert_eq!(memory.grow(&mut store, 3), Some(2));
    assert_eq!(size.call(&mut store, ()).unwrap(), 5);
    assert_eq!(memory.grow(&mut store, 6), None, "past the maximum");
    assert_eq!(memory.data_size(&store), 5 << 16);
    assert_eq!(memory.data(&store)[70_000], 99);
}

#[test]
fn two_instances_share_a_table_and_call_each_other_through_it() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let owner = Module::new(
        &engine,
        r#"(module (table (export "t") 2 funcref)
            (type $int (func (result i32)))
            (global $secret i32 (i32.const 11))
            (func $mine (result i32) (global.get $secret))
            (elem (i32.const 0) $mine)
            (func (export "at") (param i32) (result i32) (call_indirect (type $int) (local.get 0))))"#,
    )
    .unwrap();
    let user = Module::new(
        &engine,
        r#"(module (import "o" "t" (table 2 funcref))
            (type $int (func (result i32)))
            (global $secret i32 (i32.const 22))
            (func $mine (result i32) (global.get $secret))
            (elem (i32.const 1) $mine)
            (func (export "at") (param i32) (result i32) (call_indirect (type $int) (local.get 0))))"#,
    )
    .unwrap();
    let owner = Instance::new(&mut store, &owner, &[]).unwrap();
    let table = owner.get_table(&store, "t").unwrap();
    let user = Instance::new(&mut store, &user, &[table.into()]).unwrap();
    for instance in [owner, user] {
        let at = instance.get_typed_func::<i32, i32>(&store, "at").unwrap();
        assert_eq!((at.call(&mut store, 0).unwrap(), at.call(&mut store, 1).unwrap()), (11, 22));
    }
}

#[test]
fn tables_grow_and_refuse() {
    let mut store = Store::new(&Engine::default(), ());
    let table =
        Table::new(&mut store, table_type(RefType::EXTERNREF, 1, Some(3)), Val::ExternRef(None)).unwrap();
    assert_eq!(table.grow(&mut store, 2, Val::ExternRef(None)).unwrap(), 1);
    assert_eq!(table.size(&store), 3);
    let error = table.grow(&mut store, 1, Val::ExternRef(None)).unwrap_err();
    assert!(matches!(error, Error::Value(ValueError::TooLarge { elements: 4 })), "{error}");
    assert!(table.get(&store, 3).is_none());
    assert!(matches!(table.get(&store, 2), Some(Val::ExternRef(None))));
    assert!(matches!(
        table.set(&mut store, 3, Val::ExternRef(None)),
        Err(Error::Value(ValueError::Access(_)))
    ));
    assert!(matches!(table.set(&mut store, 0, Val::I32(0)), Err(Error::Value(ValueError::Type { .. }))));
}

#[test]
fn a_global_is_shared_and_keeps_its_mutability() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(
        &engine,
        r#"(module (import "h" "g" (global $g (mut i32))) (export "g" (global $g))
            (func (export "bump") (global.set $g (i32.add (global.get $g) (i32.const 1)))))"#,
    )
    .unwrap();
    let ty = GlobalType { content: ValType::I32, mutable: true };
    let global = Global::new(&mut store, ty, Val::I32(1)).unwrap();
    let first = Instance::new(&mut store, &module, &[global.into()]).unwrap();
    let exported = first.get_global(&store, "g").unwrap();
    let second = Instance::new(&mut store, &module, &[exported.into()]).unwrap();
    crate::call(&mut store, first, "bump").unwrap();
    crate::call(&mut store, second, "bump").unwrap();
    assert_eq!(global.get(&store).i32(), Some(3));
    exported.set(&mut store, Val::I32(-1)).unwrap();
    assert_eq!(global.get(&store).i32(), Some(-1));

    let fixed = GlobalType { content: ValType::I32, mutable: false };
    let fixed = Global::new(&mut store, fixed, Val::I32(1)).unwrap();
    assert!(matches!(fixed.set(&mut store, Val::I32(2)), Err(Error::Value(ValueError::Immutable))));
    assert!(Global::new(&mut store, ty, Val::F32(0)).is_err());
}

#[test]
fn memory_access_from_the_host_is_checked() {
    let mut store = Store::new(&Engine::default(), ());
    let memory = Memory::new(&mut store, memory_type(1, None)).unwrap();
    memory.write(&mut store, 65_535, &[1]).unwrap();
    assert!(matches!(memory.write(&mut store, 65_535, &[1, 2]), Err(Error::Access(_))));
    assert!(matches!(memory.read(&store, u64::MAX, &mut [0]), Err(Error::Access(_))));
    memory.read(&store, 65_536, &mut []).unwrap();
    memory.data_mut(&mut store)[0] = 7;
    assert_eq!(memory.data(&store)[0], 7);
    assert_eq!(memory.size(&store), 1);
}

#[test]
fn a_null_of_each_type_exists() {
    assert!(matches!(Val::null(RefType::FUNCREF), Val::FuncRef(None)));
    assert!(matches!(Val::null(RefType { nullable: true, heap: HeapType::NoExtern }), Val::ExternRef(None)));
    assert!(Extern::into_func(crate_func()).is_some());
}

fn crate_func() -> Extern {
    let mut store = Store::new(&Engine::default(), ());
    Func::wrap(&mut store, || {}).into()
}
