//! Sums of values with constant factors, in 32-bit arithmetic.
//!
//! WebAssembly's `i32` wraps, so a sum is what it is modulo 2³² whatever the order of its terms: sums can be added, subtracted and
//! scaled without asking whether anything overflows. Who needs the number itself has to find out separately.

use std::fmt::{self, Debug, Formatter};

use crate::ir::Value;

/// The most terms of a sum that is worth following.
const TERMS: usize = 4;

/// `constant + Σ factor · value`, modulo 2³². Terms are in order of their values; none has the factor zero.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Linear {
    terms: [(Value, u32); TERMS],
    count: u8,
    /// The constant part.
    pub(crate) constant: u32,
}

impl Linear {
    /// A constant.
    pub(crate) fn constant(constant: u32) -> Self {
        Self { terms: [(Value(0), 0); TERMS], count: 0, constant }
    }

    /// A value.
    pub(crate) fn value(value: Value) -> Self {
        let mut sum = Self::constant(0);
        sum.terms[0] = (value, 1);
        sum.count = 1;
        sum
    }

    /// The values with their factors.
    pub(crate) fn terms(&self) -> &[(Value, u32)] {
        &self.terms[..usize::from(self.count)]
    }

    /// The number that the sum is, if it has no values.
    pub(crate) fn as_constant(&self) -> Option<u32> {
        (self.count == 0).then_some(self.constant)
    }

    /// The sum without its constant.
    pub(crate) fn without_constant(self) -> Self {
        Self { constant: 0, ..self }
    }

    /// The sum plus a constant.
    pub(crate) fn offset(self, constant: u32) -> Self {
        Self { constant: self.constant.wrapping_add(constant), ..self }
    }

    /// `self + factor · other`, or `None` if it has too many terms.
    pub(crate) fn add_scaled(&self, other: &Self, factor: u32) -> Option<Self> {
        let mut sum = Self::constant(self.constant.wrapping_add(other.constant.wrapping_mul(factor)));
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
            if term.1 != 0 {
                *sum.terms.get_mut(usize::from(sum.count))? = term;
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
        self.add_scaled(other, u32::MAX)
    }

    /// The product with a constant.
    pub(crate) fn scale(&self, factor: u32) -> Self {
        Self::constant(0).add_scaled(self, factor).expect("scaling adds no terms")
    }
}

impl Debug for Linear {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (value, factor) in self.terms() {
            match *factor as i32 {
                1 => write!(f, "{value} + ")?,
                factor => write!(f, "{factor}·{value} + ")?,
            }
        }
        write!(f, "{}", self.constant as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::Linear;
    use crate::ir::Value;

    #[test]
    fn sums_wrap_and_cancel() {
        let (x, y) = (Linear::value(Value(3)), Linear::value(Value(7)));
        let sum = y.scale(4).add(&x).unwrap().offset(u32::MAX);
        assert_eq!(format!("{sum:?}"), "v3 + 4·v7 + -1");
        assert_eq!(sum.subtract(&y.scale(4)).unwrap(), x.offset(u32::MAX));
        assert_eq!(x.subtract(&x).unwrap().as_constant(), Some(0));
        assert_eq!(x.scale(1 << 31).scale(2).as_constant(), Some(0), "factors wrap");
        assert_eq!(sum.without_constant().offset(5).constant, 5);
    }

    #[test]
    fn too_many_terms_are_given_up() {
        let sum = (0..4).map(|n| Linear::value(Value(n))).reduce(|a, b| a.add(&b).unwrap()).unwrap();
        assert_eq!(sum.terms().len(), 4);
        assert_eq!(sum.add(&Linear::value(Value(9))), None);
        assert!(sum.add(&Linear::value(Value(2))).is_some());
    }
}
