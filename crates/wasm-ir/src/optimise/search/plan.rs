//! Whether repetitions of a loop can be skipped, and how it is found out how many.

use std::collections::HashMap;

use crate::analysis::{Dominators, Induction, Linear, Surroundings, Trips};
use crate::ir::{Block, Inst, IntCompare, IntWidth, Op, Sign, Terminator, Value};
use crate::optimise::version::plan::{Found, GroupPlan, Member, form_groups, is_ours, is_quiet};
use crate::{Declarations, WasmOffset};

use super::lanes::{Lane, Lanes, Mask, Node};

/// A loop with more instructions, …
const MOST_INSTS: usize = 100;
/// … groups of accesses, …
const MOST_GROUPS: usize = 4;
/// … or places that a switch leaves it at is left alone.
const MOST_CASES: usize = 4;
/// So is a loop that is known to be repeated fewer times.
const FEW_TRIPS: u64 = 32;
/// How many repetitions come before the check, which with a vector takes as long as some ten. Strings that differ do so early.
const FIRST_TRIPS: u64 = 4;
/// The most vectors of a load at a time.
const MOST_VECTORS: u8 = 4;

/// How to skip repetitions of a loop.
#[derive(Debug)]
pub(super) struct Plan {
    /// The block that every entry and every repetition passes.
    pub(super) header: Block,
    /// The last block of the loop.
    pub(super) last: Block,
    /// Bytes of each access, which is also by how much its address grows.
    pub(super) bytes: u8,
    /// How many vectors of each load are looked at together.
    pub(super) vectors: u8,
    pub(super) groups: Vec<GroupPlan>,
    /// The group of each load, and its place from the group's start.
    pub(super) members: HashMap<Inst, Member>,
    /// The test that counts, if there is one.
    pub(super) trips: Option<Trips>,
    /// What is computed for each lane.
    pub(super) nodes: Vec<Lane>,
    /// Which of these are needed.
    pub(super) needed: Vec<bool>,
    /// The one that is set where the loop is left.
    pub(super) leaves: Node,
    /// What each repetition stores, if it does.
    pub(super) store: Option<Store>,
    /// What must be the extension of a lane.
    pub(super) demands: Vec<(Linear, Sign)>,
    /// What each repetition adds to the header's parameters; `None` if that is nothing.
    pub(super) steps: Vec<Option<Linear>>,
    /// How it is seen that the first repetitions are over.
    pub(super) lead: Lead,
    /// Offset of the first load.
    pub(super) offset: WasmOffset,
}

/// The only store of a loop.
#[derive(Copy, Clone, Debug)]
pub(super) struct Store {
    pub(super) inst: Inst,
    /// What is stored.
    pub(super) value: Node,
}

/// The repetitions before the check, which are not skipped.
#[derive(Copy, Clone, Debug)]
pub(super) struct Lead {
    /// The parameter of the header by which they are counted.
    pub(super) index: usize,
    pub(super) width: IntWidth,
    /// By how much it is more after them than before.
    pub(super) way: u64,
}

impl Plan {
    /// The repetitions that are looked at together.
    pub(super) fn at_once(&self) -> i64 {
        16 / i64::from(self.bytes) * i64::from(self.vectors)
    }

