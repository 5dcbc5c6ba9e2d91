//! Index spaces and types (specification: Structure, Types and Modules/Indices).

use std::fmt;

use serde::{Deserialize, Serialize};

crate::entity! {
    /// A type in the module's type section.
    TypeIndex = "type";
    /// A function; imports come first.
    #[derive(Default)]
    FuncIndex = "func";
    /// A table; imports come first.
    TableIndex = "table";
    /// A linear memory; imports come first.
    MemoryIndex = "memory";
    /// A global; imports come first.
    GlobalIndex = "global";
    /// An exception tag; imports come first.
    TagIndex = "tag";
    /// An element segment.
    ElementIndex = "elem";
    /// A data segment.
    DataIndex = "data";
    /// A parameter or local of one function; parameters come first.
    LocalIndex = "local";
}

/// A byte offset from the start of the module's binary, the position every diagnostic and every trap reports.
pub type WasmOffset = u32;

/// A value type.
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum ValType {
    /// 32-bit integer, sign-agnostic.
    I32,
    /// 64-bit integer, sign-agnostic.
    I64,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// 128-bit vector.
    V128,
    /// A reference.
    Ref(RefType),
}

/// A reference type: what it may point to and whether it may be null.
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct RefType {
    /// Whether null is a value of the type.
    pub nullable: bool,
    /// What a non-null reference points to.
    pub heap: HeapType,
}

/// A heap type, abstract or concrete.
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Any host reference.
    Extern,
    /// Top of the internal hierarchy.
    Any,
    /// Anything comparable with `ref.eq`.
    Eq,
    /// An unboxed 31-bit integer.
    I31,
    /// Any structure.
    Struct,
    /// Any array.
    Array,
    /// An exception.
    Exn,
    /// Bottom of the internal hierarchy.
    None,
    /// Bottom of the function hierarchy.
    NoFunc,
    /// Bottom of the external hierarchy.
    NoExtern,
    /// Bottom of the exception hierarchy.
    NoExn,
    /// A type of the module's type section.
    Concrete(TypeIndex),
}

impl RefType {
    /// `(ref null func)`.
    pub const FUNCREF: Self = Self { nullable: true, heap: HeapType::Func };
    /// `(ref null extern)`.
    pub const EXTERNREF: Self = Self { nullable: true, heap: HeapType::Extern };
}

impl ValType {
    /// `(ref null func)`.
    pub const FUNCREF: Self = Self::Ref(RefType::FUNCREF);
    /// `(ref null extern)`.
    pub const EXTERNREF: Self = Self::Ref(RefType::EXTERNREF);

    /// Whether this is a reference type.
    pub fn is_ref(self) -> bool {
        matches!(self, Self::Ref(_))
    }

    /// Whether every value of this type is one of `other`, given which concrete types are the same.
    pub fn is_subtype(self, other: Self, same: impl Fn(TypeIndex, TypeIndex) -> bool) -> bool {
        match (self, other) {
            (Self::Ref(a), Self::Ref(b)) => a.is_subtype(b, same),
            (a, b) => a == b,
        }
    }
}

impl RefType {
    /// Whether every reference of this type is one of `other` (specification: Matching), given which concrete types, all
    /// of them function types, are the same.
    pub fn is_subtype(self, other: Self, same: impl Fn(TypeIndex, TypeIndex) -> bool) -> bool {
        use HeapType as H;
        let heap = match (self.heap, other.heap) {
            (H::Concrete(a), H::Concrete(b)) => same(a, b),
            (H::Concrete(_) | H::NoFunc, H::Func) | (H::NoFunc, H::Concrete(_)) => true,
            (H::NoExtern, H::Extern) | (H::NoExn, H::Exn) => true,
            (H::None, H::Any | H::Eq | H::I31 | H::Struct | H::Array) => true,
            (H::Eq | H::I31 | H::Struct | H::Array, H::Any) | (H::I31 | H::Struct | H::Array, H::Eq) => true,
            (a, b) => a == b,
        };
        heap && (other.nullable || !self.nullable)
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32 => f.write_str("i32"),
            Self::I64 => f.write_str("i64"),
            Self::F32 => f.write_str("f32"),
            Self::F64 => f.write_str("f64"),
            Self::V128 => f.write_str("v128"),
            Self::Ref(ty) => ty.fmt(f),
        }
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, self.heap) {
            (true, HeapType::Func) => f.write_str("funcref"),
            (true, HeapType::Extern) => f.write_str("externref"),
            (true, heap) => write!(f, "(ref null {heap})"),
            (false, heap) => write!(f, "(ref {heap})"),
        }
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Func => "func",
            Self::Extern => "extern",
            Self::Any => "any",
            Self::Eq => "eq",
            Self::I31 => "i31",
            Self::Struct => "struct",
            Self::Array => "array",
            Self::Exn => "exn",
            Self::None => "none",
            Self::NoFunc => "nofunc",
            Self::NoExtern => "noextern",
            Self::NoExn => "noexn",
            Self::Concrete(index) => return write!(f, "{}", index.0),
        })
    }
}

