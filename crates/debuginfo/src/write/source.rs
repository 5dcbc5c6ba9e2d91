//! Units whose sources are those of the guest's program: one for each of its units that has code.

mod lines;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use gimli::constants as dw;
use gimli::write::{
    AttributeValue, DirectoryId, Dwarf, Expression, FileId, LineProgram, LineString, Unit, UnitEntryId,
};
use wootz_wasm_ir::{FuncIndex, WasmOffset};

use super::code::Code;
use super::compose::{Composer, Shown, Stated, nowhere};
use super::function::Function;
use super::text::memory_name;
use super::types::{Form, Types};
use super::{ENCODING, Input, PRODUCER, add_copy, push_range, set_locations, set_ranges, string};
use crate::guest::{Entry, Guest, number};
use crate::native::Native;
use crate::{Debugger, function_symbol};

/// Writes the units.
pub(super) fn write<'g>(
    native: &Native,
    code: &Code,
    guest: &Guest<'g>,
    input: &Input<'_>,
    dwarf: &mut Dwarf,
) {
    let first = guest.functions.values().map(|entry| entry.unit).min().unwrap_or(0);
    let mut scopes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, scope) in native.scopes.iter().enumerate() {
        if let (None, Some(func)) = (scope.parent, scope.func)
            && !code.rows[index].is_empty()
        {
            let own = guest.functions.get(&func).map(|entry| entry.unit);
            // One without sources is told in the unit of what was inlined into it, or else in any.
            let unit = own.or_else(|| code.unit_inside(native, guest, index)).unwrap_or(first);
            scopes.entry(unit).or_default().push(index);
        }
    }
    for (unit, scopes) in scopes {
        let mut writer = SourceUnit::new(native, guest, input, code, unit, dwarf);
        writer.lines(&scopes, dwarf);
        if guest.tell(unit) {
            writer.globals();
        }
        writer.memories();
        for scope in scopes {
            writer.function(scope);
        }
        writer.types.finish(&mut writer.unit);
        dwarf.units.add(writer.unit);
    }
}

struct SourceUnit<'a, 'g> {
    native: &'a Native,
    guest: &'a Guest<'g>,
    input: &'a Input<'a>,
    code: &'a Code,
    index: usize,
    unit: Unit,
    types: Types<'a, 'g>,
    files: HashMap<(usize, u64), Option<FileId>>,
    folders: HashMap<String, DirectoryId>,
    /// The functions that inlined copies are copies of.
    abstracts: HashMap<Entry, UnitEntryId>,
}

impl<'a, 'g> SourceUnit<'a, 'g> {
    fn new(
        native: &'a Native,
        guest: &'a Guest<'g>,
        input: &'a Input<'a>,
        code: &'a Code,
        index: usize,
        dwarf: &mut Dwarf,
    ) -> Self {
        let data = guest.unit(index);
        let root = Entry { unit: index, offset: root_offset(data) };
        let die = guest.die(root);
        let text = |name| die.as_ref().and_then(|die| guest.text(index, die, name));
        let name = text(dw::DW_AT_name).unwrap_or_default();
        let folder = text(dw::DW_AT_comp_dir).unwrap_or_default();
        let mut line_string = |text: &str| LineString::new(text, ENCODING, &mut dwarf.line_strings);
        let (folder_line, name_line) = (line_string(&folder), line_string(&name));
        let encoding = gimli::LineEncoding::default();
        let program = LineProgram::new(ENCODING, encoding, folder_line, None, name_line, None);
        let mut unit = Unit::new(ENCODING, program);
        let id = unit.root();
        let entry = unit.get_mut(id);
        entry.set(dw::DW_AT_producer, string(&producer(&text(dw::DW_AT_producer).unwrap_or_default())));
        entry.set(dw::DW_AT_name, string(&name));
        entry.set(dw::DW_AT_comp_dir, string(&folder));
        if let Some(gimli::AttributeValue::Language(language)) =
            die.and_then(|die| die.attr_value(dw::DW_AT_language))
        {
            entry.set(dw::DW_AT_language, AttributeValue::Language(language));
        }
        let types = Types::new(guest, input.context, input.debugger);
        Self {
            native,
            guest,
            input,
            code,
            index,
            unit,
            types,
            files: HashMap::new(),
            folders: HashMap::new(),
            abstracts: HashMap::new(),
        }
    }

