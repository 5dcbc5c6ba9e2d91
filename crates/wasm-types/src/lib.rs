//! What a WebAssembly module declares: types, imports, exports, memories, segments, names.
//!
//! This is the part of a module that compiler and runtime both need. It knows no decoder: a program that only runs
//! compiled code links this crate and nothing that reads WebAssembly.

mod declarations;
pub mod entity;
pub mod equivalence;
mod error;
mod features;
pub mod hint;
mod names;
mod text;
mod types;

pub use declarations::{
    ConstExpr, ConstInt, ConstOp, DataSegment, Declarations, ElementSegment, EntityIndex, EntityType, Export,
    FunctionDecl, GlobalDecl, Import, Names, SegmentMode, TableDecl,
};
pub use error::{Error, ErrorKind};
pub use features::Features;
pub use names::NameMap;
pub use text::{Debugger, SourceText};
pub use types::{
    DataIndex, ElementIndex, FuncIndex, FuncType, GlobalIndex, GlobalType, HeapType, IntWidth, LocalIndex,
    MemoryIndex, MemoryType, RefType, TableIndex, TableType, TagIndex, TypeIndex, ValType, WasmOffset,
};
