//! The types of operators, as the verifier sees them.

use crate::entity::{Arena, Entity};
use crate::{Declarations, HeapType, RefType, ValType};

use super::{
    Bitwise, Bounds, Constant, Convert, FloatWidth, IntCompare, IntShape, IntUnary, IntWidth, MemoryAccess,
    Op, Relaxed, Shape, VectorIntBinary, VectorIntUnary, VectorLoad, VectorOp, WideArithmetic, Widening,
};

use ValType::{F32, F64, I32, I64, V128};

/// Types of an operator's operands and results.
#[derive(Debug, Default)]
pub(super) struct OpType {
    pub(super) operands: Vec<ValType>,
    pub(super) results: Vec<ValType>,
}

impl OpType {
    fn set(&mut self, operands: &[ValType], results: &[ValType]) {
        self.operands.clear();
        self.operands.extend_from_slice(operands);
        self.results.clear();
        self.results.extend_from_slice(results);
    }
}

/// Fills in the type of an operator in a module, given the types of the operands and results it has: `select` and some
/// operators on references take several.
pub(super) fn of(
    d: &Declarations,
    op: Op,
    actual: &[ValType],
    actual_results: &[ValType],
    ty: &mut OpType,
) -> Result<(), String> {
    match op {
        Op::Const(constant) => ty.set(&[], &[constant_type(constant)]),
        Op::IntUnary(IntWidth::I32, IntUnary::Extend32S) => {
            return Err("i32.extend32_s does not exist".into());
        }
        Op::IntUnary(width, _) => ty.set(&[int(width)], &[int(width)]),
        Op::IntBinary(width, _) => ty.set(&[int(width); 2], &[int(width)]),
        Op::WideArithmetic(WideArithmetic::Add128 | WideArithmetic::Sub128) => ty.set(&[I64; 4], &[I64; 2]),
        Op::WideArithmetic(WideArithmetic::MulWide(_)) => ty.set(&[I64; 2], &[I64; 2]),
        Op::IntEqz(width) => ty.set(&[int(width)], &[I32]),
        Op::IntCompare(width, _) => ty.set(&[int(width); 2], &[I32]),
        Op::FloatUnary(width, _) => ty.set(&[float(width)], &[float(width)]),
        Op::FloatBinary(width, _) => ty.set(&[float(width); 2], &[float(width)]),
        Op::FloatCompare(width, _) => ty.set(&[float(width); 2], &[I32]),
        Op::Convert(convert) => {
            let (from, to) = conversion(convert);
            ty.set(&[from], &[to]);
        }
        Op::Vector(op) => return vector(op, ty),
        Op::VectorLoad { access, kind } => {
            check_vector_load(access, kind)?;
            ty.set(&[address(d, access)?], &[V128]);
        }
        Op::VectorLoadLane { access, lane } => {
            check_access_lane(access, lane)?;
            ty.set(&[address(d, access)?, V128], &[V128]);
        }
        Op::VectorStoreLane { access, lane } => {
            check_access_lane(access, lane)?;
            ty.set(&[address(d, access)?, V128], &[]);
        }
        Op::Select => match (actual, actual_results) {
            ([first, second, _], _) if first == second => ty.set(&[*first, *first, I32], &[*first]),
            ([ValType::Ref(_), ValType::Ref(_), _], [result]) => ty.set(&[*result, *result, I32], &[*result]),
            _ => return Err(format!("select has operands of types {actual:?}")),
        },
        Op::Load { access, ty: result, .. } => {
            check_access(access, result)?;
            ty.set(&[address(d, access)?], &[result]);
        }
        Op::Store { access } => {
            let value = *actual.get(1).ok_or("a store has no value")?;
            check_access(access, value)?;
            ty.set(&[address(d, access)?, value], &[]);
        }
        Op::Atomic(op, access) => {
            op.check(access)?;
            let (operands, result) = op.ty();
            ty.set(&[memory(d, access.memory)?], &[]);
            ty.operands.extend_from_slice(operands);
            ty.results.extend(result);
        }
        Op::MemoryLength(index) => {
            memory(d, index)?;
            ty.set(&[], &[I64]);
        }
        Op::Likely => ty.set(&[I32], &[I32]),
        Op::Prefetch(index) => ty.set(&[memory(d, index)?], &[]),
        Op::FuelLeft => ty.set(&[], &[I64]),
        Op::TakeFuel => ty.set(&[I64], &[]),
        Op::AtomicFence | Op::EffectBarrier => ty.set(&[], &[]),
        Op::RefIsNull => match actual {
            [operand @ ValType::Ref(_)] => ty.set(&[*operand], &[I32]),
            _ => return Err(format!("ref.is_null has operands of types {actual:?}")),
        },
        Op::RefAsNonNull | Op::RefKnownNonNull => match actual {
            [operand @ ValType::Ref(reference)] => {
                ty.set(&[*operand], &[ValType::Ref(RefType { nullable: false, ..*reference })]);
            }
            _ => return Err(format!("{op:?} has operands of types {actual:?}")),
        },
        Op::RefNull(heap) => ty.set(&[], &[ValType::Ref(RefType { nullable: true, heap })]),
        Op::RefFunc(func) => {
            let heap = HeapType::Concrete(get(&d.functions, func)?.ty);
            ty.set(&[], &[ValType::Ref(RefType { nullable: false, heap })]);
        }
        Op::GlobalGet(global) => ty.set(&[], &[get(&d.globals, global)?.ty.content]),
        Op::GlobalSet(global) => {
            let global = get(&d.globals, global)?.ty;
            if !global.mutable {
                return Err("global.set of a global that is not mutable".into());
            }
            ty.set(&[global.content], &[]);
        }
        Op::Call(func) => {
            let signature = &get(&d.types, get(&d.functions, func)?.ty)?;
            ty.set(&signature.params, &signature.results);
        }
        Op::CallIndirect { table, ty: expected } => {
            let signature = get(&d.types, expected)?;
            ty.set(&signature.params, &signature.results);
            ty.operands.push(get(&d.tables, table)?.ty.index_type());
        }
        Op::CallRef(callee) => {
            let signature = get(&d.types, callee)?;
            ty.set(&signature.params, &signature.results);
            ty.operands.push(ValType::Ref(RefType { nullable: true, heap: HeapType::Concrete(callee) }));
        }
        _ => return bulk(d, op, ty),
    }
    Ok(())
}

