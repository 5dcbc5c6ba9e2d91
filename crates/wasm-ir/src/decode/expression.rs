//! What an expression leaves on the operand stack, for whoever wants to know before it has a function type.

use wasmparser::{
    FuncValidatorAllocations, Operator, OperatorsReader, Parser, ValidPayload, Validator, WasmFeatures,
};

use super::sections::{Failure, with_features};
use super::types::val_type;
use super::{MAGIC, Options};
use crate::{Error, ErrorKind, ValType};

/// The types of the values that the body of a module's last function has left when it comes to its end, the topmost last, whatever results
/// its type says. That body is validated but for its end, and all of the module but the other bodies. A value whose type is not known, behind
/// an instruction that never goes on, is left out.
///
/// # Errors
/// [`Error`] for a module that is refused, not binary, or without a function.
pub fn result_types(binary: &[u8], options: &Options) -> Result<Vec<ValType>, Error> {
    options.check_size(binary.len())?;
    if !binary.starts_with(MAGIC) {
        return Err(Error::new(ErrorKind::Malformed, 0, "magic header not detected"));
    }
    with_features(binary, options.features, last_body)
}

fn last_body(binary: &[u8], features: WasmFeatures) -> Result<Vec<ValType>, Failure> {
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut last = None;
    for payload in parser.parse_all(binary) {
        if let ValidPayload::Func(validator, body) = validator.payload(&payload?)? {
            last = Some((validator, body));
        }
    }
    let Some((validator, body)) = last else {
        return Err(Error::new(ErrorKind::Invalid, 0, "the module has no function").into());
    };
    let mut validator = validator.into_validator(FuncValidatorAllocations::default());
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let mut operators = OperatorsReader::new(reader);
    let mut end = 0;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        if matches!(operator, Operator::End) && validator.control_stack_height() == 1 {
            end = offset;
            break;
        }
        validator.op(offset, &operator)?;
    }
    let height = validator.operand_stack_height() as usize;
    let types = (0..height).rev().filter_map(|depth| validator.get_operand_type(depth).flatten());
    types.map(|ty| Ok(val_type(known_outside(ty), end)?)).collect()
}

/// A type that means the same outside of the validator, which knows defined types by numbers of its own: for a reference to a defined type,
/// which is a function type here, one to any function.
fn known_outside(ty: wasmparser::ValType) -> wasmparser::ValType {
    match ty {
        wasmparser::ValType::Ref(ty) if ty.is_concrete_type_ref() => {
            let any = wasmparser::RefType::FUNC;
            wasmparser::ValType::Ref(if ty.is_nullable() { any.nullable() } else { any })
        }
        ty => ty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HeapType, RefType};

    fn types(body: &str) -> Result<Vec<ValType>, Error> {
        let text = format!(
            "(module (func $f (param i32) (result i64) (i64.const 0)) (elem declare func $f) (func {body}))"
        );
        let buffer = wast::parser::ParseBuffer::new(&text).unwrap();
        let mut wat = wast::parser::parse::<wast::Wat<'_>>(&buffer).unwrap();
        result_types(&wat.encode().unwrap(), &Options::default())
    }

    #[test]
    fn what_is_left_has_types() {
        assert_eq!(types("(call $f (i32.const 1)) (f32.const 1)").unwrap(), [ValType::I64, ValType::F32]);
        assert_eq!(types("(block (result v128) (v128.const i64x2 1 2))").unwrap(), [ValType::V128]);
        assert_eq!(types("(ref.null func)").unwrap(), [ValType::FUNCREF]);
        let function = RefType { nullable: false, heap: HeapType::Func };
        assert_eq!(types("(ref.func $f)").unwrap(), [ValType::Ref(function)]);
        assert_eq!(types("").unwrap(), []);
        assert_eq!(types("unreachable").unwrap(), []);
    }

    #[test]
    fn mistakes_before_the_end_are_refused() {
        let error = types("(i32.add (i32.const 1) (i64.const 1))").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(types("(i32.add (i32.const 1) (i32.const 1)) (return (i32.const 1))").is_ok());
        assert!(result_types(b"(module)", &Options::default()).is_err());
        assert!(result_types(b"\0asm\x01\0\0\0", &Options::default()).is_err());
    }
}
