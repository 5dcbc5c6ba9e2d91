//! The new graph of a body with versioned loops.
//!
//! Blocks keep their order: the check, the entry and the fast copy of a loop stand before its header, the exit before the block
//! that the loop is left to, or after the loop if that is the header of a loop around it. What is used of a loop's
//! values outside of it becomes a parameter of the exit, which both copies pass.

mod fast;

use crate::WasmOffset;
use crate::analysis::{Definitions, InnermostLoops, Surroundings};
use crate::entity::{Arena, Entity};
use crate::ir::{
    Block, BlockCall, BlockData, Body, Disjoint, Group, Inst, List, LocalRecord, LocalValue, Locals, Op,
    Terminator, TerminatorData, Value,
};
use crate::optimise::emitter::Emitter;

use super::check::{self, Checked};
use super::plan::{GroupPlan, Plan};
use super::rolled::{self, Rolled};

/// Where a block of the new graph comes from. Numbers are of plans.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Origin {
    Old(Block),
    Check(usize),
    Entry(usize),
    Fast(usize, Block),
    Exit(usize),
}

/// What the graph is rebuilt from, and where to.
struct Rebuild<'a> {
    body: &'a mut Body,
    loops: &'a InnermostLoops,
    definitions: &'a Definitions,
    plans: &'a [Plan],
    /// The plan of each loop.
    plan_of_loop: Vec<Option<usize>>,
    old: Vec<BlockData>,
    /// How fast copies are rolled up, by plan.
    rolled: Vec<Option<Rolled>>,
    /// The new numbers of old blocks, of their fast copies, and of the blocks that plans add.
    slow_blocks: Vec<Block>,
    fast_blocks: Vec<Option<Block>>,
    added: Vec<Added>,
    /// Values of loops that are used outside, for each plan.
    live_out: Vec<Vec<Value>>,
    /// What they are outside, by value.
    outside: Vec<Option<Value>>,
    /// Their copies, by value.
    copies: Vec<Option<Value>>,
    /// In the fast copy that is being made: the number zero, how its loop and those inside are counted, and the address of each
    /// group.
    zero: Value,
    counters: Vec<Counter>,
    addresses: Vec<Value>,
    /// How many instructions at the beginning of the last block that was made compute these.
    inserted: u32,
}

/// The number of a loop's repetition, and that of the next.
#[derive(Copy, Clone)]
struct Counter {
    header: Block,
    repetition: Value,
    next: Value,
}

/// The blocks that a plan adds.
#[derive(Copy, Clone)]
struct Added {
    check: Block,
    entry: Block,
    exit: Block,
}

/// Versions loops as planned.
pub(super) fn apply(body: &mut Body, loops: &InnermostLoops, definitions: &Definitions, plans: &[Plan]) {
    let mut plan_of_loop = vec![None; loops.loops.len()];
    plans.iter().enumerate().for_each(|(number, plan)| plan_of_loop[plan.number] = Some(number));
    let count = body.values.len();
    let mut rebuild = Rebuild {
        slow_blocks: vec![Body::ENTRY; body.blocks.len()],
        fast_blocks: vec![None; body.blocks.len()],
        added: vec![Added { check: Body::ENTRY, entry: Body::ENTRY, exit: Body::ENTRY }; plans.len()],
        live_out: vec![Vec::new(); plans.len()],
        outside: vec![None; count],
        copies: vec![None; count],
        zero: Value(0),
        counters: Vec::new(),
        addresses: Vec::new(),
        inserted: 0,
        rolled: Vec::new(),
        old: Vec::new(),
        body,
        loops,
        definitions,
        plans,
        plan_of_loop,
    };
    rebuild.find_live_out();
    rebuild.roll_up();
    rebuild.old = std::mem::take(&mut rebuild.body.blocks).into_values();
    let order = rebuild.order();
    rebuild.number_blocks(&order);
    let checks: Vec<CheckBlock> = (0..plans.len()).map(|plan| rebuild.check(plan)).collect();
    let locals = std::mem::take(&mut rebuild.body.locals);
    let mut records = Vec::with_capacity(locals.records.len());
    let mut blocks: Arena<Block, BlockData> = Arena::new();
    let costs = std::mem::take(&mut rebuild.body.costs);
    let copies = std::mem::take(&mut rebuild.body.copies);
    for origin in order {
        if !costs.is_empty() {
            // The entry of a fast copy takes what all of it costs.
            rebuild.body.costs.push(if let Origin::Old(block) = origin { costs[block.index()] } else { 0 });
        }
        let data = match origin {
            Origin::Old(block) => rebuild.slow(block),
            Origin::Check(plan) => rebuild.check_block(plan, &checks[plan]),
            Origin::Entry(plan) => rebuild.entry_block(plan, &checks[plan]),
            Origin::Fast(plan, block) => rebuild.fast(plan, block, &checks[plan]),
            Origin::Exit(plan) => rebuild.exit_block(plan),
        };
        let new = blocks.push(data);
        if let Origin::Old(block) | Origin::Fast(_, block) = origin {
            let is_fast = matches!(origin, Origin::Fast(..));
            let is_copy = is_fast || copies.binary_search(&block).is_ok();
            rebuild.body.copies.extend(is_copy.then_some(new));
            let moved = locals.of(block).iter().filter_map(|record| rebuild.record(*record, new, is_fast));
            records.extend(moved);
        }
    }
    rebuild.body.blocks = blocks;
    rebuild.body.locals = Locals { records, ..locals };
    body.renumber_params();
}

