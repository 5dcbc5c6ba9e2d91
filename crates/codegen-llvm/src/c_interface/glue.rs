//! The C functions of an object, in LLVM IR: a value of C goes into a slot of the runtime, or comes out of one.
//!
//! Numbers and pointers pass as they are, a `wootz_v128_t` by a pointer to it, and as a result in two integer registers, as
//! the C conventions of x86-64 and of 64-bit Arm have it for a union of 16 bytes.

use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::builder::Builder;
use inkwell::context::Context;
use inkwell::module::{FlagBehavior, Linkage, Module};
use inkwell::targets::{FileType, TargetTriple};
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FunctionType};
use inkwell::values::{BasicMetadataValueEnum, BasicValue, BasicValueEnum, FunctionValue, PointerValue};
use wootz_vm_abi::callconv::ValRaw;
use wootz_vm_abi::linked::{LINKED_MODULE, runtime};

use super::interface::{CType, FieldKind, Interface, Item, ItemKind, Signature, thunk_name};
use crate::error::CompileError;
use crate::llvm::LlvmContext;
use crate::target::TargetInfo;
use crate::types::Types;
use wootz_vm_abi::options::OptLevel;

type Result<T> = std::result::Result<T, CompileError>;

/// The object with the C functions. Global in it is what the header declares and the thunks of imports; undefined are functions of the runtime
/// and the module's description.
pub(super) fn object(interface: &Interface, target: &TargetInfo) -> Result<Vec<u8>> {
    let context = LlvmContext::new(false);
    let machine = target.machine(OptLevel::O2)?;
    let glue = Glue::new(context.get(), interface);
    glue.module.set_triple(&TargetTriple::create(target.machine.triple()));
    glue.module.set_data_layout(&machine.get_target_data().get_data_layout());
    glue.lifetime()?;
    interface.items.iter().try_for_each(|item| glue.item(item))?;
    for field in &interface.fields {
        if let FieldKind::Function(signature, _) = &field.kind {
            glue.thunk(&thunk_name(field.import), signature, field.offset)?;
        }
    }
    glue.module.verify().map_err(|error| CompileError::InvalidLlvm(error.to_string()))?;
    let object = machine
        .write_to_memory_buffer(&glue.module, FileType::Object)
        .map_err(|error| CompileError::Llvm(error.to_string()))?;
    match context.take_errors() {
        Some(errors) => Err(CompileError::Llvm(errors)),
        None => Ok(object.as_slice().to_vec()),
    }
}

struct Glue<'ctx> {
    context: &'ctx Context,
    module: Module<'ctx>,
    builder: Builder<'ctx>,
    types: Types<'ctx>,
    interface: &'ctx Interface,
}

impl<'ctx> Glue<'ctx> {
    fn new(context: &'ctx Context, interface: &'ctx Interface) -> Self {
        let module = context.create_module("c");
        let pic = context.i32_type().const_int(2, false);
        module.add_basic_value_flag("PIC Level", FlagBehavior::Override, pic);
        Self { context, module, builder: context.create_builder(), types: Types::new(context), interface }
    }

