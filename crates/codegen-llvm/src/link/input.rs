//! Reads relocatable objects: which of their sections an image keeps, their symbols and relocations.

use object::elf;
use object::read::elf::{ElfFile64, ElfSection64, FileHeader as _, Rela as _, SectionHeader as _, Sym as _};
use object::{LittleEndian, Object as _, ObjectSection as _};
use wootz_vm_abi::image;
use wootz_vm_abi::machine::Machine;

use super::error::{LinkError, Place, RelocationProblem};

type File<'a> = ElfFile64<'a, LittleEndian>;

/// A section of the image that takes input sections.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Destination<'a> {
    Text,
    Rodata,
    EhFrame,
    Debug(&'a str),
}

/// An object: its sections and symbols at the indices that the file gives them.
pub(super) struct Object<'a> {
    pub(super) sections: Vec<Option<Section<'a>>>,
    pub(super) symbols: Vec<Symbol<'a>>,
}

/// A section that goes into the image.
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    pub(super) destination: Destination<'a>,
    pub(super) data: &'a [u8],
    pub(super) align: u64,
    pub(super) relocations: &'a [elf::Rela64<LittleEndian>],
}

/// A symbol.
pub(super) struct Symbol<'a> {
    pub(super) name: &'a [u8],
    pub(super) definition: Definition,
    pub(super) global: bool,
    pub(super) is_function: bool,
    pub(super) size: u64,
}

/// Where a symbol is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Definition {
    Undefined,
    /// At an offset in a section, by the section's index.
    Section(usize, u64),
    /// A name of a file, an absolute value, a common symbol: nothing that code can refer to.
    Nowhere,
}

/// A relocation, decoded.
#[derive(Copy, Clone, Debug)]
pub(super) struct Relocation {
    pub(super) offset: u64,
    pub(super) ty: elf::RelocationType,
    pub(super) symbol: usize,
    pub(super) addend: i64,
}

/// Reads the objects, in order.
pub(super) fn read<'a>(objects: &[&'a [u8]], machine: Machine) -> Result<Vec<Object<'a>>, LinkError> {
    objects.iter().enumerate().map(|(index, bytes)| Object::read(index, bytes, machine)).collect()
}

impl<'a> Object<'a> {
    fn read(object: usize, bytes: &'a [u8], machine: Machine) -> Result<Self, LinkError> {
        let error = |reason: String| LinkError::Object { object, reason };
        let file = File::parse(bytes).map_err(|e| error(e.to_string()))?;
        let header = file.elf_header();
        if header.e_type(LittleEndian) != elf::ET_REL || header.e_machine(LittleEndian).0 != machine.elf() {
            return Err(error(format!("not a relocatable ELF file for {machine}")));
        }
        let mut sections = Vec::new();
        sections.resize_with(file.elf_section_table().len(), || None);
        for section in file.sections() {
            sections[section.index().0] = Section::read(object, &section)?;
        }
        let symbols = read_symbols(&file).map_err(|e| error(e.to_string()))?;
        Ok(Self { sections, symbols })
    }

    /// The place of a relocation, for errors.
    pub(super) fn place(&self, object: usize, section: usize, offset: u64) -> Place {
        let name = self.sections[section].as_ref().map_or("", |section| section.name);
        Place { object, section: name.into(), offset }
    }

    /// What to call a symbol in an error.
    pub(super) fn symbol_name(&self, symbol: usize) -> String {
        let Some(symbol) = self.symbols.get(symbol) else { return format!("symbol number {symbol}") };
        match symbol.definition {
            Definition::Section(section, offset) if symbol.name.is_empty() => {
                let name = self.sections[section].as_ref().map_or("a section that is left out", |s| s.name);
                format!("{name}+{offset:#x}")
            }
            _ => String::from_utf8_lossy(symbol.name).into_owned(),
        }
    }

    /// The error of a relocation.
    pub(super) fn relocation_error(
        &self,
        object: usize,
        section: usize,
        relocation: &Relocation,
        problem: RelocationProblem,
    ) -> LinkError {
        LinkError::Relocation {
            symbol: self.symbol_name(relocation.symbol),
            place: self.place(object, section, relocation.offset),
            problem,
        }
    }
}

