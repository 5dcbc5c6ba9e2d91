//! Where LLVM has put a value, taken apart so that expressions can be made of it.

use gimli::constants::{self as dw, DwOp};
use gimli::{Expression, Operation, Register, write};

use crate::Bytes;
use crate::frames::{Rule, STACK_POINTER};

/// Where a value is.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Place {
    /// In a register.
    Register(Register),
    /// In memory, at the address that the steps compute.
    Memory(Vec<Step>),
    /// Nowhere, but the steps compute it.
    Value(Vec<Step>),
}

/// One operation on the stack of an expression.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(crate) enum Step {
    Register(Register, i64),
    Frame(i64),
    Unsigned(u64),
    Signed(i64),
    PlusConstant(u64),
    Load(u8),
    Pick(u8),
    Plain(DwOp),
}

/// What an operation makes of the upper halves of its two operands, which are nothing if those have 32 bits.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Operands {
    /// They do not change the lower half of the result.
    Any,
    /// They have to be those of numbers without a sign, or of numbers with one.
    Unsigned,
    Signed,
}

impl Place {
    /// Reads LLVM's description; `None` if it says nothing, or is of a kind that nothing can be made of: a value in pieces, one
    /// that only the caller knows.
    pub(crate) fn read(expression: Expression<Bytes<'_>>, encoding: gimli::Encoding) -> Option<Self> {
        let mut steps = Vec::new();
        let mut operations = expression.operations(encoding);
        while let Some(operation) = operations.next().ok()? {
            match operation {
                Operation::Register { register } => {
                    let alone = steps.is_empty() && operations.next().ok()?.is_none();
                    return alone.then_some(Self::Register(register));
                }
                Operation::StackValue => {
                    let last = operations.next().ok()?.is_none() && !steps.is_empty();
                    return last.then_some(Self::Value(steps));
                }
                Operation::ImplicitValue { data } => {
                    let alone = steps.is_empty() && operations.next().ok()?.is_none();
                    let number = Step::number(data.slice())?;
                    return alone.then(|| Self::Value(vec![number]));
                }
                operation => steps.push(Step::read(&operation)?),
            }
        }
        (!steps.is_empty()).then_some(Self::Memory(steps))
    }

    /// Where it is in terms of the frame, which holds in the whole function, and not of the stack pointer, which moves. `rule` says
    /// how the frame is found. `None` if it depends on the stack pointer and the frame does not.
    pub(crate) fn in_frame(mut self, rule: Option<Rule>) -> Option<Self> {
        let steps = match &mut self {
            Self::Register(register) => return (*register != STACK_POINTER).then_some(self),
            Self::Memory(steps) | Self::Value(steps) => steps,
        };
        let mut moved = Vec::with_capacity(steps.len());
        for step in steps.drain(..) {
            match (step, rule) {
                (Step::Register(register, offset), Some((frame, distance))) if register == frame => {
                    moved.extend([
                        Step::Plain(dw::DW_OP_call_frame_cfa),
                        Step::Signed(offset - distance),
                        Step::Plain(dw::DW_OP_plus),
                    ]);
                }
                (Step::Register(STACK_POINTER, _), _) => return None,
                (step, _) => moved.push(step),
            }
        }
        *steps = moved;
        Some(self)
    }

    /// Whether it is in a place of the frame's own.
    pub(crate) fn is_in_frame(&self) -> bool {
        self.slot().is_some()
    }

    /// Where in the frame it is, if it is in a place of the frame's own: from the canonical frame address on.
    pub(crate) fn slot(&self) -> Option<i64> {
        let Self::Memory(steps) = self else { return None };
        let frame = [Step::Plain(dw::DW_OP_call_frame_cfa), Step::Plain(dw::DW_OP_plus)];
        match **steps {
            [first, Step::Signed(offset), last] if [first, last] == frame => Some(offset),
            _ => None,
        }
    }

    /// The description as it was.
    pub(crate) fn describe(&self, expression: &mut write::Expression) {
        match self {
            Self::Register(register) => expression.op_reg(*register),
            Self::Memory(steps) => steps.iter().for_each(|step| step.write(expression)),
            Self::Value(steps) => {
                steps.iter().for_each(|step| step.write(expression));
                expression.op(dw::DW_OP_stack_value);
            }
        }
    }

