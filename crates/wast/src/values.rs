//! Values of a script: arguments to calls, and expected results compared bit for bit.

use std::collections::BTreeMap;
use std::fmt;

use wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};
use wootz::{ExternRef, Store, Val};

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
        WastArgCore::V128(_) | WastArgCore::RefHost(_) => {
            return Err(format!("an argument that WebAssembly 2.0 without SIMD has not: {argument:?}"));
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

/// Whether a value is what is expected.
pub(super) fn matches(store: &Store<()>, value: Val, expected: &WastRet<'_>) -> bool {
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
    use wast::core::NanPattern;
    use wast::token::{F32, F64};
    use wootz::Val;

    use super::{Shown, matches_f32, matches_f64};

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
    fn values_are_shown_with_their_bits() {
        let shown = Shown(&[Val::I32(-1), Val::F32(0x7fc0_0001)]).to_string();
        assert_eq!(shown, "[-1: i32, NaN: f32 (0x7fc00001)]");
    }
}
