//! The beginning and the end of a function.
//!
//! ```text
//! push rbp; mov rbp, rsp; sub rsp, …       each page of a large frame is touched
//! cmp rsp, store.stack_limit               if it calls anything
//! mov [rbp - …], rbx, …                    the registers that callees keep
//! mov rbx, context; mov r15, base
//! ```

use std::mem::offset_of;

use wootz_vm_abi::context::{Place, VMContext, VMMemory, VMStoreContext};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::MemoryIndex;

use crate::call::RETURN;
use crate::code::Code;
use crate::function::Function;
use crate::machine::{BASE, CONTEXT, Cond, Gp, RBP, RDI, RSP, SAVED, SCRATCH, at, emit};
use cranelift_assembler_x64::CodeSink;

/// A function whose frame is larger checks the stack even if it calls nothing.
const LARGE_FRAME: i32 = 1 << 10;
/// Bytes of a page: a larger frame is touched page by page.
const PAGE: i32 = 4096;
/// So many pages are touched one by one, more in a loop.
const FEW_PAGES: i32 = 4;

impl Function<'_> {
    /// Whether the function looks at the stack's limit: it calls something, or its frame is large.
    fn checks_stack(&self) -> bool {
        !self.ranges.calls.is_empty() || self.frame.total() > LARGE_FRAME
    }

    /// The registers that the function must restore, with their places below the frame pointer.
    pub(crate) fn saved(&self) -> impl Iterator<Item = (Gp, i32)> + use<> {
        let used = self.used | u32::from(self.has_base) << BASE.0;
        let places = (1..).map(|place| -8 * place);
        SAVED.into_iter().zip(places).filter(move |(reg, _)| used & 1 << reg.0 != 0)
    }

    pub(crate) fn prologue(&mut self, code: &mut Code) {
        emit!(*code, pushq_o(RBP), movq_rm(RBP, RSP));
        let frame = self.frame.total();
        touch_pages(code, frame);
        emit!(*code, subq_mi_sxl(RSP, frame));
        if self.checks_stack() {
            let store = at(RDI, offset_of!(VMContext, store) as i32);
            let limit = at(SCRATCH, offset_of!(VMStoreContext, stack_limit) as i32);
            emit!(*code, movq_rm(SCRATCH, store), cmpq_rm(RSP, limit));
            let enough = code.skip_if(Cond::AboveEqual);
            code.trap(TrapCode::StackExhausted);
            code.land(enough);
        }
        for (reg, place) in self.saved() {
            emit!(*code, movq_mr(at(RBP, place), reg));
            self.unwind.save(reg, place);
        }
        self.unwind.saved_at(code.here());
        emit!(*code, movq_rm(CONTEXT, RDI));
        if self.has_base {
            let offset = offset_of!(VMMemory, base) as i32;
            match self.module.layout.memory(MemoryIndex(0)) {
                Place::Inline(place) => emit!(*code, movq_rm(BASE, at(CONTEXT, place as i32 + offset))),
                Place::Pointer(place) => {
                    emit!(*code, movq_rm(BASE, at(CONTEXT, place as i32)), movq_rm(BASE, at(BASE, offset)))
                }
            }
        }
    }

    /// Gives registers back what they held at the function's beginning, the stack and frame pointers excepted.
    pub(crate) fn restore_saved(&mut self) {
        for (reg, place) in self.saved() {
            emit!(self.code, movq_rm(reg, at(RBP, place)));
        }
    }

    /// The way back to the caller.
    pub(crate) fn leave(&mut self) {
        self.code.bind(self.epilogue);
        self.restore_saved();
        // leave
        self.code.put1(0xc9);
        self.unwind.left(self.code.here());
        match self.arguments.popped {
            0 => self.code.put1(RETURN),
            popped => cranelift_assembler_x64::inst::retq_i::new(popped as u16).encode(&mut self.code),
        }
        self.unwind.back(self.code.here());
    }
}

/// Touches each page of a frame, from the stack's side on, so that none is left out before the guard page.
pub(crate) fn touch_pages(code: &mut Code, frame: i32) {
    let pages = frame / PAGE;
    if pages <= FEW_PAGES {
        for page in 1..=pages {
            emit!(*code, testq_mr(at(RBP, -page * PAGE), RBP));
        }
        return;
    }
    emit!(*code, movq_rm(SCRATCH, RSP));
    emit!(*code, subq_mi_sxl(SCRATCH, pages * PAGE));
    let again = code.label();
    code.bind(again);
    emit!(*code, subq_mi_sxl(RSP, PAGE), testq_mr(at(RSP, 0), RBP), cmpq_rm(RSP, SCRATCH));
    code.branch(Cond::NotEqual, again);
    emit!(*code, movq_rm(RSP, RBP));
}
