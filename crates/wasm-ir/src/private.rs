//! Functions that nothing but calls of their own module reaches: a compiler may call them as it likes.
//!
//! Whoever else calls a function has a reference to it: the host and other instances by an export, an element of a table or a value
//! that they were given, the runtime as the start function. So a function is private if it is not exported, is not the start function,
//! and no reference to it ever comes into being, except as an element of a [fixed table](crate::FixedTables) that no
//! instruction reads: such elements are only called, by this module.
//!
//! An indirect call does not know which element it finds, only its type. So the elements of one type in one table are private together
//! or not at all.
//!
//! A module with a tail call has none. A function that leaves by a tail call, and one that takes another's place, need a
//! convention that can do this, and who is called through a table has it like all others of its type.

use std::collections::BTreeSet;

use crate::uses::Uses;
use crate::{ConstExpr, Declarations, FixedTables, FuncIndex, Module, SegmentMode, TableIndex, TypeIndex};

/// The private functions of a module.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct PrivateFunctions {
    functions: BTreeSet<FuncIndex>,
    /// The types, by their numbers, whose elements in a fixed table are private.
    elements: BTreeSet<(TableIndex, u32)>,
}

impl PrivateFunctions {
    /// Whether a function is private.
    pub fn contains(&self, func: FuncIndex) -> bool {
        self.functions.contains(&func)
    }

    /// Whether every element of a type is private in a table, and the table has such elements.
    pub fn are_elements(&self, declarations: &Declarations, table: TableIndex, ty: TypeIndex) -> bool {
        let number = declarations.type_numbers.get(ty);
        number.is_some_and(|number| self.elements.contains(&(table, *number)))
    }

    /// Those that nothing but direct calls reaches: found in a module's declarations alone, without reading its bodies.
    pub(crate) fn unreferenced(module: &Module) -> Self {
        if module.tail_calls {
            return Self::default();
        }
        let declarations = module.declarations();
        let escaping = declarations.escaping_functions();
        let functions = declarations.defined_functions().filter(|func| !escaping.contains(func)).collect();
        Self { functions, elements: BTreeSet::new() }
    }

    /// Finds those of a module.
    pub(crate) fn find(module: &Module) -> Self {
        let (declarations, uses) = (module.declarations(), module.uses());
        if module.tail_calls {
            return Self::default();
        }
        let fixed = module.fixed_tables();
        let mut others = referenced(declarations, uses, fixed);
        while let Some(more) = beside(declarations, fixed, &others) {
            others.extend(more);
        }
        let functions: BTreeSet<_> =
            declarations.defined_functions().filter(|func| !others.contains(func)).collect();
        let elements = typed_elements(declarations, fixed);
        let elements = elements.filter(|(_, _, func)| functions.contains(func));
        let elements = elements.map(|(table, number, _)| (table, number)).collect();
        Self { functions, elements }
    }
}

/// The functions that someone else may call, or may have a reference to.
fn referenced(declarations: &Declarations, uses: &Uses, fixed: &FixedTables) -> BTreeSet<FuncIndex> {
    let only_called = |table: TableIndex| fixed.get(table).is_some() && !uses.read.contains(&table);
    let segments = declarations.elements.values().filter(|segment| match segment.mode {
        SegmentMode::Active { target, .. } => !only_called(target),
        _ => true,
    });
    let expressions = segments.flat_map(|segment| &segment.items).chain(declarations.initial_values());
    let referenced = expressions.flat_map(ConstExpr::functions).chain(uses.referenced.iter().copied());
    referenced.chain(declarations.exported_functions()).chain(declarations.start).collect()
}

/// The elements of fixed tables that are not among some functions, but have the type of one that is and stands in the same table; nothing if there
/// are none.
fn beside(
    declarations: &Declarations,
    fixed: &FixedTables,
    functions: &BTreeSet<FuncIndex>,
) -> Option<Vec<FuncIndex>> {
    let elements = || typed_elements(declarations, fixed);
    let theirs: BTreeSet<_> = elements()
        .filter(|(_, _, func)| functions.contains(func))
        .map(|(table, number, _)| (table, number))
        .collect();
    let beside: Vec<_> = elements()
        .filter(|(table, number, func)| theirs.contains(&(*table, *number)) && !functions.contains(func))
        .map(|(_, _, func)| func)
        .collect();
    (!beside.is_empty()).then_some(beside)
}

