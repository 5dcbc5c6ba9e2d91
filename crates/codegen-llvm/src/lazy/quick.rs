//! The first tier without LLVM: what the baseline compiler makes, and what it leaves.

use std::collections::BTreeSet;

use wootz_codegen_baseline::{Fragments, ModuleInfo, Unsupported};
use wootz_vm_abi::lazy::{Entry, Fragment};
use wootz_vm_abi::machine::Machine;
use wootz_vm_abi::options::OptLevel;
use wootz_wasm_ir::ir::{Body, Callee, Op, Terminator};
use wootz_wasm_ir::{FuncIndex, PrivateFunctions, Translator};

use super::{EVENTS, Inner};
use crate::bodies::translate;
use crate::error::CompileError;

/// The number of the level of x86-64 that the baseline compiler makes code for, x86-64-v3.
const LEVEL: usize = 2;

/// What became of some entries.
pub(super) struct Quick {
    /// Code, if there is any.
    pub(super) fragment: Option<Fragment>,
    /// What another compiler has to make.
    pub(super) left: Vec<Entry>,
}

/// Compiles functions and trampolines without LLVM. `more` is told which functions they call, and says which of them to compile with them; it is asked until
/// that is none.
pub(super) fn compile(
    compiler: &Inner,
    entries: &[Entry],
    mut more: impl FnMut(Vec<FuncIndex>) -> Vec<FuncIndex>,
) -> Result<Quick, CompileError> {
    let mut batch = Batch {
        compiler,
        module: compiler.module_info(),
        translator: Translator::new(),
        fragments: Fragments::default(),
        compiled: BTreeSet::new(),
        called: BTreeSet::new(),
        left: Vec::new(),
    };
    for entry in entries {
        match *entry {
            Entry::Function(func) => batch.function(func)?,
            Entry::HostEntry(ty) => batch.fragments.host_entry(&batch.module, ty),
            Entry::HostExit(ty) => batch.fragments.host_exit(&batch.module, ty),
        }
    }
    loop {
        let called = batch.called.difference(&batch.compiled).copied().collect();
        let others = more(called);
        if others.is_empty() {
            break;
        }
        others.into_iter().try_for_each(|func| batch.function(func))?;
    }
    let Batch { fragments, left, .. } = batch;
    Ok(Quick { fragment: (!fragments.is_empty()).then(|| fragments.finish()), left })
}

impl Inner {
    /// Whether the baseline compiler makes code for the module: the processor has what it needs, and no debugger wants to be told more than it
    /// says.
    pub(super) fn is_quick(&self) -> bool {
        self.target.machine == Machine::X86_64 && self.target.has_level(LEVEL) && self.options.debug.is_none()
    }

    /// The functions that have the C convention, in both tiers: those that nobody refers to, if the baseline compiler writes the calls. LLVM's fast selector is
    /// kept from it as in the regular mode.
    pub(super) fn private_functions(&self) -> &PrivateFunctions {
        self.private.get_or_init(|| {
            if self.is_quick() { self.module.unreferenced_functions() } else { PrivateFunctions::default() }
        })
    }

    fn module_info(&self) -> ModuleInfo<'_> {
        ModuleInfo {
            declarations: self.module.declarations(),
            layout: &self.context,
            entries: &self.entries,
            plans: &self.plans,
            private: self.private_functions(),
            hot: (self.options.opt != OptLevel::O0).then_some(self.options.hot),
            fuel: self.options.fuel,
            canonicalize_nans: self.options.canonicalize_nans || self.options.deterministic,
        }
    }
}

/// Functions that are compiled together.
struct Batch<'a> {
    compiler: &'a Inner,
    module: ModuleInfo<'a>,
    translator: Translator,
    fragments: Fragments,
    compiled: BTreeSet<FuncIndex>,
    called: BTreeSet<FuncIndex>,
    left: Vec<Entry>,
}

impl Batch<'_> {
    fn function(&mut self, func: FuncIndex) -> Result<(), CompileError> {
        let Inner { module, options, .. } = self.compiler;
        let range = module.body_range(func).unwrap_or_default();
        let body = translate(&mut self.translator, module, func, options.verify)?;
        self.compiled.insert(func);
        let declarations = module.declarations();
        self.called.extend(callees(body).filter(|func| !declarations.is_imported_function(*func)));
        let counter = self.compiler.counters_of(body);
        if let Err(Unsupported(what)) = self.fragments.function(&self.module, body, range.start, counter) {
            tracing::debug!(target: EVENTS, %func, what, "left to LLVM");
            self.compiler.counters().forget(func);
            self.left.push(Entry::Function(func));
        }
        Ok(())
    }
}

/// The functions that a body calls directly.
fn callees(body: &Body) -> impl Iterator<Item = FuncIndex> + '_ {
    let calls = body.insts.values().filter_map(|inst| match inst.op {
        Op::Call(func) => Some(func),
        _ => None,
    });
    let tail_calls = body.blocks.values().filter_map(|block| match block.terminator.kind {
        Terminator::ReturnCall { callee: Callee::Func(func), .. } => Some(func),
        _ => None,
    });
    calls.chain(tail_calls)
}
