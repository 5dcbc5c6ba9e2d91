//! What compiled code and runtime agree on, said once and read by both sides.
//!
//! | module | fact |
//! |---|---|
//! | [`context`] | the structures compiled code reads through its context pointer, and where each field is |
//! | [`callconv`] | how WebAssembly signatures become machine signatures, in both directions across the host boundary |
//! | [`builtin`] | the runtime functions that compiled code may call, with their signatures |
//! | [`trap`] | every reason to trap: code, name and message |
//! | [`plan`] | check strategies and the shape of each linear memory |
//! | [`image`] | the linked image: ELF section names and the module information inside |
//! | [`linked`] | a module linked into a C program: what its object tells the runtime, and what it calls there |
//! | [`machine`] | the machines that code is made for, and their names |
//! | [`lazy`] | code that is compiled when it is first called: entries, slots, fragments, the hook |
//! | [`libcall`] | the C library functions that LLVM may call from compiled code |
//! | [`branches`] | how often branches of a module went where: counters, and profiles of them |
//! | [`addrmap`] | native code offset → WebAssembly function and byte offset, with inlined frames |
//! | [`sources`] | byte offset → lines of the guest's sources |
//! | [`build_id`] | what debug information in a file of its own is found by |
//! | [`debug`] | which addresses of debug information the loader completes for a debugger |
//!
//! Nothing here allocates memory from a system, links LLVM or calls anything.

pub mod addrmap;
pub mod branches;
pub mod build_id;
pub mod builtin;
pub mod callconv;
pub mod context;
pub mod debug;
pub mod image;
pub mod lazy;
pub mod libcall;
pub mod linked;
pub mod machine;
pub mod options;
pub mod plan;
pub mod seal;
pub mod sources;
pub mod trap;
