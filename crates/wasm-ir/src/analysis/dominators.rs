//! The dominator tree of a body.

use crate::entity::Entity;
use crate::ir::Body;
use crate::ir::dominators::Dominators;

/// The dominator tree of a body's blocks. They stand in order, so one pass finds it.
pub(crate) fn dominators(body: &Body) -> Dominators {
    let mut tree = Dominators::default();
    let mut parents: Vec<Option<usize>> = vec![None; body.blocks.len()];
    for (block, data) in body.blocks.iter() {
        let from = block.index();
        tree.push(parents[from]);
        for target in data.terminator.kind.successors() {
            let to = target.block.index();
            if to > from {
                parents[to] = Some(parents[to].map_or(from, |known| tree.common(known, from)));
            }
        }
    }
    tree
}
