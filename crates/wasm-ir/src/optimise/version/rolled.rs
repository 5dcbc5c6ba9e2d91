//! Finds loops that the producer unrolled, so that their fast copies can be rolled up again.
//!
//! ```text
//!     repetition of the loop:   │ head  …  tail │ head  …  tail │ head  …  tail, test │
//!                                 copy 0          copy 1          last copy
//!     of its fast copy:         │ head  …  tail, test │
//! ```
//!
//! A producer for WebAssembly that does not vectorise a loop unrolls it. Of one block, that makes no difference: a vectoriser takes the groups of accesses
//! at equal distances together again. If the body has branches it does not, for it would have to mask parts of such a group.
//!
//! *What is found.* Loops of several blocks that only the last one leaves or repeats. Their blocks are `copies` runs of equally many; the last block of a
//! copy is the first one of the next, so its instructions are the tail of one and the head of the other. All instructions of copy `j`, one
//! after the other, must be those of copy 0, with corresponding operands:
//!
//! - of what copy 0 computes, what copy `j` computes at that place;
//! - of a value that moves evenly, one that is `j` times a step further, if `copies` of these steps are what the loop adds in a repetition;
//! - of what stays the same in the loop, the same;
//! - of a parameter of the header, what copy `j - 1` has made of it, and the last copy for the next repetition.
//!
//! What only computes values that move evenly is in no copy: sums are computed from the number of the repetition instead.
//!
//! *Why nothing changes.* One repetition of the loop then does what `copies` of copy 0 do: the same operators on the same numbers in the same order,
//! the same accesses among them. The test stands at the end of the last copy, so there are `copies` times as many repetitions. That all accesses
//! are inside and groups disjoint was found for these same addresses. The original loop stays for when the check fails.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::analysis::{Affine, Induction, Linear, Surroundings, comparison, negated};
use crate::ir::{Block, BlockCall, Bounds, Inst, Op, Terminator, Value, ValueDef};

use super::plan::{Plan, reach};

/// The most copies that are looked for.
const MOST_COPIES: usize = 32;
/// How deep operands of what stays the same are compared.
const DEPTH: usize = 8;

/// How to roll up the fast copy of a loop.
#[derive(Debug)]
pub(super) struct Rolled {
    /// How many copies of its body the producer made.
    pub(super) copies: u64,
    /// Which of the loop's blocks copy 0 ends in. It begins with the first.
    pub(super) last: usize,
    /// The instructions of that block that come before those of copy 1, and constants of the loop's last block.
    pub(super) tail: Vec<Inst>,
    /// How many of these there are without the constants.
    pub(super) end_of_tail: u32,
    /// What stands at the end of copy 0 for the values that the loop passes on.
    pub(super) ends: BTreeMap<Value, End>,
}

/// A value of the last copy, as it is at the end of copy 0.
#[derive(Copy, Clone, Debug)]
pub(super) enum End {
    /// A sum of values from before the loop and of the header's parameters.
    Sum(Linear),
    /// Another value.
    Value(Value),
}

/// Finds the copies in a loop that is to be versioned. `live_out` are its values that are used outside.
pub(super) fn find(around: Surroundings<'_>, plan: &Plan, live_out: &[Value]) -> Option<Rolled> {
    let repeated = &around.loops.loops[plan.number];
    let blocks = &repeated.blocks;
    let (last, before) = blocks.split_last()?;
    if before.is_empty() || !plan.inner.is_empty() || repeated.latches != [*last] || plan.trips.block != *last
    {
        return None;
    }
    let leaves = |block: &Block| {
        let mut targets = around.body.blocks[*block].terminator.kind.successors();
        targets.any(|target| around.loops.of_block(target.block) != Some(plan.number))
    };
    if before.iter().any(leaves) {
        return None;
    }
    let induction = Induction::new(around, plan.number);
    let most = before.len().min(MOST_COPIES);
    (2..=most).rev().filter(|copies| before.len().is_multiple_of(*copies)).find_map(|copies| {
        let mut search = Search::new(around, plan, &induction, copies);
        (search.are_copies() && search.reaches_no_further()).then(|| search.rolled(live_out))?
    })
}

