//! Vectors: across the boundary, at the end of a memory, and where CPUs and the options may differ.

use wootz::{
    CheckStrategy, Config, Cpu, Engine, Error, Func, Instance, Linker, Module, OptLevel, Store, Val,
};

/// A vector of four lanes, the lowest first.
fn i32x4(lanes: [u32; 4]) -> u128 {
    lanes.iter().rev().fold(0, |vector, lane| vector << 32 | u128::from(*lane))
}

fn f32x4(lanes: [f32; 4]) -> u128 {
    i32x4(lanes.map(f32::to_bits))
}

fn f64x2(lanes: [f64; 2]) -> u128 {
    u128::from(lanes[1].to_bits()) << 64 | u128::from(lanes[0].to_bits())
}

fn i16x8(lanes: [i16; 8]) -> u128 {
    lanes.iter().rev().fold(0, |vector, lane| vector << 16 | u128::from(*lane as u16))
}

fn i8x16(lanes: [i8; 16]) -> u128 {
    u128::from_le_bytes(lanes.map(|lane| lane as u8))
}

/// This machine's CPU and the least one, optimised and not.
fn configs() -> Vec<Config> {
    let cpus = [Cpu::Native, Cpu::Baseline];
    let config = |cpu: &Cpu, level| Config::new().cpu(cpu.clone()).opt_level(level);
    cpus.iter().flat_map(|cpu| [config(cpu, OptLevel::O0), config(cpu, OptLevel::O2)]).collect()
}

/// Exports one function for each instruction, by its name: of vectors, to what the instruction gives.
fn operators(config: &Config, unary: &[&str], binary: &[&str], ternary: &[&str]) -> (Store<()>, Instance) {
    let mut text = String::from("(module");
    for (names, operands) in [(unary, 1), (binary, 2), (ternary, 3)] {
        for name in names {
            let params = "v128 ".repeat(operands);
            let gets: String = (0..operands).map(|i| format!("(local.get {i})")).collect();
            text += &format!("(func (export \"{name}\") (param {params}) (result v128) ({name} {gets}))");
        }
    }
    let engine = Engine::new(config);
    let module = Module::new(&engine, text + ")").unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

fn call(store: &mut Store<()>, instance: &Instance, name: &str, args: &[u128]) -> u128 {
    let args: Vec<Val> = args.iter().map(|arg| Val::V128(*arg)).collect();
    let func = instance.get_func(&*store, name).unwrap();
    func.call(store, &args).unwrap()[0].unwrap_v128()
}

#[test]
fn vectors_go_both_ways() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("h", "reverse", |x: u128| x.swap_bytes()).unwrap();
    linker.func_wrap("h", "many", |x: u128, y: i32| (x, y, !x, 1.5f64, x + 1)).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
          (import "h" "reverse" (func $reverse (param v128) (result v128)))
          (import "h" "many" (func $many (param v128 i32) (result v128 i32 v128 f64 v128)))
          (global (export "g") (mut v128) (v128.const i64x2 1 2))
          (func (export "reverse") (param v128) (result v128) (call $reverse (local.get 0)))
          (func (export "many") (param v128 i32) (result v128 i32 v128 f64 v128)
            (call $many (local.get 0) (local.get 1)))
          (func (export "three") (param v128 v128 v128) (result v128 v128 v128)
            (local.get 2) (local.get 0) (local.get 1)))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let x = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
    let reverse = instance.get_typed_func::<u128, u128>(&store, "reverse").unwrap();
    assert_eq!(reverse.call(&mut store, x).unwrap(), x.swap_bytes());
    type Many = (u128, i32, u128, f64, u128);
    let many = instance.get_typed_func::<(u128, i32), Many>(&store, "many").unwrap();
    assert_eq!(many.call(&mut store, (x, -7)).unwrap(), (x, -7, !x, 1.5, x + 1));
    type Three = (u128, u128, u128);
    let three = instance.get_typed_func::<Three, Three>(&store, "three").unwrap();
    assert_eq!(three.call(&mut store, (1, 2, u128::MAX)).unwrap(), (u128::MAX, 1, 2));
    let global = instance.get_global(&store, "g").unwrap();
    assert_eq!(global.get(&store).unwrap_v128(), 2 << 64 | 1);
    global.set(&mut store, Val::V128(x)).unwrap();
    assert_eq!(global.get(&store).v128(), Some(x));
    let host = Func::wrap(&mut store, |x: u128| -> u128 { x >> 1 });
    assert_eq!(host.call(&mut store, &[Val::V128(6)]).unwrap()[0].unwrap_v128(), 3);
}