    /// A plan for the loop of a number, if it is one that searches.
    pub(super) fn new(
        declarations: &Declarations,
        around: Surroundings<'_>,
        tree: &Dominators,
        number: usize,
    ) -> Option<Self> {
        let body = around.body;
        let repeated = &around.loops.loops[number];
        let insts = || repeated.blocks.iter().flat_map(|block| &body.blocks[*block].insts);
        if insts().count() > MOST_INSTS {
            return None;
        }
        let op = |inst: Inst| body.insts[inst].op;
        if !insts().all(|inst| is_quiet(around, *inst) || is_ours(declarations, op(*inst))) {
            return None;
        }
        let accesses = || insts().copied().filter(|inst| op(*inst).access().is_some());
        let first = accesses().find(|inst| matches!(op(*inst), Op::Load { .. }))?;
        let induction = Induction::from_any(around, number);
        let steps = steps(around, number, &induction)?;
        let lead = lead(&steps)?;
        let bytes = op(first).access()?.bytes;
        let mut found = Vec::new();
        for inst in accesses() {
            let access = *op(inst).access()?;
            let address = induction.affine(body.args(inst)[0])?;
            if access.bytes != bytes || address.step.as_constant() != Some(bytes.into()) {
                return None;
            }
            found.push(Found::new(inst, access, address, op(inst).stores()));
        }
        let (groups, members) = form_groups(&found)?;
        if groups.len() > MOST_GROUPS {
            return None;
        }
        let known = Trips::new(around, number, &Induction::new(around, number), tree);
        if known.is_some_and(|trips| trips.as_constant().is_some_and(|trips| trips < FEW_TRIPS)) {
            return None;
        }
        let trips = Trips::new(around, number, &induction, tree);
        let mut lanes = Lanes::new(around, number, &induction, bytes)?;
        let counted = trips.map(|trips| trips.block);
        let Mask::Lanes(leaves) = leaves(around, number, tree, counted, &mut lanes)? else { return None };
        let store = if accesses().any(|inst| op(inst).stores()) {
            Some(store(around, number, tree, &groups, &mut lanes)?)
        } else {
            None
        };
        let Lanes { nodes, demands, .. } = lanes;
        let needed = needed(&nodes, [Some(leaves), store.map(|store| store.value)]);
        if !nodes.iter().zip(&needed).any(|(node, is_needed)| *is_needed && matches!(node, Lane::Loaded(_))) {
            return None;
        }
        let vectors = bytes.min(MOST_VECTORS);
        let offset = body.insts[first].offset;
        let header = repeated.header;
        let last = *repeated.blocks.last()?;
        Some(Self {
            header,
            last,
            bytes,
            vectors,
            groups,
            members,
            trips,
            nodes,
            needed,
            leaves,
            store,
            demands,
            steps,
            lead,
            offset,
        })
    }
}

/// What each repetition adds to the header's parameters; `None` if that is not known of all.
fn steps(around: Surroundings<'_>, number: usize, induction: &Induction<'_>) -> Option<Vec<Option<Linear>>> {
    let repeated = &around.loops.loops[number];
    let params = around.body.blocks[repeated.header].params.iter().enumerate();
    params
        .map(|(index, param)| match induction.affine(*param) {
            Some(affine) if affine.step.as_constant() == Some(0) => Some(None),
            Some(affine) => Some(Some(affine.step)),
            None => {
                let mut arguments = around.arguments(repeated.header, &repeated.latches, index);
                arguments.all(|argument| argument == *param).then_some(None)
            }
        })
        .collect()
}

/// The store of a loop, if several repetitions' can be made after all their loads, unless the places are near each other: it is the only one, is made
/// in every repetition, and behind the loads. Each group is of one place, so that it can be said how near they are.
fn store(
    around: Surroundings<'_>,
    number: usize,
    tree: &Dominators,
    groups: &[GroupPlan],
    lanes: &mut Lanes<'_>,
) -> Option<Store> {
    let body = around.body;
    let repeated = &around.loops.loops[number];
    let in_block = |block: Block| body.blocks[block].insts.iter().map(move |inst| (block, *inst));
    let all = repeated.blocks.iter().flat_map(|block| in_block(*block));
    let mut accesses = all.filter(|(_, inst)| body.insts[*inst].op.access().is_some());
    let (block, inst) = accesses.find(|(_, inst)| body.insts[*inst].op.stores())?;
    let (Op::Store { access }, [_, value]) = (body.insts[inst].op, body.args(inst)) else { return None };
    let is_last = accesses.next().is_none();
    let are_places = groups.iter().all(|group| group.high - group.low == access.bytes.into());
    if !is_last || !repeated.always_passes(block, tree) || !are_places {
        return None;
    }
    Some(Store { inst, value: lanes.stored(*value)? })
}