    /// The file of a number in one of the guest's units.
    fn file(&mut self, unit: usize, number: u64, dwarf: Option<&mut Dwarf>) -> Option<FileId> {
        if let Some(known) = self.files.get(&(unit, number)) {
            return *known;
        }
        let dwarf = dwarf?;
        let found = self.add_file(unit, number, dwarf);
        self.files.insert((unit, number), found);
        found
    }

    fn add_file(&mut self, unit: usize, number: u64, dwarf: &mut Dwarf) -> Option<FileId> {
        let (folder, name) = self.guest.file(unit, number)?;
        let folder = folder.to_string_lossy().into_owned();
        let program = &mut self.unit.line_program;
        let id = *self.folders.entry(folder).or_insert_with_key(|folder| {
            program.add_directory(LineString::new(folder.as_str(), ENCODING, &mut dwarf.line_strings))
        });
        Some(program.add_file(LineString::new(name, ENCODING, &mut dwarf.line_strings), id, None))
    }

    fn composer<'s>(&'s self, sizes: &'s dyn Fn(u32) -> u8) -> Composer<'s> {
        Composer { native: self.native, context: self.input.context, sizes, optimised: self.input.optimised }
    }

    /// The unit's variables that live as long as the program.
    fn globals(&mut self) {
        let root = Entry { unit: self.index, offset: root_offset(self.guest.unit(self.index)) };
        let mut open = vec![root];
        while let Some(outer) = open.pop() {
            for child in self.guest.children(outer) {
                match self.guest.die(child).map(|die| die.tag()) {
                    Some(dw::DW_TAG_namespace) => open.push(child),
                    Some(dw::DW_TAG_variable) => self.global(child),
                    _ => {}
                }
            }
        }
    }

    /// Memories, as pointers to their first bytes: with them an address of the guest's that is a number can be followed.
    fn memories(&mut self) {
        let root = self.unit.root();
        let byte = self.unit.add(root, dw::DW_TAG_base_type);
        let entry = self.unit.get_mut(byte);
        entry.set(dw::DW_AT_name, string("u8"));
        entry.set(dw::DW_AT_byte_size, AttributeValue::Data1(1));
        entry.set(dw::DW_AT_encoding, AttributeValue::Encoding(dw::DW_ATE_unsigned));
        let pointer = self.unit.add(root, dw::DW_TAG_pointer_type);
        let entry = self.unit.get_mut(pointer);
        entry.set(dw::DW_AT_byte_size, AttributeValue::Data1(8));
        entry.set(dw::DW_AT_type, AttributeValue::UnitRef(byte));
        for memory in self.input.module.declarations().memories.keys() {
            let mut location = Expression::new();
            self.input.context.push_memory(memory.0 as usize, None, &mut location);
            location.op(dw::DW_OP_stack_value);
            let variable = self.unit.add(root, dw::DW_TAG_variable);
            let entry = self.unit.get_mut(variable);
            entry.set(dw::DW_AT_name, string(&memory_name(memory)));
            entry.set(dw::DW_AT_type, AttributeValue::UnitRef(pointer));
            entry.set(dw::DW_AT_location, AttributeValue::Exprloc(location));
        }
    }

