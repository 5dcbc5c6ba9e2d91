//! Where a function's context and WebAssembly locals are, for debuggers: records beside the instructions, which change no code.

use inkwell::types::BasicTypeEnum;
use inkwell::values::BasicValueEnum;
use wootz_wasm_ir::ir::{Body, LocalRecord, LocalValue};
use wootz_wasm_ir::{LocalIndex, WasmOffset};

use crate::error::CompileError;
use crate::function::FunctionState;

impl<'ctx> FunctionState<'_, 'ctx> {
    /// Says where the context and the parameters are, from the first instruction on.
    pub(crate) fn describe_arguments(&mut self, start: WasmOffset) -> Result<(), CompileError> {
        if !self.module.debug.has_variables {
            return Ok(());
        }
        let debug = &self.module.debug;
        let location = debug.location(self.module.context, self.scope, start);
        let context = debug.context_variable(self.scope)?;
        debug.append_value(self.current_block()?, self.vmctx.into(), context, location);
        for index in 0..self.body.signature.params.len() as u32 {
            let Some(value) = self.function.get_nth_param(index + 1) else { break };
            self.describe(LocalIndex(index), value)?;
        }
        Ok(())
    }

    /// Whether a record is what a local starts with, and the entry block assigns it anyway. Optimised code does without: LLVM may put the
    /// two in the wrong order, and the value would be lost.
    fn is_replaced_at_once(&self, record: &LocalRecord) -> bool {
        let is_start = record.block == Body::ENTRY && !self.variables.contains_key(&record.local);
        let entry = || self.body.locals.of(Body::ENTRY).iter().rev();
        let last = || entry().find(|other| other.local == record.local);
        self.module.debug.is_optimised() && is_start && last() != Some(record)
    }

    /// Says what a local holds from here on.
    pub(crate) fn describe_local(&mut self, record: &LocalRecord) -> Result<(), CompileError> {
        if self.is_replaced_at_once(record) {
            return Ok(());
        }
        let Some(ty) = self.body.locals.ty(record.local) else { return Ok(()) };
        let ty = self.module.types.value(ty);
        let value = match record.value {
            LocalValue::Value(value) => self.value(value)?,
            LocalValue::Default => ty.const_zero(),
            LocalValue::Unknown => poison(ty),
        };
        self.describe(record.local, value)
    }

    fn describe(&mut self, local: LocalIndex, value: BasicValueEnum<'ctx>) -> Result<(), CompileError> {
        let debug = &self.module.debug;
        let Some(ty) = self.body.locals.ty(local) else { return Ok(()) };
        let variable = match self.variables.get(&local) {
            Some(variable) => *variable,
            None => {
                let is_fixed = self.fixed.contains(&local);
                debug.local_variable(self.scope, self.body.func, local, ty, is_fixed)?
            }
        };
        self.variables.insert(local, variable);
        let location = debug.location(self.module.context, self.scope, self.offset);
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