/// Operators on vectors.
fn vector(op: VectorOp, ty: &mut OpType) -> Result<(), String> {
    check_vector_op(op)?;
    match op {
        VectorOp::Splat(shape) => ty.set(&[shape.lane_type()], &[V128]),
        VectorOp::ExtractLane { shape, lane, .. } => {
            check_lane(lane, shape)?;
            ty.set(&[V128], &[shape.lane_type()]);
        }
        VectorOp::ReplaceLane { shape, lane } => {
            check_lane(lane, shape)?;
            ty.set(&[V128, shape.lane_type()], &[V128]);
        }
        VectorOp::AnyTrue | VectorOp::AllTrue(_) | VectorOp::Bitmask(_) => ty.set(&[V128], &[I32]),
        VectorOp::Shift(..) => ty.set(&[V128, I32], &[V128]),
        VectorOp::Bitwise(Bitwise::Not)
        | VectorOp::IntUnary(..)
        | VectorOp::FloatUnary(..)
        | VectorOp::Extend(..)
        | VectorOp::ExtAddPairwise(..)
        | VectorOp::Convert(_)
        | VectorOp::Relaxed(Relaxed::Trunc { .. }) => ty.set(&[V128], &[V128]),
        VectorOp::Bitwise(Bitwise::Bitselect)
        | VectorOp::Relaxed(
            Relaxed::Madd(_) | Relaxed::Nmadd(_) | Relaxed::Laneselect(_) | Relaxed::DotAdd,
        ) => ty.set(&[V128; 3], &[V128]),
        VectorOp::Shuffle(_)
        | VectorOp::Swizzle
        | VectorOp::Bitwise(_)
        | VectorOp::IntBinary(..)
        | VectorOp::IntCompare(..)
        | VectorOp::FloatBinary(..)
        | VectorOp::FloatCompare(..)
        | VectorOp::Narrow(..)
        | VectorOp::ExtMul(..)
        | VectorOp::Dot
        | VectorOp::Relaxed(_) => ty.set(&[V128; 2], &[V128]),
    }
    Ok(())
}

