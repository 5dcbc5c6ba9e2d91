//! The phases of compiling a module.

use inkwell::module::Linkage;
use inkwell::targets::TargetMachine;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_ir::{Declarations, FuncIndex, Module, Translator, ir};

use crate::emit;
use crate::error::CompileError;
use crate::function::lower_function;
use crate::link;
use crate::llvm::LlvmContext;
use crate::module::ModuleState;
use crate::options::{CompileOptions, OptLevel, TextKind};
use crate::target::TargetInfo;
use crate::trampoline::lower_trampolines;
use crate::units::{self, Unit};

/// Compiles a module to a relocatable ELF object for x86-64.
///
/// The whole module is one LLVM module, compiled on one thread. Its symbols are those of [`Symbol`](crate::Symbol); what is undefined in it are calls of library functions.
///
/// # Errors
/// [`CompileError::Translate`] for a module that uses what is not supported, [`CompileError::UnknownCpu`]; anything else is a
/// bug in this crate or a limit of LLVM.
pub fn compile_object(module: &Module, options: &CompileOptions) -> Result<Vec<u8>, CompileError> {
    compile_whole(module, options, false, emit::object)
}

/// Compiles a module to a linked image, ready for the runtime to map; see [`link`](crate::link).
///
/// A large module is compiled in several parts, on as many threads as the options say.
///
/// # Errors
/// As [`compile_object`], and [`CompileError::Link`].
pub fn compile_image(module: &Module, options: &CompileOptions) -> Result<Vec<u8>, CompileError> {
    let target = TargetInfo::new(&options.cpu)?;
    let units = units::partition(module);
    let compile = |unit: &Unit| with_compiled(module, options, unit, false, emit::object);
    let objects =
        units::compile(&units, options.threads, compile).into_iter().collect::<Result<Vec<_>, _>>()?;
    let objects: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
    let declarations = module.declarations();
    let parts = link::ImageParts {
        target: &target.triple,
        cpu_features: &target.features,
        declarations,
        module: module.bytes(),
        memory_plans: &memory_plans(declarations, options),
        fuel: options.fuel,
        debug: options.debug.as_deref().map(|text| link::DebugParts {
            module,
            text,
            optimised: options.opt != OptLevel::O0,
            debugger: options.debugger,
        }),
    };
    Ok(link::link(&objects, &parts)?)
}

/// The plan of each memory, imported ones included.
pub(crate) fn memory_plans(declarations: &Declarations, options: &CompileOptions) -> Vec<MemoryPlan> {
    declarations.memories.values().map(|ty| MemoryPlan::new(ty, options.checks)).collect()
}

/// Compiles a module to LLVM bitcode: optimised, as one LLVM module.
///
/// # Errors
/// As [`compile_object`].
pub fn compile_bitcode(module: &Module, options: &CompileOptions) -> Result<Vec<u8>, CompileError> {
    compile_whole(module, options, false, |_, state, _| Ok(emit::bitcode(state)))
}

/// Compiles a module and returns what the compiler made of it as text: the module as one, or one function as it is in an
/// image.
///
/// More is compiled even for one function: what is inlined depends on the rest.
///
/// # Errors
/// As [`compile_object`], and [`CompileError::NoSuchFunction`] if `func` has no body in the module.
pub fn emit_text(
    module: &Module,
    options: &CompileOptions,
    kind: TextKind,
    func: Option<FuncIndex>,
) -> Result<String, CompileError> {
    let names = kind == TextKind::LlvmIr;
    let read = |context: &LlvmContext, state: &ModuleState<'_>, machine: &TargetMachine| match kind {
        TextKind::LlvmIr => emit::llvm_ir(state, func),
        TextKind::Assembly => emit::assembly(context, state, machine, func),
    };
    let Some(func) = func else { return compile_whole(module, options, names, read) };
    let mut units = units::partition(module);
    units.retain(|unit| unit.functions.contains(&func));
    let mut texts = units::compile(&units, 1, |unit| with_compiled(module, options, unit, names, read));
    texts.pop().unwrap_or(Err(CompileError::NoSuchFunction(func)))
}

