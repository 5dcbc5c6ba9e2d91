//! Whether a loop can be versioned, and what its check has to find.

use std::collections::HashMap;

use crate::Declarations;
use crate::MemoryIndex;
use crate::analysis::{Affine, Dominators, Induction, Linear, Surroundings, Trips, constant_of};
use crate::entity::Entity;
use crate::ir::{Block, Body, Bounds, Constant, Convert, Inst, IntBinary, IntWidth, MemoryAccess, Op, Value};

use super::nest::{Demand, InnerLoop, Nest, Stride, assign_scopes};

/// A loop with more instructions is not versioned.
const MOST_INSTS: usize = 1_000;
/// Nor is one with more groups, …
const MOST_GROUPS: usize = 12;
/// … or more pairs of them that must be compared.
const MOST_PAIRS: usize = 24;
/// A loop that is known to go on fewer times than this is not versioned.
const FEW_TRIPS: u64 = 8;
/// Static offsets and constants in addresses that reach further make no group: sums stay far from 2⁶⁴.
const FARTHEST: u64 = 1 << 33;

/// How many accesses of the size of one LLVM interleaves at most.
const MOST_INTERLEAVED: u64 = 8;
/// The longest step of a 64-bit value in a loop that is versioned.
pub(super) const LONGEST_STEP: u64 = 1 << 24;

/// How to version a loop.
#[derive(Debug)]
pub(super) struct Plan {
    /// The number of the loop.
    pub(super) number: usize,
    /// The block that all exits lead to.
    pub(super) exit: Block,
    pub(super) trips: Trips,
    /// The loops inside, if it is the outer one of a nest.
    pub(super) inner: Vec<InnerLoop>,
    pub(super) demands: Vec<Demand>,
    pub(super) groups: Vec<GroupPlan>,
    /// What it costs in fuel, if that is counted.
    pub(super) cost: Option<Cost>,
    /// The group of each access that moves, and its place from the group's start.
    pub(super) members: HashMap<Inst, Member>,
}

/// Accesses of one memory whose addresses differ by constants.
#[derive(Debug)]
pub(in crate::optimise) struct GroupPlan {
    pub(in crate::optimise) memory: MemoryIndex,
    /// The lowest address operand in the first repetition.
    pub(in crate::optimise) start: Linear,
    /// What each repetition adds.
    pub(in crate::optimise) step: Linear,
    /// What those of an inner loop add.
    pub(super) inner: Option<Stride>,
    /// The first byte from `start` on that is accessed.
    pub(in crate::optimise) low: u64,
    /// One past the last byte.
    pub(in crate::optimise) high: u64,
    /// One past the last byte that a vectorised loop may read: see [`reach`].
    pub(in crate::optimise) reach: u64,
    pub(in crate::optimise) stores: bool,
    /// Whether all its accesses come after the test that bounds the repetitions, so that they happen once less than it is made.
    pub(in crate::optimise) after_test: bool,
    /// The same for the test of the inner loop.
    pub(super) after_inner_test: bool,
    /// Groups of different scopes must not overlap.
    pub(super) scope: usize,
}

/// What a loop costs in fuel that goes through the same blocks in each repetition.
#[derive(Copy, Clone, Debug)]
pub(super) struct Cost {
    /// A whole repetition.
    pub(super) whole: u64,
    /// The last one, which ends with the test.
    pub(super) last: u64,
}

impl Cost {
    /// `None` if there is more than one way through the loop, or out of it.
    fn new(body: &Body, blocks: &[Block], trips: &Trips) -> Option<Self> {
        let cost = |block: Block| body.cost(block);
        let (mut at, mut last) = (*blocks.first()?, None);
        let mut whole = 0;
        for _ in blocks {
            whole += cost(at);
            let mut inside = None;
            for target in body.blocks[at].terminator.kind.successors() {
                if !blocks.contains(&target.block) && at != trips.block
                    || blocks.contains(&target.block) && inside.replace(target.block).is_some()
                {
                    return None;
                }
            }
            if at == trips.block {
                last = Some(whole);
            }
            at = inside?;
        }
        Some(Self { whole, last: last? })
    }
}

