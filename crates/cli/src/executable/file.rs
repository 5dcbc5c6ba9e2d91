//! The file of an executable: the stub's, whose sections that are loaded stay where they are, and two more.
//!
//! ```text
//! the stub, up to the end of what is loaded
//! page   .wootz.image       the image, mapped when the program starts
//!        .wootz.settings    Settings, as postcard writes them
//!        .symtab, .strtab   the two symbols that debuggers look for, to be shown the image
//!        .shstrtab
//!        section headers: the stub's loaded ones, then these
//! ```
//!
//! The build id among the stub's loaded sections becomes one of all that is in the file.
//!
//! Having sections, it survives `strip` and opens in every tool. All other symbols and the debug information of the stub are left out.

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use object::LittleEndian as LE;
use object::elf;
use object::pod::{bytes_of, from_bytes_mut, slice_from_bytes};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use object::read::{SectionIndex, StringTable};

use wootz_engine::{BUILD_ID_SECTION, BuildId};

use super::Settings;

type Header = elf::FileHeader64<LE>;
type Section = elf::SectionHeader64<LE>;
type Symbol = elf::Sym64<LE>;

const IMAGE: &str = ".wootz.image";
const SETTINGS: &str = ".wootz.settings";
const PAGE: usize = wootz_engine::IMAGE_PAGE as usize;

/// Where in its file an executable has its parts.
pub(super) struct Parts {
    pub(super) image: Range<u64>,
    pub(super) settings: Range<u64>,
}

/// The parts of an executable; `None` if it has none.
///
/// Reads the header, the table of sections and their names, each at once: this is on the way to the first instruction of the program.
pub(super) fn find(file: &File) -> Option<Parts> {
    let header = read(file, 0, size_of::<Header>() as u64)?;
    let header = Header::parse(&*header).ok()?;
    let size = u64::from(header.e_shnum(LE)) * size_of::<Section>() as u64;
    let table = read(file, header.e_shoff(LE), size)?;
    let (table, _) = slice_from_bytes::<Section>(&table, header.e_shnum(LE).into()).ok()?;
    let names = table.get(usize::from(header.e_shstrndx.get(LE).0))?;
    let names = read(file, names.sh_offset(LE), names.sh_size(LE))?;
    let strings = StringTable::new(&*names, 0, names.len() as u64);
    let find = |name: &str| {
        let section = table.iter().find(|section| section.name(LE, strings) == Ok(name.as_bytes()))?;
        let (offset, size) = section.file_range(LE)?;
        Some(offset..offset.checked_add(size)?)
    };
    Some(Parts { image: find(IMAGE)?, settings: find(SETTINGS)? })
}

/// Bytes of a file; `None` if it does not have them, or is not one in which they would be this many.
fn read(file: &File, offset: u64, size: u64) -> Option<Vec<u8>> {
    const MOST: u64 = 1 << 20;
    let mut bytes = vec![0; usize::try_from(size).ok().filter(|_| size <= MOST)?];
    file.read_exact_at(&mut bytes, offset).ok()?;
    Some(bytes)
}

/// Why no executable can be made of a stub: it is no ELF file of the expected form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildExecutableError(String);

impl fmt::Display for BuildExecutableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the stub of executables is damaged: {}", self.0)
    }
}

impl std::error::Error for BuildExecutableError {}

impl From<object::Error> for BuildExecutableError {
    fn from(error: object::Error) -> Self {
        Self(error.to_string())
    }
}

/// The executable of an image: the bytes of its file.
///
/// # Errors
/// If `stub` is not a program for this to be added to.
///
/// # Panics
/// Never: settings have an encoding.
pub fn build(stub: &[u8], image: &[u8], settings: &Settings) -> Result<Vec<u8>, BuildExecutableError> {
    let header = Header::parse(stub)?;
    let sections = header.sections(LE, stub)?;
    let mut out = loaded_part(stub, header)?.to_vec();

    let mut table = Table::default();
    // A section's new index, by its old one.
    let mut kept = vec![0; sections.len()];
    for (index, section) in sections.enumerate() {
        if section.sh_flags(LE).contains(elf::SHF_ALLOC) {
            kept[index.0] = table.push(sections.section_name(LE, section)?, *section);
        }
    }
    let symbols = debugger_symbols(stub, &sections, &kept)?;
    let moved = |index: u32| {
        kept.get(SectionIndex(index as usize).0)
            .copied()
            .ok_or_else(|| BuildExecutableError("a section refers to none".into()))
    };
    for section in &mut table.headers {
        section.sh_link.set(LE, moved(section.sh_link.get(LE))?);
        if section.sh_flags(LE).contains(elf::SHF_INFO_LINK) {
            section.sh_info.set(LE, moved(section.sh_info.get(LE))?);
        }
    }

    let settings = postcard::to_stdvec(settings).expect("settings encode");
    identify(&mut out, &mut table, &[stub, image, &settings]);
    table.append(&mut out, IMAGE, elf::SHT_PROGBITS, PAGE, image);
    table.append(&mut out, SETTINGS, elf::SHT_PROGBITS, 1, &settings);
    if let Some(SymbolTable { symbols, names }) = symbols {
        let index = table.append(&mut out, ".symtab", elf::SHT_SYMTAB, 8, &symbols);
        let header = &mut table.headers[index as usize];
        header.sh_entsize.set(LE, size_of::<Symbol>() as u64);
        header.sh_link.set(LE, index + 1);
        // All but the first are global.
        header.sh_info.set(LE, 1);
        table.append(&mut out, ".strtab", elf::SHT_STRTAB, 1, &names);
    }
    table.finish(&mut out);
    Ok(out)
}

