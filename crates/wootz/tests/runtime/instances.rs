//! Linking and instantiation: sharing, identity, what remains after a failure.

use wootz_runtime::{
    CheckStrategy, Func, Global, Image, Instance, InstantiateError, Memory, Store, StoreConfig, Table,
    TrapCode, Val, ValueError,
};
use wootz_wasm_ir::{FuncType, GlobalType, MemoryType, RefType, TableType, ValType};

use super::{MODES, Mode, USUAL, call, func};

const EMPTY: [ValType; 0] = [];

fn memory_type(minimum: u64, maximum: Option<u64>) -> MemoryType {
    MemoryType { memory64: false, shared: false, minimum, maximum, page_size_log2: 16 }
}

fn table_type(minimum: u64, maximum: Option<u64>) -> TableType {
    TableType { element: RefType::FUNCREF, table64: false, minimum, maximum }
}

#[test]
fn instances_share_what_they_import() {
    let exporter = r#"(module
        (memory (export "memory") 1)
        (table (export "table") 2 funcref)
        (global (export "global") (mut i64) (i64.const 5))
        (func (export "size") (result i32) (memory.size))
        (func (export "get") (result i64) (global.get 0)))"#;
    let importer = r#"(module
        (import "e" "memory" (memory 1))
        (import "e" "table" (table 1 funcref))
        (import "e" "global" (global (mut i64)))
        (import "e" "size" (func $size (result i32)))
        (elem (i32.const 0) $nine)
        (func $nine (result i32) (i32.const 9))
        (func (export "f") (result i32)
          (global.set 0 (i64.const 6))
          (drop (memory.grow (i32.const 2)))
          (i32.store (i32.const 196604) (i32.const 1))
          (i32.add (call $size) (call_indirect (result i32) (i32.const 0)))))"#;
    for mode in MODES {
        let (mut store, first) = mode.instantiate(exporter, &[]);
        let names = ["memory", "table", "global", "size"];
        let imports = names.map(|name| first.export(&store, name).unwrap());
        let second = mode.add(&mut store, importer, &imports).unwrap();
        assert_eq!(call(&mut store, second, "f", &[]).unwrap(), [Val::I32(12)], "{mode:?}");
        assert_eq!(call(&mut store, first, "get", &[]).unwrap(), [Val::I64(6)]);
        let memory = imports[0].into_memory().unwrap();
        assert_eq!(memory.data(&store).len(), 3 << 16);
        assert_eq!(memory.data(&store)[196_604], 1);
    }
}

#[test]
fn one_image_makes_many_instances() {
    let image = USUAL.image(
        r#"(module (global $g (mut i32) (i32.const 0)) (memory 1)
        (func (export "next") (result i32)
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"#,
    );
    let mut store = USUAL.store();
    let instances: Vec<_> = (0..50).map(|_| Instance::new(&mut store, &image, &[]).unwrap()).collect();
    for (count, instance) in instances.iter().enumerate() {
        for next in 1..=count as i32 {
            assert_eq!(call(&mut store, *instance, "next", &[]).unwrap(), [Val::I32(next)]);
        }
    }
}

#[test]
fn a_function_keeps_its_identity_wherever_it_goes() {
    let wat = r#"(module
        (table (export "table") 3 funcref)
        (elem (i32.const 0) $f)
        (global (export "global") funcref (ref.func $f))
        (func $f (export "f"))
        (func (export "same") (param funcref) (result funcref)
          (table.set (i32.const 1) (local.get 0)) (table.get (i32.const 1))))"#;
    let (mut store, instance) = USUAL.instantiate(wat, &[]);
    let f = func(&store, instance, "f");
    let reference = Val::FuncRef(Some(f));
    let table = instance.export(&store, "table").unwrap().into_table().unwrap();
    assert_eq!(table.get(&store, 0), Some(reference));
    assert_eq!(table.get(&store, 2), Some(Val::FuncRef(None)));
    assert_eq!(table.get(&store, 3), None);
    let global = instance.export(&store, "global").unwrap().into_global().unwrap();
    assert_eq!(global.get(&store), reference);
    assert_eq!(call(&mut store, instance, "same", &[reference]).unwrap(), [reference]);
    assert_eq!(table.get(&store, 1), Some(reference));
    assert_eq!(global.set(&mut store, reference), Err(ValueError::Immutable));
}

