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
    /// With the offset behind it.
    Assign(LocalIndex, WasmOffset),
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
            if let Some(step) = found.step(&operator, reader.original_position() as WasmOffset) {
                found.steps.push((offset as WasmOffset, step));
            }
        }
        found
    }
}

impl Assignments {
    fn step(&mut self, operator: &Operator<'_>, end: WasmOffset) -> Option<Step> {
        Some(match *operator {
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                Step::Assign(LocalIndex(local_index), end)
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
        let assigns = |step: &Step| matches!(step, Step::Assign(other, _) if *other == local);
        self.steps.iter().find(|(_, step)| assigns(step)).map(|(offset, _)| offset + 1)
    }

    /// The offsets of a range at which a local still has the variable that it had at the range's start, whichever way was taken. `is_same` tells
    /// of the offset behind an assignment whether that is one to this variable.
    pub fn kept(
        &self,
        local: LocalIndex,
        range: Range<WasmOffset>,
        is_same: impl Fn(WasmOffset) -> bool,
    ) -> Vec<Range<WasmOffset>> {
        let first = self.steps.partition_point(|(offset, _)| *offset < range.start);
        let assigns = |step: &Step| matches!(step, Step::Assign(other, _) if *other == local);
        if !self.steps[first..].iter().any(|(_, step)| assigns(step)) {
            return vec![range];
        }
        let mut ways = Ways { loops: vec![false; self.steps.len()], ..Ways::default() };
        while ways.walk(self, local, range.start, &is_same) {}
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

/// A way to the end of a construct: the value that the local has there, by where it got it.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Arrived {
    One(WasmOffset),
    Several,
}

impl Assignments {
    /// From which offset on a local has which value, each value told by the offset of the instruction that it is the current one since
    /// ([`LocalRecord::since`](crate::ir::LocalRecord::since)); `None` is code that nothing leads to. By offset.
    pub fn values(&self, local: LocalIndex) -> Vec<(WasmOffset, Option<WasmOffset>)> {
        let mut found = vec![(self.start, Some(self.start))];
        let mut now = Some(self.start);
        // The open constructs: whether it is a loop, what arrives behind it, and what an `if` began with.
        let mut open: Vec<(bool, Option<Arrived>, Option<WasmOffset>)> = vec![(false, None, None)];
        let assigned = self.loops_assigning(local);
        for (index, (offset, step)) in self.steps.iter().enumerate() {
            let before = now;
            let branch = |open: &mut Vec<(bool, Option<Arrived>, Option<WasmOffset>)>, label: u32| {
                let target = open.len().checked_sub(label as usize + 1);
                if let (Some((false, behind, _)), Some(value)) = (target.and_then(|at| open.get_mut(at)), now)
                {
                    arrive(behind, value);
                }
            };
            match step {
                Step::Assign(other, _) => now = now.map(|now| if *other == local { *offset } else { now }),
                Step::Block => open.push((false, None, None)),
                Step::If => open.push((false, None, now)),
                Step::Loop => {
                    let changes = assigned.binary_search(&index).is_ok();
                    now = now.map(|now| if changes { *offset } else { now });
                    open.push((true, None, None));
                }
                Step::Else => {
                    let Some((_, behind, start)) = open.last_mut() else { return found };
                    now.into_iter().for_each(|now| arrive(behind, now));
                    now = start.take();
                }
                Step::End => {
                    let Some((_, mut behind, start)) = open.pop() else { return found };
                    now.into_iter().chain(start).for_each(|value| arrive(&mut behind, value));
                    now = behind.map(|behind| if let Arrived::One(value) = behind { value } else { *offset });
                }
                Step::BranchIf(label) => branch(&mut open, *label),
                Step::Branch(label) => {
                    branch(&mut open, *label);
                    now = None;
                }
                Step::Table(labels) => {
                    self.targets[labels.clone()].iter().for_each(|label| branch(&mut open, *label));
                    now = None;
                }
                Step::Leave => now = None,
            }
            if now != before {
                found.push((offset + 1, now));
            }
        }
        found
    }

    /// The loops that assign a local and are entered again, in ascending order.
    fn loops_assigning(&self, local: LocalIndex) -> Vec<usize> {
        let mut found = Vec::new();
        // Of each open construct, the step that it is if it is a loop, whether it is entered again, and whether it assigns the local.
        let mut open: Vec<(Option<usize>, bool, bool)> = vec![(None, false, false)];
        for (index, (_, step)) in self.steps.iter().enumerate() {
            let labels = match step {
                Step::BranchIf(label) | Step::Branch(label) => std::slice::from_ref(label),
                Step::Table(labels) => &self.targets[labels.clone()],
                _ => &[],
            };
            for label in labels {
                let target = open.len().checked_sub(*label as usize + 1);
                if let Some((_, again, _)) = target.and_then(|at| open.get_mut(at)) {
                    *again = true;
                }
            }
            match step {
                Step::Assign(other, _) if *other == local => {
                    open.last_mut().into_iter().for_each(|(_, _, assigns)| *assigns = true);
                }
                Step::Loop => open.push((Some(index), false, false)),
                Step::Block | Step::If => open.push((None, false, false)),
                Step::End => {
                    let Some((header, again, assigns)) = open.pop() else { break };
                    found.extend(header.filter(|_| again && assigns));
                    open.last_mut().into_iter().for_each(|(_, _, outer)| *outer |= assigns);
                }
                _ => {}
            }
        }
        found.sort_unstable();
        found
    }
}

fn arrive(behind: &mut Option<Arrived>, value: WasmOffset) {
    *behind = match *behind {
        None => Some(Arrived::One(value)),
        Some(Arrived::One(other)) if other == value => *behind,
        Some(_) => Some(Arrived::Several),
    };
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
    fn walk(
        &mut self,
        body: &Assignments,
        local: LocalIndex,
        from: WasmOffset,
        is_same: &dyn Fn(WasmOffset) -> bool,
    ) -> bool {
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
                Step::Assign(other, end) if *other == local && *offset >= from => assigned = !is_same(*end),
                Step::Assign(..) => {}
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
            |(offset, step): &(WasmOffset, Step)| matches!(step, Step::Assign(..)).then_some(*offset);
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
            let [only] = &*assignments.kept(local, from..end, |_| false) else { panic!("one range") };
            only.clone()
        };
        assert_eq!(kept(zero, start), start..in_loop);
        assert_eq!(kept(zero, in_loop), in_loop..offsets[1] + 1);
        assert_eq!(kept(one, offsets[0] + 1), offsets[0] + 1..offsets[2] + 1);
    }

    #[test]
    fn an_assignment_to_the_variable_itself_starts_it_again() {
        let (offsets, assignments) = read(
            r#"(module (func (param i32)
            (loop
                (drop (local.get 0))
                (local.set 0 (i32.const 1))
                (br_if 0 (local.get 0)))
            (local.set 0 (i32.const 3))))"#,
        );
        let behind = offsets[0] + 2;
        let kept = |is_same: &dyn Fn(WasmOffset) -> bool| {
            assignments.kept(LocalIndex(0), assignments.start..WasmOffset::MAX, is_same)
        };
        assert_eq!(kept(&|end| end == behind), vec![assignments.start..offsets[1] + 1; 1]);
        let in_loop = assignments.steps.iter().find(|(_, step)| *step == Step::Loop).unwrap().0 + 1;
        assert_eq!(kept(&|_| false), vec![assignments.start..in_loop; 1]);
    }

