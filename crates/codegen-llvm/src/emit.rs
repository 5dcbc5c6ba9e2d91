//! Output of an LLVM module: object bytes, text.

use inkwell::attributes::AttributeLoc;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::targets::{FileType, TargetMachine};
use inkwell::types::VectorType;
use inkwell::values::{AnyValue, BasicValueEnum, CallSiteValue, Operand};
use wootz_wasm_ir::FuncIndex;
use wootz_wasm_ir::ir::FloatShape;

use crate::error::CompileError;
use crate::intrinsics::{FloatIntrinsic, Intrinsic};
use crate::llvm::LlvmContext;
use crate::module::{DISABLE_TAIL_CALLS, ModuleState};
use crate::symbol::Symbol;

/// The relocatable ELF object.
pub(crate) fn object(
    context: &LlvmContext,
    module: &ModuleState<'_>,
    machine: &TargetMachine,
) -> Result<Vec<u8>, CompileError> {
    Ok(write(context, module, machine, FileType::Object)?.as_slice().to_vec())
}

/// The module as LLVM bitcode.
pub(crate) fn bitcode(module: &ModuleState<'_>) -> Vec<u8> {
    module.module.write_bitcode_to_memory().as_slice().to_vec()
}

/// The LLVM IR of the module, or of one function of it.
pub(crate) fn llvm_ir(module: &ModuleState<'_>, func: Option<FuncIndex>) -> Result<String, CompileError> {
    let Some(func) = func else {
        return Ok(module.module.print_to_string().to_string());
    };
    let symbol = Symbol::Wasm(func).to_string();
    let function = module.module.get_function(&symbol).ok_or(CompileError::NoSuchFunction(func))?;
    Ok(function.print_to_string().to_string())
}

/// The assembly of the module, or of one function of it.
pub(crate) fn assembly(
    context: &LlvmContext,
    module: &ModuleState<'_>,
    machine: &TargetMachine,
    func: Option<FuncIndex>,
) -> Result<String, CompileError> {
    let buffer = write(context, module, machine, FileType::Assembly)?;
    // LLVM's buffer ends in a NUL that is not part of the text.
    let text = String::from_utf8_lossy(buffer.as_slice());
    let text = without_asm_marks(text.trim_end_matches('\0'));
    match func {
        None => Ok(text),
        Some(func) => {
            let symbol = Symbol::Wasm(func).to_string();
            let found = function_in_assembly(&text, &symbol).ok_or(CompileError::NoSuchFunction(func))?;
            Ok(found.to_owned())
        }
    }
}

/// Drops the comments around inline assembly: ours has no instructions.
fn without_asm_marks(text: &str) -> String {
    let is_mark = |line: &str| matches!(line.trim().trim_start_matches(['#', '/']), "APP" | "NO_APP");
    text.split_inclusive('\n').filter(|line| !is_mark(line)).collect()
}

/// The lines from a function's label to its end label.
fn function_in_assembly<'a>(text: &'a str, symbol: &str) -> Option<&'a str> {
    let label = format!("\n\"{symbol}\":");
    let start = text.find(&label)? + 1;
    let body = &text[start..];
    let end = body.find("\n.Lfunc_end").map_or(body.len(), |end| end + 1);
    Some(&body[..end])
}

/// Turns `musttail` into `tail` for the instruction selector.
///
/// `musttail` is what keeps the passes from putting anything between the call and the return. But LLVM 22.1 lowers it for
/// x86-64 as if neither function had parameters on the stack: it stores none and leaves the return address where it is.
/// A `tail` call before a return is lowered right, and under `tailcc` it is a tail call without fail, if the function does
/// not forbid it.
fn release_tail_calls(module: &ModuleState<'_>) {
    use inkwell::llvm_sys::LLVMTailCallKind::{LLVMTailCallKindMustTail, LLVMTailCallKindTail};
    for function in module.module.get_functions() {
        let mut found = false;
        for block in function.get_basic_block_iter() {
            let last = block.get_terminator().and_then(|end| end.get_previous_instruction());
            let call = last.and_then(|instruction| CallSiteValue::try_from(instruction).ok());
            if let Some(call) = call.filter(|call| call.get_tail_call_kind() == LLVMTailCallKindMustTail) {
                call.set_tail_call_kind(LLVMTailCallKindTail);
                found = true;
            }
        }
        if found {
            function.remove_string_attribute(AttributeLoc::Function, DISABLE_TAIL_CALLS);
        }
    }
}

