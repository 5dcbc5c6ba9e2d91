//! Atomic accesses (threads proposal): all sequentially consistent, all aligned.
//!
//! The alignment is checked first: the processor would do the access. Then the bounds, as for any access. A plain load is sequentially
//! consistent here, since what stores is locked.

use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{AtomicBinary, AtomicOp, Inst, IntWidth, MemoryAccess, Sign, Value};

use crate::call::BuiltinArg;
use crate::function::Function;
use crate::machine::{Amode, Cond, Gp, GpMem, Kind, RAX, SCRATCH, at, emit};
use crate::registers::Source;
use cranelift_assembler_x64::Fixed;

impl Function<'_> {
    pub(crate) fn atomic(&mut self, op: AtomicOp, access: MemoryAccess, inst: Inst) {
        match op {
            AtomicOp::Load(width) => {
                let place = self.aligned(access, inst);
                let to = self.define_gp(self.body.results(inst)[0]);
                self.load_int(Kind::int(width), access.bytes, Sign::Unsigned, to, place);
            }
            AtomicOp::Store(_) => {
                self.take(RAX);
                self.operand_to_rax(self.body.args(inst)[1]);
                let place = self.aligned(access, inst);
                self.exchange(access.bytes, place, RAX);
            }
            AtomicOp::Rmw(_, op) => self.read_modify_write(op, access, inst),
            AtomicOp::Cmpxchg(_) => self.compare_exchange(access, inst),
            AtomicOp::Wait(IntWidth::I32) => self.wait_or_notify(Builtin::atomic_wait32, access, inst),
            AtomicOp::Wait(IntWidth::I64) => self.wait_or_notify(Builtin::atomic_wait64, access, inst),
            AtomicOp::Notify => self.wait_or_notify(Builtin::atomic_notify, access, inst),
        }
    }

    /// Waiting and waking are builtins, which check for themselves.
    fn wait_or_notify(&mut self, builtin: Builtin, access: MemoryAccess, inst: Inst) {
        let (address, operands) = self.body.args(inst).split_first().expect("an access has an address");
        let mut args = vec![
            BuiltinArg::Number(access.memory.index() as u64),
            BuiltinArg::Value(*address),
            BuiltinArg::Number(access.offset),
        ];
        args.extend(operands.iter().map(|operand| BuiltinArg::Value(*operand)));
        self.call_outcome(builtin, &args, inst);
    }

    /// The operand of an access, checked.
    fn aligned(&mut self, access: MemoryAccess, inst: Inst) -> Amode {
        let address = self.body.args(inst)[0];
        if access.bytes > 1 {
            let reg = self.gp(address);
            // The low bits of the sum are right whether or not it wraps.
            let offset = (access.offset % u64::from(access.bytes)) as i32;
            emit!(self.code, leal_rm(SCRATCH, at(reg, offset)));
            emit!(self.code, testl_mi(GpMem::Gpr(SCRATCH), u32::from(access.bytes) - 1));
            self.trap_if(Cond::NotEqual, TrapCode::UnalignedAtomic);
        }
        self.address(access, address)
    }

    fn operand_to_rax(&mut self, value: Value) {
        let (source, kind) = (self.source(value), self.kind(value));
        self.move_to(RAX.0, source, kind);
    }

    /// Exchanges a register and memory.
    fn exchange(&mut self, bytes: u8, place: Amode, reg: Gp) {
        match bytes {
            1 => emit!(self.code, xchgb_rm(reg, place)),
            2 => emit!(self.code, xchgw_rm(reg, place)),
            4 => emit!(self.code, xchgl_rm(reg, place)),
            _ => emit!(self.code, xchgq_rm(reg, place)),
        }
    }

    fn read_modify_write(&mut self, op: AtomicBinary, access: MemoryAccess, inst: Inst) {
        let operand = self.body.args(inst)[1];
        match op {
            AtomicBinary::Add | AtomicBinary::Sub | AtomicBinary::Xchg => {
                self.take(RAX);
                self.operand_to_rax(operand);
                if op == AtomicBinary::Sub {
                    emit!(self.code, negq_m(RAX));
                }
                let place = self.aligned(access, inst);
                match (op, access.bytes) {
                    (AtomicBinary::Xchg, bytes) => self.exchange(bytes, place, RAX),
                    (_, 1) => emit!(self.code, lock_xaddb_mr(place, RAX)),
                    (_, 2) => emit!(self.code, lock_xaddw_mr(place, RAX)),
                    (_, 4) => emit!(self.code, lock_xaddl_mr(place, RAX)),
                    _ => emit!(self.code, lock_xaddq_mr(place, RAX)),
                }
            }
            AtomicBinary::And | AtomicBinary::Or | AtomicBinary::Xor => {
                self.take(RAX);
                let other = self.gp(operand);
                let place = self.aligned(access, inst);
                // The new value needs a register while the address may be in the scratch registers.
                let new = Gp(self.spare());
                self.load_int(Kind::I64, access.bytes, Sign::Unsigned, RAX, place);
                let again = self.code.label();
                self.code.bind(again);
                self.move_to(new.0, Source::Register(RAX.0), Kind::I64);
                match op {
                    AtomicBinary::And => emit!(self.code, andq_rm(new, other)),
                    AtomicBinary::Or => emit!(self.code, orq_rm(new, other)),
                    _ => emit!(self.code, xorq_rm(new, other)),
                }
                self.compare_and_store(access.bytes, place, new);
                self.code.branch(Cond::NotEqual, again);
            }
        }
        self.define_old(access.bytes, inst);
    }

    /// A narrow access compares as many bits of the expected value as it loads, and ignores the others.
    fn compare_exchange(&mut self, access: MemoryAccess, inst: Inst) {
        let [_, expected, replacement] = *self.body.args(inst) else { return };
        self.take(RAX);
        self.operand_to_rax(expected);
        let replacement = self.gp(replacement);
        let place = self.aligned(access, inst);
        self.compare_and_store(access.bytes, place, replacement);
        self.define_old(access.bytes, inst);
    }

    /// Stores a register if memory holds what RAX does; else RAX gets what memory holds.
    fn compare_and_store(&mut self, bytes: u8, place: Amode, new: Gp) {
        match bytes {
            1 => emit!(self.code, lock_cmpxchgb_mr(place, new, Fixed(RAX))),
            2 => emit!(self.code, lock_cmpxchgw_mr(place, new, Fixed(RAX))),
            4 => emit!(self.code, lock_cmpxchgl_mr(place, new, Fixed(RAX))),
            _ => emit!(self.code, lock_cmpxchgq_mr(place, new, Fixed(RAX))),
        }
    }

    /// The old value, in RAX as wide as the access, is the result, with zeros above it.
    fn define_old(&mut self, bytes: u8, inst: Inst) {
        match bytes {
            1 => emit!(self.code, movzbl_rm(RAX, RAX)),
            2 => emit!(self.code, movzwl_rm(RAX, RAX)),
            4 => emit!(self.code, movl_rm(RAX, RAX)),
            _ => {}
        }
        let result = self.body.results(inst)[0];
        if self.ranges.uses[result.index()] > 0 {
            self.bind(result, RAX.0);
        }
    }

    /// `atomic.fence`.
    pub(crate) fn fence(&mut self) {
        cranelift_assembler_x64::inst::mfence_zo::new().encode(&mut self.code);
    }
}
