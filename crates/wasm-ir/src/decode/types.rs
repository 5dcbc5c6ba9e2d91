//! The parser's types as ours. Total: what has no counterpart yet is an "unsupported" error, validated or not.

use wasmparser::{AbstractHeapType, CompositeInnerType, UnpackedIndex};

use crate::{
    Error, ErrorKind, FuncType, GlobalType, HeapType, MemoryType, RefType, TableType, TypeIndex, ValType,
};

fn unsupported<T>(offset: u64, what: impl std::fmt::Display) -> Result<T, Error> {
    Err(Error::new(ErrorKind::Unsupported, offset, format!("{what} are not implemented")))
}

/// A value type.
pub(crate) fn val_type(ty: wasmparser::ValType, offset: u64) -> Result<ValType, Error> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty, offset)?),
    })
}

/// A reference type.
pub(crate) fn ref_type(ty: wasmparser::RefType, offset: u64) -> Result<RefType, Error> {
    Ok(RefType { nullable: ty.is_nullable(), heap: heap_type(ty.heap_type(), offset)? })
}

/// A heap type.
pub(crate) fn heap_type(ty: wasmparser::HeapType, offset: u64) -> Result<HeapType, Error> {
    use AbstractHeapType as A;
    let ty = match ty {
        wasmparser::HeapType::Abstract { shared: false, ty } => ty,
        wasmparser::HeapType::Concrete(UnpackedIndex::Module(index)) => {
            return Ok(HeapType::Concrete(TypeIndex(index)));
        }
        other => return unsupported(offset, format_args!("heap types such as {other:?}")),
    };
    Ok(match ty {
        A::Func => HeapType::Func,
        A::Extern => HeapType::Extern,
        A::NoExtern => HeapType::NoExtern,
        A::NoFunc => HeapType::NoFunc,
        A::Any | A::None | A::Eq | A::Struct | A::Array | A::I31 => {
            return unsupported(offset, "references to structures, arrays and unboxed integers");
        }
        A::Exn | A::NoExn => return unsupported(offset, "exception references"),
        A::Cont | A::NoCont => return unsupported(offset, "continuation types"),
    })
}

/// A defined type, which must be a function type.
pub(crate) fn defined_type(ty: &wasmparser::SubType, offset: u64) -> Result<FuncType, Error> {
    if !ty.is_final || !ty.supertype_idxs.is_empty() {
        return unsupported(offset, "declared subtypes");
    }
    match &ty.composite_type.inner {
        CompositeInnerType::Func(ty) => func_type(ty, offset),
        _ => unsupported(offset, "structure, array and continuation types"),
    }
}

/// A function type.
pub(crate) fn func_type(ty: &wasmparser::FuncType, offset: u64) -> Result<FuncType, Error> {
    let list = |types: &[wasmparser::ValType]| -> Result<Box<[ValType]>, Error> {
        types.iter().map(|ty| val_type(*ty, offset)).collect()
    };
    Ok(FuncType { params: list(ty.params())?, results: list(ty.results())? })
}

/// A table type.
pub(crate) fn table_type(ty: &wasmparser::TableType, offset: u64) -> Result<TableType, Error> {
    if ty.shared {
        return unsupported(offset, "shared tables");
    }
    Ok(TableType {
        element: ref_type(ty.element_type, offset)?,
        table64: ty.table64,
        minimum: ty.initial,
        maximum: ty.maximum,
    })
}

/// A memory type.
pub(crate) fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        memory64: ty.memory64,
        shared: ty.shared,
        minimum: ty.initial,
        maximum: ty.maximum,
        page_size_log2: ty.page_size_log2.map_or(16, |log2| log2 as u8),
    }
}

/// A global type.
pub(crate) fn global_type(ty: &wasmparser::GlobalType, offset: u64) -> Result<GlobalType, Error> {
    if ty.shared {
        return unsupported(offset, "shared globals");
    }
    Ok(GlobalType { content: val_type(ty.content_type, offset)?, mutable: ty.mutable })
}
