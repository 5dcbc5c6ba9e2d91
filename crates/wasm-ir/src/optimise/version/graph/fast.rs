//! The blocks of a fast copy: accesses at addresses of 64 bits, tests that count repetitions.

use std::collections::HashMap;

use crate::entity::Entity;
use crate::ir::{
    Block, BlockData, Bounds, Inst, IntBinary, IntCompare, LocalRecord, Terminator, TerminatorData, Value,
    ValueDef,
};
use crate::optimise::emitter::Emitter;
use crate::{ValType, WasmOffset};

use super::super::check::{self, Addresses};
use super::super::plan::Plan;
use super::super::rolled::End;
use super::{CheckBlock, Counter, Rebuild};

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
        self.inserted = 0;
        if let Some(inner) = self.loop_of(plan, block) {
            params.push(self.begin_repetition(block, inner, check, &mut copies));
        }
        copies.extend(insts.into_iter().map(|inst| self.copy_inst(plan, inst, check)));
        let ends =
            if is_rolled { self.end_values(plan, terminator.offset, &mut copies) } else { HashMap::new() };
        let copied = |rebuild: &Self, value: Value| {
            ends.get(&value).copied().unwrap_or_else(|| rebuild.copied(value, plan))
        };
        let mut kind = self.terminator(terminator.kind, copied, Some(plan), Some(block));
        if let Some((header, goes_on, count)) = self.test_in(plan, block, check)
            && let Terminator::Branch { condition, .. } = &mut kind
        {
            let op = if goes_on { IntCompare::Ne } else { IntCompare::Eq };
            let mut emitter = Emitter::new(self.body, terminator.offset);
            let counter = self.counters.iter().rfind(|counter| counter.header == header);
            *condition = emitter.compare(op, counter.expect("a header comes before").repetition, count);
            copies.extend(emitter.insts);
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

    /// Where a record of a local stands in the fast copy's block that was made last, in instructions; `None` if it is of code
    /// that the copy does without.
    pub(super) fn position(&self, plan: usize, record: LocalRecord) -> Option<u32> {
        // Nothing is left out before the end of the tail.
        let end = match &self.rolled[plan] {
            Some(rolled) if self.is_last_of_rolled(plan, record.block) => rolled.end_of_tail,
            _ => u32::MAX,
        };
        (record.position <= end).then_some(record.position + self.inserted)
    }

    /// Which loop of a plan a block is the header of: `Some(None)` if of the plan's own, else the number of the inner one.
    fn loop_of(&self, plan: usize, block: Block) -> Option<Option<usize>> {
        if block == self.header(plan) {
            return Some(None);
        }
        self.plans[plan].inner.iter().position(|inner| inner.header == block).map(Some)
    }

    /// The test at the end of a block that bounds the repetitions of a loop, which becomes one of their number, as a back end understands
    /// it best: the loop's header, whether it goes on if the test holds, and how often.
    fn test_in(&self, plan: usize, block: Block, check: &CheckBlock) -> Option<(Block, bool, Value)> {
        let Plan { trips, inner, .. } = &self.plans[plan];
        if block == trips.block || self.is_last_of_rolled(plan, block) {
            return Some((self.header(plan), trips.goes_on, check.checked.count));
        }
        let inner = inner.iter().zip(&check.checked.inner).find(|(inner, _)| inner.trips.block == block);
        inner.map(|(inner, count)| (inner.header, inner.trips.goes_on, *count))
    }

    /// Counts repetitions of a loop of the fast copy and computes the addresses of this one; the counter.
    fn begin_repetition(
        &mut self,
        header: Block,
        inner: Option<usize>,
        check: &CheckBlock,
        insts: &mut Vec<Inst>,
    ) -> Value {
        let repetition = self.body.new_param(ValType::I64);
        let mut emitter = Emitter::new(self.body, check.offset);
        let groups = check.checked.groups.iter();
        match inner {
            None => {
                let address =
                    |group: &Addresses| check::address(&mut emitter, group.start, group.step, repetition);
                self.addresses = groups.map(address).collect();
            }
            Some(inner) => {
                for (group, address) in groups.zip(&mut self.addresses) {
                    if let Some((of, step)) = group.inner
                        && of == inner
                    {
                        *address = check::address(&mut emitter, *address, step, repetition);
                    }
                }
            }
        }
        let next = emitter.with_constant(IntBinary::Add, repetition, 1);
        insts.extend(emitter.insts);
        self.inserted = insts.len() as u32;
        self.counters.push(Counter { header, repetition, next });
        repetition
    }

    /// The number of the repetition that an edge of the fast copy begins, if it leads to a header.
    pub(super) fn repetition_after(&self, plan: usize, from: Block, to: Block) -> Option<Value> {
        self.loop_of(plan, to)?;
        if to > from {
            return Some(self.zero);
        }
        self.counters.iter().rfind(|counter| counter.header == to).map(|counter| counter.next)
    }

    /// The copy of a parameter or result of the fast copy.
    fn new_copy(&mut self, value: Value) -> Value {
        let copy = self.body.new_param(self.body.ty(value));
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
