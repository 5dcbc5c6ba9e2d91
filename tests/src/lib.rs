//! Tests that need the whole house. They use Wootz as an embedder does: through the crate `wootz` and nothing below it, but for
//! `aarch64`, which compiles for another machine.

pub mod aarch64;
mod builds;
pub mod c_program;
pub mod corpus;
pub mod differential;
pub mod figures;
pub mod loading;
mod python;
pub mod real;
pub mod rust_program;
pub mod soak;
pub mod spec;
pub mod stress;
pub mod wasi_program;
