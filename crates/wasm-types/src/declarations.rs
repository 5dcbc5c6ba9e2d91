//! What a module declares: everything but its function bodies (specification: Structure, Modules).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::entity::{Arena, Entity};
use crate::equivalence::TypeNumbers;
use crate::names::NameMap;
use crate::types::*;

/// A module's declarations: everything the runtime needs to instantiate compiled code.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Declarations {
    /// Function types. A concrete heap type in one names a type of its recursion group or an earlier one.
    pub types: Arena<TypeIndex, FuncType>,
    /// The recursion groups of more than one type, in order. Every other type is a group of its own.
    pub recursion_groups: Vec<Range<u32>>,
    /// A number for each type, equal for equal types, as [`number_types`](Self::number_types) fills it. A type without a
    /// number is equal to itself only.
    pub type_numbers: Arena<TypeIndex, u32>,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Functions, imported ones first.
    pub functions: Arena<FuncIndex, FunctionDecl>,
    /// How many of `functions` are imported.
    pub imported_functions: usize,
    /// Tables, imported ones first.
    pub tables: Arena<TableIndex, TableDecl>,
    /// How many of `tables` are imported.
    pub imported_tables: usize,
    /// Memories, imported ones first.
    pub memories: Arena<MemoryIndex, MemoryType>,
    /// How many of `memories` are imported.
    pub imported_memories: usize,
    /// Globals, imported ones first.
    pub globals: Arena<GlobalIndex, GlobalDecl>,
    /// How many of `globals` are imported.
    pub imported_globals: usize,
    /// Exception tags, imported ones first: the type of each.
    pub tags: Arena<TagIndex, TypeIndex>,
    /// How many of `tags` are imported.
    pub imported_tags: usize,
    /// Exports in order.
    pub exports: Vec<Export>,
    /// The start function.
    pub start: Option<FuncIndex>,
    /// Element segments.
    pub elements: Arena<ElementIndex, ElementSegment>,
    /// Data segments.
    pub data: Arena<DataIndex, DataSegment>,
    /// The name section.
    pub names: Names,
}

impl Declarations {
    /// The recursion groups, each as the range of its types.
    pub fn type_groups(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut larger = self.recursion_groups.iter().peekable();
        let mut next = 0;
        std::iter::from_fn(move || {
            let start = next;
            let group = larger.next_if(|group| group.start as usize == start);
            next = group.map_or(start + 1, |group| group.end as usize);
            (start < self.types.len()).then_some(start..next)
        })
    }

    /// The types of a recursion group.
    ///
    /// # Panics
    /// If the module has no such types.
    pub fn type_group(&self, group: Range<usize>) -> &[FuncType] {
        &self.types.as_slice()[group]
    }

    /// Numbers the types, so that equal ones are known to be equal.
    pub fn number_types(&mut self) {
        let mut numbers = TypeNumbers::default();
        let mut all: Arena<TypeIndex, u32> = Arena::new();
        for group in self.type_groups() {
            let first = numbers.intern(self.type_group(group.clone()), group.clone(), |index| all[index]);
            for place in 0..group.len() as u32 {
                all.push(first + place);
            }
        }
        self.type_numbers = all;
    }

    /// Whether two types are the same.
    pub fn is_same_type(&self, a: TypeIndex, b: TypeIndex) -> bool {
        let number = |ty| self.type_numbers.get(ty);
        a == b || (number(a).is_some() && number(a) == number(b))
    }

    /// Whether every value of type `a` is one of type `b`.
    pub fn is_subtype(&self, a: ValType, b: ValType) -> bool {
        a.is_subtype(b, |a, b| self.is_same_type(a, b))
    }

    /// The signature of a function.
    ///
    /// # Panics
    /// If the module has no such function.
    pub fn signature(&self, func: FuncIndex) -> &FuncType {
        &self.types[self.functions[func].ty]
    }

    /// Whether a function is imported.
    pub fn is_imported_function(&self, func: FuncIndex) -> bool {
        func.index() < self.imported_functions
    }

