//! Calls: of functions of the module, of imports, through tables and references, in tail position or not, and of builtins
//! (specification: Control Instructions).

use std::mem::offset_of;

use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::callconv::ValRaw;
use wootz_vm_abi::context::{VMContext, VMFuncRef, VMFunctionImport, VMStoreContext, VMTypeId};
use wootz_vm_abi::lazy::Entry;
use wootz_vm_abi::libcall::Libcall;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Callee, Inst, List, Value};
use wootz_wasm_ir::{FuncIndex, FuncType, HeapType, RefType, TableIndex, TypeIndex, ValType};

use crate::code::Code;
use crate::convention::{self, ARGUMENTS, Argument, Arguments, Convention};
use crate::frame::PARAMETERS;
use crate::function::Function;
use crate::machine::{
    CONTEXT, Cond, Gp, GpMem, KEPT, Kind, RAX, RBP, RDI, REGS, RSP, Reg, SCRATCH, SCRATCH2, XSCRATCH, at,
    emit,
};
use crate::registers::Source;
use cranelift_assembler_x64::CodeSink;

/// The instruction `ret`, which pops nothing but the address.
pub(crate) const RETURN: u8 = 0xc3;

/// What a call goes to.
#[derive(Copy, Clone)]
pub(crate) enum Target {
    /// A function of the module, which shares the context.
    Own(FuncIndex),
    /// An imported function.
    Import(FuncIndex),
    /// What a `VMFuncRef` in a register says.
    Referred(Gp),
    /// Code at the address in a register, with our context.
    Code(Gp),
}

/// An argument of a builtin behind the context.
#[derive(Copy, Clone)]
pub(crate) enum BuiltinArg {
    Value(Value),
    Number(u64),
    Register(Gp),
}

