//! From a fault to a trap: what the signal handler decides, and what the entering call makes of it.

use std::panic::resume_unwind;
use std::ptr::NonNull;

use wootz_vm_abi::addrmap;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_types::FuncIndex;

use super::activation::Activation;
use super::faults::FaultRegions;
use super::file_pages;
use super::image::LoadedImage;
use super::samples;
use super::store::{Pending, StoreInner};
use super::unwind;
use crate::sys::signals::{Answer, Fault, FaultKind};
use crate::sys::{Landing, Registers, stack, trap_byte};
use crate::trap::MAX_FRAMES;
use crate::{CallError, HostError, ImageError, Trap, TrapFrame};

/// Why and where compiled code was left.
pub(crate) struct Stopped {
    cause: Cause,
    /// An address inside the active instruction of each frame, innermost first.
    addresses: [usize; MAX_FRAMES],
    recorded: usize,
    omitted: usize,
}

/// Why compiled code was left.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Cause {
    Trap(TrapCode),
    /// A page of the image is gone.
    LostImage,
}

impl Stopped {
    /// Stopped before anything ran.
    pub(crate) fn at_entry(code: TrapCode) -> Self {
        Self::because(Cause::Trap(code))
    }

    fn because(cause: Cause) -> Self {
        Self { cause, addresses: [0; MAX_FRAMES], recorded: 0, omitted: 0 }
    }

    fn push(&mut self, address: usize) {
        match self.addresses.get_mut(self.recorded) {
            Some(slot) => {
                *slot = address;
                self.recorded += 1;
            }
            None => self.omitted += 1,
        }
    }
}

/// The signal handler's question: is this fault a trap of the code that this thread entered, or a page of an image that is gone?
pub(crate) fn on_fault(fault: &Fault) -> Option<Answer> {
    let lost = matches!(fault.kind, FaultKind::NoPage(address) if file_pages::lose(address));
    if fault.kind == FaultKind::Interrupt {
        samples::take(fault);
    }
    stop(fault).map(Answer::Land).or(lost.then_some(Answer::Retry))
}

/// Leaves the code that this thread entered, if it is what faulted.
fn stop(fault: &Fault) -> Option<Landing> {
    // SAFETY: this thread's innermost activation lives until it is left, and no one else looks at it now: the thread is
    // in code below it, or in the host, whose faults are not ours.
    let activation = unsafe { Activation::current()?.as_ref() };
    let regions = activation.regions();
    let image = regions.image_at(fault.registers.values[Registers::PC])?;
    let cause = classify(fault, activation, image)?;
    Some(leave(fault, activation, cause))
}

/// Walks the frames and leaves them. Not a part of its caller, which may run on a stack of a few KiB: only threads in compiled
/// code are sure to have more.
#[inline(never)]
fn leave(fault: &Fault, activation: &Activation, cause: Cause) -> Landing {
    let landing = activation.landing();
    let mut stopped = Stopped::because(cause);
    // Of a lost image, the tables to walk by may be gone too.
    if stopped.cause != Cause::LostImage {
        let regions = activation.regions();
        unwind::walk(regions, fault.registers, landing.sp, &mut |address| stopped.push(address));
    }
    activation.stop(stopped);
    landing
}

/// The reason for a fault at an instruction of `image`; `None` if no instruction of ours faults like that.
fn classify(fault: &Fault, activation: &Activation, image: &LoadedImage) -> Option<Cause> {
    if image.is_lost() {
        return Some(Cause::LostImage);
    }
    trap_code(fault, activation, image).map(Cause::Trap)
}

fn trap_code(fault: &Fault, activation: &Activation, image: &LoadedImage) -> Option<TrapCode> {
    let regions = activation.regions();
    match fault.kind {
        FaultKind::IllegalInstruction => {
            let code = image.code_bytes(fault.registers.values[Registers::PC]);
            TrapCode::from_byte(trap_byte(code)?)
        }
        // At any instruction: WebAssembly frames hold nothing to clean up.
        FaultKind::Interrupt => activation.is_interrupted().then_some(TrapCode::Interrupted),
        FaultKind::Access(address) | FaultKind::NoPage(address) if regions.is_guarded_memory(address) => {
            Some(TrapCode::MemoryOutOfBounds)
        }
        FaultKind::Access(address) | FaultKind::NoPage(address) => {
            let overflow = stack::known_bounds()?.overflow_range();
            overflow.contains(&address).then_some(TrapCode::StackExhausted)
        }
    }
}

