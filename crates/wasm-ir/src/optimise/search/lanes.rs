//! When a loop is left, as operators on vectors that decide for several repetitions at once.
//!
//! A lane stands for a repetition and is as wide as what the loop loads; the scalars are often wider, a byte is an `i32`. So what is
//! known of a lane is that it equals the scalar modulo 2ʷ, and of some that the scalar is its zero or sign extension. Sums need only the
//! former; comparisons need to know the same extension of both sides, and values from before the loop are demanded to have it.

use std::collections::HashMap;

use crate::analysis::{Induction, Linear, Surroundings, addition, integer_of, negated, swapped};
use crate::ir::{
    Bitwise, Convert, Inst, IntBinary, IntCompare, IntShape, IntUnary, IntWidth, Op, Sign, Value, ValueDef,
    VectorIntBinary, VectorOp,
};

/// The most operators of a condition.
const MOST_NODES: usize = 32;
/// How many operators deep a condition is looked into.
const DEEPEST: u32 = 12;

/// A vector, by its place among the others.
pub(super) type Node = usize;

/// How a vector comes about.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(super) enum Lane {
    /// What a load of the loop loads.
    Loaded(Inst),
    /// A value from before the loop, the same in all lanes.
    Same(Linear),
    Binary(VectorOp, Node, Node),
}

/// A condition in each lane: all bits or none.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(super) enum Mask {
    Always(bool),
    Lanes(Node),
}

/// What a scalar is, beyond its lane.
#[derive(Copy, Clone, Debug)]
struct Scalar {
    node: Node,
    /// Whether it is the lane's zero extension, …
    zero: bool,
    /// … and its sign extension.
    sign: bool,
    /// The sum that it is before the loop, which can be demanded to be either.
    outer: Option<Linear>,
}

/// Finds vectors for conditions of one loop.
pub(super) struct Lanes<'a> {
    around: Surroundings<'a>,
    number: usize,
    induction: &'a Induction<'a>,
    shape: IntShape,
    /// The vectors, each after those that it is made of.
    pub(super) nodes: Vec<Lane>,
    /// Values from before the loop that must be their lane's extension.
    pub(super) demands: Vec<(Linear, Sign)>,
    scalars: HashMap<Value, Option<Scalar>>,
}

impl<'a> Lanes<'a> {
    /// For the loop of a number, in which accesses have so many bytes; `None` if no lane has.
    pub(super) fn new(
        around: Surroundings<'a>,
        number: usize,
        induction: &'a Induction<'a>,
        bytes: u8,
    ) -> Option<Self> {
        let shape = IntShape::of_lane_bytes(bytes)?;
        let (nodes, demands, scalars) = (Vec::new(), Vec::new(), HashMap::new());
        Some(Self { around, number, induction, shape, nodes, demands, scalars })
    }

    fn bits(&self) -> u32 {
        self.shape.lane_bits()
    }

    /// One more than the largest number that a lane narrower than `width` holds.
    fn span(&self) -> u64 {
        1 << self.bits()
    }

    fn push(&mut self, lane: Lane) -> Option<Node> {
        if let Some(known) = self.nodes.iter().position(|node| *node == lane) {
            return Some(known);
        }
        self.nodes.push(lane);
        (self.nodes.len() <= MOST_NODES).then(|| self.nodes.len() - 1)
    }

    fn bitwise(&mut self, op: Bitwise, x: Node, y: Node) -> Option<Mask> {
        self.push(Lane::Binary(VectorOp::Bitwise(op), x, y)).map(Mask::Lanes)
    }

    pub(super) fn and(&mut self, x: Mask, y: Mask) -> Option<Mask> {
        match (x, y) {
            (Mask::Always(false), _) | (_, Mask::Always(false)) => Some(Mask::Always(false)),
            (Mask::Always(true), other) | (other, Mask::Always(true)) => Some(other),
            (Mask::Lanes(x), Mask::Lanes(y)) => self.bitwise(Bitwise::And, x, y),
        }
    }

    pub(super) fn or(&mut self, x: Mask, y: Mask) -> Option<Mask> {
        match (x, y) {
            (Mask::Always(true), _) | (_, Mask::Always(true)) => Some(Mask::Always(true)),
            (Mask::Always(false), other) | (other, Mask::Always(false)) => Some(other),
            (Mask::Lanes(x), Mask::Lanes(y)) => self.bitwise(Bitwise::Or, x, y),
        }
    }

