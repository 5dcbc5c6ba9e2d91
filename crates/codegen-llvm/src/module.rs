//! What all functions of one LLVM module share while it is built.
//!
//! Nothing here belongs to one function: any subset of a module's functions can be lowered into one `ModuleState`, and
//! what they call is declared on demand.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::builder::Builder;
use inkwell::context::Context;
use inkwell::module::{Linkage, Module};
use inkwell::targets::{TargetMachine, TargetTriple};
use inkwell::types::FunctionType;
use inkwell::values::{CallSiteValue, FunctionValue};
use inkwell::{GlobalVisibility, module};
use wootz_vm_abi::context::{ModuleShape, VMContextLayout};
use wootz_vm_abi::lazy::LazyLayout;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_ir::{Declarations, FixedTables, FuncIndex, Module as WasmModule, PrivateFunctions};

use crate::compile::memory_plans;
use crate::debug::DebugInfo;
use crate::error::CompileError;
use crate::intrinsics::{Intrinsic, Intrinsics};
use crate::metadata::Metadata;
use crate::pipeline::Lowered;
use crate::profile::Counts;
use crate::report::{Degraded, TooMany};
use crate::symbol::Symbol;
use crate::target::{Isa, TargetInfo};
use crate::types::Types;
use wootz_vm_abi::options::{CompileOptions, OptLevel, TrapPrecision};

/// LLVM's number of the convention of WebAssembly code, `tailcc`.
pub(crate) const WASM_CONVENTION: u32 = 18;
/// LLVM's number of the C convention.
pub(crate) const C_CONVENTION: u32 = 0;
/// The convention of private functions: that of WebAssembly code, but that callees take nothing from the stack, which costs an
/// instruction at each call (`docs/decisions/0067-private-functions.md`).
pub(crate) const PRIVATE_CONVENTION: u32 = C_CONVENTION;

/// The function attribute that keeps the code generator from making tail calls of its own.
pub(crate) const DISABLE_TAIL_CALLS: &str = "disable-tail-calls";

/// State of one LLVM module.
pub(crate) struct ModuleState<'ctx> {
    pub(crate) context: &'ctx Context,
    pub(crate) module: Module<'ctx>,
    pub(crate) builder: Builder<'ctx>,
    pub(crate) types: Types<'ctx>,
    pub(crate) metadata: Metadata<'ctx>,
    pub(crate) attributes: Attributes,
    /// Debug information, unless nobody needs to know where code comes from.
    pub(crate) debug: Option<DebugInfo<'ctx>>,
    pub(crate) declarations: &'ctx Declarations,
    pub(crate) layout: Arc<VMContextLayout>,
    /// The tables that calls need not look at.
    pub(crate) fixed_tables: Option<&'ctx FixedTables>,
    /// The functions that need not have the convention that references do.
    pub(crate) private_functions: Option<&'ctx PrivateFunctions>,
    /// The module's data outside of the code, if the elements of fixed tables are slots there.
    pub(crate) slots: Option<&'ctx LazyLayout>,
    /// The module's data outside of the code, if functions count how often they run.
    pub(crate) counting: Option<&'ctx LazyLayout>,
    /// What counters come to in hot functions.
    pub(crate) hot: u32,
    pub(crate) plans: Vec<MemoryPlan>,
    /// Whether stores must keep their order against accesses that trap by a fault: if traps are exact and any memory is guarded.
    pub(crate) ordered: bool,
    pub(crate) isa: Isa,
    /// Whether passes run that take time.
    pub(crate) optimised: bool,
    /// Whether NaN results of arithmetic are replaced by the canonical NaN.
    pub(crate) canonicalize_nans: bool,
    /// Whether relaxed operators make the deterministic choice.
    pub(crate) deterministic: bool,
    /// Whether code counts what it does.
    pub(crate) fuel: bool,
    /// What is done with counts of branches.
    pub(crate) counts: Counts,
    /// The functions that are not optimised, in the order they were lowered in.
    pub(crate) degraded: RefCell<Vec<Degraded>>,
    /// The functions that passes may change, in the order they were lowered in.
    pub(crate) lowered: RefCell<Vec<Lowered<'ctx>>>,
    intrinsics: Intrinsics<'ctx>,
    functions: RefCell<BTreeMap<FuncIndex, FunctionValue<'ctx>>>,
}

/// What state for a few functions differs in from that for all.
pub(crate) struct Few<'ctx> {
    pub(crate) layout: Arc<VMContextLayout>,
    /// The module's data outside of the code, if functions count how often they run.
    pub(crate) counting: Option<&'ctx LazyLayout>,
    /// Whether code knows where it comes from.
    pub(crate) positions: bool,
    /// Whether all names of functions are found at once.
    names: bool,
}

impl<'ctx> Few<'ctx> {
    pub(crate) fn new(
        layout: Arc<VMContextLayout>,
        counting: Option<&'ctx LazyLayout>,
        positions: bool,
    ) -> Self {
        Self { layout, counting, positions, names: false }
    }

