//! In which block each value is defined.

use crate::ir::{Block, Body, Constant, IntBinary, IntWidth, Op, Value, ValueDef};

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

/// The `i32` value and the constant whose sum a value is.
pub(crate) fn addition(body: &Body, value: Value) -> Option<(Value, u32)> {
    let ValueDef::Result(inst, _) = body.values[value].def else { return None };
    let [a, b] = *body.args(inst) else { return None };
    match body.insts[inst].op {
        Op::IntBinary(IntWidth::I32, IntBinary::Add) => match (i32_of(body, a), i32_of(body, b)) {
            (_, Some(constant)) => Some((a, constant)),
            (Some(constant), _) => Some((b, constant)),
            _ => None,
        },
        Op::IntBinary(IntWidth::I32, IntBinary::Sub) => Some((a, i32_of(body, b)?.wrapping_neg())),
        _ => None,
    }
}
