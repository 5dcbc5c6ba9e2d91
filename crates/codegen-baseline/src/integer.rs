//! Integer operators (specification: Numerics, Integer Operations).

use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::ir::{Inst, IntBinary, IntUnary, Sign, Value, WideArithmetic};

use crate::function::Function;
use crate::machine::{Cond, Gp, GpMem, Kind, RAX, RCX, RDX, SCRATCH, at, emit, emit_int, indexed};
use crate::registers::Source;
use cranelift_assembler_x64::{Fixed, Scale, TrapCode as Unused};

impl Function<'_> {
    pub(crate) fn int_unary(&mut self, kind: Kind, op: IntUnary, inst: Inst) {
        let (x, result) = (self.body.args(inst)[0], self.body.results(inst)[0]);
        let from = self.gp_mem(x);
        self.release(&[x]);
        let to = self.define_gp(result);
        match op {
            IntUnary::Clz => emit_int!(self.code, kind, lzcntl_rm, lzcntq_rm, (to, from)),
            IntUnary::Ctz => emit_int!(self.code, kind, tzcntl_a, tzcntq_a, (to, from)),
            IntUnary::Popcnt => emit_int!(self.code, kind, popcntl_rm, popcntq_rm, (to, from)),
            IntUnary::Extend8S => emit_int!(self.code, kind, movsbl_rm, movsbq_rm, (to, from)),
            IntUnary::Extend16S => emit_int!(self.code, kind, movswl_rm, movswq_rm, (to, from)),
            IntUnary::Extend32S => emit!(self.code, movslq_rm(to, from)),
        }
    }

    pub(crate) fn int_binary(&mut self, kind: Kind, op: IntBinary, inst: Inst) {
        let [x, y] = *self.body.args(inst) else { return };
        let result = self.body.results(inst)[0];
        match op {
            IntBinary::Add => self.add(kind, x, y, result),
            IntBinary::Sub => self.subtract(kind, x, y, result),
            IntBinary::Mul => self.multiply(kind, x, y, result),
            IntBinary::And | IntBinary::Or | IntBinary::Xor => self.bitwise(kind, op, x, y, result),
            IntBinary::DivS | IntBinary::DivU | IntBinary::RemS | IntBinary::RemU => {
                self.divide(kind, op, x, y, result);
            }
            IntBinary::Shl | IntBinary::ShrS | IntBinary::ShrU => self.shift(kind, op, x, y, result),
            IntBinary::Rotl | IntBinary::Rotr => self.rotate(kind, op, x, y, result),
        }
    }

    /// The operand that the result's register is made from first, and the other one: constants are second, and so is what lives on.
    fn ordered(&self, x: Value, y: Value) -> (Value, Value) {
        let stays = |value: Value| !(self.dies(value) && self.register(value).is_some());
        let swap = self.constant(x).is_some() || self.constant(y).is_none() && stays(x) && !stays(y);
        if swap { (y, x) } else { (x, y) }
    }

    fn add(&mut self, kind: Kind, x: Value, y: Value, result: Value) {
        let (x, y) = self.ordered(x, y);
        let stays = self.register(x).is_some() && !self.dies(x);
        match self.immediate(y) {
            Some(immediate) if stays => {
                let from = self.gp(x);
                let to = self.define_gp(result);
                emit_int!(self.code, kind, leal_rm, leaq_rm, (to, at(from, immediate)));
            }
            Some(immediate) => {
                let to = Gp(self.define_from(result, x));
                match i8::try_from(immediate) {
                    Ok(small) => emit_int!(self.code, kind, addl_mi_sxb, addq_mi_sxb, (to, small)),
                    Err(_) => emit_int!(self.code, kind, addl_mi, addq_mi_sxl, (to, immediate)),
                }
            }
            None if stays && self.register(y).is_some() => {
                let (a, b) = (self.gp(x), self.gp(y));
                self.release(&[y]);
                let to = self.define_gp(result);
                emit_int!(self.code, kind, leal_rm, leaq_rm, (to, indexed(a, b, Scale::One, 0)));
            }
            None => {
                let other = self.gp_mem(y);
                let to = Gp(self.define_from(result, x));
                emit_int!(self.code, kind, addl_rm, addq_rm, (to, other));
            }
        }
        self.release(&[x, y]);
    }

    fn subtract(&mut self, kind: Kind, x: Value, y: Value, result: Value) {
        match self.immediate(y) {
            Some(immediate) => {
                let to = Gp(self.define_from(result, x));
                match i8::try_from(immediate) {
                    Ok(small) => emit_int!(self.code, kind, subl_mi_sxb, subq_mi_sxb, (to, small)),
                    Err(_) => emit_int!(self.code, kind, subl_mi, subq_mi_sxl, (to, immediate)),
                }
            }
            None => {
                let other = self.gp_mem(y);
                let to = Gp(self.define_from(result, x));
                emit_int!(self.code, kind, subl_rm, subq_rm, (to, other));
            }
        }
        self.release(&[x, y]);
    }

    fn multiply(&mut self, kind: Kind, x: Value, y: Value, result: Value) {
        let (x, y) = self.ordered(x, y);
        match self.immediate(y) {
            Some(immediate) => {
                let from = self.gp_mem(x);
                self.release(&[x]);
                let to = self.define_gp(result);
                emit_int!(self.code, kind, imull_rmi, imulq_rmi_sxl, (to, from, immediate));
            }
            None => {
                let other = self.gp_mem(y);
                let to = Gp(self.define_from(result, x));
                emit_int!(self.code, kind, imull_rm, imulq_rm, (to, other));
            }
        }
        self.release(&[x, y]);
    }

    fn bitwise(&mut self, kind: Kind, op: IntBinary, x: Value, y: Value, result: Value) {
        let (x, y) = self.ordered(x, y);
        match self.immediate(y) {
            Some(immediate) => {
                let to = Gp(self.define_from(result, x));
                match (op, i8::try_from(immediate)) {
                    (IntBinary::And, Ok(small)) => {
                        emit_int!(self.code, kind, andl_mi_sxb, andq_mi_sxb, (to, small));
                    }
                    (IntBinary::And, Err(_)) => {
                        emit_int!(self.code, kind, andl_mi, andq_mi_sxl, (to, immediate));
                    }
                    (IntBinary::Or, Ok(small)) => {
                        emit_int!(self.code, kind, orl_mi_sxb, orq_mi_sxb, (to, small));
                    }
                    (IntBinary::Or, Err(_)) => {
                        emit_int!(self.code, kind, orl_mi, orq_mi_sxl, (to, immediate))
                    }
                    (_, Ok(small)) => emit_int!(self.code, kind, xorl_mi_sxb, xorq_mi_sxb, (to, small)),
                    (_, Err(_)) => emit_int!(self.code, kind, xorl_mi, xorq_mi_sxl, (to, immediate)),
                }
            }
            None => {
                let other = self.gp_mem(y);
                let to = Gp(self.define_from(result, x));
                match op {
                    IntBinary::And => emit_int!(self.code, kind, andl_rm, andq_rm, (to, other)),
                    IntBinary::Or => emit_int!(self.code, kind, orl_rm, orq_rm, (to, other)),
                    _ => emit_int!(self.code, kind, xorl_rm, xorq_rm, (to, other)),
                }
            }
        }
        self.release(&[x, y]);
    }

    fn shift(&mut self, kind: Kind, op: IntBinary, x: Value, y: Value, result: Value) {
        if let Some(bits) = self.constant(y) {
            let count = (bits & if kind == Kind::I32 { 31 } else { 63 }) as u8;
            let to = Gp(self.define_from(result, x));
            match op {
                _ if count == 0 => {}
                IntBinary::Shl => emit_int!(self.code, kind, shll_mi, shlq_mi, (to, count)),
                IntBinary::ShrS => emit_int!(self.code, kind, sarl_mi, sarq_mi, (to, count)),
                _ => emit_int!(self.code, kind, shrl_mi, shrq_mi, (to, count)),
            }
        } else {
            let count = self.gp(y);
            let from = self.gp_mem(x);
            self.release(&[x, y]);
            let to = self.define_gp(result);
            match op {
                IntBinary::Shl => emit_int!(self.code, kind, shlxl_rmv, shlxq_rmv, (to, from, count)),
                IntBinary::ShrS => emit_int!(self.code, kind, sarxl_rmv, sarxq_rmv, (to, from, count)),
                _ => emit_int!(self.code, kind, shrxl_rmv, shrxq_rmv, (to, from, count)),
            }
        }
        self.release(&[x, y]);
    }

    fn rotate(&mut self, kind: Kind, op: IntBinary, x: Value, y: Value, result: Value) {
        let width = if kind == Kind::I32 { 32 } else { 64 };
        if let Some(bits) = self.constant(y) {
            let right = (bits % width) as u8;
            let right = if op == IntBinary::Rotr { right } else { (width as u8 - right) % width as u8 };
            let from = self.gp_mem(x);
            self.release(&[x]);
            let to = self.define_gp(result);
            emit_int!(self.code, kind, rorxl_rmi, rorxq_rmi, (to, from, right));
            return;
        }
        // Only the count's register may change, so that no operand is lost.
        let source = self.source(y);
        if self.register(y) != Some(RCX.0) {
            if let Source::Register(reg) = source {
                self.lock(reg);
            }
            self.take(RCX);
            let source = self.source(y);
            self.move_to(RCX.0, source, kind);
        }
        self.lock(RCX.0);
        let source = self.source(x);
        if let Source::Register(reg) = source {
            self.lock(reg);
        }
        self.move_to(SCRATCH.0, source, kind);
        match op {
            IntBinary::Rotl => {
                emit_int!(self.code, kind, roll_mc, rolq_mc, (SCRATCH, Self::count_register()))
            }
            _ => emit_int!(self.code, kind, rorl_mc, rorq_mc, (SCRATCH, Self::count_register())),
        }
        self.release(&[x, y]);
        let to = self.define_gp(result);
        self.move_to(to.0, Source::Register(SCRATCH.0), kind);
    }

    fn count_register() -> Fixed<Gp, 1> {
        Fixed(RCX)
    }

    fn divide(&mut self, kind: Kind, op: IntBinary, x: Value, y: Value, result: Value) {
        let signed = matches!(op, IntBinary::DivS | IntBinary::RemS);
        let divisor = self.constant(y);
        if let Some(power) = divisor.filter(|divisor| !signed && divisor.is_power_of_two()) {
            return self.divide_by_power(kind, op, x, power, result);
        }
        let source = self.source(y);
        self.move_to(SCRATCH.0, source, kind);
        // The dividend may be where it is wanted already.
        if self.register(x) == Some(RAX.0) {
            if !self.dies(x) {
                self.clean(RAX.0);
            }
            self.lock(RAX.0);
            self.take(RDX);
        } else {
            self.take(RAX);
            self.take(RDX);
            let source = self.source(x);
            self.move_to(RAX.0, source, kind);
        }
        self.forget(RAX.0);
        let is_known = divisor.is_some_and(|divisor| divisor != 0);
        if !is_known {
            emit_int!(self.code, kind, testl_mr, testq_mr, (GpMem::Gpr(SCRATCH), SCRATCH));
            self.trap_if(Cond::Equal, TrapCode::IntegerDivideByZero);
        }
        let minus_one = if kind == Kind::I32 { u64::from(u32::MAX) } else { u64::MAX };
        let may_overflow = signed && divisor.is_none_or(|divisor| divisor == minus_one);
        let mut done = None;
        if may_overflow {
            done = self.divide_by_minus_one(kind, op);
        }
        if signed {
            if kind == Kind::I32 {
                emit!(self.code, cltd_zo(Fixed(RDX), Fixed(RAX)));
            } else {
                emit!(self.code, cqto_zo(Fixed(RDX), Fixed(RAX)));
            }
            emit_int!(self.code, kind, idivl_m, idivq_m, (Fixed(RAX), Fixed(RDX), SCRATCH, NO_TRAP));
        } else {
            emit!(self.code, movl_oi(RDX, 0u32));
            emit_int!(self.code, kind, divl_m, divq_m, (Fixed(RAX), Fixed(RDX), SCRATCH, NO_TRAP));
        }
        if let Some(done) = done {
            self.code.land(done);
        }
        let quotient = matches!(op, IntBinary::DivS | IntBinary::DivU);
        self.release(&[x, y]);
        self.bind(result, if quotient { RAX.0 } else { RDX.0 });
    }

    /// What division by -1 is: a trap for the quotient of the least integer, and a remainder of 0, which is where the skip comes from.
    fn divide_by_minus_one(&mut self, kind: Kind, op: IntBinary) -> Option<crate::code::Skip> {
        self.compare_with(kind, GpMem::Gpr(SCRATCH), -1);
        let other = self.code.skip_if(Cond::NotEqual);
        let done = if op == IntBinary::RemS {
            emit!(self.code, movl_oi(RDX, 0u32));
            Some(self.code.skip())
        } else {
            // Only of the least integer 1 less is positive.
            emit_int!(self.code, kind, cmpl_mi_sxb, cmpq_mi_sxb, (RAX, 1i8));
            self.trap_if(Cond::Overflow, TrapCode::IntegerOverflow);
            None
        };
        self.code.land(other);
        done
    }

    fn divide_by_power(&mut self, kind: Kind, op: IntBinary, x: Value, power: u64, result: Value) {
        let to = Gp(self.define_from(result, x));
        if op == IntBinary::DivU {
            let count = power.trailing_zeros() as u8;
            emit_int!(self.code, kind, shrl_mi, shrq_mi, (to, count));
        } else if let Ok(mask) = i32::try_from(power - 1) {
            emit_int!(self.code, kind, andl_mi, andq_mi_sxl, (to, mask));
        } else {
            self.load_constant(SCRATCH, power - 1);
            emit!(self.code, andq_rm(to, SCRATCH));
        }
        self.release(&[x]);
    }

    /// 128-bit arithmetic on pairs of `i64`.
    pub(crate) fn wide(&mut self, op: WideArithmetic, inst: Inst) {
        let args = self.body.args(inst);
        let [low, high] = *self.body.results(inst) else { return };
        match op {
            WideArithmetic::MulWide(sign) => {
                let (x, y) = (args[0], args[1]);
                let source = self.source(y);
                self.move_to(SCRATCH.0, source, Kind::I64);
                self.take(RAX);
                self.take(RDX);
                let source = self.source(x);
                self.move_to(RAX.0, source, Kind::I64);
                match sign {
                    Sign::Signed => emit!(self.code, imulq_m(Fixed(RAX), Fixed(RDX), SCRATCH)),
                    Sign::Unsigned => emit!(self.code, mulq_m(Fixed(RAX), Fixed(RDX), SCRATCH)),
                }
                self.release(args);
                self.bind(low, RAX.0);
                self.bind(high, RDX.0);
            }
            WideArithmetic::Add128 | WideArithmetic::Sub128 => {
                // Operands first, since the carry must not be lost.
                let operands: Vec<Gp> = args.iter().map(|arg| self.gp(*arg)).collect();
                let (first, second) = (self.define_gp(low), self.define_gp(high));
                emit!(self.code, movq_rm(first, operands[0]), movq_rm(second, operands[1]));
                if op == WideArithmetic::Add128 {
                    emit!(self.code, addq_rm(first, operands[2]), adcq_rm(second, operands[3]));
                } else {
                    emit!(self.code, subq_rm(first, operands[2]), sbbq_rm(second, operands[3]));
                }
                self.release(args);
            }
        }
    }
}

/// The assembler wants a code for each instruction that may trap; ours are checked.
const NO_TRAP: Unused = Unused(std::num::NonZeroU8::MIN);
