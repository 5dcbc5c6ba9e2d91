//! What one look at a body before it is compiled says: how long each value lives, and which comparisons their user makes itself.
//!
//! Positions count instructions in the order of the blocks, with one for each block's beginning and one for its end. A value's range is from its
//! definition to its last use, and goes on to a loop's end if the loop needs it and does not define it. So at any position, values with
//! overlapping ranges are in different places, and others may share one.

use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, Body, Inst, Op, Terminator, Value, ValueDef};

/// A loop: blocks from its head to the last that leads back to it, in order; others may stand between them.
struct Loop {
    head: u32,
    end: u32,
    parent: Option<usize>,
}

/// The answers.
#[derive(Default)]
pub(crate) struct Ranges {
    /// Position of each block's beginning.
    pub(crate) start: Vec<u32>,
    /// Position of each block's end.
    pub(crate) end: Vec<u32>,
    /// How many edges lead to each block.
    pub(crate) edges: Vec<u32>,
    /// Whether each block is the head of a loop.
    pub(crate) heads: Vec<bool>,
    /// Position of each value's last use; of its definition if it has none.
    pub(crate) until: Vec<u32>,
    /// How often each value is used.
    pub(crate) uses: Vec<u32>,
    /// The block that each value is defined in.
    pub(crate) defined: Vec<u32>,
    /// Positions of calls, ascending.
    pub(crate) calls: Vec<u32>,
    /// Whether each value is a comparison that its only user makes.
    pub(crate) fused: Vec<bool>,
}

impl Ranges {
    /// Looks at a body.
    pub(crate) fn new(body: &Body) -> Self {
        let (values, blocks) = (body.values.len(), body.blocks.len());
        let mut ranges = Self {
            start: Vec::with_capacity(blocks),
            end: Vec::with_capacity(blocks),
            edges: vec![0; blocks],
            heads: vec![false; blocks],
            until: vec![0; values],
            uses: vec![0; values],
            defined: vec![0; values],
            calls: Vec::new(),
            fused: vec![false; values],
        };
        ranges.count(body);
        let (loops, innermost) = ranges.loops(body);
        let mut walk = Walk { ranges, body, loops, innermost, block: 0, position: 0 };
        for block in body.blocks.keys() {
            walk.block(block);
        }
        walk.ranges
    }

    /// Positions of blocks, definitions, numbers of uses and edges.
    fn count(&mut self, body: &Body) {
        let mut position = 0;
        for (block, data) in body.blocks.iter() {
            self.start.push(position);
            for param in &data.params {
                self.defined[param.index()] = block.0;
                self.until[param.index()] = position;
            }
            for inst in &data.insts {
                position += 1;
                body.args(*inst).iter().for_each(|arg| self.uses[arg.index()] += 1);
                for result in body.results(*inst) {
                    self.defined[result.index()] = block.0;
                    self.until[result.index()] = position;
                }
                if body.insts[*inst].op.calls() {
                    self.calls.push(position);
                }
            }
            position += 1;
            self.end.push(position);
            position += 1;
            for_each_use(body, &data.terminator.kind, |value| self.uses[value.index()] += 1);
            for target in data.terminator.kind.successors() {
                self.edges[target.block.index()] += 1;
                self.heads[target.block.index()] |= target.block <= block;
            }
        }
    }

    /// The loops by their heads, each contained in its parent, and the innermost one that each block is in.
    fn loops(&self, body: &Body) -> (Vec<Loop>, Vec<Option<usize>>) {
        let mut ends = vec![0; body.blocks.len()];
        if self.heads.contains(&true) {
            for (block, data) in body.blocks.iter() {
                for target in data.terminator.kind.successors().filter(|target| target.block <= block) {
                    ends[target.block.index()] = block.0;
                }
            }
        }
        let mut loops: Vec<Loop> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut innermost = Vec::with_capacity(body.blocks.len());
        for block in 0..body.blocks.len() as u32 {
            while open.last().is_some_and(|last| loops[*last].end < block) {
                open.pop();
            }
            if self.heads[block as usize] {
                let end = ends[block as usize];
                for outer in &open {
                    loops[*outer].end = loops[*outer].end.max(end);
                }
                loops.push(Loop { head: block, end, parent: open.last().copied() });
                open.push(loops.len() - 1);
            }
            innermost.push(open.last().copied());
        }
        (loops, innermost)
    }

    /// The position of the first call after another position, or `u32::MAX`. `next` is where to begin to look, and is kept for the next time.
    pub(crate) fn next_call(&self, next: &mut usize, position: u32) -> u32 {
        while self.calls.get(*next).is_some_and(|call| *call <= position) {
            *next += 1;
        }
        self.calls.get(*next).copied().unwrap_or(u32::MAX)
    }
}

/// Calls `each` with the operands of a block's end.
pub(crate) fn for_each_use(body: &Body, terminator: &Terminator, mut each: impl FnMut(Value)) {
    match terminator {
        Terminator::Branch { condition: value, .. } | Terminator::Switch { index: value, .. } => each(*value),
        Terminator::Return(list) | Terminator::ReturnCall { args: list, .. } => {
            body.list(*list).iter().for_each(|value| each(*value));
        }
        Terminator::Jump(_) | Terminator::Unreachable => {}
    }
    // Equal targets of a switch share their list: one look is enough for a run of them.
    let mut last = None;
    for target in terminator.successors() {
        if last != Some(target) {
            body.list(target.args).iter().for_each(|value| each(*value));
            last = Some(target);
        }
    }
}

