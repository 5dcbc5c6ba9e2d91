//! Keeps garbage collection out of modules that are validated with it, since the parser's switch for it also stands for
//! things that are implemented: recursion groups, the types of null, and constants that read the module's own globals.
//!
//! Types of the sections are refused where they are read. What is left are bodies: their instructions and the types in
//! them.

use wasmparser::{BlockType, FunctionBody, Operator};

use crate::{Error, ErrorKind};

use super::sections::Failure;
use super::types::{heap_type, val_type};

/// Refuses a validated body that uses what is not implemented.
pub(super) fn check_body(body: &FunctionBody<'_>) -> Result<(), Failure> {
    let mut locals = body.get_locals_reader()?;
    for _ in 0..locals.get_count() {
        let offset = locals.original_position();
        val_type(locals.read()?.1, offset)?;
    }
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        match operator {
            Operator::Block { blockty: BlockType::Type(ty) }
            | Operator::Loop { blockty: BlockType::Type(ty) }
            | Operator::If { blockty: BlockType::Type(ty) }
            | Operator::TypedSelect { ty } => drop(val_type(ty, offset)?),
            Operator::RefNull { hty } => drop(heap_type(hty, offset)?),
            other if is_gc(&other) => {
                let debug = format!("{other:?}");
                let name = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                let message = format!("the instruction {name} is not implemented (garbage collection)");
                return Err(Error::new(ErrorKind::Unsupported, offset, message).into());
            }
            _ => {}
        }
    }
    Ok(())
}

macro_rules! define_is_gc {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($annotation:tt)*))*) => {
        fn is_gc(operator: &Operator<'_>) -> bool {
            match operator {
                $(Operator::$op { .. } => stringify!($proposal) == "gc",)*
                _ => false,
            }
        }
    };
}

wasmparser::for_each_operator!(define_is_gc);
