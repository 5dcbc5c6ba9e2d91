//! What can be known of a body without running it, for the transformations in `optimise`.
//!
//! One phase per file. Each reads a body and changes nothing, and each takes time in proportion to the body: nothing
//! recurses, nothing is looked up twice, and what would grow beyond that is given up.

mod affine;
mod definitions;
mod dominators;
mod linear;
mod loops;
mod ranges;
mod trips;

pub(crate) use affine::{Affine, Induction, Known, Surroundings};
pub(crate) use definitions::{Definitions, addition, constant_of, integer_of};
pub(crate) use dominators::dominators;
pub(crate) use linear::Linear;
pub(crate) use loops::{InnermostLoop, InnermostLoops};
pub(crate) use ranges::{Ranges, is_declared};
pub(crate) use trips::{Test, Trips, comparison, negated, swapped};

pub(crate) use crate::ir::dominators::Dominators;
