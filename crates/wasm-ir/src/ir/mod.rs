//! The SSA form of one function: blocks with parameters, typed values, structured operators.
//!
//! The WebAssembly stack, unreachable code and structured control are gone here. Invariants, which [`verify`] checks:
//!
//! - A block ends in exactly one [`Terminator`]; the entry block has the function's parameters and no predecessor.
//! - Every block is reachable from the entry, and block order is a reverse post-order: a use of a value comes after its
//!   definition except through block parameters.
//! - A use is dominated by its definition; arguments match the types of the parameters they feed.
//! - Every instruction carries the byte offset of the WebAssembly instruction it came from.
//! - Nothing here says how a trap is detected: an operator that may trap does so by itself, in order.

mod body;
mod op;
mod text;
mod verify;

pub use body::{
    Block, BlockCall, BlockData, Body, Inst, InstData, List, Terminator, TerminatorData, Value, ValueData,
    ValueDef,
};
pub use op::*;
pub use text::DisplayBody;
pub use verify::{VerifyError, verify};
