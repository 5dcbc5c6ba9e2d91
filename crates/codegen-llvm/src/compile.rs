//! The phases of compiling a module.

use std::time::Instant;

use inkwell::targets::TargetMachine;
use wootz_debuginfo::GuestIndex;
use wootz_vm_abi::options::{Branches, CompileOptions, OptLevel};
use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_ir::{Declarations, FuncIndex, Module};

use crate::bodies::{Bodies, verify};
use crate::emit;
use crate::error::CompileError;
use crate::fixed_table;
use crate::link;
use crate::llvm::LlvmContext;
use crate::measure;
use crate::module::ModuleState;
use crate::pipeline;
use crate::profile::{counted_code, require_profile};
use crate::report::{CompileReport, Degraded, Event, Observer, Phase, PhaseTimes};
use crate::schedule::Schedule;
use crate::target::TargetInfo;
use crate::trampoline::lower_trampolines;
use crate::units::{self, Unit};

/// Which text to emit.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum TextKind {
    /// LLVM IR, after optimisation.
    LlvmIr,
    /// Assembly.
    Assembly,
}

/// Compiles a module to a relocatable ELF object.
///
/// The whole module is one LLVM module, compiled on one thread. Its symbols are those of [`Symbol`](crate::Symbol); what is undefined in it are calls of library functions.
///
/// # Errors
/// [`CompileError::Translate`] for a module that uses what is not supported, those of [`TargetInfo::new`]; anything else is a
/// bug in this crate or a limit of LLVM.
pub fn compile_object(module: &Module, options: &CompileOptions) -> Result<Vec<u8>, CompileError> {
    compile_whole(module, options, false, emit::object)
}

/// Compiles a module to a linked image, ready for the runtime to map; see [`link`](crate::link).
///
/// A large module is compiled in several parts, on as many threads as the options say and as many at a time as there is memory for.
///
/// # Errors
/// As [`compile_object`], and [`CompileError::Link`].
pub fn compile_image(module: &Module, options: &CompileOptions) -> Result<Vec<u8>, CompileError> {
    compile_image_observed(module, options, &()).map(|compiled| compiled.image)
}

/// An image and how it came about.
#[derive(Clone, Debug)]
pub struct CompiledImage {
    /// The image.
    pub image: Vec<u8>,
    /// What compiling it took.
    pub report: CompileReport,
}

/// As [`compile_image`], for whoever wants to know how far it is and what it took.
///
/// # Errors
/// As [`compile_image`].
pub fn compile_image_observed(
    module: &Module,
    options: &CompileOptions,
    observer: &dyn Observer,
) -> Result<CompiledImage, CompileError> {
    let started = Instant::now();
    let target = TargetInfo::new(options)?;
    let CompiledModule { objects, mut report } = compile_units(module, options, observer)?;
    observer.event(Event::Link);
    let objects: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
    let plans = memory_plans(module.declarations(), options);
    let sources = report.phases.measure(Phase::DebugInfo, || crate::sources::encoded(module));
    let parts = image_parts(module, options, &target, &plans, &sources);
    let image = link::link_timed(&objects, &parts, &mut report.phases)?;
    complete(&mut report, &objects, &image, started);
    Ok(CompiledImage { image, report })
}

/// Adds to a report what is known at the end.
pub(crate) fn complete(report: &mut CompileReport, objects: &[&[u8]], linked: &[u8], started: Instant) {
    report.object_bytes = objects.iter().map(|object| object.len()).sum();
    report.image_bytes = linked.len();
    report.wall = started.elapsed();
    report.peak_memory = measure::peak_memory();
}

/// A module's objects and how they came about.
pub(crate) struct CompiledModule {
    /// Those of its units, in order.
    pub(crate) objects: Vec<Vec<u8>>,
    pub(crate) report: CompileReport,
}

