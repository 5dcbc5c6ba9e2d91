//! Loading: from the bytes of an image to mapped, sealed code.
//!
//! Phases: read the ELF structure, compare the digests, check what it all says, map the segments into one reservation, fill the library calls,
//! take the right to write away. The segments of a file are mapped from it, so that processes share their pages; those of bytes in memory
//! are copied. No byte is ever writable and executable at once; where the processor can tell reading from executing, code cannot be
//! read either, and the runtime looks at it through a second view.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use wootz_vm_abi::addrmap;
use wootz_vm_abi::context::{ModuleShape, VMContextLayout};
use wootz_vm_abi::image::{self, ImageInfo, PAGE};
use wootz_vm_abi::libcall::Libcall;
use wootz_vm_abi::seal::Sealed;
use wootz_vm_abi::sources::{self, SourceLine};
use wootz_wasm_types::entity::Entity as _;
use wootz_wasm_types::{FuncIndex, WasmOffset};

use super::counters::Counters;
use super::data_image::DataImages;
use super::debugger::{Contexts, ShownImage, ShownWhole};
use super::file_pages::FilePages;
use super::image_file::{Access, ElfFile, NOT_AN_IMAGE, Segment, corrupt, first_page, require_inside};
use super::lazy::LazyCode;
use super::{libcalls, trap};
use crate::image::Integrity;
use crate::regions::{Protection, RegionKind};
use crate::sys::memory::Mapping;
use crate::sys::{pages, signals};
use crate::{ImageError, debug_file, profiler, validate};

/// An image in this process.
pub(crate) struct LoadedImage {
    /// Before the code, which a debugger may look at as long as it is shown: fields drop in order.
    pub(super) _shown: ShownWhole,
    /// The contexts of its instances, if its code is or will be shown to debuggers.
    pub(super) contexts: Option<Arc<Contexts>>,
    /// What is mapped of its file, if it comes from one. Before the mappings, which others may take afterwards.
    pub(super) file_pages: Option<FilePages>,
    /// Owns the code, if the program does not; everything below refers into it by address.
    pub(super) _mapping: Option<Mapping>,
    pub(super) addresses: Range<usize>,
    /// What is mapped where, by address, and what may be done with it.
    pub(super) parts: Vec<(Range<usize>, Protection, RegionKind)>,
    /// The code's pages to read, if the code itself can only be executed.
    pub(super) code_view: Option<Mapping>,
    /// Distance from code to its bytes that can be read.
    pub(super) to_code_view: isize,
    pub(super) text: Range<usize>,
    pub(super) eh_frame: UnwindBytes,
    pub(super) eh_frame_hdr: UnwindBytes,
    pub(super) info: ImageInfo,
    pub(super) layout: VMContextLayout,
    pub(super) bytes: Bytes,
    /// How much of the bytes was compared with their digests when it was loaded.
    pub(super) integrity: Integrity,
    /// Where in the bytes the data segments are.
    pub(super) data: Range<usize>,
    /// Where in the bytes the address map is.
    pub(super) address_map: Range<usize>,
    /// Where in the bytes the lines of the module's sources are.
    pub(super) sources: Range<usize>,
    pub(super) data_images: OnceLock<DataImages>,
    /// What its code counts, if it does.
    pub(super) counters: Option<Counters>,
    /// The code, if it is compiled while it runs; then `text` is all of its reservation.
    pub(super) lazy: Option<Box<LazyCode>>,
}

/// A section of unwind information.
pub(super) struct UnwindBytes {
    /// Where its bytes are.
    pub(super) bytes: Range<usize>,
    /// The address that distances in it count from: where it would stand beside the code.
    pub(super) address: usize,
}

impl UnwindBytes {
    fn in_place(bytes: Range<usize>) -> Self {
        Self { address: bytes.start, bytes }
    }
}

