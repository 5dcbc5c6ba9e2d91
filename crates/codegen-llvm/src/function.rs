//! State of the function being lowered, and the walk over its body.
//!
//! ```text
//! entry:  buffer for results in memory, stack check         (block `entry`)
//! start:  loads of what stays the same for the whole call   (block `start`, grows while the body is lowered)
//! body:   one LLVM block per IR block, more where an operator branches
//! traps:  one cold block per check, at the end
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem::offset_of;
use std::ops::Range;

use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::builder::Builder;
use inkwell::debug_info::{AsDIScope, DIScope};
use inkwell::types::BasicTypeEnum;
use inkwell::values::{
    BasicValue, BasicValueEnum, FloatValue, FunctionValue, InstructionValue, IntValue, PhiValue, PointerValue,
};
use wootz_vm_abi::callconv::{self, ValRaw};
use wootz_vm_abi::context::{VMContext, VMStoreContext};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{
    Block, Body, Constant, Disjoint, FloatUnary, Group, Inst, Op, Relaxed, Value, ValueDef, VectorOp,
};
use wootz_wasm_ir::{FuncIndex, LocalIndex, WasmOffset};

use crate::debug::DebugInfo;
use crate::dispatch_loops::DispatchLoops;
use crate::error::CompileError;
use crate::fuel;
use crate::intrinsics::Intrinsic;
use crate::lazy::{self, Counting, LoopEntry};
use crate::metadata::Region;
use crate::module::{ModuleState, WASM_CONVENTION};
use crate::pipeline::Lowered;
use crate::restrain::is_restrained;
use crate::scalar_loops::ScalarLoops;
use crate::symbol::Symbol;
use crate::traps::PendingTrap;
use crate::variables::Described;

/// A body with more values than this checks the stack even if it calls nothing: its frame may be large.
const LARGE_BODY: usize = 2000;

/// State of one function.
pub(crate) struct FunctionState<'m, 'ctx> {
    pub(crate) module: &'m ModuleState<'ctx>,
    pub(crate) body: &'m Body,
    pub(crate) function: FunctionValue<'ctx>,
    pub(crate) vmctx: PointerValue<'ctx>,
    pub(crate) traps: Vec<PendingTrap<'ctx>>,
    /// Base of each guarded memory, once it has been loaded.
    pub(crate) bases: Vec<Option<PointerValue<'ctx>>>,
    /// Where callees put results that are returned through memory.
    pub(crate) results: Option<PointerValue<'ctx>>,
    /// Space of 17 bytes, if an operator of the body needs it.
    pub(crate) scratch: Option<PointerValue<'ctx>>,
    /// Where this function's own caller wants results that are returned through memory.
    pub(crate) result_slots: Option<PointerValue<'ctx>>,
    /// How the function counts, if it does.
    pub(crate) counting: Option<Counting>,
    /// Where the function begins, if that is the head of a loop.
    pub(crate) entry: Option<LoopEntry>,
    pub(crate) values: Vec<Option<BasicValueEnum<'ctx>>>,
    /// Places of values that have several definitions: those handed over to a loop, and defined again in it.
    pub(crate) redefined: BTreeMap<Value, PointerValue<'ctx>>,
    blocks: Vec<LoweredBlock<'ctx>>,
    pub(crate) start: BasicBlock<'ctx>,
    /// What the function's positions belong to, if they are kept.
    pub(crate) scope: Option<(&'m DebugInfo<'ctx>, DIScope<'ctx>)>,
    /// The loops that are not to be vectorised.
    scalar_loops: ScalarLoops,
    /// The loops that nothing is to be hoisted from.
    dispatch_loops: DispatchLoops,
    /// Which copy of a loop is lowered: 1 if another block has the same code.
    pub(crate) copy: u32,
    /// Whether accesses that others compare for are compared themselves.
    pub(crate) compares_each: bool,
    /// The variables of locals, if debug information has them, each with the offset that its value is told by.
    pub(crate) variables: HashMap<(LocalIndex, WasmOffset), Described<'ctx>>,
    /// The locals that keep the value that they get in the entry block.
    pub(crate) fixed: BTreeSet<LocalIndex>,
    /// What is kept to the function's end for debuggers.
    pub(crate) kept: BTreeMap<LocalIndex, BasicValueEnum<'ctx>>,
    pub(crate) start_offset: WasmOffset,
    /// Byte offset of the instruction being lowered.
    pub(crate) offset: WasmOffset,
    /// The counters of the module's branches, if they are counted.
    pub(crate) counters: Option<PointerValue<'ctx>>,
}

/// An IR block in LLVM.
struct LoweredBlock<'ctx> {
    block: BasicBlock<'ctx>,
    phis: Vec<PhiValue<'ctx>>,
}

