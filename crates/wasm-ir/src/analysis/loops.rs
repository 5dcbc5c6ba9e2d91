//! The innermost natural loops of a body, and those around them.
//!
//! The graph is reducible and its blocks stand in order, so an edge to the same or an earlier block is a back edge, and the
//! natural loop of its target is what reaches the edge's source without passing the target. Headers are taken from the last to
//! the first, inner loops before outer ones: a walk that meets another loop is one of an outer loop and ends there. So each
//! block is walked over once.

use crate::entity::Entity;
use crate::ir::dominators::Dominators;
use crate::ir::{Block, Body};

/// A loop that contains no other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct InnermostLoop {
    /// The block that every entry and every repetition passes.
    pub(crate) header: Block,
    /// All blocks in order, the header first.
    pub(crate) blocks: Vec<Block>,
    /// The sources of back edges, in order.
    pub(crate) latches: Vec<Block>,
    /// The sources of edges into the loop, all of which lead to the header.
    pub(crate) entries: Vec<Block>,
}

impl InnermostLoop {
    /// Whether each repetition that is followed by another passes a block.
    pub(crate) fn always_passes(&self, block: Block, tree: &Dominators) -> bool {
        self.latches.iter().all(|latch| tree.dominates(block.index(), latch.index()))
    }
}

/// All innermost loops, and which block is in which.
#[derive(Clone, Debug, Default)]
pub(crate) struct InnermostLoops {
    /// The loops, by header.
    pub(crate) loops: Vec<InnermostLoop>,
    /// For each block the number of its loop, if it is in an innermost one.
    of_block: Vec<Option<u32>>,
}

/// Where a block belongs, while loops are found.
#[derive(Copy, Clone, PartialEq)]
enum Owner {
    Nobody,
    Loop(u32),
    /// A loop that contains another.
    Outer,
}

impl InnermostLoops {
    /// Finds the innermost loops of a body.
    pub(crate) fn new(body: &Body) -> Self {
        Self::find(body, &vec![false; body.blocks.len()])
    }

    /// Finds the loops of the body that contain some of these and no others.
    pub(crate) fn enclosing(&self, body: &Body) -> Self {
        let mut is_header = vec![false; body.blocks.len()];
        self.loops.iter().for_each(|inner| is_header[inner.header.index()] = true);
        Self::find(body, &is_header)
    }

    /// Finds the innermost loops of a body if those with some headers are taken for none.
    fn find(body: &Body, is_ignored: &[bool]) -> Self {
        let count = body.blocks.len();
        let mut latches: Vec<Vec<Block>> = vec![Vec::new(); count];
        let mut predecessors: Vec<Vec<Block>> = vec![Vec::new(); count];
        for (block, data) in body.blocks.iter() {
            let mut last = None;
            for target in data.terminator.kind.successors() {
                let repeats = target.block <= block && !is_ignored[target.block.index()];
                let into = if repeats { &mut latches } else { &mut predecessors };
                if last != Some(target.block) && into[target.block.index()].last() != Some(&block) {
                    into[target.block.index()].push(block);
                }
                last = Some(target.block);
            }
        }
        let mut owners = vec![Owner::Nobody; count];
        let mut loops = Vec::new();
        for header in body.blocks.keys().rev() {
            if latches[header.index()].is_empty() {
                continue;
            }
            let found =
                walk(header, &latches[header.index()], &predecessors, &mut owners, loops.len() as u32);
            if let Some(mut blocks) = found {
                blocks.sort_unstable();
                let latches = std::mem::take(&mut latches[header.index()]);
                let entries = predecessors[header.index()].clone();
                loops.push(InnermostLoop { header, blocks, latches, entries });
            }
        }
        let of_block = owners.into_iter().map(|owner| match owner {
            Owner::Loop(number) => Some(number),
            Owner::Nobody | Owner::Outer => None,
        });
        Self { loops, of_block: of_block.collect() }
    }

    /// The number of the innermost loop that a block is in.
    pub(crate) fn of_block(&self, block: Block) -> Option<usize> {
        self.of_block[block.index()].map(|number| number as usize)
    }
}

/// The blocks of a header's loop, marked as its own; `None` if it contains another loop.
fn walk(
    header: Block,
    latches: &[Block],
    predecessors: &[Vec<Block>],
    owners: &mut [Owner],
    number: u32,
) -> Option<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut open: Vec<Block> = latches.iter().copied().chain([header]).collect();
    let mut is_innermost = true;
    while let Some(block) = open.pop() {
        match owners[block.index()] {
            Owner::Loop(owner) if owner == number => continue,
            Owner::Loop(_) | Owner::Outer => {
                is_innermost = false;
                break;
            }
            Owner::Nobody => {}
        }
        owners[block.index()] = Owner::Loop(number);
        blocks.push(block);
        if block != header {
            open.extend_from_slice(&predecessors[block.index()]);
        }
    }
    if is_innermost {
        return Some(blocks);
    }
    // What is left unmarked lies in this loop as well, and in none that contains no other; the header marks it for the loops
    // around this one, whose walks come through here or through the loop inside.
    owners[header.index()] = Owner::Outer;
    blocks.iter().for_each(|block| owners[block.index()] = Owner::Outer);
    None
}