/// Compiles the units of a module.
pub(crate) fn compile_units(
    module: &Module,
    options: &CompileOptions,
    observer: &dyn Observer,
) -> Result<CompiledModule, CompileError> {
    require_profile(module, options)?;
    let whole = Unit::whole(module);
    let (functions, bytes) = (whole.functions.len(), whole.bytes);
    observer.event(Event::Start { functions, bytes });
    let units = units::partition(module);
    let schedule = Schedule::of(options);
    let done = schedule.run(&units, |unit| {
        let compiled = CompiledUnit::compile(module, options, unit);
        observer.event(Event::Compiled { functions: unit.functions.len(), bytes: unit.bytes });
        compiled
    });
    let mut report = CompileReport {
        threads: done.threads,
        idle: done.idle,
        functions,
        units: units.len(),
        module_bytes: module.bytes().len(),
        body_bytes: bytes,
        memory_budget: schedule.budget,
        peak_before_link: measure::peak_memory(),
        ..CompileReport::default()
    };
    let mut objects = Vec::new();
    for compiled in done.results {
        let compiled = compiled?;
        objects.extend(compiled.objects);
        report.degraded.extend(compiled.degraded);
        report.phases += &compiled.times;
    }
    report.degraded.sort_by_key(|degraded| degraded.func);
    Ok(CompiledModule { objects, report })
}

/// What an image of a module says besides its code.
pub(crate) fn image_parts<'a>(
    module: &'a Module,
    options: &'a CompileOptions,
    target: &'a TargetInfo,
    memory_plans: &'a [MemoryPlan],
    sources: &'a [u8],
) -> link::ImageParts<'a> {
    link::ImageParts {
        machine: target.machine,
        cpu_features: &target.features,
        declarations: module.declarations(),
        module: module.bytes(),
        memory_plans,
        fuel: options.fuel,
        counted: (options.branches == Branches::Counted).then(|| counted_code(module)),
        sources,
        debug: debug_parts(module, options, None),
    }
}

/// What debug information for debuggers is made from, if there is to be any.
pub(crate) fn debug_parts<'a>(
    module: &'a Module,
    options: &'a CompileOptions,
    index: Option<&'a GuestIndex>,
) -> Option<link::DebugParts<'a>> {
    options.debug.as_deref().map(|text| link::DebugParts {
        module,
        index,
        text,
        optimised: options.opt != OptLevel::O0,
        debugger: options.debugger,
    })
}

/// What a unit became.
#[derive(Default)]
struct CompiledUnit {
    objects: Vec<Vec<u8>>,
    degraded: Vec<Degraded>,
    times: PhaseTimes,
}

impl CompiledUnit {
    fn compile(module: &Module, options: &CompileOptions, unit: &Unit) -> Result<Self, CompileError> {
        let Self { mut degraded, mut times, .. } = Self::default();
        let mut read = |_: &Unit, lowered: &LoweredUnit<'_, '_>, times: &mut PhaseTimes| {
            if options.opt != OptLevel::O0 {
                degraded.append(&mut lowered.state.degraded.borrow_mut());
            }
            times.measure(Phase::Generate, || emit::object(lowered.context, lowered.state, &lowered.machine))
        };
        let objects = compile_parts(module, options, unit, false, &mut times, &mut read)?;
        Ok(Self { objects, degraded, times })
    }
}

/// The plan of each memory, imported ones included.
pub(crate) fn memory_plans(declarations: &Declarations, options: &CompileOptions) -> Vec<MemoryPlan> {
    declarations.memories.values().map(|ty| MemoryPlan::new(ty, options.checks, options.guard)).collect()
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
    require_profile(module, options)?;
    let mut units = units::partition(module);
    units.retain(|unit| unit.functions.contains(&func));
    let texts = Schedule::ALONE.run(&units, |unit| {
        let mut read = |part: &Unit, lowered: &LoweredUnit<'_, '_>, _: &mut PhaseTimes| {
            let has_it = part.functions.contains(&func);
            has_it.then(|| read(lowered.context, lowered.state, &lowered.machine)).transpose()
        };
        compile_parts(module, options, unit, names, &mut PhaseTimes::default(), &mut read)
    });
    let texts = texts.results.into_iter().next().unwrap_or_else(|| Ok(Vec::new()))?;
    texts.into_iter().flatten().next().ok_or(CompileError::NoSuchFunction(func))
}

