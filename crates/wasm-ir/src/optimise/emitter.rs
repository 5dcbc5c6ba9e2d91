//! Appends new instructions to a body, for the transformations.

use crate::analysis::Linear;
use crate::ir::{
    Body, Constant, Convert, Inst, InstData, IntBinary, IntCompare, IntWidth, Op, Sign, Value, ValueData,
    ValueDef,
};
use crate::{ValType, WasmOffset};

/// Makes instructions for one place of a body.
pub(super) struct Emitter<'a> {
    pub(super) body: &'a mut Body,
    /// What was made, in order.
    pub(super) insts: Vec<Inst>,
    /// The offset of the WebAssembly instruction that it is for.
    offset: WasmOffset,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(body: &'a mut Body, offset: WasmOffset) -> Self {
        Self { body, insts: Vec::new(), offset }
    }

    /// An instruction without a result.
    pub(super) fn effect(&mut self, op: Op, args: &[Value]) {
        self.push(op, args, None);
    }

    /// An instruction with one result.
    pub(super) fn value(&mut self, op: Op, args: &[Value], ty: ValType) -> Value {
        let inst = self.body.insts.next_key();
        let value = self.body.values.push(ValueData { ty, def: ValueDef::Result(inst, 0) });
        self.push(op, args, Some(value));
        value
    }

    fn push(&mut self, op: Op, args: &[Value], result: Option<Value>) {
        let args = self.body.push_list(args.iter().copied());
        let results = self.body.push_list(result);
        self.insts.push(self.body.insts.push(InstData { op, args, results, offset: self.offset }));
    }

    pub(super) fn i64(&mut self, number: i64) -> Value {
        self.value(Op::Const(Constant::I64(number)), &[], ValType::I64)
    }

    pub(super) fn int32(&mut self, op: IntBinary, x: Value, y: Value) -> Value {
        self.int(IntWidth::I32, op, x, y)
    }

    pub(super) fn int64(&mut self, op: IntBinary, x: Value, y: Value) -> Value {
        self.int(IntWidth::I64, op, x, y)
    }

    pub(super) fn int(&mut self, width: IntWidth, op: IntBinary, x: Value, y: Value) -> Value {
        self.value(Op::IntBinary(width, op), &[x, y], width.ty())
    }

    pub(super) fn i32(&mut self, number: i32) -> Value {
        self.value(Op::Const(Constant::I32(number)), &[], ValType::I32)
    }

    pub(super) fn number(&mut self, width: IntWidth, number: u64) -> Value {
        let constant = match width {
            IntWidth::I32 => Constant::I32(number as i32),
            IntWidth::I64 => Constant::I64(number as i64),
        };
        self.value(Op::Const(constant), &[], width.ty())
    }

    /// An `i64` operator whose second operand is a constant; nothing if that changes nothing.
    pub(super) fn with_constant(&mut self, op: IntBinary, x: Value, constant: i64) -> Value {
        let neutral = match op {
            IntBinary::Mul | IntBinary::DivU => 1,
            _ => 0,
        };
        if constant == neutral {
            return x;
        }
        let constant = self.i64(constant);
        self.int64(op, x, constant)
    }

    /// An `i32` as an `i64`.
    pub(super) fn extend(&mut self, value: Value, sign: Sign) -> Value {
        self.value(Op::Convert(Convert::Extend(sign)), &[value], ValType::I64)
    }

    /// A comparison of two `i64`.
    pub(super) fn compare(&mut self, op: IntCompare, x: Value, y: Value) -> Value {
        self.value(Op::IntCompare(IntWidth::I64, op), &[x, y], ValType::I32)
    }

    /// A truth value that is hardly ever zero.
    pub(super) fn likely(&mut self, value: Value) -> Value {
        self.value(Op::Likely, &[value], ValType::I32)
    }

    /// `x` if it is on that side of zero, else zero.
    pub(super) fn clamp(&mut self, side: IntCompare, x: Value) -> Value {
        let zero = self.i64(0);
        let is_on_side = self.compare(side, x, zero);
        self.value(Op::Select, &[x, zero, is_on_side], ValType::I64)
    }

    /// The lesser or the greater of two `i64`, as the comparison says.
    pub(super) fn choose(&mut self, op: IntCompare, x: Value, y: Value) -> Value {
        let is_first = self.compare(op, x, y);
        self.value(Op::Select, &[x, y, is_first], ValType::I64)
    }

    /// An `i64` times a sum, in the sum's arithmetic.
    pub(super) fn multiple(
        &mut self,
        count: Value,
        sum: &Linear,
        replaced: impl Fn(Value) -> Value,
    ) -> Value {
        let count = match sum.width() {
            IntWidth::I32 => self.value(Op::Convert(Convert::Wrap), &[count], ValType::I32),
            IntWidth::I64 => count,
        };
        if sum.as_constant() == Some(1) {
            return count;
        }
        let sum_value = self.sum(sum, replaced);
        self.int(sum.width(), IntBinary::Mul, count, sum_value)
    }

    /// The integer that a sum is, its values replaced.
    pub(super) fn sum(&mut self, sum: &Linear, replaced: impl Fn(Value) -> Value) -> Value {
        let width = sum.width();
        let mut total = None;
        for (value, factor) in sum.terms() {
            let value = replaced(*value);
            let term = if *factor == 1 {
                value
            } else {
                let factor = self.number(width, *factor);
                self.int(width, IntBinary::Mul, value, factor)
            };
            total = Some(match total {
                None => term,
                Some(total) => self.int(width, IntBinary::Add, total, term),
            });
        }
        match total {
            Some(total) if sum.constant_part() == 0 => total,
            None => self.number(width, sum.constant_part()),
            Some(total) => {
                let constant = self.number(width, sum.constant_part());
                self.int(width, IntBinary::Add, total, constant)
            }
        }
    }
}
