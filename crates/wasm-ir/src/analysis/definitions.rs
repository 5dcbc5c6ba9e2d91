//! In which block each value is defined.

use crate::ir::{Block, Body, Constant, IntBinary, Op, Value, ValueDef};

/// The block of each value's definition.
#[derive(Clone, Debug)]
pub(crate) struct Definitions {
    blocks: Vec<Block>,
}

impl Definitions {
    /// Looks at every definition of a body.
    pub(crate) fn new(body: &Body) -> Self {
        let mut blocks = vec![Body::ENTRY; body.values.len()];
        for (block, data) in body.blocks.iter() {
            for param in &data.params {
                blocks[param.0 as usize] = block;
            }
            for result in data.insts.iter().flat_map(|inst| body.results(*inst)) {
                blocks[result.0 as usize] = block;
            }
        }
        Self { blocks }
    }

    /// The block in which a value is defined.
    pub(crate) fn block(&self, value: Value) -> Block {
        self.blocks[value.0 as usize]
    }
}

/// The constant that a value is, if an instruction says so.
pub(crate) fn constant_of(body: &Body, value: Value) -> Option<Constant> {
    match body.values[value].def {
        ValueDef::Result(inst, _) => match body.insts[inst].op {
            Op::Const(constant) => Some(constant),
            _ => None,
        },
        ValueDef::Param(..) => None,
    }
}

/// The number that an `i32` value is, if an instruction says so.
pub(crate) fn i32_of(body: &Body, value: Value) -> Option<u32> {
    match constant_of(body, value) {
        Some(Constant::I32(number)) => Some(number as u32),
        _ => None,
    }
}

/// The number that an integer is, if an instruction says so.
pub(crate) fn integer_of(body: &Body, value: Value) -> Option<u64> {
    match constant_of(body, value) {
        Some(Constant::I32(number)) => Some((number as u32).into()),
        Some(Constant::I64(number)) => Some(number as u64),
        _ => None,
    }
}

/// The value and the constant whose sum an integer is, modulo its width.
pub(crate) fn addition(body: &Body, value: Value) -> Option<(Value, u64)> {
    let ValueDef::Result(inst, _) = body.values[value].def else { return None };
    let [a, b] = *body.args(inst) else { return None };
    match body.insts[inst].op {
        Op::IntBinary(_, IntBinary::Add) => match (integer_of(body, a), integer_of(body, b)) {
            (_, Some(constant)) => Some((a, constant)),
            (Some(constant), _) => Some((b, constant)),
            _ => None,
        },
        Op::IntBinary(width, IntBinary::Sub) => Some((a, width.wrap(integer_of(body, b)?.wrapping_neg()))),
        _ => None,
    }
}
