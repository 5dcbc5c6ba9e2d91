//! Floating-point operators (specification: Numerics, Floating-Point Operations).
//!
//! The processor's arithmetic makes NaNs quiet. `abs`, `neg` and `copysign` only touch the sign bit, of NaNs too.

use wootz_wasm_ir::ir::{FloatBinary, FloatUnary, FloatWidth, Inst};

use crate::function::Function;
use crate::machine::{Cond, Kind, SCRATCH, SCRATCH2, XSCRATCH, Xm, XmMem, emit, emit_float, emit_int};

/// Rounding modes of the processor, exceptions suppressed.
const NEAREST: u8 = 8;
const DOWN: u8 = 9;
const UP: u8 = 10;
const TO_ZERO: u8 = 11;

/// The mode of an operator that rounds.
pub(crate) fn rounding(op: FloatUnary) -> u8 {
    match op {
        FloatUnary::Ceil => UP,
        FloatUnary::Floor => DOWN,
        FloatUnary::Trunc => TO_ZERO,
        _ => NEAREST,
    }
}

impl Function<'_> {
    pub(crate) fn float_unary(&mut self, width: FloatWidth, op: FloatUnary, inst: Inst) {
        let (x, result) = (self.body.args(inst)[0], self.body.results(inst)[0]);
        let kind = Kind::float(width);
        if matches!(op, FloatUnary::Abs | FloatUnary::Neg) {
            let from = self.xm(x);
            self.release(&[x]);
            let to = self.define_xm(result);
            let sign = 1 << (width.bits() - 1);
            if op == FloatUnary::Abs {
                self.load_bits(XSCRATCH, sign - 1);
                emit!(self.code, vandps_b(to, from, XSCRATCH));
            } else {
                self.load_bits(XSCRATCH, sign);
                emit!(self.code, vxorps_b(to, from, XSCRATCH));
            }
            return;
        }
        let from = self.xm_mem(x);
        self.release(&[x]);
        let to = self.define_xm(result);
        // An operand in memory leaves the rest of the register to the second one, which nothing waits for.
        let rest = if let XmMem::Xmm(from) = from { from } else { to };
        let mode = rounding(op);
        match op {
            FloatUnary::Sqrt => emit_float!(self.code, kind, vsqrtss_b, vsqrtsd_b, (to, rest, from)),
            _ => emit_float!(self.code, kind, vroundss_rvmi, vroundsd_rvmi, (to, rest, from, mode)),
        }
        self.canonicalize(kind, to);
    }

    /// The result of arithmetic: with NaNs as the options want them.
    pub(crate) fn canonicalize(&mut self, kind: Kind, value: Xm) {
        if !self.module.canonicalize_nans {
            return;
        }
        emit_float!(self.code, kind, vucomiss_a, vucomisd_a, (value, value));
        let ordered = self.code.skip_if(Cond::NoParity);
        let width = if kind == Kind::F32 { FloatWidth::F32 } else { FloatWidth::F64 };
        self.load_bits(value, width.canonical_nan());
        self.code.land(ordered);
    }

    pub(crate) fn float_binary(&mut self, width: FloatWidth, op: FloatBinary, inst: Inst) {
        let [x, y] = *self.body.args(inst) else { return };
        let result = self.body.results(inst)[0];
        let kind = Kind::float(width);
        match op {
            FloatBinary::Copysign => {
                let (magnitude, sign) = (self.xm(x), self.xm(y));
                self.release(&[x, y]);
                let to = self.define_xm(result);
                self.copy_sign(kind, to, magnitude, sign);
            }
            FloatBinary::Min | FloatBinary::Max => {
                let (x_reg, y_reg) = (self.xm(x), self.xm(y));
                // The result is written on several ways, each of which reads both operands before.
                self.release(&[x, y]);
                let to = self.define_xm(result);
                self.extremum(kind, op, to, x_reg, y_reg);
                self.canonicalize(kind, to);
            }
            _ => {
                let first = self.xm(x);
                let second = self.xm_mem(y);
                self.release(&[x, y]);
                let to = self.define_xm(result);
                match op {
                    FloatBinary::Add => emit_float!(self.code, kind, vaddss_b, vaddsd_b, (to, first, second)),
                    FloatBinary::Sub => emit_float!(self.code, kind, vsubss_b, vsubsd_b, (to, first, second)),
                    FloatBinary::Mul => emit_float!(self.code, kind, vmulss_b, vmulsd_b, (to, first, second)),
                    _ => emit_float!(self.code, kind, vdivss_b, vdivsd_b, (to, first, second)),
                }
                self.canonicalize(kind, to);
            }
        }
    }

    /// In integers: no constant has to be loaded into a vector register.
    fn copy_sign(&mut self, kind: Kind, to: Xm, magnitude: Xm, sign: Xm) {
        let int = if kind == Kind::F32 { Kind::I32 } else { Kind::I64 };
        let last = if kind == Kind::F32 { 31u8 } else { 63 };
        emit_int!(self.code, int, vmovd_b, vmovq_b, (SCRATCH, magnitude));
        emit_int!(self.code, int, vmovd_b, vmovq_b, (SCRATCH2, sign));
        emit_int!(self.code, int, shll_mi, shlq_mi, (SCRATCH, 1u8));
        emit_int!(self.code, int, shrl_mi, shrq_mi, (SCRATCH, 1u8));
        emit_int!(self.code, int, shrl_mi, shrq_mi, (SCRATCH2, last));
        emit_int!(self.code, int, shll_mi, shlq_mi, (SCRATCH2, last));
        emit_int!(self.code, int, orl_rm, orq_rm, (SCRATCH, SCRATCH2));
        emit_int!(self.code, int, vmovd_a, vmovq_a, (to, SCRATCH));
    }

    /// `min` and `max`: NaN if either is NaN, and -0 below +0.
    fn extremum(&mut self, kind: Kind, op: FloatBinary, to: Xm, x: Xm, y: Xm) {
        emit_float!(self.code, kind, vucomiss_a, vucomisd_a, (x, y));
        let differ = self.code.skip_if(Cond::NotEqual);
        let unordered = self.code.skip_if(Cond::Parity);
        // Equal: zeros may have different signs.
        if op == FloatBinary::Min {
            emit!(self.code, vorps_b(to, x, y));
        } else {
            emit!(self.code, vandps_b(to, x, y));
        }
        let done = self.code.skip();
        self.code.land(unordered);
        emit_float!(self.code, kind, vaddss_b, vaddsd_b, (to, x, y));
        let done_too = self.code.skip();
        self.code.land(differ);
        if op == FloatBinary::Min {
            emit_float!(self.code, kind, vminss_b, vminsd_b, (to, x, y));
        } else {
            emit_float!(self.code, kind, vmaxss_b, vmaxsd_b, (to, x, y));
        }
        self.code.land(done);
        self.code.land(done_too);
    }
}
