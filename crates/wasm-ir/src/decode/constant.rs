//! Constant expressions (specification: Validation, Constant Expressions).

use wasmparser::Operator;

use crate::ir::IntWidth::{I32, I64};
use crate::{ConstExpr, ConstInt, ConstOp, Error, ErrorKind, FuncIndex, GlobalIndex};

use super::sections::Failure;
use super::types::heap_type;

/// Reads a validated constant expression without its `end`.
pub(super) fn const_expr(expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Failure> {
    let mut reader = expr.get_operators_reader();
    let mut ops = Vec::with_capacity(1);
    loop {
        let (op, offset) = reader.read_with_offset()?;
        ops.push(match op {
            Operator::I32Const { value } => ConstOp::I32(value),
            Operator::I64Const { value } => ConstOp::I64(value),
            Operator::F32Const { value } => ConstOp::F32(value.bits()),
            Operator::F64Const { value } => ConstOp::F64(value.bits()),
            Operator::V128Const { value } => ConstOp::V128(value.i128() as u128),
            Operator::GlobalGet { global_index } => ConstOp::GlobalGet(GlobalIndex(global_index)),
            Operator::RefNull { hty } => ConstOp::RefNull(heap_type(hty, offset)?),
            Operator::RefFunc { function_index } => ConstOp::RefFunc(FuncIndex(function_index)),
            Operator::I32Add => ConstOp::Int(I32, ConstInt::Add),
            Operator::I32Sub => ConstOp::Int(I32, ConstInt::Sub),
            Operator::I32Mul => ConstOp::Int(I32, ConstInt::Mul),
            Operator::I64Add => ConstOp::Int(I64, ConstInt::Add),
            Operator::I64Sub => ConstOp::Int(I64, ConstInt::Sub),
            Operator::I64Mul => ConstOp::Int(I64, ConstInt::Mul),
            Operator::End => return Ok(ConstExpr(ops)),
            other => {
                let message = format!("{other:?} in a constant expression is not implemented");
                return Err(Error::new(ErrorKind::Unsupported, offset, message).into());
            }
        });
    }
}

/// A reference to a function, as the short form of element segments abbreviates it.
pub(super) fn function_reference(index: u32) -> ConstExpr {
    ConstExpr(vec![ConstOp::RefFunc(FuncIndex(index))])
}
