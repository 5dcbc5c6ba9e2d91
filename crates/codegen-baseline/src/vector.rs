//! Operators on vectors (specification: Vector Instructions), those that take a few instructions; others are left to another compiler.

use wootz_wasm_ir::ir::{
    Bitwise, FloatCompare, FloatShape, FloatUnary, Half, Inst, IntCompare, IntShape, MemoryAccess, Op, Shape,
    Sign, Value, VectorConvert, VectorFloatBinary, VectorIntBinary, VectorIntUnary, VectorLoad, VectorOp,
    VectorShift, Widening,
};

use crate::compare::Condition;
use crate::function::Function;
use crate::machine::{Cond, Kind, SCRATCH, XSCRATCH, XSCRATCH2, Xm, XmMem, emit, emit_float};

/// Both 64-bit halves are the upper one.
const UPPER: u8 = 0xee;
/// All lanes of 32 bits are where they are.
const SAME: u8 = 0xe4;

/// Chooses an instruction by the width of lanes.
macro_rules! by_lanes {
    ($code:expr, $shape:expr, $b:ident, $w:ident, $d:ident, $q:ident, ($($operand:expr),*)) => {
        match $shape {
            IntShape::I8x16 => emit!($code, $b($($operand),*)),
            IntShape::I16x8 => emit!($code, $w($($operand),*)),
            IntShape::I32x4 => emit!($code, $d($($operand),*)),
            IntShape::I64x2 => emit!($code, $q($($operand),*)),
        }
    };
    ($code:expr, $shape:expr, $b:ident, $w:ident, $d:ident, ($($operand:expr),*)) => {
        match $shape {
            IntShape::I8x16 => emit!($code, $b($($operand),*)),
            IntShape::I16x8 => emit!($code, $w($($operand),*)),
            _ => emit!($code, $d($($operand),*)),
        }
    };
    ($code:expr, $shape:expr, $b:ident, $w:ident, ($($operand:expr),*)) => {
        match $shape {
            IntShape::I8x16 => emit!($code, $b($($operand),*)),
            _ => emit!($code, $w($($operand),*)),
        }
    };
}

/// Whether there is code for an operator on vectors. `canonical` says that NaNs are to be canonical.
pub(crate) fn supports(op: VectorOp, canonical: bool) -> bool {
    match op {
        VectorOp::IntUnary(_, op) => op != VectorIntUnary::Popcnt,
        VectorOp::IntBinary(shape, op) => !(op == VectorIntBinary::Mul && shape == IntShape::I64x2),
        VectorOp::Shift(shape, op) => {
            shape != IntShape::I8x16 && !(shape == IntShape::I64x2 && op == VectorShift::ShrS)
        }
        VectorOp::FloatUnary(_, op) => !canonical || matches!(op, FloatUnary::Abs | FloatUnary::Neg),
        VectorOp::FloatBinary(_, op) => {
            !canonical || matches!(op, VectorFloatBinary::PMin | VectorFloatBinary::PMax)
        }
        VectorOp::Convert(VectorConvert::FromInt { sign, .. }) => sign == Sign::Signed,
        VectorOp::Convert(VectorConvert::Demote | VectorConvert::Promote) => !canonical,
        VectorOp::Convert(VectorConvert::TruncSat { .. }) | VectorOp::Relaxed(_) => false,
        _ => true,
    }
}

