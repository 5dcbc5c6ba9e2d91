//! The phases of compiling a module.

use inkwell::targets::TargetMachine;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_ir::{Declarations, FuncIndex, Module, Translator, ir};

use crate::emit;
use crate::error::CompileError;
use crate::function::lower_function;
use crate::link;
use crate::llvm::LlvmContext;
use crate::module::ModuleState;
use crate::options::{CompileOptions, TextKind};
use crate::target::TargetInfo;
use crate::trampoline::lower_trampolines;

/// Compiles a module to a relocatable ELF object for x86-64.
///
/// Its symbols are those of [`Symbol`](crate::Symbol); what is undefined in it are calls of library functions.
///
/// # Errors
/// [`CompileError::Translate`] for a module that uses what is not supported, [`CompileError::UnknownCpu`]; anything else is a
/// bug in this crate or a limit of LLVM.
pub fn compile_object(module: &Module, options: &CompileOptions) -> Result<Vec<u8>, CompileError> {
    with_compiled(module, options, false, emit::object)
}

/// Compiles a module to a linked image, ready for the runtime to map; see [`link`](crate::link).
///
/// # Errors
/// As [`compile_object`], and [`CompileError::Link`].
pub fn compile_image(module: &Module, options: &CompileOptions) -> Result<Vec<u8>, CompileError> {
    let target = TargetInfo::new(&options.cpu)?;
    let object = compile_object(module, options)?;
    let declarations = module.declarations();
    let parts = link::ImageParts {
        target: &target.triple,
        cpu_features: &target.features,
        declarations,
        module: module.bytes(),
        memory_plans: &memory_plans(declarations, options),
    };
    Ok(link::link(&[&object], &parts)?)
}

/// The plan of each memory, imported ones included.
pub(crate) fn memory_plans(declarations: &Declarations, options: &CompileOptions) -> Vec<MemoryPlan> {
    declarations.memories.values().map(|ty| MemoryPlan::new(ty, options.checks)).collect()
}

/// Compiles a module and returns what the compiler made of it as text, all of it or one function.
///
/// The whole module is compiled even for one function: what is inlined depends on the rest.
///
/// # Errors
/// As [`compile_object`], and [`CompileError::NoSuchFunction`] if `func` has no body in the module.
pub fn emit_text(
    module: &Module,
    options: &CompileOptions,
    kind: TextKind,
    func: Option<FuncIndex>,
) -> Result<String, CompileError> {
    if let Some(func) = func
        && !module.declarations().defined_functions().any(|defined| defined == func)
    {
        return Err(CompileError::NoSuchFunction(func));
    }
    let names = kind == TextKind::LlvmIr;
    with_compiled(module, options, names, |context, state, machine| match kind {
        TextKind::LlvmIr => emit::llvm_ir(state, func),
        TextKind::Assembly => emit::assembly(context, state, machine, func),
    })
}

/// Lowers and optimises a module in a context of its own, then reads the result.
fn with_compiled<T>(
    module: &Module,
    options: &CompileOptions,
    keep_names: bool,
    read: impl FnOnce(&LlvmContext, &ModuleState<'_>, &TargetMachine) -> Result<T, CompileError>,
) -> Result<T, CompileError> {
    let target = TargetInfo::new(&options.cpu)?;
    let machine = target.machine(options.opt)?;
    let context = LlvmContext::new(keep_names);
    let state = ModuleState::new(context.get(), &machine, &target, module.declarations(), options);

    lower_functions(&state, module, options)?;
    lower_trampolines(&state)?;
    state.debug.finish();
    verify(&state, options)?;
    emit::optimise(&state, &machine, options.opt)?;
    verify(&state, options)?;
    read(&context, &state, &machine)
}

fn lower_functions(
    state: &ModuleState<'_>,
    module: &Module,
    options: &CompileOptions,
) -> Result<(), CompileError> {
    let declarations = module.declarations();
    // Declared in order first, so that code lies in the order of the module, whoever calls whom.
    for func in declarations.defined_functions() {
        state.function(func);
    }
    let mut translator = Translator::new();
    for func in declarations.defined_functions() {
        let body = translator.translate(module, func)?;
        if options.verify {
            ir::verify(declarations, body)
                .map_err(|error| CompileError::InvalidIr { func, message: error.0 })?;
        }
        let start = module.body_range(func).map_or(0, |range| range.start);
        lower_function(state, body, start)?;
    }
    Ok(())
}

fn verify(state: &ModuleState<'_>, options: &CompileOptions) -> Result<(), CompileError> {
    if !options.verify {
        return Ok(());
    }
    state.module.verify().map_err(|error| CompileError::InvalidLlvm(error.to_string()))
}
