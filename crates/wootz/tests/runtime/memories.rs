//! Several memories, 64-bit memories and tables, pages of one byte, constant expressions, and limits that no machine can
//! keep.

use wootz_runtime::{InstantiateError, Memory, MemoryError, Store, StoreConfig, StoreLimits, TrapCode, Val};
use wootz_wasm_ir::MemoryType;

use super::{MODES, USUAL, call};

#[test]
fn limits_beyond_the_machine_are_errors() {
    for (memory, message) in [
        ("(memory i64 0x1_0000_0000_0000)", "cannot be addressed"),
        ("(memory i64 0x8000_0000_0000)", "cannot be addressed"),
        ("(memory i64 0x7fff_ffff_ffff)", "cannot allocate"),
        ("(memory i64 0x100_0000_0000 0x1_0000_0000_0000)", "cannot allocate"),
        ("(memory i64 0xffff_ffff_ffff_ffff (pagesize 1))", "cannot be addressed"),
        ("(memory i64 0x7fff_ffff_ffff_ffff (pagesize 1))", "cannot allocate"),
        ("(memory i64 0x7fff_ffff_ffff_f001 (pagesize 1))", "cannot allocate"),
    ] {
        for mode in MODES {
            let wat = format!("(module (memory 1) {memory})");
            let error = mode.add(&mut mode.store(), &wat, &[]).unwrap_err();
            assert!(matches!(error, InstantiateError::Memory(_)), "{memory}: {error:?}");
            assert!(error.to_string().contains(message), "{memory}: {error}");
        }
    }
    for table in ["(table i64 0xffff_ffff_ffff_ffff funcref)", "(table 0xffff_ffff externref)"] {
        let wat = format!("(module {table})");
        let error = USUAL.add(&mut USUAL.store(), &wat, &[]).unwrap_err();
        assert!(matches!(error, InstantiateError::Limit(_)), "{table}: {error:?}");
        let limits = StoreLimits::NONE;
        let mut store = Store::new(StoreConfig { limits, ..StoreConfig::default() }, Box::new(()));
        let error = USUAL.add(&mut store, &wat, &[]).unwrap_err();
        assert!(matches!(error, InstantiateError::Table { .. }), "{table}: {error:?}");
    }
}

#[test]
fn the_host_cannot_make_impossible_memories_either() {
    let ty = |memory64, minimum, maximum, page_size_log2| MemoryType {
        memory64,
        shared: false,
        minimum,
        maximum,
        page_size_log2,
    };
    let mut store = USUAL.store();
    let mut new = |ty| Memory::new(&mut store, ty);
    assert!(matches!(new(ty(true, u64::MAX, None, 16)), Err(MemoryError::TooLarge { .. })));
    assert!(matches!(new(ty(false, 1 << 32, None, 0)), Err(MemoryError::TooLarge { .. })));
    assert!(matches!(new(ty(false, 2, Some(1), 16)), Err(MemoryError::TooLarge { .. })));
    for log2 in [1, 12, 17, 64, 255] {
        assert!(matches!(new(ty(true, 0, None, log2)), Err(MemoryError::PageSize { .. })), "{log2}");
    }
    assert!(new(ty(true, 0, Some(u64::MAX), 0)).is_ok());
}

#[test]
fn growth_that_cannot_be_leaves_everything_as_it_was() {
    let wat = r#"(module
        (memory $wide i64 1 0x1_0000_0000_0000)
        (memory $bytes i64 10 0xffff_ffff_ffff_ffff (pagesize 1))
        (table $t i64 3 0xffff_ffff_ffff_ffff funcref)
        (func (export "wide") (param i64) (result i64) (memory.grow $wide (local.get 0)))
        (func (export "bytes") (param i64) (result i64) (memory.grow $bytes (local.get 0)))
        (func (export "table") (param i64) (result i64) (table.grow $t (ref.null func) (local.get 0)))
        (func (export "sizes") (result i64 i64 i64)
          (memory.size $wide) (memory.size $bytes) (table.size $t)))"#;
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(wat, &[]);
        for delta in [-1, i64::MIN, i64::MAX, 1 << 62, 1 << 48, (1 << 48) - 1] {
            for name in ["wide", "bytes", "table"] {
                let result = call(&mut store, instance, name, &[Val::I64(delta)]).unwrap();
                assert_eq!(result, [Val::I64(-1)], "{name} by {delta}");
            }
        }
        let sizes = call(&mut store, instance, "sizes", &[]).unwrap();
        assert_eq!(sizes, [Val::I64(1), Val::I64(10), Val::I64(3)]);
        for (name, old) in [("wide", 1), ("bytes", 10), ("table", 3)] {
            assert_eq!(call(&mut store, instance, name, &[Val::I64(2)]).unwrap(), [Val::I64(old)]);
        }
        let sizes = call(&mut store, instance, "sizes", &[]).unwrap();
        assert_eq!(sizes, [Val::I64(3), Val::I64(12), Val::I64(5)]);
    }
}

