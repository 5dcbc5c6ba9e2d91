//! Marks accesses that lie in the declared part of a memory, whatever their address operand is.
//!
//! *Why nothing changes.* A memory is never smaller than its declared minimum: an instance cannot be made with less, an imported
//! memory that is smaller is refused, and no instruction shrinks one. So such an access never traps, wherever it stands, and no
//! effect can be on the wrong side of its trap.
//!
//! A back end that loads several places at once may read what lies between them and a little behind the last
//! (`version/plan.rs`). So what is not a single place ends some bytes before the memory does.

use crate::Declarations;
use crate::analysis::{Ranges, constant_of, is_declared};
use crate::ir::{Body, Bounds};

/// Bytes that may be read behind one of several places: eight times the largest access that is vectorised.
const BEHIND: u32 = 64;

/// Marks the accesses of a body.
pub(super) fn run(declarations: &Declarations, body: &mut Body) {
    if !body.insts.values().any(|inst| inst.op.access().is_some()) {
        return;
    }
    let ranges = Ranges::new(body);
    for inst in body.insts.keys() {
        let Some(access) = body.insts[inst].op.access() else { continue };
        let ty = &declarations.memories[access.memory];
        let address = body.args(inst)[0];
        let behind = if constant_of(body, address).is_some() { 0 } else { BEHIND };
        if is_declared(ty, access, ranges.most(address).saturating_add(behind))
            && let Some(access) = body.insts[inst].op.access_mut()
        {
            access.bounds = Bounds::Declared;
        }
    }
}
