//! Writes a module as a relocatable object for the linker of a program: merged sections with the relocations that are left, the
//! C functions, and the description for the runtime. `vm_abi::linked` draws it.

use std::collections::BTreeMap;
use std::mem::offset_of;

use object::elf::RelocationType;
use object::write::{Object as File, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope,
};
use wootz_debuginfo::write::{ADDRESS_IN_FILE, SectionOffset};
use wootz_vm_abi::debug::Base;
use wootz_vm_abi::image::FORMAT_VERSION;
use wootz_vm_abi::linked::{
    LINKED_MAGIC, LINKED_MODULE, LinkedBytes, LinkedImport, LinkedModule, LinkedRange, LinkedUnwind,
    MEMORY_LIST, ONLY_INSTANCE,
};
use wootz_vm_abi::machine::Machine;

use super::debug::Unsettled;
use super::error::LinkError;
use super::info::Contents;
use super::input::{Definition, Object};
use super::layout::{Layout, Output};
use super::relocate::{Left, LeftTarget};
use super::symbols::Symbols;

/// Where the runtime finds an import.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct LinkedImportPlace {
    /// Symbol of the function that calls it, in the object with the C functions.
    pub(crate) thunk: Option<String>,
    /// Offset in the structure of imports.
    pub(crate) offset: Option<usize>,
}

/// The parts of an object.
pub(super) struct Parts<'a> {
    /// The module's objects and, last, the one with the C functions.
    pub(super) objects: &'a [Object<'a>],
    pub(super) symbols: &'a Symbols<'a>,
    pub(super) layout: &'a Layout<'a>,
    /// What its relocations leave to the program's linker.
    pub(super) left: Vec<Left>,
    /// The module linked as an image, without the C functions.
    pub(super) image: &'a Layout<'a>,
    pub(super) contents: &'a Contents,
    /// Of the image's debug sections, if they are for debuggers: then they are the object's.
    pub(super) debug: Option<&'a Unsettled>,
    pub(super) imports: &'a [LinkedImportPlace],
    pub(super) imports_size: usize,
}

/// The bytes of the object.
pub(super) fn write(parts: Parts<'_>) -> Result<Vec<u8>, LinkError> {
    let machine = parts.layout.arch.machine;
    let architecture = match machine {
        Machine::X86_64 => Architecture::X86_64,
        Machine::Aarch64 => Architecture::Aarch64,
    };
    let file = File::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let mut writer = Writer { file, sections: BTreeMap::new(), externals: BTreeMap::new(), parts: &parts };
    let debug = if parts.debug.is_some() { parts.image } else { parts.layout };
    let outputs = parts.layout.outputs[..Layout::LOADED].iter().chain(&debug.outputs[Layout::LOADED..]);
    for (index, output) in outputs.enumerate() {
        if index != Layout::EH_FRAME_HDR {
            writer.section(index, output);
        }
    }
    writer.functions();
    writer.description()?;
    for left in &parts.left {
        if parts.debug.is_none() || left.output < Layout::LOADED {
            writer.relocation(left)?;
        }
    }
    if let Some(debug) = parts.debug {
        writer.debug(debug)?;
    }
    let stack = writer.file.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Metadata);
    writer.file.section_mut(stack).flags =
        object::SectionFlags::Elf { sh_type: object::elf::SHT_PROGBITS, sh_flags: Default::default() };
    writer.file.write().map_err(|error| LinkError::Write(error.to_string()))
}

struct Writer<'a> {
    file: File<'a>,
    /// By the index of the output.
    sections: BTreeMap<usize, SectionId>,
    externals: BTreeMap<String, SymbolId>,
    parts: &'a Parts<'a>,
}

