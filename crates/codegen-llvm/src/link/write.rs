//! Writes the ELF file.

use object::Endianness;
use object::elf;
use object::write::StringId;
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, SectionIndex, Sym, Writer};
use wootz_vm_abi::build_id::{self, BuildId};
use wootz_vm_abi::image;
use wootz_vm_abi::machine::Machine;

use super::error::LinkError;
use super::info::Contents;
use super::input::{Definition, Object};
use super::layout::{Layout, MAX_PROGRAM_HEADERS, SLOT};
use super::symbols::Symbols;

/// A section of the file.
#[derive(Copy, Clone)]
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    pub(super) ty: elf::SectionType,
    pub(super) flags: elf::SectionFlags,
    pub(super) address: u64,
    pub(super) align: u64,
    pub(super) entry_size: u64,
    pub(super) data: &'a [u8],
    /// What fills the file before it.
    pub(super) padding: u8,
}

impl<'a> Section<'a> {
    /// One that is not loaded.
    pub(super) fn plain(name: &'a str, data: &'a [u8]) -> Self {
        let (ty, flags) = (elf::SHT_PROGBITS, elf::SectionFlags::default());
        Self { name, ty, flags, address: 0, align: 1, entry_size: 0, data, padding: 0 }
    }
}

/// A symbol of the file.
pub(super) struct Symbol {
    pub(super) name: String,
    pub(super) address: u64,
    pub(super) size: u64,
}

/// What the writer gave a section.
struct Reserved {
    name: StringId,
    index: SectionIndex,
    offset: u64,
}