impl<'a> Section<'a> {
    /// Reads a section, or nothing if an image leaves it out.
    fn read(object: usize, section: &ElfSection64<'a, '_, LittleEndian>) -> Result<Option<Self>, LinkError> {
        let unreadable = |error: object::read::Error| LinkError::Object { object, reason: error.to_string() };
        let header = section.elf_section_header();
        let name = section.name_bytes().map_err(unreadable)?;
        let name = std::str::from_utf8(name)
            .map_err(|_| LinkError::Object { object, reason: "a section's name is not UTF-8".into() })?;
        let flags = header.sh_flags(LittleEndian).0;
        let error = |reason| Err(LinkError::Section { object, section: name.into(), reason });
        let has = |flag: elf::SectionFlags| flags & flag.0 != 0;

        let ty = header.sh_type(LittleEndian);
        if ty == elf::SHT_GROUP {
            return error("section groups are not supported");
        }
        let allocated = has(elf::SHF_ALLOC);
        // Indices over names: a debugger expects one in a file, and makes its own where there is none.
        let is_index = matches!(name, ".debug_names" | ".debug_pubnames" | ".debug_pubtypes");
        let is_debug = name.starts_with(".debug_") && !is_index;
        if ty == elf::SHT_NOTE || ty == elf::SHT_RELA || !(allocated || is_debug) {
            return Ok(None);
        }
        if has(elf::SHF_COMPRESSED) {
            return error("compressed sections are not supported");
        }
        let destination = if !allocated {
            Destination::Debug(name)
        } else if has(elf::SHF_TLS) {
            return error("an image has no thread-local storage");
        } else if has(elf::SHF_WRITE) && !name.starts_with(".data.rel.ro") {
            if header.sh_size(LittleEndian) == 0 {
                return Ok(None);
            }
            return error("an image has no writable data");
        } else if name == image::EH_FRAME {
            Destination::EhFrame
        } else if has(elf::SHF_EXECINSTR) {
            Destination::Text
        } else {
            Destination::Rodata
        };
        if ty != elf::SHT_PROGBITS && ty != elf::SHT_X86_64_UNWIND {
            return error("its type has no place in an image");
        }
        let align = section.align().max(1);
        if !align.is_power_of_two() || align > image::PAGE {
            return error("its alignment is not a power of two up to the size of a page");
        }
        let data = section.data().map_err(unreadable)?;
        let relocations = section.elf_linked_rela().map_err(unreadable)?;
        if !section.elf_linked_rel().map_err(unreadable)?.is_empty() {
            return error("its relocations have no addends of their own");
        }
        Ok(Some(Self { name, destination, data, align, relocations }))
    }

    /// Its relocations, in file order.
    pub(super) fn relocations(&self) -> impl Iterator<Item = Relocation> + use<'a> {
        self.relocations.iter().map(|rela| Relocation {
            offset: rela.r_offset(LittleEndian),
            ty: rela.r_type(LittleEndian, false),
            symbol: rela.r_sym(LittleEndian, false) as usize,
            addend: rela.r_addend(LittleEndian),
        })
    }
}

fn read_symbols<'a>(file: &File<'a>) -> object::read::Result<Vec<Symbol<'a>>> {
    let table = file.elf_symbol_table();
    let mut symbols = Vec::with_capacity(table.len());
    for (index, symbol) in table.symbols().iter().enumerate() {
        let definition = if symbol.is_undefined(LittleEndian) {
            Definition::Undefined
        } else if let Some(section) =
            table.symbol_section(LittleEndian, symbol, object::SymbolIndex(index))?
        {
            file.section_by_index(section)?;
            Definition::Section(section.0, symbol.st_value(LittleEndian))
        } else {
            Definition::Nowhere
        };
        symbols.push(Symbol {
            name: table.symbol_name(LittleEndian, symbol)?,
            definition,
            global: !symbol.is_local(),
            is_function: symbol.st_type() == elf::STT_FUNC,
            size: symbol.st_size(LittleEndian),
        });
    }
    Ok(symbols)
}