/// The elements of fixed tables: table, number of the type, function.
fn typed_elements<'a>(
    declarations: &'a Declarations,
    fixed: &'a FixedTables,
) -> impl Iterator<Item = (TableIndex, u32, FuncIndex)> + 'a {
    fixed.iter().flat_map(move |(index, table)| {
        table.elements.iter().flatten().filter_map(move |func| {
            let number = *declarations.type_numbers.get(declarations.functions[*func].ty)?;
            Some((index, number, *func))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The private functions of a module, and for each type whether its elements in the first table are.
    fn private(text: &str) -> (Vec<u32>, Vec<bool>) {
        let module = Module::new(text.as_bytes()).unwrap();
        let (declarations, private) = (module.declarations(), module.private_functions());
        let functions = declarations.functions.keys().filter(|func| private.contains(*func));
        let types = declarations.types.keys();
        let elements = types.map(|ty| private.are_elements(declarations, TableIndex(0), ty));
        (functions.map(|func| func.0).collect(), elements.collect())
    }

    fn functions(text: &str) -> Vec<u32> {
        private(text).0
    }

    #[test]
    fn functions_without_references_are_private() {
        let text =
            "(module (import \"m\" \"f\" (func)) (func $a) (func (export \"b\")) (func $c) (start $c))";
        assert_eq!(functions(text), [1]);
    }

    #[test]
    fn references_are_not() {
        for text in [
            "(module (func $a) (global funcref (ref.func $a)))",
            "(module (func $a) (table 1 funcref (ref.func $a)))",
            "(module (func $a) (table (export \"t\") 1 funcref) (elem (i32.const 0) $a))",
            "(module (func $a) (elem func $a))",
            "(module (func $a) (elem declare func $a))",
            "(module (func $a) (table 1 funcref) (elem (i32.const 0) $a)
                (func (export \"f\") (result funcref) (table.get (i32.const 0))))",
            "(module (func $a) (table 1 funcref) (table $u 1 funcref) (elem (i32.const 0) $a)
                (func (export \"f\") (table.copy $u 0 (i32.const 0) (i32.const 0) (i32.const 1))))",
            "(module (func $a) (table 1 funcref) (elem (i32.const 0) $a)
                (func (export \"f\") (result funcref) (ref.func $a)))",
        ] {
            assert_eq!(functions(text), [0; 0], "{text}");
        }
    }

    #[test]
    fn elements_that_are_only_called_are_private_by_type() {
        let text = "(module (type $t (func)) (type $u (func (param i32)))
            (func $a (type $t)) (func $b (type $t)) (func $c (type $u))
            (table 3 funcref) (elem (i32.const 0) $a $b $c)
            (func (export \"f\") (call_indirect (type $t) (i32.const 0))))";
        assert_eq!(private(text), (vec![0, 1, 2], vec![true, true]));
        let exported = text.replace("(func $a", "(func $a (export \"a\")");
        assert_eq!(private(&exported), (vec![2], vec![false, true]), "$b has the type of $a");
    }

    #[test]
    fn what_stands_beside_others_spreads() {
        let text = "(module (type $t (func)) (func $a (type $t)) (func $b (type $t)) (func $c (type $t))
            (table $t 2 funcref) (elem (table $t) (i32.const 0) func $a $b)
            (table $u 2 funcref) (elem (table $u) (i32.const 0) func $b $c))";
        assert_eq!(functions(text), [0, 1, 2]);
        let exported = text.replace("(func $a", "(func $a (export \"a\")");
        assert_eq!(functions(&exported), [0; 0]);
    }

    #[test]
    fn a_module_with_tail_calls_has_none() {
        for tail_call in
            ["(return_call $a)", "(return_call_indirect (i32.const 0))", "(return_call_ref $t (ref.func $b))"]
        {
            let text = format!(
                "(module (type $t (func)) (table 1 funcref) (func $a) (func $b (type $t)) (elem declare func $b)
                    (func {tail_call}))"
            );
            assert_eq!(functions(&text), [0; 0], "{tail_call}");
        }
    }
}