/// Lowers one function into the module. `range` is where its body is in the binary.
pub(crate) fn lower_function(
    module: &ModuleState<'_>,
    body: &Body,
    range: Range<WasmOffset>,
) -> Result<(), CompileError> {
    FunctionState::new(module, body, module.function(body.func), range.start, None)?.lower(range)
}

/// Lowers the way into a function at the head of a loop.
pub(crate) fn lower_loop(
    module: &ModuleState<'_>,
    body: &Body,
    range: Range<WasmOffset>,
    entry: LoopEntry,
) -> Result<(), CompileError> {
    let ty = lazy::function_type(module, body, &entry.values);
    let function = module.add_function(Symbol::Loop(body.func, entry.head), ty, WASM_CONVENTION);
    FunctionState::new(module, body, function, range.start, Some(entry))?.lower(range)
}

impl<'m, 'ctx> FunctionState<'m, 'ctx> {
    fn new(
        module: &'m ModuleState<'ctx>,
        body: &'m Body,
        function: FunctionValue<'ctx>,
        start: WasmOffset,
        loop_entry: Option<LoopEntry>,
    ) -> Result<Self, CompileError> {
        if body.blocks.is_empty() {
            let message = "the body has no blocks".into();
            return Err(CompileError::InvalidIr { func: body.func, message });
        }
        let symbol = Symbol::Wasm(body.func).to_string();
        let scope = module.debug.as_ref().map(|debug| {
            let subprogram = debug.subprogram(body.func, &symbol, start);
            function.set_subprogram(subprogram);
            (debug, subprogram.as_debug_info_scope())
        });
        let params = function.get_params();
        let missing = || CompileError::InvalidLlvm(format!("{symbol} has no context parameter"));
        let vmctx = params.first().ok_or_else(missing)?.into_pointer_value();
        let result_slots = callconv::returns_through_memory(&body.signature)
            .then(|| params.last().map(|slots| slots.into_pointer_value()))
            .flatten();
        let entry = module.context.append_basic_block(function, "entry");
        module.builder.position_at_end(entry);
        Ok(Self {
            module,
            body,
            function,
            vmctx,
            traps: Vec::new(),
            bases: vec![None; module.plans.len()],
            results: None,
            scratch: None,
            result_slots,
            counting: module.counting.map(|layout| Counting::new(layout, body, module.is_private(body.func))),
            entry: loop_entry,
            values: vec![None; body.values.len()],
            redefined: BTreeMap::new(),
            blocks: Vec::new(),
            start: entry,
            scope,
            scalar_loops: ScalarLoops::new(module, body),
            dispatch_loops: DispatchLoops::new(body),
            copy: 0,
            compares_each: false,
            variables: HashMap::new(),
            fixed: body.locals.assigned_once(body.signature.params.len()),
            kept: BTreeMap::new(),
            start_offset: start,
            offset: start,
            counters: None,
        })
    }

    fn lower(mut self, range: Range<WasmOffset>) -> Result<(), CompileError> {
        let (module, body) = (self.module, self.body);
        if !is_restrained(module, self.function, body, range.len()) {
            module.lowered.borrow_mut().push(Lowered::new(self.function, body));
        }
        self.emit_entry(range.start)?;
        self.emit_blocks()?;
        self.take_over()?;
        let checks = if module.fuel { fuel::checking_blocks(body) } else { Vec::new() };
        for block in body.blocks.keys() {
            module.builder.position_at_end(self.target(block).0);
            if self.entry.as_ref().is_some_and(|entry| !entry.is_reached(block)) {
                module.builder.build_unreachable()?;
                continue;
            }
            self.keep_params(block)?;
            self.count(block)?;
            if let Some(check) = checks.get(block.index()) {
                self.charge(block, *check)?;
            }
            self.lower_block(block)?;
        }
        self.emit_start()?;
        self.emit_traps()?;
        module.builder.unset_current_debug_location();
        Ok(())
    }