    fn global(&mut self, variable: Entry) {
        let encoding = self.guest.unit(variable.unit).encoding();
        let Some(die) = self.guest.die(variable) else { return };
        let stated = die.attr_value(dw::DW_AT_location).and_then(|value| value.exprloc_value());
        let Some(stated) = stated.and_then(|stated| Stated::read(stated, None, encoding)) else { return };
        let Some(ty) = self.guest.ty(variable) else { return };
        let (shown, bytes) = (self.types.shown(ty), self.types.bytes(ty));
        let Some(location) = self.composer(&|_| 0).everywhere(&stated, shown, bytes) else { return };
        let parent = self.types.scope(&mut self.unit, variable);
        let form = if shown == Shown::Pointer { Form::Variable } else { Form::Memory };
        let id = self.declare(parent, variable, dw::DW_TAG_variable, Some(form));
        let entry = self.unit.get_mut(id);
        entry.set(dw::DW_AT_location, AttributeValue::Exprloc(location));
        if die.attr_value(dw::DW_AT_external).is_some() {
            entry.set(dw::DW_AT_external, AttributeValue::FlagPresent);
        }
    }

    /// An entry with the name, the type in some form and the place of one of the guest's.
    fn declare(
        &mut self,
        parent: UnitEntryId,
        entry: Entry,
        tag: gimli::DwTag,
        form: Option<Form>,
    ) -> UnitEntryId {
        let ty = self.guest.ty(entry).zip(form).map(|(ty, form)| self.types.get(&mut self.unit, ty, form));
        let id = self.unit.add(parent, tag);
        self.place(id, entry);
        let name = self.guest.name(entry);
        let out = self.unit.get_mut(id);
        if let Some(name) = name {
            out.set(dw::DW_AT_name, string(&name));
        }
        if let Some(ty) = ty {
            out.set(dw::DW_AT_type, AttributeValue::UnitRef(ty));
        }
        id
    }

    fn place(&mut self, id: UnitEntryId, entry: Entry) {
        let place = self.guest.origins(entry).find_map(|(at, die)| {
            let number = |name| number(&die, name);
            Some((at.unit, number(dw::DW_AT_decl_file)?, number(dw::DW_AT_decl_line)?))
        });
        let Some((unit, file, line)) = place else { return };
        let Some(file) = self.file(unit, file, None) else { return };
        let out = self.unit.get_mut(id);
        out.set(dw::DW_AT_decl_file, AttributeValue::FileIndex(Some(file)));
        out.set(dw::DW_AT_decl_line, AttributeValue::Udata(line));
    }

    /// A function with code of its own, and everything in it.
    fn function(&mut self, scope: usize) {
        let Some(func) = self.native.scopes[scope].func else { return };
        let entry = self.guest.functions.get(&func).copied();
        let id = match entry {
            Some(entry) => {
                let parent = self.function_scope(entry);
                self.declare_function(parent, entry)
            }
            None => self.declare_bare(func),
        };
        set_ranges(&mut self.unit, id, &self.code.ranges(scope));
        self.unit.get_mut(id).set(dw::DW_AT_external, AttributeValue::FlagPresent);
        if let Some(place) = &self.native.variables[scope].frame_base {
            let mut expression = Expression::new();
            place.describe(&mut expression);
            self.unit.get_mut(id).set(dw::DW_AT_frame_base, AttributeValue::Exprloc(expression));
        }
        let mut open = match entry {
            Some(entry) => vec![(scope, func, entry, id)],
            None => self.inlined_by_llvm(scope, id, &[]),
        };
        while let Some((scope, func, entry, id)) = open.pop() {
            let inner = self.contents(scope, func, entry, id);
            open.extend(inner);
        }
    }

    /// A function's entry. What it returns is what a debugger finds in a register: a pointer is the guest's number, anything that is returned
    /// through memory is not told.
    fn declare_function(&mut self, parent: UnitEntryId, entry: Entry) -> UnitEntryId {
        let returned = self.guest.ty(entry).filter(|ty| self.types.is_scalar(*ty));
        let id = self.declare(parent, entry, dw::DW_TAG_subprogram, returned.map(|_| Form::Register));
        self.name_for_linker(id, entry);
        id
    }