/// Makes `llvm.canonicalize` of two `f32`, which LLVM's vectoriser forms of two scalar ones, one of four.
///
/// LLVM 22.1 has no lowering of it for x86-64, and its instruction selector runs into code that it takes for unreachable:
/// the process dies. All other types are lowered.
fn widen_canonicalize(module: &ModuleState<'_>) -> Result<(), CompileError> {
    let Some(narrow) = module.module.get_function("llvm.canonicalize.v2f32") else { return Ok(()) };
    let wide = module.intrinsic(Intrinsic::FloatLanes(FloatIntrinsic::Canonicalize, FloatShape::F32x4))?;
    let mask = |lanes: &[u64]| {
        let lanes: Vec<_> = lanes.iter().map(|lane| module.types.i32.const_int(*lane, false)).collect();
        VectorType::const_vector(&lanes)
    };
    let calls: Vec<_> = module
        .module
        .get_functions()
        .flat_map(|function| function.get_basic_block_iter().collect::<Vec<_>>())
        .flat_map(|block| block.get_instructions().collect::<Vec<_>>())
        .filter(|instruction| {
            let call = CallSiteValue::try_from(*instruction).ok();
            call.and_then(CallSiteValue::get_called_fn_value) == Some(narrow)
        })
        .collect();
    for call in calls {
        let Some(Operand::Value(BasicValueEnum::VectorValue(operand))) = call.get_operand(0) else {
            continue;
        };
        let builder = &module.builder;
        builder.position_before(&call);
        let poison = operand.get_type().get_poison();
        // The upper half is whatever: the lower half again.
        let four = builder.build_shuffle_vector(operand, poison, mask(&[0, 1, 0, 1]), "")?;
        let four = builder
            .build_call(wide, &[four.into()], "")?
            .try_as_basic_value()
            .unwrap_basic()
            .into_vector_value();
        let two = builder.build_shuffle_vector(four, four.get_type().get_poison(), mask(&[0, 1]), "")?;
        if let Some(two) = two.as_instruction() {
            call.replace_all_uses_with(&two);
            call.erase_from_basic_block();
        }
    }
    Ok(())
}

fn write(
    context: &LlvmContext,
    module: &ModuleState<'_>,
    machine: &TargetMachine,
    kind: FileType,
) -> Result<MemoryBuffer<'static>, CompileError> {
    release_tail_calls(module);
    widen_canonicalize(module)?;
    let buffer = machine
        .write_to_memory_buffer(&module.module, kind)
        .map_err(|error| CompileError::Llvm(error.to_string()))?;
    match context.take_errors() {
        Some(errors) => Err(CompileError::Llvm(errors)),
        None => Ok(buffer),
    }
}

#[cfg(test)]
mod tests {
    use super::function_in_assembly;

    #[test]
    fn a_function_is_cut_out_of_assembly() {
        let text = "\t.text\n\"wasm[1]\":\n\tret\n.Lfunc_end0:\n\n\"wasm[11]\":\n\tud2\n.Lfunc_end1:\n";
        assert_eq!(function_in_assembly(text, "wasm[1]"), Some("\"wasm[1]\":\n\tret\n"));
        assert_eq!(function_in_assembly(text, "wasm[11]"), Some("\"wasm[11]\":\n\tud2\n"));
        assert_eq!(function_in_assembly(text, "wasm[2]"), None);
    }
}