    /// The buffer for callees' results and the stack check.
    fn emit_entry(&mut self, start: WasmOffset) -> Result<(), CompileError> {
        self.set_offset(start);
        self.meet_entry(start)?;
        self.describe_arguments(start)?;
        let types = &self.module.types;
        let slots = self.body.insts.values().filter_map(|inst| self.results_in_memory(inst.op)).max();
        if let Some(slots) = slots {
            let size = u32::try_from(slots * size_of::<ValRaw>())
                .map_err(|_| CompileError::Llvm("a signature has too many results".into()))?;
            let buffer = self.builder().build_alloca(types.i8.array_type(size), "results")?;
            if let Some(alloca) = buffer.as_instruction() {
                alloca.set_alignment(align_of::<ValRaw>() as u32)?;
            }
            self.results = Some(buffer);
        }
        if self.body.insts.values().any(|inst| works_in_memory(inst.op, self.module)) {
            let scratch = self.builder().build_alloca(self.module.types.i8.array_type(17), "scratch")?;
            if let Some(alloca) = scratch.as_instruction() {
                alloca.set_alignment(16)?;
            }
            self.scratch = Some(scratch);
        }
        for value in self.entry.iter().flat_map(LoopEntry::redefined) {
            let place = self.builder().build_alloca(self.module.types.value(self.body.ty(value)), "")?;
            self.redefined.insert(value, place);
        }
        if self.needs_stack_check() {
            let store = self.load_store_context()?;
            self.check_stack(store)?;
        }
        self.start = self.module.context.append_basic_block(self.function, "start");
        self.builder().build_unconditional_branch(self.start)?;
        Ok(())
    }

    /// Number of slots that a call needs for results in memory.
    fn results_in_memory(&self, op: Op) -> Option<usize> {
        let declarations = self.module.declarations;
        let ty = match op {
            Op::Call(func) => declarations.signature(func),
            Op::CallIndirect { ty, .. } | Op::CallRef(ty) => &declarations.types[ty],
            _ => return None,
        };
        callconv::returns_through_memory(ty).then_some(ty.results.len())
    }

    fn needs_stack_check(&self) -> bool {
        let rounds = self.module.isa.rounds();
        let calls = |op: Op| op.calls() || !rounds && calls_to_round(op);
        self.body.values.len() > LARGE_BODY || self.body.insts.values().any(|inst| calls(inst.op))
    }

    /// Traps if the stack pointer is below the store's limit.
    pub(crate) fn check_stack(&mut self, store: PointerValue<'ctx>) -> Result<(), CompileError> {
        let exhausted = stack_is_exhausted(self.module, store)?;
        self.trap_if(exhausted, TrapCode::StackExhausted)
    }

    /// LLVM blocks for all IR blocks, with phis for their parameters.
    fn emit_blocks(&mut self) -> Result<(), CompileError> {
        for (index, data) in self.body.blocks.iter() {
            let block = self.module.context.append_basic_block(self.function, &index.to_string());
            let mut phis = Vec::new();
            if index == Body::ENTRY && self.entry.is_none() {
                for (position, param) in data.params.iter().enumerate() {
                    let value = self.function.get_nth_param(position as u32 + 1);
                    self.values[param.index()] = value;
                }
            } else {
                self.builder().position_at_end(block);
                self.builder().unset_current_debug_location();
                for param in &data.params {
                    let ty = self.module.types.value(self.body.ty(*param));
                    let phi = self.builder().build_phi(ty, "")?;
                    self.values[param.index()] = Some(phi.as_basic_value());
                    phis.push(phi);
                }
            }
            self.blocks.push(LoweredBlock { block, phis });
        }
        Ok(())
    }

