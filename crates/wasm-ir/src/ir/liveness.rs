//! Which values a block needs from the blocks before it: what has to be handed over when a function is entered there.

use std::collections::BTreeMap;

use super::body::{Block, Body, Inst, Terminator, Value, ValueDef};
use super::op::Op;
use crate::entity::Entity;

/// The blocks that a branch from themselves or from a later block leads to: the heads of loops.
pub fn loop_heads(body: &Body) -> Vec<bool> {
    let mut heads = vec![false; body.blocks.len()];
    for head in body.blocks.keys().flat_map(|block| body.back_edges(block)) {
        heads[head.index()] = true;
    }
    heads
}

/// Whether each block can be reached from `start`, by any number of branches or none.
pub fn reachable(body: &Body, start: Block) -> Vec<bool> {
    let mut reached = vec![false; body.blocks.len()];
    let mut work = vec![start];
    while let Some(block) = work.pop() {
        if !std::mem::replace(&mut reached[block.index()], true) {
            work.extend(body.blocks[block].terminator.kind.successors().map(|target| target.block));
        }
    }
    reached
}

/// The block that each value is defined in.
pub fn defining_blocks(body: &Body) -> Vec<Block> {
    let mut of_inst = vec![Body::ENTRY; body.insts.len()];
    for (block, data) in body.blocks.iter() {
        data.insts.iter().for_each(|inst| of_inst[inst.index()] = block);
    }
    let define = |def| match def {
        ValueDef::Param(block, _) => block,
        ValueDef::Result(inst, _) => of_inst[Inst::index(inst)],
    };
    body.values.values().map(|value| define(value.def)).collect()
}

/// For each block of `heads`, the values that are defined before it and used in it or after it, in order. Its own parameters are not
/// among them, and neither are constants, which need not be handed over.
pub fn live_in(body: &Body, heads: &[bool]) -> BTreeMap<Block, Vec<Value>> {
    let mut live: BTreeMap<Block, Vec<Value>> =
        body.blocks.keys().filter(|block| heads[block.index()]).map(|block| (block, Vec::new())).collect();
    if live.is_empty() {
        return live;
    }
    let mut predecessors = vec![Vec::new(); body.blocks.len()];
    let mut uses: Vec<(Value, Block)> = Vec::new();
    for (block, data) in body.blocks.iter() {
        for inst in &data.insts {
            uses.extend(body.args(*inst).iter().map(|value| (*value, block)));
        }
        for target in data.terminator.kind.successors() {
            predecessors[target.block.index()].push(block);
            uses.extend(body.list(target.args).iter().map(|value| (*value, block)));
        }
        match &data.terminator.kind {
            Terminator::Branch { condition: value, .. } | Terminator::Switch { index: value, .. } => {
                uses.push((*value, block));
            }
            Terminator::Return(list) | Terminator::ReturnCall { args: list, .. } => {
                uses.extend(body.list(*list).iter().map(|value| (*value, block)));
            }
            Terminator::Jump(_) | Terminator::Unreachable => {}
        }
    }
    uses.sort_unstable();
    uses.dedup();
    let defined = defining_blocks(body);
    // The value that each block was last found to need.
    let mut needed_by = vec![None; body.blocks.len()];
    let mut work = Vec::new();
    for (value, used) in uses {
        if is_constant(body, value) {
            continue;
        }
        work.push(used);
        while let Some(block) = work.pop() {
            if block == defined[value.index()] || needed_by[block.index()].replace(value) == Some(value) {
                continue;
            }
            if let Some(live) = live.get_mut(&block) {
                live.push(value);
            }
            work.extend(&predecessors[block.index()]);
        }
    }
    live
}

/// Whether a value is a constant.
fn is_constant(body: &Body, value: Value) -> bool {
    match body.values[value].def {
        ValueDef::Result(inst, _) => matches!(body.insts[inst].op, Op::Const(_)),
        ValueDef::Param(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FuncIndex, Module, Translator};

    fn with_body(text: &str, check: impl FnOnce(&Body)) {
        let module = Module::new(text.as_bytes()).unwrap();
        check(Translator::new().translate(&module, FuncIndex(0)).unwrap());
    }

    #[test]
    fn what_a_loop_needs_comes_from_before_it() {
        // The inner loop needs $n, which never changes, and the sum that the outer loop begins with is its parameter.
        let text = "(module (func (param $n i64) (result i64) (local $i i64) (local $j i64) (local $s i64)
            (loop $outer
              (local.set $j (i64.const 0))
              (loop $inner
                (local.set $s (i64.add (local.get $s) (local.get $i)))
                (local.set $j (i64.add (local.get $j) (i64.const 1)))
                (br_if $inner (i64.lt_u (local.get $j) (local.get $n))))
              (local.set $i (i64.add (local.get $i) (i64.const 1)))
              (br_if $outer (i64.lt_u (local.get $i) (local.get $n))))
            (local.get $s)))";
        with_body(text, |body| {
            let heads = loop_heads(body);
            let live = live_in(body, &heads);
            assert_eq!(live.len(), 2);
            let n = body.blocks[Body::ENTRY].params[0];
            assert!(live.values().all(|values| values.contains(&n)));
            let defined = defining_blocks(body);
            for (head, values) in &live {
                assert!(values.is_sorted() && values.iter().all(|value| !is_constant(body, *value)));
                assert!(values.iter().all(|value| defined[value.index()] < *head));
                let reached = reachable(body, *head);
                assert!(!reached[Body::ENTRY.index()] && reached[head.index()]);
            }
            // The outer loop's counter is needed by the inner one, and defined again when the outer one goes round.
            let inner = live.keys().next_back().unwrap();
            let reached = reachable(body, *inner);
            assert!(live[inner].iter().any(|value| reached[defined[value.index()].index()]));
        });
    }

    #[test]
    fn straight_code_has_no_heads() {
        with_body("(module (func (param i32) (drop (local.get 0))))", |body| {
            assert!(live_in(body, &loop_heads(body)).is_empty());
        });
    }
}
