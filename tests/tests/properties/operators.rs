//! Every numeric and vector operator: what it gives of constants, where the compiler may compute it, and of operands out
//! of memory, where it may not, in every configuration; compared with the other engines.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use wootz_tests::differential::{Comparison, Judges, Oracles};

use super::runner;

/// Operators by their operands and result, one letter each: `i`, `l`, `f`, `d`, `v` for `i32`, `i64`, `f32`, `f64`, `v128`.
const OPERATORS: &[(&str, &str)] = &[
    (
        "ii:i",
        "i32: add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr eq ne lt_s lt_u gt_s gt_u le_s \
         le_u ge_s ge_u",
    ),
    ("ll:l", "i64: add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"),
    ("ll:i", "i64: eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"),
    ("i:i", "i32: clz ctz popcnt eqz extend8_s extend16_s"),
    ("l:l", "i64: clz ctz popcnt extend8_s extend16_s extend32_s"),
    ("l:i", "i64: eqz"),
    ("l:i", "i32: wrap_i64"),
    ("i:l", "i64: extend_i32_s extend_i32_u"),
    ("ff:f", "f32: add sub mul div min max copysign"),
    ("dd:d", "f64: add sub mul div min max copysign"),
    ("f:f", "f32: abs neg sqrt ceil floor trunc nearest"),
    ("d:d", "f64: abs neg sqrt ceil floor trunc nearest"),
    ("ff:i", "f32: eq ne lt gt le ge"),
    ("dd:i", "f64: eq ne lt gt le ge"),
    ("f:i", "i32: trunc_f32_s trunc_f32_u trunc_sat_f32_s trunc_sat_f32_u reinterpret_f32"),
    ("d:i", "i32: trunc_f64_s trunc_f64_u trunc_sat_f64_s trunc_sat_f64_u"),
    ("f:l", "i64: trunc_f32_s trunc_f32_u trunc_sat_f32_s trunc_sat_f32_u"),
    ("d:l", "i64: trunc_f64_s trunc_f64_u trunc_sat_f64_s trunc_sat_f64_u reinterpret_f64"),
    ("i:f", "f32: convert_i32_s convert_i32_u reinterpret_i32"),
    ("l:f", "f32: convert_i64_s convert_i64_u"),
    ("i:d", "f64: convert_i32_s convert_i32_u"),
    ("l:d", "f64: convert_i64_s convert_i64_u reinterpret_i64"),
    ("d:f", "f32: demote_f64"),
    ("f:d", "f64: promote_f32"),
    ("ll:ll", "i64: mul_wide_s mul_wide_u"),
    ("llll:ll", "i64: add128 sub128"),
    ("vv:v", "v128: and andnot or xor"),
    ("v:v", "v128: not"),
    ("vvv:v", "v128: bitselect"),
    ("v:i", "v128: any_true"),
    ("vv:v", "i8x16 i16x8 i32x4 i64x2: add sub eq ne lt_s gt_s le_s ge_s"),
    ("vv:v", "i8x16 i16x8 i32x4: lt_u gt_u le_u ge_u min_s min_u max_s max_u"),
    ("vv:v", "i8x16 i16x8: add_sat_s add_sat_u sub_sat_s sub_sat_u avgr_u"),
    ("vv:v", "i16x8 i32x4 i64x2: mul"),
    ("vv:v", "i8x16: narrow_i16x8_s narrow_i16x8_u swizzle"),
    (
        "vv:v",
        "i16x8: narrow_i32x4_s narrow_i32x4_u q15mulr_sat_s extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u \
         extmul_high_i8x16_u",
    ),
    (
        "vv:v",
        "i32x4: dot_i16x8_s extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u",
    ),
    ("vv:v", "i64x2: extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u"),
    ("v:v", "i8x16 i16x8 i32x4 i64x2: abs neg"),
    ("v:i", "i8x16 i16x8 i32x4 i64x2: all_true bitmask"),
    ("vi:v", "i8x16 i16x8 i32x4 i64x2: shl shr_s shr_u"),
    ("v:v", "i8x16: popcnt"),
    (
        "v:v",
        "i16x8: extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u extend_low_i8x16_s extend_high_i8x16_s \
         extend_low_i8x16_u extend_high_i8x16_u",
    ),
    (
        "v:v",
        "i32x4: extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u extend_low_i16x8_s extend_high_i16x8_s \
         extend_low_i16x8_u extend_high_i16x8_u trunc_sat_f32x4_s trunc_sat_f32x4_u trunc_sat_f64x2_s_zero \
         trunc_sat_f64x2_u_zero",
    ),
    ("v:v", "i64x2: extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u"),
    ("i:v", "i8x16 i16x8 i32x4: splat"),
    ("l:v", "i64x2: splat"),
    ("f:v", "f32x4: splat"),
    ("d:v", "f64x2: splat"),
    ("vv:v", "f32x4 f64x2: eq ne lt gt le ge pmin pmax add sub mul div min max"),
    ("v:v", "f32x4 f64x2: abs neg sqrt ceil floor trunc nearest"),
    ("v:v", "f32x4: convert_i32x4_s convert_i32x4_u demote_f64x2_zero"),
    ("v:v", "f64x2: convert_low_i32x4_s convert_low_i32x4_u promote_low_f32x4"),
    ("v:i", "i8x16: extract_lane_s=3 extract_lane_u=15"),
    ("v:i", "i16x8: extract_lane_s=7 extract_lane_u=2"),
    ("v:i", "i32x4: extract_lane=3"),
    ("v:l", "i64x2: extract_lane=1"),
    ("v:f", "f32x4: extract_lane=2"),
    ("v:d", "f64x2: extract_lane=1"),
    ("vi:v", "i8x16: replace_lane=9"),
    ("vi:v", "i16x8: replace_lane=6"),
    ("vi:v", "i32x4: replace_lane=2"),
    ("vl:v", "i64x2: replace_lane=0"),
    ("vf:v", "f32x4: replace_lane=1"),
    ("vd:v", "f64x2: replace_lane=1"),
    ("vv:v", "i8x16: shuffle=0,17,2,19,31,16,15,7,7,8,24,1,0,30,5,21"),
];