/// Refuses what the families could say and the specification does not have.
fn check_vector_op(op: VectorOp) -> Result<(), String> {
    use IntShape::{I8x16, I16x8, I32x4, I64x2};
    let exists = match op {
        VectorOp::Shuffle(lanes) => lanes.iter().all(|lane| *lane < 32),
        VectorOp::IntUnary(shape, VectorIntUnary::Popcnt) => shape == I8x16,
        VectorOp::IntBinary(shape, op) => match op {
            VectorIntBinary::Add | VectorIntBinary::Sub => true,
            VectorIntBinary::Mul => matches!(shape, I16x8 | I32x4 | I64x2),
            VectorIntBinary::Min(_) | VectorIntBinary::Max(_) => matches!(shape, I8x16 | I16x8 | I32x4),
            VectorIntBinary::AddSat(_) | VectorIntBinary::SubSat(_) | VectorIntBinary::AvgrU => {
                matches!(shape, I8x16 | I16x8)
            }
            VectorIntBinary::Q15MulrSat => shape == I16x8,
        },
        VectorOp::IntCompare(I64x2, op) => {
            !matches!(op, IntCompare::LtU | IntCompare::GtU | IntCompare::LeU | IntCompare::GeU)
        }
        VectorOp::Narrow(step, _) | VectorOp::ExtAddPairwise(step, _) => step != Widening::I32ToI64,
        _ => true,
    };
    if exists { Ok(()) } else { Err(format!("{op:?} does not exist")) }
}

fn check_lane(lane: u8, shape: Shape) -> Result<(), String> {
    if u32::from(lane) < shape.lanes() { Ok(()) } else { Err(format!("{shape} has no lane {lane}")) }
}

fn check_access_lane(access: MemoryAccess, lane: u8) -> Result<(), String> {
    let shape = IntShape::of_lane_bytes(access.bytes);
    let shape = shape.ok_or_else(|| format!("an access of {} bytes for a lane", access.bytes))?;
    check_lane(lane, Shape::Int(shape))
}

fn check_vector_load(access: MemoryAccess, kind: VectorLoad) -> Result<(), String> {
    let fits = match kind {
        VectorLoad::Splat => matches!(access.bytes, 1 | 2 | 4 | 8),
        VectorLoad::Zero => matches!(access.bytes, 4 | 8),
        VectorLoad::Extend(..) => access.bytes == 8,
    };
    if fits { Ok(()) } else { Err(format!("an access of {} bytes for {kind:?}", access.bytes)) }
}

/// Operators on whole memories and tables.
fn bulk(d: &Declarations, op: Op, ty: &mut OpType) -> Result<(), String> {
    match op {
        Op::MemorySize(index) => ty.set(&[], &[memory(d, index)?]),
        Op::MemoryGrow(index) => ty.set(&[memory(d, index)?], &[memory(d, index)?]),
        Op::MemoryFill(index) => ty.set(&[memory(d, index)?, I32, memory(d, index)?], &[]),
        Op::MemoryCopy { dst, src } => {
            let (dst, src) = (memory(d, dst)?, memory(d, src)?);
            ty.set(&[dst, src, narrower(dst, src)], &[]);
        }
        Op::MemoryInit(index, data) => {
            get(&d.data, data)?;
            ty.set(&[memory(d, index)?, I32, I32], &[]);
        }
        Op::DataDrop(data) => {
            get(&d.data, data)?;
            ty.set(&[], &[]);
        }
        Op::TableGet(index) => {
            let table = get(&d.tables, index)?.ty;
            ty.set(&[table.index_type()], &[ValType::Ref(table.element)]);
        }
        Op::TableSet(index) => {
            let table = get(&d.tables, index)?.ty;
            ty.set(&[table.index_type(), ValType::Ref(table.element)], &[]);
        }
        Op::TableSize(index) => ty.set(&[], &[get(&d.tables, index)?.ty.index_type()]),
        Op::TableGrow(index) => {
            let table = get(&d.tables, index)?.ty;
            ty.set(&[ValType::Ref(table.element), table.index_type()], &[table.index_type()]);
        }
        Op::TableFill(index) => {
            let table = get(&d.tables, index)?.ty;
            ty.set(&[table.index_type(), ValType::Ref(table.element), table.index_type()], &[]);
        }
        Op::TableCopy { dst, src } => {
            let (dst, src) = (get(&d.tables, dst)?.ty, get(&d.tables, src)?.ty);
            if !d.is_subtype(ValType::Ref(src.element), ValType::Ref(dst.element)) {
                return Err(format!("table.copy of {} to {}", src.element, dst.element));
            }
            let (dst, src) = (dst.index_type(), src.index_type());
            ty.set(&[dst, src, narrower(dst, src)], &[]);
        }
        Op::TableInit(index, elem) => {
            let (table, elem) = (get(&d.tables, index)?.ty, get(&d.elements, elem)?.ty);
            if !d.is_subtype(ValType::Ref(elem), ValType::Ref(table.element)) {
                return Err(format!("table.init of {elem} to {}", table.element));
            }
            ty.set(&[table.index_type(), I32, I32], &[]);
        }
        Op::ElemDrop(elem) => {
            get(&d.elements, elem)?;
            ty.set(&[], &[]);
        }
        other => return Err(format!("{other:?} has no type")),
    }
    Ok(())
}