    /// The entry of a function without sources.
    fn declare_bare(&mut self, func: FuncIndex) -> UnitEntryId {
        let symbol = function_symbol(func);
        let name = self.input.module.declarations().function_name(func).filter(|name| !name.is_empty());
        let id = self.unit.add(self.unit.root(), dw::DW_TAG_subprogram);
        self.unit.get_mut(id).set(dw::DW_AT_name, string(name.unwrap_or(&symbol)));
        id
    }

    /// The namespace or structure of a function, by its declaration.
    fn function_scope(&mut self, entry: Entry) -> UnitEntryId {
        let declared = self.guest.origins(entry).last().map_or(entry, |(at, _)| at);
        self.types.scope(&mut self.unit, declared)
    }

    fn name_for_linker(&mut self, id: UnitEntryId, entry: Entry) {
        let name = self.guest.origins(entry);
        let mut name = name.filter_map(|(at, die)| self.guest.text(at.unit, &die, dw::DW_AT_linkage_name));
        if let Some(name) = name.next() {
            self.unit.get_mut(id).set(dw::DW_AT_linkage_name, string(&name));
        }
    }

    /// What is in a function, or in an inlined copy of one: variables, blocks, functions that the guest's compiler inlined, and those that
    /// LLVM did, which are returned.
    fn contents(
        &mut self,
        scope: usize,
        func: FuncIndex,
        entry: Entry,
        id: UnitEntryId,
    ) -> Vec<(usize, FuncIndex, Entry, UnitEntryId)> {
        let function = Function::new(self.guest, self.input, func, entry);
        let mut blocks: Vec<Block> = Vec::new();
        let mut open = vec![(entry, id)];
        while let Some((outer, outer_id)) = open.pop() {
            for child in self.guest.children(outer) {
                let Some(die) = self.guest.die(child) else { continue };
                match die.tag() {
                    tag @ (dw::DW_TAG_formal_parameter | dw::DW_TAG_variable) => {
                        self.variable(&function, scope, child, tag, outer_id);
                    }
                    tag @ (dw::DW_TAG_lexical_block | dw::DW_TAG_inlined_subroutine) => {
                        let offsets = self.guest.ranges(child.unit, &die);
                        let ranges = self.code.within(scope, &offsets);
                        if ranges.is_empty() {
                            continue;
                        }
                        let inner = self.unit.add(outer_id, tag);
                        set_ranges(&mut self.unit, inner, &ranges);
                        if tag == dw::DW_TAG_inlined_subroutine {
                            self.inlined_by_guest(inner, child);
                        }
                        blocks.push((inner, offsets));
                        open.push((child, inner));
                    }
                    _ => {}
                }
            }
        }
        self.copies(scope, id, &blocks);
        self.inlined_by_llvm(scope, id, &blocks)
    }

    /// Puts the second copies of loops into blocks of their own.
    fn copies(&mut self, scope: usize, id: UnitEntryId, blocks: &[Block]) {
        let mut found: BTreeMap<Option<usize>, Vec<Range<u64>>> = BTreeMap::new();
        for (range, offset) in &self.code.copies[scope] {
            push_range(found.entry(innermost(blocks, *offset)).or_default(), range.clone());
        }
        for (around, ranges) in found {
            let parent = around.map_or(id, |block| blocks[block].0);
            add_copy(&mut self.unit, parent, &ranges);
        }
    }

    fn inlined_by_guest(&mut self, id: UnitEntryId, entry: Entry) {
        let Some(die) = self.guest.die(entry) else { return };
        if let Some(origin) = self.guest.reference(entry.unit, &die, dw::DW_AT_abstract_origin) {
            let origin = self.origin(origin);
            self.unit.get_mut(id).set(dw::DW_AT_abstract_origin, AttributeValue::UnitRef(origin));
        }
        let number = |name| number(&die, name);
        let (file, line) = (number(dw::DW_AT_call_file), number(dw::DW_AT_call_line));
        self.called_at(id, entry.unit, file, line);
    }

