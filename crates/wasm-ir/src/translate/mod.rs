//! Validated function bodies to SSA.
//!
//! A body is read twice: a look ahead at its loops (`loops.rs`), then the translation proper (`function.rs`,
//! `control.rs`, `operators.rs`), which keeps the operand stack and the locals as SSA values and builds a graph of
//! blocks (`graph.rs`). Where control joins, a local becomes a block parameter if it differs between the edges
//! (`env.rs`); in a loop, if the loop assigns it. Then superfluous parameters go (`prune.rs`) and the rest is numbered
//! (`finish.rs`).
//!
//! Nothing recurses with the guest's nesting, and no step multiplies edges by locals, except that minimal SSA form
//! itself can: there [`PARAMETERS_LIMIT`] and [`ARGUMENTS_LIMIT`] end it with a clear error.

mod assignments;
mod control;
mod env;
mod finish;
mod function;
mod graph;
mod loops;
mod operators;
mod prune;
mod vector;

use std::sync::Arc;

use crate::ir::{Body, Value};
use crate::module::{DescribedOperand, Module};
use crate::{Error, ErrorKind, FuncIndex, ValType};

pub use assignments::Assignments;
use control::Frame;
use finish::Finish;
use graph::Graph;
use loops::Loops;
use prune::Prune;

/// The largest number of block parameters of one function that translation considers.
pub const PARAMETERS_LIMIT: usize = 1 << 23;
/// The largest number of arguments that the block parameters of one function receive.
pub const ARGUMENTS_LIMIT: usize = 1 << 25;

/// How many locals of a function are described for debuggers, the first ones: a function may declare tens of thousands in three bytes.
pub const KEPT_LOCALS: u32 = 1 << 10;

/// Translates function bodies to SSA, one at a time, reusing its arenas.
#[derive(Debug, Default)]
pub struct Translator {
    graph: Graph,
    loops: Loops,
    prune: Prune,
    finish: Finish,
    stack: Vec<Value>,
    frames: Vec<Frame>,
    saved: Vec<Value>,
    operands: Arc<[DescribedOperand]>,
}

impl Module {
    /// The locals of a defined function besides its parameters, as runs of equal types; none for an imported one.
    pub fn local_runs(&self, func: FuncIndex) -> Vec<(u32, ValType)> {
        let Some(range) = self.body_range(func) else { return Vec::new() };
        let body = &self.bytes()[range.start as usize..range.end as usize];
        function::read_locals(body, range.start).unwrap_or_default()
    }
}

impl Translator {
    /// A translator with empty arenas.
    pub fn new() -> Self {
        Self::default()
    }

    /// A translator that also writes down what the first [`KEPT_LOCALS`] locals hold, in [`Body::locals`].
    pub fn keeping_locals() -> Self {
        let mut translator = Self::default();
        translator.graph.keep_locals = true;
        translator
    }

    /// The same, which also writes down what some places on the operand stack hold, given by offset.
    pub fn keeping_locals_and(operands: Arc<[DescribedOperand]>) -> Self {
        let mut translator = Self::keeping_locals();
        translator.operands = operands;
        translator
    }

    /// Translates one defined function. The body is valid until the next call.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) at the first instruction that has no translation yet,
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if the function's SSA form is too large.
    ///
    /// # Panics
    /// If `func` is not a function defined in `module`.
    pub fn translate(&mut self, module: &Module, func: FuncIndex) -> Result<&mut Body, Error> {
        let range = module.body_range(func).expect("the function is defined in the module");
        let too_large = || {
            let message = format!("the SSA form of function {} is too large", func.0);
            Error::new(ErrorKind::Limit, range.start.into(), message)
        };
        self.graph.body.func = func;
        self.graph.body.signature = module.declarations().signature(func).clone();
        function::build(self, module, range.clone(), too_large)?;
        self.prune.run(&self.graph, ARGUMENTS_LIMIT).map_err(|_| too_large())?;
        self.finish.run(&mut self.graph, &self.prune, range.start);
        Ok(&mut self.graph.body)
    }
}

/// A decoding error in a body that was validated: the module's bytes were not those that were validated.
fn decode_error(error: wasmparser::Error) -> Error {
    Error::new(ErrorKind::Malformed, error.offset(), error.message())
}
