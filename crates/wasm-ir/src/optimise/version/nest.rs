//! Innermost loops together with the one around them, for which one check is made.
//!
//! A check and its barriers cost as much as some repetitions, so a loop that is entered often and goes on shortly gains little from them. If the addresses
//! in it move evenly from one entry to the next as well, and it is repeated equally often each time, all of it is checked before the loop around it.
//! The fast copy is then of the whole nest, and nothing keeps a back end from moving loads of the outer loop over the inner one.
//!
//! *Why the check is enough.* An address is `start + k · step + l · inner step` in repetition `l` of the inner loop in repetition `k` of the
//! outer one. Over all pairs of these numbers it is least and greatest where each is the first or the last. If that is inside without wrapping, so is every
//! address between. That the inner loop may be skipped, or left early, makes the range larger than it needs to be, but no access
//! is outside of it.
//!
//! *Which groups must be disjoint.* Those of one inner loop, or a back end could not make vectors of it. What a producer has split in two, a loop and one more for
//! the rest, has the same arrays in both, row by row: ranges over all rows overlap although nothing does. Groups of different loops that have an address in
//! common are therefore in one scope: of these nothing is claimed.
//!
//! *What is demanded besides.* That a branch leads to the inner loop, if it decides before each entry whether this is entered and always in the same way. Then the
//! rest that a producer has split off begins where the inner loop ends.
//!
//! The nest itself stays as it is for when the check fails, and its inner loops are versioned one by one.

use crate::analysis::{
    Affine, Dominators, Induction, InnermostLoop, Known, Linear, Surroundings, Test, Trips, comparison,
    negated,
};
use crate::entity::Entity;
use crate::ir::{Block, BlockCall, IntCompare, IntWidth, Terminator, Value};

use super::plan::GroupPlan;

/// The most inner loops of a nest.
const MOST_INNER: usize = 6;
/// The most blocks of an inner loop. One with branches may be rolled up if it is versioned by itself.
const MOST_INNER_BLOCKS: usize = 2;
/// The most blocks of a nest.
const MOST_BLOCKS: usize = 64;

/// An innermost loop of a nest.
#[derive(Copy, Clone, Debug)]
pub(super) struct InnerLoop {
    pub(super) header: Block,
    /// How often it is repeated each time that it is entered, in values from before the nest.
    pub(super) trips: Trips,
}

/// How the addresses of accesses move in an inner loop.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::optimise) struct Stride {
    /// The number of the inner loop in the nest.
    pub(super) inner: usize,
    /// What each repetition of it adds.
    pub(super) step: Linear,
}

/// A comparison that must hold for the fast copy to run.
#[derive(Copy, Clone, Debug)]
pub(super) struct Demand {
    pub(super) op: IntCompare,
    /// What it compares, in values from before the nest.
    pub(super) x: Linear,
    pub(super) y: Linear,
}

/// The innermost loops in one that is planned.
pub(super) struct Nest<'a> {
    innermost: Surroundings<'a>,
    tree: &'a Dominators,
    /// What is known of the outer loop.
    pub(super) outer: Induction<'a>,
    inductions: Vec<(usize, Induction<'a>)>,
    pub(super) loops: Vec<InnerLoop>,
    pub(super) demands: Vec<Demand>,
}

impl<'a> Nest<'a> {
    /// Finds what is in a loop, given by its number.
    pub(super) fn new(
        around: Surroundings<'a>,
        innermost: Surroundings<'a>,
        number: usize,
        tree: &'a Dominators,
    ) -> Option<Self> {
        let outer = Induction::new(around, number);
        let mut nest =
            Self { innermost, tree, outer, inductions: Vec::new(), loops: Vec::new(), demands: Vec::new() };
        let mut known = Known::default();
        let blocks = &around.loops.loops[number].blocks;
        if blocks.len() > MOST_BLOCKS {
            return None;
        }
        for header in blocks {
            let Some(number) = innermost.loops.of_block(*header) else { continue };
            let inner = &innermost.loops.loops[number];
            if inner.header != *header {
                continue;
            }
            if nest.loops.len() == MOST_INNER || inner.blocks.len() > MOST_INNER_BLOCKS {
                return None;
            }
            let induction = Induction::new(innermost, number);
            let trips = Trips::new(innermost, number, &induction, tree)?;
            nest.find_ends(inner, &induction, &trips, &mut known);
            nest.loops.push(InnerLoop { header: *header, trips });
            nest.inductions.push((number, induction));
        }
        blocks.iter().for_each(|block| nest.demand_entry(*block, &mut known));
        nest.outer = Induction::knowing(around, number, &known);
        for inner in &mut nest.loops {
            inner.trips = same_each_time(inner.trips, &nest.outer)?;
        }
        Some(nest)
    }

    /// Finds what the values of an inner loop are after it, if only its test leaves it: where that finds two numbers equal, how often it
    /// was passed follows from their distance.
    fn find_ends(&self, inner: &InnermostLoop, induction: &Induction<'_>, trips: &Trips, known: &mut Known) {
        let body = self.innermost.body;
        let targets = inner.blocks.iter().flat_map(|block| body.blocks[*block].terminator.kind.successors());
        let exits = targets.filter(|target| !inner.blocks.contains(&target.block)).count();
        let distance = trips.limit.subtract(&trips.start);
        let (1, Test::Differs, Some(distance)) = (exits, trips.test, distance) else { return };
        for block in &inner.blocks {
            let data = &body.blocks[*block];
            let results = data.insts.iter().flat_map(|inst| body.results(*inst));
            for value in data.params.iter().chain(results) {
                let Some(affine) = induction.affine(*value) else { continue };
                let Some(step) = affine.step.as_signed() else { continue };
                if step != 0
                    && step % trips.step == 0
                    && distance.width() == affine.start.width()
                    && let Some(end) = affine.start.add_scaled(&distance, (step / trips.step) as u64)
                {
                    known.values.insert(*value, end);
                }
            }
        }
    }