#[test]
fn a_store_that_is_partly_outside_writes_nothing() {
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        for level in [OptLevel::O0, OptLevel::O2] {
            let engine = Engine::new(&Config::new().checks(checks).opt_level(level));
            let module = Module::new(
                &engine,
                r#"(module (memory (export "m") 1 1)
                  (func (export "16") (param i32 v128) (v128.store (local.get 0) (local.get 1)))
                  (func (export "8") (param i32 v128) (v128.store64_lane 1 (local.get 0) (local.get 1)))
                  (func (export "load") (param i32) (drop (v128.load (local.get 0))))
                  (func (export "splat") (param i32) (drop (v128.load16_splat (local.get 0)))))"#,
            )
            .unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let memory = instance.get_memory(&store, "m").unwrap();
            for (name, width) in [("16", 16u32), ("8", 8)] {
                let func = instance.get_typed_func::<(u32, u128), ()>(&store, name).unwrap();
                for outside in 1..=width {
                    let error = func.call(&mut store, (65536 - width + outside, u128::MAX)).unwrap_err();
                    assert!(matches!(error, Error::Trap(_)), "{error}");
                }
                assert!(memory.data(&store)[65536 - 32..].iter().all(|byte| *byte == 0), "{name} {checks:?}");
                func.call(&mut store, (65536 - width, u128::MAX)).unwrap();
                assert!(memory.data(&store)[65536 - width as usize..].iter().all(|byte| *byte == 0xff));
                memory.data_mut(&mut store)[65536 - 32..].fill(0);
            }
            for (name, width) in [("load", 16), ("splat", 2)] {
                let func = instance.get_typed_func::<u32, ()>(&store, name).unwrap();
                func.call(&mut store, 65536 - width).unwrap();
                func.call(&mut store, 65536 - width + 1).unwrap_err();
                func.call(&mut store, u32::MAX).unwrap_err();
            }
        }
    }
}

#[test]
fn a_swizzle_takes_every_index() {
    let bytes: [u8; 16] = std::array::from_fn(|i| 0x80 + i as u8);
    for config in configs() {
        let (mut store, instance) = operators(&config, &[], &["i8x16.swizzle"], &[]);
        for first in (0..=255).step_by(16) {
            let indices: [u8; 16] = std::array::from_fn(|i| first + i as u8);
            let expected = indices.map(|index| bytes.get(usize::from(index)).copied().unwrap_or(0));
            let args = [u128::from_le_bytes(bytes), u128::from_le_bytes(indices)];
            let result = call(&mut store, &instance, "i8x16.swizzle", &args);
            assert_eq!(result.to_le_bytes(), expected, "{config:?}");
        }
    }
}

