//! Conversions between value types (specification: Numerics, Conversions).

use inkwell::FloatPredicate;
use inkwell::values::{BasicValueEnum, FloatValue};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::ir::{Convert, FloatWidth, Inst, IntWidth, Op, Sign};

use super::float::{arithmetic, canonicalize};
use crate::error::CompileError;
use crate::function::FunctionState;
use crate::intrinsics::Intrinsic;

type Result<'ctx> = std::result::Result<BasicValueEnum<'ctx>, CompileError>;

pub(super) fn convert<'ctx>(f: &mut FunctionState<'_, 'ctx>, op: Convert, inst: Inst) -> Result<'ctx> {
    let b = f.builder();
    let types = &f.module.types;
    Ok(match op {
        Convert::Wrap => b.build_int_truncate(f.int(inst, 0)?, types.i32, "")?.into(),
        Convert::Extend(Sign::Signed) => b.build_int_s_extend(f.int(inst, 0)?, types.i64, "")?.into(),
        Convert::Extend(Sign::Unsigned) => b.build_int_z_extend(f.int(inst, 0)?, types.i64, "")?.into(),
        Convert::Demote => return demote(f, inst),
        Convert::Promote => {
            let promoted = b.build_float_ext(f.float(inst, 0)?, types.f64, "")?;
            return arithmetic(f, FloatWidth::F64, promoted);
        }
        Convert::Trunc { from, to, sign } => return trunc(f, from, to, sign, f.float(inst, 0)?),
        Convert::TruncSat { from, to, sign } => {
            let signed = sign == Sign::Signed;
            let intrinsic = Intrinsic::TruncSat { signed, from: from.into(), to: to.into() };
            f.intrinsic(intrinsic, &[f.arg(inst, 0)?])?
        }
        Convert::FromInt { to, sign: Sign::Signed, .. } => {
            b.build_signed_int_to_float(f.int(inst, 0)?, types.float(to), "")?.into()
        }
        Convert::FromInt { to, sign: Sign::Unsigned, .. } => {
            b.build_unsigned_int_to_float(f.int(inst, 0)?, types.float(to), "")?.into()
        }
        Convert::IntToFloat(to) => b.build_bit_cast(f.int(inst, 0)?, types.float(to), "")?,
        Convert::FloatToInt(to) => b.build_bit_cast(f.float(inst, 0)?, types.int(to), "")?,
    })
}

/// `f32.demote_f64`. The demotion of a promotion is its operand, but quiet: LLVM would drop both.
fn demote<'ctx>(f: &FunctionState<'_, 'ctx>, inst: Inst) -> Result<'ctx> {
    let x = f.float(inst, 0)?;
    let source = f.body.args(inst).first().and_then(|arg| f.defining_inst(*arg));
    if let Some(source) = source
        && matches!(f.body.insts[source].op, Op::Convert(Convert::Promote))
    {
        let operand = canonicalize(f, FloatWidth::F32, f.float(source, 0)?)?;
        return arithmetic(f, FloatWidth::F32, operand.into_float_value());
    }
    arithmetic(f, FloatWidth::F32, f.builder().build_float_trunc(x, f.module.types.f32, "")?)
}

/// Trapping float to integer. NaN and range are checked first: beyond the range LLVM's conversions are poison.
fn trunc<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    from: FloatWidth,
    to: IntWidth,
    sign: Sign,
    x: FloatValue<'ctx>,
) -> Result<'ctx> {
    let b = f.builder();
    let ty = f.module.types.float(from);
    let range = TruncRange::new(from, to, sign);
    let is_nan = b.build_float_compare(FloatPredicate::UNO, x, x, "")?;
    f.trap_if(is_nan, TrapCode::InvalidConversionToInteger)?;
    let below = if range.low_is_inside { FloatPredicate::OLT } else { FloatPredicate::OLE };
    let below = b.build_float_compare(below, x, ty.const_float(range.low), "")?;
    let above = b.build_float_compare(FloatPredicate::OGE, x, ty.const_float(range.high), "")?;
    f.trap_if(b.build_or(below, above, "")?, TrapCode::IntegerOverflow)?;
    let int = f.module.types.int(to);
    Ok(match sign {
        Sign::Signed => b.build_float_to_signed_int(x, int, "")?,
        Sign::Unsigned => b.build_float_to_unsigned_int(x, int, "")?,
    }
    .into())
}

/// The floats whose integer part fits: from `low` up to but without `high`. All bounds are exact in the float's width.
#[derive(PartialEq, Debug)]
struct TruncRange {
    low: f64,
    /// Whether `low` itself fits.
    low_is_inside: bool,
    high: f64,
}

impl TruncRange {
    fn new(from: FloatWidth, to: IntWidth, sign: Sign) -> Self {
        let bits = to.bits() as i32;
        match sign {
            Sign::Unsigned => Self { low: -1.0, low_is_inside: false, high: 2f64.powi(bits) },
            Sign::Signed => {
                let least = -(2f64.powi(bits - 1));
                // Where the fraction below the least integer is representable, it fits as well.
                let low_is_inside = !(from == FloatWidth::F64 && to == IntWidth::I32);
                let low = if low_is_inside { least } else { least - 1.0 };
                Self { low, low_is_inside, high: 2f64.powi(bits - 1) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the range admits a float.
    fn admits(range: &TruncRange, x: f64) -> bool {
        let above_low = if range.low_is_inside { x >= range.low } else { x > range.low };
        above_low && x < range.high
    }

    #[test]
    fn ranges_end_exactly_where_the_integer_part_stops_fitting() {
        for (to, sign, least, most) in [
            (IntWidth::I32, Sign::Signed, i128::from(i32::MIN), i128::from(i32::MAX)),
            (IntWidth::I32, Sign::Unsigned, 0, i128::from(u32::MAX)),
            (IntWidth::I64, Sign::Signed, i128::from(i64::MIN), i128::from(i64::MAX)),
            (IntWidth::I64, Sign::Unsigned, 0, i128::from(u64::MAX)),
        ] {
            let fits = |x: f64| (least..=most).contains(&(x.trunc() as i128));
            let range = TruncRange::new(FloatWidth::F64, to, sign);
            for edge in [range.low, range.high, 0.0, -0.0] {
                for x in [edge.next_down(), edge, edge.next_up()] {
                    assert_eq!(admits(&range, x), fits(x), "f64 {x:?} to {to:?} {sign:?}");
                }
            }
            let range = TruncRange::new(FloatWidth::F32, to, sign);
            for edge in [range.low, range.high] {
                assert_eq!(f64::from(edge as f32), edge, "the bound is exact");
                for x in [(edge as f32).next_down(), edge as f32, (edge as f32).next_up()] {
                    let x = f64::from(x);
                    assert_eq!(admits(&range, x), fits(x), "f32 {x:?} to {to:?} {sign:?}");
                }
            }
        }
    }
}