    fn lower_block(&mut self, index: Block) -> Result<(), CompileError> {
        let data = &self.body.blocks[index];
        self.copy = u32::from(self.body.copies.binary_search(&index).is_ok());
        if self.scalar_loops.begins_at(index) {
            crate::inline_asm::keep_scalar(self.module)?;
        }
        let mut records = self.body.locals.of(index).iter().peekable();
        for (position, inst) in data.insts.iter().enumerate() {
            while let Some(record) = records.next_if(|record| record.position as usize <= position) {
                self.describe_local(record)?;
            }
            self.set_offset(self.body.insts[*inst].offset);
            crate::lower::check_ahead(self, index, position)?;
            crate::lower::lower_inst(self, *inst)?;
        }
        records.try_for_each(|record| self.describe_local(record))?;
        self.set_offset(data.terminator.offset);
        if data.terminator.kind.successors().next().is_none() {
            self.keep_variables()?;
        }
        let here = self.current_block()?;
        crate::lower::lower_terminator(self, &data.terminator.kind)?;
        if let Some(branch) = here.get_terminator() {
            self.restrain_loop(index, branch)?;
        }
        Ok(())
    }

    /// Says what LLVM must leave of the loop that a block's terminator repeats, if it repeats one.
    fn restrain_loop(&self, block: Block, branch: InstructionValue<'ctx>) -> Result<(), CompileError> {
        let terminator = &self.body.blocks[block].terminator.kind;
        if terminator.successors().any(|target| self.dispatch_loops.repeats(target.block, block)) {
            self.module.metadata.dispatch_loop(branch)?;
        }
        Ok(())
    }

    /// Ends the block of loads that every path shares.
    fn emit_start(&mut self) -> Result<(), CompileError> {
        self.builder().position_at_end(self.start);
        let first = self.entry.as_ref().map_or(Body::ENTRY, |entry| entry.head);
        self.builder().build_unconditional_branch(self.blocks[first.index()].block)?;
        Ok(())
    }

    /// Emits instructions into the start block, whose values every other block can use.
    pub(crate) fn in_start<T>(
        &mut self,
        emit: impl FnOnce(&mut Self) -> Result<T, CompileError>,
    ) -> Result<T, CompileError> {
        let (here, offset) = (self.current_block()?, self.offset);
        self.builder().position_at_end(self.start);
        // For a debugger this is the function's beginning, whatever instruction needs it first.
        self.set_offset(self.start_offset);
        let value = emit(self)?;
        self.builder().position_at_end(here);
        self.set_offset(offset);
        Ok(value)
    }

    pub(crate) fn builder(&self) -> &'m Builder<'ctx> {
        &self.module.builder
    }

