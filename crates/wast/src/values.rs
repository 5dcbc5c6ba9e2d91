//! Values of a script: arguments to calls, and expected results compared bit for bit.

use std::collections::BTreeMap;
use std::fmt;

use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};
use wootz_engine::{ExternRef, Store, Val};

/// The host's references that a script has named by number, `(ref.extern 1)`: the same one each time.
#[derive(Default)]
pub(super) struct HostReferences(BTreeMap<u32, ExternRef>);

impl HostReferences {
    fn get(&mut self, store: &mut Store<()>, number: u32) -> ExternRef {
        *self.0.entry(number).or_insert_with(|| ExternRef::new(store, number))
    }
}

/// The value of an argument, or why there is none.
pub(super) fn argument(
    store: &mut Store<()>,
    references: &mut HostReferences,
    argument: &WastArg<'_>,
) -> Result<Val, String> {
    let WastArg::Core(argument) = argument else {
        return Err("an argument of a component".to_owned());
    };
    Ok(match argument {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(value.bits),
        WastArgCore::F64(value) => Val::F64(value.bits),
        WastArgCore::RefNull(heap) => null(heap).ok_or_else(|| format!("a null of type {heap:?}"))?,
        WastArgCore::RefExtern(number) => Val::from(references.get(store, *number)),
        WastArgCore::V128(value) => Val::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefHost(_) => {
            return Err(format!("an argument that only garbage collection has: {argument:?}"));
        }
    })
}

fn null(heap: &HeapType<'_>) -> Option<Val> {
    match heap {
        HeapType::Abstract { shared: false, ty } => match ty {
            AbstractHeapType::Func | AbstractHeapType::NoFunc => Some(Val::FuncRef(None)),
            AbstractHeapType::Extern | AbstractHeapType::NoExtern => Some(Val::ExternRef(None)),
            _ => None,
        },
        HeapType::Concrete(_) => Some(Val::FuncRef(None)),
        _ => None,
    }
}

/// Whether a value is what is expected: numbers bit for bit, NaNs by their pattern.
pub fn matches(store: &Store<()>, value: Val, expected: &WastRet<'_>) -> bool {
    match expected {
        WastRet::Core(expected) => matches_core(store, value, expected),
        _ => false,
    }
}

fn matches_core(store: &Store<()>, value: Val, expected: &WastRetCore<'_>) -> bool {
    match (expected, value) {
        (WastRetCore::Either(choices), value) => {
            choices.iter().any(|expected| matches_core(store, value, expected))
        }
        (WastRetCore::I32(expected), Val::I32(value)) => *expected == value,
        (WastRetCore::I64(expected), Val::I64(value)) => *expected == value,
        (WastRetCore::F32(expected), Val::F32(bits)) => matches_f32(expected, bits),
        (WastRetCore::F64(expected), Val::F64(bits)) => matches_f64(expected, bits),
        (WastRetCore::V128(expected), Val::V128(bits)) => matches_v128(expected, bits),
        (WastRetCore::RefNull(None), Val::FuncRef(None) | Val::ExternRef(None)) => true,
        (WastRetCore::RefNull(Some(heap)), Val::FuncRef(None) | Val::ExternRef(None)) => {
            null(heap).is_some_and(|expected| expected.ty() == value.ty())
        }
        (WastRetCore::RefExtern(None), Val::ExternRef(Some(_))) => true,
        (WastRetCore::RefExtern(Some(number)), Val::ExternRef(Some(reference))) => {
            reference.data(store).downcast_ref::<u32>() == Some(number)
        }
        (WastRetCore::RefFunc(None), Val::FuncRef(Some(_))) => true,
        _ => false,
    }
}

/// Every lane is compared in its shape: floats of a vector by patterns, as single ones are.
fn matches_v128(expected: &V128Pattern, bits: u128) -> bool {
    let bytes = bits.to_le_bytes();
    let lane = |index: usize, width: usize| {
        let bytes = bytes[index * width..][..width].iter().rev();
        bytes.fold(0, |lane: u64, byte| lane << 8 | u64::from(*byte))
    };
    match expected {
        V128Pattern::I8x16(lanes) => (0..).zip(lanes).all(|(i, expected)| *expected == lane(i, 1) as i8),
        V128Pattern::I16x8(lanes) => (0..).zip(lanes).all(|(i, expected)| *expected == lane(i, 2) as i16),
        V128Pattern::I32x4(lanes) => (0..).zip(lanes).all(|(i, expected)| *expected == lane(i, 4) as i32),
        V128Pattern::I64x2(lanes) => (0..).zip(lanes).all(|(i, expected)| *expected == lane(i, 8) as i64),
        V128Pattern::F32x4(lanes) => {
            (0..).zip(lanes).all(|(i, expected)| matches_f32(expected, lane(i, 4) as u32))
        }
        V128Pattern::F64x2(lanes) => (0..).zip(lanes).all(|(i, expected)| matches_f64(expected, lane(i, 8))),
    }
}

