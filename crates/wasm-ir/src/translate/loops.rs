//! A look ahead over a body: which loops are branched back to, and which locals each of them assigns.
//!
//! With this a loop header gets its parameters when it is entered, before its back edges are known. A `loop` without a
//! back edge is a block like any other. Branches in unreachable code are counted; their parameters turn out redundant.

use std::ops::Range;

use wasmparser::{Operator, OperatorsReader};

/// What is known of one `loop`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LoopInfo {
    /// Some branch has it as its target.
    pub(super) has_back_edge: bool,
    assigned: Range<usize>,
}

/// The loops of a body, in the order of their `loop` instructions.
#[derive(Debug, Default)]
pub(super) struct Loops {
    infos: Vec<LoopInfo>,
    assigned: Vec<u32>,
}

/// Too many (loop, assigned local) pairs.
#[derive(Debug)]
pub(super) struct TooMany;

impl Loops {
    pub(super) fn info(&self, ordinal: usize) -> &LoopInfo {
        &self.infos[ordinal]
    }

    /// The locals that a loop with a back edge assigns, in ascending order.
    pub(super) fn assigned(&self, ordinal: usize) -> &[u32] {
        &self.assigned[self.infos[ordinal].assigned.clone()]
    }

    /// Reads a body's operators to the end.
    pub(super) fn scan(
        &mut self,
        mut reader: OperatorsReader<'_>,
        limit: usize,
    ) -> wasmparser::Result<Result<(), TooMany>> {
        self.infos.clear();
        self.assigned.clear();
        let mut scan = Scan { loops: self, limit, frames: Vec::new(), open: Vec::new() };
        while !reader.eof() {
            match reader.read()? {
                Operator::Block { .. } | Operator::If { .. } => scan.frames.push(None),
                Operator::Loop { .. } => scan.enter(),
                Operator::End => {
                    if let Some(Some(_)) = scan.frames.pop()
                        && scan.leave().is_err()
                    {
                        return Ok(Err(TooMany));
                    }
                }
                Operator::Br { relative_depth }
                | Operator::BrIf { relative_depth }
                | Operator::BrOnNull { relative_depth }
                | Operator::BrOnNonNull { relative_depth } => scan.branch(relative_depth),
                Operator::BrTable { targets } => {
                    scan.branch(targets.default());
                    for target in targets.targets() {
                        scan.branch(target?);
                    }
                }
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    scan.assign(local_index)
                }
                _ => {}
            }
        }
        Ok(Ok(()))
    }
}

struct Scan<'a> {
    loops: &'a mut Loops,
    limit: usize,
    /// The ordinal of the loop for each open construct that is one. The function's own frame is not in it.
    frames: Vec<Option<usize>>,
    /// The open loops, each with the locals assigned so far, repeated ones included.
    open: Vec<(usize, Vec<u32>)>,
}

impl Scan<'_> {
    fn enter(&mut self) {
        let ordinal = self.loops.infos.len();
        self.loops.infos.push(LoopInfo::default());
        self.frames.push(Some(ordinal));
        self.open.push((ordinal, Vec::new()));
    }

    fn branch(&mut self, depth: u32) {
        let frame = self.frames.len().checked_sub(depth as usize + 1);
        if let Some(ordinal) = frame.and_then(|frame| self.frames[frame]) {
            self.loops.infos[ordinal].has_back_edge = true;
        }
    }

    fn assign(&mut self, local: u32) {
        if let Some((_, locals)) = self.open.last_mut() {
            locals.push(local);
        }
    }

    /// Closes the innermost loop and gives what it assigns to the one around it.
    fn leave(&mut self) -> Result<(), TooMany> {
        let Some((ordinal, mut locals)) = self.open.pop() else { return Ok(()) };
        if self.loops.infos[ordinal].has_back_edge {
            locals.sort_unstable();
            locals.dedup();
            let start = self.loops.assigned.len();
            if start + locals.len() > self.limit {
                return Err(TooMany);
            }
            self.loops.assigned.extend_from_slice(&locals);
            self.loops.infos[ordinal].assigned = start..self.loops.assigned.len();
        }
        if let Some((_, outer)) = self.open.last_mut() {
            if outer.len() < locals.len() {
                std::mem::swap(outer, &mut locals);
            }
            outer.append(&mut locals);
        }
        Ok(())
    }
}
