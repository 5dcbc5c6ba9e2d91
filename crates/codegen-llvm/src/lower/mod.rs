//! Operators to LLVM instructions: the dispatch, one line per operator. One file per category of instructions.

mod atomic;
mod call;
mod control;
mod convert;
mod float;
mod global;
mod memory;
mod merged;
mod numeric;
mod reference;
mod table;
mod vector;
mod wide;

pub(crate) use control::lower_terminator;
pub(crate) use merged::check_ahead;

use wootz_wasm_ir::ir::{AtomicOp, Callee, Inst, Op};

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::inline_asm;

/// Lowers one instruction and defines its results.
pub(crate) fn lower_inst(f: &mut FunctionState<'_, '_>, inst: Inst) -> Result<(), CompileError> {
    let value = match f.body.insts[inst].op {
        Op::Const(constant) => numeric::constant(f, constant)?,
        Op::IntUnary(width, op) => numeric::int_unary(f, width, op, f.int(inst, 0)?)?,
        Op::IntBinary(width, op) => numeric::int_binary(f, width, op, f.int(inst, 0)?, f.int(inst, 1)?)?,
        Op::WideArithmetic(op) => return wide::arithmetic(f, op, inst),
        Op::IntEqz(width) => numeric::int_eqz(f, width, f.int(inst, 0)?)?,
        Op::IntCompare(_, op) => numeric::int_compare(f, op, f.int(inst, 0)?, f.int(inst, 1)?)?,
        Op::FloatUnary(width, op) => float::float_unary(f, width, op, f.float(inst, 0)?)?,
        Op::FloatBinary(width, op) => float::float_binary(f, width, op, inst)?,
        Op::FloatCompare(_, op) => float::float_compare(f, op, f.float(inst, 0)?, f.float(inst, 1)?)?,
        Op::Convert(convert) => convert::convert(f, convert, inst)?,
        Op::Vector(op) => vector::lower(f, op, inst)?,
        Op::Select => control::select(f, inst)?,

        Op::Load { access, ty, sign } => memory::load(f, access, ty, sign, f.int(inst, 0)?)?,
        Op::Store { access } => return memory::store(f, access, f.int(inst, 0)?, f.arg(inst, 1)?),
        Op::VectorLoad { access, kind } => vector::load(f, access, kind, inst)?,
        Op::VectorLoadLane { access, lane } => vector::load_lane(f, access, lane, inst)?,
        Op::VectorStoreLane { access, lane } => return vector::store_lane(f, access, lane, inst),
        Op::MemoryLength(memory) => memory::length(f, memory)?.into(),
        Op::Likely => f.arg(inst, 0)?,
        Op::Prefetch(memory) => return memory::prefetch(f, memory, f.int(inst, 0)?),
        Op::FuelLeft => f.fuel_left()?.into(),
        Op::TakeFuel => return f.take_fuel(f.int(inst, 0)?).map(drop),
        Op::EffectBarrier => return inline_asm::observe_memory(f.module),
        Op::MemorySize(memory) => memory::size(f, memory)?,
        Op::MemoryGrow(memory) => memory::grow(f, memory, f.int(inst, 0)?)?,
        Op::MemoryFill(memory) => return memory::fill(f, memory, inst),
        Op::MemoryCopy { dst, src } => return memory::copy(f, dst, src, inst),
        Op::MemoryInit(memory, data) => return memory::init(f, memory, data, inst),
        Op::DataDrop(data) => return memory::data_drop(f, data),

        Op::Atomic(AtomicOp::Load(width), access) => atomic::load(f, access, width, inst)?,
        Op::Atomic(AtomicOp::Store(_), access) => return atomic::store(f, access, inst),
        Op::Atomic(AtomicOp::Rmw(width, op), access) => atomic::rmw(f, access, width, op, inst)?,
        Op::Atomic(AtomicOp::Cmpxchg(width), access) => atomic::cmpxchg(f, access, width, inst)?,
        Op::Atomic(AtomicOp::Wait(width), access) => atomic::wait(f, access, width, inst)?,
        Op::Atomic(AtomicOp::Notify, access) => atomic::notify(f, access, inst)?,
        Op::AtomicFence => return atomic::fence(f),

        Op::TableGet(table) => table::get(f, table, f.int(inst, 0)?)?,
        Op::TableSet(table) => return table::set(f, table, inst),
        Op::TableSize(table) => table::size(f, table)?,
        Op::TableGrow(table) => table::grow(f, table, inst)?,
        Op::TableFill(table) => return table::fill(f, table, inst),
        Op::TableCopy { dst, src } => return table::copy(f, dst, src, inst),
        Op::TableInit(table, elem) => return table::init(f, table, elem, inst),
        Op::ElemDrop(elem) => return table::elem_drop(f, elem),

        Op::RefNull(_) => reference::null(f),
        Op::RefFunc(func) => reference::func(f, func)?,
        Op::RefIsNull => reference::is_null(f, f.pointer(inst, 0)?)?,
        Op::RefAsNonNull => reference::as_non_null(f, f.pointer(inst, 0)?)?,
        Op::RefKnownNonNull => f.arg(inst, 0)?,

        Op::GlobalGet(global) => global::get(f, global)?,
        Op::GlobalSet(global) => return global::set(f, global, f.arg(inst, 0)?),

        Op::Call(func) => return call::call(f, Callee::Func(func), inst),
        Op::CallIndirect { table, ty } => return call::call(f, Callee::Table { table, ty }, inst),
        Op::CallRef(ty) => return call::call(f, Callee::Ref(ty), inst),
    };
    let [result] = *f.body.results(inst) else {
        return Err(f.invalid(format!("{inst} has {} results, not 1", f.body.results(inst).len())));
    };
    f.define(result, value)
}
