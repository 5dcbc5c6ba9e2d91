//! The blocks of a fast copy: accesses at addresses of 64 bits, tests that count repetitions.

use crate::entity::Entity;
use crate::ir::{
    Block, BlockData, Bounds, Inst, IntBinary, IntCompare, Terminator, TerminatorData, Value, ValueDef,
};
use crate::optimise::emitter::Emitter;
use crate::{ValType, WasmOffset};

use super::super::check;
use super::{CheckBlock, Rebuild};

impl Rebuild<'_> {
    pub(super) fn fast(&mut self, plan: usize, block: Block, check: &CheckBlock) -> BlockData {
        let BlockData { params, insts, terminator } = self.old[block.index()].clone();
        let mut params: Vec<Value> = params.into_iter().map(|param| self.new_copy(param)).collect();
        let mut copies = Vec::new();
        if block == self.header(plan) {
            params.push(self.begin_repetition(check, &mut copies));
        }
        copies.extend(insts.into_iter().map(|inst| self.copy_inst(plan, inst, check)));
        let copied = |rebuild: &Self, value: Value| rebuild.copied(value, plan);
        let mut kind = self.terminator(terminator.kind, copied, Some(plan), true);
        if block == self.plans[plan].trips.block
            && let Terminator::Branch { condition, .. } = &mut kind
        {
            *condition = self.count_repetitions(plan, check, terminator.offset, &mut copies);
        }
        BlockData { params, insts: copies, terminator: TerminatorData { kind, offset: terminator.offset } }
    }

    /// Counts repetitions of the fast copy and computes the addresses of this one; the counter.
    fn begin_repetition(&mut self, check: &CheckBlock, insts: &mut Vec<Inst>) -> Value {
        let repetition = self.new_param(ValType::I64);
        self.repetition = repetition;
        let mut emitter = Emitter::new(self.body, check.offset);
        let groups = check.checked.groups.iter();
        self.addresses = groups.map(|group| check::address(&mut emitter, *group, repetition)).collect();
        self.next_repetition = emitter.with_constant(IntBinary::Add, repetition, 1);
        insts.extend(emitter.insts);
        self.inserted = insts.len() as u32;
        repetition
    }

    /// The test that bounds the repetitions, as one of their number: what a back end understands best.
    fn count_repetitions(
        &mut self,
        plan: usize,
        check: &CheckBlock,
        offset: WasmOffset,
        insts: &mut Vec<Inst>,
    ) -> Value {
        let op = if self.plans[plan].trips.goes_on { IntCompare::Ne } else { IntCompare::Eq };
        let mut emitter = Emitter::new(self.body, offset);
        let condition = emitter.compare(op, self.repetition, check.checked.count);
        insts.extend(emitter.insts);
        condition
    }

    /// The copy of a parameter or result of the fast copy.
    fn new_copy(&mut self, value: Value) -> Value {
        let copy = self.new_param(self.body.ty(value));
        self.copies[value.index()] = Some(copy);
        copy
    }

    /// A value as it is in the fast copy.
    pub(super) fn copied(&self, value: Value, plan: usize) -> Value {
        match self.copies.get(value.index()) {
            Some(Some(copy)) if self.plan_of(self.definitions.block(value)) == Some(plan) => *copy,
            _ => self.resolve(value, Some(plan)),
        }
    }

    fn copy_inst(&mut self, plan: usize, inst: Inst, check: &CheckBlock) -> Inst {
        let mut data = self.body.insts[inst];
        let mut args: Vec<Value> = self.body.list(data.args).iter().map(|v| self.copied(*v, plan)).collect();
        if let Some(member) = self.plans[plan].members.get(&inst)
            && let Some(access) = data.op.access_mut()
        {
            access.bounds = Bounds::Ranged(check.groups[member.group]);
            access.offset = member.offset;
            args[0] = self.addresses[member.group];
        }
        data.args = self.body.push_list(args);
        let copy = self.body.insts.next_key();
        let results: Vec<Value> = self.body.list(data.results).to_vec();
        let results: Vec<Value> = results.into_iter().map(|result| self.new_copy(result)).collect();
        for (position, result) in (0..).zip(&results) {
            self.body.values[*result].def = ValueDef::Result(copy, position);
        }
        data.results = self.body.push_list(results);
        self.body.insts.push(data)
    }
}
