//! Giant functions, which are compiled without being optimised.

use inkwell::values::FunctionValue;
use wootz_wasm_ir::ir::{Body, liveness};

use crate::module::ModuleState;
use crate::report::{Degraded, TooMany};

/// A body with more blocks or instructions than this is not optimised: several passes of LLVM, and of its code generator,
/// take time that grows with the square of one of them, a minute for 100 KB of WebAssembly.
const MANY_BLOCKS: usize = 10_000;
const MANY_INSTRUCTIONS: usize = 50_000;
/// Nor is one with more loops, and its LLVM module gets code as for `-O0`: the analysis of loops in the code generator
/// goes on where optimisation is forbidden, and recurses from one to the next.
const MANY_LOOPS: usize = 3_000;

/// Keeps the time that a function takes to compile in proportion to its size: whether it is left as it is for that.
pub(crate) fn is_restrained(
    module: &ModuleState<'_>,
    function: FunctionValue<'_>,
    body: &Body,
    bytes: usize,
) -> bool {
    let (blocks, insts) = (body.blocks.len(), body.insts.len());
    let loops = || liveness::loop_heads(body).into_iter().filter(|is_head| *is_head).count();
    let loops = if blocks > MANY_LOOPS { loops() } else { 0 };
    let reason = if loops > MANY_LOOPS {
        TooMany::Loops { count: loops, limit: MANY_LOOPS }
    } else if blocks > MANY_BLOCKS {
        TooMany::Blocks { count: blocks, limit: MANY_BLOCKS }
    } else if insts > MANY_INSTRUCTIONS {
        TooMany::Instructions { count: insts, limit: MANY_INSTRUCTIONS }
    } else {
        return false;
    };
    module.degraded.borrow_mut().push(Degraded { func: body.func, bytes, reason });
    module.attributes.leave_alone(function);
    true
}
