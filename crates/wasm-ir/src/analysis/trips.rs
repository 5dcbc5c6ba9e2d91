//! How often a loop is repeated, as a formula that can be computed before the loop.
//!
//! A test that every repetition passes leaves the loop when a comparison of two affine values fails. If their difference
//! moves by a constant each time, the number of times that the test lets the loop go on follows from where they start. The
//! loop may be left elsewhere as well: then the number is the most that is possible.

use crate::ir::{Block, BlockCall, IntCompare, Op, Terminator, Value, ValueDef};

use super::affine::{Induction, Surroundings};
use super::{Affine, Dominators, Linear};

/// A test of a loop that bounds its repetitions.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Trips {
    /// The block at whose end it stands. Blocks that it dominates run only after it let the loop go on.
    pub(crate) block: Block,
    /// Whether the loop goes on if its condition is not zero.
    pub(crate) goes_on: bool,
    /// What it compares.
    pub(crate) test: Test,
    /// The value that moves, in the first repetition.
    pub(crate) start: Linear,
    /// What each repetition adds to it; not zero.
    pub(crate) step: i64,
    /// The value that it is compared with, which stays.
    pub(crate) limit: Linear,
}

/// The comparison under which a loop goes on.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Test {
    /// While the moving value is not the limit.
    Differs,
    /// While the moving value is on its side of the limit: below it if it grows, above it if it falls.
    Before {
        /// Whether the comparison is signed.
        signed: bool,
        /// Whether the limit itself is on that side.
        inclusive: bool,
    },
}

impl Trips {
    /// Finds a test of a loop, given by its number.
    pub(crate) fn new(
        around: Surroundings<'_>,
        number: usize,
        induction: &Induction<'_>,
        tree: &Dominators,
    ) -> Option<Self> {
        let repeated = &around.loops.loops[number];
        let is_inside = |call: &BlockCall| around.loops.of_block(call.block) == Some(number);
        repeated.blocks.iter().find_map(|block| {
            let Terminator::Branch { condition, then, otherwise } =
                &around.body.blocks[*block].terminator.kind
            else {
                return None;
            };
            let goes_on = match (is_inside(then), is_inside(otherwise)) {
                (true, false) => true,
                (false, true) => false,
                _ => return None,
            };
            if !repeated.always_passes(*block, tree) {
                return None;
            }
            let (op, x, y) = comparison(around, *condition)?;
            let op = if goes_on { op } else { negated(op) };
            let x = induction.affine(x)?;
            let y = match y {
                Some(y) => induction.affine(y)?,
                None => {
                    let zero = Linear::constant(x.start.width(), 0);
                    Affine { start: zero, step: zero }
                }
            };
            Self::of_comparison(*block, goes_on, op, x, y)
        })
    }

    /// The test that `op` of two values is, under which the loop goes on.
    fn of_comparison(block: Block, goes_on: bool, op: IntCompare, x: Affine, y: Affine) -> Option<Self> {
        if op == IntCompare::Ne {
            // Only the difference counts, so both may move.
            let step = x.step.subtract(&y.step)?.as_signed()?;
            let (start, limit) = if y.step.as_constant() == Some(0) {
                (x.start, y.start)
            } else {
                (x.start.subtract(&y.start)?, Linear::constant(x.start.width(), 0))
            };
            return (step != 0).then_some(Self { block, goes_on, test: Test::Differs, start, step, limit });
        }
        let (op, moving, fixed) =
            if x.step.as_constant() == Some(0) { (swapped(op), y, x) } else { (op, x, y) };
        if fixed.step.as_constant() != Some(0) {
            return None;
        }
        let step = moving.step.as_signed()?;
        let (grows, signed, inclusive) = match op {
            IntCompare::LtS => (true, true, false),
            IntCompare::LtU => (true, false, false),
            IntCompare::LeS => (true, true, true),
            IntCompare::LeU => (true, false, true),
            IntCompare::GtS => (false, true, false),
            IntCompare::GtU => (false, false, false),
            IntCompare::GeS => (false, true, true),
            IntCompare::GeU => (false, false, true),
            IntCompare::Eq | IntCompare::Ne => return None,
        };
        let fits = if grows { step > 0 } else { step < 0 };
        let test = Test::Before { signed, inclusive };
        fits.then_some(Self { block, goes_on, test, start: moving.start, step, limit: fixed.start })
    }

    /// How often the test lets the loop go on, if that is a known number.
    pub(crate) fn as_constant(&self) -> Option<u64> {
        let (start, limit) = (self.start.as_constant(), self.limit.as_constant());
        let (width, step) = (self.start.width(), self.step.unsigned_abs());
        match self.test {
            Test::Differs => {
                let distance = self.limit.subtract(&self.start)?.as_constant()?;
                let distance = width.wrap(if self.step > 0 { distance } else { distance.wrapping_neg() });
                distance.is_multiple_of(step).then_some(distance / step)
            }
            Test::Before { signed, inclusive } => {
                let (start, limit) = (start?, limit?);
                let wide = |x: u64| if signed { i128::from(width.signed(x)) } else { i128::from(x) };
                let gap = if self.step > 0 { wide(limit) - wide(start) } else { wide(start) - wide(limit) };
                u64::try_from((gap + i128::from(inclusive)).max(0)).ok().map(|gap| gap.div_ceil(step))
            }
        }
    }
}

/// The comparison that a condition is: an operator and what it compares, the second of which is zero if there is none.
pub(crate) fn comparison(
    around: Surroundings<'_>,
    condition: Value,
) -> Option<(IntCompare, Value, Option<Value>)> {
    let (mut value, mut op) = (condition, IntCompare::Ne);
    loop {
        let ValueDef::Result(inst, _) = around.body.values[value].def else { return Some((op, value, None)) };
        match (around.body.insts[inst].op, around.body.args(inst)) {
            (Op::IntCompare(_, compare), [x, y]) => {
                let compare = if op == IntCompare::Ne { compare } else { negated(compare) };
                return Some((compare, *x, Some(*y)));
            }
            (Op::IntEqz(_), [x]) => {
                (value, op) = (*x, negated(op));
            }
            _ => return Some((op, value, None)),
        }
    }
}

/// The comparison that holds if this one does not.
pub(crate) fn negated(op: IntCompare) -> IntCompare {
    match op {
        IntCompare::Eq => IntCompare::Ne,
        IntCompare::Ne => IntCompare::Eq,
        IntCompare::LtS => IntCompare::GeS,
        IntCompare::LtU => IntCompare::GeU,
        IntCompare::GtS => IntCompare::LeS,
        IntCompare::GtU => IntCompare::LeU,
        IntCompare::LeS => IntCompare::GtS,
        IntCompare::LeU => IntCompare::GtU,
        IntCompare::GeS => IntCompare::LtS,
        IntCompare::GeU => IntCompare::LtU,
    }
}

/// The same comparison with its operands exchanged.
pub(crate) fn swapped(op: IntCompare) -> IntCompare {
    match op {
        IntCompare::Eq | IntCompare::Ne => op,
        IntCompare::LtS => IntCompare::GtS,
        IntCompare::LtU => IntCompare::GtU,
        IntCompare::GtS => IntCompare::LtS,
        IntCompare::GtU => IntCompare::LtU,
        IntCompare::LeS => IntCompare::GeS,
        IntCompare::LeU => IntCompare::GeU,
        IntCompare::GeS => IntCompare::LeS,
        IntCompare::GeU => IntCompare::LeU,
    }
}
