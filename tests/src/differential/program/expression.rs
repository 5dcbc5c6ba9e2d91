//! Values: constants where something begins or ends, arithmetic that may trap, loads, calls.

use super::{Function, SIGNATURES, Type};

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
const OFFSETS: &[&str] = &[
    "",
    "",
    "",
    " offset=1",
    " offset=4",
    " offset=8",
    " offset=65520",
    " offset=65535",
    " offset=65536",
    " offset=131068",
    " offset=2147483647",
    " offset=4294967288",
    " offset=4294967295",
];

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
        match self.choose(9) {
            0 | 1 => self.integer(Type::I32, depth),
            2 => {
                let ty = self.pick(&Type::ALL);
                let op = self.pick(if ty.is_float() { FLOAT_COMPARE } else { INTEGER_COMPARE });
                let (left, right) = (self.value(ty, depth), self.value(ty, depth));
                format!("({}.{op} {left} {right})", ty.name())
            }
            3 => format!("(i32.wrap_i64 {})", self.value(Type::I64, depth)),
            4 => self.truncation(Type::I32, depth),
            5 => format!("(i32.reinterpret_f32 {})", self.exact(Type::F32, depth)),
            6 => self.pick(&["(memory.size)", "(table.size $table)"]).to_owned(),
            7 => {
                let delta = self.pick(&[0, 1, 1, 2, 65536, -1]);
                format!("(memory.grow (i32.const {delta}))")
            }
            _ => format!("(ref.is_null (table.get $table {}))", self.element(depth)),
        }
    }

    fn i64(&mut self, depth: usize) -> String {
        match self.choose(6) {
            0..=2 => self.integer(Type::I64, depth),
            3 => {
                let op = self.pick(&["extend_i32_s", "extend_i32_u"]);
                format!("(i64.{op} {})", self.value(Type::I32, depth))
            }
            4 => self.truncation(Type::I64, depth),
            _ => format!("(i64.reinterpret_f64 {})", self.exact(Type::F64, depth)),
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
        match self.choose(8) {
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
            _ => {
                let other = Type::float(96 - ty.bits());
                let op = if ty == Type::F32 { "demote_f64" } else { "promote_f32" };
                format!("({name}.{op} {})", self.value(other, depth))
            }
        }
    }

    /// An address, often around the end of the memory.
    pub(super) fn address(&mut self, depth: usize) -> String {
        match self.choose(6) {
            0 => format!("(i32.const {})", self.pick(&[0, 1, 16, 65528, 65532, 65535, 65536, 131_064])),
            1 | 2 => {
                let before = self.choose(20);
                format!("(i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const {before}))")
            }
            3 if self.loops > 0 => {
                let scale = self.pick(&[0, 2, 3, 12]);
                let base = self.pick(&[0, 8, 65500, 65530]);
                let counter = self.loops - 1;
                format!("(i32.add (i32.shl (local.get $i{counter}) (i32.const {scale})) (i32.const {base}))")
            }
            4 => self.value(Type::I32, depth),
            _ => format!("(i32.and {} (i32.const 65535))", self.value(Type::I32, depth)),
        }
    }

    pub(super) fn offset(&mut self) -> &'static str {
        self.pick(OFFSETS)
    }

    fn load(&mut self, ty: Type, depth: usize) -> String {
        let widths: &[&str] = match ty {
            Type::I32 => &["", "8_s", "8_u", "16_s", "16_u"],
            Type::I64 => &["", "8_s", "8_u", "16_s", "16_u", "32_s", "32_u"],
            Type::F32 | Type::F64 => &[""],
        };
        let (width, offset) = (self.pick(widths), self.offset());
        format!("({}.load{width}{offset} {})", ty.name(), self.address(depth))
    }

    /// An index into the table, sometimes outside.
    pub(super) fn element(&mut self, depth: usize) -> String {
        match self.choose(4) {
            0 | 1 => format!("(i32.const {})", self.choose(10)),
            2 => format!("(i32.and {} (i32.const 7))", self.value(Type::I32, depth)),
            _ => self.value(Type::I32, depth),
        }
    }

    /// A call of a function whose only result has the type.
    fn call(&mut self, ty: Type, depth: usize) -> String {
        let fitting: Vec<usize> =
            (0..SIGNATURES.len()).filter(|index| SIGNATURES[*index].1 == [ty]).collect();
        if fitting.is_empty() {
            return self.load(ty, depth);
        }
        let signature = self.pick(&fitting);
        self.call_of(signature, depth)
    }

    /// A call of a function of this signature: directly if there is one, else through the table.
    pub(super) fn call_of(&mut self, signature: usize, depth: usize) -> String {
        let arguments: String =
            SIGNATURES[signature].0.iter().map(|ty| format!(" {}", self.value(*ty, depth))).collect();
        let direct: Vec<usize> =
            (0..self.signatures.len()).filter(|index| self.signatures[*index] == signature).collect();
        if direct.is_empty() || self.chance(2) {
            return format!("(call_indirect $table (type $t{signature}){arguments} {})", self.element(depth));
        }
        format!("(call $f{}{arguments})", self.pick(&direct))
    }
}
