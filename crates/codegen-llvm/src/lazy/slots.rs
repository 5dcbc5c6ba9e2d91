//! Calls of functions that are in no object of the fragment: through their slots.
//!
//! A direct call gets it after the passes, which see plain calls and may inline what they are shown of the callees. They also delete
//! functions, and may declare others in the same memory: a function is known by its name, nothing else.

use std::collections::HashMap;

use inkwell::module::Linkage;
use inkwell::values::{BasicValue, CallSiteValue, FunctionValue, GlobalValue, IntValue, PointerValue};
use inkwell::{GlobalVisibility, values::InstructionValue};
use wootz_vm_abi::lazy::{DATA_SYMBOL, Entry, LazyLayout};
use wootz_wasm_ir::FuncIndex;

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::llvm::byte_offset;
use crate::metadata::Region;
use crate::module::ModuleState;
use crate::symbol::Symbol;

/// Replaces the callee of every call of a function that `goes_through_slot` by what its slot holds.
pub(super) fn call_through_slots(
    module: &ModuleState<'_>,
    layout: &LazyLayout,
    goes_through_slot: impl Fn(FuncIndex) -> bool,
) -> Result<(), CompileError> {
    let callees: HashMap<FunctionValue<'_>, FuncIndex> = (module.module.get_functions())
        .filter_map(|function| match Symbol::parse(function.get_name().to_str().ok()?) {
            Some(Symbol::Wasm(func)) if goes_through_slot(func) => Some((function, func)),
            _ => None,
        })
        .collect();
    if callees.is_empty() {
        return Ok(());
    }
    let data = data(module);
    let calls = module.module.get_functions().flat_map(|function| {
        let blocks = function.get_basic_block_iter();
        blocks.flat_map(|block| block.get_instructions().collect::<Vec<_>>()).collect::<Vec<_>>()
    });
    for call in calls.collect::<Vec<InstructionValue<'_>>>() {
        let Ok(site) = CallSiteValue::try_from(call) else { continue };
        let Some(callee) = site.get_called_fn_value() else { continue };
        let Some(func) = callees.get(&callee) else { continue };
        let offset = layout.slot(layout.number(Entry::Function(*func)));
        let b = &module.builder;
        b.position_before(&call);
        b.unset_current_debug_location();
        let slot = crate::function::field(module, data.as_pointer_value(), offset)?;
        let code = b.build_load(module.types.ptr, slot, "")?;
        // The callee is the last operand.
        let last = call.get_num_operands() - 1;
        if !call.set_operand(last, code.as_basic_value_enum()) {
            return Err(CompileError::InvalidLlvm("a call has no callee".into()));
        }
    }
    Ok(())
}

/// The code in the slot of an entry, by the entry's number in 64 bits.
pub(crate) fn load_slot<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    number: IntValue<'ctx>,
) -> Result<PointerValue<'ctx>, CompileError> {
    let b = f.builder();
    let slots = f.field(data(f.module).as_pointer_value(), LazyLayout::SLOTS)?;
    let shift = f.module.types.i64.const_int(LazyLayout::SLOT_SHIFT, false);
    let slot = byte_offset(b, f.module.types.i8, slots, b.build_left_shift(number, shift, "")?)?;
    let code = b.build_load(f.module.types.ptr, slot, "")?;
    if let Some(load) = code.as_instruction_value() {
        f.module.metadata.region(load, Region::Context)?;
    }
    Ok(code.into_pointer_value())
}

/// The data outside of the fragment.
pub(crate) fn data<'ctx>(module: &ModuleState<'ctx>) -> GlobalValue<'ctx> {
    module.module.get_global(DATA_SYMBOL).unwrap_or_else(|| {
        let global = module.module.add_global(module.types.i8, None, DATA_SYMBOL);
        global.set_linkage(Linkage::External);
        // At a distance that is known when the fragment is placed: no global offset table.
        global.set_visibility(GlobalVisibility::Hidden);
        global
    })
}
