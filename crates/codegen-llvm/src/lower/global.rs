//! Globals (specification: Variable Instructions).

use inkwell::values::{BasicValue, BasicValueEnum, PointerValue};
use wootz_vm_abi::context::{Place, VMGlobal};
use wootz_wasm_ir::GlobalIndex;

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::metadata::Region;

pub(super) fn get<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    global: GlobalIndex,
) -> Result<BasicValueEnum<'ctx>, CompileError> {
    let ty = f.module.declarations.globals[global].ty;
    let storage = storage(f, global)?;
    f.load(f.module.types.value(ty.content), storage, 0, Region::Context, !ty.mutable)
}

pub(super) fn set<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    global: GlobalIndex,
    value: BasicValueEnum<'ctx>,
) -> Result<(), CompileError> {
    let storage = storage(f, global)?;
    let store = crate::function::store(f.module, value, storage, 0, Region::Context)?;
    // Who sees the global after a fault must see what was set before it, and nothing set after.
    store.set_volatile(f.module.ordered)?;
    Ok(())
}

/// Where the global's value is.
fn storage<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    global: GlobalIndex,
) -> Result<PointerValue<'ctx>, CompileError> {
    f.place(f.module.layout.global(global), size_of::<VMGlobal>())
}

impl<'ctx> FunctionState<'_, 'ctx> {
    /// The address of an entity of `size` bytes in the context, or of one that the context points to.
    pub(super) fn place(&self, place: Place, size: usize) -> Result<PointerValue<'ctx>, CompileError> {
        match place {
            Place::Inline(offset) => self.field(self.vmctx, offset),
            Place::Pointer(offset) => {
                let ptr = self.module.types.ptr.into();
                let pointer = self.load(ptr, self.vmctx, offset, Region::Context, true)?;
                if let Some(load) = pointer.as_instruction_value() {
                    self.module.metadata.points_to(load, size)?;
                }
                Ok(pointer.into_pointer_value())
            }
        }
    }
}