#[test]
fn addresses_do_not_wrap() {
    let wat = r#"(module
        (memory $wide i64 1)
        (memory $bytes 100 (pagesize 1))
        (memory $narrow 1)
        (data $d "0123456789")
        (func (export "load") (param i64) (result i64) (i64.load $wide (local.get 0)))
        (func (export "load-16") (param i64) (result i64) (i64.load $wide offset=16 (local.get 0)))
        (func (export "load-far") (param i64) (result i64)
          (i64.load $wide offset=0xffff_ffff_ffff_fff0 (local.get 0)))
        (func (export "load-past") (param i64) (result i64)
          (i64.load $wide offset=0xffff_ffff_ffff_fff9 (local.get 0)))
        (func (export "store") (param i64) (i32.store16 $wide offset=1 (local.get 0) (i32.const -1)))
        (func (export "byte") (param i64) (result i64) (i64.load8_u $wide (local.get 0)))
        (func (export "fill") (param i64) (memory.fill $wide (local.get 0) (i32.const 1) (i64.const 9)))
        (func (export "length") (param i64) (memory.fill $wide (i64.const 9) (i32.const 1) (local.get 0)))
        (func (export "copy") (param i64)
          (memory.copy $wide $wide (i64.const 0) (local.get 0) (i64.const 9)))
        (func (export "init") (param i64) (memory.init $wide $d (local.get 0) (i32.const 1) (i32.const 9)))
        (func (export "copy-out") (param i64)
          (memory.copy $narrow $wide (i32.const 0) (local.get 0) (i32.const 9)))
        (func (export "copy-in") (param i64)
          (memory.copy $wide $bytes (local.get 0) (i32.const 91) (i32.const 9)))
        (func (export "bytes-load") (param i64) (result i32) (i32.load $bytes (i32.wrap_i64 (local.get 0))))
        (func (export "bytes-far") (param i64) (result i32)
          (i32.load8_u $bytes offset=0xffff_ffff (i32.wrap_i64 (local.get 0)))))"#;
    // The last address that is inside, where there is one.
    let cases = [
        ("load", Some(65528)),
        ("load-16", Some(65512)),
        ("load-far", None),
        ("load-past", None),
        ("store", Some(65533)),
        ("byte", Some(65535)),
        ("fill", Some(65527)),
        ("length", Some(65527)),
        ("copy", Some(65527)),
        ("init", Some(65527)),
        ("copy-out", Some(65527)),
        ("copy-in", Some(65527)),
        ("bytes-load", Some(96)),
        ("bytes-far", None),
    ];
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(wat, &[]);
        for (name, last) in cases {
            let mut run = |address| call(&mut store, instance, name, &[Val::I64(address)]);
            if let Some(last) = last {
                run(0).unwrap();
                run(last).unwrap();
            }
            let outside = [last.unwrap_or(0) + 1, 16, -1, -8, -9, -16, -17, -18, i64::MIN + 70_000, i64::MAX];
            for address in outside.into_iter().filter(|address| !(0..=last.unwrap_or(-1)).contains(address)) {
                let error = run(address).unwrap_err();
                assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds), "{name} {address} {mode:?}");
            }
        }
    }
}

