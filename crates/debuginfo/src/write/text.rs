//! A unit whose source is the module's text: its lines, its functions, their locals, the module's memories and globals.

use std::collections::BTreeMap;
use std::ops::Range;

use gimli::constants as dw;
use gimli::write::{AttributeValue, Dwarf, Expression, FileId, LineProgram, LineString, Unit, UnitEntryId};
use wootz_wasm_ir::{
    EntityIndex, FuncIndex, GlobalIndex, KEPT_LOCALS, LocalIndex, MemoryIndex, ValType, WasmOffset,
};

use super::{
    ENCODING, Input, PRODUCER, add_copy, push_range, sequence, set_locations, set_ranges, set_unit_ranges,
    string,
};
use crate::function_symbol;
use crate::native::{Locations, Native};

/// Writes the unit.
pub(super) fn write(native: &Native, input: &Input<'_>, dwarf: &mut Dwarf) {
    let path = &input.text.path;
    let text = |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
    let (folder, name) = (text(path.parent().map(AsRef::as_ref)), text(path.file_name()));
    let line_string =
        |text: &str, dwarf: &mut Dwarf| LineString::new(text, ENCODING, &mut dwarf.line_strings);
    let (folder_line, name_line) = (line_string(&folder, dwarf), line_string(&name, dwarf));
    let encoding = gimli::LineEncoding::default();
    let mut program = LineProgram::new(ENCODING, encoding, folder_line, None, name_line.clone(), None);
    let folder_id = program.default_directory();
    let file = program.add_file(name_line, folder_id, None);

    let mut unit = Unit::new(ENCODING, program);
    let root = unit.root();
    let entry = unit.get_mut(root);
    entry.set(dw::DW_AT_producer, string(PRODUCER));
    entry.set(dw::DW_AT_language, AttributeValue::Language(dw::DW_LANG_C11));
    entry.set(dw::DW_AT_name, string(&name));
    entry.set(dw::DW_AT_comp_dir, string(&folder));
    let mut ranges = Vec::new();
    native.rows.iter().for_each(|row| push_range(&mut ranges, row.addresses.clone()));
    set_unit_ranges(&mut unit, &ranges);
    let mut writer =
        TextUnit { native, input, unit, file, types: BTreeMap::new(), abstracts: BTreeMap::new() };
    writer.lines();
    writer.entities();
    writer.functions();
    dwarf.units.add(writer.unit);
}

struct TextUnit<'a> {
    native: &'a Native,
    input: &'a Input<'a>,
    unit: Unit,
    file: FileId,
    types: BTreeMap<String, UnitEntryId>,
    /// The functions that inlined copies are copies of.
    abstracts: BTreeMap<FuncIndex, UnitEntryId>,
}

