//! Marks accesses whose place an access before them has been to.
//!
//! An access of an address value that does not trap shows that the memory reaches at least to the access's end. Where it
//! dominates another access of the same value, or of a sum of it and constants, that ends no later, then the second is
//! inside: the memory has not become shorter, and sums within it do not wrap.
//!
//! *Why nothing changes.* The second access would have trapped only if the first had. It stays where it is, below the first one's
//! check, with all effects around it.

use std::collections::HashMap;

use crate::MemoryIndex;
use crate::analysis::{Dominators, addition, dominators};
use crate::entity::Entity;
use crate::ir::{Block, Body, Bounds, Inst, MemoryAccess, Value};

/// How many additions of constants are looked through.
const LOOK_BACK: usize = 4;

/// Marks the accesses of a body.
pub(super) fn run(body: &mut Body) {
    let accesses = body.insts.values().filter(|inst| inst.op.access().is_some());
    if accesses.take(2).count() < 2 {
        return;
    }
    let tree = dominators(body);
    let found = Walk { body, known: HashMap::new(), changes: Vec::new() }.run(&tree);
    for inst in found {
        if let Some(access) = body.insts[inst].op.access_mut() {
            access.bounds = Bounds::Dominated;
        }
    }
}

/// A walk down the dominator tree.
struct Walk<'a> {
    body: &'a Body,
    /// How many bytes from the address that a value is are known to exist, on the way from the root to here.
    known: HashMap<(MemoryIndex, Value), u64>,
    /// What to put back on the way up.
    changes: Vec<((MemoryIndex, Value), Option<u64>)>,
}

impl Walk<'_> {
    /// The accesses that others dominate.
    fn run(mut self, tree: &Dominators) -> Vec<Inst> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.body.blocks.len()];
        for block in 1..children.len() {
            children[tree.parent(block)].push(block);
        }
        let mut found = Vec::new();
        // Blocks to visit, and after each its children and how far to go back.
        let mut open = vec![(Body::ENTRY.index(), None)];
        while let Some((block, back)) = open.pop() {
            if let Some(changes) = back {
                self.undo(changes);
                continue;
            }
            open.push((block, Some(self.changes.len())));
            self.visit(Block::new(block), &mut found);
            open.extend(children[block].iter().map(|child| (*child, None)));
        }
        found
    }

    fn visit(&mut self, block: Block, found: &mut Vec<Inst>) {
        for inst in &self.body.blocks[block].insts {
            let Some(access) = self.body.insts[*inst].op.access() else { continue };
            let Some(end) = access.offset.checked_add(access.bytes.into()) else { continue };
            if access.bounds != Bounds::Checked {
                continue;
            }
            let address = self.body.args(*inst)[0];
            if self.is_known(access, address, end) {
                found.push(*inst);
                continue;
            }
            let key = (access.memory, address);
            self.changes.push((key, self.known.insert(key, end)));
        }
    }

    fn is_known(&self, access: &MemoryAccess, address: Value, mut end: u64) -> bool {
        let mut value = address;
        for _ in 0..=LOOK_BACK {
            if self.known.get(&(access.memory, value)).is_some_and(|known| *known >= end) {
                return true;
            }
            match addition(self.body, value) {
                Some((next, constant)) => {
                    value = next;
                    end = end.saturating_add(constant);
                }
                None => break,
            }
        }
        false
    }

    fn undo(&mut self, to: usize) {
        for (key, before) in self.changes.drain(to..).rev() {
            match before {
                Some(known) => self.known.insert(key, known),
                None => self.known.remove(&key),
            };
        }
    }
}
