//! Which value is in which register, and the instructions that bring values there and back.
//!
//! A register is a copy of a value's slot in the frame, or is *dirty*: the slot does not have the value yet. Nothing here changes the flags.

use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Constant, Op, Value};

use crate::function::Function;
use crate::machine::{
    Amode, Gp, GpMem, KEPT, Kind, NO_REG, RBP, REGS, Reg, SCRATCH, VECTORS, VOLATILE, XSCRATCH, Xm, XmMem,
    at, emit,
};
use crate::ranges::defining;

/// Of a register without a value.
const EMPTY: u32 = u32::MAX;

/// What the registers hold at some point.
#[derive(Clone)]
pub(crate) struct State {
    holders: [u32; REGS],
    /// A bit for each register that is dirty.
    dirty: u32,
}

impl State {
    pub(crate) const NOTHING: Self = Self { holders: [EMPTY; REGS], dirty: 0 };
}

/// Where a value can be read.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Register(Reg),
    /// Bytes from the frame pointer.
    Slot(i32),
    /// Its bits.
    Constant(u64),
    /// It is the address of a place so many bytes from the frame pointer.
    Place(i32),
}

impl Function<'_> {
    pub(crate) fn kind(&self, value: Value) -> Kind {
        Kind::of(self.body.ty(value))
    }

    /// The register of a value.
    pub(crate) fn register(&self, value: Value) -> Option<Reg> {
        let reg = self.reg_of[value.index()];
        (reg != NO_REG).then_some(reg)
    }

    /// The bits of a constant.
    pub(crate) fn constant(&self, value: Value) -> Option<u64> {
        match self.body.insts[defining(self.body, value)?].op {
            Op::Const(Constant::I32(value)) => Some(u64::from(value as u32)),
            Op::Const(Constant::I64(value)) => Some(value as u64),
            Op::Const(Constant::F32(bits)) => Some(u64::from(bits)),
            Op::Const(Constant::F64(bits)) => Some(bits),
            Op::RefNull(_) => Some(0),
            _ => None,
        }
    }

    /// A constant that an instruction can have as an operand.
    pub(crate) fn immediate(&self, value: Value) -> Option<i32> {
        let bits = self.constant(value)?;
        match self.kind(value) {
            Kind::I32 => Some(bits as u32 as i32),
            Kind::I64 => i32::try_from(bits as i64).ok(),
            _ => None,
        }
    }

    /// Where a value can be read now.
    pub(crate) fn source(&mut self, value: Value) -> Source {
        if let Some(reg) = self.register(value) {
            return Source::Register(reg);
        }
        if let Some(bits) = self.constant(value) {
            return Source::Constant(bits);
        }
        Source::Slot(self.slot(value))
    }

    /// Whether the current instruction is the last to use a value.
    pub(crate) fn dies(&self, value: Value) -> bool {
        self.ranges.until[value.index()] <= self.position
    }

    /// Keeps a register as it is until the instruction's end.
    pub(crate) fn lock(&mut self, reg: Reg) {
        self.locked |= 1 << reg;
    }

    pub(crate) fn holder(&self, reg: Reg) -> Option<Value> {
        let holder = self.state.holders[reg as usize];
        (holder != EMPTY).then(|| Value::new(holder as usize))
    }

    /// Forgets what a register holds.
    pub(crate) fn forget(&mut self, reg: Reg) {
        if let Some(value) = self.holder(reg) {
            self.reg_of[value.index()] = NO_REG;
            self.state.holders[reg as usize] = EMPTY;
            self.state.dirty &= !(1 << reg);
        }
    }

    /// A register now holds a value, and the slot does not.
    pub(crate) fn bind(&mut self, value: Value, reg: Reg) {
        self.forget(reg);
        self.hold(value, reg);
        self.state.dirty |= 1 << reg;
    }

    /// A register now holds a value, too.
    fn hold(&mut self, value: Value, reg: Reg) {
        debug_assert_eq!(self.state.holders[reg as usize], EMPTY, "{value} takes a register that is free");
        self.state.holders[reg as usize] = value.0;
        self.reg_of[value.index()] = reg;
        self.lock(reg);
        if reg < 16 {
            self.used |= 1 << reg;
        }
    }

    /// Whether a register's value is not in its slot.
    pub(crate) fn is_dirty(&self, reg: Reg) -> bool {
        self.state.dirty & 1 << reg != 0
    }

    /// Writes a dirty register to its slot.
    pub(crate) fn clean(&mut self, reg: Reg) {
        if let Some(value) = self.holder(reg).filter(|_| self.is_dirty(reg)) {
            let slot = self.slot(value);
            self.store_slot(slot, self.kind(value), reg);
            self.state.dirty &= !(1 << reg);
        }
    }

    /// Makes a register free. Its value is in its slot afterwards, if it is needed.
    pub(crate) fn evict(&mut self, reg: Reg) {
        if self.holder(reg).is_some_and(|value| self.ranges.until[value.index()] >= self.position) {
            self.clean(reg);
        }
        self.forget(reg);
    }

    /// Frees the registers of values that are not used after this instruction, and unlocks them.
    pub(crate) fn release(&mut self, values: &[Value]) {
        for value in values {
            if self.dies(*value)
                && let Some(reg) = self.register(*value)
            {
                self.forget(reg);
                self.locked &= !(1 << reg);
            }
        }
    }

    /// A free register for a value; of those that callees keep, if the value is used after a call.
    pub(crate) fn allocate(&mut self, value: Value) -> Reg {
        if self.kind(value).is_vector() {
            return self.allocate_of(&VECTORS, &[]);
        }
        let call = self.ranges.next_call(&mut self.next_call, self.position);
        let block_end = self.ranges.end[self.block.index()];
        let kept = if self.has_base { &KEPT[..3] } else { &KEPT[..] };
        if call <= block_end && self.ranges.until[value.index()] > call {
            self.allocate_of(kept, &VOLATILE)
        } else {
            self.allocate_of(&VOLATILE, kept)
        }
    }

    /// A free register for the current instruction alone.
    pub(crate) fn spare(&mut self) -> Reg {
        let reg = self.allocate_of(&VOLATILE, &[]);
        self.lock(reg);
        reg
    }

    fn allocate_of(&mut self, first: &[Reg], second: &[Reg]) -> Reg {
        let all = || first.iter().chain(second).copied();
        if let Some(reg) = all().find(|reg| self.is_free(*reg)) {
            self.forget(reg);
            return reg;
        }
        let unlocked = all().filter(|reg| self.locked & 1 << reg == 0);
        // What is clean is cheap to lose; of the others, what is needed last.
        let worth = |reg: &Reg| {
            let until = self.holder(*reg).map_or(0, |value| self.ranges.until[value.index()]);
            (!self.is_dirty(*reg), until)
        };
        let reg = unlocked.max_by_key(worth).expect("an instruction locks a few registers only");
        self.evict(reg);
        reg
    }

    /// Whether a register holds nothing that is still needed.
    fn is_free(&self, reg: Reg) -> bool {
        let is_needed = |value: Value| self.ranges.until[value.index()] >= self.position;
        self.locked & 1 << reg == 0 && !self.holder(reg).is_some_and(is_needed)
    }

    /// A value in a register, which keeps it until the instruction's end.
    pub(crate) fn load(&mut self, value: Value) -> Reg {
        if let Some(reg) = self.register(value) {
            self.lock(reg);
            return reg;
        }
        let reg = self.allocate(value);
        let source = self.source(value);
        self.move_to(reg, source, self.kind(value));
        self.hold(value, reg);
        reg
    }

    /// An integer in a register.
    pub(crate) fn gp(&mut self, value: Value) -> Gp {
        Gp(self.load(value))
    }

    /// A float or vector in a register.
    pub(crate) fn xm(&mut self, value: Value) -> Xm {
        Xm(self.load(value) - 16)
    }

    /// Whether a value that is not in a register is better read where it is.
    fn is_read_in_place(&self, value: Value) -> bool {
        self.register(value).is_none() && self.constant(value).is_none() && self.dies(value)
    }

    /// An integer as an operand: in a register, or in its slot if this is its last use.
    pub(crate) fn gp_mem(&mut self, value: Value) -> GpMem {
        if self.is_read_in_place(value) {
            return GpMem::Mem(at(RBP, self.slot(value)));
        }
        GpMem::Gpr(self.gp(value))
    }

    /// A float or vector as an operand.
    pub(crate) fn xm_mem(&mut self, value: Value) -> XmMem {
        if self.is_read_in_place(value) {
            return XmMem::Mem(at(RBP, self.slot(value)));
        }
        XmMem::Xmm(self.xm(value))
    }

    /// A register for the result of an instruction. Operands that are still to be read must be locked.
    pub(crate) fn define(&mut self, value: Value) -> Reg {
        let reg = self.allocate(value);
        self.bind(value, reg);
        reg
    }

    pub(crate) fn define_gp(&mut self, value: Value) -> Gp {
        Gp(self.define(value))
    }

    pub(crate) fn define_xm(&mut self, value: Value) -> Xm {
        Xm(self.define(value) - 16)
    }

    /// A register for a result that an instruction makes out of an operand, which is in it; the operand's own if nothing else needs it.
    pub(crate) fn define_from(&mut self, result: Value, operand: Value) -> Reg {
        if self.dies(operand)
            && let Some(reg) = self.register(operand)
        {
            self.bind(result, reg);
            return reg;
        }
        let source = self.source(operand);
        if let Source::Register(reg) = source {
            self.lock(reg);
        }
        let reg = self.define(result);
        self.move_to(reg, source, self.kind(operand));
        reg
    }

    /// Moves a value into a register.
    pub(crate) fn move_to(&mut self, reg: Reg, source: Source, kind: Kind) {
        match (source, kind) {
            (Source::Register(from), _) if from == reg => {}
            (Source::Register(from), _) if kind.is_vector() => {
                emit!(self.code, vmovaps_a(Xm(reg - 16), XmMem::Xmm(Xm(from - 16))));
            }
            (Source::Register(from), Kind::I32) => emit!(self.code, movl_rm(Gp(reg), Gp(from))),
            (Source::Register(from), _) => emit!(self.code, movq_rm(Gp(reg), Gp(from))),
            (Source::Slot(slot), _) => self.code.load(reg, at(RBP, slot), kind),
            (Source::Place(place), _) => emit!(self.code, leaq_rm(Gp(reg), at(RBP, place))),
            (Source::Constant(bits), kind) if kind.is_vector() => self.load_bits(Xm(reg - 16), bits),
            (Source::Constant(bits), _) => self.load_constant(Gp(reg), bits),
        }
    }

    /// Loads an integer, without a change of flags.
    pub(crate) fn load_constant(&mut self, to: Gp, bits: u64) {
        if let Ok(bits) = u32::try_from(bits) {
            emit!(self.code, movl_oi(to, bits));
        } else if let Ok(bits) = i32::try_from(bits as i64) {
            emit!(self.code, movq_mi_sxl(to, bits));
        } else {
            emit!(self.code, movabsq_oi(to, bits));
        }
    }

    /// Loads the bits of a float.
    pub(crate) fn load_bits(&mut self, to: Xm, bits: u64) {
        if bits == 0 {
            emit!(self.code, vxorps_b(to, to, to));
            return;
        }
        self.load_constant(SCRATCH, bits);
        emit!(self.code, vmovq_a(to, SCRATCH));
    }

    /// Stores a register to a place in the frame.
    pub(crate) fn store_slot(&mut self, slot: i32, kind: Kind, reg: Reg) {
        self.code.store(at(RBP, slot), kind, reg);
    }

    /// Stores a value at a place, wherever it is. Uses the first scratch registers.
    pub(crate) fn store_source(&mut self, place: Amode, kind: Kind, source: Source) {
        match (source, kind) {
            (Source::Register(reg), _) => self.code.store(place, kind, reg),
            (Source::Slot(_), Kind::V128) => {
                self.move_to(crate::machine::vector(XSCRATCH), source, kind);
                self.code.store(place, kind, crate::machine::vector(XSCRATCH));
            }
            (Source::Slot(slot), Kind::I32 | Kind::F32) => {
                emit!(self.code, movl_rm(SCRATCH, at(RBP, slot)), movl_mr(place, SCRATCH));
            }
            (Source::Slot(slot), _) => {
                emit!(self.code, movq_rm(SCRATCH, at(RBP, slot)), movq_mr(place, SCRATCH));
            }
            (Source::Place(at_place), _) => {
                emit!(self.code, leaq_rm(SCRATCH, at(RBP, at_place)), movq_mr(place, SCRATCH));
            }
            (Source::Constant(bits), Kind::I32 | Kind::F32) => emit!(self.code, movl_mi(place, bits as u32)),
            (Source::Constant(bits), _) => match i32::try_from(bits as i64) {
                Ok(bits) => emit!(self.code, movq_mi_sxl(place, bits)),
                Err(_) => {
                    self.load_constant(SCRATCH, bits);
                    emit!(self.code, movq_mr(place, SCRATCH));
                }
            },
        }
    }

    /// Makes a register free for an instruction that wants no other, unless it is an operand that dies, and locks it.
    pub(crate) fn take(&mut self, reg: Gp) {
        self.evict(reg.0);
        self.lock(reg.0);
        self.used |= 1 << reg.0;
    }

    /// The instruction's end: values without a use are gone, and no register is kept any longer.
    pub(crate) fn unlock(&mut self) {
        self.locked = 0;
    }

    /// Registers that hold something, with what they hold.
    pub(crate) fn held(&self) -> impl Iterator<Item = (Reg, Value)> + use<> {
        let holders = self.state.holders;
        (0..REGS as Reg)
            .filter(move |reg| holders[*reg as usize] != EMPTY)
            .map(move |reg| (reg, Value::new(holders[reg as usize] as usize)))
    }

    /// Goes on with another state; of it, what is used from the current position on.
    pub(crate) fn restore(&mut self, state: &State) {
        for (reg, _) in self.held() {
            self.forget(reg);
        }
        for reg in 0..REGS as Reg {
            let holder = state.holders[reg as usize];
            if holder == EMPTY || self.ranges.until[holder as usize] < self.position {
                continue;
            }
            self.state.holders[reg as usize] = holder;
            self.reg_of[holder as usize] = reg;
            self.state.dirty |= state.dirty & 1 << reg;
        }
    }
}
