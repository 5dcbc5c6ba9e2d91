//! Whether a body's vector instructions are better taken apart, lane by lane.
//!
//! A vectoriser makes vectors as long as the CPU has them, of scalars; what is a vector of 128 bits already it leaves as it is. So a loop
//! that the producer vectorised is best written as the scalars that it was once. That pays in a fast copy, where loads and
//! stores are plain; elsewhere they are in order, stay vectors, and their lanes would be taken out one by one. Hence the
//! condition: every innermost loop with vector instructions is versioned, and all these instructions work on few lanes.
//!
//! *Why nothing changes.* Each of these instructions is defined lane by lane.

use crate::analysis::{InnermostLoop, InnermostLoops};
use crate::ir::{Body, Bounds, IntShape, Op, VectorIntBinary, VectorOp};

use super::plan::Plan;

/// Whether that is so for loops that are about to be versioned.
pub(super) fn are_better_scalar(body: &Body, loops: &InnermostLoops, plans: &[Plan]) -> bool {
    let mut any = false;
    for (number, innermost) in loops.loops.iter().enumerate() {
        let insts = innermost.blocks.iter().flat_map(|block| &body.blocks[*block].insts);
        let mut vectors = insts.map(|inst| body.insts[*inst].op).filter(is_vector).peekable();
        if vectors.peek().is_none() {
            continue;
        }
        let is_versioned = plans.iter().any(|plan| plan.number == number) || is_in_fast_copy(body, innermost);
        if !is_versioned || !vectors.all(has_few_lanes) {
            return false;
        }
        any = true;
    }
    any
}

/// Whether a loop is in the fast copy of a nest.
fn is_in_fast_copy(body: &Body, innermost: &InnermostLoop) -> bool {
    let insts = innermost.blocks.iter().flat_map(|block| &body.blocks[*block].insts);
    let mut accesses = insts.filter_map(|inst| body.insts[*inst].op.access());
    accesses.any(|access| matches!(access.bounds, Bounds::Ranged(_)))
}

fn is_vector(op: &Op) -> bool {
    matches!(
        op,
        Op::Vector(_) | Op::VectorLoad { .. } | Op::VectorLoadLane { .. } | Op::VectorStoreLane { .. }
    )
}

/// Whether an operator works on lanes of 32 or 64 bits, or makes them of narrower ones.
fn has_few_lanes(op: Op) -> bool {
    let few = |shape: IntShape| shape.lanes() <= 4;
    let Op::Vector(op) = op else { return matches!(op, Op::VectorLoad { .. }) };
    match op {
        VectorOp::Splat(shape)
        | VectorOp::ExtractLane { shape, .. }
        | VectorOp::ReplaceLane { shape, .. } => shape.lanes() <= 4,
        VectorOp::IntBinary(shape, op) => {
            use VectorIntBinary::{Add, Max, Min, Mul, Sub};
            few(shape) && matches!(op, Add | Sub | Mul | Min(_) | Max(_))
        }
        VectorOp::IntUnary(shape, _) | VectorOp::IntCompare(shape, _) | VectorOp::Shift(shape, _) => {
            few(shape)
        }
        VectorOp::Bitwise(_)
        | VectorOp::FloatUnary(..)
        | VectorOp::FloatBinary(..)
        | VectorOp::FloatCompare(..)
        | VectorOp::Extend(..)
        | VectorOp::ExtMul(..)
        | VectorOp::Convert(_) => true,
        VectorOp::Shuffle(_)
        | VectorOp::Swizzle
        | VectorOp::AnyTrue
        | VectorOp::AllTrue(_)
        | VectorOp::Bitmask(_)
        | VectorOp::Narrow(..)
        | VectorOp::ExtAddPairwise(..)
        | VectorOp::Dot
        | VectorOp::Relaxed(_) => false,
    }
}