/// Gives the executable a build id of its own, in the place of the stub's if that has one.
fn identify(out: &mut Vec<u8>, table: &mut Table, contents: &[&[u8]]) {
    let id = BuildId::of(contents.iter().copied());
    let strings = StringTable::new(&*table.names, 0, table.names.len() as u64);
    let own =
        table.headers.iter().find(|section| section.name(LE, strings) == Ok(BUILD_ID_SECTION.as_bytes()));
    match own.and_then(|section| section.file_range(LE)) {
        Some((offset, size)) => {
            let note = out.get_mut(offset as usize..).and_then(|rest| rest.get_mut(..size as usize));
            note.into_iter().for_each(|note| id.replace(note));
        }
        None => _ = table.append(out, BUILD_ID_SECTION, elf::SHT_NOTE, 4, &id.note()),
    }
}

/// Symbols and the names that they refer to, as sections have them.
struct SymbolTable {
    symbols: Vec<u8>,
    names: Vec<u8>,
}

/// The symbols of the interface by which debuggers are shown code, and their names, where sections have new indices; `None` if the stub has none.
fn debugger_symbols(
    stub: &[u8],
    sections: &SectionTable<'_, Header>,
    kept: &[u32],
) -> Result<Option<SymbolTable>, BuildExecutableError> {
    let table = sections.symbols(LE, stub, elf::SHT_SYMTAB)?;
    let (mut symbols, mut names) = (vec![0; size_of::<Symbol>()], vec![0]);
    for symbol in table.iter() {
        let name = table.symbol_name(LE, symbol)?;
        if !wootz_engine::DEBUGGER_SYMBOLS.iter().any(|wanted| wanted.as_bytes() == name) {
            continue;
        }
        let Some(section) = kept.get(usize::from(symbol.st_shndx(LE).0)).filter(|section| **section != 0)
        else {
            continue;
        };
        let mut symbol = *symbol;
        symbol.st_shndx.set(LE, elf::SymbolSection(*section as u16));
        symbol.st_name.set(LE, names.len() as u32);
        symbol.st_info = elf::STB_GLOBAL | symbol.st_type();
        symbols.extend(bytes_of(&symbol));
        names.extend(name);
        names.push(0);
    }
    Ok((names.len() > 1).then_some(SymbolTable { symbols, names }))
}

/// The stub without what is not loaded.
fn loaded_part<'a>(stub: &'a [u8], header: &Header) -> Result<&'a [u8], BuildExecutableError> {
    let programs = header.program_headers(LE, stub)?;
    let end = programs.iter().map(|program| program.p_offset(LE).saturating_add(program.p_filesz(LE))).max();
    let end = end.and_then(|end| usize::try_from(end).ok());
    end.and_then(|end| stub.get(..end)).ok_or_else(|| BuildExecutableError("it is cut".into()))
}

/// A table of sections that grows.
struct Table {
    headers: Vec<Section>,
    names: Vec<u8>,
}

impl Default for Table {
    /// The section of index 0, which is none.
    fn default() -> Self {
        let mut none = [0; size_of::<Section>()];
        let (none, _) = from_bytes_mut::<Section>(&mut none).expect("it has the size of a section");
        Self { headers: vec![*none], names: vec![0] }
    }
}

impl Table {
    fn push(&mut self, name: &[u8], mut section: Section) -> u32 {
        section.sh_name.set(LE, self.names.len() as u32);
        self.names.extend(name);
        self.names.push(0);
        self.headers.push(section);
        self.headers.len() as u32 - 1
    }

    /// Appends bytes to the file, as a section that is not loaded, and returns its index.
    fn append(
        &mut self,
        out: &mut Vec<u8>,
        name: &str,
        ty: elf::SectionType,
        align: usize,
        bytes: &[u8],
    ) -> u32 {
        out.resize(out.len().next_multiple_of(align), 0);
        let mut section = self.headers[0];
        section.sh_type.set(LE, ty);
        section.sh_offset.set(LE, out.len() as u64);
        section.sh_size.set(LE, bytes.len() as u64);
        section.sh_addralign.set(LE, align as u64);
        out.extend(bytes);
        self.push(name.as_bytes(), section)
    }

    /// Appends the names and the table itself, and says in the file's header where it is.
    fn finish(mut self, out: &mut Vec<u8>) {
        let name = ".shstrtab";
        let names = [&self.names, name.as_bytes(), &[0]].concat();
        self.append(out, name, elf::SHT_STRTAB, 1, &names);
        out.resize(out.len().next_multiple_of(8), 0);
        let table = out.len() as u64;
        self.headers.iter().for_each(|section| out.extend(bytes_of(section)));
        let (header, _) = from_bytes_mut::<Header>(out).expect("the file starts with its header");
        header.e_shoff.set(LE, table);
        header.e_shnum.set(LE, self.headers.len() as u16);
        header.e_shstrndx.set(LE, object::elf::SymbolSection(self.headers.len() as u16 - 1));
    }
}
