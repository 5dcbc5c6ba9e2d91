//! LLVM's types for WebAssembly's, and signatures as `vm_abi::callconv` defines them.

use std::iter;

use inkwell::AddressSpace;
use inkwell::context::Context;
use inkwell::types::{
    BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FloatType, FunctionType, IntType, PointerType,
    VectorType, VoidType,
};
use inkwell::values::{BasicMetadataValueEnum, PointerValue};
use wootz_vm_abi::builtin::{AbiResult, AbiType, Builtin};
use wootz_vm_abi::callconv;
use wootz_wasm_ir::ir::{FloatShape, FloatWidth, IntShape, IntWidth};
use wootz_wasm_ir::{FuncType, ValType};

/// The types of one context.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Types<'ctx> {
    context: &'ctx Context,
    pub(crate) void: VoidType<'ctx>,
    pub(crate) i1: IntType<'ctx>,
    pub(crate) i8: IntType<'ctx>,
    pub(crate) i16: IntType<'ctx>,
    pub(crate) i32: IntType<'ctx>,
    pub(crate) i64: IntType<'ctx>,
    pub(crate) i128: IntType<'ctx>,
    pub(crate) f32: FloatType<'ctx>,
    pub(crate) f64: FloatType<'ctx>,
    pub(crate) v128: VectorType<'ctx>,
    pub(crate) ptr: PointerType<'ctx>,
}

impl<'ctx> Types<'ctx> {
    pub(crate) fn new(context: &'ctx Context) -> Self {
        Self {
            context,
            void: context.void_type(),
            i1: context.bool_type(),
            i8: context.i8_type(),
            i16: context.i16_type(),
            i32: context.i32_type(),
            i64: context.i64_type(),
            i128: context.i128_type(),
            f32: context.f32_type(),
            f64: context.f64_type(),
            v128: context.i8_type().vec_type(16),
            ptr: context.ptr_type(AddressSpace::default()),
        }
    }

    pub(crate) fn value(&self, ty: ValType) -> BasicTypeEnum<'ctx> {
        match ty {
            ValType::I32 => self.i32.into(),
            ValType::I64 => self.i64.into(),
            ValType::F32 => self.f32.into(),
            ValType::F64 => self.f64.into(),
            ValType::V128 => self.v128.into(),
            ValType::Ref(_) => self.ptr.into(),
        }
    }

    pub(crate) fn int(&self, width: IntWidth) -> IntType<'ctx> {
        match width {
            IntWidth::I32 => self.i32,
            IntWidth::I64 => self.i64,
        }
    }

    pub(crate) fn float(&self, width: FloatWidth) -> FloatType<'ctx> {
        match width {
            FloatWidth::F32 => self.f32,
            FloatWidth::F64 => self.f64,
        }
    }

    /// A vector of integers.
    pub(crate) fn ints(&self, shape: IntShape) -> VectorType<'ctx> {
        match shape {
            IntShape::I8x16 => self.i8.vec_type(16),
            IntShape::I16x8 => self.i16.vec_type(8),
            IntShape::I32x4 => self.i32.vec_type(4),
            IntShape::I64x2 => self.i64.vec_type(2),
        }
    }

    /// A vector of floats.
    pub(crate) fn floats(&self, shape: FloatShape) -> VectorType<'ctx> {
        match shape {
            FloatShape::F32x4 => self.f32.vec_type(4),
            FloatShape::F64x2 => self.f64.vec_type(2),
        }
    }

    /// Several results as one value.
    pub(crate) fn tuple(&self, types: &[ValType]) -> BasicTypeEnum<'ctx> {
        let fields: Vec<_> = types.iter().map(|ty| self.value(*ty)).collect();
        self.context.struct_type(&fields, false).into()
    }

    /// The signature of a function in the WebAssembly convention.
    pub(crate) fn wasm_function(&self, ty: &FuncType) -> FunctionType<'ctx> {
        self.wasm_code(&ty.params, &ty.results)
    }

    /// The signature of code in the WebAssembly convention that is handed `values`.
    pub(crate) fn wasm_code(&self, values: &[ValType], results: &[ValType]) -> FunctionType<'ctx> {
        let through_memory = callconv::are_returned_through_memory(results);
        let mut params: Vec<BasicMetadataTypeEnum<'ctx>> = vec![self.ptr.into()];
        params.extend(values.iter().map(|ty| BasicMetadataTypeEnum::from(self.value(*ty))));
        if callconv::is_padded(values.iter().copied(), through_memory) {
            params.push(self.f64.into());
        }
        if through_memory {
            params.push(self.ptr.into());
            return self.void.fn_type(&params, false);
        }
        match results {
            [] => self.void.fn_type(&params, false),
            [result] => self.value(*result).fn_type(&params, false),
            results => self.tuple(results).fn_type(&params, false),
        }
    }

    /// Adds to the context and the values that code of the type `ty` is handed what comes after them.
    pub(crate) fn complete_args(
        &self,
        ty: FunctionType<'ctx>,
        args: &mut Vec<BasicMetadataValueEnum<'ctx>>,
        results: Option<PointerValue<'ctx>>,
    ) {
        let missing = (ty.count_param_types() as usize).saturating_sub(args.len());
        let padding = missing.saturating_sub(usize::from(results.is_some()));
        args.extend(iter::repeat_n(BasicMetadataValueEnum::from(self.f64.get_poison()), padding));
        args.extend(results.map(BasicMetadataValueEnum::from));
    }

    /// `callconv::HostEntry`.
    pub(crate) fn host_entry(&self) -> FunctionType<'ctx> {
        self.void.fn_type(&[self.ptr.into(), self.ptr.into(), self.ptr.into()], false)
    }

    /// `callconv::HostCallee`.
    pub(crate) fn host_callee(&self) -> FunctionType<'ctx> {
        self.i32.fn_type(&[self.ptr.into(), self.ptr.into(), self.ptr.into()], false)
    }

    /// The signature of a builtin, with the context it takes first.
    pub(crate) fn builtin(&self, builtin: Builtin) -> FunctionType<'ctx> {
        let abi = |ty: AbiType| -> BasicTypeEnum<'ctx> {
            match ty {
                AbiType::I32 => self.i32.into(),
                AbiType::I64 => self.i64.into(),
                AbiType::Ref => self.ptr.into(),
            }
        };
        let mut params: Vec<BasicMetadataTypeEnum<'ctx>> = vec![self.ptr.into()];
        params.extend(builtin.params().iter().map(|ty| BasicMetadataTypeEnum::from(abi(*ty))));
        match builtin.result() {
            AbiResult::Outcome => self.i64.fn_type(&params, false),
            AbiResult::Status => self.i32.fn_type(&params, false),
            AbiResult::Value(ty) => abi(ty).fn_type(&params, false),
        }
    }
}
