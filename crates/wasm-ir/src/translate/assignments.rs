//! Where a body assigns its locals, for debuggers: compilers use a local again for another variable, and may say of the first one that it is
//! still there.

use std::ops::Range;

use wasmparser::{BinaryReader, FunctionBody, Operator};

use crate::decode::SUPPORTED;
use crate::{FuncIndex, LocalIndex, Module, WasmOffset};

/// The assignments of a function's locals, and the ways through its code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Assignments {
    /// By offset.
    steps: Vec<(WasmOffset, Step)>,
    /// Labels of all `br_table`.
    targets: Vec<u32>,
    params: u32,
    start: WasmOffset,
}

/// An instruction that assigns a local, or that code is entered or left by.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    Assign(LocalIndex),
    Block,
    Loop,
    If,
    Else,
    End,
    BranchIf(u32),
    Branch(u32),
    /// To any of some labels.
    Table(Range<usize>),
    /// Out of the function, or to no place.
    Leave,
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
        while !reader.eof() {
            let Ok((operator, offset)) = reader.read_with_offset() else { break };
            if let Some(step) = found.step(&operator) {
                found.steps.push((offset as WasmOffset, step));
            }
        }
        found
    }
}

impl Assignments {
    fn step(&mut self, operator: &Operator<'_>) -> Option<Step> {
        Some(match *operator {
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                Step::Assign(LocalIndex(local_index))
            }
            Operator::Block { .. } => Step::Block,
            Operator::Loop { .. } => Step::Loop,
            Operator::If { .. } => Step::If,
            Operator::Else => Step::Else,
            Operator::End => Step::End,
            Operator::BrIf { relative_depth }
            | Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth } => Step::BranchIf(relative_depth),
            Operator::Br { relative_depth } => Step::Branch(relative_depth),
            Operator::BrTable { ref targets } => {
                let first = self.targets.len();
                self.targets.push(targets.default());
                self.targets.extend(targets.targets().flatten());
                Step::Table(first..self.targets.len())
            }
            Operator::Return
            | Operator::Unreachable
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => Step::Leave,
            _ => return None,
        })
    }

    /// From which offset on a local has the first value that it is given: a parameter from the start of the body, any other local from its
    /// first assignment; `None` if it is never assigned.
    pub fn first(&self, local: LocalIndex) -> Option<WasmOffset> {
        if local.0 < self.params {
            return Some(self.start);
        }
        self.steps.iter().find(|(_, step)| *step == Step::Assign(local)).map(|(offset, _)| offset + 1)
    }

    /// The offsets of a range at which a local still has the value that it had at the range's start, whichever way was taken.
    pub fn kept(&self, local: LocalIndex, range: Range<WasmOffset>) -> Vec<Range<WasmOffset>> {
        let first = self.steps.partition_point(|(offset, _)| *offset < range.start);
        if !self.steps[first..].iter().any(|(_, step)| *step == Step::Assign(local)) {
            return vec![range];
        }
        let mut ways = Ways { loops: vec![false; self.steps.len()], ..Ways::default() };
        while ways.walk(self, local, range.start) {}
        let mut kept = Vec::new();
        let mut open = Some(range.start);
        for (offset, is_changed) in ways.changes {
            let offset = offset.clamp(range.start, range.end);
            match (open, is_changed) {
                (Some(start), true) => {
                    if start < offset {
                        kept.push(start..offset);
                    }
                    open = None;
                }
                (None, false) => open = Some(offset),
                _ => {}
            }
        }
        kept.extend(open.filter(|start| *start < range.end).map(|start| start..range.end));
        kept
    }
}

/// Which code comes after an assignment of a local, on any way.
#[derive(Default)]
struct Ways {
    /// Of each step that is a loop: whether it may be entered again after an assignment.
    loops: Vec<bool>,
    /// From each offset on: whether there may have been an assignment.
    changes: Vec<(WasmOffset, bool)>,
}

/// A construct that is open.
struct Frame {
    /// Which step it is, if it is a loop.
    header: Option<usize>,
    /// Whether an assignment may have come before what comes behind it.
    behind: bool,
    /// Of an `if`, as long as there was no `else`: whether one may have come before it.
    before: Option<bool>,
}