    /// Where a value of the loop is not zero, or is.
    pub(super) fn mask(&mut self, value: Value, is_zero: bool, depth: u32) -> Option<Mask> {
        if depth == DEEPEST {
            return None;
        }
        let body = self.around.body;
        if let Some(number) = integer_of(body, value) {
            return Some(Mask::Always((number == 0) == is_zero));
        }
        if let ValueDef::Result(inst, _) = body.values[value].def {
            match (body.insts[inst].op, body.args(inst)) {
                (Op::IntCompare(width, op), [x, y]) => {
                    let op = if is_zero { negated(op) } else { op };
                    return self.compare(width, op, *x, *y);
                }
                (Op::IntEqz(_), [x]) => return self.mask(*x, !is_zero, depth + 1),
                // Neither is zero if their sum in bits is not; for truth values the same holds of products.
                (Op::IntBinary(_, IntBinary::Or), [x, y]) => {
                    let (x, y) = (self.mask(*x, is_zero, depth + 1)?, self.mask(*y, is_zero, depth + 1)?);
                    return if is_zero { self.and(x, y) } else { self.or(x, y) };
                }
                (Op::IntBinary(_, IntBinary::And), [x, y])
                    if self.is_truth(*x, depth) && self.is_truth(*y, depth) =>
                {
                    let (x, y) = (self.mask(*x, is_zero, depth + 1)?, self.mask(*y, is_zero, depth + 1)?);
                    return if is_zero { self.or(x, y) } else { self.and(x, y) };
                }
                (Op::Select, [x, y, condition]) => {
                    return self.selected([*x, *y, *condition], is_zero, depth);
                }
                _ => {}
            }
        }
        let op = if is_zero { IntCompare::Eq } else { IntCompare::Ne };
        let width = IntWidth::of(body.ty(value))?;
        self.compare_with(width, op, value, 0)
    }

    /// Whether a value is 0 or 1 by the operators that make it.
    fn is_truth(&self, value: Value, depth: u32) -> bool {
        let body = self.around.body;
        let ValueDef::Result(inst, _) = body.values[value].def else { return false };
        match body.insts[inst].op {
            Op::IntCompare(..) | Op::IntEqz(_) => true,
            Op::IntBinary(_, IntBinary::And | IntBinary::Or) => {
                depth < DEEPEST && body.args(inst).iter().all(|arg| self.is_truth(*arg, depth + 1))
            }
            _ => false,
        }
    }

    fn selected(&mut self, [x, y, condition]: [Value; 3], is_zero: bool, depth: u32) -> Option<Mask> {
        let (first, second) =
            (self.mask(condition, false, depth + 1)?, self.mask(condition, true, depth + 1)?);
        let (x, y) = (self.mask(x, is_zero, depth + 1)?, self.mask(y, is_zero, depth + 1)?);
        let (x, y) = (self.and(first, x)?, self.and(second, y)?);
        self.or(x, y)
    }

    /// Where a comparison of two values holds.
    fn compare(&mut self, width: IntWidth, op: IntCompare, x: Value, y: Value) -> Option<Mask> {
        let body = self.around.body;
        match (integer_of(body, x), integer_of(body, y)) {
            (_, Some(number)) => return self.compare_with(width, op, x, number),
            (Some(number), _) => return self.compare_with(width, swapped(op), y, number),
            _ => {}
        }
        let (x, y) = (self.scalar(x)?, self.scalar(y)?);
        self.compare_scalars(width, op, x, y)
    }

    /// The same with a constant.
    pub(super) fn compare_with(
        &mut self,
        width: IntWidth,
        op: IntCompare,
        value: Value,
        number: u64,
    ) -> Option<Mask> {
        if self.bits() < width.bits()
            && let Some((moved, constant)) = addition(self.around.body, value)
            && let Some(scalar) = self.scalar(moved)
            && scalar.zero
        {
            return self.compare_moved(width, op, scalar, constant, number);
        }
        let scalar = self.scalar(value)?;
        self.compare_with_number(width, op, scalar, number)
    }

    /// The same of a zero extension plus a constant: the sum may leave the lane and wrap.
    fn compare_moved(
        &mut self,
        width: IntWidth,
        op: IntCompare,
        scalar: Scalar,
        constant: u64,
        number: u64,
    ) -> Option<Mask> {
        let (op, bound) = match op {
            IntCompare::Eq | IntCompare::Ne => {
                let number = width.wrap(number.wrapping_sub(constant));
                return self.compare_with_number(width, op, scalar, number);
            }
            IntCompare::LtU | IntCompare::GeU => (op, number),
            IntCompare::LeU => (IntCompare::LtU, number + 1),
            IntCompare::GtU => (IntCompare::GeU, number + 1),
            _ => return None,
        };
        // `x - lowest < bound` is a range of the lane's numbers, if it ends among them.
        let lowest = width.wrap(constant.wrapping_neg());
        let ends_inside = lowest.checked_add(bound).is_some_and(|end| end <= self.span());
        if bound == 0 || bound >= self.span() || !ends_inside {
            return None;
        }
        let lowest = self.number(lowest)?;
        let difference = VectorOp::IntBinary(self.shape, VectorIntBinary::Sub);
        let node = self.push(Lane::Binary(difference, scalar.node, lowest))?;
        let bound = self.number(bound)?;
        self.push(Lane::Binary(VectorOp::IntCompare(self.shape, op), node, bound)).map(Mask::Lanes)
    }

