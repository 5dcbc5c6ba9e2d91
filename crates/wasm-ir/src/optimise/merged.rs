//! Lets the first of several accesses of an address value check for those that follow it in its block.
//!
//! An access of `p` at offset 8 and a later one at offset 20 need one comparison, not two, if the first makes the second's, too: of the
//! larger end. The first *leads*, those that are compared with it *follow*. It is a back end's choice to use that; where a guard
//! region checks, leader and followers are accesses like any other.
//!
//! *Why no trap is lost, added or moved.* If the larger end is inside, so are the others: the ends are sums of the same address, without
//! wrapping, and the memory does not become shorter. If it is not, then the memory is too short for the last of the followers, which will trap if it
//! is reached, for nothing between makes the memory longer: the memory is not shared, and no call stands between. Nor does anything between leave the block but a trap.
//! So one of the instructions from the leader to the last follower traps. Which one, and what has happened before, is found by going through
//! them: the back end has a second copy of them that checks each by itself, and ends in a trap.

use std::collections::HashMap;

use crate::entity::Entity;
use crate::ir::{Block, Body, Bounds, BoundsCheck, Inst, Value};
use crate::{Declarations, MemoryIndex};

/// The most instructions from a leader to its last follower: they are there twice.
const LONGEST: usize = 24;

/// Marks the accesses of a body.
pub(super) fn run(declarations: &Declarations, body: &mut Body) {
    let mut merges = Merges { checks: 0, open: HashMap::new() };
    for block in body.blocks.keys() {
        merges.visit(declarations, body, block);
    }
}

struct Merges {
    /// How many checks there are.
    checks: u32,
    /// The last access of an address that checks itself, or leads, by the address.
    open: HashMap<(MemoryIndex, Value), Leader>,
}

/// An access that may lead.
struct Leader {
    inst: Inst,
    position: usize,
    check: Option<BoundsCheck>,
}

impl Merges {
    fn visit(&mut self, declarations: &Declarations, body: &mut Body, block: Block) {
        self.open.clear();
        for position in 0..body.blocks[block].insts.len() {
            let inst = body.blocks[block].insts[position];
            let op = body.insts[inst].op;
            if op.calls() {
                self.open.clear();
            }
            let Some(access) = op.access() else { continue };
            let is_alone = access.offset.checked_add(access.bytes.into()).is_none()
                || declarations.memories[access.memory].shared;
            if access.bounds != Bounds::Checked || is_alone {
                continue;
            }
            let key = (access.memory, body.args(inst)[0]);
            match self.open.get_mut(&key) {
                Some(leader) if position - leader.position < LONGEST => {
                    let check = *leader.check.get_or_insert_with(|| {
                        self.checks += 1;
                        BoundsCheck::new(self.checks as usize - 1)
                    });
                    set(body, leader.inst, Bounds::Leads(check));
                    set(body, inst, Bounds::Follows(check));
                }
                _ => {
                    self.open.insert(key, Leader { inst, position, check: None });
                }
            }
        }
    }
}

fn set(body: &mut Body, inst: Inst, bounds: Bounds) {
    if let Some(access) = body.insts[inst].op.access_mut() {
        access.bounds = bounds;
    }
}