/// Compiles a module as one unit.
fn compile_whole<T: Send>(
    module: &Module,
    options: &CompileOptions,
    keep_names: bool,
    read: impl Fn(&LlvmContext, &ModuleState<'_>, &TargetMachine) -> Result<T, CompileError> + Sync,
) -> Result<T, CompileError> {
    let whole = [Unit::whole(module)];
    let mut results =
        units::compile(&whole, 1, |unit| with_compiled(module, options, unit, keep_names, &read));
    results.pop().expect("there is one unit")
}

/// Lowers and optimises a unit in a context of its own, then reads the result.
fn with_compiled<T>(
    module: &Module,
    options: &CompileOptions,
    unit: &Unit,
    keep_names: bool,
    read: impl FnOnce(&LlvmContext, &ModuleState<'_>, &TargetMachine) -> Result<T, CompileError>,
) -> Result<T, CompileError> {
    let target = TargetInfo::new(&options.cpu)?;
    let machine = target.machine(options.opt)?;
    let context = LlvmContext::new(keep_names);
    let state = ModuleState::new(context.get(), &machine, &target, module.declarations(), options);

    let translator = if options.debug.is_some() { Translator::keeping_locals() } else { Translator::new() };
    let mut lowering = Lowering { state: &state, module, translator, verify: options.verify };
    lowering.functions(unit)?;
    if options.opt != OptLevel::O0 {
        lowering.callees(unit)?;
    }
    if unit.trampolines {
        lower_trampolines(&state)?;
    }
    state.debug.finish();
    verify(&state, options)?;
    emit::optimise(&state, &machine, options.opt)?;
    verify(&state, options)?;
    let machine = if state.has_many_loops.get() { target.machine(OptLevel::O0)? } else { machine };
    read(&context, &state, &machine)
}

/// Lowers bodies of a module, with one translator for all of them.
struct Lowering<'a, 'ctx> {
    state: &'a ModuleState<'ctx>,
    module: &'a Module,
    translator: Translator,
    verify: bool,
}

impl Lowering<'_, '_> {
    /// The functions of a unit.
    fn functions(&mut self, unit: &Unit) -> Result<(), CompileError> {
        // Declared in order first, so that code lies in the order of the module, whoever calls whom.
        for func in &unit.functions {
            self.state.function(*func);
        }
        unit.functions.iter().try_for_each(|func| self.function(*func))
    }

    /// Copies of the small functions of other units that are called, and of those that they call, for the inliner.
    /// Together they are no larger than the unit.
    fn callees(&mut self, unit: &Unit) -> Result<(), CompileError> {
        let mut room = unit.bytes;
        loop {
            let mut any = false;
            for func in self.state.functions_without_body() {
                let bytes = units::body_bytes(self.module, func);
                if bytes <= units::SMALL_BODY && bytes <= room {
                    self.function(func)?;
                    self.state.function(func).set_linkage(Linkage::AvailableExternally);
                    room -= bytes;
                    any = true;
                }
            }
            if !any {
                return Ok(());
            }
        }
    }

    fn function(&mut self, func: FuncIndex) -> Result<(), CompileError> {
        let body = self.translator.translate(self.module, func)?;
        if self.verify {
            ir::verify(self.module.declarations(), body)
                .map_err(|error| CompileError::InvalidIr { func, message: error.0 })?;
        }
        let start = self.module.body_range(func).map_or(0, |range| range.start);
        lower_function(self.state, body, start)
    }
}

fn verify(state: &ModuleState<'_>, options: &CompileOptions) -> Result<(), CompileError> {
    if !options.verify {
        return Ok(());
    }
    state.module.verify().map_err(|error| CompileError::InvalidLlvm(error.to_string()))
}