    fn compare_with_number(
        &mut self,
        width: IntWidth,
        op: IntCompare,
        scalar: Scalar,
        number: u64,
    ) -> Option<Mask> {
        let constant = self.constant(width, number)?;
        let is_other = self.bits() < width.bits() && scalar.outer.is_none();
        if is_other && scalar.zero && !constant.zero
            || is_other && scalar.sign && !scalar.zero && !constant.sign
        {
            // No lane is that number, and all are on the same side of it, or on either.
            let half = self.span() / 2;
            let ends =
                if scalar.zero { [0, self.span() - 1] } else { [width.wrap(half.wrapping_neg()), half - 1] };
            let [first, last] = ends.map(|end| holds(width, op, end, number));
            return (first == last).then_some(Mask::Always(first));
        }
        self.compare_scalars(width, op, scalar, constant)
    }

    fn compare_scalars(&mut self, width: IntWidth, op: IntCompare, x: Scalar, y: Scalar) -> Option<Mask> {
        let op = if self.bits() == width.bits() {
            op
        } else if self.extends(x, Sign::Unsigned) && self.extends(y, Sign::Unsigned) {
            self.demand([x, y], Sign::Unsigned);
            // Of numbers that are not negative, signed comparisons are as unsigned ones.
            unsigned(op)
        } else if self.extends(x, Sign::Signed) && self.extends(y, Sign::Signed) {
            self.demand([x, y], Sign::Signed);
            op
        } else {
            return None;
        };
        if self.shape == IntShape::I64x2 && is_unsigned(op) {
            return None;
        }
        self.push(Lane::Binary(VectorOp::IntCompare(self.shape, op), x.node, y.node)).map(Mask::Lanes)
    }

    /// Whether a scalar is that extension of its lane, or can be demanded to be.
    fn extends(&self, scalar: Scalar, sign: Sign) -> bool {
        scalar.outer.is_some() || if sign == Sign::Unsigned { scalar.zero } else { scalar.sign }
    }

    fn demand(&mut self, scalars: [Scalar; 2], sign: Sign) {
        for scalar in scalars {
            if let Some(sum) = scalar.outer
                && !self.demands.contains(&(sum, sign))
            {
                self.demands.push((sum, sign));
            }
        }
    }

    fn number(&mut self, number: u64) -> Option<Node> {
        let width = if self.shape == IntShape::I64x2 { IntWidth::I64 } else { IntWidth::I32 };
        self.push(Lane::Same(Linear::constant(width, number)))
    }

    fn constant(&mut self, width: IntWidth, number: u64) -> Option<Scalar> {
        let signed = width.signed(number);
        let node = self.number(if self.bits() == 64 { number } else { number & (self.span() - 1) })?;
        let (zero, sign) = match self.bits() {
            64 => (true, true),
            _ => {
                (number < self.span(), (-(self.span() as i64) / 2..self.span() as i64 / 2).contains(&signed))
            }
        };
        Some(Scalar { node, zero, sign, outer: None })
    }

    fn scalar(&mut self, value: Value) -> Option<Scalar> {
        if let Some(known) = self.scalars.get(&value) {
            return *known;
        }
        // What is found on the way to itself is not found.
        self.scalars.insert(value, None);
        let found = self.find_scalar(value);
        self.scalars.insert(value, found);
        found
    }

    /// The lanes of a value that is stored, of which the upper bits do not matter.
    pub(super) fn stored(&mut self, value: Value) -> Option<Node> {
        self.scalar(value).map(|scalar| scalar.node)
    }

    fn find_scalar(&mut self, value: Value) -> Option<Scalar> {
        let body = self.around.body;
        let width = IntWidth::of(body.ty(value))?;
        if width.bits() < self.bits() {
            return None;
        }
        if let Some(number) = integer_of(body, value) {
            return self.constant(width, number);
        }
        if let Some(affine) = self.induction.affine(value) {
            if affine.step.as_constant() != Some(0) {
                return None;
            }
            let node = self.push(Lane::Same(affine.start))?;
            return Some(Scalar { node, zero: false, sign: false, outer: Some(affine.start) });
        }
        let ValueDef::Result(inst, _) = body.values[value].def else { return None };
        self.computed(inst)
    }

