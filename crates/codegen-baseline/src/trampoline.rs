//! Trampolines across the host boundary; `vm_abi::callconv` defines both.

use std::mem::offset_of;

use wootz_vm_abi::callconv::{self, ValRaw};
use wootz_vm_abi::context::{VMHostContext, VMStoreContext};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::FuncType;

use crate::code::Code;
use crate::convention::{self, Argument, Arguments, Convention};
use crate::function::Compiled;
use crate::machine::{
    CONTEXT, Cond, Gp, GpMem, Kind, RAX, RBP, RDI, RDX, RSI, RSP, SCRATCH, SCRATCH2, XSCRATCH, at, emit,
    vector,
};
use crate::prologue::touch_pages;
use crate::unwind::Unwind;
use cranelift_assembler_x64::CodeSink;

/// Bytes of a value that crosses.
const SLOT: i32 = size_of::<ValRaw>() as i32;
/// Where the frame keeps a pointer that is needed again.
const KEPT: i32 = -8;

/// `void host_entry(ptr vmctx, ptr code, ptr slots)`, in the C convention.
pub(crate) fn host_entry(ty: &FuncType) -> Compiled {
    let arguments = Arguments::new(ty.params.iter().copied(), &ty.results, Convention::Wasm);
    let (mut prologue, mut unwind) = (Code::default(), Unwind::default());
    emit!(prologue, pushq_o(RBP), movq_rm(RBP, RSP));
    let frame = (16 + arguments.popped + 15) / 16 * 16;
    touch_pages(&mut prologue, frame);
    emit!(prologue, subq_mi_sxl(RSP, frame), movq_mr(at(RBP, KEPT), CONTEXT));
    unwind.save(CONTEXT, KEPT);
    unwind.saved_at(prologue.here());

    let mut code = Code::default();
    // Callees keep this register: here it has the slots.
    let slots = CONTEXT;
    emit!(code, movq_rm(slots, RDX), movq_rm(SCRATCH2, RSI));
    for ((param, place), from) in ty.params.iter().zip(&arguments.params).zip((0..).map(|slot| slot * SLOT)) {
        let kind = Kind::of(*param);
        match *place {
            Argument::Register(reg) => code.load(reg, at(slots, from), kind),
            Argument::Stack(offset) => copy(&mut code, kind, at(RSP, offset), at(slots, from)),
        }
    }
    match arguments.results {
        // The arguments have been loaded by then.
        Some(Argument::Register(reg)) => emit!(code, movq_rm(Gp(reg), slots)),
        Some(Argument::Stack(offset)) => emit!(code, movq_mr(at(RSP, offset), slots)),
        None => {}
    }
    emit!(code, callq_m(GpMem::Gpr(SCRATCH2)));
    if arguments.results.is_none() {
        for ((kind, reg), to) in convention::results(&ty.results).zip((0..).map(|slot| slot * SLOT)) {
            code.store(at(slots, to), kind, reg);
        }
    }
    emit!(code, movq_rm(CONTEXT, at(RBP, KEPT)));
    leave(&mut code, &mut unwind, 0);
    finish(prologue, code, unwind)
}

/// `R host_exit(ptr host_context, params…, [padding], [ptr results])`, in the WebAssembly convention.
pub(crate) fn host_exit(ty: &FuncType) -> Compiled {
    let arguments = Arguments::new(ty.params.iter().copied(), &ty.results, Convention::Wasm);
    let (mut prologue, mut unwind) = (Code::default(), Unwind::default());
    emit!(prologue, pushq_o(RBP), movq_rm(RBP, RSP));
    let frame = 16 + callconv::slot_count(ty) as i32 * SLOT;
    touch_pages(&mut prologue, frame);
    emit!(prologue, subq_mi_sxl(RSP, frame));
    unwind.saved_at(prologue.here());

    let mut code = Code::default();
    let limit = at(SCRATCH2, offset_of!(VMStoreContext, stack_limit) as i32);
    let store = at(RDI, offset_of!(VMHostContext, store) as i32);
    emit!(code, movq_rm(SCRATCH2, store), cmpq_rm(RSP, limit));
    trap_unless(&mut code, Cond::AboveEqual, TrapCode::StackExhausted);
    let slot = |index: usize| at(RSP, index as i32 * SLOT);
    for (index, (param, place)) in ty.params.iter().zip(&arguments.params).enumerate() {
        let kind = Kind::of(*param);
        match *place {
            Argument::Register(reg) => code.store(slot(index), kind, reg),
            Argument::Stack(offset) => copy(&mut code, kind, slot(index), at(RBP, 16 + offset)),
        }
    }
    let results = match arguments.results {
        Some(Argument::Register(reg)) => {
            emit!(code, movq_mr(at(RBP, KEPT), Gp(reg)));
            KEPT
        }
        Some(Argument::Stack(offset)) => 16 + offset,
        None => 0,
    };
    emit!(
        code,
        movq_rm(RSI, at(SCRATCH2, offset_of!(VMStoreContext, caller) as i32)),
        movq_rm(RDX, RSP),
        callq_m(GpMem::Mem(at(RDI, offset_of!(VMHostContext, callee) as i32))),
        testl_mr(GpMem::Gpr(RAX), RAX),
    );
    trap_unless(&mut code, Cond::Equal, TrapCode::Pending);
    if arguments.results.is_some() {
        emit!(code, movq_rm(SCRATCH2, at(RBP, results)));
        for (index, ty) in ty.results.iter().enumerate() {
            copy(&mut code, Kind::of(*ty), at(SCRATCH2, index as i32 * SLOT), slot(index));
        }
    } else {
        for (index, (kind, reg)) in convention::results(&ty.results).enumerate() {
            code.load(reg, slot(index), kind);
        }
    }
    leave(&mut code, &mut unwind, arguments.popped);
    finish(prologue, code, unwind)
}

/// Copies a value from one place in memory to another.
fn copy(code: &mut Code, kind: Kind, to: crate::machine::Amode, from: crate::machine::Amode) {
    let scratch = if kind.is_vector() { vector(XSCRATCH) } else { SCRATCH.0 };
    code.load(scratch, from, kind);
    code.store(to, kind, scratch);
}

fn trap_unless(code: &mut Code, cond: Cond, trap: TrapCode) {
    let skip = code.skip_if(cond);
    code.trap(trap);
    code.land(skip);
}

/// Gives up the frame and returns.
fn leave(code: &mut Code, unwind: &mut Unwind, popped: i32) {
    code.put1(0xc9);
    unwind.left(code.here());
    cranelift_assembler_x64::inst::retq_i::new(popped as u16).encode(code);
    unwind.back(code.here());
}

fn finish(mut prologue: Code, code: Code, unwind: Unwind) -> Compiled {
    prologue.resolve();
    let len = prologue.here() + code.here();
    Compiled { prologue, code, rows: Vec::new(), unwind, active: len, len }
}