/// How the first repetitions are counted: by a parameter that is moved by a constant.
fn lead(steps: &[Option<Linear>]) -> Option<Lead> {
    steps.iter().enumerate().find_map(|(index, step)| {
        let step = (*step)?;
        let way = step.scale(FIRST_TRIPS).as_constant()?;
        Some(Lead { index, width: step.width(), way })
    })
}

/// Which vectors some are made of, themselves included.
fn needed(nodes: &[Lane], of: [Option<Node>; 2]) -> Vec<bool> {
    let mut needed = vec![false; nodes.len()];
    of.into_iter().flatten().for_each(|node| needed[node] = true);
    for (index, node) in nodes.iter().enumerate().rev() {
        if let (true, Lane::Binary(_, x, y)) = (needed[index], node) {
            (needed[*x], needed[*y]) = (true, true);
        }
    }
    needed
}

/// Where the loop is left, or may be left, for other reasons than the test at the end of a block.
fn leaves(
    around: Surroundings<'_>,
    number: usize,
    tree: &Dominators,
    counted: Option<Block>,
    lanes: &mut Lanes<'_>,
) -> Option<Mask> {
    let repeated = &around.loops.loops[number];
    let mut reached: HashMap<Block, Mask> = HashMap::new();
    let mut left = Mask::Always(false);
    for block in &repeated.blocks {
        // One that is passed in every repetition is reached, unless the loop was left before.
        let here =
            if repeated.always_passes(*block, tree) { Mask::Always(true) } else { *reached.get(block)? };
        let edges = if counted == Some(*block) {
            let targets = around.body.blocks[*block].terminator.kind.successors();
            let inside = targets.filter(|target| around.loops.of_block(target.block) == Some(number));
            inside.map(|target| (target.block, Mask::Always(true))).collect()
        } else {
            edges(around, *block, lanes)?
        };
        for (target, condition) in edges {
            let taken = lanes.and(here, condition)?;
            if around.loops.of_block(target) != Some(number) {
                left = lanes.or(left, taken)?;
            } else if target != repeated.header {
                let known = reached.get(&target).copied().unwrap_or(Mask::Always(false));
                let reaches = lanes.or(known, taken)?;
                reached.insert(target, reaches);
            }
        }
    }
    Some(left)
}

/// The ends of a block's edges, and under which conditions they are taken.
fn edges(around: Surroundings<'_>, block: Block, lanes: &mut Lanes<'_>) -> Option<Vec<(Block, Mask)>> {
    match &around.body.blocks[block].terminator.kind {
        Terminator::Jump(target) => Some(vec![(target.block, Mask::Always(true))]),
        Terminator::Branch { condition, then, otherwise } => Some(vec![
            (then.block, lanes.mask(*condition, false, 0)?),
            (otherwise.block, lanes.mask(*condition, true, 0)?),
        ]),
        Terminator::Switch { index, targets, default } => {
            let others = targets.iter().enumerate().filter(|(_, target)| target.block != default.block);
            let cases: Vec<(usize, Block)> = others.map(|(case, target)| (case, target.block)).collect();
            if cases.len() > MOST_CASES {
                return None;
            }
            let mut edges = vec![];
            let mut others = Mask::Always(true);
            for (case, target) in cases {
                edges.push((target, case_mask(*index, IntCompare::Eq, case, lanes)?));
                let is_other = case_mask(*index, IntCompare::Ne, case, lanes)?;
                others = lanes.and(others, is_other)?;
            }
            edges.push((default.block, others));
            Some(edges)
        }
        Terminator::Return(_) | Terminator::ReturnCall { .. } | Terminator::Unreachable => None,
    }
}

fn case_mask(index: Value, op: IntCompare, case: usize, lanes: &mut Lanes<'_>) -> Option<Mask> {
    lanes.compare_with(IntWidth::I32, op, index, case as u64)
}
