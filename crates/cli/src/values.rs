//! Values on the command line: arguments of `--invoke` by their types, and results as they are printed.

use wast::parser::{ParseBuffer, parse};
use wast::token::{F32, F64};
use wootz::{Val, ValType};

/// Reads an argument as a value of a type; the error says what is expected.
///
/// Integers are decimal or hexadecimal, signed or in the unsigned range. Floats are as in the text format: decimal,
/// hexadecimal (`0x1.8p3`), `inf`, `nan`, `nan:0x…`. A reference can only be `null`.
pub(crate) fn parse_value(text: &str, ty: ValType) -> Result<Val, String> {
    match ty {
        ValType::I32 => integer(text, 32).map(|bits| Val::I32(bits as i32)),
        ValType::I64 => integer(text, 64).map(|bits| Val::I64(bits as i64)),
        ValType::F32 => float(text, |buffer| parse::<F32>(buffer).ok().map(|value| Val::F32(value.bits))),
        ValType::F64 => float(text, |buffer| parse::<F64>(buffer).ok().map(|value| Val::F64(value.bits))),
        ValType::V128 => Err("vectors cannot be passed".into()),
        ValType::Ref(reference) if text == "null" && reference.nullable => Ok(Val::null(reference)),
        ValType::Ref(_) => Err("the only reference that can be passed is null".into()),
    }
}

/// The bits of an integer in the signed or unsigned range of a width.
fn integer(text: &str, width: u32) -> Result<i128, String> {
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (digits, 10),
    };
    // A sign behind the prefix is no digit; `from_str_radix` would take it.
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err("expected an integer, decimal or hexadecimal with 0x".into());
    }
    let magnitude = u128::from_str_radix(digits, radix).unwrap_or(u128::MAX);
    let most = if negative { 1 << (width - 1) } else { (1u128 << width) - 1 };
    if magnitude > most {
        return Err(format!("out of the range of i{width}: -2^{} to 2^{width} - 1", width - 1));
    }
    Ok(if negative { -(magnitude as i128) } else { magnitude as i128 })
}

fn float(text: &str, parse: impl Fn(&ParseBuffer<'_>) -> Option<Val>) -> Result<Val, String> {
    let text = text.replace("infinity", "inf");
    let value = ParseBuffer::new(&text).ok().as_ref().and_then(parse);
    value.ok_or_else(|| "expected a number: decimal, hexadecimal (0x1.8p3), inf or nan".into())
}

/// A result as it is printed: integers signed, floats so that reading them back gives the same bits.
pub(crate) fn print_value(value: &Val) -> String {
    match value {
        Val::F32(bits) => {
            let value = f32::from_bits(*bits);
            if value.is_nan() {
                nan(bits >> 31 != 0, u64::from(bits & 0x7f_ffff), 0x40_0000)
            } else {
                value.to_string()
            }
        }
        Val::F64(bits) => {
            let value = f64::from_bits(*bits);
            if value.is_nan() {
                nan(bits >> 63 != 0, bits & ((1 << 52) - 1), 1 << 51)
            } else {
                value.to_string()
            }
        }
        value => value.to_string(),
    }
}

fn nan(negative: bool, payload: u64, canonical: u64) -> String {
    let sign = if negative { "-" } else { "" };
    if payload == canonical { format!("{sign}nan") } else { format!("{sign}nan:{payload:#x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str, ty: ValType) -> Option<u64> {
        Some(match parse_value(text, ty).ok()? {
            Val::I32(value) => u64::from(value as u32),
            Val::I64(value) => value as u64,
            Val::F32(bits) => u64::from(bits),
            Val::F64(bits) => bits,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn integers_take_both_ranges_and_both_radices() {
        assert_eq!(bits("-1", ValType::I32), Some(0xffff_ffff));
        assert_eq!(bits("4294967295", ValType::I32), Some(0xffff_ffff));
        assert_eq!(bits("0xffffffff", ValType::I32), Some(0xffff_ffff));
        assert_eq!(bits("-0x80000000", ValType::I32), Some(0x8000_0000));
        assert_eq!(bits("+7", ValType::I32), Some(7));
        assert_eq!(bits("4294967296", ValType::I32), None);
        assert_eq!(bits("-2147483649", ValType::I32), None);
        assert_eq!(bits("18446744073709551615", ValType::I64), Some(u64::MAX));
        assert_eq!(bits("-9223372036854775808", ValType::I64), Some(1 << 63));
        assert_eq!(bits("18446744073709551616", ValType::I64), None);
        for bad in
            ["", "-", "0x", "--1", "0x-1", "1.0", "one", " 1", "99999999999999999999999999999999999999999"]
        {
            assert_eq!(bits(bad, ValType::I64), None, "{bad:?}");
        }
    }

    #[test]
    fn floats_are_those_of_the_text_format() {
        assert_eq!(bits("1.5", ValType::F64), Some(1.5f64.to_bits()));
        assert_eq!(bits("-3", ValType::F32), Some(u64::from((-3f32).to_bits())));
        assert_eq!(bits("0x1.8p3", ValType::F64), Some(12f64.to_bits()));
        assert_eq!(bits("1e400", ValType::F64), None);
        assert_eq!(bits("-inf", ValType::F64), Some(f64::NEG_INFINITY.to_bits()));
        assert_eq!(bits("infinity", ValType::F32), Some(u64::from(f32::INFINITY.to_bits())));
        assert_eq!(bits("nan:0x1", ValType::F32), Some(0x7f80_0001));
        for bad in ["", "x", "1 2", "(", "0x", "\"1\"", ";;"] {
            assert_eq!(bits(bad, ValType::F64), None, "{bad:?}");
        }
    }

    #[test]
    fn printed_values_read_back() {
        for text in ["nan", "-nan", "nan:0x1", "inf", "-inf", "-0", "1.5", "0.1"] {
            for ty in [ValType::F32, ValType::F64] {
                let value = parse_value(text, ty).expect("it parses");
                assert_eq!(print_value(&value), text, "{ty}");
            }
        }
        assert_eq!(print_value(&Val::I32(-1)), "-1");
        assert_eq!(print_value(&Val::FuncRef(None)), "null");
    }

    #[test]
    fn references_are_null() {
        assert!(matches!(parse_value("null", ValType::EXTERNREF), Ok(Val::ExternRef(None))));
        assert!(parse_value("0", ValType::FUNCREF).is_err());
    }
}
