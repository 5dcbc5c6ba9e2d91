//! Which function types are the same (specification: Types, Recursive Types; Validation, Matching).
//!
//! Types that may mention each other are defined together, in a recursion group, and two types are the same if they stand
//! at the same place in groups that are the same. So groups are what is compared: a reference into the group itself by its
//! place there, any other by the number of the type, which is known by then. One look in a map decides about a group,
//! however deep its types refer to others.

use std::collections::HashMap;
use std::ops::Range;

use crate::entity::Entity;
use crate::types::{FuncType, HeapType, RefType, TypeIndex, ValType};

/// Marks a reference into the group itself.
const WITHIN: u32 = 1 << 31;

/// Gives numbers to function types: the same to those that are the same, whatever module they come from.
#[derive(Clone, Default, Debug)]
pub struct TypeNumbers {
    groups: HashMap<Box<[FuncType]>, u32>,
    count: u32,
}

impl TypeNumbers {
    /// The number of the first type of a recursion group; the others' follow. `indices` are the module's of the group's types,
    /// `number` tells the numbers of types outside of it.
    ///
    /// # Panics
    /// If there are 2^31 different types.
    pub fn intern(
        &mut self,
        group: &[FuncType],
        indices: Range<usize>,
        number: impl Fn(TypeIndex) -> u32,
    ) -> u32 {
        let key = group.iter().map(|ty| {
            renumber(ty, |index| match index.index().checked_sub(indices.start) {
                Some(place) if index.index() < indices.end => WITHIN | place as u32,
                _ => number(index),
            })
        });
        let count = &mut self.count;
        *self.groups.entry(key.collect()).or_insert_with(|| {
            let first = *count;
            *count = u32::try_from(group.len()).ok().and_then(|len| first.checked_add(len)).unwrap_or(WITHIN);
            assert!(*count < WITHIN, "fewer than 2^31 function types");
            first
        })
    }

    /// How many different types there are.
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// A function type with other numbers for the types that it mentions.
pub fn renumber(ty: &FuncType, number: impl Fn(TypeIndex) -> u32) -> FuncType {
    let list = |types: &[ValType]| types.iter().map(|ty| renumber_value(*ty, &number)).collect();
    FuncType { params: list(&ty.params), results: list(&ty.results) }
}

/// A value type with another number for the type that it mentions.
pub fn renumber_value(ty: ValType, number: impl Fn(TypeIndex) -> u32) -> ValType {
    match ty {
        ValType::Ref(ty) => ValType::Ref(renumber_reference(ty, number)),
        ty => ty,
    }
}

/// A reference type with another number for the type that it mentions.
pub fn renumber_reference(ty: RefType, number: impl Fn(TypeIndex) -> u32) -> RefType {
    match ty.heap {
        HeapType::Concrete(index) => RefType { heap: HeapType::Concrete(TypeIndex(number(index))), ..ty },
        _ => ty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(index: u32) -> ValType {
        ValType::Ref(RefType { nullable: true, heap: HeapType::Concrete(TypeIndex(index)) })
    }

    fn takes(index: u32) -> FuncType {
        FuncType::new([reference(index)], [])
    }

    #[test]
    fn groups_are_compared_by_structure() {
        let mut numbers = TypeNumbers::default();
        let same = |index: TypeIndex| index.0;
        let unit = numbers.intern(&[FuncType::default()], 0..1, same);
        // A type that takes itself, at two places of two modules.
        let own = numbers.intern(&[takes(1)], 1..2, same);
        assert_eq!(numbers.intern(&[takes(7)], 7..8, same), own);
        // One that takes the type above is another, though both unfold to the same tree.
        assert_ne!(numbers.intern(&[takes(1)], 5..6, same), own);
        assert_ne!(numbers.intern(&[takes(0)], 5..6, same), own);
        // Two that take each other, and the same two in another order.
        let pair = [takes(4), FuncType::new([], [reference(3)])];
        let first = numbers.intern(&pair, 3..5, same);
        let moved = [takes(10), FuncType::new([], [reference(9)])];
        assert_eq!(numbers.intern(&moved, 9..11, same), first);
        let swapped = [FuncType::new([], [reference(4)]), takes(3)];
        assert_ne!(numbers.intern(&swapped, 3..5, same), first);
        // A member of a group is not the type that stands alone.
        let with_unit = numbers.intern(&[FuncType::default(), FuncType::default()], 0..2, same);
        assert_ne!(with_unit, unit);
        assert_eq!(numbers.count(), with_unit + 2);
    }
}