impl TextUnit<'_> {
    fn lines(&mut self) {
        let program = &mut self.unit.line_program;
        // Where the sequence begins and ends, and what the last row said.
        let mut open: Option<(Range<u64>, (usize, u32))> = None;
        for row in &self.native.rows {
            let func = self.native.scopes[row.scope].func;
            let line = func.map_or(0, |func| source_line(self.input, func, row.offset));
            if let Some((addresses, _)) = &open
                && addresses.end != row.addresses.start
            {
                program.end_sequence(addresses.end - addresses.start);
                open = None;
            }
            let said = (row.scope, line);
            let start = match &mut open {
                Some((addresses, last)) => {
                    addresses.end = row.addresses.end;
                    if *last == said {
                        continue;
                    }
                    *last = said;
                    addresses.start
                }
                None => {
                    program.begin_sequence(sequence(row.addresses.start));
                    open = Some((row.addresses.clone(), said));
                    row.addresses.start
                }
            };
            let out = program.row();
            out.address_offset = row.addresses.start - start;
            (out.file, out.line) = (self.file, u64::from(line));
            program.generate_row();
        }
        if let Some((addresses, _)) = open {
            program.end_sequence(addresses.end - addresses.start);
        }
    }

    /// Memories, as pointers to their first bytes, and globals.
    fn entities(&mut self) {
        let (declarations, context) = (self.input.module.declarations(), self.input.context);
        for memory in declarations.memories.keys() {
            let mut expression = Expression::new();
            context.push_memory(memory.0 as usize, None, &mut expression);
            expression.op(dw::DW_OP_stack_value);
            let ty = self.bytes();
            self.entity(&memory_name(memory), ty, expression);
        }
        for (index, (_, ty)) in context.globals.iter().enumerate() {
            let mut expression = Expression::new();
            context.push_global(index, None, &mut expression);
            let ty = self.value(*ty);
            self.entity(&global_name(self.input, GlobalIndex(index as u32)), ty, expression);
        }
    }

    fn entity(&mut self, name: &str, ty: UnitEntryId, location: Expression) {
        let entry = self.unit.add(self.unit.root(), dw::DW_TAG_variable);
        let entry = self.unit.get_mut(entry);
        entry.set(dw::DW_AT_name, string(name));
        entry.set(dw::DW_AT_type, AttributeValue::UnitRef(ty));
        entry.set(dw::DW_AT_external, AttributeValue::FlagPresent);
        entry.set(dw::DW_AT_location, AttributeValue::Exprloc(location));
    }

    fn functions(&mut self) {
        let children = self.native.children();
        let mut spans: Vec<Vec<Range<u64>>> = vec![Vec::new(); self.native.scopes.len()];
        let mut copies = spans.clone();
        for row in &self.native.rows {
            if row.is_copy {
                push_range(&mut copies[row.scope], row.addresses.clone());
            }
            for scope in self.native.around(row.scope) {
                push_range(&mut spans[scope], row.addresses.clone());
            }
        }
        for (index, scope) in self.native.scopes.iter().enumerate() {
            let (None, Some(func)) = (scope.parent, scope.func) else { continue };
            let entry = self.unit.add(self.unit.root(), dw::DW_TAG_subprogram);
            self.declare(entry, func);
            set_ranges(&mut self.unit, entry, &spans[index]);
            if let Some(frame_base) = &self.native.variables[index].frame_base {
                let mut expression = Expression::new();
                frame_base.describe(&mut expression);
                let entry = self.unit.get_mut(entry);
                entry.set(dw::DW_AT_frame_base, AttributeValue::Exprloc(expression));
            }
            self.locals(entry, index, func);
            add_copy(&mut self.unit, entry, &copies[index]);
            self.inlined(entry, &children[index], &children, &spans, &copies);
        }
    }

    /// The functions inlined into another. There is no recursion: inlining can nest deeply.
    fn inlined(
        &mut self,
        outer: UnitEntryId,
        first: &[usize],
        children: &[Vec<usize>],
        spans: &[Vec<Range<u64>>],
        copies: &[Vec<Range<u64>>],
    ) {
        let mut open: Vec<(UnitEntryId, usize)> = first.iter().map(|scope| (outer, *scope)).collect();
        while let Some((parent, scope)) = open.pop() {
            let data = &self.native.scopes[scope];
            let mut inner = parent;
            if let Some(func) = data.func.filter(|_| !spans[scope].is_empty()) {
                let origin = self.origin(func);
                inner = self.unit.add(parent, dw::DW_TAG_inlined_subroutine);
                set_ranges(&mut self.unit, inner, &spans[scope]);
                let caller = data.parent.and_then(|parent| self.native.scopes[parent as usize].func);
                let call_line = caller.map_or(0, |caller| source_line(self.input, caller, data.call_line));
                let entry = self.unit.get_mut(inner);
                entry.set(dw::DW_AT_abstract_origin, AttributeValue::UnitRef(origin));
                entry.set(dw::DW_AT_call_file, AttributeValue::FileIndex(Some(self.file)));
                entry.set(dw::DW_AT_call_line, AttributeValue::Udata(u64::from(call_line)));
                self.locals(inner, scope, func);
                add_copy(&mut self.unit, inner, &copies[scope]);
            }
            open.extend(children[scope].iter().map(|scope| (inner, *scope)));
        }
    }

    fn origin(&mut self, func: FuncIndex) -> UnitEntryId {
        if let Some(known) = self.abstracts.get(&func) {
            return *known;
        }
        let entry = self.unit.add(self.unit.root(), dw::DW_TAG_subprogram);
        self.declare(entry, func);
        self.unit.get_mut(entry).set(dw::DW_AT_inline, AttributeValue::Inline(dw::DW_INL_inlined));
        self.abstracts.insert(func, entry);
        entry
    }

    fn declare(&mut self, entry: UnitEntryId, func: FuncIndex) {
        let signature = self.input.module.declarations().signature(func);
        let result = match *signature.results {
            [ty] => Some(self.value(ty)),
            _ => None,
        };
        let symbol = function_symbol(func);
        let name = self.input.module.declarations().function_name(func).filter(|name| !name.is_empty());
        let start = self.input.module.body_range(func).map_or(0, |range| range.start);
        let line = source_line(self.input, func, start);
        let entry = self.unit.get_mut(entry);
        // No linkage name: gdb would show that.
        entry.set(dw::DW_AT_name, string(name.unwrap_or(&symbol)));
        entry.set(dw::DW_AT_external, AttributeValue::FlagPresent);
        entry.set(dw::DW_AT_prototyped, AttributeValue::FlagPresent);
        entry.set(dw::DW_AT_decl_file, AttributeValue::FileIndex(Some(self.file)));
        entry.set(dw::DW_AT_decl_line, AttributeValue::Udata(u64::from(line)));
        if let Some(result) = result {
            entry.set(dw::DW_AT_type, AttributeValue::UnitRef(result));
        }
    }

    /// The parameters and other locals of a function.
    fn locals(&mut self, function: UnitEntryId, scope: usize, func: FuncIndex) {
        let variables = &self.native.variables[scope];
        let params = &self.input.module.declarations().signature(func).params;
        let module = self.input.module;
        let names = module.declarations().names.locals.get(&func);
        let mut first = 0;
        let runs = self.input.module.local_runs(func);
        for (count, ty) in params.iter().map(|ty| (1, *ty)).chain(runs) {
            let end = (first + count).min(KEPT_LOCALS);
            for local in (first..end).map(LocalIndex) {
                let is_param = (local.0 as usize) < params.len();
                let tag = if is_param { dw::DW_TAG_formal_parameter } else { dw::DW_TAG_variable };
                let ty = self.value(ty);
                let name = names.and_then(|names| names.get(local)).filter(|name| !name.is_empty());
                let name = name.map_or_else(|| local.to_string(), str::to_owned);
                let id = self.unit.add(function, tag);
                let entry = self.unit.get_mut(id);
                entry.set(dw::DW_AT_name, string(&name));
                entry.set(dw::DW_AT_type, AttributeValue::UnitRef(ty));
                if let Some(locations) = variables.locals.get(&local) {
                    self.describe(id, locations);
                }
            }
            first = end;
        }
    }

    fn describe(&mut self, entry: UnitEntryId, locations: &Locations) {
        let described = locations.iter().map(|(range, place)| {
            let mut out = Expression::new();
            place.describe(&mut out);
            (range.clone(), out)
        });
        set_locations(&mut self.unit, entry, described.collect());
    }

    /// The type of a value.
    fn value(&mut self, ty: ValType) -> UnitEntryId {
        let (bytes, encoding) = match ty {
            ValType::I32 => (4, dw::DW_ATE_signed),
            ValType::I64 => (8, dw::DW_ATE_signed),
            ValType::F32 => (4, dw::DW_ATE_float),
            ValType::F64 => (8, dw::DW_ATE_float),
            ValType::V128 => return self.vector(),
            ValType::Ref(_) => (8, dw::DW_ATE_address),
        };
        self.base(&ty.to_string(), bytes, encoding)
    }

    fn base(&mut self, name: &str, bytes: u8, encoding: dw::DwAte) -> UnitEntryId {
        if let Some(known) = self.types.get(name) {
            return *known;
        }
        let id = self.unit.add(self.unit.root(), dw::DW_TAG_base_type);
        let entry = self.unit.get_mut(id);
        entry.set(dw::DW_AT_name, string(name));
        entry.set(dw::DW_AT_byte_size, AttributeValue::Data1(bytes));
        entry.set(dw::DW_AT_encoding, AttributeValue::Encoding(encoding));
        self.types.insert(name.into(), id);
        id
    }

    /// Four 32-bit lanes: what the text format prints constants as.
    fn vector(&mut self) -> UnitEntryId {
        if let Some(known) = self.types.get("v128") {
            return *known;
        }
        let lane = self.base("u32", 4, dw::DW_ATE_unsigned);
        let id = self.unit.add(self.unit.root(), dw::DW_TAG_array_type);
        let entry = self.unit.get_mut(id);
        entry.set(dw::DW_AT_GNU_vector, AttributeValue::FlagPresent);
        entry.set(dw::DW_AT_name, string("v128"));
        entry.set(dw::DW_AT_byte_size, AttributeValue::Data1(16));
        entry.set(dw::DW_AT_type, AttributeValue::UnitRef(lane));
        let range = self.unit.add(id, dw::DW_TAG_subrange_type);
        self.unit.get_mut(range).set(dw::DW_AT_count, AttributeValue::Data1(4));
        self.types.insert("v128".into(), id);
        id
    }

    /// A pointer to bytes.
    fn bytes(&mut self) -> UnitEntryId {
        if let Some(known) = self.types.get("*") {
            return *known;
        }
        let byte = self.base("u8", 1, dw::DW_ATE_unsigned);
        let id = self.unit.add(self.unit.root(), dw::DW_TAG_pointer_type);
        let entry = self.unit.get_mut(id);
        entry.set(dw::DW_AT_byte_size, AttributeValue::Data1(8));
        entry.set(dw::DW_AT_type, AttributeValue::UnitRef(byte));
        self.types.insert("*".into(), id);
        id
    }
}

fn source_line(input: &Input<'_>, func: FuncIndex, offset: WasmOffset) -> u32 {
    let body = input.module.body_range(func);
    body.map_or(0, |body| crate::text::line(input.text, &body, offset))
}

/// The name of the variable that is a memory's first byte: one that no module gives to anything.
pub(super) fn memory_name(memory: MemoryIndex) -> String {
    if memory.0 == 0 { "wasm_memory".into() } else { format!("wasm_memory{}", memory.0) }
}

fn global_name(input: &Input<'_>, global: GlobalIndex) -> String {
    let exported = EntityIndex::Global(global);
    name(input, input.module.declarations().names.globals.get(global), exported, "global", global.0)
}

/// The name that the name section or the first export gives, or kind and number.
fn name(input: &Input<'_>, named: Option<&str>, item: EntityIndex, kind: &str, index: u32) -> String {
    let exports = &input.module.declarations().exports;
    let export = || exports.iter().find(|export| export.item == item).map(|export| &*export.name);
    let name = named.or_else(export).filter(|name| !name.is_empty());
    name.map_or_else(|| format!("{kind}{index}"), str::to_owned)
}
