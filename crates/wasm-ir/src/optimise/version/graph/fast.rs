//! The blocks of a fast copy: accesses at addresses of 64 bits, tests that count repetitions.

use std::collections::HashMap;

use crate::entity::Entity;
use crate::ir::{
    Block, BlockData, Bounds, Inst, IntBinary, IntCompare, LocalRecord, Terminator, TerminatorData, Value,
    ValueDef,
};
use crate::optimise::emitter::Emitter;
use crate::{ValType, WasmOffset};

use super::super::check;
use super::super::rolled::End;
use super::{CheckBlock, Rebuild};

impl Rebuild<'_> {
    pub(super) fn fast(&mut self, plan: usize, block: Block, check: &CheckBlock) -> BlockData {
        let BlockData { params, mut insts, mut terminator } = self.old[block.index()].clone();
        let is_rolled = self.is_last_of_rolled(plan, block);
        if is_rolled {
            let repeated = &self.loops.loops[self.plans[plan].number];
            terminator = self.old[repeated.latches[0].index()].terminator.clone();
            insts.clone_from(&self.rolled[plan].as_ref().expect("it is rolled up").tail);
        }
        let mut params: Vec<Value> = params.into_iter().map(|param| self.new_copy(param)).collect();
        let mut copies = Vec::new();
        if block == self.header(plan) {
            params.push(self.begin_repetition(check, &mut copies));
        }
        copies.extend(insts.into_iter().map(|inst| self.copy_inst(plan, inst, check)));
        let ends =
            if is_rolled { self.end_values(plan, terminator.offset, &mut copies) } else { HashMap::new() };
        let copied = |rebuild: &Self, value: Value| {
            ends.get(&value).copied().unwrap_or_else(|| rebuild.copied(value, plan))
        };
        let mut kind = self.terminator(terminator.kind, copied, Some(plan), true);
        if (is_rolled || block == self.plans[plan].trips.block)
            && let Terminator::Branch { condition, .. } = &mut kind
        {
            *condition = self.count_repetitions(plan, check, terminator.offset, &mut copies);
        }
        BlockData { params, insts: copies, terminator: TerminatorData { kind, offset: terminator.offset } }
    }

    /// Whether a block is the one that a repetition of a rolled up copy ends with.
    fn is_last_of_rolled(&self, plan: usize, block: Block) -> bool {
        self.rolled[plan].is_some() && self.copied_blocks(plan).last() == Some(&block)
    }

    /// Computes what a rolled up copy passes on at the end of a repetition.
    fn end_values(
        &mut self,
        plan: usize,
        offset: WasmOffset,
        insts: &mut Vec<Inst>,
    ) -> HashMap<Value, Value> {
        let ends = self.rolled[plan].as_ref().expect("it is rolled up").ends.clone();
        let mut values = HashMap::new();
        for (value, end) in ends {
            let new = match end {
                End::Value(value) => self.copied(value, plan),
                End::Sum(sum) => {
                    let terms = sum.terms().iter();
                    let terms: HashMap<_, _> =
                        terms.map(|(term, _)| (*term, self.copied(*term, plan))).collect();
                    let mut emitter = Emitter::new(self.body, offset);
                    let new = emitter.sum(&sum, |term| terms[&term]);
                    insts.extend(emitter.insts);
                    new
                }
            };
            values.insert(value, new);
        }
        values
    }

    /// Where a record of a local stands in the fast copy, in instructions of its block; `None` if it is of code that the copy
    /// does without.
    pub(super) fn position(&self, plan: usize, record: LocalRecord) -> Option<u32> {
        if record.block == self.header(plan) {
            return Some(record.position + self.inserted);
        }
        if !self.is_last_of_rolled(plan, record.block) {
            return Some(record.position);
        }
        // Nothing is left out before the end of the tail.
        let rolled = self.rolled[plan].as_ref()?;
        (record.position <= rolled.end_of_tail).then_some(record.position)
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
