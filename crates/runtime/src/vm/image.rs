//! Loading: from the bytes of an image to mapped, sealed code.
//!
//! Phases: read the ELF structure, compare the digest, check what it all says, copy the segments into one reservation, fill the library calls,
//! take the right to write away. No byte is ever writable and executable at once; where the processor can tell reading from
//! executing, code cannot be read either, and the runtime looks at it through a second view.

use std::ops::Range;
use std::sync::OnceLock;

use object::LittleEndian as LE;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, SectionTable};
use wootz_vm_abi::addrmap::AddressMap;
use wootz_vm_abi::context::{ModuleShape, VMContextLayout};
use wootz_vm_abi::image::{self, DecodeError, ImageInfo, PAGE};
use wootz_vm_abi::libcall::Libcall;

use super::data_image::DataImages;
use super::debugger::ShownImage;
use super::libcalls;
use crate::ImageError;
use crate::regions::{Protection, RegionKind};
use crate::sys::memory::{Mapping, page_size};
use crate::sys::pages;
use crate::validate;

type Header = elf::FileHeader64<LE>;

/// Address space that an image may take: what 32-bit distances reach.
const MAX_SPAN: u64 = 1 << 31;

/// An image in this process.
pub(crate) struct LoadedImage {
    /// Before the code, which a debugger may look at as long as it is shown: fields drop in order.
    shown: Option<ShownImage>,
    /// Owns the code; everything below refers into it by address.
    mapping: Mapping,
    /// What is mapped where, by address, and what may be done with it.
    parts: Vec<(Range<usize>, Protection, RegionKind)>,
    /// The code's pages to read, if the code itself can only be executed.
    code_view: Option<Mapping>,
    /// Distance from code to its bytes that can be read.
    to_code_view: isize,
    text: Range<usize>,
    eh_frame: Range<usize>,
    eh_frame_hdr: Range<usize>,
    info: ImageInfo,
    layout: VMContextLayout,
    data: Box<[u8]>,
    address_map_bytes: Box<[u8]>,
    address_map: OnceLock<AddressMap>,
    data_images: OnceLock<DataImages>,
}

impl LoadedImage {
    /// Loads an image, with code that cannot be read if the processor can do that.
    pub(crate) fn load(bytes: &[u8]) -> Result<Self, ImageError> {
        Self::load_with(bytes, pages::can_execute_only())
    }

    /// Loads an image.
    pub(crate) fn load_with(bytes: &[u8], execute_only: bool) -> Result<Self, ImageError> {
        let file = File::parse(bytes)?;
        let info = file.section(image::INFO)?.ok_or(NOT_AN_IMAGE)?;
        // Another version first: it may not even have a digest.
        ImageInfo::check_version(info).map_err(ImageError::Decode)?;
        image::unseal(bytes).ok_or(ImageError::Damaged)?;
        let info = ImageInfo::decode(info).map_err(ImageError::Decode)?;
        let data = file.section(image::DATA)?.unwrap_or_default();
        let text = file.loaded(image::TEXT)?;
        validate::target(&info)?;
        validate::info(&info, text.end - text.start, data.len() as u64)?;
        let segments = file.segments()?;
        for section in [image::TEXT, image::EH_FRAME, image::EH_FRAME_HDR, image::LIBCALLS] {
            let range = file.loaded(section)?;
            let access = if section == image::TEXT { Access::Execute } else { Access::Read };
            require_inside(&segments, section, &range, access)?;
        }
        let libcalls = file.loaded(image::LIBCALLS)?;
        let Mapped { mapping, code_view, to_code_view } = map(&segments, &libcalls, &info, execute_only)?;
        let base = mapping.addresses().start - first_page(&segments);
        let parts = parts(&segments, base, code_view.as_ref());
        let absolute = |range: Range<u64>| base + range.start as usize..base + range.end as usize;
        let layout = VMContextLayout::new(&ModuleShape::new(&info.declarations));
        let loaded = Self {
            text: absolute(text),
            eh_frame: absolute(file.loaded(image::EH_FRAME)?),
            eh_frame_hdr: absolute(file.loaded(image::EH_FRAME_HDR)?),
            mapping,
            parts,
            code_view,
            to_code_view,
            layout,
            data: data.into(),
            address_map_bytes: file.section(image::ADDRMAP)?.unwrap_or_default().into(),
            address_map: OnceLock::new(),
            data_images: OnceLock::new(),
            info,
            shown: None,
        };
        super::unwind::check(&loaded)?;
        Ok(Self { shown: ShownImage::new(bytes, base), ..loaded })
    }

    /// The image as debuggers are shown it, if it has debug information for them.
    pub(crate) fn shown(&self) -> Option<&ShownImage> {
        self.shown.as_ref()
    }

