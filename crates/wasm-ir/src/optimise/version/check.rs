//! The check before a versioned loop, as instructions.
//!
//! All arithmetic is in 64 bits. Of `i32` values, a number of repetitions is at most 2³², a step at least -2³¹ and below 2³¹, an address
//! below 2³² and a group's extent at most 2³³. So a product lies between -2⁶³ and 2⁶³, and a last address stays below 2⁶⁴, where it is
//! compared unsigned. Only with 2³² repetitions could that be exceeded; then a test's value has wrapped, which fails by itself.
//!
//! Values that are `i64` themselves have no such bounds, so they are demanded: what a test compares and where addresses start below [`FAR`], steps of
//! at most [`LONGEST_STEP`] either way, at most [`MOST_TRIPS`] repetitions. Their product is at most 2⁶².
//!
//! In a nest two ways are added up. With at most [`MOST_IN_NEST`] repetitions in each loop, none is longer than 2⁵⁹.

use std::collections::HashMap;

use crate::analysis::{Linear, Test, Trips};
use crate::ir::{IntBinary, IntCompare, IntWidth, Op, Sign, Value};
use crate::optimise::emitter::Emitter;
use crate::{MemoryIndex, ValType};

use super::nest::{Demand, InnerLoop};
use super::plan::{Cost, GroupPlan, LONGEST_STEP, Plan, pairs};

/// 64-bit values of a test, and addresses in the first repetition, lie below this; signed ones not below its negative.
const FAR: i64 = 1 << 62;
/// The most repetitions of a loop whose test is of 64-bit values. With addresses of 32 bits it is 2³², as for other tests.
const MOST_TRIPS: i64 = 1 << 38;
/// The most repetitions of a loop of a nest: no sum of two ways comes near 2⁶³.
const MOST_IN_NEST: i64 = 1 << 28;

/// What the check leaves for the fast copy.
pub(super) struct Checked {
    /// Not zero if the fast copy may run.
    pub(super) passed: Value,
    /// The number of the repetition that fails the test.
    pub(super) count: Value,
    /// The same for each inner loop.
    pub(super) inner: Vec<Value>,
    /// What the loop costs in fuel, if that is counted.
    pub(super) cost: Option<Value>,
    /// The addresses of each group.
    pub(super) groups: Vec<Addresses>,
}

/// Where the addresses of a group start and how they move, in 64 bits.
#[derive(Copy, Clone)]
pub(super) struct Addresses {
    pub(super) start: Value,
    pub(super) step: Step,
    /// How they move in an inner loop, by its number.
    pub(super) inner: Option<(usize, Step)>,
}

#[derive(Copy, Clone)]
pub(super) enum Step {
    Constant(i64),
    Value(Value),
}

impl Checked {
    /// Divides each repetition into that many.
    pub(super) fn roll_up(&mut self, e: &mut Emitter<'_>, copies: u64) {
        let copies = copies as i64;
        let all = e.with_constant(IntBinary::Mul, self.count, copies);
        self.count = e.with_constant(IntBinary::Add, all, copies - 1);
        for group in &mut self.groups {
            if let Step::Constant(step) = &mut group.step {
                *step /= copies;
            }
        }
    }
}

/// Emits the check of a plan. `replaced` gives a value of the plan's sums as it is before the loop.
pub(super) fn emit(e: &mut Emitter<'_>, plan: &Plan, replaced: impl Fn(Value) -> Value) -> Checked {
    let mut check = Check::new(e, replaced);
    let count = check.repetitions(&plan.trips, &plan.groups);
    check.nest(&plan.inner, count);
    for Demand { op, x, y } in &plan.demands {
        check.holds(*op, x, y);
    }
    let spans: Vec<_> = plan.groups.iter().map(|group| check.group(group, count)).collect();
    for (a, b) in pairs(&plan.groups) {
        check.disjoint(&spans[a], &spans[b]);
    }
    let cost = plan.cost.map(|cost| check.fuel(cost, count));
    let passed = check.passed.expect("a plan has a group, which is checked");
    let inner = check.inner;
    let passed = e.likely(passed);
    Checked { passed, count, inner, cost, groups: spans.into_iter().map(|span| span.addresses).collect() }
}