/// The bytes of an image.
pub(super) enum Bytes {
    Shared(Arc<[u8]>),
    /// What a program that the module is linked into has of them: without code, and not sealed.
    Program(&'static [u8]),
    /// A file, or a part of one, mapped to read.
    File {
        mapping: Mapping,
        length: usize,
    },
}

impl Bytes {
    fn of_file(file: BorrowedFd<'_>, part: &Range<u64>) -> Result<Self, ImageError> {
        let length = part.end.checked_sub(part.start).and_then(|length| usize::try_from(length).ok());
        let Some(length) = length.filter(|length| *length > 0) else { return Err(NOT_AN_IMAGE) };
        if !part.start.is_multiple_of(PAGE) {
            return Err(corrupt("it does not start at a page of the file"));
        }
        let mapping = Mapping::reserve(length).map_err(ImageError::System)?;
        let pages = 0..mapping.len();
        // SAFETY: nothing refers to the new mapping.
        unsafe { mapping.map_file(pages, file, part.start, region::Protection::READ) }
            .map_err(ImageError::System)?;
        Ok(Self::File { mapping, length })
    }

    /// Where they are mapped from a file.
    fn file_pages(&self) -> Option<FilePages> {
        let Self::File { mapping, .. } = self else { return None };
        let pages = FilePages::new();
        pages.add(&mapping.addresses());
        Some(pages)
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Shared(bytes) => bytes,
            Self::Program(bytes) => bytes,
            // SAFETY: so many bytes of the file are mapped to read, as long as `self` lives. That nobody changes the file meanwhile is
            // what `Image::open` asks for; if it is shortened, there are zeros (`file_pages`).
            Self::File { mapping, length } => unsafe { std::slice::from_raw_parts(mapping.base(), *length) },
        }
    }
}

/// Where the pages of an image come from.
#[derive(Copy, Clone)]
enum Pages<'a> {
    /// They are filled with bytes.
    Copied,
    /// They are a file's, from an offset on.
    File(BorrowedFd<'a>, u64),
}

impl Pages<'_> {
    /// Where the file is.
    fn path(self) -> Option<PathBuf> {
        let Self::File(file, _) = self else { return None };
        std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()
    }
}

impl LoadedImage {
    /// Loads an image from bytes, with code that cannot be read if the processor can do that.
    pub(crate) fn load(bytes: Arc<[u8]>) -> Result<Self, ImageError> {
        Self::load_with(bytes, pages::can_execute_only())
    }

    /// Loads an image from bytes.
    pub(crate) fn load_with(bytes: Arc<[u8]>, execute_only: bool) -> Result<Self, ImageError> {
        Self::new(Bytes::Shared(bytes), Pages::Copied, Integrity::Whole, execute_only)
    }

    /// Maps an image from a part of a file, with code that cannot be read if the processor can do that.
    pub(crate) fn open(file: &File, part: &Range<u64>, integrity: Integrity) -> Result<Self, ImageError> {
        Self::open_with(file, part, integrity, pages::can_execute_only())
    }

    /// Maps an image from a part of a file.
    pub(crate) fn open_with(
        file: &File,
        part: &Range<u64>,
        integrity: Integrity,
        execute_only: bool,
    ) -> Result<Self, ImageError> {
        signals::install_handlers(trap::on_fault);
        let bytes = Bytes::of_file(file.as_fd(), part)?;
        Self::new(bytes, Pages::File(file.as_fd(), part.start), integrity, execute_only)
    }

