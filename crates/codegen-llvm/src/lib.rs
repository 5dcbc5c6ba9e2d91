//! Lowers WebAssembly IR to LLVM, object files and linked images.

pub mod link;
