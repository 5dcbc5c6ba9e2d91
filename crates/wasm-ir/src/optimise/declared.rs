//! Marks accesses that lie in the declared part of a memory, whatever their address operand is.
//!
//! *Why nothing changes.* A memory is never smaller than its declared minimum: an instance cannot be made with less, an imported
//! memory that is smaller is refused, and no instruction shrinks one. So such an access never traps, wherever it stands, and no
//! effect can be on the wrong side of its trap.

use crate::Declarations;
use crate::analysis::{Ranges, is_declared};
use crate::ir::{Body, Bounds};

/// Marks the accesses of a body.
pub(super) fn run(declarations: &Declarations, body: &mut Body) {
    if !body.insts.values().any(|inst| inst.op.access().is_some()) {
        return;
    }
    let ranges = Ranges::new(body);
    for inst in body.insts.keys() {
        let Some(access) = body.insts[inst].op.access() else { continue };
        let ty = &declarations.memories[access.memory];
        if is_declared(ty, access, ranges.most(body.args(inst)[0]))
            && let Some(access) = body.insts[inst].op.access_mut()
        {
            access.bounds = Bounds::Declared;
        }
    }
}
