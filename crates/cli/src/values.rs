//! Values on the command line: arguments of `--invoke` by their types, and results as they are printed.

use wast::parser::{ParseBuffer, parse};
use wast::token::{F32, F64};
use wootz_engine::{Val, ValType};

/// Reads an argument as a value of a type; the error says what is expected.
///
/// Integers are decimal or hexadecimal, signed or in the unsigned range. Floats are as in the text format: decimal,
/// hexadecimal (`0x1.8p3`), `inf`, `nan`, `nan:0x…`. A vector is a shape and its lanes, the lowest first
/// (`i32x4:1,2,3,4`, `f64x2:0.5,nan`), or all bits as one hexadecimal number. A reference can only be `null`.
pub fn parse_value(text: &str, ty: ValType) -> Result<Val, String> {
    match ty {
        ValType::I32 => integer(text, 32).map(|bits| Val::I32(bits as i32)),
        ValType::I64 => integer(text, 64).map(|bits| Val::I64(bits as i64)),
        ValType::F32 => float(text, |buffer| parse::<F32>(buffer).ok().map(|value| Val::F32(value.bits))),
        ValType::F64 => float(text, |buffer| parse::<F64>(buffer).ok().map(|value| Val::F64(value.bits))),
        ValType::V128 => vector(text).map(Val::V128),
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
    let most = if negative { 1 << (width - 1) } else { u128::MAX >> (128 - width) };
    if magnitude > most {
        return Err(format!("out of the range of i{width}: -2^{} to 2^{width} - 1", width - 1));
    }
    Ok(if negative { -(magnitude as i128) } else { magnitude as i128 })
}

/// The bits of a vector.
fn vector(text: &str) -> Result<u128, String> {
    const EXPECTED: &str =
        "expected a vector: its shape and lanes (i32x4:1,2,3,4), or 0x and up to 32 digits";
    let Some((shape, lanes)) = text.split_once(':') else {
        let digits = text.strip_prefix("0x").filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()));
        return digits
            .and_then(|digits| u128::from_str_radix(digits, 16).ok())
            .ok_or_else(|| EXPECTED.into());
    };
    let (ty, width) = match shape {
        "i8x16" => (ValType::I32, 8),
        "i16x8" => (ValType::I32, 16),
        "i32x4" => (ValType::I32, 32),
        "i64x2" => (ValType::I64, 64),
        "f32x4" => (ValType::F32, 32),
        "f64x2" => (ValType::F64, 64),
        _ => return Err(EXPECTED.into()),
    };
    let lanes: Vec<&str> = lanes.split(',').map(str::trim).collect();
    let count = 128 / width as usize;
    if lanes.len() != count {
        return Err(format!("{shape} has {count} lanes, not {}", lanes.len()));
    }
    let lane = |(index, text): (usize, &&str)| {
        let bits = match parse_lane(text, ty, width)? {
            Val::I32(value) => u128::from(value as u32),
            Val::I64(value) => u128::from(value as u64),
            Val::F32(bits) => u128::from(bits),
            Val::F64(bits) => u128::from(bits),
            other => return Err(format!("a lane cannot be {other}")),
        };
        Ok((bits & (u128::MAX >> (128 - width))) << (index as u32 * width))
    };
    lanes.iter().enumerate().map(lane).try_fold(0, |vector, lane| Ok(vector | lane?))
}

fn parse_lane(text: &str, ty: ValType, width: u32) -> Result<Val, String> {
    match ty {
        ValType::I32 => integer(text, width).map(|bits| Val::I32(bits as i32)),
        ty => parse_value(text, ty),
    }
}

fn float(text: &str, parse: impl Fn(&ParseBuffer<'_>) -> Option<Val>) -> Result<Val, String> {
    let text = text.replace("infinity", "inf");
    let value = ParseBuffer::new(&text).ok().as_ref().and_then(parse);
    value.ok_or_else(|| "expected a number: decimal, hexadecimal (0x1.8p3), inf or nan".into())
}

/// A result as it is printed: integers signed, floats so that reading them back gives the same bits.
pub fn print_value(value: &Val) -> String {
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
        Val::V128(bits) => {
            let lane = |index: u32| (bits >> (index * 32)) as u32;
            format!("i32x4:{:#010x},{:#010x},{:#010x},{:#010x}", lane(0), lane(1), lane(2), lane(3))
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
    fn vectors_have_a_shape_or_are_one_number() {
        let parse = |text: &str| match parse_value(text, ValType::V128) {
            Ok(Val::V128(bits)) => Ok(bits),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        };
        assert_eq!(
            parse("0x0123456789abcdef0011223344556677"),
            Ok(0x0123_4567_89ab_cdef_0011_2233_4455_6677)
        );
        assert_eq!(parse("0x1"), Ok(1));
        assert_eq!(parse("i32x4:1,-1, 0x10 ,4294967295"), Ok(0xffff_ffff_0000_0010_ffff_ffff_0000_0001));
        assert_eq!(parse("i64x2:-2,1"), Ok(1 << 64 | 0xffff_ffff_ffff_fffe));
        assert_eq!(parse("i16x8:0,1,2,3,4,5,6,-1"), Ok(0xffff_0006_0005_0004_0003_0002_0001_0000));
        assert_eq!(
            parse("i8x16:255,-1,0,0,0,0,0,0,0,0,0,0,0,0,0,-128"),
            Ok(0x8000_0000_0000_0000_0000_0000_0000_ffff)
        );
        assert_eq!(parse("f32x4:1,-0,inf,nan"), Ok(0x7fc0_0000_7f80_0000_8000_0000_3f80_0000));
        assert_eq!(parse("f64x2:0x1p1,-nan:0x1"), Ok(0xfff0_0000_0000_0001_4000_0000_0000_0000));
        assert_eq!(parse("i32x4:1,2,3"), Err("i32x4 has 4 lanes, not 3".into()));
        let long = format!("0x{}", "f".repeat(33));
        for bad in [
            "",
            "1",
            "0x",
            "0x-1",
            &long,
            "i32x3:1,2,3",
            "i8x16:256,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
            "f32x4:a,0,0,0",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
        let printed = "i32x4:0x00000001,0x80000000,0xffffffff,0x00000004";
        let value = parse_value(printed, ValType::V128).expect("it parses");
        assert_eq!(print_value(&value), printed);
    }

    #[test]
    fn references_are_null() {
        assert!(matches!(parse_value("null", ValType::EXTERNREF), Ok(Val::ExternRef(None))));
        assert!(parse_value("0", ValType::FUNCREF).is_err());
    }
}