/// The search for a number of copies.
struct Search<'a> {
    around: Surroundings<'a>,
    plan: &'a Plan,
    induction: &'a Induction<'a>,
    blocks: &'a [Block],
    copies: usize,
    /// How many blocks further the first block of a copy is than that of the one before.
    distance: usize,
    /// For each copy, which block stands for one of copy 0, and whether the two ways out of it are exchanged.
    places: Vec<HashMap<usize, (usize, bool)>>,
    /// The instructions of each block that belong to a copy.
    insts: Vec<Vec<Inst>>,
    /// Values of the loop that are the same in every repetition.
    fixed: HashSet<Value>,
    /// For each copy, which of its values stands for one of copy 0.
    images: Vec<HashMap<Value, Value>>,
    /// What stands in a copy for a parameter of the header.
    carried: HashMap<(Value, usize), Value>,
    /// Pairs that are yet to be compared: values of copy 0, and of the copy with that number.
    open: Vec<(Value, Value, usize)>,
}

impl<'a> Search<'a> {
    fn new(around: Surroundings<'a>, plan: &'a Plan, induction: &'a Induction<'a>, copies: usize) -> Self {
        let blocks = &around.loops.loops[plan.number].blocks;
        let mut search = Self {
            around,
            plan,
            induction,
            blocks,
            copies,
            distance: (blocks.len() - 1) / copies,
            places: vec![HashMap::new(); copies],
            insts: Vec::new(),
            fixed: HashSet::new(),
            images: vec![HashMap::new(); copies],
            carried: HashMap::new(),
            open: Vec::new(),
        };
        for block in blocks {
            let insts = around.body.blocks[*block].insts.iter().copied();
            let insts = insts.filter(|inst| !search.is_in_no_copy(*inst)).collect();
            search.insts.push(insts);
        }
        search
    }

    /// Whether an instruction computes what moves evenly or stays the same, which it notes, or compares integers: a comparison is compared where
    /// it is used, since it may be there the other way round.
    fn is_in_no_copy(&mut self, inst: Inst) -> bool {
        let body = self.around.body;
        let results = body.results(inst);
        if results.is_empty() || body.insts[inst].op.access().is_some() {
            return false;
        }
        if body.args(inst).iter().all(|value| self.is_fixed(*value)) {
            self.fixed.extend(results);
            return true;
        }
        is_comparison(body.insts[inst].op) || matches!(results, [result] if self.affine(*result).is_some())
    }

    fn is_inside(&self, value: Value) -> bool {
        self.around.loops.of_block(self.around.definitions.block(value)) == Some(self.plan.number)
    }

    fn is_fixed(&self, value: Value) -> bool {
        !self.is_inside(value) || self.fixed.contains(&value)
    }

    /// How a value moves from copy to copy.
    fn affine(&self, value: Value) -> Option<Affine> {
        self.induction.divided(value, self.copies as u64)
    }

    // ---- the comparison ----

    /// Whether each copy does what copy 0 does.
    fn are_copies(&mut self) -> bool {
        let (first, last) = (self.insts[0].len(), self.insts[self.blocks.len() - 1].len());
        for copy in 1..self.copies {
            if self.insts[copy * self.distance].len() != last + first {
                return false;
            }
            self.places[copy].insert(0, (copy * self.distance, false));
            for place in 0..=self.distance {
                let Some((there, _)) = self.places[copy].get(&place).copied() else { return false };
                // The first block of a copy begins with the tail of the one before, and the last ends with the head of the next.
                let skipped = if place == 0 { last } else { 0 };
                let (xs, ys) = (&self.insts[place], &self.insts[there]);
                let (xs, ys) = if place == self.distance {
                    (&xs[..last.min(xs.len())], &ys[..last.min(ys.len())])
                } else {
                    (&xs[..], &ys[skipped..])
                };
                let pairs: Vec<_> = xs.iter().zip(ys).map(|(x, y)| (*x, *y)).collect();
                if xs.len() != ys.len()
                    || !pairs.into_iter().all(|(x, y)| self.pair(x, y, copy))
                    || place < self.distance && !self.pair_ends(place, there, copy)
                {
                    return false;
                }
            }
        }
        while let Some((x, y, copy)) = self.open.pop() {
            if !self.compare(x, y, copy) {
                return false;
            }
        }
        true
    }

