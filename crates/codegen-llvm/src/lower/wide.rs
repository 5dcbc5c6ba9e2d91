//! 128-bit arithmetic on pairs of `i64` (proposal: Wide Arithmetic).
//!
//! LLVM has integers of 128 bits and keeps them in two registers, so a pair is joined, computed with, and split again;
//! what remains is an `add` and an `adc`, or one multiplication.

use inkwell::types::IntType;
use inkwell::values::IntValue;
use wootz_wasm_ir::ir::{Inst, Sign, WideArithmetic};

use crate::error::CompileError;
use crate::function::FunctionState;

type Result<T> = std::result::Result<T, CompileError>;

pub(super) fn arithmetic(f: &mut FunctionState<'_, '_>, op: WideArithmetic, inst: Inst) -> Result<()> {
    let b = f.builder();
    let i128 = f.module.types.i128;
    let value = match op {
        WideArithmetic::Add128 => b.build_int_add(pair(f, inst, 0)?, pair(f, inst, 2)?, "")?,
        WideArithmetic::Sub128 => b.build_int_sub(pair(f, inst, 0)?, pair(f, inst, 2)?, "")?,
        WideArithmetic::MulWide(sign) => {
            let (x, y) = (f.int(inst, 0)?, f.int(inst, 1)?);
            b.build_int_mul(extend(f, x, i128, sign)?, extend(f, y, i128, sign)?, "")?
        }
    };
    let [low, high] = *f.body.results(inst) else {
        return Err(f.invalid(format!("{inst} has {} results, not 2", f.body.results(inst).len())));
    };
    let i64 = f.module.types.i64;
    let upper = b.build_right_shift(value, i128.const_int(64, false), false, "")?;
    let halves = (b.build_int_truncate(value, i64, "")?, b.build_int_truncate(upper, i64, "")?);
    f.define(low, halves.0.into())?;
    f.define(high, halves.1.into())?;
    Ok(())
}

/// Two operands, low half first, as one integer.
fn pair<'ctx>(f: &FunctionState<'_, 'ctx>, inst: Inst, first: usize) -> Result<IntValue<'ctx>> {
    let b = f.builder();
    let i128 = f.module.types.i128;
    let low = extend(f, f.int(inst, first)?, i128, Sign::Unsigned)?;
    let high = extend(f, f.int(inst, first + 1)?, i128, Sign::Unsigned)?;
    let high = b.build_left_shift(high, i128.const_int(64, false), "")?;
    Ok(b.build_or(high, low, "")?)
}

fn extend<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    value: IntValue<'ctx>,
    ty: IntType<'ctx>,
    sign: Sign,
) -> Result<IntValue<'ctx>> {
    Ok(match sign {
        Sign::Signed => f.builder().build_int_s_extend(value, ty, "")?,
        Sign::Unsigned => f.builder().build_int_z_extend(value, ty, "")?,
    })
}