    fn all(layout: Arc<VMContextLayout>) -> Self {
        Self { layout, counting: None, positions: true, names: true }
    }
}

impl<'ctx> ModuleState<'ctx> {
    pub(crate) fn new(
        context: &'ctx Context,
        machine: &TargetMachine,
        target: &TargetInfo,
        module: &'ctx WasmModule,
        options: &CompileOptions,
    ) -> Self {
        let declarations = module.declarations();
        let layout = Arc::new(VMContextLayout::new(&ModuleShape::new(declarations)));
        let mut state = Self::for_few(context, machine, target, declarations, options, Few::all(layout));
        state.fixed_tables = Some(module.fixed_tables());
        state.counts = Counts::new(context, &state.module, module, options);
        // Without optimisation LLVM's fast instruction selector would take whole functions of that convention, and debuggers would find fewer lines.
        state.private_functions = state.optimised.then(|| module.private_functions());
        state
    }

    /// State for a few functions of a module, which is not looked at as a whole.
    pub(crate) fn for_few(
        context: &'ctx Context,
        machine: &TargetMachine,
        target: &TargetInfo,
        declarations: &'ctx Declarations,
        options: &CompileOptions,
        few: Few<'ctx>,
    ) -> Self {
        let module = context.create_module("wasm");
        module.set_triple(&TargetTriple::create(target.machine.triple()));
        module.set_data_layout(&machine.get_target_data().get_data_layout());
        // Position independence as the linker expects it: no copy relocations, no procedure linkage table.
        let pic = context.i32_type().const_int(2, false);
        module.add_basic_value_flag("PIC Level", module::FlagBehavior::Override, pic);
        let optimised = options.opt != OptLevel::O0;
        let keeps_frames = options.debug.is_some() && !optimised;
        let debug = few.positions.then(|| {
            DebugInfo::new(context, &module, declarations, optimised, options.debug.is_some(), few.names)
        });
        let plans = memory_plans(declarations, options);
        Self {
            context,
            module,
            builder: context.create_builder(),
            types: Types::new(context),
            metadata: Metadata::new(context, optimised),
            attributes: Attributes::new(context, keeps_frames),
            debug,
            declarations,
            layout: few.layout,
            fixed_tables: None,
            private_functions: None,
            slots: None,
            counting: few.counting,
            hot: options.hot,
            ordered: options.traps == TrapPrecision::Exact && plans.iter().any(|plan| plan.guarded),
            plans,
            isa: target.isa(),
            optimised,
            canonicalize_nans: options.canonicalize_nans || options.deterministic,
            deterministic: options.deterministic,
            fuel: options.fuel,
            counts: Counts::NONE,
            degraded: RefCell::default(),
            lowered: RefCell::default(),
            intrinsics: Intrinsics::default(),
            functions: RefCell::default(),
        }
    }

    /// Completes what was lowered. Nothing may be added afterwards.
    pub(crate) fn finish(&self) {
        self.debug.iter().for_each(DebugInfo::finish);
    }

    /// A function defined in the module, declared if it is not lowered yet.
    pub(crate) fn function(&self, func: FuncIndex) -> FunctionValue<'ctx> {
        let mut functions = self.functions.borrow_mut();
        *functions.entry(func).or_insert_with(|| {
            let ty = self.types.wasm_function(self.declarations.signature(func));
            let convention = if self.is_private(func) { PRIVATE_CONVENTION } else { WASM_CONVENTION };
            let function = self.add_function(Symbol::Wasm(func), ty, convention);
            self.attributes.context_param(self.context, function, self.layout.size());
            function
        })
    }

    /// Whether a function has the convention of those that only its module calls.
    pub(crate) fn is_private(&self, func: FuncIndex) -> bool {
        self.private_functions.is_some_and(|private| private.contains(func))
    }

    /// The functions lowered so far with too many loops for a code generator that optimises.
    pub(crate) fn functions_with_many_loops(&self) -> Vec<FuncIndex> {
        let degraded = self.degraded.borrow();
        let has_many_loops = |degraded: &&Degraded| matches!(degraded.reason, TooMany::Loops { .. });
        degraded.iter().filter(has_many_loops).map(|degraded| degraded.func).collect()
    }

    /// The functions of the module that are declared so far and not lowered.
    pub(crate) fn functions_without_body(&self) -> Vec<FuncIndex> {
        let functions = self.functions.borrow();
        let declared = functions.iter().filter(|(_, function)| function.get_first_basic_block().is_none());
        declared.map(|(func, _)| *func).collect()
    }

    /// Forgets every function that was declared. To be called after passes, which delete functions and declare others in the same
    /// memory; what is asked for later is looked up again.
    pub(crate) fn forget_functions(&self) {
        self.functions.borrow_mut().clear();
        self.intrinsics.forget();
    }

    /// Declares a function of ours.
    pub(crate) fn add_function(
        &self,
        symbol: Symbol,
        ty: FunctionType<'ctx>,
        convention: u32,
    ) -> FunctionValue<'ctx> {
        let function = self.module.add_function(&symbol.to_string(), ty, Some(Linkage::External));
        function.as_global_value().set_visibility(GlobalVisibility::Hidden);
        function.set_call_conventions(convention);
        for attribute in &self.attributes.function {
            function.add_attribute(AttributeLoc::Function, *attribute);
        }
        function
    }

    /// An intrinsic, declared on first use.
    pub(crate) fn intrinsic(&self, intrinsic: Intrinsic) -> Result<FunctionValue<'ctx>, CompileError> {
        self.intrinsics.get(&self.module, &self.types, intrinsic)
    }
}