    fn new(
        bytes: Bytes,
        pages: Pages<'_>,
        integrity: Integrity,
        execute_only: bool,
    ) -> Result<Self, ImageError> {
        let file_pages = bytes.file_pages();
        let file = ElfFile::parse(bytes.as_slice())?;
        let info_bytes = file.section(image::INFO)?;
        let info = &bytes.as_slice()[info_bytes.clone()];
        // Another version first: it may not even have a digest.
        ImageInfo::check_version(info).map_err(ImageError::Decode)?;
        let sealed = Sealed::new(bytes.as_slice()).ok_or(ImageError::Damaged)?;
        let whole = match integrity {
            Integrity::Whole => sealed.is_whole(0..sealed.contents().len()),
            Integrity::Declarations => file.is_whole(&sealed) && sealed.is_whole(info_bytes),
        };
        if !whole {
            return Err(ImageError::Damaged);
        }
        let info = ImageInfo::decode(info).map_err(ImageError::Decode)?;
        let data = file.section(image::DATA)?;
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
        let Mapped { mapping, code_view, to_code_view } =
            map(&segments, pages, &libcalls, &info, execute_only)?;
        if let Some(file_pages) = &file_pages {
            let code_view = code_view.iter().map(Mapping::addresses);
            [mapping.addresses()].into_iter().chain(code_view).for_each(|range| file_pages.add(&range));
        }
        let base = mapping.addresses().start - first_page(&segments);
        let parts = parts(&segments, base, code_view.as_ref());
        let absolute = |range: Range<u64>| base + range.start as usize..base + range.end as usize;
        let layout = VMContextLayout::new(&ModuleShape::new(&info.declarations));
        let loaded = Self {
            text: absolute(text),
            eh_frame: UnwindBytes::in_place(absolute(file.loaded(image::EH_FRAME)?)),
            eh_frame_hdr: UnwindBytes::in_place(absolute(file.loaded(image::EH_FRAME_HDR)?)),
            addresses: mapping.addresses(),
            _mapping: Some(mapping),
            parts,
            code_view,
            to_code_view,
            layout,
            integrity,
            file_pages,
            data,
            address_map: file.section(image::ADDRMAP)?,
            sources: file.section(image::SOURCES)?,
            data_images: OnceLock::new(),
            counters: Counters::of(&info)?,
            lazy: None,
            info,
            _shown: ShownWhole::default(),
            contexts: None,
            bytes,
        };
        if let Some(file_pages) = &loaded.file_pages {
            let code = loaded.parts().filter(|(_, _, kind)| *kind == RegionKind::Code);
            code.for_each(|(range, _, _)| file_pages.set_code(&range));
        }
        super::unwind::check(&loaded)?;
        let contexts = Arc::default();
        let image = loaded.bytes.as_slice();
        let separate = debug_file::separate(image, || pages.path());
        let debug = separate.as_deref().unwrap_or(image);
        let shown = ShownImage::new(debug, base, &contexts);
        let contexts = shown.is_some().then_some(contexts);
        if profiler::is_started() {
            let code = loaded.code_bytes(loaded.text.start);
            let text = (loaded.text.start, code);
            let info = &loaded.info;
            profiler::tell_image(debug, base, text, &info.functions, &info.declarations);
        }
        if loaded.is_lost() {
            Err(ImageError::Shortened)
        } else {
            Ok(Self { _shown: shown.into(), contexts, ..loaded })
        }
    }

    /// Whether a page of its file was found to be gone.
    pub(crate) fn is_lost(&self) -> bool {
        self.file_pages.as_ref().is_some_and(FilePages::are_lost)
    }

    /// The contexts of its instances, if debuggers are shown its code.
    pub(crate) fn contexts(&self) -> Option<&Arc<Contexts>> {
        self.contexts.as_ref()
    }

    /// The image as a file has it.
    pub(crate) fn image_bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// What the image says of its module.
    pub(crate) fn info(&self) -> &ImageInfo {
        &self.info
    }

    /// What its code counts, if it does.
    pub(crate) fn counters(&self) -> Option<&Counters> {
        self.counters.as_ref()
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
        self.addresses.clone()
    }

    /// The address of an offset in the code.
    pub(crate) fn code(&self, offset: u32) -> *const std::ffi::c_void {
        std::ptr::with_exposed_provenance(self.text.start + offset as usize)
    }