/// Conditions that are computed before a loop.
pub(in crate::optimise) struct Check<'e, 'a, R> {
    pub(in crate::optimise) e: &'e mut Emitter<'a>,
    replaced: R,
    /// Whether all conditions so far hold.
    pub(in crate::optimise) passed: Option<Value>,
    lengths: HashMap<MemoryIndex, Value>,
    /// The numbers of repetitions of inner loops.
    inner: Vec<Value>,
}

/// The bytes that a group accesses: from the lowest to one past the highest.
struct Span {
    addresses: Addresses,
    low: Value,
    high: Value,
}

impl<'e, 'a, R: Fn(Value) -> Value> Check<'e, 'a, R> {
    pub(in crate::optimise) fn new(e: &'e mut Emitter<'a>, replaced: R) -> Self {
        Self { e, replaced, passed: None, lengths: HashMap::new(), inner: Vec::new() }
    }

    pub(in crate::optimise) fn demand(&mut self, condition: Value) {
        self.passed = Some(match self.passed {
            None => condition,
            Some(passed) => self.e.int32(IntBinary::And, passed, condition),
        });
    }

    pub(in crate::optimise) fn sum(&mut self, sum: &Linear) -> Value {
        self.e.sum(sum, &self.replaced)
    }

    /// The repetitions of inner loops. In a nest, none may be too many.
    fn nest(&mut self, inner: &[InnerLoop], outer: Value) {
        if inner.is_empty() {
            return;
        }
        self.at_most(outer, MOST_IN_NEST);
        for inner in inner {
            let count = self.trips(&inner.trips);
            self.at_most(count, MOST_IN_NEST);
            self.inner.push(count);
        }
    }

    /// Demands that a comparison holds.
    fn holds(&mut self, op: IntCompare, x: &Linear, y: &Linear) {
        let args = [self.sum(x), self.sum(y)];
        let holds = self.e.value(Op::IntCompare(x.width(), op), &args, ValType::I32);
        self.demand(holds);
    }

    /// Demands that an unsigned number is at most a constant.
    pub(in crate::optimise) fn at_most(&mut self, number: Value, most: i64) {
        let most = self.e.i64(most);
        let fits = self.e.compare(IntCompare::LeU, number, most);
        self.demand(fits);
    }

    /// Demands that a sum is the extension of its lowest bytes.
    pub(in crate::optimise) fn extension(&mut self, sum: &Linear, sign: Sign, bytes: u8) {
        let span = 1 << (8 * bytes);
        let sum = if sign == Sign::Signed { sum.offset(span / 2) } else { *sum };
        let value = self.sum(&sum);
        let value = match sum.width() {
            IntWidth::I32 => self.e.extend(value, Sign::Unsigned),
            IntWidth::I64 => value,
        };
        self.at_most(value, span as i64 - 1);
    }

    /// A sum in 64 bits. One that has them already is demanded to be near zero, on either side of it if it is signed.
    pub(in crate::optimise) fn wide(&mut self, sum: &Linear, sign: Sign) -> Value {
        let value = self.sum(sum);
        match (sum.width(), sign) {
            (IntWidth::I32, _) => return self.e.extend(value, sign),
            (IntWidth::I64, Sign::Unsigned) => self.at_most(value, FAR - 1),
            (IntWidth::I64, Sign::Signed) => {
                let shifted = self.e.with_constant(IntBinary::Add, value, FAR);
                self.at_most(shifted, i64::MAX);
            }
        }
        value
    }

