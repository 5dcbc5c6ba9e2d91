//! The runtime functions that compiled code may call, declared once.
//!
//! [`for_each_builtin!`](crate::for_each_builtin) hands the whole list to a macro: the runtime makes the function table
//! from it, the code generator the call signatures. Order is ABI.
//!
//! A builtin follows the C calling convention and takes the caller's context first. One marked `traps` returns
//! a `u32` *status*: 0 to go on, else compiled code executes a `Pending` trap and the runtime reports the reason it
//! stored. One that gives an `outcome` says "pending" by -1. References are passed as `ref` (a pointer-sized word), counts and addresses always as `i64`.

/// Machine type of a builtin's parameter or result.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum AbiType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// A reference: pointer-sized, zero is null.
    Ref,
}

/// Calls `$macro! { name(param: type, …) -> type; … }` with every builtin.
///
/// Types are `i32`, `i64`, `ref`, and as results also `status` (an `i32` that is 0 or "trap pending")
/// and `outcome` (an `i64` that is a `u32` or "trap pending").
#[macro_export]
macro_rules! for_each_builtin {
    ($macro:ident) => {
        $macro! {
            /// `memory.grow`: old size in pages, or -1.
            memory_grow(memory: i32, delta: i64) -> i64;
            /// `memory.fill`.
            memory_fill(memory: i32, dst: i64, value: i32, len: i64) -> status;
            /// `memory.copy`.
            memory_copy(dst_memory: i32, dst: i64, src_memory: i32, src: i64, len: i64) -> status;
            /// `memory.init`.
            memory_init(memory: i32, data: i32, dst: i64, src: i64, len: i64) -> status;
            /// `data.drop`.
            data_drop(data: i32) -> status;
            /// `memory.atomic.wait32`: 0 woken, 1 not equal, 2 timed out.
            atomic_wait32(memory: i32, address: i64, offset: i64, expected: i32, timeout: i64) -> outcome;
            /// `memory.atomic.wait64`: as the other.
            atomic_wait64(memory: i32, address: i64, offset: i64, expected: i64, timeout: i64) -> outcome;
            /// `memory.atomic.notify`: how many were woken.
            atomic_notify(memory: i32, address: i64, offset: i64, count: i32) -> outcome;
            /// `table.set`, bounds-checked here: compiled code cannot write tables.
            table_set(table: i32, index: i64, value: ref) -> status;
            /// `table.grow`: old size in elements, or -1.
            table_grow(table: i32, value: ref, delta: i64) -> i64;
            /// `table.fill`.
            table_fill(table: i32, dst: i64, value: ref, len: i64) -> status;
            /// `table.copy`.
            table_copy(dst_table: i32, dst: i64, src_table: i32, src: i64, len: i64) -> status;
            /// `table.init`.
            table_init(table: i32, elem: i32, dst: i64, src: i64, len: i64) -> status;
            /// `elem.drop`.
            elem_drop(elem: i32) -> status;
            /// A function is hot, in the loop of this number or, with -1, on entering it: better code for the loop, or null.
            better_code(func: i32, at_loop: i32) -> ref;
        }
    };
}

/// Result of a builtin.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum AbiResult {
    /// A value.
    Value(AbiType),
    /// 0, or a trap is pending.
    Status,
    /// An `i64` that holds a `u32`, or is -1: a trap is pending.
    Outcome,
}

macro_rules! builtins {
    (@type i32) => { AbiType::I32 };
    (@type i64) => { AbiType::I64 };
    (@type ref) => { AbiType::Ref };
    (@result status) => { AbiResult::Status };
    (@result outcome) => { AbiResult::Outcome };
    (@result $ty:ident) => { AbiResult::Value(builtins!(@type $ty)) };
    ($($(#[$doc:meta])* $name:ident($($param:ident: $ty:tt),*) -> $result:tt;)*) => {
        /// A builtin. The discriminant is its slot in the builtin table of pointers.
        #[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
        #[allow(non_camel_case_types, reason = "variants are the builtins' names")]
        #[repr(u32)]
        pub enum Builtin {
            $($(#[$doc])* $name,)*
        }

        impl Builtin {
            /// Every builtin, in table order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Its parameters after the context pointer.
            pub fn params(self) -> &'static [AbiType] {
                match self { $(Self::$name => &[$(builtins!(@type $ty)),*],)* }
            }

            /// Its result.
            pub fn result(self) -> AbiResult {
                match self { $(Self::$name => builtins!(@result $result),)* }
            }
        }
    };
}

for_each_builtin!(builtins);
