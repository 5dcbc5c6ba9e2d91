//! Where a function's context and WebAssembly locals are, for debuggers: records beside the instructions, which change no code.
//!
//! In optimised code each value that a local has is a variable of its own: instructions are not in the order of the module, so that which of a
//! local's values an instruction goes with is told by its offset, and not by what was assigned last before it.

use inkwell::debug_info::{DILocalVariable, DIScope};
use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum};
use wootz_debuginfo::ALL_VALUES;
use wootz_wasm_ir::ir::{Block, Body, LocalRecord, LocalValue, is_operand};
use wootz_wasm_ir::{LocalIndex, ValType, WasmOffset};

use crate::debug::{DebugInfo, LocalVariable};
use crate::error::CompileError;
use crate::function::FunctionState;

/// The variable of a local, and what was said of it last.
pub(crate) struct Described<'ctx> {
    variable: DILocalVariable<'ctx>,
    block: Block,
    value: BasicValueEnum<'ctx>,
}

impl<'m, 'ctx> FunctionState<'m, 'ctx> {
    /// Where variables are described, if they are.
    pub(crate) fn variable_scope(&self) -> Option<(&'m DebugInfo<'ctx>, DIScope<'ctx>)> {
        self.scope.filter(|(debug, _)| debug.has_variables)
    }

    /// Says where the context and the parameters are, from the first instruction on.
    pub(crate) fn describe_arguments(&mut self, start: WasmOffset) -> Result<(), CompileError> {
        let Some((debug, scope)) = self.variable_scope() else { return Ok(()) };
        let location = debug.location(self.module.context, scope, start, 0);
        let context = debug.context_variable(scope)?;
        debug.append_value(self.current_block()?, self.vmctx.into(), context, location);
        for index in 0..self.body.signature.params.len() as u32 {
            let Some(value) = self.function.get_nth_param(index + 1) else { break };
            self.describe(LocalIndex(index), start, Body::ENTRY, value)?;
        }
        Ok(())
    }

    /// Says what a local holds from here on.
    pub(crate) fn describe_local(&mut self, record: &LocalRecord) -> Result<(), CompileError> {
        let ty = match (self.body.locals.ty(record.local), record.value) {
            (Some(ty), _) => ty,
            (None, LocalValue::Value(value)) => self.body.ty(value),
            (None, _) => return Ok(()),
        };
        let ty = self.module.types.value(ty);
        let value = match record.value {
            LocalValue::Value(value) => self.value(value)?,
            LocalValue::Default => ty.const_zero(),
            LocalValue::Unknown => poison(ty),
        };
        self.describe(record.local, record.since, record.block, value)
    }

    /// The type of what is described: of a local, or of an operand by its value.
    fn described_type(&self, local: LocalIndex, value: BasicValueEnum<'ctx>) -> Option<ValType> {
        let types = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
        let of_value = || types.into_iter().find(|ty| self.module.types.value(*ty) == value.get_type());
        self.body.locals.ty(local).or_else(of_value)
    }

    /// Keeps the context, and the locals that keep their values, to the end of the function, in code that is not optimised: this is what
    /// the frame of a program compiled from C is found by.
    pub(crate) fn keep_variables(&mut self) -> Result<(), CompileError> {
        if self.variable_scope().is_none_or(|(debug, _)| debug.is_optimised()) {
            return Ok(());
        }
        let mut values: Vec<BasicMetadataValueEnum<'ctx>> = vec![self.vmctx.into()];
        values.extend(self.kept.values().map(|value| BasicMetadataValueEnum::from(*value)));
        let name = "llvm.fake.use";
        let ty = self.module.types.void.fn_type(&[], true);
        let known = self.module.module.get_function(name);
        let function = known.unwrap_or_else(|| self.module.module.add_function(name, ty, None));
        // LLVM 22.1 looks at the first operand only.
        values.iter().try_for_each(|value| self.builder().build_call(function, &[*value], "").map(drop))?;
        Ok(())
    }

    /// Says once in a block what a local holds. LLVM takes what is said a second time of an argument, behind the entry block's first
    /// instructions, for the end of what was said before.
    fn describe(
        &mut self,
        local: LocalIndex,
        since: WasmOffset,
        block: Block,
        value: BasicValueEnum<'ctx>,
    ) -> Result<(), CompileError> {
        if self.fixed.contains(&local) && !is_constant(value) {
            self.kept.insert(local, value);
        }
        let Some((debug, scope)) = self.variable_scope() else { return Ok(()) };
        let Some(ty) = self.described_type(local, value) else { return Ok(()) };
        let is_start = since == self.start_offset;
        let since = if debug.is_optimised() || is_operand(local) { since } else { ALL_VALUES };
        let variable = match self.variables.get(&(local, since)) {
            Some(known) if (known.block, known.value) == (block, value) => return Ok(()),
            Some(known) => known.variable,
            None => {
                let (is_fixed, is_start) = (self.fixed.contains(&local), is_start || since == ALL_VALUES);
                let variable = LocalVariable { local, since, ty, is_fixed, is_start };
                debug.local_variable(scope, self.body.func, variable)?
            }
        };
        self.variables.insert((local, since), Described { variable, block, value });
        let location = debug.location(self.module.context, scope, self.offset, 0);
        debug.append_value(self.current_block()?, value, variable, location);
        Ok(())
    }
}

/// What says that a variable is nowhere.
fn poison(ty: BasicTypeEnum<'_>) -> BasicValueEnum<'_> {
    match ty {
        BasicTypeEnum::ArrayType(ty) => ty.get_poison().into(),
        BasicTypeEnum::FloatType(ty) => ty.get_poison().into(),
        BasicTypeEnum::IntType(ty) => ty.get_poison().into(),
        BasicTypeEnum::PointerType(ty) => ty.get_poison().into(),
        BasicTypeEnum::StructType(ty) => ty.get_poison().into(),
        BasicTypeEnum::VectorType(ty) => ty.get_poison().into(),
        BasicTypeEnum::ScalableVectorType(ty) => ty.get_poison().into(),
    }
}

fn is_constant(value: BasicValueEnum<'_>) -> bool {
    match value {
        BasicValueEnum::ArrayValue(value) => value.is_const(),
        BasicValueEnum::FloatValue(value) => value.is_const(),
        BasicValueEnum::IntValue(value) => value.is_const(),
        BasicValueEnum::PointerValue(value) => value.is_const(),
        BasicValueEnum::StructValue(_) | BasicValueEnum::ScalableVectorValue(_) => false,
        BasicValueEnum::VectorValue(value) => value.is_const(),
    }
}
