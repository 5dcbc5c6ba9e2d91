//! The static library `libwootz_rt.a`: what an object made by `wootz compile --emit obj` is linked with, to run without a
//! compiler in any program that links like one of C.
//!
//! | file | is |
//! |---|---|
//! | `include/wootz_rt.h` | the C interface, for people |
//! | `vm_abi::linked` | what objects call here, for the code generator |
//! | `instance` | an instance behind a C handle: items by number, references as pointers |
//! | `trap` | why a call did not return results |
//! | `wasi` | what a guest is to see, until an instance is made |
//! | `ffi` | the C functions themselves, the fence around unsafe code |
//!
//! No panic crosses into C: it becomes a trap.

mod ffi;
mod instance;
mod trap;
mod wasi;

pub use instance::Instance;
pub use trap::Trap;
pub use wasi::Wasi;