    /// A function that is being written, at its beginning.
    fn function(&self, name: &str, ty: FunctionType<'ctx>) -> FunctionValue<'ctx> {
        let function = self.module.add_function(name, ty, Some(Linkage::External));
        let kind = Attribute::get_named_enum_kind_id("uwtable");
        function.add_attribute(AttributeLoc::Function, self.context.create_enum_attribute(kind, 2));
        self.builder.position_at_end(self.context.append_basic_block(function, ""));
        function
    }

    /// Calls a function of the runtime.
    fn call_runtime(
        &self,
        name: &str,
        result: Option<BasicTypeEnum<'ctx>>,
        args: &[BasicValueEnum<'ctx>],
    ) -> Result<Option<BasicValueEnum<'ctx>>> {
        let function = self.module.get_function(name).unwrap_or_else(|| {
            let params: Vec<_> = args.iter().map(|arg| arg.get_type().into()).collect();
            self.module.add_function(name, self.signature(result, &params), Some(Linkage::External))
        });
        let args: Vec<_> = args.iter().map(|arg| (*arg).into()).collect();
        Ok(self.builder.build_call(function, &args, "")?.try_as_basic_value().basic())
    }

    fn signature(
        &self,
        result: Option<BasicTypeEnum<'ctx>>,
        params: &[BasicMetadataTypeEnum<'ctx>],
    ) -> FunctionType<'ctx> {
        match result {
            Some(result) => result.fn_type(params, false),
            None => self.types.void.fn_type(params, false),
        }
    }

    /// `NAME_new` and `NAME_free`.
    fn lifetime(&self) -> Result<()> {
        let (prefix, ptr) = (&self.interface.prefix, self.types.ptr);
        let has_imports = self.interface.has_imports();
        let params = if has_imports { vec![ptr.into(); 2] } else { vec![ptr.into()] };
        let new = self.function(&format!("{prefix}_new"), ptr.fn_type(&params, false));
        let description = self.module.add_global(self.types.i8, None, LINKED_MODULE);
        description.set_visibility(inkwell::GlobalVisibility::Hidden);
        let mut args: Vec<BasicValueEnum<'ctx>> = vec![description.as_pointer_value().into()];
        if !has_imports {
            args.push(ptr.const_null().into());
        }
        args.extend(new.get_params());
        let instance = self.call_runtime(runtime::NEW, Some(ptr.into()), &args)?;
        self.finish(instance)?;

        let free = self.function(&format!("{prefix}_free"), self.types.void.fn_type(&[ptr.into()], false));
        self.call_runtime(runtime::FREE, None, &free.get_params())?;
        self.finish(None)
    }

    fn finish(&self, result: Option<BasicValueEnum<'ctx>>) -> Result<()> {
        match result {
            Some(result) => self.builder.build_return(Some(&result))?,
            None => self.builder.build_return(None)?,
        };
        Ok(())
    }

    fn item(&self, item: &Item) -> Result<()> {
        let types = &self.types;
        let number: BasicValueEnum<'ctx> = types.i32.const_int(item.number.into(), false).into();
        let ptr: BasicMetadataTypeEnum<'ctx> = types.ptr.into();
        match &item.kind {
            ItemKind::Function(signature) => self.export(&item.c_name, signature, number),
            ItemKind::Memory => {
                let memory = self.function(&item.c_name, types.ptr.fn_type(&[ptr, ptr], false));
                let args = [self.param(memory, 0)?, number, self.param(memory, 1)?];
                self.finish(self.call_runtime(runtime::MEMORY, Some(types.ptr.into()), &args)?)?;
                let name = format!("{}_grow", item.c_name);
                let grow = self.function(&name, types.i64.fn_type(&[ptr, types.i64.into()], false));
                let args = [self.param(grow, 0)?, number, self.param(grow, 1)?];
                self.finish(self.call_runtime(runtime::MEMORY_GROW, Some(types.i64.into()), &args)?)
            }
            ItemKind::Global { ty, mutable } => self.global(&item.c_name, *ty, *mutable, number),
            ItemKind::Nothing => Ok(()),
        }
    }

    /// `R NAME(instance, params…, [results], trap)`.
    fn export(&self, name: &str, signature: &Signature, number: BasicValueEnum<'ctx>) -> Result<()> {
        let ptr: BasicMetadataTypeEnum<'ctx> = self.types.ptr.into();
        let function = self.function(name, self.c_function(signature, vec![ptr], vec![ptr]));
        let slots = self.room(signature.slots() * size_of::<ValRaw>())?;
        for (index, ty) in signature.params.iter().enumerate() {
            self.param_to_slot(
                *ty,
                self.param(function, index + 1)?,
                self.at(slots, index * size_of::<ValRaw>())?,
            )?;
        }
        let instance = self.param(function, 0)?;
        let trap = self.param(function, function.count_params() as usize - 1)?;
        self.call_runtime(runtime::CALL, None, &[instance, number, slots.into(), trap])?;
        if signature.has_result_struct() {
            let results = self.param(function, signature.params.len() + 1)?.into_pointer_value();
            for (index, (ty, offset)) in signature.results.iter().zip(signature.result_struct().0).enumerate()
            {
                self.copy(*ty, self.at(slots, index * size_of::<ValRaw>())?, self.at(results, offset)?)?;
            }
        }
        match signature.single_result() {
            Some(ty) => self.finish(Some(self.load(self.result_type(ty), slots)?)),
            None => self.finish(None),
        }
    }

    /// `void thunk(imports, instance, slots, trap)`: calls the function at an offset of the imports with their `user`.
    fn thunk(&self, name: &str, signature: &Signature, offset: usize) -> Result<()> {
        let ptr: BasicMetadataTypeEnum<'ctx> = self.types.ptr.into();
        let thunk = self.function(name, self.types.void.fn_type(&[ptr; 4], false));
        thunk.as_global_value().set_visibility(inkwell::GlobalVisibility::Hidden);
        let imports = self.param(thunk, 0)?.into_pointer_value();
        let slots = self.param(thunk, 2)?.into_pointer_value();
        let callee = self.load(self.types.ptr.into(), self.at(imports, offset)?)?.into_pointer_value();
        let mut args: Vec<BasicMetadataValueEnum<'ctx>> =
            vec![self.load(self.types.ptr.into(), imports)?.into(), self.param(thunk, 1)?.into()];
        for (index, ty) in signature.params.iter().enumerate() {
            let slot = self.at(slots, index * size_of::<ValRaw>())?;
            args.push(if *ty == CType::V128 {
                slot.into()
            } else {
                self.load(self.value_type(*ty), slot)?.into()
            });
        }
        let (offsets, size) = signature.result_struct();
        let results = if signature.has_result_struct() { Some(self.room(size)?) } else { None };
        args.extend(results.map(BasicMetadataValueEnum::from));
        args.push(self.param(thunk, 3)?.into());
        let ty = self.c_function(signature, vec![ptr, ptr], vec![ptr]);
        let result = self.builder.build_indirect_call(ty, callee, &args, "")?.try_as_basic_value().basic();
        match (results, result) {
            (Some(results), _) => {
                for (index, (ty, offset)) in signature.results.iter().zip(offsets).enumerate() {
                    self.copy(*ty, self.at(results, offset)?, self.at(slots, index * size_of::<ValRaw>())?)?;
                }
            }
            (None, Some(result)) => self.store(result, slots)?,
            (None, None) => {}
        }
        self.finish(None)
    }

    fn global(&self, name: &str, ty: CType, mutable: bool, number: BasicValueEnum<'ctx>) -> Result<()> {
        let ptr: BasicMetadataTypeEnum<'ctx> = self.types.ptr.into();
        let get = self.function(name, self.signature(Some(self.result_type(ty)), &[ptr]));
        let slot = self.room(size_of::<ValRaw>())?;
        self.call_runtime(runtime::GLOBAL_GET, None, &[self.param(get, 0)?, number, slot.into()])?;
        self.finish(Some(self.load(self.result_type(ty), slot)?))?;
        if !mutable {
            return Ok(());
        }
        let set = self.function(&format!("{name}_set"), self.signature(None, &[ptr, self.param_type(ty)]));
        let slot = self.room(size_of::<ValRaw>())?;
        self.param_to_slot(ty, self.param(set, 1)?, slot)?;
        self.call_runtime(runtime::GLOBAL_SET, None, &[self.param(set, 0)?, number, slot.into()])?;
        self.finish(None)
    }

    /// A function's type in C: what is before its parameters, and after them and the pointer to several results.
    fn c_function(
        &self,
        signature: &Signature,
        before: Vec<BasicMetadataTypeEnum<'ctx>>,
        after: Vec<BasicMetadataTypeEnum<'ctx>>,
    ) -> FunctionType<'ctx> {
        let mut params = before;
        params.extend(signature.params.iter().map(|ty| self.param_type(*ty)));
        params.extend(signature.has_result_struct().then_some(BasicMetadataTypeEnum::from(self.types.ptr)));
        params.extend(after);
        self.signature(signature.single_result().map(|ty| self.result_type(ty)), &params)
    }