    /// Takes one instruction as that of a copy which stands for one of copy 0. Operands are compared later.
    fn pair(&mut self, x: Inst, y: Inst, copy: usize) -> bool {
        let body = self.around.body;
        let members = &self.plan.members;
        let mut operands = 0;
        let fits = match (members.get(&x), members.get(&y)) {
            (Some(a), Some(b)) => {
                // The place says what the address is.
                operands = 1;
                let Some(step) = self.plan.groups[a.group].step.as_signed() else { return false };
                let way = step / self.copies as i64 * copy as i64;
                step % self.copies as i64 == 0
                    && a.group == b.group
                    && (a.offset as i64).wrapping_add(way) == b.offset as i64
                    && without_place(body.insts[x].op) == without_place(body.insts[y].op)
            }
            (None, None) => body.insts[x].op == body.insts[y].op,
            _ => false,
        };
        let (xs, ys) = (body.args(x), body.args(y));
        if !fits || xs.len() != ys.len() {
            return false;
        }
        self.open.extend(xs.iter().zip(ys).skip(operands).map(|(x, y)| (*x, *y, copy)));
        self.images[copy].extend(body.results(x).iter().copied().zip(body.results(y).iter().copied()));
        true
    }

    /// Compares how two blocks end, and takes the blocks that they lead to as standing for each other.
    fn pair_ends(&mut self, place: usize, there: usize, copy: usize) -> bool {
        let ends = [place, there].map(|place| &self.around.body.blocks[self.blocks[place]].terminator.kind);
        let is_swapped = match ends {
            [Terminator::Jump(_), Terminator::Jump(_)] => false,
            [Terminator::Branch { condition: x, .. }, Terminator::Branch { condition: y, .. }] => {
                match self.pair_conditions(*x, *y, copy) {
                    Some(is_swapped) => is_swapped,
                    None => return false,
                }
            }
            [Terminator::Switch { index: x, .. }, Terminator::Switch { index: y, .. }] => {
                self.open.push((*x, *y, copy));
                false
            }
            _ => return false,
        };
        self.places[copy].insert(place, (there, is_swapped));
        let (targets, others) = (self.targets(place, false), self.targets(there, is_swapped));
        targets.len() == others.len()
            && targets.iter().zip(&others).all(|(x, y)| {
                let (x, y) = (self.place(x.block), self.place(y.block));
                let fits = x <= self.distance && (x == self.distance) == (y == (copy + 1) * self.distance);
                fits && self.places[copy].entry(x).or_insert((y, false)).0 == y
            })
    }

    /// Compares what two blocks branch on. Whether they do it in opposite ways; `None` if on something else.
    fn pair_conditions(&mut self, x: Value, y: Value, copy: usize) -> Option<bool> {
        let (x, y) = (comparison(self.around, x)?, comparison(self.around, y)?);
        let is_swapped = match (x.0 == y.0, x.0 == negated(y.0)) {
            (true, _) => false,
            (_, true) => true,
            _ => return None,
        };
        self.open_operands((x.1, x.2), (y.1, y.2), copy).then_some(is_swapped)
    }

    fn open_operands(&mut self, x: (Value, Option<Value>), y: (Value, Option<Value>), copy: usize) -> bool {
        self.open.push((x.0, y.0, copy));
        match (x.1, y.1) {
            (Some(x), Some(y)) => self.open.push((x, y, copy)),
            (None, None) => {}
            _ => return false,
        }
        true
    }