/// Attributes of functions, parameters and calls.
pub(crate) struct Attributes {
    function: Vec<Attribute>,
    nounwind: Attribute,
    cold: Attribute,
    nomerge: Attribute,
    pure: [Attribute; 2],
    inaccessible: [Attribute; 2],
    /// For a function that passes and the code generator spend no time on: `optnone` demands `noinline`.
    left_alone: [Attribute; 2],
}

impl Attributes {
    /// `keeps_frames` says whether each function has a frame pointer.
    fn new(context: &Context, keeps_frames: bool) -> Self {
        let flag = |name: &str, value: u64| {
            context.create_enum_attribute(Attribute::get_named_enum_kind_id(name), value)
        };
        let nounwind = flag("nounwind", 0);
        let mut function = vec![
            nounwind,
            // Asynchronous unwind tables: the runtime walks the stack from any instruction.
            flag("uwtable", 2),
            context.create_string_attribute("probe-stack", "inline-asm"),
            // A recursion without end must exhaust the stack, not become a loop.
            context.create_string_attribute(DISABLE_TAIL_CALLS, "true"),
            // LLVM recognises loops that compute these, but the runtime does not offer them.
            context.create_string_attribute("no-builtin-strlen", ""),
            context.create_string_attribute("no-builtin-wcslen", ""),
        ];
        if keeps_frames {
            function.push(context.create_string_attribute("frame-pointer", "all"));
        }
        // `memory(none)` is encoded as 0.
        let pure = [flag("memory", 0), flag("willreturn", 0)];
        // And `memory(inaccessiblemem: readwrite)` as 3 in the second pair of bits.
        let inaccessible = [flag("memory", 3 << 2), flag("willreturn", 0)];
        Self {
            function,
            nounwind,
            cold: flag("cold", 0),
            nomerge: flag("nomerge", 0),
            pure,
            inaccessible,
            left_alone: [flag("optnone", 0), flag("noinline", 0)],
        }
    }

    /// What every caller promises of the first parameter: a context of at least `size` bytes.
    fn context_param(&self, context: &Context, function: FunctionValue<'_>, size: usize) {
        for (name, value) in
            [("noundef", 0), ("nonnull", 0), ("dereferenceable", size), ("align", VMContextLayout::ALIGN)]
        {
            let kind = Attribute::get_named_enum_kind_id(name);
            function.add_attribute(AttributeLoc::Param(0), context.create_enum_attribute(kind, value as u64));
        }
    }

    /// Leaves a function as it is, for the fast instruction selector: what `-O0` does with all.
    pub(crate) fn leave_alone(&self, function: FunctionValue<'_>) {
        for attribute in self.left_alone {
            function.add_attribute(AttributeLoc::Function, attribute);
        }
    }

    /// A call that does not unwind, in the given convention, that no pass turns into a jump.
    pub(crate) fn call(&self, call: CallSiteValue<'_>, convention: u32) {
        call.set_call_convention(convention);
        call.set_tail_call_kind(inkwell::llvm_sys::LLVMTailCallKind::LLVMTailCallKindNoTail);
        call.add_attribute(AttributeLoc::Function, self.nounwind);
    }

    /// A call that takes its caller's place on the stack. A return must follow. `emit.rs` has the rest.
    pub(crate) fn tail_call(&self, call: CallSiteValue<'_>, convention: u32) {
        self.call(call, convention);
        call.set_tail_call_kind(inkwell::llvm_sys::LLVMTailCallKind::LLVMTailCallKindMustTail);
    }

    /// For a call that throws nothing.
    pub(crate) fn nounwind(&self) -> Attribute {
        self.nounwind
    }

    /// A call that accesses no memory and comes back, so that equal ones are merged.
    pub(crate) fn pure_call(&self, call: CallSiteValue<'_>) {
        mark(call, self.pure);
    }

    /// A call that is made as often as it stands there, comes back, and accesses nothing that code of the module can.
    pub(crate) fn inaccessible_call(&self, call: CallSiteValue<'_>) {
        mark(call, self.inaccessible);
    }

    /// A trap instruction: off the hot path, and never shared by two checks.
    pub(crate) fn trap(&self, call: CallSiteValue<'_>) {
        mark(call, [self.cold, self.nomerge]);
    }
}

fn mark(call: CallSiteValue<'_>, attributes: [Attribute; 2]) {
    for attribute in attributes {
        call.add_attribute(AttributeLoc::Function, attribute);
    }
}