/// Operators of one module.
const CHUNK: usize = 48;
/// Modules for each such set.
const CASES: u32 = 2;

struct Operator {
    name: String,
    immediates: String,
    operands: &'static str,
    results: &'static str,
}

fn operators() -> Vec<Operator> {
    let mut all = Vec::new();
    for (types, names) in OPERATORS {
        let (operands, results) = types.split_once(':').expect("operands and results");
        let (shapes, names) = names.split_once(':').expect("shapes and names");
        for shape in shapes.split(' ') {
            for name in names.split_whitespace() {
                let (name, immediates) = name.split_once('=').unwrap_or((name, ""));
                let immediates = immediates.replace(',', " ");
                all.push(Operator { name: format!("{shape}.{name}"), immediates, operands, results });
            }
        }
    }
    all
}

/// Bits that are an end of something in one of the types.
fn bits() -> impl Strategy<Value = u128> {
    let half = prop_oneof![
        4 => prop::sample::select(ENDS),
        1 => any::<u64>(),
        1 => any::<f64>().prop_map(f64::to_bits),
        1 => (any::<f32>(), any::<f32>())
            .prop_map(|(low, high)| u64::from(low.to_bits()) | u64::from(high.to_bits()) << 32),
        1 => (0..64_u32).prop_map(|shift| 1 << shift),
        1 => (any::<u8>(), any::<i8>()).prop_map(|(low, high)| u64::from(low) | (high as u64) << 32),
    ];
    (half.clone(), half).prop_map(|(low, high)| u128::from(low) | u128::from(high) << 64)
}

/// The low half is also an `i32` or an `f32`.
const ENDS: &[u64] = &[
    0,
    1,
    u64::MAX,
    i64::MIN as u64,
    i64::MAX as u64,
    0x8000_0000_8000_0000,
    0x7fff_ffff_7fff_ffff,
    0x8000_8000_8000_8000,
    0x7fff_7fff_7fff_7fff,
    0x8080_8080_8080_8080,
    0x7f7f_7f7f_7f7f_7f7f,
    0x0001_0002_00ff_ff00,
    // Pairs of f32: 1 and -0, infinities, NaNs of both kinds, halves, ends of integers, subnormals.
    0x3f80_0000_8000_0000,
    0x7f80_0000_ff80_0000,
    0x7fa0_0001_ffc0_1234,
    0x3f00_0000_c020_0000,
    0x4f00_0000_cf00_0000,
    0xcf00_0001_4eff_ffff,
    0x4f80_0000_4f7f_ffff,
    0x5f00_0000_df00_0000,
    0x5f80_0000_bf7f_ffff,
    0x0000_0001_807f_ffff,
    // f64: 1, -0.5, infinities, NaNs of both kinds, ends of integers and their neighbours, a tie for f32.
    0x3ff0_0000_0000_0000,
    0xbfe0_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff4_0000_0000_0001,
    0xfff8_0000_0000_4321,
    0x41df_ffff_ffe0_0000,
    0x41e0_0000_0000_0000,
    0xc1e0_0000_001f_ffff,
    0xc1e0_0000_0020_0000,
    0x41ef_ffff_fff0_0000,
    0xbfef_ffff_ffff_ffff,
    0x43e0_0000_0000_0000,
    0xc3e0_0000_0000_0001,
    0x43f0_0000_0000_0000,
    0x43ef_ffff_ffff_ffff,
    0x3ff0_0000_1000_0000,
    0x47ef_ffff_f000_0000,
];

