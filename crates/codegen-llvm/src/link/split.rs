//! Takes an image apart into what runs and what debuggers read.

use object::LittleEndian as LE;
use object::elf;
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _, Sym as _};
use object::write::elf::ProgramHeader;
use wootz_vm_abi::build_id;
use wootz_vm_abi::image;
use wootz_vm_abi::machine::Machine;
use wootz_vm_abi::seal::seal;

use super::error::LinkError;
use super::write::{Section, Symbol, write};

/// An image without debug information, and a file that has it.
pub struct SplitImage {
    /// The image, which names the file and has the same build id.
    pub image: Vec<u8>,
    /// The file.
    pub debug: Vec<u8>,
}

/// Takes the debug information of an image into a file of its own, which will be called `name`. The image keeps its build id, and all that
/// backtraces of traps need.
///
/// # Errors
/// [`LinkError::Write`] for bytes that are no image.
pub fn split_debug(image: &[u8], name: &str) -> Result<SplitImage, LinkError> {
    let file = Parsed::read(image).map_err(|error| LinkError::Write(error.to_string()))?;
    let is_debug = |name: &str| name.starts_with(".debug_") || name == image::DEBUG;
    let own = |section: &Section<'_>| is_debug(section.name) || section.name == build_id::NOTE;
    let debug_sections: Vec<_> = file
        .sections
        .iter()
        .filter(|section| section.flags.contains(elf::SHF_ALLOC) || own(section))
        .map(|section| match section {
            // Frames are found by it; the rest is the image's alone.
            section if own(section) || section.name == image::EH_FRAME => *section,
            section => Section { ty: elf::SHT_NOBITS, ..*section },
        })
        .collect();
    let debug = write(file.machine, &[], &debug_sections, &file.functions)?;
    let link = build_id::debug_link(name, &debug);
    let kept = file.sections.iter().copied().filter(|section| !is_debug(section.name));
    let link = Section { align: 4, ..Section::plain(build_id::DEBUG_LINK, &link) };
    let sections: Vec<_> = kept.chain([link]).collect();
    let mut image = write(file.machine, &file.headers, &sections, &[])?;
    seal(&mut image);
    Ok(SplitImage { image, debug })
}

/// A file that was written.
struct Parsed<'a> {
    machine: Machine,
    headers: Vec<ProgramHeader>,
    /// Without symbols and the tables of names.
    sections: Vec<Section<'a>>,
    functions: Vec<Symbol>,
}

impl<'a> Parsed<'a> {
    fn read(bytes: &'a [u8]) -> object::Result<Self> {
        let header = elf::FileHeader64::<LE>::parse(bytes)?;
        let table = header.sections(LE, bytes)?;
        let mut sections = Vec::new();
        for section in table.iter().skip(1) {
            let name = std::str::from_utf8(table.section_name(LE, section)?).unwrap_or_default();
            if [".symtab", ".strtab", ".shstrtab"].contains(&name) {
                continue;
            }
            sections.push(Section {
                name,
                ty: section.sh_type(LE),
                flags: section.sh_flags(LE),
                address: section.sh_addr(LE),
                align: section.sh_addralign(LE),
                entry_size: section.sh_entsize(LE),
                data: section.data(LE, bytes)?,
                padding: 0,
            });
        }
        let headers = header.program_headers(LE, bytes)?.iter().map(|program| ProgramHeader {
            p_type: program.p_type(LE),
            p_flags: program.p_flags(LE),
            p_offset: program.p_offset(LE),
            p_vaddr: program.p_vaddr(LE),
            p_paddr: program.p_paddr(LE),
            p_filesz: program.p_filesz(LE),
            p_memsz: program.p_memsz(LE),
            p_align: program.p_align(LE),
        });
        let symbols = table.symbols(LE, bytes, elf::SHT_SYMTAB)?;
        let function = |symbol: &elf::Sym64<_>| {
            let name = String::from_utf8_lossy(symbols.symbol_name(LE, symbol)?).into_owned();
            Ok(Symbol { name, address: symbol.st_value(LE), size: symbol.st_size(LE) })
        };
        let functions = symbols.iter().skip(1).map(function).collect::<object::Result<_>>()?;
        let machine = Machine::from_elf(header.e_machine(LE).0).unwrap_or(Machine::X86_64);
        Ok(Self { machine, headers: headers.collect(), sections, functions })
    }
}