    pub(crate) fn current_block(&self) -> Result<BasicBlock<'ctx>, CompileError> {
        self.builder()
            .get_insert_block()
            .ok_or_else(|| CompileError::InvalidLlvm("the builder has no position".into()))
    }

    /// Gives what is emitted next the debug location of a WebAssembly instruction.
    pub(crate) fn set_offset(&mut self, offset: WasmOffset) {
        self.offset = offset;
        if let Some((debug, scope)) = self.scope {
            let location = debug.location(self.module.context, scope, offset, self.copy);
            self.builder().set_current_debug_location(location);
        }
    }

    /// The LLVM block and the phis of an IR block.
    pub(crate) fn target(&self, block: Block) -> (BasicBlock<'ctx>, &[PhiValue<'ctx>]) {
        let target = &self.blocks[block.index()];
        (target.block, &target.phis)
    }

    /// The LLVM value of an IR value. IR order guarantees that it is defined.
    pub(crate) fn value(&self, value: Value) -> Result<BasicValueEnum<'ctx>, CompileError> {
        if let Some(place) = self.redefined.get(&value) {
            let ty = self.module.types.value(self.body.ty(value));
            return Ok(self.builder().build_load(ty, *place, "")?);
        }
        self.values[value.index()].ok_or_else(|| CompileError::InvalidIr {
            func: self.body.func,
            message: format!("{value} is used before its definition"),
        })
    }

    /// The instruction that defines a value, unless a block parameter does.
    pub(crate) fn defining_inst(&self, value: Value) -> Option<Inst> {
        match self.body.values[value].def {
            ValueDef::Result(inst, _) => Some(inst),
            ValueDef::Param(..) => None,
        }
    }

    /// The constant that a value is, if it is one.
    pub(crate) fn constant(&self, value: Value) -> Option<Constant> {
        match self.body.insts[self.defining_inst(value)?].op {
            Op::Const(constant) => Some(constant),
            _ => None,
        }
    }

    pub(crate) fn arg(&self, inst: Inst, index: usize) -> Result<BasicValueEnum<'ctx>, CompileError> {
        let args = self.body.args(inst);
        let arg = args.get(index).ok_or_else(|| CompileError::InvalidIr {
            func: self.body.func,
            message: format!("{inst} has {} operands, needs more", args.len()),
        })?;
        self.value(*arg)
    }

    pub(crate) fn int(&self, inst: Inst, index: usize) -> Result<IntValue<'ctx>, CompileError> {
        Ok(self.arg(inst, index)?.into_int_value())
    }

    pub(crate) fn float(&self, inst: Inst, index: usize) -> Result<FloatValue<'ctx>, CompileError> {
        Ok(self.arg(inst, index)?.into_float_value())
    }

    pub(crate) fn pointer(&self, inst: Inst, index: usize) -> Result<PointerValue<'ctx>, CompileError> {
        Ok(self.arg(inst, index)?.into_pointer_value())
    }

    /// Gives an IR value its LLVM value.
    pub(crate) fn define(&mut self, value: Value, lowered: BasicValueEnum<'ctx>) -> Result<(), CompileError> {
        self.values[value.index()] = Some(lowered);
        if let Some(place) = self.redefined.get(&value) {
            self.builder().build_store(*place, lowered)?;
        }
        Ok(())
    }

    /// Calls an intrinsic that returns a value.
    pub(crate) fn intrinsic(
        &self,
        intrinsic: Intrinsic,
        args: &[BasicValueEnum<'ctx>],
    ) -> Result<BasicValueEnum<'ctx>, CompileError> {
        let function = self.module.intrinsic(intrinsic)?;
        let args: Vec<_> = args.iter().map(|arg| (*arg).into()).collect();
        let call = self.builder().build_call(function, &args, "")?;
        call.try_as_basic_value()
            .basic()
            .ok_or_else(|| CompileError::InvalidLlvm(format!("{intrinsic:?} returns nothing")))
    }

    /// `base + offset`, a constant number of bytes.
    pub(crate) fn field(
        &self,
        base: PointerValue<'ctx>,
        offset: usize,
    ) -> Result<PointerValue<'ctx>, CompileError> {
        field(self.module, base, offset)
    }

    /// Loads a field of a structure; see [`load`].
    pub(crate) fn load(
        &self,
        ty: BasicTypeEnum<'ctx>,
        base: PointerValue<'ctx>,
        offset: usize,
        region: Region,
        invariant: bool,
    ) -> Result<BasicValueEnum<'ctx>, CompileError> {
        load(self.module, ty, base, offset, region, invariant)
    }

    /// The store's context.
    pub(crate) fn load_store_context(&self) -> Result<PointerValue<'ctx>, CompileError> {
        let offset = offset_of!(VMContext, store);
        let ptr = self.module.types.ptr.into();
        let store = self.load(ptr, self.vmctx, offset, Region::Context, true)?;
        if let Some(load) = store.as_instruction_value() {
            self.module.metadata.points_to(load, size_of::<VMStoreContext>())?;
        }
        Ok(store.into_pointer_value())
    }

    /// Says of an access of a group that it touches nothing that the other groups of its loop do.
    pub(crate) fn note_group(
        &self,
        access: InstructionValue<'ctx>,
        group: Group,
    ) -> Result<(), CompileError> {
        let Disjoint { first, count } = self.body.groups[group];
        if count == 1 {
            return Ok(());
        }
        let function = Symbol::Wasm(self.body.func).to_string();
        let scope =
            |group: u32| self.module.metadata.scope(&function, &format!("{function} {}", Group(group)));
        let others = (first.0..first.0 + count).filter(|other| *other != group.0);
        let others: Vec<_> = others.map(scope).collect();
        self.module.metadata.disjoint(access, scope(group.0), &others)
    }

    /// An error for IR that [`wootz_wasm_ir::ir::verify`] would refuse.
    pub(crate) fn invalid(&self, message: String) -> CompileError {
        CompileError::InvalidIr { func: self.body.func, message }
    }

    pub(crate) fn func(&self) -> FuncIndex {
        self.body.func
    }
}

