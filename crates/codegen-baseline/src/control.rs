//! Blocks, branches between them, and returns (specification: Control Instructions).

use wootz_vm_abi::callconv::ValRaw;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, BlockCall, Body, List, Terminator, Value, ValueDef};

use crate::code::{Code, Label};
use crate::compare::Condition;
use crate::convention;
use crate::function::Function;
use crate::machine::{Cond, GpMem, RBP, SCRATCH, SCRATCH2, XSCRATCH2, at, emit, indexed, vector};
use crate::moves::Move;
use crate::registers::{Source, State};
use crate::tiers::Hot;
use cranelift_assembler_x64::Scale;

/// A switch with no more targets is a chain of comparisons.
const SHORT_SWITCH: usize = 3;

/// A way that a block's end may go, with the counter of that.
#[derive(Copy, Clone)]
struct Way {
    target: BlockCall,
    counter: Option<usize>,
}

/// Code that stands behind the body.
pub(crate) enum Aside {
    Hot(Hot),
    /// Distances of targets from the table, which is at the first label.
    Table(Label, Vec<Label>),
}

impl Function<'_> {
    /// Begins a block: where several edges lead, with nothing in registers.
    pub(crate) fn begin_block(&mut self, block: Block) {
        self.block = block;
        self.position = self.ranges.start[block.index()];
        if block != Body::ENTRY {
            let state = self.states[block.index()].take();
            self.restore(state.as_deref().unwrap_or(&State::NOTHING));
        }
        self.code.bind(self.labels[block.index()]);
        let data = &self.body.blocks[block];
        let first = data.insts.first();
        self.set_offset(first.map_or(data.terminator.offset, |inst| self.body.insts[*inst].offset));
        let counter = if block == Body::ENTRY { self.take_counters(1) } else { self.way_into.remove(&block) };
        self.count_way(counter);
        self.count(block);
        self.charge(block);
    }

    /// Ends a block.
    pub(crate) fn end_block(&mut self, terminator: &Terminator) {
        self.settle(terminator);
        let counter = self.take_counters(terminator.choices());
        let way = |target: &BlockCall, number| Way {
            target: *target,
            counter: counter.map(|first| first + number),
        };
        match terminator {
            Terminator::Jump(target) => self.go(Way { target: *target, counter: None }),
            Terminator::Branch { condition, then, otherwise } => {
                self.branch(*condition, way(then, 0), way(otherwise, 1));
            }
            Terminator::Switch { index, targets, default } => {
                let targets: Vec<_> =
                    targets.iter().zip(0..).map(|(target, number)| way(target, number)).collect();
                self.switch(*index, &targets, way(default, targets.len()));
            }
            Terminator::Return(results) => self.give_back(*results),
            Terminator::ReturnCall { callee, args } => self.tail_call(*callee, *args),
            Terminator::Unreachable => self.code.trap(TrapCode::Unreachable),
        }
    }

    /// Writes to their slots the values that are needed where other paths meet this one's.
    fn settle(&mut self, terminator: &Terminator) {
        let mut last = None;
        for target in terminator.successors().map(|target| target.block) {
            if self.ranges.edges[target.index()] == 1 || last.replace(target) == Some(target) {
                continue;
            }
            let start = self.ranges.start[target.index()];
            for (reg, value) in self.held() {
                // A loop's head needs nothing that the loop defines, its parameters aside.
                let is_needed = self.ranges.until[value.index()] >= start
                    && self.ranges.defined[value.index()] < target.0;
                if is_needed {
                    self.clean(reg);
                }
            }
        }
    }

    /// Gives a target what it takes. Registers stay as they are, and so do the flags.
    fn hand_over(&mut self, target: BlockCall) {
        let (args, params) = (self.body.list(target.args), &self.body.blocks[target.block].params);
        let mut moves = Vec::new();
        for (index, (param, arg)) in params.iter().zip(args).enumerate() {
            if param == arg && self.is_in_slot(*arg) {
                continue;
            }
            let source = self.source(*arg);
            // Only parameters of the target can be in places that are written.
            let reads = match (source, self.body.values[*arg].def) {
                (Source::Slot(_), ValueDef::Param(block, index)) if block == target.block => Some(index),
                _ => None,
            };
            moves.push((index as u32, Move { source, kind: self.kind(*param), reads }));
        }
        self.move_in_parallel(params, moves);
        if self.ranges.edges[target.block.index()] == 1 {
            self.states[target.block.index()] = Some(Box::new(self.state.clone()));
        }
    }

    /// Moves values to the slots of parameters as if all at once.
    fn move_in_parallel(&mut self, params: &[Value], mut moves: Vec<(u32, Move)>) {
        if moves.iter().all(|(_, value)| value.reads.is_none()) {
            for (index, value) in moves {
                let slot = self.slot(params[index as usize]);
                self.store_source(at(RBP, slot), value.kind, value.source);
            }
            return;
        }
        // How many moves still read the slot of each parameter.
        let mut readers = vec![0; params.len()];
        moves.iter().filter_map(|(_, value)| value.reads).for_each(|read| readers[read as usize] += 1);
        while !moves.is_empty() {
            let before = moves.len();
            let (ready, blocked) = moves.into_iter().partition(|(index, _)| readers[*index as usize] == 0);
            moves = blocked;
            for (index, value) in Vec::from_iter::<Vec<(u32, Move)>>(ready) {
                let slot = self.slot(params[index as usize]);
                self.store_source(at(RBP, slot), value.kind, value.source);
                if let Some(read) = value.reads {
                    readers[read as usize] -= 1;
                }
            }
            if moves.len() == before {
                // Only cycles are left: of one, the slot that is written first is read now.
                let index = moves[0].0;
                let (slot, kind) = (self.slot(params[index as usize]), moves[0].1.kind);
                let holder = if kind.is_vector() { vector(XSCRATCH2) } else { SCRATCH2.0 };
                self.move_to(holder, Source::Slot(slot), kind);
                for (_, value) in moves.iter_mut().filter(|(_, value)| value.reads == Some(index)) {
                    *value = Move { source: Source::Register(holder), kind: value.kind, reads: None };
                }
                readers[index as usize] = 0;
            }
        }
    }

    /// Whether an edge is nothing but a jump.
    fn is_bare(&self, target: BlockCall) -> bool {
        let args = self.body.list(target.args);
        args == self.body.blocks[target.block].params && args.iter().all(|arg| self.is_in_slot(*arg))
    }

    fn is_in_slot(&self, value: Value) -> bool {
        self.register(value).is_none_or(|reg| !self.is_dirty(reg))
    }

    fn is_next(&self, block: Block) -> bool {
        block.0 == self.block.0 + 1
    }

    /// Goes a way, as the last thing of a block.
    fn go(&mut self, Way { target, counter }: Way) {
        self.count_way(counter);
        self.hand_over(target);
        if !self.is_next(target.block) {
            self.code.jump(self.labels[target.block.index()]);
        }
    }

    fn branch(&mut self, condition: Value, then: Way, otherwise: Way) {
        if let Some(bits) = self.constant(condition) {
            // The other block has other ways in, or is compiled in vain.
            let (taken, other) = if bits != 0 { (then, otherwise) } else { (otherwise, then) };
            self.hand_over_to_nobody(other.target);
            return self.go(taken);
        }
        let condition = self.condition(condition);
        // What stands directly behind the branch: the next block if possible.
        let (condition, near, far) = if self.is_next(then.target.block) {
            (condition.not(), then, otherwise)
        } else {
            (condition, otherwise, then)
        };
        let counts_inside = far.counter.is_none() || self.ranges.edges[far.target.block.index()] == 1;
        if counts_inside && self.is_bare(far.target) {
            self.way_into.extend(far.counter.map(|counter| (far.target.block, counter)));
            self.hand_over(far.target);
            self.jump_if(condition, self.labels[far.target.block.index()]);
            return self.go(near);
        }
        let aside = self.code.label();
        if self.is_next(near.target.block) {
            self.jump_if(condition.not(), aside);
            self.leave_by(far);
            self.code.bind(aside);
            return self.go(near);
        }
        self.jump_if(condition, aside);
        self.leave_by(near);
        self.code.bind(aside);
        self.go(far);
    }

    /// Goes a way in the midst of a block's end.
    fn leave_by(&mut self, Way { target, counter }: Way) {
        self.count_way(counter);
        self.hand_over(target);
        self.code.jump(self.labels[target.block.index()]);
    }

    /// For an edge that is never taken: its block may expect to know what registers hold.
    fn hand_over_to_nobody(&mut self, target: BlockCall) {
        for param in &self.body.blocks[target.block].params {
            self.slot(*param);
        }
        if self.ranges.edges[target.block.index()] == 1 {
            self.states[target.block.index()] = Some(Box::new(self.state.clone()));
        }
    }

    /// Goes to a label on a condition whose flags are set.
    pub(crate) fn jump_if(&mut self, condition: Condition, label: Label) {
        match condition {
            Condition::Flags(cond) => self.code.branch(cond, label),
            Condition::OrderedEqual => {
                let skip = self.code.skip_if(Cond::Parity);
                self.code.branch(Cond::Equal, label);
                self.code.land(skip);
            }
            Condition::UnorderedNotEqual => {
                self.code.branch(Cond::Parity, label);
                self.code.branch(Cond::NotEqual, label);
            }
        }
    }

    fn switch(&mut self, index: Value, targets: &[Way], default: Way) {
        let index = self.gp(index);
        let is_short = targets.len() <= SHORT_SWITCH;
        // A long one counts by its index.
        let first_counter = targets.first().and_then(|way| way.counter).filter(|_| !is_short);
        let counted = |way: &Way| Way { counter: way.counter.filter(|_| is_short), ..*way };
        // One run of code for each way that is more than a jump.
        let mut ways: Vec<(Way, Label)> = Vec::new();
        let mut known = std::collections::BTreeMap::new();
        let mut labels: Vec<Label> = Vec::with_capacity(targets.len());
        for way in targets.iter().map(counted).chain([default]) {
            let key = (way.target.block, self.body.list(way.target.args), way.counter);
            let label = *known.entry(key).or_insert_with(|| {
                let label = self.code.label();
                ways.push((way, label));
                label
            });
            labels.push(label);
        }
        let default = labels.pop().unwrap_or(self.epilogue);
        if is_short {
            for (number, label) in labels.iter().enumerate() {
                emit!(self.code, cmpl_mi_sxb(GpMem::Gpr(index), number as i8));
                self.code.branch(Cond::Equal, *label);
            }
            self.code.jump(default);
        } else {
            emit!(self.code, cmpl_mi(GpMem::Gpr(index), labels.len() as u32));
            self.code.branch(Cond::AboveEqual, default);
            if let Some(first) = first_counter {
                let first = Code::in_data(self.module.entries.branch(first));
                emit!(self.code, leaq_rm(SCRATCH, first));
                emit!(self.code, addq_mi_sxb(indexed(SCRATCH, index, Scale::Eight, 0), 1));
            }
            let table = self.code.label();
            emit!(
                self.code,
                leaq_rm(SCRATCH, Code::at_label(table)),
                movslq_rm(SCRATCH2, indexed(SCRATCH, index, Scale::Four, 0)),
                addq_rm(SCRATCH2, SCRATCH),
                jmpq_m(GpMem::Gpr(SCRATCH2)),
            );
            self.asides.push(Aside::Table(table, labels));
        }
        for (way, label) in ways {
            self.code.bind(label);
            self.leave_by(way);
        }
    }

    /// Writes what a block's code left for later.
    pub(crate) fn aside(&mut self, aside: Aside) {
        match aside {
            Aside::Hot(hot) => self.hot(hot),
            table @ Aside::Table(..) => self.asides.push(table),
        }
    }

    /// Writes the tables of switches, behind all instructions.
    pub(crate) fn tables(&mut self) {
        for aside in std::mem::take(&mut self.asides) {
            let Aside::Table(label, targets) = aside else { continue };
            self.code.bytes.resize(self.code.bytes.len().next_multiple_of(4), 0xcc);
            self.code.bind(label);
            let start = self.code.here();
            targets.into_iter().for_each(|target| self.code.table_entry(target, start));
        }
    }

    /// Returns by value or through memory, as the signature says.
    fn give_back(&mut self, results: List) {
        let values = self.body.list(results);
        if self.arguments.results.is_some() {
            emit!(self.code, movq_rm(SCRATCH2, at(RBP, self.result_slots)));
            for (index, value) in values.iter().enumerate() {
                let place = at(SCRATCH2, (index * size_of::<ValRaw>()) as i32);
                let (kind, source) = (self.kind(*value), self.source(*value));
                self.store_source(place, kind, source);
            }
        } else {
            let places: Vec<_> = convention::results(&self.body.signature.results).collect();
            let moves = values.iter().zip(places);
            let moves = moves.map(|(value, (kind, reg))| (reg, self.source(*value), kind)).collect();
            self.move_to_registers(moves);
        }
        self.code.jump(self.epilogue);
    }
}
