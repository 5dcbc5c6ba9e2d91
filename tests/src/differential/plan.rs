//! Which exports of a module are called with which arguments: the same for every engine.

use wootz::{ExternType, FuncType, HeapType, Module, ValType};

use super::observation::Value;
use super::random::Random;

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The exported function.
    pub(super) name: String,
    /// What it gets.
    pub(super) arguments: Vec<Value>,
    /// How many values it returns.
    pub(super) results: usize,
}

/// The most calls of one module in which a function is called again.
const CALLS: usize = 24;

/// Every exported function once, and twice as far as there is room.
pub(super) fn calls(module: &Module) -> Vec<Call> {
    let mut random = Random::new(0);
    let mut calls = Vec::new();
    for round in 0..2 {
        for export in module.exports() {
            if let ExternType::Function(ty) = export.ty
                && (round == 0 || calls.len() < CALLS)
                && let Some(arguments) = arguments(&ty, &mut random)
            {
                calls.push(Call { name: export.name.to_owned(), arguments, results: ty.results.len() });
            }
        }
    }
    calls
}

fn arguments(ty: &FuncType, random: &mut Random) -> Option<Vec<Value>> {
    ty.params.iter().map(|ty| argument(*ty, random)).collect()
}

/// `None` for a type that the host has no value of.
fn argument(ty: ValType, random: &mut Random) -> Option<Value> {
    Some(match ty {
        ValType::I32 => Value::I32(integer(random) as i32),
        ValType::I64 => Value::I64(integer(random)),
        ValType::F32 => Value::F32(float(random) as u32),
        ValType::F64 => match random.below(2) {
            0 => Value::F64(f64::from(f32::from_bits(float(random) as u32)).to_bits()),
            _ => Value::F64(random.next()),
        },
        ValType::V128 => {
            let mut half = || match random.below(3) {
                0 => u128::from(integer(random) as u64),
                1 => u128::from(float(random) << 32 | float(random) & 0xffff_ffff),
                _ => u128::from(f64::from(f32::from_bits(float(random) as u32)).to_bits()),
            };
            Value::V128(half() << 64 | half())
        }
        ValType::Ref(ty) if !ty.nullable => return None,
        ValType::Ref(ty) => match ty.heap {
            HeapType::Func => Value::FuncRef(true),
            HeapType::Extern => Value::ExternRef(true),
            _ => return None,
        },
    })
}

/// Often one where something begins or ends.
fn integer(random: &mut Random) -> i64 {
    const ENDS: &[i64] = &[
        0,
        1,
        -1,
        7,
        i32::MIN as i64,
        i32::MAX as i64,
        i64::MIN,
        i64::MAX,
        65535,
        65536,
        65532,
        u32::MAX as i64,
        1 << 32,
    ];
    match random.below(4) {
        0 => random.next() as i64,
        1 => random.below(256) as i64,
        _ => ENDS[random.below(ENDS.len() as u64) as usize],
    }
}

/// Bits of an `f32`.
fn float(random: &mut Random) -> u64 {
    let ends = [
        0.0,
        -0.0,
        1.0,
        -1.5,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        f32::MIN_POSITIVE,
        2_147_483_648.0,
        -2_147_483_648.0,
        4_294_967_296.0,
        9.223_372e18,
    ];
    match random.below(3) {
        0 => random.next(),
        _ => u64::from(ends[random.below(ends.len() as u64) as usize].to_bits()),
    }
}
