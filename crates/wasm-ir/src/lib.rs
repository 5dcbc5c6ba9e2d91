//! What a WebAssembly module says: declarations, names, and function bodies as SSA.
//!
//! This crate is the neutral front of the house. It knows the WebAssembly specification and nothing of LLVM, of an
//! operating system, or of any other crate of the workspace. [`Module`] decodes and validates; [`ir`] is the SSA
//! form every back end reads; [`Translator`] makes it, one function at a time, reusing its arenas.

pub mod decode;
pub mod entity;
mod error;
pub mod ir;
mod module;
mod translate;
mod types;

pub use error::{Error, ErrorKind};
pub use module::{
    ConstExpr, ConstOp, CustomSection, DataSegment, Declarations, ElementSegment, EntityIndex, EntityType,
    Export, FunctionDecl, GlobalDecl, Import, Module, Names, Section, SegmentMode, TableDecl,
};
pub use translate::{ARGUMENTS_LIMIT, PARAMETERS_LIMIT, Translator};
pub use types::{
    DataIndex, ElementIndex, FuncIndex, FuncType, GlobalIndex, GlobalType, HeapType, LocalIndex, MemoryIndex,
    MemoryType, RefType, TableIndex, TableType, TagIndex, TypeIndex, ValType, WasmOffset,
};