    /// The translator's records and the walk over the code tell the same values.
    #[test]
    fn values_are_told_by_where_they_began() {
        let text = r#"(module (func (param i32) (result i32)
            (block
                (br_if 0 (local.get 0))
                (local.set 0 (i32.const 1)))
            (loop
                (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                (br_if 0 (local.get 0)))
            (if (local.get 0)
                (then (local.set 0 (i32.const 2)))
                (else (drop (local.get 0))))
            (local.get 0)))"#;
        let (offsets, assignments) = read(text);
        let values = assignments.values(LocalIndex(0));
        let mut since: Vec<_> = values.iter().filter_map(|(_, value)| *value).collect();
        let module = Module::new(text.as_bytes()).unwrap();
        let mut translator = crate::Translator::keeping_locals();
        let body = translator.translate(&module, FuncIndex(0)).unwrap();
        let mut recorded: Vec<_> = body.locals.records.iter().map(|record| record.since).collect();
        for list in [&mut since, &mut recorded] {
            list.sort_unstable();
            list.dedup();
        }
        assert_eq!(since, recorded);
        assert!(offsets.iter().all(|offset| since.contains(offset)));
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
        let kept = assignments.kept(LocalIndex(0), assignments.start..WasmOffset::MAX, |_| false);
        assert_eq!(
            kept,
            [assignments.start..offsets[0] + 1, leave..offsets[1] + 1, otherwise..ends[1].0 + 1],
        );
    }
}