/// A canonical NaN has the quiet bit alone in its payload; an arithmetic one has it and may have more.
fn matches_f32(expected: &NanPattern<wast::token::F32>, bits: u32) -> bool {
    const CANONICAL: u32 = 0x7fc0_0000;
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == CANONICAL,
        NanPattern::ArithmeticNan => bits & CANONICAL == CANONICAL,
        NanPattern::Value(value) => value.bits == bits,
    }
}

fn matches_f64(expected: &NanPattern<wast::token::F64>, bits: u64) -> bool {
    const CANONICAL: u64 = 0x7ff8_0000_0000_0000;
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == CANONICAL,
        NanPattern::ArithmeticNan => bits & CANONICAL == CANONICAL,
        NanPattern::Value(value) => value.bits == bits,
    }
}

/// Values for a message: floats with their bits.
pub(super) struct Shown<'a>(pub(super) &'a [Val]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, value) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            match value {
                Val::F32(bits) => write!(f, "{separator}{}: f32 ({bits:#010x})", f32::from_bits(*bits))?,
                Val::F64(bits) => write!(f, "{separator}{}: f64 ({bits:#018x})", f64::from_bits(*bits))?,
                value => write!(f, "{separator}{value}: {}", value.ty())?,
            }
        }
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use wast::core::{NanPattern, V128Pattern};
    use wast::token::{F32, F64};
    use wootz_engine::Val;

    use super::{Shown, matches_f32, matches_f64, matches_v128};

    #[test]
    fn nan_patterns_look_at_the_payload() {
        for sign in [0, 1 << 31] {
            assert!(matches_f32(&NanPattern::CanonicalNan, sign | 0x7fc0_0000));
            assert!(!matches_f32(&NanPattern::CanonicalNan, sign | 0x7fc0_0001));
            assert!(matches_f32(&NanPattern::ArithmeticNan, sign | 0x7fc0_0001));
            assert!(!matches_f32(&NanPattern::ArithmeticNan, sign | 0x7fa0_0000), "signalling");
            assert!(!matches_f32(&NanPattern::ArithmeticNan, sign | 0x7f80_0000), "infinity");
        }
        assert!(matches_f64(&NanPattern::CanonicalNan, 0xfff8_0000_0000_0000));
        assert!(!matches_f64(&NanPattern::CanonicalNan, 0x7ff8_0000_0000_0001));
        assert!(matches_f64(&NanPattern::ArithmeticNan, 0x7ff8_0000_0000_0001));
        assert!(!matches_f64(&NanPattern::ArithmeticNan, 0x7ff4_0000_0000_0000), "signalling");
    }

    #[test]
    fn zeros_differ_in_sign() {
        assert!(!matches_f32(&NanPattern::Value(F32 { bits: 0 }), (-0.0f32).to_bits()));
        assert!(!matches_f64(&NanPattern::Value(F64 { bits: 0 }), (-0.0f64).to_bits()));
        assert!(matches_f64(&NanPattern::Value(F64 { bits: 1 << 63 }), (-0.0f64).to_bits()));
    }

    #[test]
    fn every_lane_counts() {
        let bits = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
        let mut lanes: [i16; 8] = std::array::from_fn(|i| (i * 0x202 + 0x100) as i16);
        assert!(matches_v128(&V128Pattern::I16x8(lanes), bits));
        lanes[7] += 1;
        assert!(!matches_v128(&V128Pattern::I16x8(lanes), bits));
        assert!(matches_v128(&V128Pattern::I8x16(std::array::from_fn(|i| i as i8)), bits));
        assert!(matches_v128(
            &V128Pattern::I32x4([0x0302_0100, 0x0706_0504, 0x0b0a_0908, 0x0f0e_0d0c]),
            bits
        ));
        assert!(matches_v128(&V128Pattern::I64x2([0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908]), bits));
        let nans = 0x7fc0_0000_7fc0_0001_ffc0_0000_3f80_0000;
        let floats = |last| {
            let one = NanPattern::Value(F32 { bits: 0x3f80_0000 });
            V128Pattern::F32x4([one, NanPattern::CanonicalNan, NanPattern::ArithmeticNan, last])
        };
        assert!(matches_v128(&floats(NanPattern::CanonicalNan), nans));
        assert!(!matches_v128(&floats(NanPattern::CanonicalNan), nans | 1 << 96));
        assert!(matches_v128(&floats(NanPattern::ArithmeticNan), nans | 1 << 96));
    }

    #[test]
    fn values_are_shown_with_their_bits() {
        let shown = Shown(&[Val::I32(-1), Val::F32(0x7fc0_0001)]).to_string();
        assert_eq!(shown, "[-1: i32, NaN: f32 (0x7fc00001)]");
    }
}
