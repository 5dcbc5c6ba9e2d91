//! The SSA form of one function: blocks with parameters, typed values, structured operators.
//!
//! The WebAssembly stack, unreachable code and structured control are gone here. Invariants, which [`verify`] checks:
//!
//! - A block ends in exactly one [`Terminator`]; the entry block has the function's parameters and no predecessor.
//! - Every block is reachable from the entry. Blocks stand in the order of their code in the function: an edge leads to
//!   a later block, or is the back edge of a loop, whose header dominates its source (the graph is reducible). So a use
//!   of a value comes after its definition, except through block parameters, and one pass in order sees all
//!   predecessors of a block but back edges before the block.
//! - A use is dominated by its definition; arguments match the types of the parameters they feed.
//! - Every instruction carries the byte offset of the WebAssembly instruction it came from.
//! - What the locals hold is written down beside, if it was asked for ([`Locals`]); nothing depends on it.
//! - Nothing here says how a trap is detected: an operator that may trap does so by itself, in order.

mod atomic;
mod body;
mod bounds;
pub mod counted;
pub(crate) mod dominators;
pub mod liveness;
mod locals;
mod mnemonic;
mod op;
mod signature;
mod text;
mod vector;
mod vector_mnemonic;
mod verify;

pub use atomic::{AtomicBinary, AtomicOp};
pub use body::{
    Block, BlockCall, BlockData, Body, Callee, Inst, InstData, List, Terminator, TerminatorData, Value,
    ValueData, ValueDef,
};
pub use bounds::{Bounds, BoundsCheck, Disjoint, Group};
pub use locals::{LocalRecord, LocalValue, Locals, is_operand, operand};
pub use op::*;
pub use text::{DisplayBody, DisplayNamed};
pub use vector::{
    Bitwise, FloatShape, Half, IntShape, Relaxed, Shape, VectorConvert, VectorFloatBinary, VectorIntBinary,
    VectorIntUnary, VectorLoad, VectorOp, VectorShift, Widening,
};
pub use verify::{VerifyError, verify};

pub use crate::IntWidth;