/// An access of a group.
#[derive(Copy, Clone, Debug)]
pub(in crate::optimise) struct Member {
    pub(in crate::optimise) group: usize,
    /// Bytes from the group's start in the same repetition.
    pub(in crate::optimise) offset: u64,
}

/// An access while groups are formed.
pub(in crate::optimise) struct Found {
    inst: Inst,
    access: MemoryAccess,
    address: Affine,
    inner: Option<Stride>,
    stores: bool,
    after_test: bool,
    after_inner_test: bool,
}

/// How addresses of a loop move.
struct Moves<'a, 'b> {
    induction: &'b Induction<'a>,
    nest: Option<&'b Nest<'a>>,
}

impl Moves<'_, '_> {
    /// What a group would have to know of an instruction: nothing, if it is no access or its place is declared. `None` if it is an access that
    /// cannot be proven.
    fn access(&self, body: &Body, block: Block, inst: Inst, after_test: bool) -> Option<Option<Found>> {
        let op = &body.insts[inst].op;
        let Some(access) = op.access().copied() else { return Some(None) };
        if let Bounds::Ranged(_) = access.bounds {
            // It is in the fast copy of a nest, or in vectors of a search.
            return None;
        }
        let stores = op.stores();
        let operand = body.args(inst)[0];
        let moving = match self.nest {
            Some(nest) => nest.address(block, operand),
            None => self.induction.affine(operand).map(|address| (address, None)),
        };
        let Some((address, inner)) = moving else {
            return (access.bounds == Bounds::Declared && !stores).then_some(None);
        };
        let after_inner_test =
            self.nest.zip(inner).is_some_and(|(nest, stride)| nest.is_after_test(block, stride.inner));
        Some(Some(Found { inst, access, address, inner, stores, after_test, after_inner_test }))
    }
}

impl Found {
    /// An access that each repetition of an innermost loop may make.
    pub(in crate::optimise) fn new(inst: Inst, access: MemoryAccess, address: Affine, stores: bool) -> Self {
        let (inner, after_test, after_inner_test) = (None, false, false);
        Self { inst, access, address, inner, stores, after_test, after_inner_test }
    }

    /// What accesses of one group have in common.
    fn key(&self) -> (MemoryIndex, Linear, Linear, Option<Stride>) {
        (self.access.memory, self.address.start.without_constant(), self.address.step, self.inner)
    }
}

impl Plan {
    /// A plan for a loop, if it can be versioned and may be faster then. `innermost` are the loops in it, if it is none of them itself.
    pub(super) fn new(
        declarations: &Declarations,
        around: Surroundings<'_>,
        innermost: Option<Surroundings<'_>>,
        tree: &Dominators,
        number: usize,
    ) -> Option<Self> {
        let body = around.body;
        let blocks = &around.loops.loops[number].blocks;
        let insts = || blocks.iter().flat_map(|block| &body.blocks[*block].insts);
        if insts().count() > MOST_INSTS || !insts().any(|inst| body.insts[*inst].op.access().is_some()) {
            return None;
        }
        if !insts().all(|inst| is_quiet(around, *inst) || is_ours(declarations, body.insts[*inst].op)) {
            return None;
        }
        let exit = only_exit(around, number)?;
        let (nest, alone) = match innermost {
            Some(innermost) => (Some(Nest::new(around, innermost, number, tree)?), None),
            None => (None, Some(Induction::new(around, number))),
        };
        let induction = nest.as_ref().map(|nest| &nest.outer).or(alone.as_ref())?;
        let trips = Trips::new(around, number, induction, tree)?;
        if trips.as_constant().is_some_and(|trips| trips < FEW_TRIPS) {
            return None;
        }
        let cost = match body.costs.is_empty() {
            true => None,
            false => Some(Cost::new(body, blocks, &trips)?),
        };
        let moves = Moves { induction, nest: nest.as_ref() };
        let mut found = Vec::new();
        for block in blocks {
            let after_test = *block != trips.block && tree.dominates(trips.block.index(), block.index());
            for inst in &body.blocks[*block].insts {
                found.extend(moves.access(body, *block, *inst, after_test)?);
            }
        }
        let (mut groups, members) = form_groups(&found)?;
        let (inner, demands) = nest.map_or_else(Default::default, |nest| (nest.loops, nest.demands));
        if !inner.is_empty() {
            assign_scopes(&mut groups)?;
        }
        let is_long = |trips: &Trips| is_too_long(trips.start.width(), trips.step);
        let goes_far =
            |step: &Linear| step.as_signed().is_some_and(|number| is_too_long(step.width(), number));
        if is_long(&trips)
            || inner.iter().any(|inner| is_long(&inner.trips))
            || groups.iter().flat_map(GroupPlan::steps).any(goes_far)
        {
            return None;
        }
        let fits = (1..=MOST_GROUPS).contains(&groups.len()) && pairs(&groups).count() <= MOST_PAIRS;
        fits.then_some(Self { number, exit, trips, inner, demands, groups, cost, members })
    }
}

