//! Globals, tables and references (specification: Variable, Table and Reference Instructions). Compiled code reads tables; the runtime writes
//! them. A reference is a pointer; null is zero.

use std::mem::offset_of;

use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::context::{Place, VMFunctionImport, VMTable};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Inst, Value};
use wootz_wasm_ir::{ElementIndex, FuncIndex, GlobalIndex, TableIndex};

use crate::call::BuiltinArg;
use crate::function::Function;
use crate::machine::{Amode, CONTEXT, Cond, Gp, GpMem, Kind, SCRATCH, at, emit, indexed};
use crate::registers::Source;
use cranelift_assembler_x64::Scale;

/// The index of an entity as an argument of a builtin.
fn index(entity: impl Entity) -> BuiltinArg {
    BuiltinArg::Number(entity.index() as u64)
}

impl Function<'_> {
    /// `global.get`.
    pub(crate) fn global_get(&mut self, global: GlobalIndex, inst: Inst) {
        let result = self.body.results(inst)[0];
        let to = self.define(result);
        let place = self.field(self.module.layout.global(global), 0, SCRATCH);
        self.code.load(to, place, self.kind(result));
    }

    /// `global.set`.
    pub(crate) fn global_set(&mut self, global: GlobalIndex, inst: Inst) {
        let value = self.body.args(inst)[0];
        let kind = self.kind(value);
        let constant =
            self.constant(value).filter(|bits| kind == Kind::I32 || i32::try_from(*bits as i64).is_ok());
        if let Some(bits) = constant {
            let place = self.field(self.module.layout.global(global), 0, SCRATCH);
            return self.store_source(place, kind, Source::Constant(bits));
        }
        let reg = self.load(value);
        let place = self.field(self.module.layout.global(global), 0, SCRATCH);
        self.code.store(place, kind, reg);
    }

    /// The operand at an offset in an entity, which the context has or points to.
    fn field(&mut self, place: Place, offset: usize, scratch: Gp) -> Amode {
        match place {
            Place::Inline(start) => at(CONTEXT, (start + offset) as i32),
            Place::Pointer(start) => {
                emit!(self.code, movq_rm(scratch, at(CONTEXT, start as i32)));
                at(scratch, offset as i32)
            }
        }
    }

    fn table_field(&mut self, table: TableIndex, offset: usize) -> Amode {
        self.field(self.module.layout.table(table), offset, SCRATCH)
    }

    /// Loads an element, or traps if the table has none of that index.
    pub(crate) fn table_element(&mut self, table: TableIndex, index: Value, outside: TrapCode, to: Gp) {
        let index = self.gp(index);
        let length = self.table_field(table, offset_of!(VMTable, length));
        emit!(self.code, cmpq_rm(index, length));
        self.trap_if(Cond::AboveEqual, outside);
        let base = self.table_field(table, offset_of!(VMTable, base));
        emit!(self.code, movq_rm(SCRATCH, base), movq_rm(to, indexed(SCRATCH, index, Scale::Eight, 0)));
    }

    /// `table.get`.
    pub(crate) fn table_get(&mut self, table: TableIndex, inst: Inst) {
        let element = self.body.args(inst)[0];
        self.load(element);
        let to = self.define_gp(self.body.results(inst)[0]);
        self.table_element(table, element, TrapCode::TableOutOfBounds, to);
    }

    /// `table.size`.
    pub(crate) fn table_size(&mut self, table: TableIndex, inst: Inst) {
        let to = self.define_gp(self.body.results(inst)[0]);
        let length = self.table_field(table, offset_of!(VMTable, length));
        emit!(self.code, movq_rm(to, length));
    }

    /// `table.set`.
    pub(crate) fn table_set(&mut self, table: TableIndex, inst: Inst) {
        let [element, value] = *self.body.args(inst) else { return };
        let args = [index(table), BuiltinArg::Value(element), BuiltinArg::Value(value)];
        self.call_fallible(Builtin::table_set, &args);
    }

    /// `table.grow`.
    pub(crate) fn table_grow(&mut self, table: TableIndex, inst: Inst) {
        let [value, delta] = *self.body.args(inst) else { return };
        let args = [index(table), BuiltinArg::Value(value), BuiltinArg::Value(delta)];
        self.call_for_value(Builtin::table_grow, &args, inst);
    }

    /// `table.fill`.
    pub(crate) fn table_fill(&mut self, table: TableIndex, inst: Inst) {
        let [dst, value, len] = *self.body.args(inst) else { return };
        let [dst, value, len] = [dst, value, len].map(BuiltinArg::Value);
        self.call_fallible(Builtin::table_fill, &[index(table), dst, value, len]);
    }

    /// `table.copy`.
    pub(crate) fn table_copy(&mut self, dst: TableIndex, src: TableIndex, inst: Inst) {
        let [to, from, len] = *self.body.args(inst) else { return };
        let [to, from, len] = [to, from, len].map(BuiltinArg::Value);
        self.call_fallible(Builtin::table_copy, &[index(dst), to, index(src), from, len]);
    }

    /// `table.init`.
    pub(crate) fn table_init(&mut self, table: TableIndex, elem: ElementIndex, inst: Inst) {
        let [dst, src, len] = *self.body.args(inst) else { return };
        let [dst, src, len] = [dst, src, len].map(BuiltinArg::Value);
        self.call_fallible(Builtin::table_init, &[index(table), index(elem), dst, src, len]);
    }

    /// `data.drop`, `elem.drop`.
    pub(crate) fn drop_segment(&mut self, builtin: Builtin, segment: impl Entity) {
        self.call_fallible(builtin, &[index(segment)]);
    }

    /// `ref.func`: the address of the function's `VMFuncRef`, in the context or, of an import, wherever the exporter has it.
    pub(crate) fn ref_func(&mut self, func: FuncIndex, inst: Inst) {
        let to = self.define_gp(self.body.results(inst)[0]);
        if self.module.declarations.is_imported_function(func) {
            let offset = self.module.layout.imported_function(func) + offset_of!(VMFunctionImport, func_ref);
            emit!(self.code, movq_rm(to, at(CONTEXT, offset as i32)));
            return;
        }
        let offset = self.module.layout.func_ref(func).expect("a function that is referred to is declared");
        emit!(self.code, leaq_rm(to, at(CONTEXT, offset as i32)));
    }

    /// `ref.as_non_null`.
    pub(crate) fn ref_as_non_null(&mut self, inst: Inst) {
        let reference = self.body.args(inst)[0];
        let reg = self.gp(reference);
        emit!(self.code, testq_mr(GpMem::Gpr(reg), reg));
        self.trap_if(Cond::Equal, TrapCode::NullReference);
        self.copy(inst);
    }

    /// The operand as it is.
    pub(crate) fn copy(&mut self, inst: Inst) {
        let operand = self.body.args(inst)[0];
        self.define_from(self.body.results(inst)[0], operand);
        self.release(&[operand]);
    }
}