impl Writer<'_> {
    fn section(&mut self, index: usize, output: &Output<'_>) {
        let kind = match (index, output.name) {
            (Layout::TEXT, _) => SectionKind::Text,
            (Layout::RODATA | Layout::EH_FRAME, _) => SectionKind::ReadOnlyData,
            (_, ".debug_str" | ".debug_line_str") => SectionKind::DebugString,
            _ => SectionKind::Debug,
        };
        let section = self.file.add_section(Vec::new(), output.name.into(), kind);
        // The program's linker ends the unwind information of all objects together.
        let end =
            output.data.len() - if index == Layout::EH_FRAME { super::unwind::TERMINATOR.len() } else { 0 };
        self.file.append_section_data(section, &output.data[..end], output.align);
        self.sections.insert(index, section);
    }

    /// Symbols of code: those that no C identifier can be are local.
    fn functions(&mut self) {
        let Parts { objects, layout, .. } = self.parts;
        let section = SymbolSection::Section(self.sections[&Layout::TEXT]);
        for (object, input) in objects.iter().enumerate() {
            for symbol in input.symbols.iter().filter(|symbol| symbol.is_function) {
                let Definition::Section(input_section, offset) = symbol.definition else { continue };
                let address = layout.address(object, input_section, offset);
                let Some(value) = address.and_then(|address| layout.code_offset(address)) else { continue };
                let local = symbol.name.contains(&b'[');
                self.file.add_symbol(Symbol {
                    name: symbol.name.to_vec(),
                    value: value.into(),
                    size: symbol.size,
                    kind: SymbolKind::Text,
                    scope: if local { SymbolScope::Compilation } else { SymbolScope::Dynamic },
                    weak: false,
                    section,
                    flags: SymbolFlags::None,
                });
            }
        }
    }

    /// The module's description, with all that it points to.
    fn description(&mut self) -> Result<(), LinkError> {
        let Parts { image, contents, imports, imports_size, .. } = *self.parts;
        let bytes = self.file.add_section(Vec::new(), b".rodata.wootz".to_vec(), SectionKind::ReadOnlyData);
        let described =
            self.file.add_section(Vec::new(), b".data.rel.ro".to_vec(), SectionKind::ReadOnlyDataWithRel);
        let [frames, table, text] =
            [Layout::EH_FRAME, Layout::EH_FRAME_HDR, Layout::TEXT].map(|index| &image.outputs[index]);
        let module_len = size_of::<LinkedModule>();
        let mut description = vec![0; module_len + imports.len() * size_of::<LinkedImport>()];
        let mut set =
            |offset: usize, value: u64| description[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        set(offset_of!(LinkedModule, magic), u64::from_le_bytes(LINKED_MAGIC));
        set(offset_of!(LinkedModule, version), FORMAT_VERSION.into());
        set(offset_of!(LinkedModule, text) + offset_of!(LinkedBytes, len), self.parts.module_code_len());
        let distance = offset_of!(LinkedUnwind, distance);
        set(offset_of!(LinkedModule, eh_frame) + distance, frames.address.wrapping_sub(text.address));
        set(offset_of!(LinkedModule, eh_frame_hdr) + distance, table.address.wrapping_sub(text.address));
        set(offset_of!(LinkedModule, import_count), imports.len() as u64);
        set(offset_of!(LinkedModule, imports_size), imports_size as u64);
        for (field, data) in [
            (offset_of!(LinkedModule, info), &contents.info),
            (offset_of!(LinkedModule, address_map), &contents.address_map),
            (offset_of!(LinkedModule, sources), &contents.sources),
            (offset_of!(LinkedModule, data), &contents.data),
            (offset_of!(LinkedModule, eh_frame) + offset_of!(LinkedUnwind, range), &frames.data),
            (offset_of!(LinkedModule, eh_frame_hdr) + offset_of!(LinkedUnwind, range), &table.data),
        ] {
            set(field + offset_of!(LinkedRange, start), self.file.append_section_data(bytes, data, 16));
            set(field + offset_of!(LinkedRange, len), data.len() as u64);
        }
        let len = self.file.section(bytes).data().len() as u64;
        set(offset_of!(LinkedModule, bytes) + offset_of!(LinkedBytes, len), len);
        let text = self.sections[&Layout::TEXT];
        let instance = self.parts.debug.is_some().then(|| self.only_instance());
        let start = offset_of!(LinkedBytes, start);
        let mut pointers = vec![
            (offset_of!(LinkedModule, text) + start, text, 0),
            (offset_of!(LinkedModule, bytes) + start, bytes, 0),
            (offset_of!(LinkedModule, imports), described, module_len as u64),
        ];
        pointers.extend(instance.map(|word| (offset_of!(LinkedModule, only_instance), word, 0)));
        for (index, import) in imports.iter().enumerate() {
            let at = module_len + index * size_of::<LinkedImport>();
            set(
                at + offset_of!(LinkedImport, offset),
                import.offset.unwrap_or(LinkedImport::NOT_GIVEN) as u64,
            );
            if let Some(thunk) = &import.thunk {
                pointers.push((at + offset_of!(LinkedImport, thunk), text, self.parts.code_symbol(thunk)?));
            }
        }
        self.file.append_section_data(described, &description, 16);
        for (offset, section, addend) in pointers {
            let symbol = self.file.section_symbol(section);
            self.add(described, offset as u64, self.parts.layout.arch.absolute, symbol, addend as i64)?;
        }
        let symbol = self.file.add_symbol(Symbol {
            name: LINKED_MODULE.into(),
            value: 0,
            size: description.len() as u64,
            kind: SymbolKind::Data,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(described),
            flags: SymbolFlags::None,
        });
        self.externals.insert(LINKED_MODULE.into(), symbol);
        Ok(())
    }

    /// The word for debuggers in which the runtime says which instance is the only one.
    fn only_instance(&mut self) -> SectionId {
        let section = self.file.add_section(Vec::new(), b".data".to_vec(), SectionKind::Data);
        let size = size_of::<u64>();
        self.file.append_section_data(section, &vec![0; size], size as u64);
        let symbol = self.file.add_symbol(Symbol {
            name: ONLY_INSTANCE.into(),
            value: 0,
            size: size as u64,
            kind: SymbolKind::Data,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
        self.externals.insert(ONLY_INSTANCE.into(), symbol);
        section
    }

    fn relocation(&mut self, left: &Left) -> Result<(), LinkError> {
        let symbol = match &left.target {
            LeftTarget::Output(output) => self.file.section_symbol(self.sections[output]),
            LeftTarget::External(name) => self.external(name),
        };
        self.add(self.sections[&left.output], left.offset, left.ty, symbol, left.addend)
    }

    /// The addresses and offsets in debug sections for debuggers.
    fn debug(&mut self, debug: &Unsettled) -> Result<(), LinkError> {
        let text = self.file.section_symbol(self.sections[&Layout::TEXT]);
        let instance = self.externals[ONLY_INSTANCE];
        let memories = self.external(MEMORY_LIST);
        let arch = self.parts.layout.arch;
        let image = &self.parts.image.outputs;
        for (index, section) in (Layout::LOADED..).zip(&debug.addresses.sections) {
            let id = self.sections[&index];
            for (offset, base) in &section.places {
                let at = *offset as usize;
                let (symbol, addend) = match base {
                    Base::Image => {
                        let value = image[index].data[at..]
                            .first_chunk()
                            .map_or(0, |bytes| i64::from_le_bytes(*bytes));
                        (text, value - image[Layout::TEXT].address.cast_signed())
                    }
                    Base::Instance => (instance, 0),
                    Base::Memories => (memories, 0),
                };
                // What it names is in the program, and moves with it.
                let opcode = self.file.section_mut(id).data_mut().get_mut(at.wrapping_sub(1));
                if let Some(opcode) = opcode.filter(|_| *base != Base::Image) {
                    *opcode = ADDRESS_IN_FILE;
                }
                self.add(id, *offset, arch.absolute, symbol, addend)?;
            }
        }
        for SectionOffset { section, offset, target } in &debug.offsets {
            let [section, target] = [section, target].map(|index| Layout::LOADED + *index as usize);
            let data = &image[section].data[*offset as usize..];
            let value = data.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
            let symbol = self.file.section_symbol(self.sections[&target]);
            self.add(self.sections[&section], *offset, arch.short, symbol, value.into())?;
        }
        Ok(())
    }

    fn external(&mut self, name: &str) -> SymbolId {
        let file = &mut self.file;
        *self.externals.entry(name.into()).or_insert_with(|| {
            file.add_symbol(Symbol {
                name: name.into(),
                value: 0,
                size: 0,
                kind: SymbolKind::Text,
                scope: SymbolScope::Unknown,
                weak: false,
                section: SymbolSection::Undefined,
                flags: SymbolFlags::None,
            })
        })
    }

    fn add(
        &mut self,
        section: SectionId,
        offset: u64,
        ty: RelocationType,
        symbol: SymbolId,
        addend: i64,
    ) -> Result<(), LinkError> {
        let relocation = Relocation { offset, symbol, addend, flags: RelocationFlags::Elf { r_type: ty } };
        self.file.add_relocation(section, relocation).map_err(|error| LinkError::Write(error.to_string()))
    }
}

impl Parts<'_> {
    /// Bytes of code before the C functions.
    fn module_code_len(&self) -> u64 {
        let placements = self.layout.placements.last();
        let code = placements.into_iter().flatten().flatten().filter(|place| place.output == Layout::TEXT);
        let end = self.layout.outputs[Layout::TEXT].data.len() as u64;
        code.map(|place| place.offset).min().unwrap_or(end)
    }

    /// Offset in the code of a global symbol.
    fn code_symbol(&self, name: &str) -> Result<u64, LinkError> {
        let global = self.symbols.globals.get(name.as_bytes());
        let target = global.and_then(|global| self.symbols.target(global.object, global.symbol));
        let address = target.and_then(|target| self.layout.target_address(target));
        let offset = address.and_then(|address| self.layout.code_offset(address));
        offset.map(u64::from).ok_or_else(|| LinkError::NotCode(name.into()))
    }
}