impl GroupPlan {
    /// What its accesses move by, in each loop that they are in.
    fn steps(&self) -> impl Iterator<Item = &Linear> {
        [&self.step].into_iter().chain(self.inner.as_ref().map(|inner| &inner.step))
    }
}

/// The pairs of groups that must not overlap.
pub(super) fn pairs(groups: &[GroupPlan]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let all = (0..groups.len()).flat_map(move |a| (a + 1..groups.len()).map(move |b| (a, b)));
    all.filter(|(a, b)| {
        let (a, b) = (&groups[*a], &groups[*b]);
        a.memory == b.memory && a.scope != b.scope && (a.stores || b.stores)
    })
}

/// Sorts accesses into groups; `None` if one reaches too far.
pub(in crate::optimise) fn form_groups(found: &[Found]) -> Option<(Vec<GroupPlan>, HashMap<Inst, Member>)> {
    let mut numbers = HashMap::new();
    let mut groups: Vec<GroupPlan> = Vec::new();
    for one in found {
        let Found { access, address, inner, stores, after_test, after_inner_test, .. } = one;
        let number = *numbers.entry(one.key()).or_insert_with(|| {
            groups.push(GroupPlan {
                memory: access.memory,
                start: address.start,
                step: address.step,
                inner: *inner,
                low: u64::MAX,
                high: 0,
                reach: 0,
                stores: false,
                after_test: true,
                after_inner_test: true,
                scope: groups.len(),
            });
            groups.len() - 1
        });
        let group = &mut groups[number];
        if constant_of_start(&address.start) < constant_of_start(&group.start) {
            group.start = address.start;
        }
        group.stores |= stores;
        group.after_test &= after_test;
        group.after_inner_test &= after_inner_test;
    }
    let mut members = HashMap::new();
    for one in found {
        let Found { inst, access, address, stores, .. } = one;
        let number = numbers[&one.key()];
        let group = &mut groups[number];
        let distance = constant_of_start(&address.start).wrapping_sub(constant_of_start(&group.start));
        let offset = access.offset.checked_add(distance as u64)?;
        group.low = group.low.min(offset);
        group.high = group.high.max(offset.checked_add(access.bytes.into())?);
        let steps = group.steps().filter(|_| !stores);
        let reached = steps.map(|step| reach(access.bytes, step.as_signed())).max();
        let reached = reached.unwrap_or(access.bytes.into());
        group.reach = group.reach.max(offset.checked_add(reached)?);
        if group.reach > FARTHEST {
            return None;
        }
        members.insert(*inst, Member { group: number, offset });
    }
    Some((groups, members))
}

