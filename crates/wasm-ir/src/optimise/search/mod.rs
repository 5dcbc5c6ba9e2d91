//! Skips repetitions of loops that search: those before the one that may end it, found with vectors.
//!
//! ```text
//!      entries
//!         │
//!       before           before:   where do the first repetitions end?
//!         │
//!         ▼
//!    ┌► header ◄──┐
//!    │    …       │      as it was
//!    ├─ gate      │      gate:     are they over?
//!    │    │       │
//!    ├─ check     │      check:    do vectors fit into the memories, from here on?
//!    │    ▼       │
//!    │  vectors ◄┐│      vectors:  does one of the next repetitions leave the loop?
//!    │    ├─► none┤      none:     if not, the next vectors, while they fit
//!    │    ▼       │
//!    │   some     │      some:     if so, the first of them
//!    │    ▼       │
//!    │ landing ───┘      landing:  what the loop holds after the repetitions that are skipped
//!    ▼
//! ```
//!
//! *Which loops.* Innermost ones of memories that are not shared, which a load decides to leave: those in `strlen`, `memchr`, `memcmp`,
//! `strcmp` and their like. They load, and may store once in each repetition, as `strcpy` does. All accesses are of the same number of bytes, by which
//! their addresses grow. What else changes from repetition to repetition grows by the same amount each time. Each reason to
//! leave the loop is the test that counts (`analysis/trips.rs`), or a condition of what is loaded (`lanes.rs`).
//!
//! *Why nothing changes.* A repetition that does not leave the loop, and whose loads are inside of their memories, takes the
//! header's parameters to their next values and does nothing else: nothing in it traps but its loads, nor has an effect. So it
//! may be left out if the parameters get the values that they have after it. The check finds, in 64 bits, how far the memories
//! go, and no vector is loaded beyond that, whatever the strings hold; why addresses do not wrap up to there, `version` says.
//! The lanes of a vector are what the repetitions load. Where a repetition leaves the loop its lane is set; others may be set
//! as well. At the first that is set the original loop goes on, and so it does where the vectors end: it leaves, or traps,
//! where it always did. Lanes of repetitions that the test which counts does not let happen may be loaded and say anything: no
//! more repetitions are skipped than that test lets happen. The gate compares only integers: that it sends the loop to the
//! check too early, too late, or more than once, changes nothing.
//!
//! *And if it stores.* Then repetitions are done instead of left out: all those of some vectors, if none leaves the loop, the test that counts lets
//! all of them happen, and all they access is inside. They load before they store, in vectors as each by itself; the check demands that none
//! loads a byte that one of them before it stores. Vectors are stored in order with all other accesses, as the loop's own
//! stores are. If a lane is set, nothing of these repetitions has happened, and the loop goes on with the first.
//!
//! *What it costs.* One comparison in each repetition; and after the first repetitions, once, the check and a vector, which take as
//! long as some ten repetitions whose end a processor foresees, and less time than one whose end it does not.

mod graph;
mod lanes;
mod plan;

use crate::Declarations;
use crate::analysis::{Definitions, InnermostLoops, Surroundings, dominators};
use crate::ir::Body;

use super::LARGE;
use plan::Plan;

/// In how many loops of a body that is done at most.
const MOST_LOOPS: usize = 200;

/// Skips what repetitions of a body's loops can be skipped.
pub(super) fn run(declarations: &Declarations, body: &mut Body) {
    if !body.insts.values().any(|inst| inst.op.access().is_some()) {
        return;
    }
    let loops = InnermostLoops::new(body);
    let definitions = Definitions::new(body);
    let tree = dominators(body);
    let around = Surroundings { body, loops: &loops, definitions: &definitions };
    let room = ((LARGE.0 - body.blocks.len()) / graph::ADDED).min(MOST_LOOPS);
    let plans = (0..loops.loops.len()).filter_map(|number| Plan::new(declarations, around, &tree, number));
    let mut plans: Vec<Plan> = plans.take(room).collect();
    if plans.is_empty() {
        return;
    }
    plans.sort_unstable_by_key(|plan| plan.header);
    graph::apply(body, &plans);
}