/// A function type: parameters and results, any number of each.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct FuncType {
    /// Parameter types in order.
    pub params: Box<[ValType]>,
    /// Result types in order.
    pub results: Box<[ValType]>,
}

impl FuncType {
    /// A function type from anything that yields value types.
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> Self {
        Self { params: params.into_iter().collect(), results: results.into_iter().collect() }
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[ValType]| {
            f.write_str("(")?;
            for (i, ty) in types.iter().enumerate() {
                write!(f, "{}{ty}", if i == 0 { "" } else { ", " })?;
            }
            f.write_str(")")
        };
        list(f, &self.params)?;
        f.write_str(" -> ")?;
        list(f, &self.results)
    }
}

/// A table type: element type and limits, in elements.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct TableType {
    /// Type of every element.
    pub element: RefType,
    /// Indices are `i64` instead of `i32`.
    pub table64: bool,
    /// Elements at instantiation.
    pub minimum: u64,
    /// Elements it may grow to, if the module limits them.
    pub maximum: Option<u64>,
}

/// A memory type: limits, in pages.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct MemoryType {
    /// Addresses are `i64` instead of `i32`.
    pub memory64: bool,
    /// Shared between threads.
    pub shared: bool,
    /// Pages at instantiation.
    pub minimum: u64,
    /// Pages it may grow to, if the module limits them.
    pub maximum: Option<u64>,
    /// Page size as a power of two: 16 unless the module has custom page sizes.
    pub page_size_log2: u8,
}

impl MemoryType {
    /// Bytes in a page of a validated type: 1 or 65 536.
    pub fn page_size(&self) -> u64 {
        1u64.checked_shl(self.page_size_log2.into()).unwrap_or(u64::MAX)
    }

    /// The largest number of pages that the address type can address and count.
    pub fn absolute_maximum(&self) -> u64 {
        let (bits, most) = if self.memory64 { (64u8, u64::MAX) } else { (32, u64::from(u32::MAX)) };
        match bits.checked_sub(self.page_size_log2) {
            None => 0,
            Some(64) => most,
            Some(bits) => most.min(1 << bits),
        }
    }

    /// The type of an address and of a page count.
    pub fn index_type(&self) -> ValType {
        if self.memory64 { ValType::I64 } else { ValType::I32 }
    }
}

impl TableType {
    /// The type of an element index and of an element count.
    pub fn index_type(&self) -> ValType {
        if self.table64 { ValType::I64 } else { ValType::I32 }
    }
}

/// A global's type.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct GlobalType {
    /// Type of the value.
    pub content: ValType,
    /// Whether `global.set` may change it.
    pub mutable: bool,
}

/// Width of an integer operator.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum IntWidth {
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
}

impl IntWidth {
    /// The value type.
    pub fn ty(self) -> ValType {
        match self {
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
        }
    }
    /// Bits.
    pub fn bits(self) -> u32 {
        match self {
            Self::I32 => 32,
            Self::I64 => 64,
        }
    }
    /// The width of an integer type.
    pub fn of(ty: ValType) -> Option<Self> {
        match ty {
            ValType::I32 => Some(Self::I32),
            ValType::I64 => Some(Self::I64),
            _ => None,
        }
    }
    /// A number modulo two to the power of the width.
    pub fn wrap(self, number: u64) -> u64 {
        match self {
            Self::I32 => (number as u32).into(),
            Self::I64 => number,
        }
    }
    /// The signed number with these bits.
    pub fn signed(self, number: u64) -> i64 {
        match self {
            Self::I32 => (number as i32).into(),
            Self::I64 => number as i64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryType;

    #[test]
    fn the_most_pages_of_every_kind_of_memory() {
        let most = |memory64, page_size_log2| {
            MemoryType { memory64, shared: false, minimum: 0, maximum: None, page_size_log2 }
                .absolute_maximum()
        };
        assert_eq!((most(false, 16), most(true, 16)), (1 << 16, 1 << 48));
        assert_eq!((most(false, 0), most(true, 0)), ((1 << 32) - 1, u64::MAX));
        assert_eq!((most(false, 1), most(true, 1)), (1 << 31, 1 << 63));
        assert_eq!((most(false, 32), most(false, 33), most(true, 255)), (1, 0, 0));
    }
}