impl Function<'_> {
    /// `call`, `call_indirect`, `call_ref`.
    pub(crate) fn call(&mut self, callee: Callee, inst: Inst) {
        let module = self.module;
        let ty = callee.signature(module.declarations);
        let (target, args) = self.resolve(callee, self.body.args(inst));
        self.save_volatile();
        let arguments = Arguments::new(ty.params.iter().copied(), &ty.results, module.convention_of(callee));
        self.pass(&arguments, args, Source::Place(self.results));
        self.frame.reserve_outgoing(arguments.size);
        self.enter_callee(target);
        match target {
            Target::Own(func) => {
                let slot = module.entries.slot(module.entries.number(Entry::Function(func)));
                emit!(self.code, callq_m(GpMem::Mem(Code::in_data(slot))));
            }
            Target::Import(func) => {
                let code = module.layout.imported_function(func) + offset_of!(VMFunctionImport, code);
                emit!(self.code, callq_m(GpMem::Mem(at(CONTEXT, code as i32))));
            }
            Target::Referred(reference) => {
                let code = at(reference, offset_of!(VMFuncRef, code) as i32);
                emit!(self.code, callq_m(GpMem::Mem(code)));
            }
            Target::Code(code) => emit!(self.code, callq_m(GpMem::Gpr(code))),
        }
        if arguments.popped != 0 {
            // The callee has popped its arguments.
            emit!(self.code, subq_mi_sxl(RSP, arguments.popped));
        }
        self.lose_volatile();
        self.define_results(ty, inst, arguments.results.is_some());
    }

    /// `return_call`, `return_call_indirect`, `return_call_ref`.
    pub(crate) fn tail_call(&mut self, callee: Callee, args: List) {
        let ty = callee.signature(self.module.declarations);
        let (target, args) = self.resolve(callee, self.body.list(args));
        let arguments = Arguments::new(ty.params.iter().copied(), &ty.results, Convention::Wasm);
        self.leave_for(target, arguments, args);
    }

    /// Calls a target in this function's place. The arguments are gathered first, since their places are those of this function's parameters.
    pub(crate) fn leave_for(&mut self, target: Target, arguments: Arguments, args: &[Value]) {
        let module = self.module;
        self.frame.reserve_outgoing(arguments.size);
        // The caller's place for results is handed on.
        self.pass(&arguments, args, Source::Slot(self.result_slots));
        self.enter_callee(target);
        // Where to go: an address in a register, unless it is in a slot of the data.
        match target {
            Target::Own(_) | Target::Code(_) => {}
            Target::Import(func) => {
                let code = module.layout.imported_function(func) + offset_of!(VMFunctionImport, code);
                emit!(self.code, movq_rm(SCRATCH2, at(CONTEXT, code as i32)));
            }
            Target::Referred(reference) => {
                emit!(self.code, movq_rm(SCRATCH2, at(reference, offset_of!(VMFuncRef, code) as i32)));
            }
        }
        emit!(self.code, movq_rm(SCRATCH, at(RBP, 8)), vmovq_a(XSCRATCH, at(RBP, 0)));
        self.restore_saved();
        // The return address of a private function stays where its caller expects it.
        let end =
            if self.arguments.popped == 0 { PARAMETERS - 8 } else { PARAMETERS + self.arguments.popped };
        let begin = end - arguments.popped;
        // The last first: the gathered arguments are below their places and may reach into them.
        for place in (0..arguments.popped / 8).rev().map(|place| place * 8) {
            emit!(self.code, movq_rm(RAX, at(RSP, place)), movq_mr(at(RBP, begin + place), RAX));
        }
        if self.arguments.popped == 0 {
            return self.call_and_return(begin, arguments.popped);
        }
        emit!(self.code, leaq_rm(RSP, at(RBP, begin - 8)), movq_mr(at(RSP, 0), SCRATCH));
        emit!(self.code, vmovq_b(RBP, XSCRATCH));
        self.unwind.left(self.code.here());
        match target {
            Target::Own(func) => {
                let slot = module.entries.slot(module.entries.number(Entry::Function(func)));
                emit!(self.code, jmpq_m(GpMem::Mem(Code::in_data(slot))));
            }
            _ => emit!(self.code, jmpq_m(GpMem::Gpr(SCRATCH2))),
        }
        self.unwind.back(self.code.here());
    }

    /// Leaves a private function for the way into a loop, whose arguments begin at a place in what was the frame: the callee pops these and leaves the stack
    /// as a return finds it.
    fn call_and_return(&mut self, begin: i32, popped: i32) {
        emit!(self.code, leaq_rm(RSP, at(RBP, begin)), vmovq_b(RBP, XSCRATCH));
        self.unwind.left_with(self.code.here(), popped);
        let label = self.code.label();
        self.code.jump(label);
        self.unwind.back(self.code.here());
        self.departures.push((label, popped));
    }

    /// Writes the calls by which a private function leaves, behind its code: when they return, the function is not active any more.
    pub(crate) fn depart(&mut self) {
        for (label, popped) in std::mem::take(&mut self.departures) {
            self.set_nowhere();
            self.code.bind(label);
            self.unwind.left_with(self.code.here(), popped);
            emit!(self.code, callq_m(GpMem::Gpr(SCRATCH2)));
            self.unwind.back(self.code.here());
            self.unwind.left(self.code.here());
            self.code.put1(RETURN);
            self.unwind.back(self.code.here());
        }
    }

    /// Finds what is called, with the checks that this takes, and splits it off the operands. Notes our context as the caller's if the callee may
    /// have another.
    fn resolve<'v>(&mut self, callee: Callee, operands: &'v [Value]) -> (Target, &'v [Value]) {
        let module = self.module;
        let (target, args) = match callee {
            Callee::Func(func) if !module.declarations.is_imported_function(func) => {
                return (Target::Own(func), operands);
            }
            Callee::Func(func) => (Target::Import(func), operands),
            Callee::Table { table, ty } => {
                let (index, args) = operands.split_last().expect("an indirect call has an index");
                self.table_element(table, *index, TrapCode::UndefinedElement, SCRATCH2);
                self.check_element(table, ty);
                (Target::Referred(SCRATCH2), args)
            }
            Callee::Ref(_) => {
                let (reference, args) = operands.split_last().expect("a call has a reference");
                let source = self.source(*reference);
                self.move_to(SCRATCH2.0, source, Kind::I64);
                if !matches!(self.body.ty(*reference), ValType::Ref(ty) if !ty.nullable) {
                    emit!(self.code, testq_mr(GpMem::Gpr(SCRATCH2), SCRATCH2));
                    self.trap_if(Cond::Equal, TrapCode::NullFunctionReference);
                }
                (Target::Referred(SCRATCH2), args)
            }
        };
        let store = at(CONTEXT, offset_of!(VMContext, store) as i32);
        let caller = at(SCRATCH, offset_of!(VMStoreContext, caller) as i32);
        emit!(self.code, movq_rm(SCRATCH, store), movq_mr(caller, CONTEXT));
        (target, args)
    }

    /// Checks the reference in the second scratch register: not null, and of a type, unless the table says so.
    fn check_element(&mut self, table: TableIndex, ty: TypeIndex) {
        let declarations = self.module.declarations;
        let element = declarations.tables[table].ty.element;
        if element.nullable {
            emit!(self.code, testq_mr(GpMem::Gpr(SCRATCH2), SCRATCH2));
            self.trap_if(Cond::Equal, TrapCode::UninitializedElement);
        }
        let wanted = ValType::Ref(RefType { nullable: true, heap: HeapType::Concrete(ty) });
        if !declarations.is_subtype(ValType::Ref(element), wanted) {
            let type_ids = at(CONTEXT, offset_of!(VMContext, type_ids) as i32);
            let expected = at(SCRATCH, (ty.index() * size_of::<VMTypeId>()) as i32);
            let actual = at(SCRATCH2, offset_of!(VMFuncRef, type_id) as i32);
            emit!(
                self.code,
                movq_rm(SCRATCH, type_ids),
                movl_rm(SCRATCH, expected),
                cmpl_rm(SCRATCH, actual)
            );
            self.trap_if(Cond::NotEqual, TrapCode::IndirectCallTypeMismatch);
        }
    }

    /// Loads the callee's context.
    fn enter_callee(&mut self, target: Target) {
        match target {
            Target::Own(_) | Target::Code(_) => emit!(self.code, movq_rm(RDI, CONTEXT)),
            Target::Import(func) => {
                let callee =
                    self.module.layout.imported_function(func) + offset_of!(VMFunctionImport, callee);
                emit!(self.code, movq_rm(RDI, at(CONTEXT, callee as i32)));
            }
            Target::Referred(reference) => {
                emit!(self.code, movq_rm(RDI, at(reference, offset_of!(VMFuncRef, callee) as i32)));
            }
        }
    }

    /// Puts arguments where a callee looks for them, and the pointer to where it shall put its results, if it takes one.
    fn pass(&mut self, arguments: &Arguments, args: &[Value], results: Source) {
        let mut moves = Vec::with_capacity(args.len() + 1);
        for (arg, place) in args.iter().zip(&arguments.params) {
            let source = self.source(*arg);
            self.pass_one(*place, source, self.kind(*arg), &mut moves);
        }
        if let Some(place) = arguments.results {
            self.pass_one(place, results, Kind::I64, &mut moves);
        }
        self.move_to_registers(moves);
    }

    fn pass_one(
        &mut self,
        place: Argument,
        source: Source,
        kind: Kind,
        moves: &mut Vec<(Reg, Source, Kind)>,
    ) {
        match place {
            Argument::Register(reg) => moves.push((reg, source, kind)),
            Argument::Stack(offset) => self.store_source(at(RSP, offset), kind, source),
        }
    }

    /// Writes to their slots the values in registers that a call destroys and that are used after it.
    pub(crate) fn save_volatile(&mut self) {
        for (reg, value) in self.held() {
            if !KEPT.contains(&reg) && self.ranges.until[value.index()] > self.position {
                self.clean(reg);
            }
        }
    }

    /// After a call: what it destroys holds nothing.
    pub(crate) fn lose_volatile(&mut self) {
        for reg in (0..REGS as Reg).filter(|reg| !KEPT.contains(reg)) {
            self.forget(reg);
        }
        self.locked = 0;
    }

    fn define_results(&mut self, ty: &FuncType, inst: Inst, through_memory: bool) {
        let results = self.body.results(inst);
        if through_memory {
            for (index, result) in results.iter().enumerate() {
                if self.ranges.uses[result.index()] > 0 {
                    let place = self.results + (index * size_of::<ValRaw>()) as i32;
                    let reg = self.define(*result);
                    self.move_to(reg, Source::Slot(place), self.kind(*result));
                    self.unlock();
                }
            }
            return;
        }
        for (result, (kind, reg)) in results.iter().zip(convention::results(&ty.results)) {
            if self.ranges.uses[result.index()] > 0 {
                self.bind(*result, reg);
                if kind == Kind::I32 {
                    self.zero_upper_half(reg);
                }
            }
        }
    }

    /// Calls a builtin; its result is in [`RAX`] then, and registers that it destroys hold nothing.
    pub(crate) fn call_builtin(&mut self, builtin: Builtin, args: &[BuiltinArg]) {
        self.save_volatile();
        self.emit_builtin(builtin, args);
        self.lose_volatile();
    }

    /// The same without a look at what registers hold.
    pub(crate) fn emit_builtin(&mut self, builtin: Builtin, args: &[BuiltinArg]) {
        self.pass_to_c(&ARGUMENTS[1..], args);
        let table = at(CONTEXT, offset_of!(VMContext, builtins) as i32);
        let code = at(SCRATCH, (builtin as usize * size_of::<*const ()>()) as i32);
        emit!(self.code, movq_rm(RDI, CONTEXT), movq_rm(SCRATCH, table), callq_m(GpMem::Mem(code)));
    }

    /// Calls a library function.
    pub(crate) fn call_library(&mut self, call: Libcall, args: &[BuiltinArg]) {
        self.save_volatile();
        self.pass_to_c(&ARGUMENTS, args);
        emit!(self.code, callq_m(GpMem::Mem(Code::in_data(self.module.entries.libcall(call)))));
        self.lose_volatile();
    }

    fn pass_to_c(&mut self, registers: &[Gp], args: &[BuiltinArg]) {
        let mut moves = Vec::with_capacity(args.len());
        for (arg, reg) in args.iter().zip(registers) {
            let (source, kind) = match *arg {
                BuiltinArg::Value(value) => (self.source(value), self.kind(value)),
                BuiltinArg::Number(number) => (Source::Constant(number), Kind::I64),
                BuiltinArg::Register(reg) => (Source::Register(reg.0), Kind::I64),
            };
            moves.push((reg.0, source, kind));
        }
        self.move_to_registers(moves);
    }

    /// Calls a builtin that returns a status, and traps if it says so.
    pub(crate) fn call_fallible(&mut self, builtin: Builtin, args: &[BuiltinArg]) {
        self.call_builtin(builtin, args);
        emit!(self.code, testl_mr(GpMem::Gpr(RAX), RAX));
        self.trap_if(Cond::NotEqual, TrapCode::Pending);
    }

    /// Calls a builtin whose result is the instruction's.
    pub(crate) fn call_for_value(&mut self, builtin: Builtin, args: &[BuiltinArg], inst: Inst) {
        self.call_builtin(builtin, args);
        self.define_rax(inst);
    }

    /// Calls a builtin that returns an outcome, and traps if it has none.
    pub(crate) fn call_outcome(&mut self, builtin: Builtin, args: &[BuiltinArg], inst: Inst) {
        self.call_builtin(builtin, args);
        emit!(self.code, testq_mr(GpMem::Gpr(RAX), RAX));
        self.trap_if(Cond::Sign, TrapCode::Pending);
        self.define_rax(inst);
    }

    fn define_rax(&mut self, inst: Inst) {
        let result = self.body.results(inst)[0];
        if self.ranges.uses[result.index()] > 0 {
            self.bind(result, RAX.0);
            if self.kind(result) == Kind::I32 {
                self.zero_upper_half(RAX.0);
            }
        }
    }
}