    /// What the image says of its module.
    pub(crate) fn info(&self) -> &ImageInfo {
        &self.info
    }

    /// The layout of its instances' contexts.
    pub(crate) fn layout(&self) -> &VMContextLayout {
        &self.layout
    }

    /// Addresses of the code.
    pub(crate) fn text(&self) -> Range<usize> {
        self.text.clone()
    }

    /// Addresses of everything that is mapped.
    pub(crate) fn addresses(&self) -> Range<usize> {
        self.mapping.addresses()
    }

    /// The address of an offset in the code.
    pub(crate) fn code(&self, offset: u32) -> *const std::ffi::c_void {
        std::ptr::with_exposed_provenance(self.text.start + offset as usize)
    }

    /// The code from an address on.
    pub(crate) fn code_bytes(&self, address: usize) -> &[u8] {
        let seen = |address: usize| address.wrapping_add_signed(self.to_code_view);
        if self.text.contains(&address) { self.bytes(&(seen(address)..seen(self.text.end))) } else { &[] }
    }

    /// What is mapped where, and what may be done with it.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Range<usize>, Protection, RegionKind)> + '_ {
        self.parts.iter().cloned()
    }

    /// Whether the code cannot be read.
    pub(crate) fn is_execute_only(&self) -> bool {
        self.code_view.is_some()
    }

    /// Unwind information and its address.
    pub(crate) fn eh_frame(&self) -> (&[u8], usize) {
        (self.bytes(&self.eh_frame), self.eh_frame.start)
    }

    /// The search table over the unwind information and its address.
    pub(crate) fn eh_frame_hdr(&self) -> (&[u8], usize) {
        (self.bytes(&self.eh_frame_hdr), self.eh_frame_hdr.start)
    }

    /// Contents of a data segment.
    pub(crate) fn data(&self, segment: usize) -> &[u8] {
        let range = &self.info.data[segment];
        &self.data[range.start as usize..range.end as usize]
    }

    /// The address map, decoded at the first trap. A damaged one is empty: then frames name functions and no offsets.
    pub(crate) fn address_map(&self) -> &AddressMap {
        self.address_map.get_or_init(|| AddressMap::decode(&self.address_map_bytes).unwrap_or_default())
    }

    /// The initial contents of its memories, laid out when the first instance is made.
    pub(crate) fn data_images(&self) -> &DataImages {
        self.data_images
            .get_or_init(|| DataImages::new(&self.info.declarations, |segment| self.data(segment)))
    }

    fn bytes(&self, range: &Range<usize>) -> &[u8] {
        let start = std::ptr::with_exposed_provenance(range.start);
        // SAFETY: `load` checked that the ranges lie in segments that are mapped readable and never change again.
        unsafe { std::slice::from_raw_parts(start, range.len()) }
    }
}

const NOT_AN_IMAGE: ImageError = ImageError::Decode(DecodeError::NotAnImage);

fn corrupt(reason: impl Into<String>) -> ImageError {
    ImageError::Corrupt(reason.into())
}

/// The ELF structure over the bytes.
struct File<'a> {
    bytes: &'a [u8],
    header: &'a Header,
    sections: SectionTable<'a, Header>,
}

impl<'a> File<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, ImageError> {
        let header = Header::parse(bytes).map_err(|_| NOT_AN_IMAGE)?;
        if !header.is_little_endian() || header.e_machine(LE) != elf::EM_X86_64 {
            return Err(ImageError::Target("another processor".into()));
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

    /// Contents of a section that is not loaded.
    fn section(&self, name: &str) -> Result<Option<&'a [u8]>, ImageError> {
        let Some(section) = self.find(name)? else { return Ok(None) };
        let data = section.data(LE, self.bytes);
        data.map(Some).map_err(|_| corrupt(format!("the section {name} lies outside the file")))
    }

    /// Addresses of a loaded section, before relocation; empty if there is none.
    fn loaded(&self, name: &str) -> Result<Range<u64>, ImageError> {
        let Some(section) = self.find(name)? else { return Ok(0..0) };
        let start = section.sh_addr(LE);
        match start.checked_add(section.sh_size(LE)) {
            Some(end) if end <= MAX_SPAN => Ok(start..end),
            _ => Err(corrupt(format!("the section {name} has impossible addresses"))),
        }
    }

    fn segments(&self) -> Result<Vec<Segment<'a>>, ImageError> {
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
            let segment = Segment { addresses: start..end, contents, access };
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
enum Access {
    Read,
    Execute,
}

struct Segment<'a> {
    addresses: Range<u64>,
    contents: &'a [u8],
    access: Access,
}