/// Whether the stack pointer is below the store's limit.
///
/// The limit is set before the store's outermost entry into compiled code and stays until it is left, so that a check
/// that inlining brought along folds into the one in the caller's entry. To that end the stack pointer is read as if it
/// had nothing to do with memory; the default is that `llvm.stacksave` accesses all of it.
pub(crate) fn stack_is_exhausted<'ctx>(
    module: &ModuleState<'ctx>,
    store: PointerValue<'ctx>,
) -> Result<IntValue<'ctx>, CompileError> {
    let offset = offset_of!(VMStoreContext, stack_limit);
    let limit = load(module, module.types.i64.into(), store, offset, Region::Context, true)?;
    let call = module.builder.build_call(module.intrinsic(Intrinsic::Stacksave)?, &[], "")?;
    module.attributes.pure_call(call);
    let pointer = call.try_as_basic_value().basic();
    let pointer = pointer.ok_or_else(|| CompileError::InvalidLlvm("no stack pointer".into()))?;
    let pointer = module.builder.build_ptr_to_int(pointer.into_pointer_value(), module.types.i64, "")?;
    Ok(module.builder.build_int_compare(IntPredicate::ULT, pointer, limit.into_int_value(), "")?)
}

/// Whether an operator is lowered to loads from [`FunctionState::scratch`].
fn works_in_memory(op: Op, module: &ModuleState<'_>) -> bool {
    let swizzles = matches!(op, Op::Vector(VectorOp::Swizzle | VectorOp::Relaxed(Relaxed::Swizzle)));
    swizzles && !module.isa.swizzles()
}

/// Whether an operator is lowered to a call where the processor cannot round a float by itself.
fn calls_to_round(op: Op) -> bool {
    let rounds =
        |op| matches!(op, FloatUnary::Ceil | FloatUnary::Floor | FloatUnary::Trunc | FloatUnary::Nearest);
    matches!(op, Op::FloatUnary(_, op) | Op::Vector(VectorOp::FloatUnary(_, op)) if rounds(op))
}

/// `base + offset`, a constant number of bytes.
pub(crate) fn field<'ctx>(
    module: &ModuleState<'ctx>,
    base: PointerValue<'ctx>,
    offset: usize,
) -> Result<PointerValue<'ctx>, CompileError> {
    if offset == 0 {
        return Ok(base);
    }
    let offset = module.types.i64.const_int(offset as u64, false);
    Ok(crate::llvm::byte_offset(&module.builder, module.types.i8, base, offset)?)
}

/// Loads a field of a structure shared with the runtime. `invariant` means that it never changes while compiled code
/// can see it.
pub(crate) fn load<'ctx>(
    module: &ModuleState<'ctx>,
    ty: BasicTypeEnum<'ctx>,
    base: PointerValue<'ctx>,
    offset: usize,
    region: Region,
    invariant: bool,
) -> Result<BasicValueEnum<'ctx>, CompileError> {
    let value = module.builder.build_load(ty, field(module, base, offset)?, "")?;
    if let Some(instruction) = value.as_instruction_value() {
        module.metadata.region(instruction, region)?;
        if invariant {
            module.metadata.invariant(instruction)?;
        }
    }
    Ok(value)
}

/// Stores a field of a structure shared with the runtime.
pub(crate) fn store<'ctx>(
    module: &ModuleState<'ctx>,
    value: BasicValueEnum<'ctx>,
    base: PointerValue<'ctx>,
    offset: usize,
    region: Region,
) -> Result<inkwell::values::InstructionValue<'ctx>, CompileError> {
    let store = module.builder.build_store(field(module, base, offset)?, value)?;
    module.metadata.region(store, region)?;
    Ok(store)
}