/// How many bytes a vectorised loop may read from where a load of so many is.
///
/// LLVM loads what lies between loads that are a small multiple of their size apart, and as much after the last, which no later repetition may
/// make if the loop ends in the middle of one.
pub(super) fn reach(bytes: u8, step: Option<i64>) -> u64 {
    let bytes = u64::from(bytes);
    match step {
        Some(step) if step.unsigned_abs() <= bytes * MOST_INTERLEAVED => bytes.max(step.unsigned_abs()),
        _ => bytes,
    }
}

/// Whether a value of that width moves too far in a repetition.
fn is_too_long(width: IntWidth, step: i64) -> bool {
    width == IntWidth::I64 && step.unsigned_abs() > LONGEST_STEP
}

fn constant_of_start(start: &Linear) -> i64 {
    start.width().signed(start.constant_part())
}

/// The block outside of a loop that all exits lead to.
fn only_exit(around: Surroundings<'_>, number: usize) -> Option<Block> {
    let mut exit = None;
    for block in &around.loops.loops[number].blocks {
        for target in around.body.blocks[*block].terminator.kind.successors() {
            if around.loops.of_block(target.block) != Some(number)
                && *exit.get_or_insert(target.block) != target.block
            {
                return None;
            }
        }
    }
    exit
}

/// Whether an operator is an access that may be versioned.
pub(in crate::optimise) fn is_ours(declarations: &Declarations, op: Op) -> bool {
    op.access().is_some_and(|access| !declarations.memories[access.memory].shared)
}

/// Whether an instruction neither traps nor has an effect.
pub(in crate::optimise) fn is_quiet(around: Surroundings<'_>, inst: Inst) -> bool {
    let op = around.body.insts[inst].op;
    let divides = |divisor: Value| match constant_of(around.body, divisor) {
        Some(Constant::I32(number)) => number != 0 && number != -1,
        Some(Constant::I64(number)) => number != 0 && number != -1,
        _ => false,
    };
    match op {
        Op::IntBinary(_, IntBinary::DivS | IntBinary::DivU | IntBinary::RemS | IntBinary::RemU) => {
            divides(around.body.args(inst)[1])
        }
        Op::Convert(Convert::Trunc { .. }) => false,
        Op::Const(_)
        | Op::IntUnary(..)
        | Op::IntBinary(..)
        | Op::WideArithmetic(_)
        | Op::IntEqz(_)
        | Op::IntCompare(..)
        | Op::FloatUnary(..)
        | Op::FloatBinary(..)
        | Op::FloatCompare(..)
        | Op::Convert(_)
        | Op::Vector(_)
        | Op::Select
        | Op::MemoryLength(_)
        | Op::Prefetch(_)
        | Op::Likely
        | Op::MemorySize(_)
        | Op::TableSize(_)
        | Op::RefNull(_)
        | Op::RefIsNull
        | Op::RefKnownNonNull
        | Op::GlobalGet(_) => true,
        Op::Load { .. }
        | Op::Store { .. }
        | Op::VectorLoad { .. }
        | Op::VectorLoadLane { .. }
        | Op::VectorStoreLane { .. }
        | Op::EffectBarrier
        | Op::FuelLeft
        | Op::TakeFuel
        | Op::MemoryGrow(_)
        | Op::MemoryFill(_)
        | Op::MemoryCopy { .. }
        | Op::MemoryInit(..)
        | Op::DataDrop(_)
        | Op::Atomic(..)
        | Op::AtomicFence
        | Op::TableGet(_)
        | Op::TableSet(_)
        | Op::TableGrow(_)
        | Op::TableFill(_)
        | Op::TableCopy { .. }
        | Op::TableInit(..)
        | Op::ElemDrop(_)
        | Op::RefFunc(_)
        | Op::RefAsNonNull
        | Op::GlobalSet(_)
        | Op::Call(_)
        | Op::CallIndirect { .. }
        | Op::CallRef(_) => false,
    }
}
