//! Operators to instructions: the dispatch, one line per operator.

use wootz_vm_abi::builtin::Builtin;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Callee, Constant, Inst, Op};

use crate::function::Function;
use crate::machine::Kind;

impl Function<'_> {
    /// Compiles one instruction.
    pub(crate) fn inst(&mut self, inst: Inst) {
        match self.body.insts[inst].op {
            Op::Const(Constant::V128(bytes)) => self.vector_constant(bytes, inst),
            // Whoever uses it loads it.
            Op::Const(_) | Op::RefNull(_) => {}
            Op::IntUnary(width, op) => self.int_unary(Kind::int(width), op, inst),
            Op::IntBinary(width, op) => self.int_binary(Kind::int(width), op, inst),
            Op::WideArithmetic(op) => self.wide(op, inst),
            Op::IntEqz(_) | Op::IntCompare(..) | Op::FloatCompare(..) => self.compare(inst),
            Op::FloatUnary(width, op) => self.float_unary(width, op, inst),
            Op::FloatBinary(width, op) => self.float_binary(width, op, inst),
            Op::Convert(convert) => self.convert(convert, inst),
            Op::Select => self.select(inst),

            Op::Load { access, sign, .. } => self.load_memory(access, sign, inst),
            Op::Store { access } => self.store_memory(access, inst),
            Op::MemoryLength(memory) => self.memory_size(memory, false, inst),
            Op::MemorySize(memory) => self.memory_size(memory, true, inst),
            Op::MemoryGrow(memory) => self.memory_grow(memory, inst),
            Op::MemoryFill(memory) => self.memory_fill(memory, inst),
            Op::MemoryCopy { dst, src } => self.memory_copy(dst, src, inst),
            Op::MemoryInit(memory, data) => self.memory_init(memory, data, inst),
            Op::DataDrop(data) => self.drop_segment(Builtin::data_drop, data),
            // Hints, and an order that everything has here.
            Op::Prefetch(_) | Op::EffectBarrier => {}
            Op::Likely => self.likely(inst),
            Op::FuelLeft => self.fuel_left(inst),
            Op::TakeFuel => self.take_fuel(inst),

            Op::Atomic(op, access) => self.atomic(op, access, inst),
            Op::AtomicFence => self.fence(),

            Op::TableGet(table) => self.table_get(table, inst),
            Op::TableSet(table) => self.table_set(table, inst),
            Op::TableSize(table) => self.table_size(table, inst),
            Op::TableGrow(table) => self.table_grow(table, inst),
            Op::TableFill(table) => self.table_fill(table, inst),
            Op::TableCopy { dst, src } => self.table_copy(dst, src, inst),
            Op::TableInit(table, elem) => self.table_init(table, elem, inst),
            Op::ElemDrop(elem) => self.drop_segment(Builtin::elem_drop, elem),

            Op::RefFunc(func) => self.ref_func(func, inst),
            Op::RefIsNull => self.ref_is_null(inst),
            Op::RefAsNonNull => self.ref_as_non_null(inst),
            Op::RefKnownNonNull => self.copy(inst),

            Op::GlobalGet(global) => self.global_get(global, inst),
            Op::GlobalSet(global) => self.global_set(global, inst),

            Op::Call(func) => self.call(Callee::Func(func), inst),
            Op::CallIndirect { table, ty } => self.call(Callee::Table { table, ty }, inst),
            Op::CallRef(ty) => self.call(Callee::Ref(ty), inst),

            Op::Vector(op) => self.vector(op, inst),
            Op::VectorLoad { access, kind } => self.vector_load(access, kind, inst),
            Op::VectorLoadLane { access, lane } => self.vector_load_lane(access, lane, inst),
            Op::VectorStoreLane { access, lane } => self.vector_store_lane(access, lane, inst),
        }
    }

    fn likely(&mut self, inst: Inst) {
        if !self.ranges.fused[self.body.results(inst)[0].index()] {
            self.copy(inst);
        }
    }

    fn ref_is_null(&mut self, inst: Inst) {
        let reference = self.body.args(inst)[0];
        let condition = self.compare_with_zero(reference);
        self.release(&[reference]);
        let to = self.define_gp(self.body.results(inst)[0]);
        self.set(condition, to);
    }
}
