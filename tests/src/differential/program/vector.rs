//! Vectors: every family of operators, over constants at the ends of every lane's range. All vectors are exact: what
//! arithmetic makes of floats goes through a choice of the canonical NaN at once.

use super::{Function, Type};

/// A lane's type, how many there are, and the type of the scalar.
pub(super) const SHAPES: &[(&str, usize, Type)] = &[
    ("i8x16", 16, Type::I32),
    ("i16x8", 8, Type::I32),
    ("i32x4", 4, Type::I32),
    ("i64x2", 2, Type::I64),
    ("f32x4", 4, Type::F32),
    ("f64x2", 2, Type::F64),
];

const CONSTANTS: &[&str] = &[
    "i64x2 0 0",
    "i64x2 -1 -1",
    "i8x16 -128 127 -1 0 1 2 3 255 128 64 32 16 15 14 13 12",
    "i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
    "i8x16 15 16 17 31 32 127 128 255 0 0 7 7 3 2 1 0",
    "i16x8 -32768 32767 -1 0 1 255 256 128",
    "i16x8 -32768 -32768 -32768 -32768 -32768 -32768 -32768 -32768",
    "i32x4 -2147483648 2147483647 -1 0",
    "i32x4 1 65535 65536 -65536",
    "i64x2 -9223372036854775808 9223372036854775807",
    "i64x2 4294967296 -4294967297",
    "f32x4 0 -0 1 -1.5",
    "f32x4 nan inf -inf 0x1p-149",
    "f32x4 nan:0x200001 -nan:0x400010 0x1p31 -0x1p31",
    "f32x4 0x1.fffffep127 0x1p32 -0x1.000002p31 0.5",
    "f32x4 2.5 -2.5 0x1p23 0x1.fffffep22",
    "f64x2 0 -0",
    "f64x2 nan -inf",
    "f64x2 nan:0x4000000000001 0x1p-1074",
    "f64x2 0x1p31 -0x1.00000002p31",
    "f64x2 4294967295.5 -0.99",
    "f64x2 0x1.fffffffffffffp1023 2.5",
];

/// Operators of one vector, and the shape of the floats that they compute if they do.
const UNARY: &[(&str, &str)] = &[
    ("v128.not", ""),
    ("i8x16.abs", ""),
    ("i16x8.abs", ""),
    ("i32x4.abs", ""),
    ("i64x2.abs", ""),
    ("i8x16.neg", ""),
    ("i16x8.neg", ""),
    ("i32x4.neg", ""),
    ("i64x2.neg", ""),
    ("i8x16.popcnt", ""),
    ("i16x8.extadd_pairwise_i8x16_s", ""),
    ("i16x8.extadd_pairwise_i8x16_u", ""),
    ("i32x4.extadd_pairwise_i16x8_s", ""),
    ("i32x4.extadd_pairwise_i16x8_u", ""),
    ("i16x8.extend_low_i8x16_s", ""),
    ("i16x8.extend_high_i8x16_s", ""),
    ("i16x8.extend_low_i8x16_u", ""),
    ("i16x8.extend_high_i8x16_u", ""),
    ("i32x4.extend_low_i16x8_s", ""),
    ("i32x4.extend_high_i16x8_s", ""),
    ("i32x4.extend_low_i16x8_u", ""),
    ("i32x4.extend_high_i16x8_u", ""),
    ("i64x2.extend_low_i32x4_s", ""),
    ("i64x2.extend_high_i32x4_s", ""),
    ("i64x2.extend_low_i32x4_u", ""),
    ("i64x2.extend_high_i32x4_u", ""),
    ("f32x4.abs", ""),
    ("f64x2.abs", ""),
    ("f32x4.neg", ""),
    ("f64x2.neg", ""),
    ("f32x4.convert_i32x4_s", ""),
    ("f32x4.convert_i32x4_u", ""),
    ("f64x2.convert_low_i32x4_s", ""),
    ("f64x2.convert_low_i32x4_u", ""),
    ("i32x4.trunc_sat_f32x4_s", ""),
    ("i32x4.trunc_sat_f32x4_u", ""),
    ("i32x4.trunc_sat_f64x2_s_zero", ""),
    ("i32x4.trunc_sat_f64x2_u_zero", ""),
    ("f32x4.sqrt", "f32x4"),
    ("f64x2.sqrt", "f64x2"),
    ("f32x4.ceil", "f32x4"),
    ("f64x2.ceil", "f64x2"),
    ("f32x4.floor", "f32x4"),
    ("f64x2.floor", "f64x2"),
    ("f32x4.trunc", "f32x4"),
    ("f64x2.trunc", "f64x2"),
    ("f32x4.nearest", "f32x4"),
    ("f64x2.nearest", "f64x2"),
    ("f32x4.demote_f64x2_zero", "f32x4"),
    ("f64x2.promote_low_f32x4", "f64x2"),
];

