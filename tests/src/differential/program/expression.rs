//! Values: constants where something begins or ends, arithmetic that may trap.

use super::{Function, Type};

const I32_CONSTANTS: &[i64] = &[
    0,
    1,
    -1,
    2,
    3,
    4,
    7,
    8,
    31,
    32,
    100,
    255,
    65532,
    65535,
    65536,
    131_072,
    i32::MIN as i64,
    i32::MAX as i64,
];
const I64_CONSTANTS: &[i64] =
    &[0, 1, -1, 2, 63, 64, 1 << 31, 1 << 32, -(1 << 31), i64::MIN, i64::MAX, 0x0102_0304_0506_0708];
const F32_CONSTANTS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1.5",
    "inf",
    "-inf",
    "nan",
    "nan:0x200001",
    "-nan:0x400010",
    "0x1p31",
    "-0x1p31",
    "0x1p63",
    "0x1p-149",
    "1e30",
];
const F64_CONSTANTS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1.5",
    "inf",
    "-inf",
    "nan",
    "nan:0x4000000000001",
    "-nan:0x8000000000010",
    "0x1p31",
    "-0x1p31",
    "-0x1.00000002p31",
    "0x1p32",
    "0x1p63",
    "-0x1p63",
    "0x1p64",
    "0x1p-1074",
    "1e300",
];
const INTEGER_BINARY: &[&str] = &[
    "add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "div_s", "div_u",
    "rem_s", "rem_u",
];
const INTEGER_COMPARE: &[&str] =
    &["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
const FLOAT_BINARY: &[&str] = &["add", "sub", "mul", "div", "min", "max"];
const FLOAT_UNARY: &[&str] = &["neg", "abs", "sqrt", "ceil", "floor", "trunc", "nearest"];
const FLOAT_COMPARE: &[&str] = &["eq", "ne", "lt", "gt", "le", "ge"];
impl Function<'_, '_> {
    /// A value of a type, whose NaNs may be any.
    pub(super) fn value(&mut self, ty: Type, depth: usize) -> String {
        if depth == 0 || !self.take() {
            return self.leaf(ty);
        }
        let depth = depth - 1;
        match self.choose(10) {
            0 | 1 => self.leaf(ty),
            2 => self.load(ty, depth),
            3 if self.chance(2) => self.call(ty, depth),
            3 => {
                let (left, right) = (self.value(ty, depth), self.value(ty, depth));
                format!("(select {left} {right} {})", self.value(Type::I32, depth))
            }
            4 => {
                let condition = self.value(Type::I32, depth);
                let (left, right) = (self.value(ty, depth), self.value(ty, depth));
                format!("(if (result {}) {condition} (then {left}) (else {right}))", ty.name())
            }
            5 => format!("(local.tee {} {})", self.local(ty), self.value(ty, depth)),
            _ => match ty {
                Type::I32 => self.i32(depth),
                Type::I64 => self.i64(depth),
                Type::F32 | Type::F64 => self.float(ty, depth),
                Type::V128 => self.vector(depth),
            },
        }
    }

    fn leaf(&mut self, ty: Type) -> String {
        match self.choose(4) {
            0 | 1 => self.constant(ty),
            2 => format!("(local.get {})", self.local(ty)),
            _ if ty == Type::I32 && self.loops > 0 => format!("(local.get $i{})", self.loops - 1),
            _ => format!("(global.get ${})", ty.name()),
        }
    }

    pub(super) fn constant(&mut self, ty: Type) -> String {
        match ty {
            Type::I32 => format!("(i32.const {})", self.pick(I32_CONSTANTS)),
            Type::I64 => format!("(i64.const {})", self.pick(I64_CONSTANTS)),
            Type::F32 => format!("(f32.const {})", self.pick(F32_CONSTANTS)),
            Type::F64 => format!("(f64.const {})", self.pick(F64_CONSTANTS)),
            Type::V128 => self.vector_constant(),
        }
    }

    /// A value whose bits are the same in every engine.
    pub(super) fn exact(&mut self, ty: Type, depth: usize) -> String {
        if !ty.is_float() {
            return self.value(ty, depth);
        }
        let depth = depth.saturating_sub(1);
        match self.choose(6) {
            0 => self.constant(ty),
            1 => self.load(ty, depth),
            2 => {
                let integer = if ty == Type::F32 { Type::I32 } else { Type::I64 };
                format!("({}.reinterpret_{} {})", ty.name(), integer.name(), self.value(integer, depth))
            }
            3 if depth > 1 => self.of_vector(ty, depth),
            3 if depth > 0 => {
                let op = self.pick(&["neg", "abs"]);
                format!("({}.{op} {})", ty.name(), self.exact(ty, depth))
            }
            4 if depth > 0 => {
                let (left, right) = (self.exact(ty, depth), self.exact(ty, depth));
                format!("({}.copysign {left} {right})", ty.name())
            }
            _ => format!("(call $canon{} {})", ty.bits(), self.value(ty, depth)),
        }
    }

    fn i32(&mut self, depth: usize) -> String {
        match self.choose(10) {
            0 | 1 => self.integer(Type::I32, depth),
            2 => {
                let ty = self.pick(&Type::SCALARS);
                let op = self.pick(if ty.is_float() { FLOAT_COMPARE } else { INTEGER_COMPARE });
                let (left, right) = (self.value(ty, depth), self.value(ty, depth));
                format!("({}.{op} {left} {right})", ty.name())
            }
            3 => format!("(i32.wrap_i64 {})", self.value(Type::I64, depth)),
            4 => self.truncation(Type::I32, depth),
            5 => format!("(i32.reinterpret_f32 {})", self.exact(Type::F32, depth)),
            6 => self.size(),
            7 if self.beyond && self.chance(2) => self.atomic(Type::I32, depth),
            7 => self.of_vector(Type::I32, depth),
            8 => "(table.size $table)".to_owned(),
            _ => format!("(ref.is_null (table.get $table {}))", self.element(depth)),
        }
    }

    fn i64(&mut self, depth: usize) -> String {
        match self.choose(9) {
            0..=2 => self.integer(Type::I64, depth),
            3 => {
                let op = self.pick(&["extend_i32_s", "extend_i32_u"]);
                format!("(i64.{op} {})", self.value(Type::I32, depth))
            }
            4 => self.truncation(Type::I64, depth),
            5 => self.wide(depth),
            6 => self.of_vector(Type::I64, depth),
            7 if self.beyond => self.atomic(Type::I64, depth),
            _ => format!("(i64.reinterpret_f64 {})", self.exact(Type::F64, depth)),
        }
    }

    /// One half of a result of 128 bits; the other is kept in a local.
    fn wide(&mut self, depth: usize) -> String {
        let op = self.pick(&["mul_wide_s", "mul_wide_u", "add128", "sub128"]);
        let count = if op.starts_with("mul") { 2 } else { 4 };
        let operands: String = (0..count).map(|_| format!(" {}", self.value(Type::I64, depth))).collect();
        let local = self.local(Type::I64);
        match self.choose(2) {
            0 => format!("(block (result i64) (i64.{op}{operands}) local.set {local})"),
            _ => format!("(block (result i64) (i64.{op}{operands}) i64.xor)"),
        }
    }

    fn integer(&mut self, ty: Type, depth: usize) -> String {
        if self.chance(4) {
            let extensions: &[&str] = if ty == Type::I32 {
                &["extend8_s", "extend16_s"]
            } else {
                &["extend8_s", "extend16_s", "extend32_s"]
            };
            let op = match self.choose(4) {
                0 => "clz",
                1 => "ctz",
                2 => "popcnt",
                _ => self.pick(extensions),
            };
            return format!("({}.{op} {})", ty.name(), self.value(ty, depth));
        }
        let op = self.pick(INTEGER_BINARY);
        let (left, right) = (self.value(ty, depth), self.value(ty, depth));
        format!("({}.{op} {left} {right})", ty.name())
    }

    fn truncation(&mut self, ty: Type, depth: usize) -> String {
        let from = self.pick(&[Type::F32, Type::F64]);
        let kind = self.pick(&["trunc_sat", "trunc"]);
        let sign = self.pick(&["s", "u"]);
        format!("({}.{kind}_{}_{sign} {})", ty.name(), from.name(), self.value(from, depth))
    }

    fn float(&mut self, ty: Type, depth: usize) -> String {
        let name = ty.name();
        match self.choose(9) {
            0..=2 => {
                let op = self.pick(FLOAT_BINARY);
                let (left, right) = (self.value(ty, depth), self.value(ty, depth));
                format!("({name}.{op} {left} {right})")
            }
            3 | 4 => {
                let op = self.pick(FLOAT_UNARY);
                format!("({name}.{op} {})", self.value(ty, depth))
            }
            5 => {
                let left = self.value(ty, depth);
                format!("({name}.copysign {left} {})", self.exact(ty, depth))
            }
            6 => {
                let from = self.pick(&[Type::I32, Type::I64]);
                let sign = self.pick(&["s", "u"]);
                format!("({name}.convert_{}_{sign} {})", from.name(), self.value(from, depth))
            }
            7 => self.of_vector(ty, depth),
            _ => {
                let other = Type::float(96 - ty.bits());
                let op = if ty == Type::F32 { "demote_f64" } else { "promote_f32" };
                format!("({name}.{op} {})", self.value(other, depth))
            }
        }
    }
}