    fn called_at(&mut self, id: UnitEntryId, unit: usize, file: Option<u64>, line: Option<u64>) {
        let file = file.and_then(|file| self.file(unit, file, None));
        let out = self.unit.get_mut(id);
        if let (Some(file), Some(line)) = (file, line) {
            out.set(dw::DW_AT_call_file, AttributeValue::FileIndex(Some(file)));
            out.set(dw::DW_AT_call_line, AttributeValue::Udata(line));
        }
    }

    /// The functions that LLVM inlined into a scope, each in the innermost block of the guest's around the call. One without sources
    /// is seen through.
    fn inlined_by_llvm(
        &mut self,
        scope: usize,
        id: UnitEntryId,
        blocks: &[Block],
    ) -> Vec<(usize, FuncIndex, Entry, UnitEntryId)> {
        let mut found = Vec::new();
        let children = &self.code.children[scope];
        let mut open: Vec<_> =
            children.iter().map(|child| (*child, self.native.scopes[*child].call_line)).collect();
        while let Some((child, call)) = open.pop() {
            let func = self.native.scopes[child].func;
            let entry = func.and_then(|func| Some((func, *self.guest.functions.get(&func)?)));
            let Some((func, entry)) = entry else {
                open.extend(self.code.children[child].iter().map(|inner| (*inner, call)));
                continue;
            };
            let ranges = self.code.ranges(child);
            if ranges.is_empty() {
                continue;
            }
            let parent = innermost(blocks, call).map_or(id, |block| blocks[block].0);
            let inner = self.unit.add(parent, dw::DW_TAG_inlined_subroutine);
            set_ranges(&mut self.unit, inner, &ranges);
            let origin = self.origin(entry);
            self.unit.get_mut(inner).set(dw::DW_AT_abstract_origin, AttributeValue::UnitRef(origin));
            if let Some(line) = self.guest.lines().at(call).cloned() {
                self.called_at(inner, line.unit, Some(line.file), Some(u64::from(line.line)));
            }
            found.push((child, func, entry, inner));
        }
        found
    }

    /// The function that inlined copies are copies of: a name and a type, no contents.
    fn origin(&mut self, entry: Entry) -> UnitEntryId {
        let entry = match self.guest.die(entry) {
            Some(die) => self.guest.reference(entry.unit, &die, dw::DW_AT_abstract_origin).unwrap_or(entry),
            None => entry,
        };
        if let Some(known) = self.abstracts.get(&entry) {
            return *known;
        }
        let parent = self.function_scope(entry);
        let id = self.declare_function(parent, entry);
        self.unit.get_mut(id).set(dw::DW_AT_inline, AttributeValue::Inline(dw::DW_INL_inlined));
        self.abstracts.insert(entry, id);
        id
    }

    fn variable(
        &mut self,
        function: &Function<'_>,
        scope: usize,
        variable: Entry,
        tag: gimli::DwTag,
        parent: UnitEntryId,
    ) {
        let Some(ty) = self.guest.ty(variable) else { return };
        let stated = self.stated(function, scope, variable);
        let in_memory = !stated.is_empty() && stated.iter().all(|(stated, _)| stated.is_memory());
        let (shown, bytes) = (self.types.shown(ty), self.types.bytes(ty));
        let form = match shown {
            Shown::Pointer => Form::Variable,
            Shown::Plain if in_memory => Form::Memory,
            Shown::Plain => Form::Register,
        };
        let id = self.declare(parent, variable, tag, Some(form));
        let sizes = |local| function.size(local);
        let composer = self.composer(&sizes);
        let mut locations = Vec::new();
        for (stated, ranges) in &stated {
            locations.extend(composer.locate(stated, shown, bytes, scope, ranges));
        }
        locations.sort_by_key(|(range, _)| range.start);
        locations.dedup_by(|next, last| {
            let is_same = last.0.end == next.0.start && last.1 == next.1;
            if is_same {
                last.0.end = next.0.end;
            }
            is_same
        });
        if form == Form::Memory && self.input.debugger == Debugger::Gdb && self.types.holds_pointers(ty) {
            fill(&mut locations, &self.code.ranges(scope));
        }
        set_locations(&mut self.unit, id, locations);
        let constant =
            |die: gimli::DebuggingInformationEntry<_>| die.attr_value(dw::DW_AT_const_value)?.sdata_value();
        if let Some(value) = self.guest.die(variable).and_then(constant) {
            self.unit.get_mut(id).set(dw::DW_AT_const_value, AttributeValue::Sdata(value));
        }
    }