    /// The code from an address on.
    pub(crate) fn code_bytes(&self, address: usize) -> &[u8] {
        if let Some(lazy) = self.lazy() {
            let fragment = lazy.space().fragment_at(address);
            let stubs = || lazy.space().stub_bytes(address);
            return fragment.map_or_else(stubs, |fragment| fragment.code_bytes(address));
        }
        let seen = |address: usize| address.wrapping_add_signed(self.to_code_view);
        if self.text.contains(&address) { self.bytes(&(seen(address)..seen(self.text.end))) } else { &[] }
    }

    /// What is mapped where, and what may be done with it.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Range<usize>, Protection, RegionKind)> + '_ {
        let lazy = self.lazy().map(|lazy| {
            let [stubs, data, code] = lazy.space().parts();
            [
                (stubs, Protection::READ_EXECUTE, RegionKind::Code),
                (data, Protection::READ_WRITE, RegionKind::Slots),
                (code, Protection::READ_EXECUTE, RegionKind::Code),
            ]
        });
        self.parts.iter().cloned().chain(lazy.into_iter().flatten())
    }

    /// Whether the code cannot be read.
    pub(crate) fn is_execute_only(&self) -> bool {
        self.code_view.is_some()
    }

    /// The code, if it is compiled while it runs.
    pub(crate) fn lazy(&self) -> Option<&LazyCode> {
        self.lazy.as_deref()
    }

    /// How to walk from the code at an address.
    pub(crate) fn unwind_information(&self, address: usize) -> UnwindInformation<'_> {
        let Some(lazy) = self.lazy() else {
            return UnwindInformation::Tables {
                eh_frame: self.eh_frame(),
                eh_frame_hdr: self.eh_frame_hdr(),
                text: self.text.start,
            };
        };
        match lazy.space().fragment_at(address) {
            Some(fragment) => UnwindInformation::Tables {
                eh_frame: fragment.eh_frame(),
                eh_frame_hdr: fragment.eh_frame_hdr(),
                text: fragment.text().start,
            },
            None => UnwindInformation::Stub,
        }
    }

    /// The functions active at an address of the code, innermost first; none where the address map is damaged.
    pub(crate) fn mapped_frames(&self, address: usize) -> Vec<addrmap::Frame> {
        if let Some(lazy) = self.lazy() {
            return lazy.mapped_frames(address);
        }
        let offset = (address - self.text.start) as u32;
        self.look_up(&self.address_map, |map, is_whole| addrmap::lookup(map, offset, is_whole))
    }

    /// The lines of the module's sources at an offset in it, innermost first; none if it has no DWARF, or where that is damaged.
    pub(crate) fn source_lines(&self, offset: WasmOffset) -> Vec<SourceLine> {
        match self.lazy() {
            Some(lazy) => sources::lookup(lazy.sources(), offset, |_| true),
            None => {
                self.look_up(&self.sources, |sources, is_whole| sources::lookup(sources, offset, is_whole))
            }
        }
    }

    /// Reads a part of the bytes, with a way to ask whether what is read is as it was written.
    fn look_up<T>(
        &self,
        part: &Range<usize>,
        read: impl FnOnce(&[u8], &dyn Fn(Range<usize>) -> bool) -> Vec<T>,
    ) -> Vec<T> {
        let bytes = self.image_bytes();
        match self.integrity {
            Integrity::Whole => read(&bytes[part.clone()], &|_| true),
            Integrity::Declarations => {
                let Some(sealed) = Sealed::new(bytes) else { return Vec::new() };
                let is_whole =
                    |range: Range<usize>| sealed.is_whole(part.start + range.start..part.start + range.end);
                read(&bytes[part.clone()], &is_whole)
            }
        }
    }

    /// The function whose code is at an address, however little else is known.
    pub(crate) fn function_at(&self, address: usize) -> Option<FuncIndex> {
        if let Some(lazy) = self.lazy() {
            return lazy.function_at(address);
        }
        let offset = (address - self.text.start) as u32;
        let defined = self.info.functions.iter().position(|range| range.contains(&offset))?;
        Some(FuncIndex::new(self.info.declarations.imported_functions + defined))
    }

    /// Unwind information and its address.
    fn eh_frame(&self) -> (&[u8], usize) {
        (self.bytes(&self.eh_frame.bytes), self.eh_frame.address)
    }

    /// The search table over the unwind information and its address.
    fn eh_frame_hdr(&self) -> (&[u8], usize) {
        (self.bytes(&self.eh_frame_hdr.bytes), self.eh_frame_hdr.address)
    }

    /// Contents of a data segment.
    pub(crate) fn data(&self, segment: usize) -> &[u8] {
        let range = &self.info.data[segment];
        &self.image_bytes()[self.data.clone()][range.start as usize..range.end as usize]
    }

    /// The initial contents of its memories, laid out when the first instance is made.
    pub(crate) fn data_images(&self) -> &DataImages {
        self.data_images
            .get_or_init(|| DataImages::new(&self.info.declarations, |segment| self.data(segment)))
    }

    fn bytes(&self, range: &Range<usize>) -> &[u8] {
        let start = std::ptr::with_exposed_provenance(range.start);
        // SAFETY: `load` checked that the ranges lie in segments that are mapped readable and never change again; those of a
        // linked module are constants of the program.
        unsafe { std::slice::from_raw_parts(start, range.len()) }
    }
}