    /// Puts the value, an integer of 4 or 8 bytes, on the stack.
    pub(crate) fn push(&self, bytes: u8, expression: &mut write::Expression) {
        match self {
            Self::Register(register) => expression.op_breg(*register, 0),
            Self::Memory(steps) => {
                steps.iter().for_each(|step| step.write(expression));
                return expression.op_deref_size(bytes);
            }
            Self::Value(steps) => steps.iter().for_each(|step| step.write(expression)),
        }
        if bytes < 8 {
            // What the upper half of a register has is anything.
            expression.op_constu(u64::from(u32::MAX));
            expression.op(dw::DW_OP_and);
        }
    }
}

impl Step {
    /// The number that some bytes are; `None` if they are more than eight.
    pub(crate) fn number(data: &[u8]) -> Option<Self> {
        let mut bytes = [0; 8];
        bytes.get_mut(..data.len())?.copy_from_slice(data);
        Some(Self::Unsigned(u64::from_le_bytes(bytes)))
    }

    pub(crate) fn read(operation: &Operation<Bytes<'_>>) -> Option<Self> {
        const UNTYPED: gimli::UnitOffset = gimli::UnitOffset(0);
        Some(match *operation {
            Operation::RegisterOffset { register, offset, base_type: UNTYPED } => {
                Self::Register(register, offset)
            }
            Operation::FrameOffset { offset } => Self::Frame(offset),
            Operation::UnsignedConstant { value } => Self::Unsigned(value),
            Operation::SignedConstant { value } => Self::Signed(value),
            Operation::PlusConstant { value } => Self::PlusConstant(value),
            Operation::Deref { base_type: UNTYPED, size, space: false } => Self::Load(size),
            Operation::Pick { index } => Self::Pick(index),
            Operation::Drop => Self::Plain(dw::DW_OP_drop),
            Operation::Swap => Self::Plain(dw::DW_OP_swap),
            Operation::Rot => Self::Plain(dw::DW_OP_rot),
            Operation::And => Self::Plain(dw::DW_OP_and),
            Operation::Div => Self::Plain(dw::DW_OP_div),
            Operation::Minus => Self::Plain(dw::DW_OP_minus),
            Operation::Mod => Self::Plain(dw::DW_OP_mod),
            Operation::Mul => Self::Plain(dw::DW_OP_mul),
            Operation::Neg => Self::Plain(dw::DW_OP_neg),
            Operation::Not => Self::Plain(dw::DW_OP_not),
            Operation::Or => Self::Plain(dw::DW_OP_or),
            Operation::Plus => Self::Plain(dw::DW_OP_plus),
            Operation::Shl => Self::Plain(dw::DW_OP_shl),
            Operation::Shr => Self::Plain(dw::DW_OP_shr),
            Operation::Shra => Self::Plain(dw::DW_OP_shra),
            Operation::Xor => Self::Plain(dw::DW_OP_xor),
            Operation::Eq => Self::Plain(dw::DW_OP_eq),
            Operation::Ge => Self::Plain(dw::DW_OP_ge),
            Operation::Gt => Self::Plain(dw::DW_OP_gt),
            Operation::Le => Self::Plain(dw::DW_OP_le),
            Operation::Lt => Self::Plain(dw::DW_OP_lt),
            Operation::Ne => Self::Plain(dw::DW_OP_ne),
            Operation::CallFrameCFA => Self::Plain(dw::DW_OP_call_frame_cfa),
            _ => return None,
        })
    }

    pub(crate) fn operands(self) -> Operands {
        let Self::Plain(operation) = self else { return Operands::Any };
        match operation {
            dw::DW_OP_shr | dw::DW_OP_mod | dw::DW_OP_eq | dw::DW_OP_ne => Operands::Unsigned,
            dw::DW_OP_shra | dw::DW_OP_div | dw::DW_OP_ge | dw::DW_OP_gt | dw::DW_OP_le | dw::DW_OP_lt => {
                Operands::Signed
            }
            _ => Operands::Any,
        }
    }

    pub(crate) fn write(self, expression: &mut write::Expression) {
        match self {
            Self::Register(register, offset) => expression.op_breg(register, offset),
            Self::Frame(offset) => expression.op_fbreg(offset),
            Self::Unsigned(value) => expression.op_constu(value),
            Self::Signed(value) => expression.op_consts(value),
            Self::PlusConstant(value) => expression.op_plus_uconst(value),
            Self::Load(8) => expression.op_deref(),
            Self::Load(size) => expression.op_deref_size(size),
            Self::Pick(index) => expression.op_pick(index),
            Self::Plain(op) => expression.op(op),
        }
    }
}