#[test]
fn a_host_function_in_a_table_is_called_by_a_later_image() {
    for mode in MODES {
        let mut store = mode.store();
        let table = Table::new(&mut store, table_type(1, None), Val::FuncRef(None)).unwrap();
        let ty = FuncType::new([ValType::I32], [ValType::I32]);
        let double = Func::new(&mut store, ty, |_, slots| {
            slots[0] = wootz_runtime::ValRaw::i32(slots[0].get_i32() * 2);
            Ok(())
        });
        table.set(&mut store, 0, Val::FuncRef(Some(double))).unwrap();
        let wat = r#"(module (import "h" "t" (table 1 funcref))
            (func (export "f") (param i32) (result i32)
              (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))"#;
        let instance = mode.add(&mut store, wat, &[table.into()]).unwrap();
        assert_eq!(call(&mut store, instance, "f", &[Val::I32(21)]).unwrap(), [Val::I32(42)], "{mode:?}");
    }
}

#[test]
fn segments_before_a_failing_one_stay_and_their_functions_live() {
    let exporter = r#"(module (table (export "t") 10 funcref) (memory (export "m") 1)
        (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#;
    let failing = r#"(module (import "e" "t" (table 10 funcref)) (import "e" "m" (memory 1))
        (global $g (mut i32) (i32.const 77))
        (func $f (result i32) (global.get $g))
        (elem (i32.const 3) $f)
        (data (i32.const 5) "kept")
        (data (i32.const 65535) "too long"))"#;
    for mode in MODES {
        let (mut store, first) = mode.instantiate(exporter, &[]);
        let imports = ["t", "m"].map(|name| first.export(&store, name).unwrap());
        let error = mode.add(&mut store, failing, &imports).unwrap_err();
        assert_eq!(error.to_string(), "out of bounds memory access");
        assert_eq!(&imports[1].into_memory().unwrap().data(&store)[5..9], b"kept");
        assert_eq!(call(&mut store, first, "call", &[Val::I32(3)]).unwrap(), [Val::I32(77)], "{mode:?}");
        let table = r#"(module (import "e" "t" (table 10 funcref)) (func $f) (elem (i32.const 10) $f))"#;
        let error = mode.add(&mut store, table, &imports[..1]).unwrap_err();
        assert_eq!(error.to_string(), "out of bounds table access");
    }
}

#[test]
fn a_trapping_start_function_is_an_error_with_frames() {
    for mode in MODES {
        let mut store = mode.store();
        let error =
            mode.add(&mut store, "(module (func $begin unreachable) (start $begin))", &[]).unwrap_err();
        let InstantiateError::Call(error) = error else { panic!("{error}") };
        assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
        assert_eq!(super::names(&error), ["begin"]);
    }
}