    /// The functions defined in the module, in order.
    pub fn defined_functions(
        &self,
    ) -> impl DoubleEndedIterator<Item = FuncIndex> + ExactSizeIterator + use<> {
        (self.imported_functions..self.functions.len()).map(FuncIndex::new)
    }

    /// The exported functions, in order of their exports.
    pub fn exported_functions(&self) -> impl Iterator<Item = FuncIndex> + '_ {
        self.exports.iter().filter_map(|export| match export.item {
            EntityIndex::Function(func) => Some(func),
            _ => None,
        })
    }

    /// What globals and tables hold at first.
    pub fn initial_values(&self) -> impl Iterator<Item = &ConstExpr> {
        let globals = self.globals.values().filter_map(|global| global.init.as_ref());
        globals.chain(self.tables.values().filter_map(|table| table.init.as_ref()))
    }

    /// The functions that somebody may have a reference to: those that an element segment, a global, a table's initial value or an export names, and the
    /// start function. `ref.func` in a body names no other (specification: Validation, Instructions, `ref.func`).
    pub fn escaping_functions(&self) -> BTreeSet<FuncIndex> {
        let elements = self.elements.values().flat_map(|segment| &segment.items);
        let named = elements.chain(self.initial_values()).flat_map(ConstExpr::functions);
        named.chain(self.exported_functions()).chain(self.start).collect()
    }

    /// A name for a function that people recognise: from the name section, else the first export, else the import,
    /// else `None`.
    pub fn function_name(&self, func: FuncIndex) -> Option<&str> {
        if let Some(name) = self.names.functions.get(func) {
            return Some(name);
        }
        let is_it = |entity: EntityIndex| entity == EntityIndex::Function(func);
        if let Some(export) = self.exports.iter().find(|e| is_it(e.item)) {
            return Some(&export.name);
        }
        self.imports.iter().find(|i| is_it(i.item)).map(|i| &*i.name)
    }

    /// [`function_name`](Self::function_name) of every function, in one pass.
    pub fn function_names(&self) -> Arena<FuncIndex, Option<&str>> {
        let mut names: Arena<FuncIndex, Option<&str>> = self.functions.values().map(|_| None).collect();
        let functions = |(item, name)| match item {
            EntityIndex::Function(func) => Some((func, name)),
            _ => None,
        };
        let imports = self.imports.iter().map(|import| (import.item, &*import.name));
        // A later name replaces an earlier one, and the first export counts.
        let exports = self.exports.iter().rev().map(|export| (export.item, &*export.name));
        for (func, name) in imports.chain(exports).filter_map(functions) {
            names[func] = Some(name);
        }
        for (func, name) in self.names.functions.iter() {
            names[func] = Some(name);
        }
        names
    }

    /// The type of an entity of any kind, as matched by an import.
    ///
    /// # Panics
    /// If the module has no such entity.
    pub fn entity_type(&self, entity: EntityIndex) -> EntityType {
        match entity {
            EntityIndex::Function(i) => EntityType::Function(self.signature(i).clone()),
            EntityIndex::Table(i) => EntityType::Table(self.tables[i].ty),
            EntityIndex::Memory(i) => EntityType::Memory(self.memories[i]),
            EntityIndex::Global(i) => EntityType::Global(self.globals[i].ty),
            EntityIndex::Tag(i) => EntityType::Tag(self.types[self.tags[i]].clone()),
        }
    }
}

/// An import: two names and the entity it defines. The entity's type is found in the declarations.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Import {
    /// Module name.
    pub module: String,
    /// Field name.
    pub name: String,
    /// The entity it brings.
    pub item: EntityIndex,
}

/// An export: a name and the entity it gives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// The entity it gives.
    pub item: EntityIndex,
}

/// An index into one of the five external index spaces.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum EntityIndex {
    /// A function.
    Function(FuncIndex),
    /// A table.
    Table(TableIndex),
    /// A memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
    /// A tag.
    Tag(TagIndex),
}