/// Operators of two vectors with the shapes that have them; without a shape, whole names.
const BINARY: &[(&[&str], &[&str])] = &[
    (&["v128"], &["and", "andnot", "or", "xor"]),
    (&["i8x16", "i16x8", "i32x4", "i64x2"], &["add", "sub", "eq", "ne", "lt_s", "gt_s", "le_s", "ge_s"]),
    (&["i8x16", "i16x8", "i32x4"], &["lt_u", "gt_u", "le_u", "ge_u", "min_s", "min_u", "max_s", "max_u"]),
    (&["i16x8", "i32x4", "i64x2"], &["mul"]),
    (&["i8x16", "i16x8"], &["add_sat_s", "add_sat_u", "sub_sat_s", "sub_sat_u", "avgr_u"]),
    (&["i8x16"], &["narrow_i16x8_s", "narrow_i16x8_u", "swizzle"]),
    (
        &["i16x8"],
        &[
            "narrow_i32x4_s",
            "narrow_i32x4_u",
            "q15mulr_sat_s",
            "extmul_low_i8x16_s",
            "extmul_high_i8x16_s",
            "extmul_low_i8x16_u",
            "extmul_high_i8x16_u",
        ],
    ),
    (
        &["i32x4"],
        &[
            "dot_i16x8_s",
            "extmul_low_i16x8_s",
            "extmul_high_i16x8_s",
            "extmul_low_i16x8_u",
            "extmul_high_i16x8_u",
        ],
    ),
    (&["i64x2"], &["extmul_low_i32x4_s", "extmul_high_i32x4_s", "extmul_low_i32x4_u", "extmul_high_i32x4_u"]),
    (&["f32x4", "f64x2"], &["eq", "ne", "lt", "gt", "le", "ge", "pmin", "pmax"]),
];
const FLOAT_BINARY: &[&str] = &["add", "sub", "mul", "div", "min", "max"];

/// Relaxed operators by how many vectors they take, without multiply-add (see `smith`).
const RELAXED: &[(&str, usize, &str)] = &[
    ("i8x16.relaxed_swizzle", 2, ""),
    ("i32x4.relaxed_trunc_f32x4_s", 1, ""),
    ("i32x4.relaxed_trunc_f32x4_u", 1, ""),
    ("i32x4.relaxed_trunc_f64x2_s_zero", 1, ""),
    ("i32x4.relaxed_trunc_f64x2_u_zero", 1, ""),
    ("i8x16.relaxed_laneselect", 3, ""),
    ("i16x8.relaxed_laneselect", 3, ""),
    ("i32x4.relaxed_laneselect", 3, ""),
    ("i64x2.relaxed_laneselect", 3, ""),
    ("f32x4.relaxed_min", 2, "f32x4"),
    ("f32x4.relaxed_max", 2, "f32x4"),
    ("f64x2.relaxed_min", 2, "f64x2"),
    ("f64x2.relaxed_max", 2, "f64x2"),
    ("i16x8.relaxed_q15mulr_s", 2, ""),
    ("i16x8.relaxed_dot_i8x16_i7x16_s", 2, ""),
    ("i32x4.relaxed_dot_i8x16_i7x16_add_s", 3, ""),
];

/// A vector with canonical NaNs for all others, if a shape of floats is given.
pub(super) fn canonical(shape: &str, vector: &str) -> String {
    let nans = match shape {
        "f32x4" => "nan nan nan nan",
        "f64x2" => "nan nan",
        _ => return vector.to_owned(),
    };
    format!(
        "(v128.bitselect (v128.const {shape} {nans}) (local.tee $canon {vector}) \
         ({shape}.ne (local.get $canon) (local.get $canon)))"
    )
}

impl Function<'_, '_> {
    pub(super) fn vector_constant(&mut self) -> String {
        if self.chance(4) {
            let mut byte = || self.bytes.arbitrary::<u8>().unwrap_or(0);
            let lanes: Vec<String> = (0..16).map(|_| byte().to_string()).collect();
            return format!("(v128.const i8x16 {})", lanes.join(" "));
        }
        format!("(v128.const {})", self.pick(CONSTANTS))
    }