/// The bytes of an image: what is loaded stands in the file where it is in memory.
pub(super) fn image(
    objects: &[Object<'_>],
    symbols: &Symbols<'_>,
    layout: &Layout<'_>,
    contents: &Contents,
) -> Result<Vec<u8>, LinkError> {
    file(objects, symbols, layout, contents, &program_headers(layout))
}

/// A file for debuggers, of code that is loaded otherwise.
pub(super) fn for_debuggers(
    objects: &[Object<'_>],
    symbols: &Symbols<'_>,
    layout: &Layout<'_>,
    contents: &Contents,
) -> Result<Vec<u8>, LinkError> {
    file(objects, symbols, layout, contents, &[])
}

/// A file. Without program headers, sections stand where there is room.
fn file(
    objects: &[Object<'_>],
    symbols: &Symbols<'_>,
    layout: &Layout<'_>,
    contents: &Contents,
    headers: &[ProgramHeader],
) -> Result<Vec<u8>, LinkError> {
    let slots = vec![0; (layout.libcalls * SLOT) as usize];
    let id = build_id(layout, contents).note();
    let sections = sections(layout, contents, &slots, &id);
    let functions = functions(objects, symbols, layout);
    write(layout.arch.machine, headers, &sections, &functions)
}

/// The bytes of a file, whose first sections are those of a layout's outputs.
pub(super) fn write(
    machine: Machine,
    headers: &[ProgramHeader],
    sections: &[Section<'_>],
    functions: &[Symbol],
) -> Result<Vec<u8>, LinkError> {
    let error = |error: object::write::Error| LinkError::Write(error.to_string());
    let mut bytes = Vec::new();
    let mut writer = Writer::new(Endianness::Little, true, &mut bytes);
    writer.reserve_file_header();
    writer.reserve_program_headers(headers.len() as u32);
    let mut reserved = Vec::with_capacity(sections.len());
    for section in sections {
        let (name, index) =
            (writer.add_section_name(section.name.as_bytes()), writer.reserve_section_index());
        if section.address != 0 && !headers.is_empty() {
            writer.reserve_until(section.address);
        }
        let len = if section.ty == elf::SHT_NOBITS { 0 } else { section.data.len() as u64 };
        let offset = writer.reserve(len, section.align);
        reserved.push(Reserved { name, index, offset });
    }
    let text = reserved[Layout::TEXT].index;
    let names: Vec<_> = functions.iter().map(|symbol| writer.add_string(symbol.name.as_bytes())).collect();
    writer.reserve_null_symbol_index();
    functions.iter().for_each(|_| _ = writer.reserve_symbol_index(Some(text)));
    writer.reserve_symtab_section_index();
    writer.reserve_strtab_section_index();
    writer.reserve_shstrtab_section_index();
    writer.reserve_symtab();
    writer.reserve_strtab().map_err(error)?;
    writer.reserve_shstrtab().map_err(error)?;
    writer.reserve_section_headers();

    writer.write_file_header(&file_header(machine)).map_err(error)?;
    writer.write_align_program_headers();
    headers.iter().for_each(|header| writer.write_program_header(header));
    for (section, place) in sections.iter().zip(&reserved) {
        let gap = place.offset - writer.offset();
        writer.write(&vec![section.padding; gap as usize]);
        if section.ty != elf::SHT_NOBITS {
            writer.write(section.data);
        }
    }
    writer.write_null_symbol();
    for (symbol, name) in functions.iter().zip(names) {
        writer.write_symbol(&Sym {
            section: Some(text.0),
            st_name: writer.string_offset(Some(name)),
            st_info: elf::STB_LOCAL | elf::STT_FUNC,
            st_other: Default::default(),
            st_shndx: Default::default(),
            st_value: symbol.address,
            st_size: symbol.size,
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();
    writer.write_null_section_header();
    for (section, place) in sections.iter().zip(&reserved) {
        writer.write_section_header(&SectionHeader {
            sh_name: writer.section_name_offset(Some(place.name)),
            sh_type: section.ty,
            sh_flags: section.flags,
            sh_addr: section.address,
            sh_offset: place.offset,
            sh_size: section.data.len() as u64,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: section.align,
            sh_entsize: section.entry_size,
        });
    }
    writer.write_symtab_section_header(functions.len() as u32 + 1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    Ok(bytes)
}

fn file_header(machine: Machine) -> FileHeader {
    FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_DYN,
        e_machine: elf::Machine(machine.elf()),
        e_entry: 0,
        e_flags: Default::default(),
    }
}

/// The sections in file order; those of the layout's outputs come first, in its order.
fn sections<'a>(
    layout: &'a Layout<'_>,
    contents: &'a Contents,
    slots: &'a [u8],
    id: &'a [u8],
) -> Vec<Section<'a>> {
    let plain = Section::plain;
    let output = |index: usize| {
        let output = &layout.outputs[index];
        Section { address: output.address, align: output.align, ..plain(output.name, &output.data) }
    };
    let mut sections: Vec<_> = (0..layout.outputs.len()).map(output).collect();
    for section in &mut sections[..Layout::LOADED] {
        section.flags = elf::SHF_ALLOC;
    }
    sections[Layout::TEXT].flags = elf::SHF_ALLOC | elf::SHF_EXECINSTR;
    sections[Layout::EH_FRAME].ty = layout.arch.unwind_type;
    for section in &mut sections[Layout::LOADED..] {
        if matches!(section.name, ".debug_str" | ".debug_line_str") {
            section.flags = elf::SHF_MERGE | elf::SHF_STRINGS;
            section.entry_size = 1;
        }
    }
    let libcalls = Section {
        flags: elf::SHF_ALLOC | elf::SHF_WRITE,
        address: layout.slots,
        align: SLOT,
        padding: layout.arch.padding,
        ..plain(image::LIBCALLS, slots)
    };
    let mut data = plain(image::DATA, &contents.data);
    data.align = 16;
    let mut after =
        vec![libcalls, plain(image::INFO, &contents.info), plain(image::ADDRMAP, &contents.address_map)];
    if !contents.sources.is_empty() {
        after.push(plain(image::SOURCES, &contents.sources));
    }
    after.push(data);
    after.push(Section { ty: elf::SHT_NOTE, align: 4, ..plain(build_id::NOTE, id) });
    after.extend(contents.debug.as_deref().map(|debug| plain(image::DEBUG, debug)));
    sections.splice(Layout::LOADED..Layout::LOADED, after);
    sections
}

/// The id of what a file has besides debug information.
fn build_id(layout: &Layout<'_>, contents: &Contents) -> BuildId {
    let loaded = layout.outputs[..Layout::LOADED].iter().map(|output| &*output.data);
    let Contents { info, address_map, sources, data, debug: _ } = contents;
    BuildId::of(loaded.chain([info, address_map, sources, data].map(|bytes| &**bytes)))
}

fn program_headers(layout: &Layout<'_>) -> Vec<ProgramHeader> {
    let header = |p_type, p_flags, address, size, p_align| ProgramHeader {
        p_type,
        p_flags,
        p_offset: address,
        p_vaddr: address,
        p_paddr: address,
        p_filesz: size,
        p_memsz: size,
        p_align,
    };
    let [frames, table, text] =
        [Layout::EH_FRAME, Layout::EH_FRAME_HDR, Layout::TEXT].map(|o| &layout.outputs[o]);
    let read_only = frames.address + frames.data.len() as u64;
    let slots = layout.libcalls * SLOT;
    let page = layout.arch.machine.page();
    let mut headers = vec![header(elf::PT_LOAD, elf::PF_R, 0, read_only, page)];
    if !text.data.is_empty() {
        let len = text.data.len() as u64;
        headers.push(header(elf::PT_LOAD, elf::PF_R | elf::PF_X, text.address, len, page));
    }
    if slots > 0 {
        headers.push(header(elf::PT_LOAD, elf::PF_R | elf::PF_W, layout.slots, slots, page));
        headers.push(header(elf::PT_GNU_RELRO, elf::PF_R, layout.slots, slots, 1));
    }
    headers.push(header(
        elf::PT_GNU_EH_FRAME,
        elf::PF_R,
        table.address,
        table.data.len() as u64,
        table.align,
    ));
    headers.push(header(elf::PT_GNU_STACK, elf::PF_R | elf::PF_W, 0, 0, 16));
    debug_assert!(headers.len() <= MAX_PROGRAM_HEADERS as usize, "the layout has room for the headers");
    headers
}

/// The symbols of code, by address.
fn functions(objects: &[Object<'_>], symbols: &Symbols<'_>, layout: &Layout<'_>) -> Vec<Symbol> {
    let mut functions: Vec<_> = symbols
        .libcalls
        .iter()
        .enumerate()
        .map(|(slot, call)| Symbol {
            name: format!("{}@plt", call.name()),
            address: layout.stub(slot),
            size: layout.arch.stub_len,
        })
        .collect();
    for (object, input) in objects.iter().enumerate() {
        for symbol in &input.symbols {
            let Definition::Section(section, offset) = symbol.definition else { continue };
            let address = layout.address(object, section, offset).filter(|_| symbol.is_function);
            if let Some(address) = address.filter(|address| layout.code_offset(*address).is_some()) {
                let name = String::from_utf8_lossy(symbol.name).into_owned();
                functions.push(Symbol { name, address, size: symbol.size });
            }
        }
    }
    functions.sort_by(|a, b| (a.address, &a.name).cmp(&(b.address, &b.name)));
    functions
}