/// How to get from a frame to its caller's.
pub(crate) enum UnwindInformation<'a> {
    /// Tables, each with its address, for code that begins at `text`.
    Tables { eh_frame: (&'a [u8], usize), eh_frame_hdr: (&'a [u8], usize), text: usize },
    /// There is no frame: the return address is on top of the stack.
    Stub,
}

struct Mapped {
    mapping: Mapping,
    code_view: Option<Mapping>,
    to_code_view: isize,
}

fn map(
    segments: &[Segment<'_>],
    source: Pages<'_>,
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
        let view = (execute_only && segment.access == Access::Execute)
            .then(|| Mapping::reserve(pages.len()))
            .transpose()
            .map_err(ImageError::System)?;
        match source {
            Pages::File(file, start) if segment.is_mappable() => {
                map_segment(&mapping, pages.clone(), view.as_ref(), file, start + segment.first_offset())
            }
            _ => copy_segment(&mapping, pages.clone(), view.as_ref(), segment, first),
        }
        .map_err(ImageError::System)?;
        if let Some(view) = view {
            let code = mapping.addresses().start + pages.start;
            to_code_view = view.addresses().start.wrapping_sub(code).cast_signed();
            view.base().expose_provenance();
            code_view = Some(view);
        }
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

/// Maps the pages of a segment from a file. They stay shared with it unless they are written, as those of library calls are.
fn map_segment(
    mapping: &Mapping,
    pages: Range<usize>,
    view: Option<&Mapping>,
    file: BorrowedFd<'_>,
    offset: u64,
) -> io::Result<()> {
    // SAFETY: nothing refers to either mapping yet.
    unsafe {
        if let Some(view) = view {
            view.map_file(0..view.len(), file, offset, region::Protection::READ)?;
        }
        mapping.map_file(pages, file, offset, region::Protection::READ_WRITE)
    }
}

/// Copies the contents of a segment into fresh pages.
fn copy_segment(
    mapping: &Mapping,
    pages: Range<usize>,
    view: Option<&Mapping>,
    segment: &Segment<'_>,
    first: usize,
) -> io::Result<()> {
    match view {
        // SAFETY: nothing refers to either mapping yet.
        Some(view) => unsafe { mapping.commit_with_view(pages, view, 0) }?,
        None => mapping.commit(pages)?,
    }
    let target = mapping.base().wrapping_add(segment.addresses.start as usize - first);
    let contents = segment.contents;
    // SAFETY: the segment's pages were just made writable in a mapping that nobody else knows, and the contents
    // are no longer than the segment.
    unsafe { target.copy_from_nonoverlapping(contents.as_ptr(), contents.len()) };
    Ok(())
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
