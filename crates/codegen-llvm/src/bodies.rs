//! Function bodies from WebAssembly into one LLVM module: translated, verified, transformed and lowered.

use std::ops::Range;

use inkwell::module::Linkage;
use wootz_vm_abi::options::{Branches, CompileOptions, OptLevel};
use wootz_wasm_ir::ir::{self, Body};
use wootz_wasm_ir::{FuncIndex, Module, Translator, WasmOffset, optimise};

use crate::error::CompileError;
use crate::function::lower_function;
use crate::measure::Stopwatch;
use crate::module::ModuleState;
use crate::report::{Phase, PhaseTimes};
use crate::units::{SMALL_BODY, body_bytes};

/// Lowers bodies of a module, with one translator for all of them.
pub(crate) struct Bodies<'a, 'ctx> {
    pub(crate) state: &'a ModuleState<'ctx>,
    module: &'a Module,
    translator: Translator,
    /// Whether to transform bodies. Not those that count branches, whose numbers must not depend on it.
    optimise: bool,
    verify: bool,
    times: &'a mut PhaseTimes,
}

impl<'a, 'ctx> Bodies<'a, 'ctx> {
    pub(crate) fn new(
        state: &'a ModuleState<'ctx>,
        module: &'a Module,
        options: &CompileOptions,
        times: &'a mut PhaseTimes,
    ) -> Self {
        let keeps_locals = options.debug.is_some();
        let translator = if keeps_locals {
            Translator::keeping_locals_and(wootz_debuginfo::described_operands(module))
        } else {
            Translator::new()
        };
        let optimise = options.opt != OptLevel::O0 && options.branches != Branches::Counted;
        Self { state, module, translator, optimise, verify: options.verify, times }
    }

    /// Some functions, whose code lies in this order.
    pub(crate) fn functions(&mut self, functions: &[FuncIndex]) -> Result<(), CompileError> {
        // Declared in order first, whoever calls whom.
        for func in functions {
            self.state.function(*func);
        }
        functions.iter().try_for_each(|func| self.function(*func))
    }

    /// One function.
    pub(crate) fn function(&mut self, func: FuncIndex) -> Result<(), CompileError> {
        let mut watch = Stopwatch::start();
        let range = self.range(func);
        let body = translate(&mut self.translator, self.module, func, self.verify)?;
        self.state.counts.learn(body, range.start);
        if self.optimise {
            optimise::run(self.module.declarations(), body, self.state.fuel);
            verify_body(self.module, body, self.verify)?;
        }
        self.times.add(Phase::Translate, watch.lap());
        lower_function(self.state, body, range)?;
        self.times.add(Phase::Lower, watch.lap());
        Ok(())
    }

    /// A body as it was decoded: its blocks have the numbers that they have without optimisation.
    pub(crate) fn decoded(&mut self, func: FuncIndex) -> Result<&Body, CompileError> {
        let start = self.range(func).start;
        let body = translate(&mut self.translator, self.module, func, self.verify)?;
        self.state.counts.learn(body, start);
        Ok(body)
    }

    /// Where a body is in the binary.
    pub(crate) fn range(&self, func: FuncIndex) -> Range<WasmOffset> {
        self.module.body_range(func).unwrap_or_default()
    }

    /// Copies of the small functions that are called and have no body here, and of those that they call, for the inliner: of `room` bytes
    /// together, the smallest first, so that none that would be inlined is left out for one that would not.
    pub(crate) fn callees(&mut self, mut room: usize) -> Result<(), CompileError> {
        loop {
            let missing = self.state.functions_without_body().into_iter();
            let sized = missing.map(|func| (body_bytes(self.module, func), func));
            let mut small: Vec<_> = sized.filter(|(bytes, _)| *bytes <= SMALL_BODY.min(room)).collect();
            if small.is_empty() {
                return Ok(());
            }
            small.sort_unstable();
            for (bytes, func) in small {
                if bytes > room {
                    return Ok(());
                }
                self.function(func)?;
                self.state.function(func).set_linkage(Linkage::AvailableExternally);
                room -= bytes;
            }
        }
    }
}

/// Translates a body, and has it verified if that is `wanted`.
pub(crate) fn translate<'t>(
    translator: &'t mut Translator,
    module: &Module,
    func: FuncIndex,
    wanted: bool,
) -> Result<&'t mut Body, CompileError> {
    let body = translator.translate(module, func)?;
    verify_body(module, body, wanted)?;
    Ok(body)
}

fn verify_body(module: &Module, body: &Body, wanted: bool) -> Result<(), CompileError> {
    let result = if wanted { ir::verify(module.declarations(), body) } else { Ok(()) };
    result.map_err(|error| CompileError::InvalidIr { func: body.func, message: error.0 })
}

/// Has LLVM verify its module, if that is wanted.
pub(crate) fn verify(state: &ModuleState<'_>, wanted: bool) -> Result<(), CompileError> {
    if !wanted {
        return Ok(());
    }
    state.module.verify().map_err(|error| CompileError::InvalidLlvm(error.to_string()))
}