impl Function<'_> {
    /// `v128.const`.
    pub(crate) fn vector_constant(&mut self, bytes: [u8; 16], inst: Inst) {
        let to = self.define_xm(self.body.results(inst)[0]);
        self.load_vector(to, bytes);
    }

    fn load_vector(&mut self, to: Xm, bytes: [u8; 16]) {
        let bits = u128::from_le_bytes(bytes);
        self.load_bits(to, bits as u64);
        let upper = (bits >> 64) as u64;
        if upper != 0 {
            self.load_constant(SCRATCH, upper);
            emit!(self.code, vpinsrq_b(to, to, SCRATCH, 1u8));
        }
    }

    /// An operator that [`supports`] names.
    pub(crate) fn vector(&mut self, op: VectorOp, inst: Inst) {
        let args = self.body.args(inst);
        match op {
            VectorOp::Splat(shape) => self.splat(shape, inst),
            VectorOp::ExtractLane { shape, lane, sign } => self.extract_lane(shape, lane, sign, inst),
            VectorOp::ReplaceLane { shape, lane } => self.replace_lane(shape, lane, inst),
            VectorOp::Shuffle(numbers) => self.shuffle(numbers, inst),
            VectorOp::Swizzle => {
                let (x, y, to) = self.two(inst);
                // Numbers past the end get their highest bit.
                self.load_vector(XSCRATCH, [0x70; 16]);
                emit!(self.code, vpaddusb_b(XSCRATCH, XSCRATCH, y), vpshufb_b(to, x, XSCRATCH));
            }
            VectorOp::Bitwise(op) => self.vector_bitwise(op, inst),
            VectorOp::AnyTrue => {
                let x = self.xm(args[0]);
                emit!(self.code, vptest_rm(x, x));
                self.define_flag(Cond::NotEqual, inst);
            }
            VectorOp::AllTrue(shape) => {
                let x = self.xm(args[0]);
                emit!(self.code, vpxor_b(XSCRATCH, XSCRATCH, XSCRATCH));
                by_lanes!(
                    self.code,
                    shape,
                    vpcmpeqb_b,
                    vpcmpeqw_b,
                    vpcmpeqd_b,
                    vpcmpeqq_b,
                    (XSCRATCH, x, XSCRATCH)
                );
                emit!(self.code, vptest_rm(XSCRATCH, XSCRATCH));
                self.define_flag(Cond::Equal, inst);
            }
            VectorOp::Bitmask(shape) => self.bitmask(shape, inst),
            VectorOp::IntUnary(shape, op) => self.vector_int_unary(shape, op, inst),
            VectorOp::IntBinary(shape, op) => self.vector_int_binary(shape, op, inst),
            VectorOp::IntCompare(shape, op) => self.vector_int_compare(shape, op, inst),
            VectorOp::Shift(shape, op) => self.vector_shift(shape, op, inst),
            VectorOp::FloatUnary(shape, op) => self.vector_float_unary(shape, op, inst),
            VectorOp::FloatBinary(shape, op) => self.vector_float_binary(shape, op, inst),
            VectorOp::FloatCompare(shape, op) => self.vector_float_compare(shape, op, inst),
            VectorOp::Narrow(widening, sign) => {
                let (x, y, to) = self.two(inst);
                match (widening, sign) {
                    (Widening::I8ToI16, Sign::Signed) => emit!(self.code, vpacksswb_b(to, x, y)),
                    (Widening::I8ToI16, Sign::Unsigned) => emit!(self.code, vpackuswb_b(to, x, y)),
                    (_, Sign::Signed) => emit!(self.code, vpackssdw_b(to, x, y)),
                    (_, Sign::Unsigned) => emit!(self.code, vpackusdw_b(to, x, y)),
                }
            }
            VectorOp::Extend(widening, half, sign) => {
                let (x, to) = self.one(inst);
                self.extend_half(widening, half, sign, to, x);
            }
            VectorOp::ExtMul(widening, half, sign) => {
                let (x, y, to) = self.two(inst);
                self.extend_half(widening, half, sign, XSCRATCH, x);
                self.extend_half(widening, half, sign, XSCRATCH2, y);
                match (widening, sign) {
                    (Widening::I8ToI16, _) => emit!(self.code, vpmullw_b(to, XSCRATCH, XSCRATCH2)),
                    (Widening::I16ToI32, _) => emit!(self.code, vpmulld_b(to, XSCRATCH, XSCRATCH2)),
                    (_, Sign::Signed) => emit!(self.code, vpmuldq_b(to, XSCRATCH, XSCRATCH2)),
                    (_, Sign::Unsigned) => emit!(self.code, vpmuludq_b(to, XSCRATCH, XSCRATCH2)),
                }
            }
            VectorOp::ExtAddPairwise(widening, sign) => self.add_pairwise(widening, sign, inst),
            VectorOp::Dot => {
                let (x, y, to) = self.two(inst);
                emit!(self.code, vpmaddwd_b(to, x, y));
            }
            VectorOp::Convert(op) => {
                let (x, to) = self.one(inst);
                match op {
                    VectorConvert::FromInt { to: FloatShape::F32x4, .. } => {
                        emit!(self.code, vcvtdq2ps_a(to, x))
                    }
                    VectorConvert::FromInt { .. } => emit!(self.code, vcvtdq2pd_a(to, x)),
                    VectorConvert::Demote => emit!(self.code, vcvtpd2ps_a(to, x)),
                    VectorConvert::Promote => emit!(self.code, vcvtps2pd_a(to, x)),
                    VectorConvert::TruncSat { .. } => unreachable!("it is left to another compiler"),
                }
            }
            VectorOp::Relaxed(_) => unreachable!("it is left to another compiler"),
        }
        self.release(args);
    }

    /// Registers of one operand and the result, which may be the same.
    fn one(&mut self, inst: Inst) -> (Xm, Xm) {
        let x = self.body.args(inst)[0];
        let from = self.xm(x);
        self.release(&[x]);
        (from, self.define_xm(self.body.results(inst)[0]))
    }

    /// Registers of two operands and the result, which may be one of theirs: it is to be written last.
    fn two(&mut self, inst: Inst) -> (Xm, Xm, Xm) {
        let [x, y] = [0, 1].map(|index| self.body.args(inst)[index]);
        let (a, b) = (self.xm(x), self.xm(y));
        self.release(&[x, y]);
        (a, b, self.define_xm(self.body.results(inst)[0]))
    }

    fn define_flag(&mut self, cond: Cond, inst: Inst) {
        let to = self.define_gp(self.body.results(inst)[0]);
        self.set(Condition::Flags(cond), to);
    }

    fn splat(&mut self, shape: Shape, inst: Inst) {
        let x = self.body.args(inst)[0];
        match shape {
            Shape::Int(shape) => {
                let from = self.gp(x);
                let to = self.define_xm(self.body.results(inst)[0]);
                emit!(self.code, vmovq_a(to, from));
                by_lanes!(
                    self.code,
                    shape,
                    vpbroadcastb_a,
                    vpbroadcastw_a,
                    vpbroadcastd_a,
                    vpbroadcastq_a,
                    (to, to)
                );
            }
            Shape::Float(shape) => {
                let (from, to) = self.one(inst);
                match shape {
                    FloatShape::F32x4 => emit!(self.code, vbroadcastss_a_r(to, from)),
                    FloatShape::F64x2 => emit!(self.code, vmovddup_a(to, from)),
                }
            }
        }
    }

    fn extract_lane(&mut self, shape: Shape, lane: u8, sign: Sign, inst: Inst) {
        let Shape::Int(shape) = shape else {
            let (from, to) = self.one(inst);
            let order = match (shape, lane) {
                (Shape::Float(FloatShape::F64x2), 0) => SAME,
                (Shape::Float(FloatShape::F64x2), _) => UPPER,
                (_, lane) => lane,
            };
            return emit!(self.code, vpshufd_a(to, from, order));
        };
        let from = self.xm(self.body.args(inst)[0]);
        let to = self.define_gp(self.body.results(inst)[0]);
        match shape {
            IntShape::I8x16 => emit!(self.code, vpextrb_a(to, from, lane)),
            IntShape::I16x8 => emit!(self.code, vpextrw_a(to, from, lane)),
            IntShape::I32x4 => emit!(self.code, vpextrd_a(to, from, lane)),
            IntShape::I64x2 => emit!(self.code, vpextrq_a(to, from, lane)),
        }
        match (shape, sign) {
            (IntShape::I8x16, Sign::Signed) => emit!(self.code, movsbl_rm(to, to)),
            (IntShape::I16x8, Sign::Signed) => emit!(self.code, movswl_rm(to, to)),
            _ => {}
        }
    }

    fn replace_lane(&mut self, shape: Shape, lane: u8, inst: Inst) {
        let Shape::Int(shape) = shape else {
            let (x, y, to) = self.two(inst);
            return match (shape, lane) {
                (Shape::Float(FloatShape::F32x4), lane) => emit!(self.code, vinsertps_b(to, x, y, lane << 4)),
                (_, 0) => emit!(self.code, vmovsd_b(to, x, y)),
                _ => emit!(self.code, vmovlhps_rvm(to, x, y)),
            };
        };
        let [x, y] = [0, 1].map(|index| self.body.args(inst)[index]);
        let (vector, scalar) = (self.xm(x), self.gp(y));
        self.release(&[x]);
        let to = self.define_xm(self.body.results(inst)[0]);
        by_lanes!(self.code, shape, vpinsrb_b, vpinsrw_b, vpinsrd_b, vpinsrq_b, (to, vector, scalar, lane));
    }

    /// The bytes of each operand in their places, and zeros where the other's are.
    fn shuffle(&mut self, numbers: [u8; 16], inst: Inst) {
        let (x, y, to) = self.two(inst);
        let none = 0x80;
        self.load_vector(XSCRATCH, numbers.map(|number| if number < 16 { number } else { none }));
        emit!(self.code, vpshufb_b(XSCRATCH, x, XSCRATCH));
        self.load_vector(XSCRATCH2, numbers.map(|number| if number < 16 { none } else { number - 16 }));
        emit!(self.code, vpshufb_b(XSCRATCH2, y, XSCRATCH2), vpor_b(to, XSCRATCH, XSCRATCH2));
    }

    fn all_ones(&mut self, to: Xm) {
        emit!(self.code, vpcmpeqd_b(to, to, to));
    }

    fn invert(&mut self, to: Xm) {
        self.all_ones(XSCRATCH);
        emit!(self.code, vpxor_b(to, to, XSCRATCH));
    }

    fn vector_bitwise(&mut self, op: Bitwise, inst: Inst) {
        match op {
            Bitwise::Not => {
                let (x, to) = self.one(inst);
                self.all_ones(XSCRATCH);
                emit!(self.code, vpxor_b(to, x, XSCRATCH));
            }
            Bitwise::Bitselect => {
                let [x, y, mask] = [0, 1, 2].map(|index| self.body.args(inst)[index]);
                let [x, y, mask] = [x, y, mask].map(|value| self.xm(value));
                let to = self.define_xm(self.body.results(inst)[0]);
                emit!(self.code, vpand_b(XSCRATCH, x, mask), vpandn_b(XSCRATCH2, mask, y));
                emit!(self.code, vpor_b(to, XSCRATCH, XSCRATCH2));
            }
            _ => {
                let (x, y, to) = self.two(inst);
                match op {
                    Bitwise::And => emit!(self.code, vpand_b(to, x, y)),
                    Bitwise::AndNot => emit!(self.code, vpandn_b(to, y, x)),
                    Bitwise::Or => emit!(self.code, vpor_b(to, x, y)),
                    _ => emit!(self.code, vpxor_b(to, x, y)),
                }
            }
        }
    }

    fn bitmask(&mut self, shape: IntShape, inst: Inst) {
        let from = self.xm(self.body.args(inst)[0]);
        let to = self.define_gp(self.body.results(inst)[0]);
        match shape {
            IntShape::I8x16 => emit!(self.code, vpmovmskb_rm(to, from)),
            IntShape::I16x8 => {
                // Bytes with the same signs, and zeros above them.
                emit!(self.code, vpxor_b(XSCRATCH, XSCRATCH, XSCRATCH));
                emit!(self.code, vpacksswb_b(XSCRATCH, from, XSCRATCH), vpmovmskb_rm(to, XSCRATCH));
            }
            IntShape::I32x4 => emit!(self.code, vmovmskps_rm(to, from)),
            IntShape::I64x2 => emit!(self.code, vmovmskpd_rm(to, from)),
        }
    }

    fn vector_int_unary(&mut self, shape: IntShape, op: VectorIntUnary, inst: Inst) {
        let (x, to) = self.one(inst);
        match (op, shape) {
            (VectorIntUnary::Abs, IntShape::I64x2) => {
                emit!(self.code, vpxor_b(XSCRATCH, XSCRATCH, XSCRATCH), vpcmpgtq_b(XSCRATCH, XSCRATCH, x));
                emit!(self.code, vpxor_b(XSCRATCH2, x, XSCRATCH), vpsubq_b(to, XSCRATCH2, XSCRATCH));
            }
            (VectorIntUnary::Abs, shape) => {
                by_lanes!(self.code, shape, vpabsb_a, vpabsw_a, vpabsd_a, (to, x))
            }
            _ => {
                emit!(self.code, vpxor_b(XSCRATCH, XSCRATCH, XSCRATCH));
                by_lanes!(self.code, shape, vpsubb_b, vpsubw_b, vpsubd_b, vpsubq_b, (to, XSCRATCH, x));
            }
        }
    }

    fn vector_int_binary(&mut self, shape: IntShape, op: VectorIntBinary, inst: Inst) {
        use Sign::{Signed, Unsigned};
        use VectorIntBinary as B;
        let (x, y, to) = self.two(inst);
        match op {
            B::Add => by_lanes!(self.code, shape, vpaddb_b, vpaddw_b, vpaddd_b, vpaddq_b, (to, x, y)),
            B::Sub => by_lanes!(self.code, shape, vpsubb_b, vpsubw_b, vpsubd_b, vpsubq_b, (to, x, y)),
            B::Mul if shape == IntShape::I16x8 => emit!(self.code, vpmullw_b(to, x, y)),
            B::Mul => emit!(self.code, vpmulld_b(to, x, y)),
            B::AddSat(Signed) => by_lanes!(self.code, shape, vpaddsb_b, vpaddsw_b, (to, x, y)),
            B::AddSat(Unsigned) => by_lanes!(self.code, shape, vpaddusb_b, vpaddusw_b, (to, x, y)),
            B::SubSat(Signed) => by_lanes!(self.code, shape, vpsubsb_b, vpsubsw_b, (to, x, y)),
            B::SubSat(Unsigned) => by_lanes!(self.code, shape, vpsubusb_b, vpsubusw_b, (to, x, y)),
            B::Min(Signed) => by_lanes!(self.code, shape, vpminsb_b, vpminsw_b, vpminsd_b, (to, x, y)),
            B::Min(Unsigned) => by_lanes!(self.code, shape, vpminub_b, vpminuw_b, vpminud_b, (to, x, y)),
            B::Max(Signed) => by_lanes!(self.code, shape, vpmaxsb_b, vpmaxsw_b, vpmaxsd_b, (to, x, y)),
            B::Max(Unsigned) => by_lanes!(self.code, shape, vpmaxub_b, vpmaxuw_b, vpmaxud_b, (to, x, y)),
            B::AvgrU => by_lanes!(self.code, shape, vpavgb_b, vpavgw_b, (to, x, y)),
            B::Q15MulrSat => {
                // The square of the least integer comes out as the least, and is the greatest.
                self.load_vector(XSCRATCH2, [0, 0x80].repeat(8).try_into().unwrap_or_default());
                emit!(self.code, vpmulhrsw_b(XSCRATCH, x, y), vpcmpeqw_b(XSCRATCH2, XSCRATCH, XSCRATCH2));
                emit!(self.code, vpxor_b(to, XSCRATCH, XSCRATCH2));
            }
        }
    }

    fn vector_int_compare(&mut self, shape: IntShape, op: IntCompare, inst: Inst) {
        let (x, y, to) = self.two(inst);
        match op {
            IntCompare::Eq | IntCompare::Ne => {
                by_lanes!(self.code, shape, vpcmpeqb_b, vpcmpeqw_b, vpcmpeqd_b, vpcmpeqq_b, (to, x, y));
            }
            IntCompare::GtS | IntCompare::LeS => {
                by_lanes!(self.code, shape, vpcmpgtb_b, vpcmpgtw_b, vpcmpgtd_b, vpcmpgtq_b, (to, x, y));
            }
            IntCompare::LtS | IntCompare::GeS => {
                by_lanes!(self.code, shape, vpcmpgtb_b, vpcmpgtw_b, vpcmpgtd_b, vpcmpgtq_b, (to, y, x));
            }
            // The greater one is the first, or is not.
            IntCompare::GeU | IntCompare::LtU => {
                by_lanes!(self.code, shape, vpmaxub_b, vpmaxuw_b, vpmaxud_b, (XSCRATCH, x, y));
                by_lanes!(self.code, shape, vpcmpeqb_b, vpcmpeqw_b, vpcmpeqd_b, (to, XSCRATCH, x));
            }
            IntCompare::LeU | IntCompare::GtU => {
                by_lanes!(self.code, shape, vpminub_b, vpminuw_b, vpminud_b, (XSCRATCH, x, y));
                by_lanes!(self.code, shape, vpcmpeqb_b, vpcmpeqw_b, vpcmpeqd_b, (to, XSCRATCH, x));
            }
        }
        if matches!(
            op,
            IntCompare::Ne | IntCompare::LeS | IntCompare::GeS | IntCompare::LtU | IntCompare::GtU
        ) {
            self.invert(to);
        }
    }

    fn vector_shift(&mut self, shape: IntShape, op: VectorShift, inst: Inst) {
        let [x, count] = [0, 1].map(|index| self.body.args(inst)[index]);
        let source = self.source(count);
        self.move_to(SCRATCH.0, source, Kind::I32);
        emit!(self.code, andl_mi_sxb(SCRATCH, (shape.lane_bits() - 1) as i8), vmovd_a(XSCRATCH, SCRATCH));
        let (x, to) = {
            let from = self.xm(x);
            self.release(&[x]);
            (from, self.define_xm(self.body.results(inst)[0]))
        };
        match (op, shape) {
            (VectorShift::Shl, IntShape::I16x8) => emit!(self.code, vpsllw_c(to, x, XSCRATCH)),
            (VectorShift::Shl, IntShape::I32x4) => emit!(self.code, vpslld_c(to, x, XSCRATCH)),
            (VectorShift::Shl, _) => emit!(self.code, vpsllq_c(to, x, XSCRATCH)),
            (VectorShift::ShrU, IntShape::I16x8) => emit!(self.code, vpsrlw_c(to, x, XSCRATCH)),
            (VectorShift::ShrU, IntShape::I32x4) => emit!(self.code, vpsrld_c(to, x, XSCRATCH)),
            (VectorShift::ShrU, _) => emit!(self.code, vpsrlq_c(to, x, XSCRATCH)),
            (VectorShift::ShrS, IntShape::I16x8) => emit!(self.code, vpsraw_c(to, x, XSCRATCH)),
            (VectorShift::ShrS, _) => emit!(self.code, vpsrad_c(to, x, XSCRATCH)),
        }
    }

    fn vector_float_unary(&mut self, shape: FloatShape, op: FloatUnary, inst: Inst) {
        let (x, to) = self.one(inst);
        let kind = Kind::float(shape.width());
        match op {
            FloatUnary::Abs => {
                self.all_ones(XSCRATCH);
                emit_float!(self.code, kind, vpsrld_d, vpsrlq_d, (XSCRATCH, XSCRATCH, 1u8));
                emit!(self.code, vpand_b(to, x, XSCRATCH));
            }
            FloatUnary::Neg => {
                self.all_ones(XSCRATCH);
                let last = shape.bits().lane_bits() as u8 - 1;
                emit_float!(self.code, kind, vpslld_d, vpsllq_d, (XSCRATCH, XSCRATCH, last));
                emit!(self.code, vpxor_b(to, x, XSCRATCH));
            }
            FloatUnary::Sqrt => emit_float!(self.code, kind, vsqrtps_b, vsqrtpd_b, (to, x)),
            _ => {
                let mode = crate::float::rounding(op);
                emit_float!(self.code, kind, vroundps_rmi, vroundpd_rmi, (to, x, mode));
            }
        }
    }

    fn vector_float_binary(&mut self, shape: FloatShape, op: VectorFloatBinary, inst: Inst) {
        use VectorFloatBinary as B;
        let (x, y, to) = self.two(inst);
        let kind = Kind::float(shape.width());
        match op {
            B::Add => emit_float!(self.code, kind, vaddps_b, vaddpd_b, (to, x, y)),
            B::Sub => emit_float!(self.code, kind, vsubps_b, vsubpd_b, (to, x, y)),
            B::Mul => emit_float!(self.code, kind, vmulps_b, vmulpd_b, (to, x, y)),
            B::Div => emit_float!(self.code, kind, vdivps_b, vdivpd_b, (to, x, y)),
            // The instruction gives its second operand where the comparison is false.
            B::PMin => emit_float!(self.code, kind, vminps_b, vminpd_b, (to, y, x)),
            B::PMax => emit_float!(self.code, kind, vmaxps_b, vmaxpd_b, (to, y, x)),
            B::Min => self.vector_min(kind, to, x, y),
            B::Max => self.vector_max(kind, to, x, y),
        }
    }

    /// The instruction in both orders, since it gives its second operand for a NaN and for zeros. A NaN becomes all ones, and then canonical.
    fn vector_min(&mut self, kind: Kind, to: Xm, x: Xm, y: Xm) {
        let (a, b) = (XSCRATCH, XSCRATCH2);
        emit_float!(self.code, kind, vminps_b, vminpd_b, (a, x, y));
        emit_float!(self.code, kind, vminps_b, vminpd_b, (b, y, x));
        emit!(self.code, vorps_b(a, a, b));
        emit_float!(self.code, kind, vcmpps_b, vcmppd_b, (b, a, b, UNORDERED));
        emit!(self.code, vorps_b(a, a, b));
        self.fraction_below_quiet(kind, b);
        emit!(self.code, vandnps_b(to, b, a));
    }

    /// The same; the difference of the zeros' signs is subtracted.
    fn vector_max(&mut self, kind: Kind, to: Xm, x: Xm, y: Xm) {
        let (a, b) = (XSCRATCH, XSCRATCH2);
        emit_float!(self.code, kind, vmaxps_b, vmaxpd_b, (a, x, y));
        emit_float!(self.code, kind, vmaxps_b, vmaxpd_b, (b, y, x));
        emit!(self.code, vxorps_b(b, a, b), vorps_b(a, a, b));
        emit_float!(self.code, kind, vsubps_b, vsubpd_b, (to, a, b));
        emit_float!(self.code, kind, vcmpps_b, vcmppd_b, (b, a, a, UNORDERED));
        self.fraction_below_quiet(kind, b);
        emit!(self.code, vandnps_b(to, b, to));
    }

    /// Of lanes of all ones, the bits of a NaN's payload below the one that makes it quiet.
    fn fraction_below_quiet(&mut self, kind: Kind, x: Xm) {
        let above = if kind == Kind::F32 { 10u8 } else { 13 };
        emit_float!(self.code, kind, vpsrld_d, vpsrlq_d, (x, x, above));
    }

    fn vector_float_compare(&mut self, shape: FloatShape, op: FloatCompare, inst: Inst) {
        let (x, y, to) = self.two(inst);
        let kind = Kind::float(shape.width());
        let (x, y, predicate) = match op {
            FloatCompare::Eq => (x, y, 0u8),
            FloatCompare::Ne => (x, y, 4),
            FloatCompare::Lt => (x, y, 1),
            FloatCompare::Gt => (y, x, 1),
            FloatCompare::Le => (x, y, 2),
            FloatCompare::Ge => (y, x, 2),
        };
        emit_float!(self.code, kind, vcmpps_b, vcmppd_b, (to, x, y, predicate));
    }

    fn extend_half(&mut self, widening: Widening, half: Half, sign: Sign, to: Xm, x: Xm) {
        let from = if half == Half::High {
            emit!(self.code, vpshufd_a(to, x, UPPER));
            to
        } else {
            x
        };
        self.extend_lanes(widening, sign, to, XmMem::Xmm(from));
    }

    fn extend_lanes(&mut self, widening: Widening, sign: Sign, to: Xm, from: XmMem) {
        match (widening, sign) {
            (Widening::I8ToI16, Sign::Signed) => emit!(self.code, vpmovsxbw_a(to, from)),
            (Widening::I8ToI16, Sign::Unsigned) => emit!(self.code, vpmovzxbw_a(to, from)),
            (Widening::I16ToI32, Sign::Signed) => emit!(self.code, vpmovsxwd_a(to, from)),
            (Widening::I16ToI32, Sign::Unsigned) => emit!(self.code, vpmovzxwd_a(to, from)),
            (Widening::I32ToI64, Sign::Signed) => emit!(self.code, vpmovsxdq_a(to, from)),
            (Widening::I32ToI64, Sign::Unsigned) => emit!(self.code, vpmovzxdq_a(to, from)),
        }
    }

    fn add_pairwise(&mut self, widening: Widening, sign: Sign, inst: Inst) {
        let (x, to) = self.one(inst);
        match (widening, sign) {
            // Products with ones; the first operand is read as unsigned, the second as signed.
            (Widening::I8ToI16, sign) => {
                self.load_vector(XSCRATCH, [1; 16]);
                match sign {
                    Sign::Signed => emit!(self.code, vpmaddubsw_b(to, XSCRATCH, x)),
                    Sign::Unsigned => emit!(self.code, vpmaddubsw_b(to, x, XSCRATCH)),
                }
            }
            (_, Sign::Signed) => {
                self.load_vector(XSCRATCH, [1, 0].repeat(8).try_into().unwrap_or_default());
                emit!(self.code, vpmaddwd_b(to, x, XSCRATCH));
            }
            (_, Sign::Unsigned) => {
                emit!(self.code, vpsrld_d(XSCRATCH, x, 16u8), vpslld_d(XSCRATCH2, x, 16u8));
                emit!(self.code, vpsrld_d(XSCRATCH2, XSCRATCH2, 16u8), vpaddd_b(to, XSCRATCH, XSCRATCH2));
            }
        }
    }

    /// A load that fills a vector from fewer bytes.
    pub(crate) fn vector_load(&mut self, access: MemoryAccess, kind: VectorLoad, inst: Inst) {
        let place = self.address(access, self.body.args(inst)[0]);
        let to = self.define_xm(self.body.results(inst)[0]);
        match (kind, access.bytes) {
            (VectorLoad::Splat, 1) => emit!(self.code, vpbroadcastb_a(to, place)),
            (VectorLoad::Splat, 2) => emit!(self.code, vpbroadcastw_a(to, place)),
            (VectorLoad::Splat, 4) => emit!(self.code, vpbroadcastd_a(to, place)),
            (VectorLoad::Splat, _) => emit!(self.code, vpbroadcastq_a(to, place)),
            (VectorLoad::Zero, 4) => emit!(self.code, vmovss_d(to, place)),
            (VectorLoad::Zero, _) => emit!(self.code, vmovsd_d(to, place)),
            (VectorLoad::Extend(widening, sign), _) => {
                self.extend_lanes(widening, sign, to, XmMem::Mem(place));
            }
        }
    }

    /// A load of one lane.
    pub(crate) fn vector_load_lane(&mut self, access: MemoryAccess, lane: u8, inst: Inst) {
        let [address, vector] = [0, 1].map(|index| self.body.args(inst)[index]);
        let from = self.xm(vector);
        let place = self.address(access, address);
        let to = self.define_xm(self.body.results(inst)[0]);
        match access.bytes {
            1 => emit!(self.code, vpinsrb_b(to, from, place, lane)),
            2 => emit!(self.code, vpinsrw_b(to, from, place, lane)),
            4 => emit!(self.code, vpinsrd_b(to, from, place, lane)),
            _ => emit!(self.code, vpinsrq_b(to, from, place, lane)),
        }
    }

    /// A store of one lane.
    pub(crate) fn vector_store_lane(&mut self, access: MemoryAccess, lane: u8, inst: Inst) {
        let [address, vector]: [Value; 2] = [0, 1].map(|index| self.body.args(inst)[index]);
        let from = self.xm(vector);
        let place = self.address(access, address);
        match access.bytes {
            1 => emit!(self.code, vpextrb_a(place, from, lane)),
            2 => emit!(self.code, vpextrw_b(place, from, lane)),
            4 => emit!(self.code, vpextrd_a(place, from, lane)),
            _ => emit!(self.code, vpextrq_a(place, from, lane)),
        }
    }
}

/// The number of the comparison that is true if an operand is a NaN.
const UNORDERED: u8 = 3;

/// Whether an operator is one on vectors that there is no code for.
pub(crate) fn is_unsupported(op: &Op, canonical: bool) -> bool {
    matches!(op, Op::Vector(op) if !supports(*op, canonical))
}
