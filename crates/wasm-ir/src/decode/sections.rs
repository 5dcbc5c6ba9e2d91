//! Sections to declarations, each validated before it is read.

use std::ops::Range;

use wasmparser::{
    DataKind, ElementItems, ElementKind, ExternalKind, KnownCustom, Parser, Payload, TableInit, TypeRef,
    ValidPayload, Validator, WasmFeatures,
};

use crate::{
    BranchHints, CustomSection, DataSegment, Declarations, ElementSegment, EntityIndex, Error, ErrorKind,
    Export, Features, FuncIndex, FunctionDecl, GlobalDecl, GlobalIndex, HeapType, Import, MemoryIndex,
    RefType, Section, SegmentMode, TableDecl, TableIndex, TagIndex, TypeIndex, WasmOffset,
};

use super::constant::{const_expr, function_reference};
use super::features::{flags, with_gc};
use super::types::{defined_type, global_type, memory_type, ref_type, table_type};
use super::{bodies, branch_hints, names, refusal};

/// Why decoding stopped: the parser's word, to be explained, or ours.
#[derive(Debug)]
pub(super) enum Failure {
    Parser(wasmparser::Error),
    Ours(Error),
}

impl From<wasmparser::Error> for Failure {
    fn from(error: wasmparser::Error) -> Self {
        Self::Parser(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

/// What a binary says.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) declarations: Declarations,
    pub(super) bodies: Vec<Range<WasmOffset>>,
    /// Whether any of them has a tail call.
    pub(super) tail_calls: bool,
    pub(super) sections: Vec<Section>,
    pub(super) custom_sections: Vec<CustomSection>,
    pub(super) branch_hints: BranchHints,
}

/// Decodes and validates a binary of at most 4 GiB.
pub(super) fn decode(bytes: &[u8], features: Features) -> Result<Parts, Error> {
    with_features(bytes, features, decode_with)
}

/// Reads a binary by the features that are implemented, and finds the right word if it is refused.
pub(super) fn with_features<T>(
    bytes: &[u8],
    features: Features,
    read: impl Fn(&[u8], WasmFeatures) -> Result<T, Failure>,
) -> Result<T, Error> {
    let first = match read(bytes, flags(features)) {
        Ok(parts) => return Ok(parts),
        Err(failure) => failure,
    };
    let Some(with_gc) = with_gc(features) else {
        return Err(refusal::explain(bytes, features, first));
    };
    let second = match read(bytes, with_gc) {
        Ok(parts) => return Ok(parts),
        Err(failure) => failure,
    };
    // The reason is the parser's that came further.
    let reason = match (&first, &second) {
        (Failure::Parser(a), Failure::Parser(b)) if b.offset() > a.offset() => second,
        _ => first,
    };
    Err(refusal::explain(bytes, features, reason))
}

fn decode_with(bytes: &[u8], features: WasmFeatures) -> Result<Parts, Failure> {
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut parts = Parts::default();
    let (mut name_section, mut hint_section) = (None, None);
    let mut unchecked = Vec::new();
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        if let ValidPayload::Func(validator, body) = validator.payload(&payload)? {
            unchecked.push((validator, body));
        }
        if let Payload::CustomSection(section) = &payload
            && let KnownCustom::Name(_) = section.as_known()
        {
            name_section = Some(section.data_reader());
        }
        if let Payload::CustomSection(section) = &payload
            && section.name() == branch_hints::SECTION
        {
            hint_section.get_or_insert((section.data_reader(), parts.bodies.is_empty()));
        }
        parts.section(payload)?;
    }
    parts.tail_calls = bodies::validate(unchecked, features)?;
    if let Some(contents) = name_section {
        parts.declarations.names = names::read(contents, &parts.declarations);
    }
    if let Some((contents, before_code)) = hint_section {
        parts.branch_hints = branch_hints::read(contents, before_code, &parts.declarations, &parts.bodies);
    }
    Ok(parts)
}

/// Offsets fit in 32 bits because the module's size was checked.
fn narrow(range: Range<u64>) -> Range<WasmOffset> {
    range.start as WasmOffset..range.end as WasmOffset
}

impl Parts {
    fn section(&mut self, payload: Payload<'_>) -> Result<(), Failure> {
        match payload {
            Payload::TypeSection(s) => self.header("type", s.range(), Some(s.count())).types(s)?,
            Payload::ImportSection(s) => self.header("import", s.range(), Some(s.count())).imports(s)?,
            Payload::FunctionSection(s) => {
                self.header("function", s.range(), Some(s.count())).functions(s)?
            }
            Payload::TableSection(s) => self.header("table", s.range(), Some(s.count())).tables(s)?,
            Payload::MemorySection(s) => self.header("memory", s.range(), Some(s.count())).memories(s)?,
            Payload::TagSection(s) => self.header("tag", s.range(), Some(s.count())).tags(s)?,
            Payload::GlobalSection(s) => self.header("global", s.range(), Some(s.count())).globals(s)?,
            Payload::ExportSection(s) => self.header("export", s.range(), Some(s.count())).exports(s)?,
            Payload::ElementSection(s) => self.header("element", s.range(), Some(s.count())).elements(s)?,
            Payload::DataSection(s) => self.header("data", s.range(), Some(s.count())).data(s)?,
            Payload::StartSection { func, range } => {
                self.header("start", range, None).declarations.start = Some(FuncIndex(func));
            }
            Payload::DataCountSection { range, .. } => {
                self.header("data count", range, None);
            }
            Payload::CodeSectionStart { count, unchecked_range, .. } => {
                self.header("code", unchecked_range, Some(count));
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(narrow(body.range())),
            Payload::CustomSection(s) => {
                let custom = CustomSection { name: s.name().to_owned(), range: narrow(s.data_range()) };
                self.header("custom", s.range(), None).custom_sections.push(custom);
            }
            Payload::Version { .. } | Payload::End(_) => {}
            other => {
                let offset = other.as_section().map_or(0, |(_, range)| range.start);
                return Err(Error::new(ErrorKind::Malformed, offset, "unknown section").into());
            }
        }
        Ok(())
    }

    fn header(&mut self, kind: &'static str, range: Range<u64>, items: Option<u32>) -> &mut Self {
        self.sections.push(Section { kind, range: narrow(range), items });
        self
    }

    fn types(&mut self, section: wasmparser::TypeSectionReader<'_>) -> Result<(), Failure> {
        for group in section.into_iter_with_offsets() {
            let start = self.declarations.types.len() as u32;
            for (offset, ty) in group?.1.into_types_and_offsets() {
                self.declarations.types.push(defined_type(&ty, offset)?);
            }
            let group = start..self.declarations.types.len() as u32;
            if group.len() > 1 {
                self.declarations.recursion_groups.push(group);
            }
        }
        self.declarations.number_types();
        Ok(())
    }

    fn imports(&mut self, section: wasmparser::ImportSectionReader<'_>) -> Result<(), Failure> {
        let d = &mut self.declarations;
        for import in section.into_imports_with_offsets() {
            let (offset, import) = import?;
            let item = match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                    d.imported_functions += 1;
                    EntityIndex::Function(d.functions.push(FunctionDecl { ty: TypeIndex(ty) }))
                }
                TypeRef::Table(ty) => {
                    d.imported_tables += 1;
                    let ty = table_type(&ty, offset)?;
                    EntityIndex::Table(d.tables.push(TableDecl { ty, init: None }))
                }
                TypeRef::Memory(ty) => {
                    d.imported_memories += 1;
                    EntityIndex::Memory(d.memories.push(memory_type(&ty)))
                }
                TypeRef::Global(ty) => {
                    d.imported_globals += 1;
                    let ty = global_type(&ty, offset)?;
                    EntityIndex::Global(d.globals.push(GlobalDecl { ty, init: None }))
                }
                TypeRef::Tag(ty) => {
                    d.imported_tags += 1;
                    EntityIndex::Tag(d.tags.push(TypeIndex(ty.func_type_idx)))
                }
            };
            d.imports.push(Import { module: import.module.to_owned(), name: import.name.to_owned(), item });
        }
        Ok(())
    }

