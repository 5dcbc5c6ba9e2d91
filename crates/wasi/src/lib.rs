//! WASI preview 1 as host functions over a runtime memory, for whoever links a module that imports it.
//!
//! | module | fact |
//! |---|---|
//! | `ctx` | what the guest may see and do: [`WasiCtx`], made by [`WasiCtxBuilder`] |
//! | `functions` | one table of every function of [`MODULES`]: name, signature, call |
//! | `imports` | the table as host functions of a runtime store |
//! | `output` | [`OutputBuffer`], a standard output that ends in memory |
//! | `threads` | [`Threads`]: what the threads of one program have in common (wasi-threads) |
//! | `error` | [`Exit`] and the other reasons a call does not return |
//!
//! The system interface itself is `wasi-common`, which knows no runtime: here its functions get a runtime's memory, and
//! nothing else of this workspace but the runtime is needed. A guest's mistake never panics: a pointer outside the memory
//! is an [`Error`], which becomes a trap, and everything the interface has a number for is an `errno` that the guest sees.
//!
//! The functions can be called over any bytes, as a test does:
//!
//! ```
//! use wootz_runtime::ValRaw;
//! use wootz_wasi::{OutputBuffer, WasiCtx, function};
//!
//! let output = OutputBuffer::new();
//! let mut ctx = WasiCtx::builder().stdout(output.clone()).build();
//!
//! #[repr(align(8))]
//! struct Memory([u8; 64]);
//! let mut memory = Memory([0; 64]);
//! // One io vector at address 8: five bytes at address 16.
//! memory.0[8..16].copy_from_slice(&[16, 0, 0, 0, 5, 0, 0, 0]);
//! memory.0[16..21].copy_from_slice(b"hello");
//!
//! let fd_write = function("wasi_snapshot_preview1", "fd_write").expect("a function of preview 1");
//! assert_eq!(fd_write.ty().to_string(), "(i32, i32, i32, i32) -> (i32)");
//! let mut slots = [1, 8, 1, 4].map(ValRaw::i32);
//! fd_write.call(&mut ctx, &mut memory.0, &mut slots)?;
//!
//! assert_eq!(slots[0].get_i32(), 0, "errno");
//! assert_eq!(output.contents(), b"hello");
//! # Ok::<(), wootz_wasi::Error>(())
//! ```

mod ctx;
mod error;
mod functions;
mod imports;
mod output;
mod threads;

pub use ctx::{BuildError, WasiCtx, WasiCtxBuilder};
pub use error::{Error, Exit};
pub use functions::{Bytes, Function, MEMORY, MODULES, function, functions};
pub use imports::{Call, Import, imports};
pub use output::OutputBuffer;
pub use threads::{NO_THREAD, SPAWN, THREAD_START, THREADS_MODULE, Threads, spawn_type, thread_start_type};