    /// What the guest says of where a variable is, for which code of a scope.
    fn stated(
        &self,
        function: &Function<'_>,
        scope: usize,
        variable: Entry,
    ) -> Vec<(Stated, Vec<Range<u64>>)> {
        let unit = self.guest.unit(variable.unit);
        let location = self.guest.die(variable).and_then(|die| die.attr_value(dw::DW_AT_location));
        let Some(location) = location else { return Vec::new() };
        let read = |expression| Stated::read(expression, function.frame_base, unit.encoding());
        if let Some(expression) = location.exprloc_value() {
            let Some(stated) = read(expression) else { return Vec::new() };
            let ranges = match function.good_everywhere(&stated) {
                Some(offsets) => self.code.within(scope, &offsets),
                None => self.code.ranges(scope),
            };
            return vec![(stated, ranges)];
        }
        let mut entries: Vec<(Stated, Range<WasmOffset>)> = Vec::new();
        if let Ok(Some(mut list)) = self.guest.dwarf.attr_locations(unit, location) {
            while let Ok(Some(entry)) = list.next() {
                let offsets = self.guest.offsets(entry.range.begin, entry.range.end);
                let (Some(offsets), Some(stated)) = (offsets, read(entry.data)) else { continue };
                entries.push((stated.since(offsets.start), offsets));
            }
        }
        let good = |(stated, offsets): &(Stated, Range<WasmOffset>)| {
            let same = entries.iter().filter(|(other, _)| other == stated);
            let starts = same.map(|(_, offsets)| offsets.start).collect();
            let offsets = function.good(stated, offsets.clone(), &starts);
            (stated.clone(), self.code.within(scope, &offsets))
        };
        entries.iter().map(good).collect()
    }
}

/// A block of the guest's, or a function that its compiler inlined, with its code.
type Block = (UnitEntryId, Vec<Range<WasmOffset>>);

/// Which block is the innermost around an offset; inner ones come after outer ones.
fn innermost(blocks: &[Block], offset: WasmOffset) -> Option<usize> {
    blocks.iter().rposition(|(_, offsets)| offsets.iter().any(|range| range.contains(&offset)))
}

/// Who made the unit, as gdb expects of compilers on LLVM: by that it knows how functions begin.
fn producer(guest: &str) -> String {
    format!("{PRODUCER}: {guest}")
}

/// Says of the rest of some ranges that the variable is nowhere.
fn fill(locations: &mut Vec<(Range<u64>, Expression)>, ranges: &[Range<u64>]) {
    let mut filled = Vec::new();
    let mut known = std::mem::take(locations).into_iter().peekable();
    for range in ranges {
        let mut at = range.start;
        while let Some((known, expression)) = known.next_if(|(known, _)| known.start < range.end) {
            if at < known.start {
                filled.push((at..known.start, nowhere()));
            }
            at = known.end;
            filled.push((known, expression));
        }
        if at < range.end {
            filled.push((at..range.end, nowhere()));
        }
    }
    *locations = filled;
}

/// The offset of a unit's own entry.
pub(super) fn root_offset(unit: &crate::Unit<'_>) -> gimli::UnitOffset {
    gimli::UnitOffset(unit.header.size_of_header())
}