/// The deterministic profile: the first of each set of results that the specification gives.
#[test]
fn deterministic_results_are_the_same_on_every_cpu() {
    let unary = [
        "i32x4.relaxed_trunc_f32x4_s",
        "i32x4.relaxed_trunc_f32x4_u",
        "i32x4.relaxed_trunc_f64x2_s_zero",
        "i32x4.relaxed_trunc_f64x2_u_zero",
    ];
    let binary = [
        "i8x16.relaxed_swizzle",
        "f32x4.relaxed_min",
        "f32x4.relaxed_max",
        "i16x8.relaxed_q15mulr_s",
        "i16x8.relaxed_dot_i8x16_i7x16_s",
    ];
    let ternary = [
        "f64x2.relaxed_madd",
        "f64x2.relaxed_nmadd",
        "i16x8.relaxed_laneselect",
        "i32x4.relaxed_dot_i8x16_i7x16_add_s",
    ];
    let (nan, inf, two31, two32) = (f32::NAN, f32::INFINITY, 2f32.powi(31), 2f32.powi(32));
    let signalling = f32::from_bits(0x7f80_0001);
    let (least, most) = (i32::MIN as u32, i32::MAX as u32);
    // The product is 1 + 2^-29 + 2^-60, and its last term is lost when it is rounded.
    let fine = 1.0 + 2f64.powi(-30);
    let cases: &[(&str, &[u128], u128)] = &[
        (unary[0], &[f32x4([nan, inf, -two31, -1.5])], i32x4([0, most, least, -1i32 as u32])),
        (unary[1], &[f32x4([nan, -1.0, two32, two31])], i32x4([0, 0, u32::MAX, 1 << 31])),
        (unary[2], &[f64x2([f64::NAN, -1e10])], i32x4([0, least, 0, 0])),
        (unary[3], &[f64x2([-1.0, 1e10])], i32x4([0, u32::MAX, 0, 0])),
        (
            binary[0],
            &[i8x16([7; 16]), i8x16([0, 15, 16, 17, 127, -128, -1, 31, 1, 2, 3, 4, 5, 6, 7, 8])],
            i8x16([7, 7, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7]),
        ),
        (
            binary[1],
            &[f32x4([signalling, 1.0, 0.0, -0.0]), f32x4([1.0, -nan, -0.0, 0.0])],
            f32x4([nan, nan, -0.0, -0.0]),
        ),
        (
            binary[2],
            &[f32x4([signalling, 1.0, 0.0, -0.0]), f32x4([1.0, -nan, -0.0, 0.0])],
            f32x4([nan, nan, 0.0, 0.0]),
        ),
        (
            binary[3],
            &[i16x8([i16::MIN, 1, 16384, -1, 0, 0, 0, 0]), i16x8([i16::MIN, 1, 3, -1, 0, 0, 0, 0])],
            i16x8([i16::MAX, 0, 2, 0, 0, 0, 0, 0]),
        ),
        (
            binary[4],
            &[
                i8x16([-128, -128, 127, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
                i8x16([-128, -128, -1, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4]),
            ],
            i16x8([i16::MAX, -254, 0, 0, 0, 0, 0, 11]),
        ),
        (
            ternary[0],
            &[f64x2([fine, 2.0]), f64x2([fine, 3.0]), f64x2([-(fine * fine), 4.0])],
            f64x2([0.0, 10.0]),
        ),
        (
            ternary[1],
            &[f64x2([fine, 2.0]), f64x2([fine, 3.0]), f64x2([fine * fine, 4.0])],
            f64x2([0.0, -2.0]),
        ),
        (
            ternary[2],
            &[i16x8([-1; 8]), 0, i16x8([0x7fff, -0x8000, 0x00ff, 0, -1, 1, 2, 3])],
            i16x8([0x7fff, -0x8000, 0x00ff, 0, -1, 1, 2, 3]),
        ),
        (
            ternary[3],
            &[i8x16([-128; 16]), i8x16([-128; 16]), i32x4([1, 2, 3, 4])],
            i32x4([65535, 65536, 65537, 65538]),
        ),
    ];
    for config in configs() {
        let (mut store, instance) = operators(&config.clone().deterministic(true), &unary, &binary, &ternary);
        for (name, args, expected) in cases {
            let result = call(&mut store, &instance, name, args);
            assert_eq!(result, *expected, "{name}: {result:#034x}, {config:?}");
        }
    }
}

#[test]
fn relaxed_conversions_are_exact_in_range() {
    let names =
        ["i32x4.relaxed_trunc_f32x4_u", "i32x4.relaxed_trunc_f64x2_u_zero", "i32x4.relaxed_trunc_f32x4_s"];
    for config in configs() {
        let (mut store, instance) = operators(&config, &names, &[], &[]);
        let mut call = |name: &str, x: u128| call(&mut store, &instance, name, &[x]);
        let below = 2f32.powi(32).next_down();
        let floats = f32x4([0.75, 2147483520.0, 2147483648.0, below]);
        assert_eq!(call(names[0], floats), i32x4([0, 2_147_483_520, 1 << 31, below as u32]), "{config:?}");
        assert_eq!(call(names[1], f64x2([4294967295.9, 0.9])), i32x4([u32::MAX, 0, 0, 0]), "{config:?}");
        let floats = f32x4([-2147483648.0, -0.9, 1.9, 2147483520.0]);
        assert_eq!(call(names[2], floats), i32x4([1 << 31, 0, 1, 2_147_483_520]), "{config:?}");
    }
}

#[test]
fn canonical_nans_are_the_only_ones_that_arithmetic_returns() {
    let unary = ["ceil", "floor", "trunc", "nearest", "sqrt"];
    let binary = ["add", "sub", "mul", "div", "min", "max", "relaxed_min", "relaxed_max"];
    for config in configs() {
        for (shape, nans, canonical) in [
            ("f32x4", [0x7f80_0001_ffc1_2345u64; 2], 0x7fc0_0000_7fc0_0000u64),
            ("f64x2", [0x7ff0_0000_0000_0001, 0xfff8_1234_0000_0000], 0x7ff8_0000_0000_0000),
        ] {
            let named = |names: &[&str]| -> Vec<String> {
                names.iter().map(|name| format!("{shape}.{name}")).collect()
            };
            let (u, b, t) = (named(&unary), named(&binary), named(&["relaxed_madd", "relaxed_nmadd"]));
            let [u, b, t] = [&u, &b, &t].map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
            let (mut store, instance) = operators(&config.clone().canonicalize_nans(true), &u, &b, &t);
            let x = u128::from(nans[1]) << 64 | u128::from(nans[0]);
            let expected = u128::from(canonical) << 64 | u128::from(canonical);
            for (names, count) in [(&u, 1), (&b, 2), (&t, 3)] {
                for name in names {
                    for place in 0..count {
                        let one = if shape == "f32x4" { f32x4([1.0; 4]) } else { f64x2([1.0; 2]) };
                        let mut args = vec![one; count];
                        args[place] = x;
                        let result = call(&mut store, &instance, name, &args);
                        assert_eq!(result, expected, "{name}: {result:#034x}, {config:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn canonical_nans_of_scalars() {
    let text = r#"(module
      (func (export "add") (param f32 f32) (result f32) (f32.add (local.get 0) (local.get 1)))
      (func (export "mul_1") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 1)))
      (func (export "min") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
      (func (export "ceil") (param f32) (result f32) (f32.ceil (local.get 0)))
      (func (export "sqrt") (param f64) (result f64) (f64.sqrt (local.get 0)))
      (func (export "demote") (param f64) (result f32) (f32.demote_f64 (local.get 0)))
      (func (export "promote") (param f32) (result f64) (f64.promote_f32 (local.get 0)))
      (func (export "both") (param f32) (result f32) (f32.demote_f64 (f64.promote_f32 (local.get 0))))
      (func (export "neg") (param f32) (result f32) (f32.neg (local.get 0)))
      (func (export "abs") (param f64) (result f64) (f64.abs (local.get 0))))"#;
    let (f32_nan, f64_nan) = (Val::F32(0xff81_2345), Val::F64(0xfff0_0000_0000_1234));
    let (f32_one, f64_one) = (Val::F32(1f32.to_bits()), Val::F64(1f64.to_bits()));
    let cases: &[(&str, &[Val], u64)] = &[
        ("add", &[f32_one, f32_nan], 0x7fc0_0000),
        ("add", &[f32_nan, f32_one], 0x7fc0_0000),
        ("mul_1", &[f64_nan], 0x7ff8 << 48),
        ("min", &[f64_one, f64_nan], 0x7ff8 << 48),
        ("ceil", &[f32_nan], 0x7fc0_0000),
        ("sqrt", &[Val::F64((-1f64).to_bits())], 0x7ff8 << 48),
        ("demote", &[f64_nan], 0x7fc0_0000),
        ("promote", &[f32_nan], 0x7ff8 << 48),
        ("both", &[f32_nan], 0x7fc0_0000),
        ("neg", &[f32_nan], 0x7f81_2345),
        ("abs", &[f64_nan], 0x7ff0_0000_0000_1234),
    ];
    for config in configs() {
        let engine = Engine::new(&config.clone().canonicalize_nans(true));
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        for (name, args, expected) in cases {
            let func = instance.get_func(&store, name).unwrap();
            let bits = match func.call(&mut store, args).unwrap()[0] {
                Val::F32(bits) => u64::from(bits),
                Val::F64(bits) => bits,
                other => panic!("{other:?}"),
            };
            assert_eq!(bits, *expected, "{name}: {bits:#x}, {config:?}");
        }
    }
}

/// Operations with constants that LLVM would fold to their operand.
#[test]
fn arithmetic_quiets_nans_whatever_it_folds_to() {
    let ones = "(f32x4.splat (f32.const 1))";
    let bodies = [
        format!("(f32x4.mul (local.get 0) {ones})"),
        format!("(f32x4.mul {ones} (local.get 0))"),
        format!("(f32x4.div (local.get 0) {ones})"),
        "(f32x4.mul (local.get 0) (v128.const f32x4 1 2 -1 3))".to_owned(),
        "(f32x4.add (local.get 0) (v128.const f32x4 -0 0 -0 0))".to_owned(),
        "(f32x4.add (f32x4.abs (local.get 0)) (v128.const f32x4 0 0 0 0))".to_owned(),
        "(f32x4.sub (local.get 0) (v128.const f32x4 0 0 0 0))".to_owned(),
        "(f32x4.sub (v128.const f32x4 -0 -0 -0 -0) (local.get 0))".to_owned(),
        "(f32x4.demote_f64x2_zero (f64x2.promote_low_f32x4 (local.get 0)))".to_owned(),
        "(f32x4.nearest (local.get 0))".to_owned(),
        "(f32x4.min (local.get 0) (local.get 0))".to_owned(),
    ];
    for config in configs() {
        for body in &bodies {
            // Lane by lane too: LLVM takes the operation apart when only one lane of it is wanted.
            let text = format!(
                "(module (func (export \"f\") (param v128) (result v128) {body})
                   (func (export \"lane\") (param v128) (result f32) (f32x4.extract_lane 0 {body})))"
            );
            let engine = Engine::new(&config);
            let module = Module::new(&engine, text).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let x = i32x4([0x7f80_0001, 0xff80_0001, 0, 0]);
            let quiet = 0x7fc0_0000;
            let result = call(&mut store, &instance, "f", &[x]);
            for lane in [result as u32, (result >> 32) as u32] {
                assert_eq!(lane & quiet, quiet, "{body}: {result:#034x}, {config:?}");
            }
            let lane = instance.get_func(&store, "lane").unwrap();
            let Val::F32(bits) = lane.call(&mut store, &[Val::V128(x)]).unwrap()[0] else { panic!() };
            assert_eq!(bits & quiet, quiet, "{body}: {bits:#x}, {config:?}");
        }
    }
}
