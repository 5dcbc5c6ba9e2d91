//! The ELF structure of an image, for the loader: total on whatever the bytes are.

use std::ops::Range;

use object::LittleEndian as LE;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, SectionTable};
use wootz_vm_abi::image::{DecodeError, PAGE};
use wootz_vm_abi::machine::Machine;
use wootz_vm_abi::seal::Sealed;

use crate::ImageError;
use crate::sys::memory::page_size;

type Header = elf::FileHeader64<LE>;

/// Address space that an image may take: what 32-bit distances reach.
const MAX_SPAN: u64 = 1 << 31;

pub(super) const NOT_AN_IMAGE: ImageError = ImageError::Decode(DecodeError::NotAnImage);

pub(super) fn corrupt(reason: impl Into<String>) -> ImageError {
    ImageError::Corrupt(reason.into())
}

/// The ELF structure over the bytes.
pub(super) struct ElfFile<'a> {
    bytes: &'a [u8],
    header: &'a Header,
    sections: SectionTable<'a, Header>,
}

impl<'a> ElfFile<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, ImageError> {
        let header = Header::parse(bytes).map_err(|_| NOT_AN_IMAGE)?;
        let machine = header.e_machine(LE).0;
        if !header.is_little_endian() || Machine::host().map(Machine::elf) != Some(machine) {
            let name = Machine::from_elf(machine).map_or("another machine", Machine::name);
            return Err(ImageError::Target(name.into()));
        }
        let sections = header.sections(LE, bytes).map_err(|error| corrupt(error.to_string()))?;
        Ok(Self { bytes, header, sections })
    }

    fn find(&self, name: &str) -> Result<Option<&'a elf::SectionHeader64<LE>>, ImageError> {
        let mut found = self.sections.iter().filter(|section| {
            self.sections.section_name(LE, section).is_ok_and(|found| found == name.as_bytes())
        });
        match (found.next(), found.next()) {
            (section, None) => Ok(section),
            (_, Some(_)) => Err(corrupt(format!("two sections are called {name}"))),
        }
    }

    /// Where in the file a section lies that is not loaded; empty if there is none.
    pub(super) fn section(&self, name: &str) -> Result<Range<usize>, ImageError> {
        let Some(section) = self.find(name)? else { return Ok(0..0) };
        let (offset, size) = section.file_range(LE).unwrap_or_default();
        within(self.bytes, offset, size)
            .ok_or_else(|| corrupt(format!("the section {name} lies outside the file")))
    }

    /// Whether the bytes that say what is where are those that the image was made with.
    pub(super) fn is_whole(&self, sealed: &Sealed<'_>) -> bool {
        let header = self.header;
        let table = |start, count, size| within(self.bytes, start, u64::from(count) * u64::from(size));
        let programs = table(header.e_phoff(LE), header.e_phnum(LE), header.e_phentsize(LE));
        let sections = table(header.e_shoff(LE), header.e_shnum(LE), header.e_shentsize(LE));
        let names = header.shstrndx(LE, self.bytes).ok();
        let names = names.and_then(|index| self.sections.iter().nth(index as usize));
        let names = names.and_then(|names| names.file_range(LE));
        let names = names.and_then(|(offset, size)| within(self.bytes, offset, size));
        [Some(0..size_of::<Header>()), programs, sections, names]
            .into_iter()
            .all(|range| range.is_some_and(|range| sealed.is_whole(range)))
    }

    /// Addresses of a loaded section, before relocation; empty if there is none.
    pub(super) fn loaded(&self, name: &str) -> Result<Range<u64>, ImageError> {
        let Some(section) = self.find(name)? else { return Ok(0..0) };
        let start = section.sh_addr(LE);
        match start.checked_add(section.sh_size(LE)) {
            Some(end) if end <= MAX_SPAN => Ok(start..end),
            _ => Err(corrupt(format!("the section {name} has impossible addresses"))),
        }
    }

    pub(super) fn segments(&self) -> Result<Vec<Segment<'a>>, ImageError> {
        let headers =
            self.header.program_headers(LE, self.bytes).map_err(|error| corrupt(error.to_string()))?;
        let mut segments: Vec<Segment<'a>> = Vec::new();
        for header in headers.iter().filter(|header| header.p_type(LE) == elf::PT_LOAD) {
            let contents = header
                .data(LE, self.bytes)
                .map_err(|()| corrupt("a segment's contents lie outside the file"))?;
            let (start, size) = (header.p_vaddr(LE), header.p_memsz(LE));
            let end = start.checked_add(size).filter(|end| *end <= MAX_SPAN);
            let end = end.ok_or_else(|| corrupt("a segment has impossible addresses"))?;
            if contents.len() as u64 > size {
                return Err(corrupt("a segment has more contents than memory"));
            }
            let flags = header.p_flags(LE);
            let access = match (flags.contains(elf::PF_W), flags.contains(elf::PF_X)) {
                (true, true) => return Err(corrupt("a segment is writable and executable")),
                (_, true) => Access::Execute,
                (_, false) => Access::Read,
            };
            let segment = Segment { addresses: start..end, offset: header.p_offset(LE), contents, access };
            if segments.last().is_some_and(|last| last.pages().end > segment.pages().start) {
                return Err(corrupt("segments overlap or are out of order"));
            }
            if start < end {
                segments.push(segment);
            }
        }
        if segments.is_empty() { Err(corrupt("there is no segment to load")) } else { Ok(segments) }
    }
}

/// What a segment is for once it is sealed. A writable one is so only for the loader.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Execute,
}

pub(super) struct Segment<'a> {
    pub(super) addresses: Range<u64>,
    /// Where its contents start in the file.
    pub(super) offset: u64,
    pub(super) contents: &'a [u8],
    pub(super) access: Access,
}

impl Segment<'_> {
    /// Whether its pages can be those of the file: what is in memory is in the file, at the same place within a page.
    pub(super) fn is_mappable(&self) -> bool {
        let page = page_size() as u64;
        self.contents.len() as u64 == self.addresses.end - self.addresses.start
            && self.offset % page == self.addresses.start % page
    }

    /// Where the page of its first byte starts in the file.
    pub(super) fn first_offset(&self) -> u64 {
        let page = page_size() as u64;
        self.offset / page * page
    }

    /// The pages it touches, as addresses.
    pub(super) fn pages(&self) -> Range<u64> {
        let page = PAGE.max(page_size() as u64);
        self.addresses.start / page * page..self.addresses.end.next_multiple_of(page)
    }
}

pub(super) fn first_page(segments: &[Segment<'_>]) -> usize {
    segments[0].pages().start as usize
}

/// That a section lies in a segment of its kind.
pub(super) fn require_inside(
    segments: &[Segment<'_>],
    section: &str,
    range: &Range<u64>,
    access: Access,
) -> Result<(), ImageError> {
    let fits = |segment: &Segment<'_>| {
        segment.addresses.start <= range.start
            && range.end <= segment.addresses.end
            && segment.access == access
    };
    if range.is_empty() || segments.iter().any(fits) {
        return Ok(());
    }
    Err(corrupt(format!("the section {section} lies in no segment of its kind")))
}

/// A range of the file, if it lies in it.
fn within(bytes: &[u8], offset: u64, size: u64) -> Option<Range<usize>> {
    let end = offset.checked_add(size).filter(|end| *end <= bytes.len() as u64)?;
    Some(offset as usize..end as usize)
}