    /// The result of an instruction of the loop.
    fn computed(&mut self, inst: Inst) -> Option<Scalar> {
        let body = self.around.body;
        let is_inside =
            |value| self.around.loops.of_block(self.around.definitions.block(value)) == Some(self.number);
        if !body.results(inst).iter().all(|result| is_inside(*result)) {
            return None;
        }
        match (body.insts[inst].op, body.args(inst)) {
            (Op::Load { access, sign, .. }, _) if u32::from(access.bytes) * 8 == self.bits() => {
                let node = self.push(Lane::Loaded(inst))?;
                Some(Scalar { node, zero: sign == Sign::Unsigned, sign: sign == Sign::Signed, outer: None })
            }
            (Op::IntBinary(_, op), [x, y]) => {
                let (x, y) = (self.scalar(*x)?, self.scalar(*y)?);
                self.binary(op, x, y)
            }
            (Op::IntUnary(_, IntUnary::Extend8S), [x]) if self.bits() == 8 => self.sign_extended(*x),
            (Op::IntUnary(_, IntUnary::Extend16S), [x]) if self.bits() == 16 => self.sign_extended(*x),
            (Op::IntUnary(_, IntUnary::Extend32S), [x]) if self.bits() == 32 => self.sign_extended(*x),
            (Op::Convert(Convert::Extend(sign)), [x]) => {
                let x = self.scalar(*x)?;
                let is_lane = self.bits() == 32;
                let zero = sign == Sign::Unsigned && (x.zero || is_lane)
                    || sign == Sign::Signed && x.zero && !is_lane;
                let kept = sign == Sign::Signed && (x.sign || is_lane);
                Some(Scalar { zero, sign: kept, outer: None, ..x })
            }
            _ => None,
        }
    }

    fn sign_extended(&mut self, value: Value) -> Option<Scalar> {
        let scalar = self.scalar(value)?;
        Some(Scalar { zero: false, sign: true, outer: None, ..scalar })
    }

    fn binary(&mut self, op: IntBinary, x: Scalar, y: Scalar) -> Option<Scalar> {
        let arithmetic = |op| VectorOp::IntBinary(self.shape, op);
        let (both_zero, both_sign) = (x.zero && y.zero, x.sign && y.sign);
        let (op, zero, sign) = match op {
            IntBinary::Add => (arithmetic(VectorIntBinary::Add), false, false),
            IntBinary::Sub => (arithmetic(VectorIntBinary::Sub), false, false),
            IntBinary::Mul if self.bits() > 8 => (arithmetic(VectorIntBinary::Mul), false, false),
            IntBinary::And => (VectorOp::Bitwise(Bitwise::And), x.zero || y.zero, both_sign),
            IntBinary::Or => (VectorOp::Bitwise(Bitwise::Or), both_zero, both_sign),
            IntBinary::Xor => (VectorOp::Bitwise(Bitwise::Xor), both_zero, both_sign),
            _ => return None,
        };
        let node = self.push(Lane::Binary(op, x.node, y.node))?;
        Some(Scalar { node, zero, sign, outer: None })
    }
}

fn unsigned(op: IntCompare) -> IntCompare {
    match op {
        IntCompare::LtS => IntCompare::LtU,
        IntCompare::GtS => IntCompare::GtU,
        IntCompare::LeS => IntCompare::LeU,
        IntCompare::GeS => IntCompare::GeU,
        other => other,
    }
}

/// Whether a comparison is one that vectors of 64-bit lanes do not have.
fn is_unsigned(op: IntCompare) -> bool {
    matches!(op, IntCompare::LtU | IntCompare::GtU | IntCompare::LeU | IntCompare::GeU)
}

/// Whether a comparison of two numbers holds.
fn holds(width: IntWidth, op: IntCompare, x: u64, y: u64) -> bool {
    let (a, b) = (width.signed(x), width.signed(y));
    match op {
        IntCompare::Eq => x == y,
        IntCompare::Ne => x != y,
        IntCompare::LtS => a < b,
        IntCompare::LtU => x < y,
        IntCompare::GtS => a > b,
        IntCompare::GtU => x > y,
        IntCompare::LeS => a <= b,
        IntCompare::LeU => x <= y,
        IntCompare::GeS => a >= b,
        IntCompare::GeU => x >= y,
    }
}
