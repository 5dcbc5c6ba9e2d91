//! Walking WebAssembly frames by the image's own unwind information (DWARF CFI, as in `.eh_frame`).
//!
//! The walk runs in a signal handler, on a stack whose frames may be anything: it reads no word outside the part of the stack
//! between the fault and the entry, takes no lock and allocates nothing.

use std::ops::Range;

use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EndianSlice, LittleEndian, Register, RegisterRule,
    UnwindContext, UnwindContextStorage, UnwindSection, UnwindTableRow,
};

use super::faults::FaultRegions;
use super::image::{LoadedImage, UnwindInformation};
use crate::ImageError;
use crate::sys::{REGISTERS, Registers};

/// Storage for gimli without allocations: LLVM's unwind information remembers one state and knows 17 registers.
struct InPlace;

impl<T: gimli::ReaderOffset> UnwindContextStorage<T> for InPlace {
    type Rules = [(Register, RegisterRule<T>); 32];
    type Stack = [UnwindTableRow<T, Self>; 4];
}

/// How to get from a frame's registers to its caller's.
#[derive(Copy, Clone)]
struct Rules {
    /// The canonical frame address is this register plus this offset.
    cfa: (usize, i64),
    /// Where the caller's value of a register is, relative to the canonical frame address; elsewhere it is unchanged.
    saved: [Option<i32>; REGISTERS],
}

impl Rules {
    /// Where the return address is on top of the stack and every register is the caller's.
    const STUB: Self = {
        let mut saved = [None; REGISTERS];
        saved[Registers::PC] = Some(-(size_of::<usize>() as i32));
        Self { cfa: (Registers::SP, size_of::<usize>() as i64), saved }
    };
}

/// Calls `visit` with an address inside the call or the faulting instruction of each frame, innermost first, and stops
/// at the frame that the entry with stack pointer `entry_sp` called, the host-entry trampoline, which it leaves out.
pub(crate) fn walk(
    regions: &FaultRegions,
    mut registers: Registers,
    entry_sp: usize,
    visit: &mut dyn FnMut(usize),
) {
    let stack = registers.values[Registers::SP]..entry_sp;
    let mut address = registers.values[Registers::PC];
    let mut cache = Cache::new();
    while let Some(image) = regions.image_at(address) {
        let caller = cache.rules(image, address).and_then(|rules| step(&registers, rules, &stack));
        if caller.is_some_and(|caller| caller.values[Registers::SP] == entry_sp) {
            return;
        }
        visit(address);
        let Some(caller) = caller else { return };
        registers = caller;
        // A call may be the last instruction of a range: its return address belongs to what follows.
        address = registers.values[Registers::PC].wrapping_sub(1);
    }
}

fn step(registers: &Registers, rules: &Rules, stack: &Range<usize>) -> Option<Registers> {
    let (register, offset) = rules.cfa;
    let cfa = registers.values[register].checked_add_signed(offset as isize)?;
    // Every frame holds at least its return address, so the walk ends.
    if cfa <= registers.values[Registers::SP] || cfa > stack.end {
        return None;
    }
    let mut caller = *registers;
    for (value, saved) in caller.values.iter_mut().zip(&rules.saved) {
        if let Some(offset) = saved {
            *value = read(cfa.checked_add_signed(*offset as isize)?, stack)?;
        }
    }
    caller.values[Registers::SP] = cfa;
    Some(caller)
}

fn read(address: usize, stack: &Range<usize>) -> Option<usize> {
    let inside = address.is_multiple_of(align_of::<usize>())
        && stack.contains(&address)
        && stack.contains(&(address + size_of::<usize>() - 1));
    // SAFETY: the word lies on the stack of this thread, above the stack pointer of the frame that faulted.
    inside.then(|| unsafe { std::ptr::with_exposed_provenance::<usize>(address).read() })
}

/// The rules met last, by address: deep recursion repeats a few call sites thousands of times.
struct Cache {
    entries: [(usize, Option<Rules>); Self::SIZE],
}

impl Cache {
    const SIZE: usize = 64;

    fn new() -> Self {
        Self { entries: [(0, None); Self::SIZE] }
    }

    fn rules(&mut self, image: &LoadedImage, address: usize) -> Option<&Rules> {
        let entry = &mut self.entries[(address ^ (address >> 6)) % Self::SIZE];
        if entry.0 != address {
            *entry = (address, rules(image, address));
        }
        entry.1.as_ref()
    }
}

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The search table, what it searches, and where both are.
type Tables<'a> = (gimli::ParsedEhFrameHdr<Slice<'a>>, EhFrame<Slice<'a>>, BaseAddresses);

fn sections(information: UnwindInformation<'_>) -> gimli::Result<Option<Tables<'_>>> {
    let UnwindInformation::Tables { eh_frame, eh_frame_hdr, text } = information else { return Ok(None) };
    let (header, header_address) = eh_frame_hdr;
    let (frames, frames_address) = eh_frame;
    let bases = BaseAddresses::default()
        .set_eh_frame_hdr(header_address as u64)
        .set_eh_frame(frames_address as u64)
        .set_text(text as u64);
    let header = EhFrameHdr::new(header, LittleEndian).parse(&bases, size_of::<usize>() as u8)?;
    Ok(Some((header, EhFrame::new(frames, LittleEndian), bases)))
}

fn rules(image: &LoadedImage, address: usize) -> Option<Rules> {
    let Some((header, frames, bases)) = sections(image.unwind_information(address)).ok()? else {
        return Some(Rules::STUB);
    };
    let mut context = UnwindContext::<_, InPlace>::new_in();
    let row = header
        .table()?
        .unwind_info_for_address(&frames, &bases, &mut context, address as u64, EhFrame::cie_from_offset)
        .ok()?;
    let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
    let mut rules = Rules { cfa: (usize::from(register.0), *offset), saved: [None; REGISTERS] };
    if rules.cfa.0 >= REGISTERS {
        return None;
    }
    for (register, rule) in row.registers() {
        match rule {
            RegisterRule::Offset(offset) => {
                *rules.saved.get_mut(usize::from(register.0))? = Some(i32::try_from(*offset).ok()?);
            }
            RegisterRule::SameValue | RegisterRule::Undefined => {}
            _ => return None,
        }
    }
    Some(rules)
}

/// Whether the image's code can be walked: there is a search table over the unwind information.
pub(crate) fn check(image: &LoadedImage) -> Result<(), ImageError> {
    if image.text().is_empty() {
        return Ok(());
    }
    match sections(image.unwind_information(image.text().start)) {
        Ok(None) => Ok(()),
        Ok(Some((header, ..))) if header.table().is_some() => Ok(()),
        Ok(_) => Err(ImageError::Corrupt("there is no search table over the unwind information".into())),
        Err(error) => Err(ImageError::Corrupt(format!("the unwind information does not parse: {error}"))),
    }
}