/// The error of the call that was left. Resumes the panic of a host function, if that is the reason.
///
/// # Safety
/// `store` must be the store of the call, and nothing may borrow from it.
pub(crate) unsafe fn into_error(store: NonNull<StoreInner>, stopped: &Stopped) -> CallError {
    // SAFETY: as the caller promises.
    let store = unsafe { &mut *store.as_ptr() };
    let reason = match stopped.cause {
        Cause::Trap(TrapCode::Pending) => store.take_pending(),
        // Stopped between the return of what failed and the instruction that would have trapped for it.
        Cause::Trap(TrapCode::Interrupted) => {
            store.take_pending().or(Some(Pending::Trap(TrapCode::Interrupted)))
        }
        Cause::Trap(code) => Some(Pending::Trap(code)),
        // What failed before does not matter any more, but for a panic.
        Cause::LostImage => match store.take_pending() {
            Some(Pending::Panic(payload)) => Some(Pending::Panic(payload)),
            _ => Some(Pending::Host(Box::new(ImageError::Shortened))),
        },
    };
    let (frames, omitted) = frames(store.regions(), stopped);
    match reason {
        Some(Pending::Panic(payload)) => resume_unwind(payload),
        Some(Pending::Host(error)) => host_error(error, frames, omitted),
        Some(Pending::Trap(code)) => CallError::Trap(Trap { code, frames, omitted }),
        // Compiled code says that the runtime knows a reason, but nobody gave one.
        None => CallError::Trap(Trap { code: TrapCode::Pending, frames, omitted }),
    }
}

/// A host function's error as the error of a call, with the frames below it. A call's own error stays itself.
pub(crate) fn host_error(error: HostError, frames: Vec<TrapFrame>, omitted: usize) -> CallError {
    match error.downcast::<CallError>().map(|inner| *inner) {
        Ok(CallError::Trap(mut trap)) => {
            trap.frames.extend(frames);
            trap.omitted += omitted;
            CallError::Trap(trap)
        }
        Ok(CallError::Host { error, frames: mut inner, omitted: more }) => {
            inner.extend(frames);
            CallError::Host { error, frames: inner, omitted: omitted + more }
        }
        Ok(error @ CallError::Arguments(_)) => CallError::Host { error: Box::new(error), frames, omitted },
        Err(error) => CallError::Host { error, frames, omitted },
    }
}

fn frames(regions: &FaultRegions, stopped: &Stopped) -> (Vec<TrapFrame>, usize) {
    let mut frames = Vec::new();
    for address in &stopped.addresses[..stopped.recorded] {
        if let Some(image) = regions.image_at(*address) {
            describe(image, *address, &mut frames);
        }
    }
    let surplus = frames.len().saturating_sub(MAX_FRAMES);
    frames.truncate(MAX_FRAMES);
    (frames, surplus + stopped.omitted)
}

/// Appends the functions active at an address: several where calls were inlined, none in a trampoline.
pub(super) fn describe(image: &LoadedImage, address: usize, frames: &mut Vec<TrapFrame>) {
    let declarations = &image.info().declarations;
    let frame = |func: FuncIndex, offset| TrapFrame {
        module: declarations.names.module.clone(),
        func,
        name: declarations.function_name(func).map(str::to_owned),
        offset,
        sources: if offset == 0 { Vec::new() } else { image.source_lines(offset) },
    };
    let before = frames.len();
    let known = |mapped: &addrmap::Frame| declarations.functions.get(mapped.func).is_some();
    let mapped = image.mapped_frames(address).into_iter().filter(known);
    frames.extend(mapped.map(|mapped| frame(mapped.func, mapped.offset)));
    if frames.len() == before {
        frames.extend(image.function_at(address).map(|func| frame(func, 0)));
    }
}
