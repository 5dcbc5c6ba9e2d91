//! Where a body assigns its locals, for debuggers: compilers use a local again for another variable, and may say of the first one that it is
//! still there.

use wasmparser::{BinaryReader, FunctionBody, Operator};

use crate::decode::SUPPORTED;
use crate::{FuncIndex, LocalIndex, Module, WasmOffset};

/// The assignments of a function's locals.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Assignments {
    /// Start of each loop, and the loop around it.
    loops: Vec<(WasmOffset, Option<usize>)>,
    /// By offset, each with the innermost loop around it.
    all: Vec<(WasmOffset, LocalIndex, Option<usize>)>,
    params: u32,
    start: WasmOffset,
}

impl Module {
    /// The assignments of a defined function's locals; none of an imported one.
    pub fn assignments(&self, func: FuncIndex) -> Assignments {
        let mut found = Assignments::default();
        let Some(range) = self.body_range(func) else { return found };
        (found.start, found.params) = (range.start, self.declarations().signature(func).params.len() as u32);
        let bytes = &self.bytes()[range.start as usize..range.end as usize];
        let body = FunctionBody::new(BinaryReader::new_features(bytes, range.start.into(), SUPPORTED));
        let Ok(mut reader) = body.get_operators_reader() else { return found };
        // For each open construct the innermost loop that it is or is in.
        let mut frames: Vec<Option<usize>> = vec![None];
        while !reader.eof() {
            let Ok((operator, offset)) = reader.read_with_offset() else { break };
            let (offset, around) = (offset as WasmOffset, frames.last().copied().flatten());
            match operator {
                Operator::Block { .. } | Operator::If { .. } => frames.push(around),
                Operator::Loop { .. } => {
                    frames.push(Some(found.loops.len()));
                    found.loops.push((offset, around));
                }
                Operator::End => _ = frames.pop(),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    found.all.push((offset, LocalIndex(local_index), around));
                }
                _ => {}
            }
        }
        found
    }
}

impl Assignments {
    /// From which offset on a local has the first value that it is given: a parameter from the start of the body, any other local from its
    /// first assignment; `None` if it is never assigned.
    pub fn first(&self, local: LocalIndex) -> Option<WasmOffset> {
        if local.0 < self.params {
            return Some(self.start);
        }
        self.all.iter().find(|(_, assigned, _)| *assigned == local).map(|(offset, ..)| offset + 1)
    }

    /// Up to which offset a local keeps the value that it has at an offset: to its next assignment, or to the loop in which that is, since the
    /// loop may be there for the second time.
    pub fn kept_until(&self, local: LocalIndex, from: WasmOffset) -> WasmOffset {
        let next = self.all.iter().find(|(offset, assigned, _)| *assigned == local && *offset >= from);
        let Some((offset, _, around)) = next else { return WasmOffset::MAX };
        let loops = std::iter::successors(*around, |inner| self.loops[*inner].1);
        let outermost = loops.map(|index| self.loops[index].0).filter(|start| *start > from).min();
        // The instruction that assigns still sees the old value.
        outermost.unwrap_or(offset + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_keeps_its_value_up_to_an_assignment_or_the_loop_around_it() {
        let text = r#"(module (func (param i32) (local i32)
            (local.set 1 (i32.const 1))
            (loop (local.set 0 (i32.const 2)) (drop (local.get 1)))
            (local.set 1 (i32.const 3))))"#;
        let module = Module::new(text.as_bytes()).unwrap();
        let assignments = module.assignments(FuncIndex(0));
        let (start, offsets) = (assignments.start, assignments.all.iter().map(|(offset, ..)| *offset));
        let offsets: Vec<_> = offsets.collect();
        let (zero, one) = (LocalIndex(0), LocalIndex(1));
        let in_loop = assignments.loops[0].0;
        assert_eq!((assignments.first(zero), assignments.first(one)), (Some(start), Some(offsets[0] + 1)));
        assert_eq!(assignments.first(LocalIndex(2)), None);
        assert_eq!(assignments.kept_until(zero, start), in_loop);
        assert_eq!(assignments.kept_until(zero, in_loop), offsets[1] + 1);
        assert_eq!(assignments.kept_until(zero, offsets[1] + 1), WasmOffset::MAX);
        assert_eq!(assignments.kept_until(one, offsets[0] + 1), offsets[2] + 1);
    }
}