    /// Where a block leads, in order or the other way round.
    fn targets(&self, place: usize, is_swapped: bool) -> Vec<BlockCall> {
        let kind = &self.around.body.blocks[self.blocks[place]].terminator.kind;
        let mut targets: Vec<_> = kind.successors().collect();
        if is_swapped {
            targets.reverse();
        }
        targets
    }

    /// Which of the loop's blocks one is.
    fn place(&self, block: Block) -> usize {
        self.blocks.binary_search(&block).expect("only the last block leaves the loop")
    }

    /// Whether `y` is for a copy what `x` is for copy 0.
    fn compare(&mut self, x: Value, y: Value, copy: usize) -> bool {
        if copy == 0 {
            return x == y;
        }
        if let Some(image) = self.images[copy].get(&x) {
            return *image == y;
        }
        match (self.affine(x), self.affine(y)) {
            (Some(x), Some(y)) => {
                let expected = x.start.add_scaled(&x.step, copy as u64);
                return x.step == y.step && expected == Some(y.start);
            }
            (None, None) => {}
            _ => return false,
        }
        if self.is_fixed(x) {
            return self.is_fixed(y) && self.is_same(x, y, DEPTH);
        }
        match (self.around.body.values[x].def, self.around.body.values[y].def) {
            (ValueDef::Param(block, index), _) if block == self.blocks[0] => {
                self.compare_carried(x, index, y, copy)
            }
            (ValueDef::Param(block, x_index), ValueDef::Param(other, y_index)) => {
                let place = self.place(block);
                let image = self.places[copy].get(&place).map(|(there, _)| self.blocks[*there]);
                if image != Some(other) {
                    return false;
                }
                self.images[copy].insert(x, y);
                self.compare_arguments(place, (x_index, y_index), copy);
                true
            }
            (ValueDef::Result(a, _), ValueDef::Result(b, _))
                if [a, b].into_iter().all(|inst| is_comparison(self.around.body.insts[inst].op)) =>
            {
                self.pair_conditions(x, y, copy) == Some(false)
            }
            _ => false,
        }
    }

    /// Whether two values that stay the same are equal.
    fn is_same(&self, x: Value, y: Value, depth: usize) -> bool {
        let body = self.around.body;
        if x == y {
            return true;
        }
        let (ValueDef::Result(a, n), ValueDef::Result(b, m)) = (body.values[x].def, body.values[y].def)
        else {
            return false;
        };
        let (xs, ys) = (body.args(a), body.args(b));
        depth > 0
            && n == m
            && self.is_inside(x)
            && self.is_inside(y)
            && body.insts[a].op == body.insts[b].op
            && xs.len() == ys.len()
            && xs.iter().zip(ys).all(|(x, y)| self.is_same(*x, *y, depth - 1))
    }

    /// Compares what a parameter of one of copy 0's blocks gets with what the one that stands for it in a copy gets.
    fn compare_arguments(&mut self, place: usize, (x, y): (u32, u32), copy: usize) {
        let body = self.around.body;
        for from in 0..place {
            let Some((there, is_swapped)) = self.places[copy].get(&from).copied() else { continue };
            for (target, other) in self.targets(from, false).iter().zip(&self.targets(there, is_swapped)) {
                if target.block == self.blocks[place] {
                    let (x, y) = (body.list(target.args)[x as usize], body.list(other.args)[y as usize]);
                    self.open.push((x, y, copy));
                }
            }
        }
    }

