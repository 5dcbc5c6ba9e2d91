//! The dispatch over operators: one line each, one body per family.

use wasmparser::{MemArg, MemArgTarget, Operator};

use crate::ir::{
    AtomicBinary as AB, AtomicOp as A, Bounds, Callee, Constant, Convert, FloatBinary as FB,
    FloatCompare as FC, FloatUnary as FU, FloatWidth, IntBinary as IB, IntCompare as IC, IntUnary as IU,
    IntWidth, MemoryAccess, Op, Sign, WideArithmetic as WA,
};
use crate::{
    DataIndex, ElementIndex, Error, ErrorKind, FuncIndex, GlobalIndex, HeapType, MemoryIndex, RefType,
    TableIndex, TypeIndex, ValType,
};

use super::function::Function;

use FloatWidth::{F32, F64};
use IntWidth::{I32, I64};
use Sign::{Signed, Unsigned};

type Done = Result<(), Error>;

impl Function<'_> {
    /// Translates an operator that control reaches.
    #[rustfmt::skip]
    pub(super) fn translate(&mut self, operator: Operator<'_>) -> Done {
        use Operator as O;
        match operator {
            // Control
            O::Unreachable => self.unreachable_(),
            O::Nop => {}
            O::Block { blockty } => return self.block(blockty),
            O::Loop { blockty } => return self.loop_(blockty),
            O::If { blockty } => return self.if_(blockty),
            O::Else => self.else_(),
            O::End => self.end(),
            O::Br { relative_depth } => self.br(relative_depth),
            O::BrIf { relative_depth } => self.br_if(relative_depth),
            O::BrTable { ref targets } => return self.br_table(targets),
            O::Return => self.return_(),
            O::Call { function_index } => self.call(FuncIndex(function_index)),
            O::CallIndirect { type_index, table_index } => self.call_indirect(TypeIndex(type_index), TableIndex(table_index)),
            O::CallRef { type_index } => self.call_ref(TypeIndex(type_index)),
            O::ReturnCall { function_index } => self.return_call(Callee::Func(FuncIndex(function_index))),
            O::ReturnCallIndirect { type_index, table_index } => self.return_call(Callee::Table { table: TableIndex(table_index), ty: TypeIndex(type_index) }),
            O::ReturnCallRef { type_index } => self.return_call(Callee::Ref(TypeIndex(type_index))),
            O::BrOnNull { relative_depth } => self.br_on_null(relative_depth),
            O::BrOnNonNull { relative_depth } => self.br_on_non_null(relative_depth),

            // Parametric and variable
            O::Drop => { self.pop(); }
            O::Select => self.select(None),
            O::TypedSelect { ty } => { let ty = crate::decode::val_type(ty, self.offset.into())?; self.select(Some(ty)); }
            O::LocalGet { local_index } => self.stack.push(self.graph.env.get(local_index)),
            O::LocalSet { local_index } => { let value = self.pop(); self.graph.assign(local_index, value); }
            O::LocalTee { local_index } => { let value = self.pop(); self.graph.assign(local_index, value); self.stack.push(value); }
            O::GlobalGet { global_index } => self.global_get(GlobalIndex(global_index)),
            O::GlobalSet { global_index } => self.emit_with(Op::GlobalSet(GlobalIndex(global_index)), 1, &[]),

            // Constants and references
            O::I32Const { value } => self.constant(Constant::I32(value), ValType::I32),
            O::I64Const { value } => self.constant(Constant::I64(value), ValType::I64),
            O::F32Const { value } => self.constant(Constant::F32(value.bits()), ValType::F32),
            O::F64Const { value } => self.constant(Constant::F64(value.bits()), ValType::F64),
            O::RefNull { hty } => return self.ref_null(hty),
            O::RefIsNull => self.emit_with(Op::RefIsNull, 1, &[ValType::I32]),
            O::RefAsNonNull => self.ref_as_non_null(),
            O::RefFunc { function_index } => self.ref_func(FuncIndex(function_index)),

            // Memory
            O::I32Load { memarg } => return self.load(memarg, 4, ValType::I32, Unsigned),
            O::I64Load { memarg } => return self.load(memarg, 8, ValType::I64, Unsigned),
            O::F32Load { memarg } => return self.load(memarg, 4, ValType::F32, Unsigned),
            O::F64Load { memarg } => return self.load(memarg, 8, ValType::F64, Unsigned),
            O::I32Load8S { memarg } => return self.load(memarg, 1, ValType::I32, Signed),
            O::I32Load8U { memarg } => return self.load(memarg, 1, ValType::I32, Unsigned),
            O::I32Load16S { memarg } => return self.load(memarg, 2, ValType::I32, Signed),
            O::I32Load16U { memarg } => return self.load(memarg, 2, ValType::I32, Unsigned),
            O::I64Load8S { memarg } => return self.load(memarg, 1, ValType::I64, Signed),
            O::I64Load8U { memarg } => return self.load(memarg, 1, ValType::I64, Unsigned),
            O::I64Load16S { memarg } => return self.load(memarg, 2, ValType::I64, Signed),
            O::I64Load16U { memarg } => return self.load(memarg, 2, ValType::I64, Unsigned),
            O::I64Load32S { memarg } => return self.load(memarg, 4, ValType::I64, Signed),
            O::I64Load32U { memarg } => return self.load(memarg, 4, ValType::I64, Unsigned),
            O::I32Store { memarg } => return self.store(memarg, 4),
            O::I64Store { memarg } => return self.store(memarg, 8),
            O::F32Store { memarg } => return self.store(memarg, 4),
            O::F64Store { memarg } => return self.store(memarg, 8),
            O::I32Store8 { memarg } => return self.store(memarg, 1),
            O::I32Store16 { memarg } => return self.store(memarg, 2),
            O::I64Store8 { memarg } => return self.store(memarg, 1),
            O::I64Store16 { memarg } => return self.store(memarg, 2),
            O::I64Store32 { memarg } => return self.store(memarg, 4),
            O::MemorySize { mem } => self.memory_count(Op::MemorySize, mem, 0),
            O::MemoryGrow { mem } => self.memory_count(Op::MemoryGrow, mem, 1),
            O::MemoryFill { mem } => self.emit_with(Op::MemoryFill(MemoryIndex(mem)), 3, &[]),
            O::MemoryCopy { dst_mem, src_mem } => self.emit_with(Op::MemoryCopy { dst: MemoryIndex(dst_mem), src: MemoryIndex(src_mem) }, 3, &[]),
            O::MemoryInit { data_index, mem } => self.emit_with(Op::MemoryInit(MemoryIndex(mem), DataIndex(data_index)), 3, &[]),
            O::DataDrop { data_index } => self.emit_with(Op::DataDrop(DataIndex(data_index)), 0, &[]),

            // Atomics
            O::I32AtomicLoad { memarg } => return self.atomic(memarg, 4, A::Load(I32)),
            O::I32AtomicLoad8U { memarg } => return self.atomic(memarg, 1, A::Load(I32)),
            O::I32AtomicLoad16U { memarg } => return self.atomic(memarg, 2, A::Load(I32)),
            O::I64AtomicLoad { memarg } => return self.atomic(memarg, 8, A::Load(I64)),
            O::I64AtomicLoad8U { memarg } => return self.atomic(memarg, 1, A::Load(I64)),
            O::I64AtomicLoad16U { memarg } => return self.atomic(memarg, 2, A::Load(I64)),
            O::I64AtomicLoad32U { memarg } => return self.atomic(memarg, 4, A::Load(I64)),
            O::I32AtomicStore { memarg } => return self.atomic(memarg, 4, A::Store(I32)),
            O::I32AtomicStore8 { memarg } => return self.atomic(memarg, 1, A::Store(I32)),
            O::I32AtomicStore16 { memarg } => return self.atomic(memarg, 2, A::Store(I32)),
            O::I64AtomicStore { memarg } => return self.atomic(memarg, 8, A::Store(I64)),
            O::I64AtomicStore8 { memarg } => return self.atomic(memarg, 1, A::Store(I64)),
            O::I64AtomicStore16 { memarg } => return self.atomic(memarg, 2, A::Store(I64)),
            O::I64AtomicStore32 { memarg } => return self.atomic(memarg, 4, A::Store(I64)),
            O::I32AtomicRmwAdd { memarg } => return self.atomic(memarg, 4, A::Rmw(I32, AB::Add)),
            O::I32AtomicRmw8AddU { memarg } => return self.atomic(memarg, 1, A::Rmw(I32, AB::Add)),
            O::I32AtomicRmw16AddU { memarg } => return self.atomic(memarg, 2, A::Rmw(I32, AB::Add)),
            O::I64AtomicRmwAdd { memarg } => return self.atomic(memarg, 8, A::Rmw(I64, AB::Add)),
            O::I64AtomicRmw8AddU { memarg } => return self.atomic(memarg, 1, A::Rmw(I64, AB::Add)),
            O::I64AtomicRmw16AddU { memarg } => return self.atomic(memarg, 2, A::Rmw(I64, AB::Add)),
            O::I64AtomicRmw32AddU { memarg } => return self.atomic(memarg, 4, A::Rmw(I64, AB::Add)),
            O::I32AtomicRmwSub { memarg } => return self.atomic(memarg, 4, A::Rmw(I32, AB::Sub)),
            O::I32AtomicRmw8SubU { memarg } => return self.atomic(memarg, 1, A::Rmw(I32, AB::Sub)),
            O::I32AtomicRmw16SubU { memarg } => return self.atomic(memarg, 2, A::Rmw(I32, AB::Sub)),
            O::I64AtomicRmwSub { memarg } => return self.atomic(memarg, 8, A::Rmw(I64, AB::Sub)),
            O::I64AtomicRmw8SubU { memarg } => return self.atomic(memarg, 1, A::Rmw(I64, AB::Sub)),
            O::I64AtomicRmw16SubU { memarg } => return self.atomic(memarg, 2, A::Rmw(I64, AB::Sub)),
            O::I64AtomicRmw32SubU { memarg } => return self.atomic(memarg, 4, A::Rmw(I64, AB::Sub)),
            O::I32AtomicRmwAnd { memarg } => return self.atomic(memarg, 4, A::Rmw(I32, AB::And)),
            O::I32AtomicRmw8AndU { memarg } => return self.atomic(memarg, 1, A::Rmw(I32, AB::And)),
            O::I32AtomicRmw16AndU { memarg } => return self.atomic(memarg, 2, A::Rmw(I32, AB::And)),
            O::I64AtomicRmwAnd { memarg } => return self.atomic(memarg, 8, A::Rmw(I64, AB::And)),
            O::I64AtomicRmw8AndU { memarg } => return self.atomic(memarg, 1, A::Rmw(I64, AB::And)),
            O::I64AtomicRmw16AndU { memarg } => return self.atomic(memarg, 2, A::Rmw(I64, AB::And)),
            O::I64AtomicRmw32AndU { memarg } => return self.atomic(memarg, 4, A::Rmw(I64, AB::And)),
            O::I32AtomicRmwOr { memarg } => return self.atomic(memarg, 4, A::Rmw(I32, AB::Or)),
            O::I32AtomicRmw8OrU { memarg } => return self.atomic(memarg, 1, A::Rmw(I32, AB::Or)),
            O::I32AtomicRmw16OrU { memarg } => return self.atomic(memarg, 2, A::Rmw(I32, AB::Or)),
            O::I64AtomicRmwOr { memarg } => return self.atomic(memarg, 8, A::Rmw(I64, AB::Or)),
            O::I64AtomicRmw8OrU { memarg } => return self.atomic(memarg, 1, A::Rmw(I64, AB::Or)),
            O::I64AtomicRmw16OrU { memarg } => return self.atomic(memarg, 2, A::Rmw(I64, AB::Or)),
            O::I64AtomicRmw32OrU { memarg } => return self.atomic(memarg, 4, A::Rmw(I64, AB::Or)),
            O::I32AtomicRmwXor { memarg } => return self.atomic(memarg, 4, A::Rmw(I32, AB::Xor)),
            O::I32AtomicRmw8XorU { memarg } => return self.atomic(memarg, 1, A::Rmw(I32, AB::Xor)),
            O::I32AtomicRmw16XorU { memarg } => return self.atomic(memarg, 2, A::Rmw(I32, AB::Xor)),
            O::I64AtomicRmwXor { memarg } => return self.atomic(memarg, 8, A::Rmw(I64, AB::Xor)),
            O::I64AtomicRmw8XorU { memarg } => return self.atomic(memarg, 1, A::Rmw(I64, AB::Xor)),
            O::I64AtomicRmw16XorU { memarg } => return self.atomic(memarg, 2, A::Rmw(I64, AB::Xor)),
            O::I64AtomicRmw32XorU { memarg } => return self.atomic(memarg, 4, A::Rmw(I64, AB::Xor)),
            O::I32AtomicRmwXchg { memarg } => return self.atomic(memarg, 4, A::Rmw(I32, AB::Xchg)),
            O::I32AtomicRmw8XchgU { memarg } => return self.atomic(memarg, 1, A::Rmw(I32, AB::Xchg)),
            O::I32AtomicRmw16XchgU { memarg } => return self.atomic(memarg, 2, A::Rmw(I32, AB::Xchg)),
            O::I64AtomicRmwXchg { memarg } => return self.atomic(memarg, 8, A::Rmw(I64, AB::Xchg)),
            O::I64AtomicRmw8XchgU { memarg } => return self.atomic(memarg, 1, A::Rmw(I64, AB::Xchg)),
            O::I64AtomicRmw16XchgU { memarg } => return self.atomic(memarg, 2, A::Rmw(I64, AB::Xchg)),
            O::I64AtomicRmw32XchgU { memarg } => return self.atomic(memarg, 4, A::Rmw(I64, AB::Xchg)),
            O::I32AtomicRmwCmpxchg { memarg } => return self.atomic(memarg, 4, A::Cmpxchg(I32)),
            O::I32AtomicRmw8CmpxchgU { memarg } => return self.atomic(memarg, 1, A::Cmpxchg(I32)),
            O::I32AtomicRmw16CmpxchgU { memarg } => return self.atomic(memarg, 2, A::Cmpxchg(I32)),
            O::I64AtomicRmwCmpxchg { memarg } => return self.atomic(memarg, 8, A::Cmpxchg(I64)),
            O::I64AtomicRmw8CmpxchgU { memarg } => return self.atomic(memarg, 1, A::Cmpxchg(I64)),
            O::I64AtomicRmw16CmpxchgU { memarg } => return self.atomic(memarg, 2, A::Cmpxchg(I64)),
            O::I64AtomicRmw32CmpxchgU { memarg } => return self.atomic(memarg, 4, A::Cmpxchg(I64)),
            O::MemoryAtomicWait32 { memarg } => return self.atomic(memarg, 4, A::Wait(I32)),
            O::MemoryAtomicWait64 { memarg } => return self.atomic(memarg, 8, A::Wait(I64)),
            O::MemoryAtomicNotify { memarg } => return self.atomic(memarg, 4, A::Notify),
            O::AtomicFence { .. } => self.emit_with(Op::AtomicFence, 0, &[]),

            // Table
            O::TableGet { table } => self.table_get(TableIndex(table)),
            O::TableSet { table } => self.emit_with(Op::TableSet(TableIndex(table)), 2, &[]),
            O::TableSize { table } => self.table_count(Op::TableSize, table, 0),
            O::TableGrow { table } => self.table_count(Op::TableGrow, table, 2),
            O::TableFill { table } => self.emit_with(Op::TableFill(TableIndex(table)), 3, &[]),
            O::TableCopy { dst_table, src_table } => self.emit_with(Op::TableCopy { dst: TableIndex(dst_table), src: TableIndex(src_table) }, 3, &[]),
            O::TableInit { elem_index, table } => self.emit_with(Op::TableInit(TableIndex(table), ElementIndex(elem_index)), 3, &[]),
            O::ElemDrop { elem_index } => self.emit_with(Op::ElemDrop(ElementIndex(elem_index)), 0, &[]),

            // Integers
            O::I32Eqz => self.int_eqz(I32),
            O::I32Eq => self.int_compare(I32, IC::Eq),
            O::I32Ne => self.int_compare(I32, IC::Ne),
            O::I32LtS => self.int_compare(I32, IC::LtS),
            O::I32LtU => self.int_compare(I32, IC::LtU),
            O::I32GtS => self.int_compare(I32, IC::GtS),
            O::I32GtU => self.int_compare(I32, IC::GtU),
            O::I32LeS => self.int_compare(I32, IC::LeS),
            O::I32LeU => self.int_compare(I32, IC::LeU),
            O::I32GeS => self.int_compare(I32, IC::GeS),
            O::I32GeU => self.int_compare(I32, IC::GeU),
            O::I64Eqz => self.int_eqz(I64),
            O::I64Eq => self.int_compare(I64, IC::Eq),
            O::I64Ne => self.int_compare(I64, IC::Ne),
            O::I64LtS => self.int_compare(I64, IC::LtS),
            O::I64LtU => self.int_compare(I64, IC::LtU),
            O::I64GtS => self.int_compare(I64, IC::GtS),
            O::I64GtU => self.int_compare(I64, IC::GtU),
            O::I64LeS => self.int_compare(I64, IC::LeS),
            O::I64LeU => self.int_compare(I64, IC::LeU),
            O::I64GeS => self.int_compare(I64, IC::GeS),
            O::I64GeU => self.int_compare(I64, IC::GeU),
            O::I32Clz => self.int_unary(I32, IU::Clz),
            O::I32Ctz => self.int_unary(I32, IU::Ctz),
            O::I32Popcnt => self.int_unary(I32, IU::Popcnt),
            O::I32Extend8S => self.int_unary(I32, IU::Extend8S),
            O::I32Extend16S => self.int_unary(I32, IU::Extend16S),
            O::I64Clz => self.int_unary(I64, IU::Clz),
            O::I64Ctz => self.int_unary(I64, IU::Ctz),
            O::I64Popcnt => self.int_unary(I64, IU::Popcnt),
            O::I64Extend8S => self.int_unary(I64, IU::Extend8S),
            O::I64Extend16S => self.int_unary(I64, IU::Extend16S),
            O::I64Extend32S => self.int_unary(I64, IU::Extend32S),
            O::I32Add => self.int_binary(I32, IB::Add),
            O::I32Sub => self.int_binary(I32, IB::Sub),
            O::I32Mul => self.int_binary(I32, IB::Mul),
            O::I32DivS => self.int_binary(I32, IB::DivS),
            O::I32DivU => self.int_binary(I32, IB::DivU),
            O::I32RemS => self.int_binary(I32, IB::RemS),
            O::I32RemU => self.int_binary(I32, IB::RemU),
            O::I32And => self.int_binary(I32, IB::And),
            O::I32Or => self.int_binary(I32, IB::Or),
            O::I32Xor => self.int_binary(I32, IB::Xor),
            O::I32Shl => self.int_binary(I32, IB::Shl),
            O::I32ShrS => self.int_binary(I32, IB::ShrS),
            O::I32ShrU => self.int_binary(I32, IB::ShrU),
            O::I32Rotl => self.int_binary(I32, IB::Rotl),
            O::I32Rotr => self.int_binary(I32, IB::Rotr),
            O::I64Add => self.int_binary(I64, IB::Add),
            O::I64Sub => self.int_binary(I64, IB::Sub),
            O::I64Mul => self.int_binary(I64, IB::Mul),
            O::I64DivS => self.int_binary(I64, IB::DivS),
            O::I64DivU => self.int_binary(I64, IB::DivU),
            O::I64RemS => self.int_binary(I64, IB::RemS),
            O::I64RemU => self.int_binary(I64, IB::RemU),
            O::I64And => self.int_binary(I64, IB::And),
            O::I64Or => self.int_binary(I64, IB::Or),
            O::I64Xor => self.int_binary(I64, IB::Xor),
            O::I64Shl => self.int_binary(I64, IB::Shl),
            O::I64ShrS => self.int_binary(I64, IB::ShrS),
            O::I64ShrU => self.int_binary(I64, IB::ShrU),
            O::I64Rotl => self.int_binary(I64, IB::Rotl),
            O::I64Rotr => self.int_binary(I64, IB::Rotr),

            O::I64Add128 => self.wide_arithmetic(WA::Add128, 4),
            O::I64Sub128 => self.wide_arithmetic(WA::Sub128, 4),
            O::I64MulWideS => self.wide_arithmetic(WA::MulWide(Signed), 2),
            O::I64MulWideU => self.wide_arithmetic(WA::MulWide(Unsigned), 2),

            // Floating point
            O::F32Eq => self.float_compare(F32, FC::Eq),
            O::F32Ne => self.float_compare(F32, FC::Ne),
            O::F32Lt => self.float_compare(F32, FC::Lt),
            O::F32Gt => self.float_compare(F32, FC::Gt),
            O::F32Le => self.float_compare(F32, FC::Le),
            O::F32Ge => self.float_compare(F32, FC::Ge),
            O::F64Eq => self.float_compare(F64, FC::Eq),
            O::F64Ne => self.float_compare(F64, FC::Ne),
            O::F64Lt => self.float_compare(F64, FC::Lt),
            O::F64Gt => self.float_compare(F64, FC::Gt),
            O::F64Le => self.float_compare(F64, FC::Le),
            O::F64Ge => self.float_compare(F64, FC::Ge),
            O::F32Abs => self.float_unary(F32, FU::Abs),
            O::F32Neg => self.float_unary(F32, FU::Neg),
            O::F32Ceil => self.float_unary(F32, FU::Ceil),
            O::F32Floor => self.float_unary(F32, FU::Floor),
            O::F32Trunc => self.float_unary(F32, FU::Trunc),
            O::F32Nearest => self.float_unary(F32, FU::Nearest),
            O::F32Sqrt => self.float_unary(F32, FU::Sqrt),
            O::F64Abs => self.float_unary(F64, FU::Abs),
            O::F64Neg => self.float_unary(F64, FU::Neg),
            O::F64Ceil => self.float_unary(F64, FU::Ceil),
            O::F64Floor => self.float_unary(F64, FU::Floor),
            O::F64Trunc => self.float_unary(F64, FU::Trunc),
            O::F64Nearest => self.float_unary(F64, FU::Nearest),
            O::F64Sqrt => self.float_unary(F64, FU::Sqrt),
            O::F32Add => self.float_binary(F32, FB::Add),
            O::F32Sub => self.float_binary(F32, FB::Sub),
            O::F32Mul => self.float_binary(F32, FB::Mul),
            O::F32Div => self.float_binary(F32, FB::Div),
            O::F32Min => self.float_binary(F32, FB::Min),
            O::F32Max => self.float_binary(F32, FB::Max),
            O::F32Copysign => self.float_binary(F32, FB::Copysign),
            O::F64Add => self.float_binary(F64, FB::Add),
            O::F64Sub => self.float_binary(F64, FB::Sub),
            O::F64Mul => self.float_binary(F64, FB::Mul),
            O::F64Div => self.float_binary(F64, FB::Div),
            O::F64Min => self.float_binary(F64, FB::Min),
            O::F64Max => self.float_binary(F64, FB::Max),
            O::F64Copysign => self.float_binary(F64, FB::Copysign),

            // Conversions
            O::I32WrapI64 => self.convert(Convert::Wrap, ValType::I32),
            O::I64ExtendI32S => self.convert(Convert::Extend(Signed), ValType::I64),
            O::I64ExtendI32U => self.convert(Convert::Extend(Unsigned), ValType::I64),
            O::F32DemoteF64 => self.convert(Convert::Demote, ValType::F32),
            O::F64PromoteF32 => self.convert(Convert::Promote, ValType::F64),
            O::I32TruncF32S => self.trunc(F32, I32, Signed),
            O::I32TruncF32U => self.trunc(F32, I32, Unsigned),
            O::I32TruncF64S => self.trunc(F64, I32, Signed),
            O::I32TruncF64U => self.trunc(F64, I32, Unsigned),
            O::I64TruncF32S => self.trunc(F32, I64, Signed),
            O::I64TruncF32U => self.trunc(F32, I64, Unsigned),
            O::I64TruncF64S => self.trunc(F64, I64, Signed),
            O::I64TruncF64U => self.trunc(F64, I64, Unsigned),
            O::I32TruncSatF32S => self.trunc_sat(F32, I32, Signed),
            O::I32TruncSatF32U => self.trunc_sat(F32, I32, Unsigned),
            O::I32TruncSatF64S => self.trunc_sat(F64, I32, Signed),
            O::I32TruncSatF64U => self.trunc_sat(F64, I32, Unsigned),
            O::I64TruncSatF32S => self.trunc_sat(F32, I64, Signed),
            O::I64TruncSatF32U => self.trunc_sat(F32, I64, Unsigned),
            O::I64TruncSatF64S => self.trunc_sat(F64, I64, Signed),
            O::I64TruncSatF64U => self.trunc_sat(F64, I64, Unsigned),
            O::F32ConvertI32S => self.convert_int(I32, F32, Signed),
            O::F32ConvertI32U => self.convert_int(I32, F32, Unsigned),
            O::F32ConvertI64S => self.convert_int(I64, F32, Signed),
            O::F32ConvertI64U => self.convert_int(I64, F32, Unsigned),
            O::F64ConvertI32S => self.convert_int(I32, F64, Signed),
            O::F64ConvertI32U => self.convert_int(I32, F64, Unsigned),
            O::F64ConvertI64S => self.convert_int(I64, F64, Signed),
            O::F64ConvertI64U => self.convert_int(I64, F64, Unsigned),
            O::F32ReinterpretI32 => self.convert(Convert::IntToFloat(F32), ValType::F32),
            O::F64ReinterpretI64 => self.convert(Convert::IntToFloat(F64), ValType::F64),
            O::I32ReinterpretF32 => self.convert(Convert::FloatToInt(I32), ValType::I32),
            O::I64ReinterpretF64 => self.convert(Convert::FloatToInt(I64), ValType::I64),

            other => return self.vector(other),
        }
        Ok(())
    }

    pub(super) fn constant(&mut self, constant: Constant, ty: ValType) {
        self.emit_with(Op::Const(constant), 0, &[ty]);
    }

    fn int_unary(&mut self, width: IntWidth, op: IU) {
        self.emit_with(Op::IntUnary(width, op), 1, &[width.ty()]);
    }

    fn int_binary(&mut self, width: IntWidth, op: IB) {
        self.emit_with(Op::IntBinary(width, op), 2, &[width.ty()]);
    }

    fn wide_arithmetic(&mut self, op: WA, operands: usize) {
        self.emit_with(Op::WideArithmetic(op), operands, &[ValType::I64; 2]);
    }

    fn int_eqz(&mut self, width: IntWidth) {
        self.emit_with(Op::IntEqz(width), 1, &[ValType::I32]);
    }

    fn int_compare(&mut self, width: IntWidth, op: IC) {
        self.emit_with(Op::IntCompare(width, op), 2, &[ValType::I32]);
    }

    fn float_unary(&mut self, width: FloatWidth, op: FU) {
        self.emit_with(Op::FloatUnary(width, op), 1, &[width.ty()]);
    }

    fn float_binary(&mut self, width: FloatWidth, op: FB) {
        self.emit_with(Op::FloatBinary(width, op), 2, &[width.ty()]);
    }

    fn float_compare(&mut self, width: FloatWidth, op: FC) {
        self.emit_with(Op::FloatCompare(width, op), 2, &[ValType::I32]);
    }

    fn convert(&mut self, convert: Convert, ty: ValType) {
        self.emit_with(Op::Convert(convert), 1, &[ty]);
    }

    fn trunc(&mut self, from: FloatWidth, to: IntWidth, sign: Sign) {
        self.convert(Convert::Trunc { from, to, sign }, to.ty());
    }

    fn trunc_sat(&mut self, from: FloatWidth, to: IntWidth, sign: Sign) {
        self.convert(Convert::TruncSat { from, to, sign }, to.ty());
    }

    fn convert_int(&mut self, from: IntWidth, to: FloatWidth, sign: Sign) {
        self.convert(Convert::FromInt { from, to, sign }, to.ty());
    }

    /// Without a type, the operands have one and the same, which is a number or vector.
    fn select(&mut self, ty: Option<ValType>) {
        let ty = ty.unwrap_or_else(|| self.graph.body.ty(self.stack[self.stack.len() - 3]));
        self.emit_with(Op::Select, 3, &[ty]);
    }

    pub(super) fn access(&self, memarg: MemArg, bytes: u8) -> Result<MemoryAccess, Error> {
        let MemArgTarget::Memory(memory) = memarg.target else {
            let message = "loads and stores of arrays are not implemented";
            return Err(Error::new(ErrorKind::Unsupported, self.offset.into(), message));
        };
        let memory = MemoryIndex(memory);
        let bounds = Bounds::Checked;
        Ok(MemoryAccess { memory, offset: memarg.offset, bytes, align_log2: memarg.align, bounds })
    }

    pub(super) fn load(&mut self, memarg: MemArg, bytes: u8, ty: ValType, sign: Sign) -> Done {
        let access = self.access(memarg, bytes)?;
        self.emit_with(Op::Load { access, ty, sign }, 1, &[ty]);
        Ok(())
    }

    pub(super) fn store(&mut self, memarg: MemArg, bytes: u8) -> Done {
        let access = self.access(memarg, bytes)?;
        self.emit_with(Op::Store { access }, 2, &[]);
        Ok(())
    }

    fn atomic(&mut self, memarg: MemArg, bytes: u8, op: A) -> Done {
        let access = self.access(memarg, bytes)?;
        let (operands, result) = op.ty();
        self.emit_with(Op::Atomic(op, access), operands.len() + 1, result.as_slice());
        Ok(())
    }

    fn memory_count(&mut self, op: fn(MemoryIndex) -> Op, memory: u32, operands: usize) {
        let memory = MemoryIndex(memory);
        let ty = self.declarations.memories[memory].index_type();
        self.emit_with(op(memory), operands, &[ty]);
    }

    fn table_count(&mut self, op: fn(TableIndex) -> Op, table: u32, operands: usize) {
        let table = TableIndex(table);
        let ty = self.declarations.tables[table].ty.index_type();
        self.emit_with(op(table), operands, &[ty]);
    }

    fn table_get(&mut self, table: TableIndex) {
        let element = self.declarations.tables[table].ty.element;
        self.emit_with(Op::TableGet(table), 1, &[ValType::Ref(element)]);
    }

    fn global_get(&mut self, global: GlobalIndex) {
        let ty = self.declarations.globals[global].ty.content;
        self.emit_with(Op::GlobalGet(global), 0, &[ty]);
    }

    fn ref_null(&mut self, heap: wasmparser::HeapType) -> Done {
        let heap: HeapType = crate::decode::heap_type(heap, self.offset.into())?;
        self.emit_with(Op::RefNull(heap), 0, &[ValType::Ref(RefType { nullable: true, heap })]);
        Ok(())
    }

    fn ref_func(&mut self, func: FuncIndex) {
        let heap = HeapType::Concrete(self.declarations.functions[func].ty);
        self.emit_with(Op::RefFunc(func), 0, &[ValType::Ref(RefType { nullable: false, heap })]);
    }

    /// Nothing for a reference whose type excludes null.
    fn ref_as_non_null(&mut self) {
        let operand = self.stack[self.stack.len() - 1];
        if let ValType::Ref(ty) = self.graph.body.ty(operand)
            && ty.nullable
        {
            let ty = ValType::Ref(RefType { nullable: false, ..ty });
            self.emit_with(Op::RefAsNonNull, 1, &[ty]);
        }
    }

    fn call(&mut self, func: FuncIndex) {
        if self.prefetch == Some(func) {
            return self.emit_with(Op::Prefetch(MemoryIndex(0)), 1, &[]);
        }
        let ty = self.declarations.signature(func);
        self.emit_with(Op::Call(func), ty.params.len(), &ty.results);
    }

    fn call_indirect(&mut self, ty: TypeIndex, table: TableIndex) {
        let signature = &self.declarations.types[ty];
        self.emit_with(Op::CallIndirect { table, ty }, signature.params.len() + 1, &signature.results);
    }

    fn call_ref(&mut self, ty: TypeIndex) {
        let signature = &self.declarations.types[ty];
        self.emit_with(Op::CallRef(ty), signature.params.len() + 1, &signature.results);
    }
}