fn name(letter: char) -> &'static str {
    match letter {
        'i' => "i32",
        'l' => "i64",
        'f' => "f32",
        'd' => "f64",
        _ => "v128",
    }
}

/// A constant of these bits.
fn constant(letter: char, bits: u128) -> String {
    let low = bits as u64;
    match letter {
        'i' => format!("(i32.const {})", low as i32),
        'l' => format!("(i64.const {})", low as i64),
        // A float as text would need all forms of NaN; the compiler sees through this.
        'f' => format!("(f32.reinterpret_i32 (i32.const {}))", low as i32),
        'd' => format!("(f64.reinterpret_i64 (i64.const {}))", low as i64),
        _ => format!("(v128.const i64x2 {} {})", low as i64, (bits >> 64) as i64),
    }
}

/// The module of some operators: for each a function over constants and one over operands out of memory.
fn module(operators: &[Operator], operands: &[[u128; 4]]) -> String {
    let mut text = String::from("(module\n  (memory 1)\n");
    for (index, values) in operands.iter().enumerate() {
        let bytes: String =
            values.iter().flat_map(|value| value.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect();
        let _ = writeln!(text, "  (data (i32.const {}) \"{bytes}\")", index * 64);
    }
    for (index, (operator, values)) in operators.iter().zip(operands).enumerate() {
        let results: String = operator.results.chars().map(|letter| format!(" {}", name(letter))).collect();
        let mut function = |kind: &str, operands: Vec<String>| {
            let Operator { name, immediates, .. } = operator;
            let body = quiet(operator, &format!("({name} {immediates} {})", operands.join(" ")));
            let _ = writeln!(
                text,
                "  (func (export \"{name} {kind} {index}\") (result{results}) (local $v v128)\n    {body})"
            );
        };
        let letters = || operator.operands.chars().zip(values);
        function("constant", letters().map(|(letter, bits)| constant(letter, *bits)).collect());
        let load = |(place, (letter, _)): (usize, (char, &u128))| {
            format!("({}.load (i32.const {}))", name(letter), index * 64 + place * 16)
        };
        function("loaded", letters().enumerate().map(load).collect());
    }
    text + ")\n"
}

/// A vector of floats that arithmetic made, with the canonical NaN for all others: which one it is is open.
fn quiet(operator: &Operator, value: &str) -> String {
    let shape = operator.name.split('.').next().unwrap_or("");
    let operation = operator.name.split('.').nth(1).unwrap_or("");
    let exact = ["abs", "neg", "pmin", "pmax", "splat", "replace_lane", "eq", "ne", "lt", "gt", "le", "ge"];
    let nan = match shape {
        "f32x4" => "nan nan nan nan",
        "f64x2" => "nan nan",
        _ => return value.to_owned(),
    };
    if operator.results != "v" || exact.contains(&operation) {
        return value.to_owned();
    }
    format!(
        "(v128.bitselect (v128.const {shape} {nan}) (local.tee $v {value}) ({shape}.ne (local.get $v) (local.get $v)))"
    )
}

#[test]
fn operators_give_what_other_engines_give() {
    let judges = Judges::new(Oracles::Auto).expect("wasmi is always there");
    let mut checked = 0;
    for operators in operators().chunks(CHUNK) {
        let operands = prop::collection::vec([bits(), bits(), bits(), bits()], operators.len());
        let result = runner(CASES).run(&operands, |operands| {
            let wasm = wat::parse_str(module(operators, &operands)).expect("the text is a module");
            let verdict = judges.judge(&wasm);
            prop_assert!(verdict.wasmi, "wasmi did not run it");
            match verdict.comparison {
                Comparison::Same => Ok(()),
                other => Err(TestCaseError::fail(format!("{other:?}"))),
            }
        });
        if let Err(error) = result {
            panic!("{error}");
        }
        checked += operators.len();
    }
    assert!(checked > 300, "{checked} operators were checked");
}