    /// Takes `y` as what copy `copy - 1` has made of a parameter of the header.
    fn compare_carried(&mut self, param: Value, index: u32, y: Value, copy: usize) -> bool {
        if let Some(known) = self.carried.insert((param, copy), y) {
            return known == y;
        }
        // What copy 0 makes of it says what the others must.
        match self.carried.get(&(param, 1)) {
            Some(made) if copy > 1 => self.open.push((*made, y, copy - 1)),
            Some(made) => {
                let known =
                    (2..self.copies).filter_map(|copy| Some((copy, *self.carried.get(&(param, copy))?)));
                self.open.extend(known.map(|(copy, value)| (*made, value, copy - 1)));
                self.open.push((*made, self.next(index), self.copies - 1));
            }
            None => {}
        }
        true
    }

    /// What a parameter of the header is in the next repetition.
    fn next(&self, index: u32) -> Value {
        let last = self.blocks[self.blocks.len() - 1];
        let mut targets = self.around.body.blocks[last].terminator.kind.successors();
        let again =
            targets.find(|target| target.block == self.blocks[0]).expect("the last block repeats the loop");
        self.around.body.list(again.args)[index as usize]
    }

    // ---- the result ----

    /// Whether a vectorised fast copy reads no further than the check demands bytes to be.
    fn reaches_no_further(&self) -> bool {
        let body = self.around.body;
        self.plan.members.iter().all(|(inst, member)| {
            let op = body.insts[*inst].op;
            let Some(access) = op.access() else { return false };
            let group = &self.plan.groups[member.group];
            let step = group.step.as_signed().map(|step| step / self.copies as i64);
            op.stores() || member.offset + reach(access.bytes, step) <= group.reach
        })
    }

    fn rolled(&self, live_out: &[Value]) -> Option<Rolled> {
        let body = self.around.body;
        let (last, end) = (self.blocks[self.distance], self.blocks[self.blocks.len() - 1]);
        let of_copy_1 = &self.insts[self.distance][self.insts[self.blocks.len() - 1].len()..];
        let insts = &body.blocks[last].insts;
        let end_of_tail = match of_copy_1.first() {
            Some(first) => insts.iter().position(|inst| inst == first)?,
            None => insts.len(),
        };
        let mut tail = insts[..end_of_tail].to_vec();
        let constants = body.blocks[end].insts.iter().copied();
        let is_constant = |inst: &Inst| matches!(body.insts[*inst].op, Op::Const(_));
        tail.extend(constants.filter(is_constant).filter(|_| end != last));
        let targets = body.blocks[end].terminator.kind.successors();
        let passed = targets.flat_map(|target| body.list(target.args).iter().copied());
        let mut ends = BTreeMap::new();
        for value in passed.chain(live_out.iter().copied()).filter(|value| self.is_inside(*value)) {
            ends.insert(value, self.end(value, &tail)?);
        }
        Some(Rolled {
            copies: self.copies as u64,
            last: self.distance,
            tail,
            end_of_tail: end_of_tail as u32,
            ends,
        })
    }

    /// What a value of the last copy is at the end of copy 0.
    fn end(&self, value: Value, tail: &[Inst]) -> Option<End> {
        let body = self.around.body;
        if let Some(affine) = self.affine(value) {
            let back = (self.copies as u64 - 1).wrapping_neg();
            return Some(End::Sum(self.induction.sum(value)?.add_scaled(&affine.step, back)?));
        }
        if self.fixed.contains(&value) {
            let ValueDef::Result(inst, _) = body.values[value].def else { return None };
            return tail.contains(&inst).then_some(End::Value(value));
        }
        let last = self.copies - 1;
        let images = self.images[last].iter().filter(|(_, image)| **image == value).map(|(x, _)| *x);
        let carried = self.carried.iter().filter(|((_, copy), image)| *copy == last && **image == value);
        images.chain(carried.map(|((param, _), _)| *param)).min().map(End::Value)
    }
}

/// Whether an operator compares integers.
fn is_comparison(op: Op) -> bool {
    matches!(op, Op::IntEqz(_) | Op::IntCompare(..))
}

/// An access at no place in particular.
fn without_place(mut op: Op) -> Op {
    if let Some(access) = op.access_mut() {
        access.offset = 0;
        access.bounds = Bounds::Checked;
    }
    op
}