fn get<K: Entity + std::fmt::Display, V>(arena: &Arena<K, V>, key: K) -> Result<&V, String> {
    arena.get(key).ok_or_else(|| format!("there is no {key}"))
}

fn memory(d: &Declarations, index: crate::MemoryIndex) -> Result<ValType, String> {
    Ok(get(&d.memories, index)?.index_type())
}

/// The type of the operand that says where an access is. What is known without a check of its own must hold: other threads
/// race for the bytes of a shared memory, which no group may claim.
fn address(d: &Declarations, access: MemoryAccess) -> Result<ValType, String> {
    match access.bounds {
        Bounds::Ranged(group) if get(&d.memories, access.memory)?.shared => {
            Err(format!("a shared memory is accessed by {group}"))
        }
        Bounds::Ranged(_) => Ok(I64),
        Bounds::Checked | Bounds::Dominated | Bounds::Leads(_) | Bounds::Follows(_) | Bounds::Declared => {
            memory(d, access.memory)
        }
    }
}

fn narrower(a: ValType, b: ValType) -> ValType {
    if a == I64 && b == I64 { I64 } else { I32 }
}

fn check_access(access: MemoryAccess, ty: ValType) -> Result<(), String> {
    let fits = match ty {
        I32 => matches!(access.bytes, 1 | 2 | 4),
        I64 => matches!(access.bytes, 1 | 2 | 4 | 8),
        F32 => access.bytes == 4,
        F64 => access.bytes == 8,
        V128 => access.bytes == 16,
        ValType::Ref(_) => false,
    };
    if fits { Ok(()) } else { Err(format!("an access of {} bytes for a value of type {ty}", access.bytes)) }
}

fn constant_type(constant: Constant) -> ValType {
    match constant {
        Constant::I32(_) => I32,
        Constant::I64(_) => I64,
        Constant::F32(_) => F32,
        Constant::F64(_) => F64,
        Constant::V128(_) => V128,
    }
}

fn int(width: IntWidth) -> ValType {
    match width {
        IntWidth::I32 => I32,
        IntWidth::I64 => I64,
    }
}

fn float(width: FloatWidth) -> ValType {
    match width {
        FloatWidth::F32 => F32,
        FloatWidth::F64 => F64,
    }
}

/// Type of a conversion's operand and of its result.
fn conversion(convert: Convert) -> (ValType, ValType) {
    match convert {
        Convert::Wrap => (I64, I32),
        Convert::Extend(_) => (I32, I64),
        Convert::Demote => (F64, F32),
        Convert::Promote => (F32, F64),
        Convert::Trunc { from, to, .. } | Convert::TruncSat { from, to, .. } => (float(from), int(to)),
        Convert::FromInt { from, to, .. } => (int(from), float(to)),
        Convert::IntToFloat(FloatWidth::F32) => (I32, F32),
        Convert::IntToFloat(FloatWidth::F64) => (I64, F64),
        Convert::FloatToInt(IntWidth::I32) => (F32, I32),
        Convert::FloatToInt(IntWidth::I64) => (F64, I64),
    }
}