/// The instruction that defines a value, unless a block parameter does.
pub(crate) fn defining(body: &Body, value: Value) -> Option<Inst> {
    match body.values[value].def {
        ValueDef::Result(inst, _) => Some(inst),
        ValueDef::Param(..) => None,
    }
}

/// The second walk over a body.
struct Walk<'a> {
    ranges: Ranges,
    body: &'a Body,
    loops: Vec<Loop>,
    innermost: Vec<Option<usize>>,
    block: u32,
    position: u32,
}

impl Walk<'_> {
    fn block(&mut self, block: Block) {
        let data = &self.body.blocks[block];
        self.block = block.0;
        self.position = self.ranges.start[block.index()];
        if let Some(inside) =
            self.innermost[block.index()].filter(|inside| self.loops[*inside].head == block.0)
        {
            // Every round gives them new values.
            let end = self.ranges.end[self.loops[inside].end as usize];
            data.params.iter().for_each(|param| self.ranges.until[param.index()] = end);
        }
        for inst in &data.insts {
            self.position += 1;
            if self.body.insts[*inst].op == Op::Select {
                self.fuse(self.body.args(*inst)[2]);
            }
            self.body.args(*inst).iter().for_each(|arg| self.touch(*arg));
        }
        self.position += 1;
        if let Terminator::Branch { condition, .. } = data.terminator.kind {
            self.fuse(condition);
        }
        for_each_use(self.body, &data.terminator.kind, |value| self.touch(value));
    }

    /// Leaves a comparison in the same block to its only user, which is here: its operands live until then.
    fn fuse(&mut self, condition: Value) {
        let Some(inst) = defining(self.body, condition) else { return };
        let is_alone =
            self.ranges.uses[condition.index()] == 1 && self.ranges.defined[condition.index()] == self.block;
        let op = self.body.insts[inst].op;
        if !is_alone || !matches!(op, Op::IntCompare(..) | Op::IntEqz(_) | Op::FloatCompare(..) | Op::Likely)
        {
            return;
        }
        self.ranges.fused[condition.index()] = true;
        self.body.args(inst).iter().for_each(|arg| self.touch(*arg));
        if matches!(op, Op::IntEqz(_) | Op::Likely) {
            self.fuse(self.body.args(inst)[0]);
        }
    }

    fn touch(&mut self, value: Value) {
        let defined = self.ranges.defined[value.index()];
        let mut until = self.position;
        let mut inside = self.innermost[self.block as usize];
        while let Some(around) =
            inside.map(|inside| &self.loops[inside]).filter(|around| around.head > defined)
        {
            until = until.max(self.ranges.end[around.end as usize]);
            inside = around.parent;
        }
        let known = &mut self.ranges.until[value.index()];
        *known = (*known).max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wootz_wasm_ir::{FuncIndex, Module, Translator};

    fn with_ranges(text: &str, check: impl FnOnce(&Body, &Ranges)) {
        let module = Module::new(text.as_bytes()).unwrap();
        let mut translator = Translator::new();
        let body = translator.translate(&module, FuncIndex(0)).unwrap();
        check(body, &Ranges::new(body));
    }

    #[test]
    fn what_a_loop_needs_lives_to_its_end() {
        let text = "(module (func (param $n i32) (param $once i32) (result i32) (local $i i32)
            (local.set $i (local.get $once))
            (loop $again
              (local.set $i (i32.mul (local.get $i) (i32.const 3)))
              (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
            (local.get $i)))";
        with_ranges(text, |body, ranges| {
            let [n, once] = *body.blocks[Body::ENTRY].params else { panic!("two parameters") };
            let head = ranges.heads.iter().position(|is_head| *is_head).unwrap();
            assert!(ranges.until[n.index()] >= ranges.end[head]);
            assert_eq!(ranges.until[once.index()], ranges.end[0]);
            let count = body.blocks.iter().nth(head).unwrap().1.params[0];
            assert!(ranges.until[count.index()] >= ranges.end[head], "each round gives it a new value");
        });
    }

    #[test]
    fn a_comparison_is_left_to_its_only_user_in_the_block() {
        let fused = |text: &str| {
            let mut count = 0;
            with_ranges(text, |_, ranges| count = ranges.fused.iter().filter(|fused| **fused).count());
            count
        };
        let branch = "(module (func (param i32 i32) (if (i32.eqz (i32.lt_s (local.get 0) (local.get 1)))
            (then (unreachable)))))";
        assert_eq!(fused(branch), 2);
        let kept = "(module (func (param i32 i32) (result i32) (local $c i32)
            (local.set $c (i32.lt_s (local.get 0) (local.get 1)))
            (if (local.get $c) (then (unreachable))) (local.get $c)))";
        assert_eq!(fused(kept), 0);
    }
}
