//! A decoded module: its bytes, its declarations, and where everything lies.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::entity::Entity;
use crate::uses::Uses;
use crate::{DataSegment, Declarations, Error, FixedTables, FuncIndex, PrivateFunctions, WasmOffset};

/// A validated module. Cheap to clone: bytes and declarations are shared.
///
/// Function bodies stay undecoded in `bytes` until a [`Translator`](crate::Translator) asks for one.
#[derive(Clone, Debug)]
pub struct Module {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) declarations: Arc<Declarations>,
    /// Byte range of each defined function's body (its locals and expression), in order of definition.
    pub(crate) bodies: Arc<[Range<WasmOffset>]>,
    pub(crate) sections: Arc<[Section]>,
    pub(crate) custom_sections: Arc<[CustomSection]>,
    /// Whether any body has a tail call.
    pub(crate) tail_calls: bool,
    pub(crate) branch_hints: Arc<BranchHints>,
    pub(crate) uses: Arc<OnceLock<Uses>>,
    pub(crate) fixed_tables: Arc<OnceLock<FixedTables>>,
    pub(crate) private_functions: Arc<OnceLock<PrivateFunctions>>,
    pub(crate) described_operands: Arc<OnceLock<Arc<[DescribedOperand]>>>,
    /// The imported function whose calls are hints.
    pub(crate) prefetch: Option<FuncIndex>,
}

/// From behind the instruction that ends at an offset: a place on the operand stack, counted from its bottom.
pub type DescribedOperand = (WasmOffset, u32);

impl Module {
    /// The module's binary.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The module's binary, shared.
    pub fn shared_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.bytes)
    }

    /// Everything but the function bodies.
    pub fn declarations(&self) -> &Arc<Declarations> {
        &self.declarations
    }

    /// The tables whose elements are known and never change. Reads all bodies when it is first asked for.
    pub fn fixed_tables(&self) -> &FixedTables {
        self.fixed_tables.get_or_init(|| FixedTables::find(self))
    }

    /// The functions that only calls of this module reach. Reads all bodies when it is first asked for.
    pub fn private_functions(&self) -> &PrivateFunctions {
        self.private_functions.get_or_init(|| PrivateFunctions::find(self))
    }

    /// Some of the functions that only calls of this module reach: those that nobody refers to. Reads no bodies.
    pub fn unreferenced_functions(&self) -> PrivateFunctions {
        PrivateFunctions::unreferenced(self)
    }

    /// What the bodies do with tables and functions.
    pub(crate) fn uses(&self) -> &Uses {
        self.uses.get_or_init(|| Uses::find(self))
    }

    /// The places on the operand stack that something says a variable is in, by offset. `find` finds them out when they are first asked for: this
    /// crate does not read debug information.
    pub fn described_operands(
        &self,
        find: impl FnOnce() -> Vec<DescribedOperand>,
    ) -> Arc<[DescribedOperand]> {
        Arc::clone(self.described_operands.get_or_init(|| find().into()))
    }

    /// Byte range of a function's body, or `None` for an imported function.
    ///
    /// # Panics
    /// If the module has no such function.
    pub fn body_range(&self, func: FuncIndex) -> Option<Range<WasmOffset>> {
        assert!(func.index() < self.declarations.functions.len(), "{func} is not a function of the module");
        let defined = func.index().checked_sub(self.declarations.imported_functions)?;
        Some(self.bodies[defined].clone())
    }

    /// All function bodies, from the first byte of the first to the last byte of the last.
    pub fn code_range(&self) -> Range<WasmOffset> {
        match (self.bodies.first(), self.bodies.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// The module's sections in file order, with offsets and sizes in bytes.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The custom sections in file order.
    pub fn custom_sections(&self) -> &[CustomSection] {
        &self.custom_sections
    }

    /// What the producer says of its branches.
    pub fn branch_hints(&self) -> &BranchHints {
        &self.branch_hints
    }

    /// The bytes of a data segment.
    pub fn data(&self, segment: &DataSegment) -> &[u8] {
        &self.bytes[segment.range.start as usize..segment.range.end as usize]
    }
}

/// A section header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// Name of the section's kind, as in the specification ("type", "import", "code", …, "custom").
    pub kind: &'static str,
    /// Byte range of the section's contents in the module.
    pub range: Range<WasmOffset>,
    /// Number of items, where the section is a vector.
    pub items: Option<u32>,
}

/// A custom section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomSection {
    /// Its name.
    pub name: String,
    /// Byte range of its contents, after the name.
    pub range: Range<WasmOffset>,
}

/// The contents of the section `metadata.code.branch_hint` (specification: Appendix, Branch Hint Section).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BranchHints {
    pub(crate) hints: Vec<BranchHint>,
    pub(crate) refused: Option<Error>,
}

impl BranchHints {
    /// The hints, by ascending offset. Where there is neither an `if` nor a `br_if`, a hint has no effect.
    pub fn hints(&self) -> &[BranchHint] {
        &self.hints
    }

    /// What is wrong with the section, if it counts for nothing because of that.
    pub fn refused(&self) -> Option<&Error> {
        self.refused.as_ref()
    }

    /// Those of the instructions in a range.
    pub fn within(&self, range: Range<WasmOffset>) -> &[BranchHint] {
        let place = |offset| self.hints.partition_point(|hint| hint.offset < offset);
        &self.hints[place(range.start)..place(range.end)]
    }
}

/// What a producer expects of a branch.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BranchHint {
    /// Byte offset of the branch in the module.
    pub offset: WasmOffset,
    /// Whether its condition is expected to hold: a `br_if` to branch, an `if` not to go to its `else`.
    pub taken: bool,
}
