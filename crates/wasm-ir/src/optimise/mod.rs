//! Transformations of a body that a back end may ask for before it lowers it.
//!
//! Each leaves what the body does as it is: every effect, every trap, and their order. The header of each file says why. None
//! is needed for correct code, and none is made for a body that is too large: they take time in proportion to the body, but
//! a back end's answer to more code need not.

mod declared;
mod dominated;
mod emitter;
mod merged;
mod search;
mod version;

use crate::Declarations;
use crate::ir::Body;

/// A body with more blocks or instructions is left as it is, and none is made larger than this.
const LARGE: (usize, usize) = (10_000, 50_000);

/// Transforms a body. With `fuel` its blocks keep what they cost, and new ones cost what they stand for.
pub fn run(declarations: &Declarations, body: &mut Body, fuel: bool) {
    if fuel {
        body.costs = body.blocks.keys().map(|block| body.cost(block)).collect();
    }
    if body.blocks.len() > LARGE.0 || body.insts.len() > LARGE.1 {
        return;
    }
    declared::run(declarations, body);
    // With fuel, what is skipped would cost nothing.
    if !fuel {
        search::run(declarations, body);
    }
    version::run(declarations, body);
    dominated::run(body);
    merged::run(declarations, body);
}