impl Segment<'_> {
    /// The pages it touches, as addresses.
    fn pages(&self) -> Range<u64> {
        let page = PAGE.max(page_size() as u64);
        self.addresses.start / page * page..self.addresses.end.next_multiple_of(page)
    }
}

fn first_page(segments: &[Segment<'_>]) -> usize {
    segments[0].pages().start as usize
}

fn require_inside(
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

struct Mapped {
    mapping: Mapping,
    code_view: Option<Mapping>,
    to_code_view: isize,
}

fn map(
    segments: &[Segment<'_>],
    libcalls: &Range<u64>,
    info: &ImageInfo,
    execute_only: bool,
) -> Result<Mapped, ImageError> {
    let first = first_page(segments);
    // There is one view: the linker makes one segment of code.
    let execute_only =
        execute_only && segments.iter().filter(|segment| segment.access == Access::Execute).count() == 1;
    let end = segments.last().map_or(0, |segment| segment.pages().end) as usize;
    let mapping = Mapping::reserve(end - first).map_err(ImageError::System)?;
    let inside = |range: &Range<u64>| range.start as usize - first..range.end as usize - first;
    let (mut code_view, mut to_code_view) = (None, 0);
    for segment in segments {
        let pages = inside(&segment.pages());
        if execute_only && segment.access == Access::Execute {
            let view = Mapping::reserve(pages.len()).map_err(ImageError::System)?;
            // SAFETY: nothing refers to either mapping yet.
            unsafe { mapping.commit_with_view(pages.clone(), &view, 0) }.map_err(ImageError::System)?;
            let code = mapping.addresses().start + pages.start;
            to_code_view = view.addresses().start.wrapping_sub(code).cast_signed();
            view.base().expose_provenance();
            code_view = Some(view);
        } else {
            mapping.commit(pages).map_err(ImageError::System)?;
        }
        let target = mapping.base().wrapping_add(segment.addresses.start as usize - first);
        let contents = segment.contents;
        // SAFETY: the segment's pages were just made writable in a mapping that nobody else knows, and the contents
        // are no longer than the segment.
        unsafe { target.copy_from_nonoverlapping(contents.as_ptr(), contents.len()) };
    }
    fill_libcalls(&mapping, first, libcalls, info)?;
    for segment in segments {
        let protection = match segment.access {
            Access::Read => region::Protection::READ,
            Access::Execute if code_view.is_some() => region::Protection::EXECUTE,
            Access::Execute => region::Protection::READ_EXECUTE,
        };
        // SAFETY: nothing refers to the mapping yet, and only code was marked executable.
        unsafe { mapping.protect(inside(&segment.pages()), protection) }.map_err(ImageError::System)?;
    }
    mapping.base().expose_provenance();
    Ok(Mapped { mapping, code_view, to_code_view })
}

/// What is where once the image is sealed.
fn parts(
    segments: &[Segment<'_>],
    base: usize,
    code_view: Option<&Mapping>,
) -> Vec<(Range<usize>, Protection, RegionKind)> {
    let code = if code_view.is_some() { Protection::EXECUTE } else { Protection::READ_EXECUTE };
    let part = |segment: &Segment<'_>| {
        let pages = segment.pages();
        let addresses = base + pages.start as usize..base + pages.end as usize;
        match segment.access {
            Access::Read => (addresses, Protection::READ, RegionKind::Constants),
            Access::Execute => (addresses, code, RegionKind::Code),
        }
    };
    let view = code_view.map(|view| (view.addresses(), Protection::READ, RegionKind::CodeView));
    segments.iter().map(part).chain(view).collect()
}

fn fill_libcalls(
    mapping: &Mapping,
    first: usize,
    slots: &Range<u64>,
    info: &ImageInfo,
) -> Result<(), ImageError> {
    let slot = size_of::<usize>() as u64;
    let length = slots.end - slots.start;
    if length != slot * info.libcalls.len() as u64 || !slots.start.is_multiple_of(slot) {
        return Err(corrupt(format!(
            "{length} bytes of slots at {:#x} for {} library calls",
            slots.start,
            info.libcalls.len()
        )));
    }
    for (index, name) in info.libcalls.iter().enumerate() {
        let call = Libcall::from_name(name)
            .ok_or_else(|| ImageError::Unsupported(format!("the library function {name}")))?;
        let target =
            mapping.base().wrapping_add(slots.start as usize - first).cast::<usize>().wrapping_add(index);
        // SAFETY: the slots lie in a segment, whose pages are writable until the loader seals them, and are aligned.
        unsafe { target.write(libcalls::address(call).expose_provenance()) };
    }
    Ok(())
}
