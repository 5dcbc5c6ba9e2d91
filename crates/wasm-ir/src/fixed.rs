//! Tables whose elements are known when the module is compiled, and never change: for indirect calls through them.
//!
//! Such a table is neither imported nor exported, no instruction of the module writes to it or makes it longer, and all that its
//! active segments put there are functions that the module defines. That is the table that a linker makes for a C, C++ or Rust
//! program's pointers to functions.
//!
//! *Why that is all.* Code that runs finds the active segments applied: the start function comes after them, and an instance
//! whose segments do not fit has none of its functions called, since no one else has them. A passive segment gets into a table
//! by `table.init` only, which is an instruction that writes. Nobody outside can name the table.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::entity::Entity;
use crate::{
    ConstOp, Declarations, ElementSegment, EntityIndex, FuncIndex, Module, SegmentMode, TableIndex, TypeIndex,
};

/// A table with more elements is not looked at, and neither is one with none, through which nothing is called.
const ELEMENTS: RangeInclusive<u64> = 1..=1 << 20;

/// The fixed tables of a module.
#[derive(Clone, Default, Debug)]
pub struct FixedTables(HashMap<TableIndex, FixedTable>);

/// A table whose elements are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FixedTable {
    /// Its elements: functions that the module defines, and null.
    pub elements: Vec<Option<FuncIndex>>,
    /// For each type that an element has, by its number, that element if it is the only one.
    single: HashMap<u32, Option<u32>>,
}

impl FixedTables {
    /// A table, if it is one of them.
    pub fn get(&self, table: TableIndex) -> Option<&FixedTable> {
        self.0.get(&table)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (TableIndex, &FixedTable)> {
        self.0.iter().map(|(index, table)| (*index, table))
    }

    /// Finds those of a module.
    pub(crate) fn find(module: &Module) -> Self {
        let declarations = module.declarations();
        let mut tables: HashMap<_, _> = (declarations.imported_tables..declarations.tables.len())
            .map(TableIndex::new)
            .filter_map(|index| Some((index, FixedTable::new(declarations, index)?)))
            .collect();
        if !tables.is_empty() {
            module.uses().written.iter().for_each(|written| {
                tables.remove(written);
            });
        }
        Self(tables)
    }
}

impl FixedTable {
    /// What the declarations say of a table, if they do not forbid that it is fixed.
    fn new(declarations: &Declarations, index: TableIndex) -> Option<Self> {
        let table = &declarations.tables[index];
        let is_exported = declarations.exports.iter().any(|export| export.item == EntityIndex::Table(index));
        if is_exported || table.init.is_some() || !ELEMENTS.contains(&table.ty.minimum) {
            return None;
        }
        let mut elements = vec![None; table.ty.minimum as usize];
        for segment in declarations.elements.values() {
            let SegmentMode::Active { target, offset } = &segment.mode else { continue };
            if *target != index {
                continue;
            }
            let start = match *offset.0 {
                [ConstOp::I32(start)] => u64::from(start as u32),
                [ConstOp::I64(start)] => start as u64,
                _ => return None,
            };
            let end = start.checked_add(segment.items.len() as u64)?;
            let place = elements.get_mut(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
            for (element, function) in place.iter_mut().zip(functions(declarations, segment)) {
                *element = function?;
            }
        }
        let mut single = HashMap::new();
        for (place, func) in elements.iter().enumerate() {
            let Some(func) = func else { continue };
            let number = *declarations.type_numbers.get(declarations.functions[*func].ty)?;
            single.entry(number).and_modify(|only| *only = None).or_insert(Some(place as u32));
        }
        Some(Self { elements, single })
    }

    /// The place of the only element of a type; an error if there are several, nothing if there is none.
    ///
    /// # Errors
    /// If there are several.
    pub fn only(&self, declarations: &Declarations, ty: TypeIndex) -> Result<Option<u32>, Several> {
        let number = declarations.type_numbers.get(ty).ok_or(Several)?;
        match self.single.get(number) {
            None => Ok(None),
            Some(Some(place)) => Ok(Some(*place)),
            Some(None) => Err(Several),
        }
    }
}

/// A table has several elements of a type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Several;

/// The items of a segment: null or a function that the module defines, else nothing.
fn functions<'a>(
    declarations: &'a Declarations,
    segment: &'a ElementSegment,
) -> impl Iterator<Item = Option<Option<FuncIndex>>> + 'a {
    segment.items.iter().map(|item| match *item.0 {
        [ConstOp::RefNull(_)] => Some(None),
        [ConstOp::RefFunc(func)] if !declarations.is_imported_function(func) => Some(Some(func)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str) -> Option<Vec<Option<u32>>> {
        let module = Module::new(text.as_bytes()).unwrap();
        let table = module.fixed_tables().get(TableIndex(0))?;
        Some(table.elements.iter().map(|func| func.map(|func| func.0)).collect())
    }

    #[test]
    fn private_tables_that_nothing_writes_to_are_fixed() {
        let text = "(module (func $a) (func $b (param i32)) (table 4 funcref) (elem (i32.const 1) $a $b))";
        assert_eq!(elements(text), Some(vec![None, Some(0), Some(1), None]));
        let later = "(module (func $a) (func $b) (table 2 funcref)
            (elem (i32.const 0) $a $a) (elem (i32.const 1) $b))";
        assert_eq!(elements(later), Some(vec![Some(0), Some(1)]), "the later segment counts");
        let reads = "(module (func $a) (table 1 funcref) (elem (i32.const 0) $a)
            (func (result i32) (drop (table.get (i32.const 0))) (table.size)))";
        assert_eq!(elements(reads), Some(vec![Some(0)]));
    }

    #[test]
    fn all_others_are_not() {
        for text in [
            "(module (import \"m\" \"t\" (table 1 funcref)))",
            "(module (table (export \"t\") 1 funcref))",
            "(module (import \"m\" \"f\" (func $f)) (table 1 funcref) (elem (i32.const 0) $f))",
            "(module (import \"m\" \"g\" (global $g i32)) (table 1 funcref) (func $f) (elem (global.get $g) $f))",
            "(module (func $f) (table 1 funcref) (elem (i32.const 1) $f))",
            "(module (func $f) (table 1 funcref) (elem (i32.const -1) $f $f))",
            "(module (func $f) (table 1 (ref func) (ref.func $f)))",
            "(module (table 1 funcref) (func (table.set (i32.const 0) (ref.null func))))",
            "(module (table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1)))))",
            "(module (table 1 funcref) (func (table.fill (i32.const 0) (ref.null func) (i32.const 1))))",
            "(module (table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 1))))",
            "(module (func $f) (table 1 funcref) (elem $e func $f)
                (func (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))))",
        ] {
            assert_eq!(elements(text), None, "{text}");
        }
    }

    #[test]
    fn an_element_that_is_the_only_one_of_its_type_is_found() {
        let text = "(module (type $t (func)) (type $u (func)) (type $v (func (param i64)))
            (func $a (type $t)) (func $b (type $t)) (func $c (param i32))
            (table 4 funcref) (elem (i32.const 0) $a $c $b))";
        let module = Module::new(text.as_bytes()).unwrap();
        let table = module.fixed_tables().get(TableIndex(0)).unwrap();
        let only = |ty| table.only(module.declarations(), TypeIndex(ty));
        assert_eq!(only(1), Err(Several), "equal types are one");
        assert_eq!(only(2), Ok(None));
        assert_eq!(only(3), Ok(Some(1)));
    }
}
