//! Conversions between value types (specification: Numerics, Conversions).

use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::ir::{Convert, FloatWidth, Inst, IntWidth, Sign};

use crate::function::Function;
use crate::machine::{
    Cond, Gp, GpMem, Kind, SCRATCH, SCRATCH2, XSCRATCH, Xm, XmMem, emit, emit_float, emit_int,
};

impl Function<'_> {
    pub(crate) fn convert(&mut self, op: Convert, inst: Inst) {
        let (x, result) = (self.body.args(inst)[0], self.body.results(inst)[0]);
        match op {
            Convert::Wrap => {
                let from = self.gp_mem(x);
                self.release(&[x]);
                let to = self.define_gp(result);
                emit!(self.code, movl_rm(to, from));
            }
            // An `i32` has zeros above it already.
            Convert::Extend(Sign::Unsigned) => _ = self.define_from(result, x),
            Convert::Extend(Sign::Signed) => {
                let from = self.gp_mem(x);
                self.release(&[x]);
                let to = self.define_gp(result);
                emit!(self.code, movslq_rm(to, from));
            }
            Convert::Demote | Convert::Promote => {
                let from = self.xm_mem(x);
                self.release(&[x]);
                let to = self.define_xm(result);
                let rest = if let XmMem::Xmm(from) = from { from } else { to };
                if op == Convert::Demote {
                    emit!(self.code, vcvtsd2ss_b(to, rest, from));
                } else {
                    emit!(self.code, vcvtss2sd_b(to, rest, from));
                }
                let kind = self.kind(result);
                self.canonicalize(kind, to);
            }
            Convert::Trunc { from, to, sign } => {
                let float = self.xm(x);
                self.trap_out_of_range(TruncRange::new(from, to, sign), float);
                let int = self.define_gp(result);
                self.truncate(from, to, sign, int, float);
            }
            Convert::TruncSat { from, to, sign } => {
                let float = self.xm(x);
                let int = self.define_gp(result);
                self.saturate(from, to, sign, int, float);
            }
            Convert::FromInt { from, to, sign } => {
                let int = self.gp(x);
                let float = self.define_xm(result);
                self.int_to_float(from, to, sign, float, int);
            }
            Convert::IntToFloat(width) => {
                let from = self.gp_mem(x);
                self.release(&[x]);
                let to = self.define_xm(result);
                emit_float!(self.code, Kind::float(width), vmovd_a, vmovq_a, (to, from));
            }
            Convert::FloatToInt(width) => {
                let from = self.xm(x);
                self.release(&[x]);
                let to = self.define_gp(result);
                emit_int!(self.code, Kind::int(width), vmovd_b, vmovq_b, (to, from));
            }
        }
        self.release(&[x]);
    }

    /// Compares a float with a constant.
    fn compare_float(&mut self, kind: Kind, x: Xm, constant: f64) {
        let bits =
            if kind == Kind::F32 { u64::from((constant as f32).to_bits()) } else { constant.to_bits() };
        self.load_bits(XSCRATCH, bits);
        emit_float!(self.code, kind, vucomiss_a, vucomisd_a, (x, XSCRATCH));
    }

    fn trap_out_of_range(&mut self, range: TruncRange, x: Xm) {
        let kind = range.kind;
        emit_float!(self.code, kind, vucomiss_a, vucomisd_a, (x, x));
        self.trap_if(Cond::Parity, TrapCode::InvalidConversionToInteger);
        self.compare_float(kind, x, range.low);
        self.trap_if(range.below(), TrapCode::IntegerOverflow);
        self.compare_float(kind, x, range.high);
        self.trap_if(Cond::AboveEqual, TrapCode::IntegerOverflow);
    }

    /// A float whose integer part fits. Uses the second scratch register of integers and that of vectors.
    fn truncate(&mut self, from: FloatWidth, to: IntWidth, sign: Sign, int: Gp, x: Xm) {
        let kind = Kind::float(from);
        match (to, sign) {
            (IntWidth::I32, Sign::Signed) => {
                emit_float!(self.code, kind, vcvttss2si_a, vcvttsd2si_a, (int, x));
            }
            (IntWidth::I32, Sign::Unsigned) => {
                emit_float!(self.code, kind, vcvttss2si_aq, vcvttsd2si_aq, (int, x));
                // Zeros above it: of -0.5 as well as of 4294967295.5 the 64 bits are right.
                emit!(self.code, movl_rm(int, int));
            }
            (IntWidth::I64, Sign::Signed) => {
                emit_float!(self.code, kind, vcvttss2si_aq, vcvttsd2si_aq, (int, x));
            }
            (IntWidth::I64, Sign::Unsigned) => {
                // From 2^63 on, by 2^63 less.
                self.compare_float(kind, x, 2f64.powi(63));
                let large = self.code.skip_if(Cond::AboveEqual);
                emit_float!(self.code, kind, vcvttss2si_aq, vcvttsd2si_aq, (int, x));
                let done = self.code.skip();
                self.code.land(large);
                emit_float!(self.code, kind, vsubss_b, vsubsd_b, (XSCRATCH, x, XSCRATCH));
                emit_float!(self.code, kind, vcvttss2si_aq, vcvttsd2si_aq, (int, XSCRATCH));
                self.load_constant(SCRATCH2, 1 << 63);
                emit!(self.code, xorq_rm(int, SCRATCH2));
                self.code.land(done);
            }
        }
    }

    /// A saturating conversion: the result is what it is outside of the range, until it is known to be inside.
    fn saturate(&mut self, from: FloatWidth, to: IntWidth, sign: Sign, int: Gp, x: Xm) {
        let range = TruncRange::new(from, to, sign);
        let kind = range.kind;
        let done = self.code.label();
        let (least, most): (u64, u64) = match (to, sign) {
            (IntWidth::I32, Sign::Signed) => (u64::from(i32::MIN as u32), i32::MAX as u64),
            (IntWidth::I32, Sign::Unsigned) => (0, u64::from(u32::MAX)),
            (IntWidth::I64, Sign::Signed) => (i64::MIN as u64, i64::MAX as u64),
            (IntWidth::I64, Sign::Unsigned) => (0, u64::MAX),
        };
        self.load_constant(int, 0);
        emit_float!(self.code, kind, vucomiss_a, vucomisd_a, (x, x));
        self.code.branch(Cond::Parity, done);
        self.load_constant(int, least);
        self.compare_float(kind, x, range.low);
        self.code.branch(range.below(), done);
        self.load_constant(int, most);
        self.compare_float(kind, x, range.high);
        self.code.branch(Cond::AboveEqual, done);
        self.truncate(from, to, sign, int, x);
        self.code.bind(done);
    }

    fn int_to_float(&mut self, from: IntWidth, to: FloatWidth, sign: Sign, float: Xm, int: Gp) {
        let kind = Kind::float(to);
        // What the register held before is no operand.
        emit!(self.code, vxorps_b(float, float, float));
        match (from, sign) {
            (IntWidth::I32, Sign::Signed) => {
                emit_float!(self.code, kind, vcvtsi2ssl_b, vcvtsi2sdl_b, (float, float, int));
            }
            (IntWidth::I32, Sign::Unsigned) | (IntWidth::I64, Sign::Signed) => {
                emit_float!(self.code, kind, vcvtsi2ssq_b, vcvtsi2sdq_b, (float, float, int));
            }
            (IntWidth::I64, Sign::Unsigned) => {
                emit!(self.code, testq_mr(GpMem::Gpr(int), int));
                let large = self.code.skip_if(Cond::Sign);
                emit_float!(self.code, kind, vcvtsi2ssq_b, vcvtsi2sdq_b, (float, float, int));
                let done = self.code.skip();
                self.code.land(large);
                // Half of it, with the lost bit kept for rounding, twice.
                emit!(self.code, movq_rm(SCRATCH, int), movq_rm(SCRATCH2, int));
                emit!(
                    self.code,
                    shrq_mi(SCRATCH, 1u8),
                    andl_mi_sxb(SCRATCH2, 1i8),
                    orq_rm(SCRATCH, SCRATCH2)
                );
                emit_float!(self.code, kind, vcvtsi2ssq_b, vcvtsi2sdq_b, (float, float, SCRATCH));
                emit_float!(self.code, kind, vaddss_b, vaddsd_b, (float, float, float));
                self.code.land(done);
            }
        }
    }
}

/// The floats whose integer part fits: from `low` up to but without `high`. All bounds are exact in the float's width.
struct TruncRange {
    kind: Kind,
    low: f64,
    /// Whether `low` itself fits.
    low_is_inside: bool,
    high: f64,
}

impl TruncRange {
    fn new(from: FloatWidth, to: IntWidth, sign: Sign) -> Self {
        let (bits, kind) = (to.bits() as i32, Kind::float(from));
        match sign {
            Sign::Unsigned => Self { kind, low: -1.0, low_is_inside: false, high: 2f64.powi(bits) },
            Sign::Signed => {
                let least = -(2f64.powi(bits - 1));
                // Where the fraction below the least integer is representable, it fits as well.
                let low_is_inside = !(from == FloatWidth::F64 && to == IntWidth::I32);
                let low = if low_is_inside { least } else { least - 1.0 };
                Self { kind, low, low_is_inside, high: 2f64.powi(bits - 1) }
            }
        }
    }

    /// The flags of a comparison with `low` if the float is below the range.
    fn below(&self) -> Cond {
        if self.low_is_inside { Cond::Below } else { Cond::BelowEqual }
    }
}