/// The external type of an entity (specification: External Types).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntityType {
    /// A function.
    Function(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag.
    Tag(FuncType),
}

/// A function: its type.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FunctionDecl {
    /// Its type.
    pub ty: TypeIndex,
}

/// A table.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TableDecl {
    /// Its type.
    pub ty: TableType,
    /// Initial value of each element; null when absent. Always absent for an import.
    pub init: Option<ConstExpr>,
}

/// A global.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GlobalDecl {
    /// Its type.
    pub ty: GlobalType,
    /// Its initial value; absent for an import.
    pub init: Option<ConstExpr>,
}

/// Where a segment goes at instantiation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum SegmentMode<Target> {
    /// Only where a bulk instruction copies it.
    Passive,
    /// Copied to `target` at `offset` during instantiation.
    Active {
        /// The memory or table.
        target: Target,
        /// Where in it.
        offset: ConstExpr,
    },
    /// Dropped at instantiation: it only declares references (element segments).
    Declared,
}

/// An element segment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ElementSegment {
    /// Type of every item.
    pub ty: RefType,
    /// Where it goes.
    pub mode: SegmentMode<TableIndex>,
    /// Its items.
    pub items: Vec<ConstExpr>,
}

/// A data segment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DataSegment {
    /// Where it goes.
    pub mode: SegmentMode<MemoryIndex>,
    /// Byte range of its contents in the module.
    pub range: Range<WasmOffset>,
}

/// A constant expression: a small stack program that leaves one value.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConstExpr(pub Vec<ConstOp>);

impl ConstExpr {
    /// The functions that it makes references to.
    pub fn functions(&self) -> impl Iterator<Item = FuncIndex> + '_ {
        self.0.iter().filter_map(|op| match op {
            ConstOp::RefFunc(func) => Some(*func),
            _ => None,
        })
    }
}

/// An instruction of a constant expression.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ConstOp {
    /// An `i32` constant.
    I32(i32),
    /// An `i64` constant.
    I64(i64),
    /// An `f32` constant, by its bits.
    F32(u32),
    /// An `f64` constant, by its bits.
    F64(u64),
    /// A `v128` constant, lane 0 in the lowest bits.
    V128(u128),
    /// The value of a global.
    GlobalGet(GlobalIndex),
    /// A null reference.
    RefNull(HeapType),
    /// A reference to a function of the module.
    RefFunc(FuncIndex),
    /// Arithmetic on the two values before it, which it replaces.
    Int(IntWidth, ConstInt),
}

/// Integer arithmetic of constant expressions, modulo the width.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ConstInt {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
}

impl ConstInt {
    /// Its value at 32 bits.
    pub fn i32(self, a: i32, b: i32) -> i32 {
        match self {
            Self::Add => a.wrapping_add(b),
            Self::Sub => a.wrapping_sub(b),
            Self::Mul => a.wrapping_mul(b),
        }
    }

    /// Its value at 64 bits.
    pub fn i64(self, a: i64, b: i64) -> i64 {
        match self {
            Self::Add => a.wrapping_add(b),
            Self::Sub => a.wrapping_sub(b),
            Self::Mul => a.wrapping_mul(b),
        }
    }
}

/// The name section (specification: Appendix, Custom Sections), and nothing invented.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Names {
    /// Name of the module.
    pub module: Option<String>,
    /// Names of functions.
    pub functions: NameMap<FuncIndex>,
    /// Names of each function's parameters and locals.
    pub locals: BTreeMap<FuncIndex, NameMap<LocalIndex>>,
    /// Names of globals.
    pub globals: NameMap<GlobalIndex>,
    /// Names of memories.
    pub memories: NameMap<MemoryIndex>,
    /// Names of tables.
    pub tables: NameMap<TableIndex>,
    /// Names of types.
    pub types: NameMap<TypeIndex>,
    /// Names of element segments.
    pub elements: NameMap<ElementIndex>,
    /// Names of data segments.
    pub data: NameMap<DataIndex>,
    /// Names of exception tags.
    pub tags: NameMap<TagIndex>,
}