    /// How often the test lets the loop go on, if that is not too often for its accesses.
    pub(in crate::optimise) fn repetitions(&mut self, trips: &Trips, groups: &[GroupPlan]) -> Value {
        let count = self.trips(trips);
        if trips.start.width() == IntWidth::I64 {
            let has_narrow = groups.iter().any(|group| group.start.width() == IntWidth::I32);
            self.at_most(count, if has_narrow { 1 << 32 } else { MOST_TRIPS });
        }
        count
    }

    /// How often the test lets the loop go on: the number of the repetition that fails it.
    fn trips(&mut self, trips: &Trips) -> Value {
        let width = trips.start.width();
        let step = trips.step.abs();
        match trips.test {
            Test::Differs => {
                let (to, from) =
                    if trips.step > 0 { (trips.limit, trips.start) } else { (trips.start, trips.limit) };
                let distance = match to.subtract(&from) {
                    Some(distance) => self.sum(&distance),
                    None => {
                        let (to, from) = (self.sum(&to), self.sum(&from));
                        self.e.int(width, IntBinary::Sub, to, from)
                    }
                };
                let distance = match width {
                    IntWidth::I32 => self.e.extend(distance, Sign::Unsigned),
                    IntWidth::I64 => distance,
                };
                if step != 1 {
                    // Else the value steps over the limit, and comes by again or never.
                    let rest = self.e.with_constant(IntBinary::RemU, distance, step);
                    let zero = self.e.i64(0);
                    let hits = self.e.compare(IntCompare::Eq, rest, zero);
                    self.demand(hits);
                }
                self.e.with_constant(IntBinary::DivU, distance, step)
            }
            Test::Before { signed, inclusive } => {
                let sign = if signed { Sign::Signed } else { Sign::Unsigned };
                let (start, limit) = (self.wide(&trips.start, sign), self.wide(&trips.limit, sign));
                let (to, from) = if trips.step > 0 { (limit, start) } else { (start, limit) };
                let gap = self.e.int64(IntBinary::Sub, to, from);
                let gap = self.e.with_constant(IntBinary::Add, gap, i64::from(inclusive));
                let gap = self.e.clamp(IntCompare::GtS, gap);
                let rounded = self.e.with_constant(IntBinary::Add, gap, step - 1);
                let count = self.e.with_constant(IntBinary::DivU, rounded, step);
                if step != 1 || inclusive {
                    self.reaches(width, start, count, trips.step, sign);
                }
                count
            }
        }
    }

    /// Demands that the value which fails a test is what it would be without wrapping.
    fn reaches(&mut self, width: IntWidth, start: Value, count: Value, step: i64, sign: Sign) {
        let (bound, op) = match (step > 0, sign, width) {
            (true, Sign::Signed, IntWidth::I32) => (i64::from(i32::MAX), IntCompare::LeS),
            (true, Sign::Unsigned, IntWidth::I32) => (i64::from(u32::MAX), IntCompare::LeS),
            (false, Sign::Signed, IntWidth::I32) => (i64::from(i32::MIN), IntCompare::GeS),
            (false, Sign::Unsigned, _) => (0, IntCompare::GeS),
            // The limit is far from where it would wrap.
            (true, _, IntWidth::I64) | (false, Sign::Signed, IntWidth::I64) => return,
        };
        let way = self.e.with_constant(IntBinary::Mul, count, step);
        let last = self.e.int64(IntBinary::Add, start, way);
        let bound = self.e.i64(bound);
        let fits = self.e.compare(op, last, bound);
        self.demand(fits);
    }