    /// Demands that a branch which decides the same way in every repetition leads to an inner loop, if it may.
    fn demand_entry(&mut self, block: Block, known: &mut Known) {
        let body = self.innermost.body;
        let Terminator::Branch { condition, then, otherwise } = &body.blocks[block].terminator.kind else {
            return;
        };
        let leads = |target: &BlockCall| {
            let mut headers = self.loops.iter().map(|inner| inner.header.index());
            target.block > block && headers.any(|header| self.tree.dominates(target.block.index(), header))
        };
        let (goes_then, dead) = match (leads(then), leads(otherwise)) {
            (true, false) => (true, otherwise.block),
            (false, true) => (false, then.block),
            _ => return,
        };
        if self.innermost.loops.of_block(block).is_some() {
            return;
        }
        let fixed = |sum: &Linear| {
            let affine = self.outer.affine_sum(sum)?;
            (affine.step.as_constant() == Some(0)).then_some(affine.start)
        };
        let sum = |value: Value| Some(Linear::value(IntWidth::of(body.ty(value))?, value));
        let Some((op, x, y)) = comparison(self.innermost, *condition) else { return };
        let Some(x) = sum(x).and_then(|x| fixed(&x)) else { return };
        let y = match y {
            Some(y) => sum(y).and_then(|y| fixed(&y)),
            None => Some(Linear::constant(x.width(), 0)),
        };
        let Some(y) = y else { return };
        self.demands.push(Demand { op: if goes_then { op } else { negated(op) }, x, y });
        known.dead.insert((block, dead));
    }

    /// How an address in a block moves in the outer loop, and in the inner one that the block is in.
    pub(super) fn address(&self, block: Block, value: Value) -> Option<(Affine, Option<Stride>)> {
        let number = self.innermost.loops.of_block(block);
        let Some(inner) = self.inductions.iter().position(|(inner, _)| Some(*inner) == number) else {
            return Some((self.outer.affine(value)?, None));
        };
        let affine = self.inductions[inner].1.affine(value)?;
        let step = self.outer.affine_sum(&affine.step)?;
        let is_fixed = step.step.as_constant() == Some(0);
        is_fixed.then_some((self.outer.affine_sum(&affine.start)?, Some(Stride { inner, step: step.start })))
    }

    /// Whether a block comes after the test of its inner loop.
    pub(super) fn is_after_test(&self, block: Block, inner: usize) -> bool {
        let test = self.loops[inner].trips.block;
        block != test && self.tree.dominates(test.index(), block.index())
    }
}

/// Repetitions in values from before the outer loop, if they are as many each time.
fn same_each_time(trips: Trips, outer: &Induction<'_>) -> Option<Trips> {
    let (start, limit) = (outer.affine_sum(&trips.start)?, outer.affine_sum(&trips.limit)?);
    let is_fixed = start.step.as_constant() == Some(0) && limit.step.as_constant() == Some(0);
    // Only the distance counts.
    let moves_along = trips.test == Test::Differs && start.step == limit.step;
    (is_fixed || moves_along).then_some(Trips { start: start.start, limit: limit.start, ..trips })
}

/// Puts groups of a nest into scopes, by number; `None` if what must be disjoint hardly is.
pub(super) fn assign_scopes(groups: &mut [GroupPlan]) -> Option<()> {
    for b in 0..groups.len() {
        for a in 0..b {
            let (from, to) = (groups[b].scope, groups[a].scope);
            if !may_be_one_array(&groups[a], &groups[b]) {
                continue;
            }
            if are_of_one_loop(&groups[a], &groups[b]) {
                return None;
            }
            groups.iter_mut().filter(|group| group.scope == from).for_each(|group| group.scope = to);
        }
    }
    let clash =
        |a: &GroupPlan, b: &GroupPlan| are_of_one_loop(a, b) && a.scope == b.scope && (a.stores || b.stores);
    let any = (0..groups.len()).any(|b| (0..b).any(|a| clash(&groups[a], &groups[b])));
    (!any).then_some(())
}

fn are_of_one_loop(a: &GroupPlan, b: &GroupPlan) -> bool {
    let inner = |group: &GroupPlan| group.inner.map(|stride| stride.inner);
    inner(a).is_some() && inner(a) == inner(b)
}

/// Whether two groups, one of which stores, may be of one array: their addresses have a value in common, and what is left of each is not
/// another one.
fn may_be_one_array(a: &GroupPlan, b: &GroupPlan) -> bool {
    if a.memory != b.memory || !a.stores && !b.stores {
        return false;
    }
    let bases = |sum: &Linear, factor: u64| -> Vec<Value> {
        let factor = sum.width().wrap(factor);
        sum.terms().iter().filter(|term| term.1 == factor).map(|(value, _)| *value).collect()
    };
    let (of_a, of_b) = (bases(&a.start, 1), bases(&b.start, 1));
    let have_one = of_a.iter().any(|base| of_b.contains(base)) || of_a.is_empty() && of_b.is_empty();
    let are_two = a
        .start
        .subtract(&b.start)
        .is_some_and(|distance| !bases(&distance, 1).is_empty() && !bases(&distance, u64::MAX).is_empty());
    have_one && !are_two
}