    /// A vector that an operator makes.
    pub(super) fn vector(&mut self, depth: usize) -> String {
        match self.choose(12) {
            0 | 1 => {
                let (name, shape) = self.pick(UNARY);
                canonical(shape, &format!("({name} {})", self.value(Type::V128, depth)))
            }
            2..=4 => {
                let (shapes, names) = self.pick(BINARY);
                let name = format!("{}.{}", self.pick(shapes), self.pick(names));
                let (left, right) = (self.value(Type::V128, depth), self.value(Type::V128, depth));
                format!("({name} {left} {right})")
            }
            5 | 6 => {
                let (shape, name) = (self.pick(&["f32x4", "f64x2"]), self.pick(FLOAT_BINARY));
                let (left, right) = (self.value(Type::V128, depth), self.value(Type::V128, depth));
                canonical(shape, &format!("({shape}.{name} {left} {right})"))
            }
            7 => {
                let (shape, name) =
                    (self.pick(&["i8x16", "i16x8", "i32x4", "i64x2"]), self.pick(&["shl", "shr_s", "shr_u"]));
                let value = self.value(Type::V128, depth);
                format!("({shape}.{name} {value} {})", self.value(Type::I32, depth))
            }
            8 => {
                let (shape, lanes, ty) = self.pick(SHAPES);
                if self.chance(2) {
                    return format!("({shape}.splat {})", self.exact(ty, depth));
                }
                let lane = self.choose(lanes);
                let vector = self.value(Type::V128, depth);
                format!("({shape}.replace_lane {lane} {vector} {})", self.exact(ty, depth))
            }
            9 => {
                let lanes: Vec<String> = (0..16).map(|_| self.choose(32).to_string()).collect();
                let (left, right) = (self.value(Type::V128, depth), self.value(Type::V128, depth));
                format!("(i8x16.shuffle {} {left} {right})", lanes.join(" "))
            }
            10 if self.relaxed => {
                let (name, count, shape) = self.pick(RELAXED);
                let operands: String =
                    (0..count).map(|_| format!(" {}", self.value(Type::V128, depth))).collect();
                canonical(shape, &format!("({name}{operands})"))
            }
            _ => {
                let (left, right) = (self.value(Type::V128, depth), self.value(Type::V128, depth));
                format!("(v128.bitselect {left} {right} {})", self.value(Type::V128, depth))
            }
        }
    }

    /// A scalar out of a vector: a lane, or a summary of all.
    pub(super) fn of_vector(&mut self, ty: Type, depth: usize) -> String {
        let vector = self.value(Type::V128, depth);
        match ty {
            Type::I32 => {
                let lane = self.choose(16);
                match self.choose(8) {
                    0 => format!("(i8x16.extract_lane_s {lane} {vector})"),
                    1 => format!("(i8x16.extract_lane_u {lane} {vector})"),
                    2 => format!("(i16x8.extract_lane_s {} {vector})", lane % 8),
                    3 => format!("(i16x8.extract_lane_u {} {vector})", lane % 8),
                    4 => format!("(i32x4.extract_lane {} {vector})", lane % 4),
                    5 => format!("(v128.any_true {vector})"),
                    6 => format!("({}.all_true {vector})", SHAPES[lane % 4].0),
                    _ => format!("({}.bitmask {vector})", SHAPES[lane % 4].0),
                }
            }
            Type::I64 => format!("(i64x2.extract_lane {} {vector})", self.choose(2)),
            Type::F32 => format!("(f32x4.extract_lane {} {vector})", self.choose(4)),
            Type::F64 => format!("(f64x2.extract_lane {} {vector})", self.choose(2)),
            Type::V128 => vector,
        }
    }

    pub(super) fn vector_load(&mut self, depth: usize) -> String {
        let memory = self.memory();
        let (number, offset) = (memory.number, self.offset(memory));
        let address = self.address(memory, depth);
        if self.chance(4) {
            let (width, lanes) = self.pick(&[(8, 16), (16, 8), (32, 4), (64, 2)]);
            let lane = self.choose(lanes);
            let vector = self.value(Type::V128, depth);
            return format!("(v128.load{width}_lane $m{number}{offset} {lane} {address} {vector})");
        }
        let form = self.pick(&[
            "", "", "", "8x8_s", "8x8_u", "16x4_s", "16x4_u", "32x2_s", "32x2_u", "8_splat", "16_splat",
            "32_splat", "64_splat", "32_zero", "64_zero",
        ]);
        format!("(v128.load{form} $m{number}{offset} {address})")
    }

    pub(super) fn vector_store(&mut self) -> String {
        let memory = self.memory();
        let (number, offset) = (memory.number, self.offset(memory));
        let address = self.address(memory, 2);
        let value = self.value(Type::V128, 2);
        if self.chance(3) {
            let (width, lanes) = self.pick(&[(8, 16), (16, 8), (32, 4), (64, 2)]);
            let lane = self.choose(lanes);
            return format!("    (v128.store{width}_lane $m{number}{offset} {lane} {address} {value})\n");
        }
        format!("    (v128.store $m{number}{offset} {address} {value})\n")
    }
}
