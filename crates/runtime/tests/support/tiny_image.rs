// A complete image written by hand, for the runtime's tests and its documentation: no compiler is needed to make it, and it
// follows `vm-abi` by itself. (No `//!` here: the crate's documentation includes this file.)
//
// The module it stands for:
//
//     (module $tiny
//       (type $binary (func (param i32 i32) (result i32)))
//       (type $nothing (func))
//       (func $add (export "add") (type $binary) …)
//       (func $fail (export "fail") (type $nothing) unreachable)
//       (func $sink (export "sink") (type $nothing) …)     a frame of endless size
//       (func $wild (export "wild") (type $nothing) …))    a store to an address that is no memory's

use wootz_vm_abi::addrmap::{self, AddressMap};
use wootz_vm_abi::image::{self, ImageInfo};
use wootz_wasm_types::{
    Declarations, EntityIndex, Export, FuncIndex, FuncType, FunctionDecl, TypeIndex, ValType,
};

/// Offsets in the file, and addresses, of what is loaded.
const TEXT: u64 = 0x1000;
const EH_FRAME: u64 = 0x2000;

/// Code by the calling convention of `vm-abi`: the four functions, and a host-entry trampoline for each type.
const CODE: [&[u8]; 6] = [
    // lea eax, [rsi + rdx]; ret
    &[0x8d, 0x04, 0x16, 0xc3],
    // ud1 with the byte of `unreachable`
    &[0x67, 0x0f, 0xb9, 0x40, 0x01],
    // mov r11, rsp; 1: sub rsp, 4096; or qword ptr [rsp], 0; jmp 1b: as LLVM probes the stack for a huge frame
    &[0x49, 0x89, 0xe3, 0x48, 0x81, 0xec, 0x00, 0x10, 0x00, 0x00, 0x48, 0x83, 0x0c, 0x24, 0x00, 0xeb, 0xf2],
    // mov byte ptr [0x10], 1
    &[0xc6, 0x04, 0x25, 0x10, 0x00, 0x00, 0x00, 0x01],
    // push rbx; mov rbx, rdx; mov rax, rsi; mov esi, [rbx]; mov edx, [rbx + 16]; call rax; mov [rbx], eax; pop rbx; ret
    &[
        0x53, 0x48, 0x89, 0xd3, 0x48, 0x89, 0xf0, 0x8b, 0x33, 0x8b, 0x53, 0x10, 0xff, 0xd0, 0x89, 0x03, 0x5b,
        0xc3,
    ],
    // push rax; mov rax, rsi; call rax; pop rcx; ret
    &[0x50, 0x48, 0x89, 0xf0, 0xff, 0xd0, 0x59, 0xc3],
];

/// Call frame instructions of each piece. Of the probing one: after three bytes the frame counts from r11. Of the trampolines:
/// after a byte the frame is 16 bytes (and rbx is saved), before the last it is 8 again.
const FRAMES: [&[u8]; 6] = [
    &[],
    &[],
    &[0x43, 0x0c, 11, 8],
    &[],
    &[0x41, 0x0e, 0x10, 0x83, 0x02, 0x50, 0x0e, 0x08],
    &[0x41, 0x0e, 0x10, 0x46, 0x0e, 0x08],
];

/// The image.
#[allow(dead_code, reason = "not every user needs both")]
pub(crate) fn tiny_image() -> Vec<u8> {
    tiny_image_with(|_| ())
}

/// The image with changed module information.
#[allow(dead_code, reason = "not every user needs both")]
pub(crate) fn tiny_image_with(edit: impl FnOnce(&mut ImageInfo)) -> Vec<u8> {
    image_with(edit, 0)
}

/// The image with so many bytes on both sides of the address map, which then shares no digest with other sections.
#[allow(dead_code, reason = "not every user needs it")]
pub(crate) fn tiny_image_with_distant_map(distance: usize) -> Vec<u8> {
    image_with(|_| (), distance)
}

fn image_with(edit: impl FnOnce(&mut ImageInfo), distance: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut starts = Vec::new();
    for piece in CODE {
        starts.push(text.len() as u32);
        text.extend(piece);
        text.resize(text.len().next_multiple_of(16), 0xcc);
    }
    let mut info = info(&starts);
    edit(&mut info);
    let (eh_frame, eh_frame_hdr) = unwind_information(&starts);
    let mut map = AddressMap::default();
    for (func, start) in starts.iter().enumerate().take(4) {
        let frame = addrmap::Frame { func: FuncIndex(func as u32), offset: 0x20 + func as u32 };
        let frame = map.push_frame(frame, addrmap::NONE);
        map.push_row(*start, frame);
    }
    map.push_row(starts[4], addrmap::NONE);
    let header = EH_FRAME + (eh_frame.len() as u64).next_multiple_of(8);
    elf(&[
        (image::TEXT, TEXT, 6, text),
        (image::EH_FRAME, EH_FRAME, 2, eh_frame),
        (image::EH_FRAME_HDR, header, 2, eh_frame_hdr),
        (image::INFO, 0, 0, info.encode()),
        (".before", 0, 0, vec![0; distance]),
        (image::ADDRMAP, 0, 0, map.encode()),
        (".behind", 0, 0, vec![0; distance]),
    ])
}

