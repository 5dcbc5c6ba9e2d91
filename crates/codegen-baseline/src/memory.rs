//! Linear memory (specification: Memory Instructions).
//!
//! An access that the guard region catches is one instruction: a fault becomes the trap. Any other is compared with the length first. All
//! happens in the order of the body.

use std::mem::offset_of;

use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::context::{Place, VMMemory};
use wootz_vm_abi::libcall::Libcall;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Inst, MemoryAccess, Sign, Value};
use wootz_wasm_ir::{DataIndex, MemoryIndex};

use crate::call::BuiltinArg;
use crate::function::Function;
use crate::machine::{
    Amode, BASE, CONTEXT, Cond, Gp, Kind, RAX, RSI, SCRATCH, SCRATCH2, Xm, at, emit, indexed,
};
use cranelift_assembler_x64::Scale;

impl Function<'_> {
    /// `load`.
    pub(crate) fn load_memory(&mut self, access: MemoryAccess, sign: Sign, inst: Inst) {
        let (address, result) = (self.body.args(inst)[0], self.body.results(inst)[0]);
        let place = self.address(access, address);
        self.release(&[address]);
        let kind = self.kind(result);
        let to = self.define(result);
        match (kind, access.bytes, sign) {
            (Kind::F32, ..) => emit!(self.code, vmovss_d(Xm(to - 16), place)),
            (Kind::F64, ..) => emit!(self.code, vmovsd_d(Xm(to - 16), place)),
            (Kind::V128, ..) => emit!(self.code, vmovups_a(Xm(to - 16), place)),
            _ => self.load_int(kind, access.bytes, sign, Gp(to), place),
        }
    }

    /// Loads an integer that may be narrower than its type.
    pub(crate) fn load_int(&mut self, kind: Kind, bytes: u8, sign: Sign, to: Gp, place: Amode) {
        match (kind, bytes, sign) {
            (_, 1, Sign::Unsigned) => emit!(self.code, movzbl_rm(to, place)),
            (_, 2, Sign::Unsigned) => emit!(self.code, movzwl_rm(to, place)),
            (Kind::I32, 1, Sign::Signed) => emit!(self.code, movsbl_rm(to, place)),
            (Kind::I32, 2, Sign::Signed) => emit!(self.code, movswl_rm(to, place)),
            (_, 1, Sign::Signed) => emit!(self.code, movsbq_rm(to, place)),
            (_, 2, Sign::Signed) => emit!(self.code, movswq_rm(to, place)),
            (Kind::I64, 4, Sign::Signed) => emit!(self.code, movslq_rm(to, place)),
            (_, 4, _) => emit!(self.code, movl_rm(to, place)),
            _ => emit!(self.code, movq_rm(to, place)),
        }
    }

    /// `store`.
    pub(crate) fn store_memory(&mut self, access: MemoryAccess, inst: Inst) {
        let [address, value] = *self.body.args(inst) else { return };
        let kind = self.kind(value);
        let constant = if kind.is_vector() { self.constant(value).map(|bits| bits as i64) } else { None };
        let immediate = self.immediate(value).or_else(|| i32::try_from(constant?).ok());
        if let Some(immediate) = immediate {
            let place = self.address(access, address);
            match access.bytes {
                1 => emit!(self.code, movb_mi(place, immediate as u8)),
                2 => emit!(self.code, movw_mi(place, immediate as u16)),
                4 => emit!(self.code, movl_mi(place, immediate as u32)),
                _ => emit!(self.code, movq_mi_sxl(place, immediate)),
            }
            return;
        }
        let reg = self.load(value);
        let place = self.address(access, address);
        match (kind, access.bytes) {
            (Kind::F32 | Kind::F64 | Kind::V128, _) => self.code.store(place, kind, reg),
            (_, 1) => emit!(self.code, movb_mr(place, Gp(reg))),
            (_, 2) => emit!(self.code, movw_mr(place, Gp(reg))),
            (_, 4) => emit!(self.code, movl_mr(place, Gp(reg))),
            _ => emit!(self.code, movq_mr(place, Gp(reg))),
        }
    }

    /// The operand of an access, checked unless the guard region does that.
    pub(crate) fn address(&mut self, access: MemoryAccess, address: Value) -> Amode {
        let plan = self.module.plans[access.memory.index()];
        let checked = access.bounds.may_trap() && !plan.covers(access.offset, access.bytes);
        let constant = self.constant(address).and_then(|bits| bits.checked_add(access.offset));
        let near = constant.and_then(|sum| i32::try_from(sum).ok()).filter(|_| !checked);
        if let Some(offset) = near {
            return at(self.base(access.memory), offset);
        }
        let address = self.gp(address);
        if checked {
            self.check_access(access, address);
        }
        let offset = i32::try_from(access.offset);
        if let Ok(offset) = offset {
            return indexed(self.base(access.memory), address, Scale::One, offset);
        }
        self.load_constant(SCRATCH, access.offset);
        emit!(self.code, addq_rm(SCRATCH, address));
        indexed(self.base(access.memory), SCRATCH, Scale::One, 0)
    }

    /// Traps unless `address + offset + bytes <= length`, in arithmetic without wrapping.
    fn check_access(&mut self, access: MemoryAccess, address: Gp) {
        let memory64 = self.module.declarations.memories[access.memory].memory64;
        let Some(span) = access.offset.checked_add(u64::from(access.bytes)) else {
            // Past every length.
            return self.trap_always(TrapCode::MemoryOutOfBounds);
        };
        if memory64 {
            // How many addresses have room for the access behind them: the sum of address and span could wrap.
            self.length(access.memory, SCRATCH);
            match i32::try_from(span - 1) {
                Ok(last) => emit!(self.code, subq_mi_sxl(SCRATCH, last)),
                Err(_) => {
                    self.load_constant(SCRATCH2, span - 1);
                    emit!(self.code, subq_rm(SCRATCH, SCRATCH2));
                }
            }
            self.trap_if(Cond::Below, TrapCode::MemoryOutOfBounds);
            emit!(self.code, cmpq_rm(address, SCRATCH));
            self.trap_if(Cond::AboveEqual, TrapCode::MemoryOutOfBounds);
        } else {
            // 32 bits each, and up to 16.
            match i32::try_from(span) {
                Ok(span) => emit!(self.code, leaq_rm(SCRATCH2, at(address, span))),
                Err(_) => {
                    self.load_constant(SCRATCH2, span);
                    emit!(self.code, addq_rm(SCRATCH2, address));
                }
            }
            self.length(access.memory, SCRATCH);
            emit!(self.code, cmpq_rm(SCRATCH2, SCRATCH));
            self.trap_if(Cond::Above, TrapCode::MemoryOutOfBounds);
        }
    }

    /// A register with the first byte of a memory: its own, or the second scratch register.
    pub(crate) fn base(&mut self, memory: MemoryIndex) -> Gp {
        if self.has_base && memory == MemoryIndex(0) {
            return BASE;
        }
        self.memory_field(memory, offset_of!(VMMemory, base), SCRATCH2);
        SCRATCH2
    }

    /// Loads the current length of a memory in bytes.
    fn length(&mut self, memory: MemoryIndex, to: Gp) {
        match self.module.constant_length(memory) {
            Some(length) => self.load_constant(to, length),
            None => self.memory_field(memory, offset_of!(VMMemory, length), to),
        }
    }

    fn memory_field(&mut self, memory: MemoryIndex, field: usize, to: Gp) {
        match self.module.layout.memory(memory) {
            Place::Inline(offset) => emit!(self.code, movq_rm(to, at(CONTEXT, (offset + field) as i32))),
            Place::Pointer(offset) => {
                emit!(self.code, movq_rm(to, at(CONTEXT, offset as i32)), movq_rm(to, at(to, field as i32)));
            }
        }
    }

    /// The length of a memory, in bytes or in pages.
    pub(crate) fn memory_size(&mut self, memory: MemoryIndex, in_pages: bool, inst: Inst) {
        let to = self.define_gp(self.body.results(inst)[0]);
        self.length(memory, to);
        let shift = self.module.declarations.memories[memory].page_size_log2;
        if in_pages && shift > 0 {
            emit!(self.code, shrq_mi(to, shift));
        }
    }

    /// `memory.grow`.
    pub(crate) fn memory_grow(&mut self, memory: MemoryIndex, inst: Inst) {
        let args = [BuiltinArg::Number(memory.index() as u64), BuiltinArg::Value(self.body.args(inst)[0])];
        self.call_for_value(Builtin::memory_grow, &args, inst);
    }

    /// Whether the runtime copies and fills a memory: one that others access meanwhile, and where each byte costs fuel.
    fn is_left_to_runtime(&self, memory: MemoryIndex) -> bool {
        self.module.fuel || self.module.declarations.memories[memory].shared
    }

    /// `memory.fill`.
    pub(crate) fn memory_fill(&mut self, memory: MemoryIndex, inst: Inst) {
        let [start, byte, len] = *self.body.args(inst) else { return };
        if self.is_left_to_runtime(memory) {
            let index = BuiltinArg::Number(memory.index() as u64);
            let [start, byte, len] = [start, byte, len].map(BuiltinArg::Value);
            return self.call_fallible(Builtin::memory_fill, &[index, start, byte, len]);
        }
        self.prepare_bytes(&[start, byte, len]);
        let [start, len] = [start, len].map(|value| self.gp(value));
        self.check_range(memory, start, len);
        self.range_start(memory, start, RAX);
        let args = [BuiltinArg::Register(RAX), BuiltinArg::Value(byte), BuiltinArg::Register(len)];
        self.call_library(Libcall::Memset, &args);
    }

    /// `memory.copy`.
    pub(crate) fn memory_copy(&mut self, dst: MemoryIndex, src: MemoryIndex, inst: Inst) {
        let [to, from, len] = *self.body.args(inst) else { return };
        if self.is_left_to_runtime(dst) || self.is_left_to_runtime(src) {
            let [dst, src] = [dst, src].map(|memory| BuiltinArg::Number(memory.index() as u64));
            let [to, from, len] = [to, from, len].map(BuiltinArg::Value);
            return self.call_fallible(Builtin::memory_copy, &[dst, to, src, from, len]);
        }
        self.prepare_bytes(&[to, from, len]);
        let [to, from, len] = [to, from, len].map(|value| self.gp(value));
        self.check_range(dst, to, len);
        self.check_range(src, from, len);
        self.range_start(dst, to, RAX);
        self.range_start(src, from, RSI);
        let args = [RAX, RSI, len].map(BuiltinArg::Register);
        self.call_library(Libcall::Memmove, &args);
    }

    /// Gets registers ready for a call of a library function about bytes: all that live on are in their slots, and two are free for addresses.
    fn prepare_bytes(&mut self, operands: &[Value]) {
        self.save_volatile();
        self.take(RAX);
        self.take(RSI);
        operands.iter().for_each(|operand| _ = self.load(*operand));
    }

    /// Traps unless bytes of a memory that is not shared exist.
    fn check_range(&mut self, memory: MemoryIndex, start: Gp, len: Gp) {
        self.length(memory, SCRATCH);
        // How far in they may start: less than zero if they are more than the memory has.
        emit!(self.code, subq_rm(SCRATCH, len));
        self.trap_if(Cond::Below, TrapCode::MemoryOutOfBounds);
        emit!(self.code, cmpq_rm(start, SCRATCH));
        self.trap_if(Cond::Above, TrapCode::MemoryOutOfBounds);
    }

    fn range_start(&mut self, memory: MemoryIndex, start: Gp, to: Gp) {
        let base = self.base(memory);
        emit!(self.code, leaq_rm(to, indexed(base, start, Scale::One, 0)));
    }

    /// `memory.init`.
    pub(crate) fn memory_init(&mut self, memory: MemoryIndex, data: DataIndex, inst: Inst) {
        let [dst, src, len] = *self.body.args(inst) else { return };
        let [dst, src, len] = [dst, src, len].map(BuiltinArg::Value);
        let [memory, data] = [memory.index(), data.index()].map(|index| BuiltinArg::Number(index as u64));
        self.call_fallible(Builtin::memory_init, &[memory, data, dst, src, len]);
    }
}