    /// Demands that a group stays in its memory. `count` is the number of the repetition that fails the test.
    fn group(&mut self, group: &GroupPlan, count: Value) -> Span {
        let start = self.wide(&group.start, Sign::Unsigned);
        let last = self.e.with_constant(IntBinary::Add, count, -i64::from(group.after_test));
        let (mut lowest, mut highest) = (start, start);
        let step = self.widen(&mut lowest, &mut highest, &group.step, last);
        let inner = group.inner.map(|stride| {
            let after_test = -i64::from(group.after_inner_test);
            let last = self.e.with_constant(IntBinary::Add, self.inner[stride.inner], after_test);
            (stride.inner, self.widen(&mut lowest, &mut highest, &stride.step, last))
        });
        if lowest != start {
            let zero = self.e.i64(0);
            let is_address = self.e.compare(IntCompare::GeS, lowest, zero);
            self.demand(is_address);
        }
        let low = self.e.with_constant(IntBinary::Add, lowest, group.low as i64);
        let high = self.e.with_constant(IntBinary::Add, highest, group.high as i64);
        let length = self.length(group.memory);
        let reach = match group.reach {
            reach if reach == group.high => high,
            reach => self.e.with_constant(IntBinary::Add, highest, reach as i64),
        };
        let is_inside = self.e.compare(IntCompare::LeU, reach, length);
        self.demand(is_inside);
        Span { addresses: Addresses { start, step, inner }, low, high }
    }

    /// Widens a range by the way that an address goes in so many steps.
    fn widen(&mut self, lowest: &mut Value, highest: &mut Value, step: &Linear, steps: Value) -> Step {
        if let Some(step) = step.as_signed() {
            if step != 0 {
                let way = self.e.with_constant(IntBinary::Mul, steps, step);
                let end = if step < 0 { lowest } else { highest };
                *end = self.e.int64(IntBinary::Add, *end, way);
            }
            return Step::Constant(step);
        }
        let mut value = self.sum(step);
        if step.width() == IntWidth::I32 {
            value = self.e.extend(value, Sign::Signed);
        } else {
            let shifted = self.e.with_constant(IntBinary::Add, value, LONGEST_STEP as i64);
            self.at_most(shifted, 2 * LONGEST_STEP as i64);
        }
        let way = self.e.int64(IntBinary::Mul, steps, value);
        let (down, up) = (self.e.clamp(IntCompare::LtS, way), self.e.clamp(IntCompare::GtS, way));
        *lowest = self.e.int64(IntBinary::Add, *lowest, down);
        *highest = self.e.int64(IntBinary::Add, *highest, up);
        Step::Value(value)
    }

    /// Demands that there is fuel for all repetitions; how much that is. No repetition costs 2¹² or more, so with 2³⁸ of them the product
    /// stays far below 2⁶³.
    fn fuel(&mut self, cost: Cost, count: Value) -> Value {
        let whole = self.e.with_constant(IntBinary::Mul, count, cost.whole as i64);
        let cost = self.e.with_constant(IntBinary::Add, whole, cost.last as i64);
        let left = self.e.value(Op::FuelLeft, &[], ValType::I64);
        let is_enough = self.e.compare(IntCompare::GeS, left, cost);
        self.demand(is_enough);
        cost
    }

    pub(in crate::optimise) fn length(&mut self, memory: MemoryIndex) -> Value {
        *self
            .lengths
            .entry(memory)
            .or_insert_with(|| self.e.value(Op::MemoryLength(memory), &[], ValType::I64))
    }

    /// Demands that two groups have no byte in common.
    fn disjoint(&mut self, a: &Span, b: &Span) {
        let before = self.e.compare(IntCompare::LeU, a.high, b.low);
        let behind = self.e.compare(IntCompare::LeU, b.high, a.low);
        let apart = self.e.int32(IntBinary::Or, before, behind);
        self.demand(apart);
    }
}

/// An address after so many steps.
pub(super) fn address(e: &mut Emitter<'_>, start: Value, step: Step, steps: Value) -> Value {
    let way = match step {
        Step::Constant(0) => return start,
        Step::Constant(step) => e.with_constant(IntBinary::Mul, steps, step),
        Step::Value(step) => e.int64(IntBinary::Mul, steps, step),
    };
    e.int64(IntBinary::Add, start, way)
}
