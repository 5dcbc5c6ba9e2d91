//! The text form of a body.

use super::Body;

/// Prints a body; see `docs/ir.md` for the grammar.
#[derive(Debug)]
pub struct DisplayBody<'a>(pub &'a Body);
