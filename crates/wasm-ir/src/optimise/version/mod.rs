//! Versions innermost loops, and those around them: one copy for when a check before the loop has proven all accesses, one for when not.
//!
//! ```text
//!        entries                                 check:  how often is the loop repeated? do the accesses stay inside?
//!           │                                    entry:  effects before the loop end here
//!         check ── no ──► header ◄─┐             fast:   the loop again; no access can trap, groups are disjoint
//!           │ yes           │  …   │ as before   exit:   effects of the loop end here
//!         entry             ├──────┘
//!           │               │
//!     ┌──► fast ────┐       │
//!     └─────┘       ▼       ▼
//!                   exit ◄──┘
//!                     │
//! ```
//!
//! *Which loops.* Those of memories that are not shared, where every access has an address that moves by the same amount in each
//! repetition, or a declared place; where nothing else can trap, call, or change a global or a memory's length; which are left
//! to one block only; and which a test leaves whose number of repetitions can be computed (`analysis/trips.rs`).
//!
//! *What is checked.* Accesses whose addresses differ by constants form a group. With `n` the number of the last repetition that
//! can make an access of it, the group covers the addresses from `start + low`, in the first or the last repetition whichever
//! is lower, to `start + high` in the other. The check computes these in 64 bits, where nothing wraps, and compares with
//! zero and with the length. It also finds that no two groups overlap, if one of them stores.
//!
//! *Why no trap is lost, added or moved.* An address operand is `start + k · step` modulo 2³² in repetition `k`. If this is between 0
//! and the length, at most 2³², without the modulus for `k = 0` and for `k = n`, then also for all `k` between, so the operand is
//! that number and the access is inside. (64-bit operands move modulo 2⁶⁴, and the check demands that the sums stay far below: see
//! `check.rs`.) The memory cannot shrink and nothing in the loop makes it longer. So in the fast copy nothing
//! traps, and all its effects may happen in any order that gives the same memory: `entry` and `exit` keep them from passing effects and
//! traps before and after the loop. They also keep apart two runs of the loop, which were found disjoint each for itself.
//! If the check fails, the original loop runs. The check itself has no effect and cannot trap.
//!
//! *Loops in loops* are versioned first, as one (`nest.rs`); then those inside of what is left as it was. *What the producer unrolled*
//! may be one repetition in the fast copy (`rolled.rs`).
//!
//! *Fuel.* If it is counted, the loop must go through the same blocks in each repetition, so that its cost follows from their number. The
//! check also finds that so much is left, and the entry takes all of it: nothing in the fast copy can end it early, so what is left behind
//! it, and wherever a run stops, is the same. If less is left, the original loop counts and stops where it must.
//!
//! *What it costs.* The check is paid once for each time that the loop is entered. So loops known to be short are left alone, and
//! so are large ones and those with many groups. All copies together are no larger than the body, or [`SMALL`], and a body has
//! at most [`MOST_LOOPS`] innermost loops to begin with: what a back end does with loops can take longer than their number says.

pub(super) mod check;
mod graph;
mod lanes;
mod nest;
pub(super) mod plan;
mod rolled;

use crate::Declarations;
use crate::analysis::{Definitions, Dominators, InnermostLoops, Surroundings, dominators};
use crate::ir::Body;

use super::LARGE;
use plan::Plan;

/// How many instructions the copies in a small body may have.
const SMALL: usize = 2_000;
/// A body with more innermost loops than this is left as it is.
const MOST_LOOPS: usize = 1_000;

/// Versions the loops of a body that are worth it.
pub(super) fn run(declarations: &Declarations, body: &mut Body) {
    let loops = InnermostLoops::new(body);
    if loops.loops.is_empty() || loops.loops.len() > MOST_LOOPS {
        return;
    }
    let mut room = Room {
        insts: body.insts.len().max(SMALL).min(LARGE.1 - body.insts.len()),
        blocks: LARGE.0 - body.blocks.len(),
    };
    let definitions = Definitions::new(body);
    let tree = dominators(body);
    let outer = loops.enclosing(body);
    let around = Surroundings { body, loops: &outer, definitions: &definitions };
    let innermost = Surroundings { loops: &loops, ..around };
    let nests = plans(declarations, around, Some(innermost), &tree, &mut room);
    if nests.is_empty() {
        let plans = plans(declarations, innermost, None, &tree, &mut room);
        return apply(body, &loops, &definitions, &plans);
    }
    graph::apply(body, &outer, &definitions, &nests);
    let loops = InnermostLoops::new(body);
    let definitions = Definitions::new(body);
    let tree = dominators(body);
    let around = Surroundings { body, loops: &loops, definitions: &definitions };
    let plans = plans(declarations, around, None, &tree, &mut room);
    apply(body, &loops, &definitions, &plans);
}

fn apply(body: &mut Body, loops: &InnermostLoops, definitions: &Definitions, plans: &[Plan]) {
    body.scalar_lanes = lanes::are_better_scalar(body, loops, plans);
    if !plans.is_empty() {
        graph::apply(body, loops, definitions, plans);
    }
}

/// How much copies may still add to a body.
struct Room {
    insts: usize,
    blocks: usize,
}

/// Plans for as many loops as there is room for.
fn plans(
    declarations: &Declarations,
    around: Surroundings<'_>,
    innermost: Option<Surroundings<'_>>,
    tree: &Dominators,
    room: &mut Room,
) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for (number, repeated) in around.loops.loops.iter().enumerate() {
        let blocks = &repeated.blocks;
        let size: usize = blocks.iter().map(|block| around.body.blocks[*block].insts.len()).sum();
        // Besides the copy there are a check, an entry and an exit.
        let added = blocks.len() + 3;
        if size <= room.insts
            && added <= room.blocks
            && let Some(plan) = Plan::new(declarations, around, innermost, tree, number)
        {
            room.insts -= size;
            room.blocks -= added;
            plans.push(plan);
        }
    }
    plans
}
