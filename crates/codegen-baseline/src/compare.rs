//! Comparisons, and what is decided by them (specification: Numeric Instructions, Parametric Instructions).

use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{FloatCompare, FloatWidth, Inst, IntCompare, IntWidth, Op, Value};

use crate::function::Function;
use crate::machine::{Cond, Gp, GpMem, Kind, SCRATCH, emit, emit_float, emit_int};
use crate::ranges::defining;

/// A condition whose flags are set.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Condition {
    Flags(Cond),
    /// Floats are equal, and neither is a NaN.
    OrderedEqual,
    /// The opposite.
    UnorderedNotEqual,
}

impl Condition {
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Flags(cond) => Self::Flags(cond.not()),
            Self::OrderedEqual => Self::UnorderedNotEqual,
            Self::UnorderedNotEqual => Self::OrderedEqual,
        }
    }
}

impl Function<'_> {
    /// Whether an `i32` is not zero, as flags.
    pub(crate) fn condition(&mut self, value: Value) -> Condition {
        match defining(self.body, value).filter(|_| self.ranges.fused[value.index()]) {
            Some(inst) => self.comparison(inst),
            None => self.compare_with_zero(value).not(),
        }
    }

    /// Sets the flags for a comparison.
    fn comparison(&mut self, inst: Inst) -> Condition {
        let args = self.body.args(inst);
        match self.body.insts[inst].op {
            Op::Likely => self.condition(args[0]),
            // Of a comparison it is the opposite.
            Op::IntEqz(IntWidth::I32) => self.condition(args[0]).not(),
            Op::IntEqz(IntWidth::I64) => self.compare_with_zero(args[0]),
            Op::IntCompare(width, op) => self.int_comparison(Kind::int(width), op, args[0], args[1]),
            Op::FloatCompare(width, op) => self.float_comparison(width, op, args[0], args[1]),
            _ => unreachable!("only comparisons are left to their users"),
        }
    }

    /// Whether a value is zero.
    pub(crate) fn compare_with_zero(&mut self, value: Value) -> Condition {
        let kind = self.kind(value);
        match self.gp_mem(value) {
            GpMem::Gpr(reg) => emit_int!(self.code, kind, testl_mr, testq_mr, (GpMem::Gpr(reg), reg)),
            place => emit_int!(self.code, kind, cmpl_mi_sxb, cmpq_mi_sxb, (place, 0i8)),
        }
        Condition::Flags(Cond::Equal)
    }

    fn int_comparison(&mut self, kind: Kind, op: IntCompare, x: Value, y: Value) -> Condition {
        let cond = match op {
            IntCompare::Eq => Cond::Equal,
            IntCompare::Ne => Cond::NotEqual,
            IntCompare::LtS => Cond::Less,
            IntCompare::LtU => Cond::Below,
            IntCompare::GtS => Cond::Greater,
            IntCompare::GtU => Cond::Above,
            IntCompare::LeS => Cond::LessEqual,
            IntCompare::LeU => Cond::BelowEqual,
            IntCompare::GeS => Cond::GreaterEqual,
            IntCompare::GeU => Cond::AboveEqual,
        };
        if let Some(immediate) = self.immediate(y) {
            let x = self.gp_mem(x);
            self.compare_with(kind, x, immediate);
        } else {
            let x = self.gp(x);
            let y = self.gp_mem(y);
            emit_int!(self.code, kind, cmpl_rm, cmpq_rm, (x, y));
        }
        Condition::Flags(cond)
    }

    /// Compares with a constant.
    pub(crate) fn compare_with(&mut self, kind: Kind, x: GpMem, y: i32) {
        match (i8::try_from(y), x) {
            (Ok(0), GpMem::Gpr(reg)) => {
                emit_int!(self.code, kind, testl_mr, testq_mr, (GpMem::Gpr(reg), reg))
            }
            (Ok(y), x) => emit_int!(self.code, kind, cmpl_mi_sxb, cmpq_mi_sxb, (x, y)),
            (Err(_), x) => emit_int!(self.code, kind, cmpl_mi, cmpq_mi, (x, y)),
        }
    }

    fn float_comparison(&mut self, width: FloatWidth, op: FloatCompare, x: Value, y: Value) -> Condition {
        // The comparison sets the flags as for unsigned integers, and "below" for a NaN: so only "above" is asked for.
        let (x, y, condition) = match op {
            FloatCompare::Eq => (x, y, Condition::OrderedEqual),
            FloatCompare::Ne => (x, y, Condition::UnorderedNotEqual),
            FloatCompare::Lt => (y, x, Condition::Flags(Cond::Above)),
            FloatCompare::Gt => (x, y, Condition::Flags(Cond::Above)),
            FloatCompare::Le => (y, x, Condition::Flags(Cond::AboveEqual)),
            FloatCompare::Ge => (x, y, Condition::Flags(Cond::AboveEqual)),
        };
        let x = self.xm(x);
        let y = self.xm_mem(y);
        emit_float!(self.code, Kind::float(width), vucomiss_a, vucomisd_a, (x, y));
        condition
    }

    /// A comparison whose result is a value.
    pub(crate) fn compare(&mut self, inst: Inst) {
        let result = self.body.results(inst)[0];
        if self.ranges.fused[result.index()] {
            return;
        }
        let condition = self.comparison(inst);
        self.release(self.body.args(inst));
        let to = self.define_gp(result);
        self.set(condition, to);
    }

    /// 1 if a condition holds, else 0.
    pub(crate) fn set(&mut self, condition: Condition, to: Gp) {
        match condition {
            Condition::Flags(cond) => self.set_byte(cond, to),
            Condition::OrderedEqual => {
                self.set_byte(Cond::Equal, to);
                self.set_byte(Cond::NoParity, SCRATCH);
                emit!(self.code, andl_rm(to, SCRATCH));
            }
            Condition::UnorderedNotEqual => {
                self.set_byte(Cond::NotEqual, to);
                self.set_byte(Cond::Parity, SCRATCH);
                emit!(self.code, orl_rm(to, SCRATCH));
            }
        }
        emit!(self.code, movzbl_rm(to, to));
    }

    fn set_byte(&mut self, cond: Cond, to: Gp) {
        match cond {
            Cond::Overflow => emit!(self.code, seto_m(to)),
            Cond::NoOverflow => emit!(self.code, setno_m(to)),
            Cond::Below => emit!(self.code, setb_m(to)),
            Cond::AboveEqual => emit!(self.code, setae_m(to)),
            Cond::Equal => emit!(self.code, sete_m(to)),
            Cond::NotEqual => emit!(self.code, setne_m(to)),
            Cond::BelowEqual => emit!(self.code, setbe_m(to)),
            Cond::Above => emit!(self.code, seta_m(to)),
            Cond::Sign => emit!(self.code, sets_m(to)),
            Cond::NoSign => emit!(self.code, setns_m(to)),
            Cond::Parity => emit!(self.code, setp_m(to)),
            Cond::NoParity => emit!(self.code, setnp_m(to)),
            Cond::Less => emit!(self.code, setl_m(to)),
            Cond::GreaterEqual => emit!(self.code, setge_m(to)),
            Cond::LessEqual => emit!(self.code, setle_m(to)),
            Cond::Greater => emit!(self.code, setg_m(to)),
        }
    }

    /// `select`: the second operand, overwritten by the first on the condition.
    pub(crate) fn select(&mut self, inst: Inst) {
        let [first, second, condition] = *self.body.args(inst) else { return };
        let result = self.body.results(inst)[0];
        let kind = self.kind(result);
        // All that may take a register is in one before the flags are set.
        let chosen = self.load(first);
        let other = self.load(second);
        let condition = match self.constant(condition) {
            Some(_) => {
                self.compare_constant(condition);
                Condition::Flags(Cond::NotEqual)
            }
            None => self.condition(condition),
        };
        self.release(self.body.args(inst));
        // The register of the first is free now if it dies, and must not be overwritten before it is read.
        self.lock(chosen);
        self.lock(other);
        let to =
            if self.holder(other).is_none() { self.bind_free(result, other) } else { self.define(result) };
        self.move_to(to, crate::registers::Source::Register(other), kind);
        match (condition, kind.is_vector()) {
            (Condition::Flags(cond), false) => self.move_if(cond, kind, Gp(to), Gp(chosen)),
            (Condition::UnorderedNotEqual, false) => {
                self.move_if(Cond::NotEqual, kind, Gp(to), Gp(chosen));
                self.move_if(Cond::Parity, kind, Gp(to), Gp(chosen));
            }
            _ => {
                let done = self.code.label();
                self.jump_if(condition.not(), done);
                self.move_to(to, crate::registers::Source::Register(chosen), kind);
                self.code.bind(done);
            }
        }
    }

    fn compare_constant(&mut self, condition: Value) {
        let condition = self.gp(condition);
        emit!(self.code, testl_mr(GpMem::Gpr(condition), condition));
    }

    fn bind_free(&mut self, value: Value, reg: u8) -> u8 {
        self.bind(value, reg);
        reg
    }

    fn move_if(&mut self, cond: Cond, kind: Kind, to: Gp, from: Gp) {
        match cond {
            Cond::Overflow => emit_int!(self.code, kind, cmovol_rm, cmovoq_rm, (to, from)),
            Cond::NoOverflow => emit_int!(self.code, kind, cmovnol_rm, cmovnoq_rm, (to, from)),
            Cond::Below => emit_int!(self.code, kind, cmovbl_rm, cmovbq_rm, (to, from)),
            Cond::AboveEqual => emit_int!(self.code, kind, cmovael_rm, cmovaeq_rm, (to, from)),
            Cond::Equal => emit_int!(self.code, kind, cmovel_rm, cmoveq_rm, (to, from)),
            Cond::NotEqual => emit_int!(self.code, kind, cmovnel_rm, cmovneq_rm, (to, from)),
            Cond::BelowEqual => emit_int!(self.code, kind, cmovbel_rm, cmovbeq_rm, (to, from)),
            Cond::Above => emit_int!(self.code, kind, cmoval_rm, cmovaq_rm, (to, from)),
            Cond::Sign => emit_int!(self.code, kind, cmovsl_rm, cmovsq_rm, (to, from)),
            Cond::NoSign => emit_int!(self.code, kind, cmovnsl_rm, cmovnsq_rm, (to, from)),
            Cond::Parity => emit_int!(self.code, kind, cmovpl_rm, cmovpq_rm, (to, from)),
            Cond::NoParity => emit_int!(self.code, kind, cmovnpl_rm, cmovnpq_rm, (to, from)),
            Cond::Less => emit_int!(self.code, kind, cmovll_rm, cmovlq_rm, (to, from)),
            Cond::GreaterEqual => emit_int!(self.code, kind, cmovgel_rm, cmovgeq_rm, (to, from)),
            Cond::LessEqual => emit_int!(self.code, kind, cmovlel_rm, cmovleq_rm, (to, from)),
            Cond::Greater => emit_int!(self.code, kind, cmovgl_rm, cmovgq_rm, (to, from)),
        }
    }
}