#[test]
fn a_start_function_may_be_imported() {
    let mut store = USUAL.store();
    let global =
        Global::new(&mut store, GlobalType { content: ValType::I32, mutable: true }, Val::I32(0)).unwrap();
    let start = Func::new(&mut store, FuncType::new(EMPTY, EMPTY), move |mut caller, _| {
        global.set(caller.store_mut(), Val::I32(1))?;
        Ok(())
    });
    USUAL.add(&mut store, r#"(module (import "h" "f" (func $f)) (start $f))"#, &[start.into()]).unwrap();
    assert_eq!(global.get(&store), Val::I32(1));
}

#[test]
fn guarded_code_refuses_an_unguarded_memory_and_explicit_code_takes_any() {
    let wat =
        r#"(module (import "h" "m" (memory 1)) (func (export "f") (result i32) (i32.load (i32.const 0))))"#;
    let store_of = |checks| Store::new(StoreConfig { checks, ..StoreConfig::default() }, Box::new(()));
    let [guard, explicit] = [CheckStrategy::Guard, CheckStrategy::Explicit];
    for (made, compiled, works) in
        [(guard, guard, true), (explicit, guard, false), (guard, explicit, true), (explicit, explicit, true)]
    {
        let mut store = store_of(made);
        let memory = Memory::new(&mut store, memory_type(1, None)).unwrap();
        memory.write(&mut store, 0, &[9]).unwrap();
        let mode = Mode { checks: compiled, ..USUAL };
        match mode.add(&mut store, wat, &[memory.into()]) {
            Ok(instance) => {
                assert!(works);
                assert_eq!(call(&mut store, instance, "f", &[]).unwrap(), [Val::I32(9)]);
            }
            Err(error) => {
                assert!(!works, "{error}");
                assert!(error.to_string().contains("guard regions"), "{error}");
            }
        }
    }
}

#[test]
fn limits_of_imports_are_those_of_now() {
    let mut store = USUAL.store();
    let memory = Memory::new(&mut store, memory_type(1, Some(3))).unwrap();
    let wants = |pages: &str| format!(r#"(module (import "h" "m" (memory {pages})))"#);
    assert!(USUAL.add(&mut store, &wants("1 3"), &[memory.into()]).is_ok());
    let error = USUAL.add(&mut store, &wants("2"), &[memory.into()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "incompatible import type for \"h\" \"m\": the module needs a memory with at least 2 pages, given was a memory \
         with at least 1 and at most 3 pages"
    );
    memory.grow(&mut store, 1).unwrap();
    assert!(USUAL.add(&mut store, &wants("2"), &[memory.into()]).is_ok());
    let table = Table::new(&mut store, table_type(1, None), Val::FuncRef(None)).unwrap();
    let error = USUAL.add(&mut store, &wants("0"), &[table.into()]).unwrap_err();
    assert!(error.to_string().contains("given was a table of funcref with at least 1 element"), "{error}");
}

#[test]
fn growth_stops_at_the_limits() {
    let wat = r#"(module (memory 1 3) (table 1 5 externref)
        (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "table") (param i32) (result i32) (table.grow (ref.null extern) (local.get 0)))
        (memory $none 0) )"#
        .replace("(memory $none 0)", "");
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(&wat, &[]);
        let mut grow = |name: &str, delta| call(&mut store, instance, name, &[Val::I32(delta)]).unwrap()[0];
        for (name, by, before) in [("memory", 2, 1), ("table", 4, 1)] {
            assert_eq!(grow(name, by + 1), Val::I32(-1), "{mode:?}");
            assert_eq!(grow(name, -1), Val::I32(-1));
            assert_eq!(grow(name, by), Val::I32(before));
            assert_eq!(grow(name, 0), Val::I32(before + by));
            assert_eq!(grow(name, 1), Val::I32(-1));
        }
    }
}

#[test]
fn bulk_operations_overlap_and_drop_as_specified() {
    let wat = r#"(module (memory (export "m") 1) (table (export "t") 8 funcref)
        (data $d "abcdef")
        (elem $e func $one $two)
        (func $one (export "one")) (func $two (export "two"))
        (func (export "run")
          (memory.init $d (i32.const 10) (i32.const 1) (i32.const 4))
          (memory.copy (i32.const 11) (i32.const 10) (i32.const 4))
          (memory.fill (i32.const 20) (i32.const 0x1ff) (i32.const 2))
          (data.drop $d)
          (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))
          (table.init $e (i32.const 2) (i32.const 0) (i32.const 2))
          (table.copy (i32.const 3) (i32.const 2) (i32.const 2))
          (elem.drop $e)
          (table.init $e (i32.const 0) (i32.const 0) (i32.const 0))
          (table.fill (i32.const 6) (ref.func $two) (i32.const 2))))"#;
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(wat, &[]);
        call(&mut store, instance, "run", &[]).unwrap();
        let memory = instance.export(&store, "m").unwrap().into_memory().unwrap();
        assert_eq!(&memory.data(&store)[9..23], b"\0bbcde\0\0\0\0\0\xff\xff\0", "{mode:?}");
        let table = instance.export(&store, "t").unwrap().into_table().unwrap();
        let [one, two] = ["one", "two"].map(|name| Some(func(&store, instance, name)));
        let elements: Vec<_> = (0..8).map(|index| table.get(&store, index).unwrap()).collect();
        assert_eq!(elements, [None, None, one, one, two, None, two, two].map(Val::FuncRef), "{mode:?}");
    }
}

#[test]
fn stores_free_what_they_own() {
    let image = USUAL.image(r#"(module (memory 1) (table 10 funcref) (func (export "f")))"#);
    let maps = || std::fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    let once = |image: &Image| {
        let mut store = USUAL.store();
        let instance = Instance::new(&mut store, image, &[]).unwrap();
        call(&mut store, instance, "f", &[]).unwrap();
    };
    once(&image);
    let before = maps();
    // More address space than there is, if the memories stayed.
    for _ in 0..30_000 {
        once(&image);
    }
    // Other tests map memory at the same time.
    assert!(maps() < before + 1000, "{} mappings, before {before}", maps());
}