#[test]
fn stores_around_a_trap_in_another_memory_happen_in_order() {
    let wat = r#"(module
        (memory $guarded (export "guarded") 1)
        (memory $wide (export "wide") i64 1)
        (memory $bytes (export "bytes") 64 (pagesize 1))
        (func (export "f") (param i32)
          (i32.store8 $wide (i64.const 3) (i32.const 1))
          (i32.store8 $bytes (i32.const 3) (i32.const 1))
          (i32.store8 $guarded (local.get 0) (i32.const 1))
          (i32.store8 $wide (i64.const 3) (i32.const 2))
          (i32.store8 $bytes (i32.const 3) (i32.const 2)))
        (func (export "g") (param i32)
          (i32.store8 $guarded (i32.const 3) (i32.const 3))
          (drop (i32.load8_u $bytes (local.get 0)))
          (i32.store8 $guarded (i32.const 3) (i32.const 4))))"#;
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(wat, &[]);
        let [guarded, wide, bytes] = ["guarded", "wide", "bytes"]
            .map(|name| instance.export(&store, name).unwrap().into_memory().unwrap());
        assert_eq!([wide, bytes].map(|memory| memory.plan(&store).guarded), [false; 2]);
        call(&mut store, instance, "f", &[Val::I32(65536)]).unwrap_err();
        assert_eq!([wide, bytes].map(|memory| memory.data(&store)[3]), [1, 1], "{mode:?}");
        call(&mut store, instance, "f", &[Val::I32(0)]).unwrap();
        assert_eq!([wide, bytes].map(|memory| memory.data(&store)[3]), [2, 2], "{mode:?}");
        call(&mut store, instance, "g", &[Val::I32(64)]).unwrap_err();
        assert_eq!(guarded.data(&store)[3], 3, "{mode:?}");
        call(&mut store, instance, "g", &[Val::I32(63)]).unwrap();
        assert_eq!(guarded.data(&store)[3], 4, "{mode:?}");
    }
}

#[test]
fn an_unguarded_memory_may_move_while_its_neighbour_stays() {
    let wat = r#"(module
        (memory $guarded 1)
        (memory $wide i64 1)
        (memory $bytes 1 (pagesize 1))
        (func (export "f") (param i64) (result i64)
          (i64.store $wide (i64.const 8) (i64.const 5))
          (i64.store $guarded (i32.const 8) (i64.const 7))
          (i32.store8 $bytes (i32.const 0) (i32.const 9))
          (drop (memory.grow $wide (local.get 0)))
          (drop (memory.grow $bytes (i32.const 99999)))
          (drop (memory.grow $guarded (i32.const 1)))
          (i64.store $wide (i64.sub (i64.shl (memory.size $wide) (i64.const 16)) (i64.const 8)) (i64.const 1))
          (i32.store8 $bytes (i32.sub (memory.size $bytes) (i32.const 1)) (i32.const 1))
          (i64.add (i64.add (i64.load $wide (i64.const 8)) (i64.load8_u $bytes (i32.const 0)))
                   (i64.load $guarded (i32.const 8)))))"#;
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(wat, &[]);
        assert_eq!(call(&mut store, instance, "f", &[Val::I64(5000)]).unwrap(), [Val::I64(21)], "{mode:?}");
    }
}

#[test]
fn imports_have_the_same_address_type_and_page_size() {
    let types = [
        ("(memory (export \"m\") 1)", "(memory 1)"),
        ("(memory (export \"m\") i64 1)", "(memory i64 1)"),
        ("(memory (export \"m\") 1 (pagesize 1))", "(memory 1 (pagesize 1))"),
        ("(memory (export \"m\") i64 1 (pagesize 1))", "(memory i64 1 (pagesize 1))"),
        ("(table (export \"m\") 1 funcref)", "(table 1 funcref)"),
        ("(table (export \"m\") i64 1 funcref)", "(table i64 1 funcref)"),
    ];
    for (given, (export, _)) in types.iter().enumerate() {
        for (expected, (_, import)) in types.iter().enumerate() {
            let (mut store, first) = USUAL.instantiate(&format!("(module {export})"), &[]);
            let item = first.export(&store, "m").unwrap();
            let result = USUAL.add(&mut store, &format!("(module (import \"e\" \"m\" {import}))"), &[item]);
            match result {
                Ok(_) => assert_eq!(given, expected, "{export} as {import}"),
                Err(error) => {
                    assert_ne!(given, expected, "{export} as {import}: {error}");
                    assert!(error.to_string().starts_with("incompatible import type"), "{error}");
                }
            }
        }
    }
}