/// The check of a plan, before it has a block.
struct CheckBlock {
    params: Vec<Value>,
    insts: Vec<Inst>,
    checked: Checked,
    offset: WasmOffset,
    /// The group of accesses for each of the plan's.
    groups: Vec<Group>,
}

impl Rebuild<'_> {
    /// The order of the new blocks.
    fn order(&self) -> Vec<Origin> {
        let Self { loops, plans, .. } = self;
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.old.len()];
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); self.old.len()];
        for (number, plan) in plans.iter().enumerate() {
            let repeated = &loops.loops[plan.number];
            if plan.exit < repeated.header {
                after[repeated.blocks[repeated.blocks.len() - 1].index()].push(number);
            } else {
                before[plan.exit.index()].push(number);
            }
        }
        let mut order = Vec::new();
        for index in 0..self.old.len() {
            let block = Block::new(index);
            order.extend(before[index].iter().map(|plan| Origin::Exit(*plan)));
            if let Some(plan) = self.plan_of(block)
                && self.header(plan) == block
            {
                order.extend([Origin::Check(plan), Origin::Entry(plan)]);
                order.extend(self.copied_blocks(plan).iter().map(|block| Origin::Fast(plan, *block)));
            }
            order.push(Origin::Old(block));
            order.extend(after[index].iter().map(|plan| Origin::Exit(*plan)));
        }
        order
    }

    /// The blocks of a plan's loop that the fast copy consists of.
    fn copied_blocks(&self, plan: usize) -> &[Block] {
        let blocks = &self.loops.loops[self.plans[plan].number].blocks;
        match &self.rolled[plan] {
            Some(rolled) => &blocks[..=rolled.last],
            None => blocks,
        }
    }

    /// Finds out which fast copies are rolled up.
    fn roll_up(&mut self) {
        let Self { body, loops, definitions, .. } = self;
        let around = Surroundings { body, loops, definitions };
        let live_out = self.live_out.iter();
        self.rolled =
            self.plans.iter().zip(live_out).map(|(plan, used)| rolled::find(around, plan, used)).collect();
    }

    fn number_blocks(&mut self, order: &[Origin]) {
        for (index, origin) in order.iter().enumerate() {
            let block = Block::new(index);
            match *origin {
                Origin::Old(old) => self.slow_blocks[old.index()] = block,
                Origin::Fast(_, old) => self.fast_blocks[old.index()] = Some(block),
                Origin::Check(plan) => self.added[plan].check = block,
                Origin::Entry(plan) => self.added[plan].entry = block,
                Origin::Exit(plan) => self.added[plan].exit = block,
            }
        }
    }

    /// The plan of the loop that a block is in.
    fn plan_of(&self, block: Block) -> Option<usize> {
        self.loops.of_block(block).and_then(|number| self.plan_of_loop[number])
    }

    /// Finds the values of versioned loops that are used outside, and what they are there.
    fn find_live_out(&mut self) {
        for block in self.body.blocks.keys() {
            let user = self.plan_of(block);
            let mut used: Vec<Value> = Vec::new();
            let data = &self.body.blocks[block];
            data.insts.iter().for_each(|inst| used.extend_from_slice(self.body.args(*inst)));
            for_each_operand(self.body, &data.terminator.kind, |value| used.push(value));
            for value in used {
                let plan = self.plan_of(self.definitions.block(value));
                if let Some(plan) = plan
                    && user != Some(plan)
                    && self.outside[value.index()].is_none()
                {
                    self.live_out[plan].push(value);
                    self.outside[value.index()] = Some(self.body.new_param(self.body.ty(value)));
                }
            }
        }
    }

    /// A value as it is for a block that belongs to a plan's loop, or to none.
    fn resolve(&self, value: Value, user: Option<usize>) -> Value {
        match self.outside.get(value.index()) {
            Some(Some(outside)) if self.plan_of(self.definitions.block(value)) != user => *outside,
            _ => value,
        }
    }

    fn resolve_list(&mut self, list: List, user: Option<usize>) -> List {
        let values: Vec<Value> = self.body.list(list).iter().map(|v| self.resolve(*v, user)).collect();
        if values == self.body.list(list) { list } else { self.body.push_list(values) }
    }

    // ---- the blocks that are added ----

    fn header(&self, plan: usize) -> Block {
        self.loops.loops[self.plans[plan].number].header
    }

    fn check(&mut self, number: usize) -> CheckBlock {
        let header = self.header(number);
        let data = &self.old[header.index()];
        let offset = data.insts.first().map_or(data.terminator.offset, |inst| self.body.insts[*inst].offset);
        let types: Vec<_> = data.params.iter().map(|param| self.body.ty(*param)).collect();
        let params: Vec<_> = types.into_iter().map(|ty| self.body.new_param(ty)).collect();
        let Self { body, old, outside, definitions, loops, plan_of_loop, plans, rolled, .. } = self;
        let header_params = &old[header.index()].params;
        let replaced = |value: Value| match header_params.iter().position(|param| *param == value) {
            Some(index) => params[index],
            None => {
                let plan = loops.of_block(definitions.block(value)).and_then(|number| plan_of_loop[number]);
                if plan == Some(number) { value } else { outside[value.index()].unwrap_or(value) }
            }
        };
        let mut emitter = Emitter::new(body, offset);
        let mut checked = check::emit(&mut emitter, &plans[number], replaced);
        if let Some(rolled) = &rolled[number] {
            checked.roll_up(&mut emitter, rolled.copies);
        }
        let insts = emitter.insts;
        let first = body.groups.next_key();
        let mut scopes: Vec<usize> = plans[number].groups.iter().map(|group| group.scope).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let count = scopes.len() as u32;
        let of_scopes: Vec<Group> = (0..count).map(|_| body.groups.push(Disjoint { first, count })).collect();
        let place = |group: &GroupPlan| scopes.partition_point(|scope| *scope < group.scope);
        let groups = plans[number].groups.iter().map(|group| of_scopes[place(group)]).collect();
        CheckBlock { params, insts, checked, offset, groups }
    }

    fn check_block(&mut self, plan: usize, check: &CheckBlock) -> BlockData {
        let args = self.body.push_list(check.params.iter().copied());
        let fast = BlockCall { block: self.added[plan].entry, args: List::default() };
        let slow = BlockCall { block: self.slow_blocks[self.header(plan).index()], args };
        let kind = Terminator::Branch { condition: check.checked.passed, then: fast, otherwise: slow };
        let terminator = TerminatorData { kind, offset: check.offset };
        BlockData { params: check.params.clone(), insts: check.insts.clone(), terminator }
    }

    fn entry_block(&mut self, plan: usize, check: &CheckBlock) -> BlockData {
        let header = self.header(plan);
        let mut emitter = Emitter::new(self.body, check.offset);
        check.checked.cost.iter().for_each(|cost| emitter.effect(Op::TakeFuel, &[*cost]));
        emitter.effect(Op::EffectBarrier, &[]);
        self.zero = emitter.i64(0);
        self.counters.clear();
        let insts = emitter.insts;
        let args = self.body.push_list(check.params.iter().copied().chain([self.zero]));
        let target = BlockCall { block: self.fast_blocks[header.index()].expect("it has a copy"), args };
        let terminator = TerminatorData { kind: Terminator::Jump(target), offset: check.offset };
        BlockData { params: Vec::new(), insts, terminator }
    }

    fn exit_block(&mut self, plan: usize) -> BlockData {
        let exit = self.plans[plan].exit;
        let offset = self.loops.loops[self.plans[plan].number]
            .blocks
            .iter()
            .rev()
            .map(|block| &self.old[block.index()].terminator)
            .find(|end| end.kind.successors().any(|target| target.block == exit))
            .expect("a plan's loop is left")
            .offset;
        let types: Vec<_> = self.old[exit.index()].params.iter().map(|param| self.body.ty(*param)).collect();
        let mut params: Vec<_> = types.into_iter().map(|ty| self.body.new_param(ty)).collect();
        let args = self.body.push_list(params.iter().copied());
        let outside = self.live_out[plan].iter().map(|value| self.outside[value.index()]);
        params.extend(outside.flatten());
        let mut emitter = Emitter::new(self.body, offset);
        emitter.effect(Op::EffectBarrier, &[]);
        let insts = emitter.insts;
        let kind = Terminator::Jump(self.outer_call(BlockCall { block: exit, args }));
        BlockData { params, insts, terminator: TerminatorData { kind, offset } }
    }

    /// An edge from outside of a loop, where the loop is entered by its check.
    fn outer_call(&self, call: BlockCall) -> BlockCall {
        let block = match self.plan_of(call.block) {
            Some(plan) => self.added[plan].check,
            None => self.slow_blocks[call.block.index()],
        };
        BlockCall { block, args: call.args }
    }

    // ---- the blocks that were there ----

    fn slow(&mut self, block: Block) -> BlockData {
        let user = self.plan_of(block);
        let BlockData { params, insts, terminator } = self.old[block.index()].clone();
        for inst in &insts {
            self.body.insts[*inst].args = self.resolve_list(self.body.insts[*inst].args, user);
        }
        let kind =
            self.terminator(terminator.kind, |rebuild, value| rebuild.resolve(value, user), user, None);
        BlockData { params, insts, terminator: TerminatorData { kind, offset: terminator.offset } }
    }

    /// What a local holds in a copy of a block. Nothing is computed for a debugger's sake.
    fn record(&self, record: LocalRecord, block: Block, is_fast: bool) -> Option<LocalRecord> {
        let user = self.plan_of(record.block);
        let position = match user {
            Some(plan) if is_fast => self.position(plan, record)?,
            _ => record.position,
        };
        let LocalValue::Value(value) = record.value else {
            return Some(LocalRecord { block, position, ..record });
        };
        let value = match user {
            Some(plan) if is_fast => self.copied(value, plan),
            _ => self.resolve(value, user),
        };
        // Values that the transformation made are in place; of the others, those of a loop are outside of it in two copies, and
        // those that a rolled up copy does without are not in it.
        let is_here = value.index() >= self.outside.len()
            || match self.plan_of(self.definitions.block(value)) {
                Some(plan) => user == Some(plan) && !is_fast,
                None => true,
            };
        let value = if is_here { LocalValue::Value(value) } else { LocalValue::Unknown };
        Some(LocalRecord { block, position, value, ..record })
    }

    /// A terminator of a block, with its values replaced and its edges led where they go now. `plan` is that of the block's
    /// loop, `fast` is the block if it is of a fast copy.
    fn terminator(
        &mut self,
        mut kind: Terminator,
        replaced: impl Fn(&Self, Value) -> Value,
        plan: Option<usize>,
        fast: Option<Block>,
    ) -> Terminator {
        let list = |rebuild: &mut Self, list: List| {
            let values: Vec<Value> =
                rebuild.body.list(list).iter().map(|value| replaced(rebuild, *value)).collect();
            rebuild.body.push_list(values)
        };
        let call = |rebuild: &mut Self, call: BlockCall| {
            let args = rebuild.body.list(call.args).to_vec();
            let mut args: Vec<Value> = args.into_iter().map(|value| replaced(rebuild, value)).collect();
            let is_inside = plan.is_some() && rebuild.plan_of(call.block) == plan;
            let block = match plan {
                Some(plan) if !is_inside => {
                    args.extend(rebuild.live_out[plan].iter().map(|value| replaced(rebuild, *value)));
                    rebuild.added[plan].exit
                }
                Some(plan) => match fast {
                    Some(from) => {
                        args.extend(rebuild.repetition_after(plan, from, call.block));
                        rebuild.fast_blocks[call.block.index()].expect("the loop is copied")
                    }
                    None => rebuild.slow_blocks[call.block.index()],
                },
                None => rebuild.outer_call(call).block,
            };
            BlockCall { block, args: rebuild.body.push_list(args) }
        };
        match &mut kind {
            Terminator::Jump(target) => *target = call(self, *target),
            Terminator::Branch { condition, then, otherwise } => {
                *condition = replaced(self, *condition);
                (*then, *otherwise) = (call(self, *then), call(self, *otherwise));
            }
            Terminator::Switch { index, targets, default } => {
                *index = replaced(self, *index);
                // Equal targets share their list, before and after.
                let mut last: Option<(BlockCall, BlockCall)> = None;
                for target in targets {
                    let new = match last {
                        Some((old, new)) if old == *target => new,
                        _ => call(self, *target),
                    };
                    last = Some((*target, new));
                    *target = new;
                }
                *default = call(self, *default);
            }
            Terminator::Return(values) | Terminator::ReturnCall { args: values, .. } => {
                *values = list(self, *values);
            }
            Terminator::Unreachable => {}
        }
        kind
    }
}

fn for_each_operand(body: &Body, kind: &Terminator, mut see: impl FnMut(Value)) {
    match kind {
        Terminator::Branch { condition: value, .. } | Terminator::Switch { index: value, .. } => see(*value),
        Terminator::Return(values) | Terminator::ReturnCall { args: values, .. } => {
            body.list(*values).iter().for_each(|value| see(*value));
        }
        Terminator::Jump(_) | Terminator::Unreachable => {}
    }
    let mut last = None;
    for target in kind.successors() {
        if last != Some(target) {
            body.list(target.args).iter().for_each(|value| see(*value));
            last = Some(target);
        }
    }
}
