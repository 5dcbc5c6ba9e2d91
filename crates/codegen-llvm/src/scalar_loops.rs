//! Loops that LLVM must not vectorise, because it would read past the end of a memory.
//!
//! Of accesses that are a fixed distance apart, such as every other `i32`, LLVM's vectoriser loads all bytes from the first to the last, and as
//! many after the last as lie between two. It holds that one more repetition follows, which reads what comes then. But a repetition may
//! end at a check, before it reads: then nothing says that these bytes exist, and behind an unguarded memory they do not.
//! So a loop that has an access with a check in it is not vectorised, nor is one with a call, which may be inlined. An instruction that LLVM
//! cannot make a vector of stands at its head: metadata of a loop are lost with the branch that they are on (`docs/decisions/0051-loops-that-stay-scalar.md`).
//!
//! Without order (relaxed traps), guarded accesses are not checked and loops with them are vectorised; such a loop must only end where every
//! repetition begins or ends. Accesses that a check before the loop proves are no matter: that check knows of the bytes
//! (`wasm-ir`, `optimise/version/plan.rs`), and so do accesses of a declared place.

use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, Body, Bounds, Convert, IntBinary, Op, liveness};

use crate::module::ModuleState;

/// A loop without order that has more blocks is not looked at closely.
const LARGE: usize = 32;

/// The loops of a body that are not to be vectorised.
pub(crate) struct ScalarLoops {
    /// For each block, whether one begins with it.
    heads: Vec<bool>,
}

impl ScalarLoops {
    /// Looks for them. Empty where nothing is vectorised that could read too much.
    pub(crate) fn new(module: &ModuleState<'_>, body: &Body) -> Self {
        let all_in_order = module.ordered && module.plans.iter().all(|plan| plan.covers(0, 1));
        if !module.optimised || all_in_order || !liveness::loop_heads(body).contains(&true) {
            return Self { heads: Vec::new() };
        }
        // How many blocks before each, and in all, have what forbids it.
        let mut forbidding = vec![0];
        let mut count = 0;
        for block in body.blocks.keys() {
            count += u32::from(has(body, block, |op| forbids(module, op)));
            forbidding.push(count);
        }
        let mut heads = vec![false; body.blocks.len()];
        for end in body.blocks.keys() {
            for head in body.back_edges(end) {
                heads[head.index()] |= forbidding[end.index() + 1] > forbidding[head.index()]
                    || !module.ordered && leaves_within(module, body, head, end);
            }
        }
        Self { heads }
    }

    /// Whether a loop that stays as it is begins with a block.
    pub(crate) fn begins_at(&self, block: Block) -> bool {
        self.heads.get(block.index()) == Some(&true)
    }
}

fn has(body: &Body, block: Block, what: impl Fn(Op) -> bool) -> bool {
    body.blocks[block].insts.iter().any(|inst| what(body.insts[*inst].op))
}

fn forbids(module: &ModuleState<'_>, op: Op) -> bool {
    let is_checked = op.access().is_some_and(|access| {
        (access.bounds.may_trap() || access.bounds == Bounds::Dominated)
            && !module.plans[access.memory.index()].covers(access.offset, access.bytes)
    });
    is_checked || op.calls()
}

/// Whether a loop reads what it does not check, and may end in the middle of a repetition.
fn leaves_within(module: &ModuleState<'_>, body: &Body, head: Block, end: Block) -> bool {
    let inside = || (head.index()..=end.index()).map(Block::new);
    if end.index() - head.index() >= LARGE {
        return true;
    }
    let reads = |op: Op| {
        op.access().is_some_and(|access| {
            access.bounds.may_trap()
                && module.plans[access.memory.index()].covers(access.offset, access.bytes)
        })
    };
    let traps = |op: Op| {
        let divides = matches!(
            op,
            Op::IntBinary(_, IntBinary::DivS | IntBinary::DivU | IntBinary::RemS | IntBinary::RemU)
        );
        divides || matches!(op, Op::Convert(Convert::Trunc { .. }))
    };
    let leaves = |block: &Block| {
        let mut targets = body.blocks[*block].terminator.kind.successors().peekable();
        targets.peek().is_none() || targets.any(|target| target.block < head || target.block > end)
    };
    let exits: Vec<Block> = inside().filter(leaves).collect();
    let at_an_end = matches!(exits[..], [] | [_]) && exits.iter().all(|exit| *exit == head || *exit == end);
    let may_end_amid = !at_an_end || inside().any(|block| has(body, block, traps));
    may_end_amid && inside().any(|block| has(body, block, reads))
}