/// Compiles a module as one unit.
fn compile_whole<T: Send>(
    module: &Module,
    options: &CompileOptions,
    keep_names: bool,
    read: impl Fn(&LlvmContext, &ModuleState<'_>, &TargetMachine) -> Result<T, CompileError> + Sync,
) -> Result<T, CompileError> {
    require_profile(module, options)?;
    let whole = [Unit::whole(module)];
    let done = Schedule::ALONE.run(&whole, |unit| with_compiled(module, options, unit, keep_names, &read));
    done.results.into_iter().next().expect("there is one unit")
}

/// Lowers and optimises a unit in a context of its own, then reads the result.
fn with_compiled<T>(
    module: &Module,
    options: &CompileOptions,
    unit: &Unit,
    keep_names: bool,
    read: impl FnOnce(&LlvmContext, &ModuleState<'_>, &TargetMachine) -> Result<T, CompileError>,
) -> Result<T, CompileError> {
    with_lowered(module, options, unit, keep_names, &mut PhaseTimes::default(), |mut lowered, times| {
        lowered.optimise(options, times)?;
        read(lowered.context, lowered.state, &lowered.machine)
    })
}

/// Lowers and optimises a unit and reads the result. A function with too many loops is compiled alone, because others would
/// not be optimised with it: then there is a result for each such function, and one for the rest.
pub(crate) fn compile_parts<T>(
    module: &Module,
    options: &CompileOptions,
    unit: &Unit,
    keep_names: bool,
    times: &mut PhaseTimes,
    read: &mut impl FnMut(&Unit, &LoweredUnit<'_, '_>, &mut PhaseTimes) -> Result<T, CompileError>,
) -> Result<Vec<T>, CompileError> {
    let mut apart = Vec::new();
    let result = with_lowered(module, options, unit, keep_names, times, |mut lowered, times| {
        if options.opt != OptLevel::O0 && unit.functions.len() > 1 {
            apart = lowered.state.functions_with_many_loops();
        }
        if !apart.is_empty() {
            return Ok(None);
        }
        lowered.optimise(options, times)?;
        read(unit, &lowered, times).map(Some)
    })?;
    let mut results = Vec::from_iter(result);
    for part in unit.without(&apart, module) {
        results.extend(compile_parts(module, options, &part, keep_names, times, read)?);
    }
    Ok(results)
}

/// Lowers a unit in a context of its own, and goes on with it there.
fn with_lowered<T>(
    module: &Module,
    options: &CompileOptions,
    unit: &Unit,
    keep_names: bool,
    times: &mut PhaseTimes,
    then: impl FnOnce(LoweredUnit<'_, '_>, &mut PhaseTimes) -> Result<T, CompileError>,
) -> Result<T, CompileError> {
    let target = TargetInfo::new(options)?;
    let machine = target.machine(options.opt)?;
    let context = LlvmContext::new(keep_names);
    let state = ModuleState::new(context.get(), &machine, &target, module, options);

    let mut bodies = Bodies::new(&state, module, options, times);
    bodies.functions(&unit.functions)?;
    if options.opt >= OptLevel::O2 {
        bodies.callees(unit.bytes)?;
    }
    if unit.trampolines {
        times.measure(Phase::Lower, || {
            lower_trampolines(&state)?;
            fixed_table::define_all(&state)
        })?;
    }
    state.finish();
    verify(&state, options.verify)?;
    then(LoweredUnit { context: &context, state: &state, target: &target, machine }, times)
}

/// An LLVM module with all of a unit in it, not optimised yet.
pub(crate) struct LoweredUnit<'a, 'ctx> {
    pub(crate) context: &'ctx LlvmContext,
    pub(crate) state: &'a ModuleState<'ctx>,
    target: &'a TargetInfo,
    pub(crate) machine: TargetMachine,
}

impl LoweredUnit<'_, '_> {
    fn optimise(&mut self, options: &CompileOptions, times: &mut PhaseTimes) -> Result<(), CompileError> {
        times.measure(Phase::Optimise, || pipeline::optimise(self.state, &self.machine, options.opt))?;
        verify(self.state, options.verify)?;
        if !self.state.functions_with_many_loops().is_empty() {
            self.machine = self.target.machine(OptLevel::O0)?;
        }
        Ok(())
    }
}