    fn functions(&mut self, section: wasmparser::FunctionSectionReader<'_>) -> Result<(), Failure> {
        for ty in section {
            self.declarations.functions.push(FunctionDecl { ty: TypeIndex(ty?) });
        }
        Ok(())
    }

    fn tables(&mut self, section: wasmparser::TableSectionReader<'_>) -> Result<(), Failure> {
        for table in section.into_iter_with_offsets() {
            let (offset, table) = table?;
            let init = match &table.init {
                TableInit::RefNull => None,
                TableInit::Expr(expr) => Some(const_expr(expr)?),
            };
            self.declarations.tables.push(TableDecl { ty: table_type(&table.ty, offset)?, init });
        }
        Ok(())
    }

    fn memories(&mut self, section: wasmparser::MemorySectionReader<'_>) -> Result<(), Failure> {
        for memory in section {
            self.declarations.memories.push(memory_type(&memory?));
        }
        Ok(())
    }

    fn tags(&mut self, section: wasmparser::TagSectionReader<'_>) -> Result<(), Failure> {
        for tag in section {
            self.declarations.tags.push(TypeIndex(tag?.func_type_idx));
        }
        Ok(())
    }

    fn globals(&mut self, section: wasmparser::GlobalSectionReader<'_>) -> Result<(), Failure> {
        for global in section.into_iter_with_offsets() {
            let (offset, global) = global?;
            let init = Some(const_expr(&global.init_expr)?);
            self.declarations.globals.push(GlobalDecl { ty: global_type(&global.ty, offset)?, init });
        }
        Ok(())
    }