impl Ways {
    /// Walks through the code once, and forgets what came before `from` where that is passed. Whether a loop has to be walked again.
    fn walk(&mut self, body: &Assignments, local: LocalIndex, from: WasmOffset) -> bool {
        self.changes.clear();
        let function = Frame { header: None, behind: false, before: None };
        let (mut frames, mut assigned, mut again) = (vec![function], false, false);
        let mut is_behind = false;
        for (index, (offset, step)) in body.steps.iter().enumerate() {
            if *offset >= from && !is_behind {
                (assigned, is_behind) = (false, true);
                self.changes.clear();
            }
            let before = assigned;
            match step {
                Step::Assign(other) => assigned |= *other == local && *offset >= from,
                Step::Block => frames.push(Frame { header: None, behind: false, before: None }),
                Step::If => frames.push(Frame { header: None, behind: false, before: Some(assigned) }),
                Step::Loop => {
                    assigned |= self.loops[index];
                    frames.push(Frame { header: Some(index), behind: false, before: None });
                }
                Step::Else => {
                    let Some(frame) = frames.last_mut() else { return false };
                    frame.behind |= assigned;
                    assigned = frame.before.take().unwrap_or(assigned);
                }
                Step::End => {
                    let Some(frame) = frames.pop() else { return false };
                    assigned |= frame.behind || frame.before.unwrap_or(false);
                }
                Step::BranchIf(label) => again |= self.branch(&mut frames, *label, assigned),
                Step::Branch(label) => {
                    again |= self.branch(&mut frames, *label, assigned);
                    assigned = false;
                }
                Step::Table(labels) => {
                    for label in &body.targets[labels.clone()] {
                        again |= self.branch(&mut frames, *label, assigned);
                    }
                    assigned = false;
                }
                Step::Leave => assigned = false,
            }
            if before != assigned {
                // The instruction itself still sees what was before.
                self.changes.push((offset + 1, assigned));
            }
        }
        again
    }

    /// Takes what is known to a label. Whether that is new to the loop there.
    fn branch(&mut self, frames: &mut [Frame], label: u32, assigned: bool) -> bool {
        let target = frames.len().checked_sub(label as usize + 1);
        let Some(frame) = target.and_then(|target| frames.get_mut(target)) else { return false };
        match frame.header {
            Some(header) => assigned && !std::mem::replace(&mut self.loops[header], true),
            None => {
                frame.behind |= assigned;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The offsets of the assignments, and the assignments.
    fn read(text: &str) -> (Vec<WasmOffset>, Assignments) {
        let module = Module::new(text.as_bytes()).unwrap();
        let assignments = module.assignments(FuncIndex(0));
        let is_assignment =
            |(offset, step): &(WasmOffset, Step)| matches!(step, Step::Assign(_)).then_some(*offset);
        (assignments.steps.iter().filter_map(is_assignment).collect(), assignments)
    }

    #[test]
    fn a_local_keeps_its_value_up_to_an_assignment_or_the_loop_around_it() {
        let (offsets, assignments) = read(
            r#"(module (func (param i32) (local i32)
            (local.set 1 (i32.const 1))
            (loop (local.set 0 (i32.const 2)) (drop (local.get 1)) (br_if 0 (local.get 1)))
            (local.set 1 (i32.const 3))))"#,
        );
        let (zero, one, start) = (LocalIndex(0), LocalIndex(1), assignments.start);
        assert_eq!(assignments.first(zero), Some(start));
        assert_eq!(assignments.first(one), Some(offsets[0] + 1));
        assert_eq!(assignments.first(LocalIndex(2)), None);
        let in_loop = assignments.steps.iter().find(|(_, step)| *step == Step::Loop).unwrap().0 + 1;
        let end = WasmOffset::MAX;
        let kept = |local, from| {
            let [only] = &*assignments.kept(local, from..end) else { panic!("one range") };
            only.clone()
        };
        assert_eq!(kept(zero, start), start..in_loop);
        assert_eq!(kept(zero, in_loop), in_loop..offsets[1] + 1);
        assert_eq!(kept(one, offsets[0] + 1), offsets[0] + 1..offsets[2] + 1);
    }

    #[test]
    fn an_assignment_on_another_way_does_not_count() {
        let (offsets, assignments) = read(
            r#"(module (func (param i32) (result i32)
            (block
                (br_if 0 (local.get 0))
                (local.set 0 (i32.const 1))
                (return (local.get 0)))
            (if (local.get 0)
                (then (local.set 0 (i32.const 2)))
                (else (drop (local.get 0))))
            (local.get 0)))"#,
        );
        let offset = |step: &Step| assignments.steps.iter().find(|(_, other)| other == step).unwrap().0;
        let (leave, otherwise) = (offset(&Step::Leave) + 1, offset(&Step::Else) + 1);
        let ends: Vec<_> = assignments.steps.iter().filter(|(_, step)| *step == Step::End).collect();
        let kept = assignments.kept(LocalIndex(0), assignments.start..WasmOffset::MAX);
        assert_eq!(
            kept,
            [assignments.start..offsets[0] + 1, leave..offsets[1] + 1, otherwise..ends[1].0 + 1],
        );
    }
}