fn info(starts: &[u32]) -> ImageInfo {
    let mut declarations = Declarations::default();
    let i32 = ValType::I32;
    declarations.types.push(FuncType::new([i32, i32], [i32]));
    declarations.types.push(FuncType::new([], []));
    declarations.names.module = Some("tiny".into());
    for (index, name) in ["add", "fail", "sink", "wild"].into_iter().enumerate() {
        let func = declarations.functions.push(FunctionDecl { ty: TypeIndex(index.min(1) as u32) });
        declarations.exports.push(Export { name: name.into(), item: EntityIndex::Function(func) });
    }
    ImageInfo {
        target: "x86_64-unknown-linux-gnu".into(),
        cpu_features: Vec::new(),
        declarations,
        memory_plans: Vec::new(),
        fuel: false,
        counted: None,
        data: Vec::new(),
        functions: (0..4).map(|f| starts[f]..starts[f] + CODE[f].len() as u32).collect(),
        host_entries: vec![Some(starts[4]), Some(starts[5])],
        host_exits: vec![None, None],
        libcalls: Vec::new(),
    }
}

/// `.eh_frame` and `.eh_frame_hdr`, with all pointers relative to where they stand.
fn unwind_information(starts: &[u32]) -> (Vec<u8>, Vec<u8>) {
    // Version 1, "zR", code by 1, data by -8, return address in column 16, pointers pc-relative in 32 bits.
    // Initially the frame address is rsp + 8 and the return address below it.
    let mut frames =
        entry(&[&[0u8, 0, 0, 0, 1][..], b"zR\0", &[1, 0x78, 16, 1, 0x1b], &[0x0c, 7, 8, 0x90, 1]].concat());
    let mut table = Vec::new();
    for ((start, piece), instructions) in starts.iter().zip(CODE).zip(FRAMES) {
        let at = frames.len() as u64;
        let code = TEXT + u64::from(*start);
        let mut body = (at as u32 + 4).to_le_bytes().to_vec();
        body.extend((code.wrapping_sub(EH_FRAME + at + 8) as u32).to_le_bytes());
        body.extend((piece.len() as u32).to_le_bytes());
        body.push(0);
        body.extend(instructions);
        frames.extend(entry(&body));
        table.push((code, EH_FRAME + at));
    }
    frames.extend([0; 4]);
    let here = EH_FRAME + (frames.len() as u64).next_multiple_of(8);
    let relative = |address: u64, base: u64| (address.wrapping_sub(base) as u32).to_le_bytes();
    let mut header = vec![1, 0x1b, 0x03, 0x3b];
    header.extend(relative(EH_FRAME, here + 4));
    header.extend((table.len() as u32).to_le_bytes());
    for (code, frame) in table {
        header.extend(relative(code, here));
        header.extend(relative(frame, here));
    }
    (frames, header)
}

/// A CIE or FDE: its length, then its body, padded to 8 bytes with no-operations.
fn entry(body: &[u8]) -> Vec<u8> {
    let length = (body.len() + 4).next_multiple_of(8) - 4;
    let mut bytes = (length as u32).to_le_bytes().to_vec();
    bytes.extend(body);
    bytes.resize(length + 4, 0);
    bytes
}

/// An ELF file of sections: name, address, flags, contents. Those with flags are loaded, from an offset equal to the
/// address: the code in one segment, all others in a second.
fn elf(sections: &[(&str, u64, u64, Vec<u8>)]) -> Vec<u8> {
    let mut file = vec![0; 0x40];
    let loaded = |executable: bool| {
        let all = sections.iter().filter(move |section| section.2 != 0 && (section.2 & 4 != 0) == executable);
        let start = all.clone().map(|section| section.1).min().unwrap_or(0);
        let end = all.map(|section| section.1 + section.3.len() as u64).max().unwrap_or(0);
        (start, end - start)
    };
    for (flags, (start, size)) in [(5u32, loaded(true)), (4, loaded(false))] {
        file.extend(1u32.to_le_bytes());
        file.extend(flags.to_le_bytes());
        file.extend([start, start, start, size, size, image::PAGE].map(u64::to_le_bytes).concat());
    }
    let mut names = b"\0".to_vec();
    let mut headers = vec![0; 0x40];
    let strings = ".shstrtab";
    let all =
        sections.iter().map(|(name, address, flags, contents)| (*name, *address, *flags, contents.clone()));
    for (name, address, flags, mut contents) in all.chain([(strings, 0, 0, Vec::new())]) {
        let name_at = names.len() as u32;
        names.extend(name.bytes());
        names.push(0);
        if name == strings {
            contents.clone_from(&names);
        }
        let offset = if flags != 0 { address as usize } else { file.len() };
        file.resize(file.len().max(offset + contents.len()), 0);
        file[offset..offset + contents.len()].copy_from_slice(&contents);
        headers.extend(name_at.to_le_bytes());
        headers.extend((if name == strings { 3u32 } else { 1 }).to_le_bytes());
        headers.extend([flags, address, offset as u64, contents.len() as u64].map(u64::to_le_bytes).concat());
        headers.extend([0; 8]);
        headers.extend([8u64, 0].map(u64::to_le_bytes).concat());
    }
    let headers_at = file.len() as u64;
    file.extend(headers);
    let mut header = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    header.extend([3u16, 62].map(u16::to_le_bytes).concat());
    header.extend(1u32.to_le_bytes());
    header.extend([0u64, 0x40, headers_at].map(u64::to_le_bytes).concat());
    header.extend(0u32.to_le_bytes());
    let count = sections.len() as u16 + 2;
    header.extend([0x40u16, 0x38, 2, 0x40, count, count - 1].map(u16::to_le_bytes).concat());
    file[..0x40].copy_from_slice(&header);
    wootz_vm_abi::seal::seal(&mut file);
    file
}
