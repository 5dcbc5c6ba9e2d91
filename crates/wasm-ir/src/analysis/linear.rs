//! Sums of values with constant factors, in the arithmetic of `i32` or `i64`.
//!
//! Integers wrap, so a sum is what it is modulo 2³² or 2⁶⁴ whatever the order of its terms: sums can be added, subtracted and
//! scaled without asking whether anything overflows. Who needs the number itself has to find out separately.

use std::fmt::{self, Debug, Formatter};

use crate::ir::{IntWidth, Value};

/// The most terms of a sum that is worth following.
const TERMS: usize = 4;

/// `constant + Σ factor · value`, modulo 2³² or 2⁶⁴, below which all its numbers are. Terms are in order of their values; none has the
/// factor zero.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Linear {
    width: IntWidth,
    terms: [(Value, u64); TERMS],
    count: u8,
    constant: u64,
}

impl Linear {
    /// A constant.
    pub(crate) fn constant(width: IntWidth, constant: u64) -> Self {
        Self { width, terms: [(Value(0), 0); TERMS], count: 0, constant: width.wrap(constant) }
    }

    /// A value of that width.
    pub(crate) fn value(width: IntWidth, value: Value) -> Self {
        let mut sum = Self::constant(width, 0);
        sum.terms[0] = (value, 1);
        sum.count = 1;
        sum
    }

    /// The width of its values, of all numbers in it, and of itself.
    pub(crate) fn width(&self) -> IntWidth {
        self.width
    }

    /// The values with their factors.
    pub(crate) fn terms(&self) -> &[(Value, u64)] {
        &self.terms[..usize::from(self.count)]
    }

    /// The part without values.
    pub(crate) fn constant_part(&self) -> u64 {
        self.constant
    }

    /// The number that the sum is, if it has no values.
    pub(crate) fn as_constant(&self) -> Option<u64> {
        (self.count == 0).then_some(self.constant)
    }

    /// The same as a signed number.
    pub(crate) fn as_signed(&self) -> Option<i64> {
        self.as_constant().map(|number| self.width.signed(number))
    }

    /// The sum without its constant.
    pub(crate) fn without_constant(self) -> Self {
        Self { constant: 0, ..self }
    }

    /// The sum plus a constant.
    pub(crate) fn offset(self, constant: u64) -> Self {
        Self { constant: self.width.wrap(self.constant.wrapping_add(constant)), ..self }
    }

    /// `self + factor · other`, or `None` if it has too many terms.
    pub(crate) fn add_scaled(&self, other: &Self, factor: u64) -> Option<Self> {
        debug_assert_eq!(self.width, other.width, "sums are of values of one type");
        let constant = self.constant.wrapping_add(other.constant.wrapping_mul(factor));
        let mut sum = Self::constant(self.width, constant);
        let (mut left, mut right) = (self.terms(), other.terms());
        loop {
            let (term, next) = match (left, right) {
                ([], []) => return Some(sum),
                ([(value, a), more @ ..], [(other, b), others @ ..]) if value == other => {
                    ((*value, a.wrapping_add(b.wrapping_mul(factor))), (more, others))
                }
                ([(value, a), more @ ..], _) if right.first().is_none_or(|(other, _)| value < other) => {
                    ((*value, *a), (more, right))
                }
                (_, [(value, b), others @ ..]) => ((*value, b.wrapping_mul(factor)), (left, others)),
                (_, []) => unreachable!("the left terms go first when the right ones are used up"),
            };
            (left, right) = next;
            let factor = self.width.wrap(term.1);
            if factor != 0 {
                *sum.terms.get_mut(usize::from(sum.count))? = (term.0, factor);
                sum.count += 1;
            }
        }
    }

    /// The sum of both.
    pub(crate) fn add(&self, other: &Self) -> Option<Self> {
        self.add_scaled(other, 1)
    }

    /// `self - other`.
    pub(crate) fn subtract(&self, other: &Self) -> Option<Self> {
        self.add_scaled(other, u64::MAX)
    }

    /// The sum that makes this one if it is added that many times, if it is a constant and such a number exists.
    pub(crate) fn divided(&self, parts: u64) -> Option<Self> {
        if parts == 1 {
            return Some(*self);
        }
        let (number, parts) = (self.as_signed()?, i64::try_from(parts).ok()?);
        (number % parts == 0).then(|| Self::constant(self.width, (number / parts) as u64))
    }

    /// The product with a constant.
    pub(crate) fn scale(&self, factor: u64) -> Self {
        Self::constant(self.width, 0).add_scaled(self, factor).expect("scaling adds no terms")
    }
}

impl Debug for Linear {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (value, factor) in self.terms() {
            match self.width.signed(*factor) {
                1 => write!(f, "{value} + ")?,
                factor => write!(f, "{factor}·{value} + ")?,
            }
        }
        write!(f, "{}", self.width.signed(self.constant))
    }
}

#[cfg(test)]
mod tests {
    use super::Linear;
    use crate::ir::{IntWidth, Value};

    #[test]
    fn sums_wrap_and_cancel() {
        for width in [IntWidth::I32, IntWidth::I64] {
            let (x, y) = (Linear::value(width, Value(3)), Linear::value(width, Value(7)));
            let sum = y.scale(4).add(&x).unwrap().offset(u64::MAX);
            assert_eq!(format!("{sum:?}"), "v3 + 4·v7 + -1");
            assert_eq!(sum.subtract(&y.scale(4)).unwrap(), x.offset(u64::MAX));
            assert_eq!(x.subtract(&x).unwrap().as_constant(), Some(0));
            assert_eq!(sum.without_constant().offset(5).constant_part(), 5);
        }
        let scaled = |width| Linear::value(width, Value(3)).scale(1 << 31).scale(2).as_constant();
        assert_eq!((scaled(IntWidth::I32), scaled(IntWidth::I64)), (Some(0), None), "factors wrap");
    }

    #[test]
    fn too_many_terms_are_given_up() {
        let value = |n| Linear::value(IntWidth::I32, Value(n));
        let sum = (0..4).map(value).reduce(|a, b| a.add(&b).unwrap()).unwrap();
        assert_eq!(sum.terms().len(), 4);
        assert_eq!(sum.add(&value(9)), None);
        assert!(sum.add(&value(2)).is_some());
    }
}
