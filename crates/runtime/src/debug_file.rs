//! What a debugger is given of a loaded image: an ELF file in memory with final addresses and nothing but what debuggers read.
//!
//! An image whose debug information was taken away names the file that has it. That is looked for where gdb would look for it, and used if it has the
//! image's build id.

use std::mem::offset_of;
use std::path::PathBuf;

use object::LittleEndian as LE;
use object::elf;
use object::pod;
use object::read::elf::{FileHeader, SectionHeader};
use wootz_vm_abi::build_id::{self, BuildId};
use wootz_vm_abi::debug::{Base, DebugAddresses};
use wootz_vm_abi::image;

type Header = elf::FileHeader64<LE>;
type Section = elf::SectionHeader64<LE>;

/// Final addresses of what debug information refers to.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Bases {
    pub(crate) image: u64,
    pub(crate) instance: u64,
    pub(crate) memories: u64,
}

/// Variable with another folder for files of debug information, besides the system's.
const FOLDER_VARIABLE: &str = "WOOTZ_DEBUG_DIR";
/// The system's folder.
const FOLDER: &str = "/usr/lib/debug";

/// The bytes of the file that has the debug information of an image, if the image names one and it is there. `place` is the image's file, if that is known.
pub(crate) fn separate(image: &[u8], place: impl FnOnce() -> Option<PathBuf>) -> Option<Vec<u8>> {
    let name = build_id::linked_name(section(image, build_id::DEBUG_LINK)?)?;
    let id = BuildId::read(section(image, build_id::NOTE)?)?;
    let beside = place().and_then(|place| Some(place.parent()?.to_owned()));
    let beside = beside.iter().flat_map(|folder| [folder.join(name), folder.join(".debug").join(name)]);
    let text = id.to_string();
    let (first, rest) = text.split_at(2);
    let folders = std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from).into_iter().chain([FOLDER.into()]);
    let by_id = folders.map(|folder| folder.join(".build-id").join(first).join(format!("{rest}.debug")));
    let has_id = |file: &Vec<u8>| section(file, build_id::NOTE).and_then(BuildId::read) == Some(id);
    by_id.chain(beside).filter_map(|path| std::fs::read(path).ok()).find(has_id)
}

/// The contents of a section of an ELF file.
fn section<'a>(file: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let sections = Header::parse(file).ok()?.sections(LE, file).ok()?;
    let (_, section) = sections.section_by_name(LE, name.as_bytes())?;
    section.data(LE, file).ok()
}

/// The file for an image that has debug information to show; `None` if it has none, or if that is damaged: code runs without.
pub(crate) fn debug_file(image: &[u8], bases: Bases) -> Option<Vec<u8>> {
    let header = Header::parse(image).ok()?;
    let sections = header.sections(LE, image).ok()?;
    let (_, addresses) = sections.section_by_name(LE, image::DEBUG.as_bytes())?;
    let addresses = DebugAddresses::decode(addresses.data(LE, image).ok()?)?;
    let mut file = vec![0; size_of::<Header>()];
    let mut headers: Vec<Section> = Vec::new();
    for section in sections.iter() {
        let name = sections.section_name(LE, section).ok()?;
        let mut copy = *section;
        if section.sh_flags(LE).contains(elf::SHF_ALLOC) {
            copy.sh_addr.set(LE, section.sh_addr(LE).wrapping_add(bases.image));
        }
        let contents = if is_read(name) { section.data(LE, image).ok()? } else { &[] };
        if contents.is_empty() && section.sh_type(LE) != elf::SHT_NULL {
            // The debugger reads code in the process.
            copy.sh_type.set(LE, elf::SHT_NOBITS);
        } else {
            file.resize(file.len().next_multiple_of(8), 0);
            copy.sh_offset.set(LE, file.len() as u64);
            let start = file.len();
            file.extend_from_slice(contents);
            complete(&mut file[start..], name, &addresses, bases)?;
        }
        headers.push(copy);
    }
    file.resize(file.len().next_multiple_of(8), 0);
    let mut start = *header;
    start.e_phoff.set(LE, 0);
    start.e_phnum.set(LE, 0);
    start.e_shoff.set(LE, file.len() as u64);
    file[..size_of::<Header>()].copy_from_slice(pod::bytes_of(&start));
    headers.iter().for_each(|header| file.extend_from_slice(pod::bytes_of(header)));
    Some(file)
}

/// Whether debuggers read a section's contents in the file.
fn is_read(name: &[u8]) -> bool {
    name.starts_with(b".debug_")
        || [&b".symtab"[..], b".strtab", b".shstrtab", image::EH_FRAME.as_bytes(), build_id::NOTE.as_bytes()]
            .contains(&name)
}

/// Makes the addresses in a section final.
fn complete(contents: &mut [u8], name: &[u8], addresses: &DebugAddresses, bases: Bases) -> Option<()> {
    let count = contents.len() / size_of::<elf::Sym64<LE>>();
    let mut add = |offset: usize, base: u64| {
        let place = contents.get_mut(offset..)?.first_chunk_mut::<8>()?;
        *place = u64::from_le_bytes(*place).wrapping_add(base).to_le_bytes();
        Some(())
    };
    if name == b".symtab" {
        let value = |symbol| symbol * size_of::<elf::Sym64<LE>>() + offset_of!(elf::Sym64<LE>, st_value);
        // The first symbol is none.
        return (1..count).try_for_each(|symbol| add(value(symbol), bases.image));
    }
    let places = addresses.sections.iter().filter(|section| section.name.as_bytes() == name);
    places.flat_map(|section| &section.places).try_for_each(|(offset, base)| {
        let base = match base {
            Base::Image => bases.image,
            Base::Instance => bases.instance,
            Base::Memories => bases.memories,
        };
        add(usize::try_from(*offset).ok()?, base)
    })
}
