//! Loops that dispatch, as the loop of an interpreter does: one `br_table` in them leads to many places, and a repetition goes through
//! few of them.
//!
//! LLVM hoists what stays the same out of every loop, wherever in the loop it stands. From a loop with hundreds of places that
//! is more than there are registers, so it is computed each time the loop is entered, spilled, and reloaded where it is used. Here it
//! is left where it stands (`docs/decisions/0060-back-into-large-loops.md`).

use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, Body, Terminator};

/// A `br_table` with at least so many targets makes a loop one that dispatches.
const MANY: usize = 16;

/// The loops of a body that dispatch.
pub(crate) struct DispatchLoops {
    /// The blocks that end in a large `br_table`, in order.
    dispatching: Vec<Block>,
}

impl DispatchLoops {
    pub(crate) fn new(body: &Body) -> Self {
        let is_large = |block: &Block| {
            matches!(body.blocks[*block].terminator.kind, Terminator::Switch { .. })
                && body.blocks[*block].terminator.kind.successors().nth(MANY).is_some()
        };
        Self { dispatching: body.blocks.keys().filter(is_large).collect() }
    }

    /// Whether a branch from `end` to `target` repeats such a loop: its blocks are those between.
    pub(crate) fn repeats(&self, target: Block, end: Block) -> bool {
        let from = self.dispatching.partition_point(|block| block.index() < target.index());
        target <= end && self.dispatching.get(from).is_some_and(|block| *block <= end)
    }
}