#[test]
fn constant_expressions_wrap() {
    let wat = r#"(module
        (import "h" "a" (global $a i32))
        (import "h" "b" (global $b i64))
        (global (export "sum") i32 (i32.add (global.get $a) (i32.const 0x7fff_ffff)))
        (global (export "nested") i32
          (i32.mul (i32.sub (global.get $a) (i32.const 5)) (i32.add (i32.const 3) (i32.const 4))))
        (global (export "wide") i64
          (i64.sub (i64.mul (global.get $b) (global.get $b)) (i64.add (global.get $b) (i64.const 1))))
        (memory (export "m") 1)
        (memory (export "w") i64 1)
        (table (export "t") i64 8 funcref)
        (func $f)
        (elem (table 0) (offset (i64.add (i64.const -1) (global.get $b))) func $f)
        (data (memory 0) (offset (i32.sub (i32.const 10) (global.get $a))) "x")
        (data (memory 1) (offset (i64.mul (global.get $b) (i64.const 2))) "y"))"#;
    for mode in MODES {
        let mut store = mode.store();
        let hosts =
            "(module (global (export \"a\") i32 (i32.const 2)) (global (export \"b\") i64 (i64.const 3)))";
        let host = mode.add(&mut store, hosts, &[]).unwrap();
        let imports = ["a", "b"].map(|name| host.export(&store, name).unwrap());
        let instance = mode.add(&mut store, wat, &imports).unwrap();
        let get = |name| instance.export(&store, name).unwrap();
        let globals = ["sum", "nested", "wide"].map(|name| get(name).into_global().unwrap().get(&store));
        assert_eq!(globals, [Val::I32(i32::MIN + 1), Val::I32(-21), Val::I64(5)]);
        assert_eq!(get("m").into_memory().unwrap().data(&store)[8], b'x');
        assert_eq!(get("w").into_memory().unwrap().data(&store)[6], b'y');
        let table = get("t").into_table().unwrap();
        assert!(matches!(table.get(&store, 2), Some(Val::FuncRef(Some(_)))));
    }
    let outside = r#"(module (memory i64 1) (data (offset (i64.sub (i64.const 0) (i64.const 1))) "x"))"#;
    let error = USUAL.add(&mut USUAL.store(), outside, &[]).unwrap_err();
    assert_eq!(error.to_string(), "out of bounds memory access");
}

#[test]
fn wide_arithmetic_is_that_of_128_bits() {
    let wat = r#"(module
        (func (export "add") (param i64 i64 i64 i64) (result i64 i64)
          (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
        (func (export "sub") (param i64 i64 i64 i64) (result i64 i64)
          (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
        (func (export "mul_s") (param i64 i64) (result i64 i64)
          (i64.mul_wide_s (local.get 0) (local.get 1)))
        (func (export "mul_u") (param i64 i64) (result i64 i64)
          (i64.mul_wide_u (local.get 0) (local.get 1))))"#;
    let words = [0, 1, -1, 2, i64::MIN, i64::MAX, 0x1234_5678_9abc_def0, -77];
    let pair = |low: i64, high: i64| u128::from(low as u64) | u128::from(high as u64) << 64;
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(wat, &[]);
        let mut run = |name, args: &[i64]| {
            let args: Vec<_> = args.iter().map(|arg| Val::I64(*arg)).collect();
            match call(&mut store, instance, name, &args).unwrap()[..] {
                [Val::I64(low), Val::I64(high)] => pair(low, high),
                ref other => panic!("{other:?}"),
            }
        };
        for (index, a) in words.into_iter().enumerate() {
            for b in words {
                let (c, d) = (words[(index + 3) % words.len()], b ^ 5);
                assert_eq!(run("add", &[a, b, c, d]), pair(a, b).wrapping_add(pair(c, d)));
                assert_eq!(run("sub", &[a, b, c, d]), pair(a, b).wrapping_sub(pair(c, d)));
                assert_eq!(run("mul_s", &[a, b]), (i128::from(a) * i128::from(b)) as u128);
                assert_eq!(run("mul_u", &[a, b]), u128::from(a as u64) * u128::from(b as u64));
            }
        }
    }
}