    /// A value in memory.
    fn value_type(&self, ty: CType) -> BasicTypeEnum<'ctx> {
        match ty {
            CType::I32 => self.types.i32.into(),
            CType::I64 => self.types.i64.into(),
            CType::F32 => self.types.f32.into(),
            CType::F64 => self.types.f64.into(),
            CType::V128 => self.types.v128.into(),
            CType::ExternRef | CType::FuncRef => self.types.ptr.into(),
        }
    }

    fn param_type(&self, ty: CType) -> BasicMetadataTypeEnum<'ctx> {
        if ty == CType::V128 { self.types.ptr.into() } else { self.value_type(ty).into() }
    }

    fn result_type(&self, ty: CType) -> BasicTypeEnum<'ctx> {
        let i64 = self.types.i64.into();
        if ty == CType::V128 {
            self.context.struct_type(&[i64, i64], false).into()
        } else {
            self.value_type(ty)
        }
    }

    fn param_to_slot(&self, ty: CType, value: BasicValueEnum<'ctx>, slot: PointerValue<'ctx>) -> Result<()> {
        match ty {
            CType::V128 => self.copy(ty, value.into_pointer_value(), slot),
            _ => self.store(value, slot),
        }
    }

    fn param(&self, function: FunctionValue<'ctx>, index: usize) -> Result<BasicValueEnum<'ctx>> {
        let missing = || CompileError::InvalidLlvm("a C function has fewer parameters".into());
        function.get_nth_param(index as u32).ok_or_else(missing)
    }

    fn room(&self, bytes: usize) -> Result<PointerValue<'ctx>> {
        let size = u32::try_from(bytes.max(1))
            .map_err(|_| CompileError::Llvm("a signature has too many values".into()))?;
        let room = self.builder.build_alloca(self.types.i8.array_type(size), "")?;
        if let Some(alloca) = room.as_instruction() {
            alloca.set_alignment(align_of::<ValRaw>() as u32)?;
        }
        Ok(room)
    }

    fn at(&self, base: PointerValue<'ctx>, offset: usize) -> Result<PointerValue<'ctx>> {
        let offset = self.types.i64.const_int(offset as u64, false);
        Ok(crate::llvm::byte_offset(&self.builder, self.types.i8, base, offset)?)
    }

    fn load(&self, ty: BasicTypeEnum<'ctx>, from: PointerValue<'ctx>) -> Result<BasicValueEnum<'ctx>> {
        let value = self.builder.build_load(ty, from, "")?;
        if let (Some(load), true) = (value.as_instruction_value(), ty.is_vector_type()) {
            load.set_alignment(8)?;
        }
        Ok(value)
    }

    fn store(&self, value: BasicValueEnum<'ctx>, to: PointerValue<'ctx>) -> Result<()> {
        let store = self.builder.build_store(to, value)?;
        if value.is_vector_value() {
            store.set_alignment(8)?;
        }
        Ok(())
    }

    fn copy(&self, ty: CType, from: PointerValue<'ctx>, to: PointerValue<'ctx>) -> Result<()> {
        self.store(self.load(self.value_type(ty), from)?, to)
    }
}