    fn exports(&mut self, section: wasmparser::ExportSectionReader<'_>) -> Result<(), Failure> {
        for export in section {
            let export = export?;
            let item = match export.kind {
                ExternalKind::Func | ExternalKind::FuncExact => {
                    EntityIndex::Function(FuncIndex(export.index))
                }
                ExternalKind::Table => EntityIndex::Table(TableIndex(export.index)),
                ExternalKind::Memory => EntityIndex::Memory(MemoryIndex(export.index)),
                ExternalKind::Global => EntityIndex::Global(GlobalIndex(export.index)),
                ExternalKind::Tag => EntityIndex::Tag(TagIndex(export.index)),
            };
            self.declarations.exports.push(Export { name: export.name.to_owned(), item });
        }
        Ok(())
    }

    fn elements(&mut self, section: wasmparser::ElementSectionReader<'_>) -> Result<(), Failure> {
        for element in section {
            let element = element?;
            let mode = match &element.kind {
                ElementKind::Passive => SegmentMode::Passive,
                ElementKind::Declared => SegmentMode::Declared,
                ElementKind::Active { table_index, offset_expr } => SegmentMode::Active {
                    target: TableIndex(table_index.unwrap_or(0)),
                    offset: const_expr(offset_expr)?,
                },
            };
            let (ty, items) = match element.items {
                ElementItems::Functions(items) => {
                    let items: Result<_, Failure> =
                        items.into_iter().map(|index| Ok(function_reference(index?))).collect();
                    (RefType { nullable: false, heap: HeapType::Func }, items?)
                }
                ElementItems::Expressions(ty, items) => {
                    let items: Result<_, Failure> =
                        items.into_iter().map(|expr| const_expr(&expr?)).collect();
                    (ref_type(ty, element.range.start)?, items?)
                }
            };
            self.declarations.elements.push(ElementSegment { ty, mode, items });
        }
        Ok(())
    }

    fn data(&mut self, section: wasmparser::DataSectionReader<'_>) -> Result<(), Failure> {
        for data in section {
            let data = data?;
            let mode = match &data.kind {
                DataKind::Passive => SegmentMode::Passive,
                DataKind::Active { memory_index, offset_expr } => SegmentMode::Active {
                    target: MemoryIndex(*memory_index),
                    offset: const_expr(offset_expr)?,
                },
            };
            let range = narrow(data.range.end - data.data.len() as u64..data.range.end);
            self.declarations.data.push(DataSegment { mode, range });
        }
        Ok(())
    }
}
