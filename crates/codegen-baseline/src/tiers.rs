//! Counting, the way into better code of a loop, and fuel: what stands at the beginning of blocks.
//!
//! Branches are counted one by one where they go, each way in a counter of its own, so that the second tier has a profile.
//!
//! Code that counts how hot it is is as that of LLVM's first tier: the counter gets [`ENTERED`] at the function's entry and 1 at the head of each loop; at the
//! limit the runtime is asked for better code, and a loop goes on in it, as a tail call, if there is some.

use std::mem::offset_of;

use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::context::{VMContext, VMStoreContext};
use wootz_vm_abi::lazy::ENTERED;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::WasmOffset;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, Body, Inst, Value, liveness};

use crate::call::{BuiltinArg, Target};
use crate::code::{Code, Label};
use crate::control::Aside;
use crate::convention::{Arguments, Convention};
use crate::function::Function;
use crate::machine::{Amode, CONTEXT, Cond, GpMem, RAX, Reg, SCRATCH, SCRATCH2, at, emit};
use crate::registers::{Source, State};

/// A function with more values than this is not entered in its loops: what they need is not worth finding out.
const MANY_VALUES: usize = 20_000;

/// What happens when a counter has come to the limit.
pub(crate) struct Hot {
    block: Block,
    label: Label,
    next: Label,
    /// Registers that hold values then, with places for them.
    kept: Vec<(Reg, Value, i32)>,
    offset: WasmOffset,
}

impl Function<'_> {
    /// Counts at the beginning of a block, if that is the entry or the head of a loop.
    pub(crate) fn count(&mut self, block: Block) {
        let Some(limit) = self.module.hot else { return };
        let is_head = self.ranges.heads[block.index()] && self.body.values.len() <= MANY_VALUES;
        if block != Body::ENTRY && !is_head {
            return;
        }
        let step = if block == Body::ENTRY { ENTERED as i8 } else { 1 };
        let counter = Code::in_data(self.module.entries.counter(self.body.func));
        emit!(self.code, addl_mi_sxb(counter, step), cmpl_mi(counter, limit));
        let (label, next) = (self.code.label(), self.code.label());
        self.code.branch(Cond::AboveEqual, label);
        self.code.bind(next);
        let held: Vec<_> = self.held().collect();
        // Nothing else is in the frame yet, so these places are free afterwards.
        let position = self.position;
        let place =
            |function: &mut Self, value| function.frame.take(function.kind(value), position, position);
        let kept = held.into_iter().map(|(reg, value)| (reg, value, place(self, value))).collect();
        self.asides.push(Aside::Hot(Hot { block, label, next, kept, offset: self.offset }));
    }

    /// Takes the counters of a block's end, of so many ways.
    pub(crate) fn take_counters(&mut self, ways: usize) -> Option<usize> {
        let first = self.next_counter;
        self.next_counter = first.map(|first| first + ways);
        first
    }

    /// Counts that code comes by here, if it counts. Changes the flags.
    pub(crate) fn count_way(&mut self, counter: Option<usize>) {
        if let Some(counter) = counter {
            let counter = Code::in_data(self.module.entries.branch(counter));
            emit!(self.code, addq_mi_sxb(counter, 1));
        }
    }

    /// Asks for better code, and goes on there if it is for the loop.
    pub(crate) fn hot(&mut self, hot: Hot) {
        let Hot { block, label, next, kept, offset } = hot;
        self.set_offset(offset);
        self.code.bind(label);
        for (reg, value, place) in &kept {
            self.store_slot(*place, self.kind(*value), *reg);
        }
        let at_loop = if block == Body::ENTRY { u32::MAX } else { block.0 };
        self.emit_builtin(
            Builtin::better_code,
            &[BuiltinArg::Number(self.body.func.0.into()), BuiltinArg::Number(at_loop.into())],
        );
        for (reg, value, place) in kept {
            self.move_to(reg, Source::Slot(place), self.kind(value));
        }
        if block == Body::ENTRY {
            self.code.jump(next);
            return;
        }
        emit!(self.code, testq_mr(GpMem::Gpr(RAX), RAX));
        self.code.branch(Cond::Equal, next);
        emit!(self.code, movq_rm(SCRATCH2, RAX));
        // At a loop's head every value is in its slot.
        self.restore(&State::NOTHING);
        let values = self.needed(block);
        let types = values.iter().map(|value| self.body.ty(*value));
        let arguments = Arguments::new(types, &self.body.signature.results, Convention::Wasm);
        self.leave_for(Target::Code(SCRATCH2), arguments, &values);
    }

    /// What the head of a loop is handed: its parameters, then what else it needs, in the order that the second tier expects.
    fn needed(&mut self, head: Block) -> Vec<Value> {
        let needed = self.loops.get_or_insert_with(|| liveness::live_in(self.body, &self.ranges.heads));
        let params = &self.body.blocks[head].params;
        params.iter().copied().chain(needed.remove(&head).unwrap_or_default()).collect()
    }

    /// Where the fuel that is left is, by [`SCRATCH`].
    fn fuel(&mut self) -> Amode {
        let store = at(CONTEXT, offset_of!(VMContext, store) as i32);
        emit!(self.code, movq_rm(SCRATCH, store));
        at(SCRATCH, offset_of!(VMStoreContext, fuel) as i32)
    }

    pub(crate) fn fuel_left(&mut self, inst: Inst) {
        let to = self.define_gp(self.body.results(inst)[0]);
        let fuel = self.fuel();
        emit!(self.code, movq_rm(to, fuel));
    }

    pub(crate) fn take_fuel(&mut self, inst: Inst) {
        let cost = self.body.args(inst)[0];
        let from = self.gp(cost);
        let fuel = self.fuel();
        emit!(self.code, subq_mr(fuel, from));
        self.release(&[cost]);
    }

    /// Takes the cost of a block: 1 for each instruction but constants, and 1 for how it ends.
    pub(crate) fn charge(&mut self, block: Block) {
        if !self.module.fuel {
            return;
        }
        // A body has fewer instructions than bytes.
        let cost = self.body.cost(block) as i32;
        let fuel = self.fuel();
        emit!(self.code, subq_mi_sxl(fuel, cost));
        if block == Body::ENTRY || self.ranges.heads[block.index()] {
            self.trap_if(Cond::Sign, TrapCode::OutOfFuel);
        }
    }
}
