//! The C functions: those of `wootz_rt.h`, and those that objects call.
//!
//! What the `unsafe` here rests on:
//! * pointers are what the headers say, or null where they say that it may be;
//! * one thread at a time uses an instance; a call that is made while the instance is in an imported function is made by that
//!   function's thread, below it, and the store is lent to it by the outer call (`Handle::current`);
//! * no reference into a handle or a store is held while C code runs, only the raw pointer from which the next call makes its
//!   own.
#![allow(unsafe_code, reason = "C passes pointers")]

mod instance;
mod trap;
mod wasi;
