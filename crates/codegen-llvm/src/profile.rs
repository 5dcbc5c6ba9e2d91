//! Counts of branches: code that counts them, and what LLVM is told of counts from an earlier run (`wootz_vm_abi::branches`), or of hints by
//! the producer if there was none.
//!
//! Both sides number a branch by the offset of its instruction, and IR that is counted has not been transformed. Transformed IR may have a branch twice,
//! with its targets in the same order, and branches of its own, which are `likely` and have no counts. Counting changes memory that no instruction of the
//! guest's sees, and counts tell LLVM what is worth its time: neither what a program does nor where it traps depends on them.

use std::cell::RefCell;
use std::mem::offset_of;
use std::sync::Arc;

use inkwell::IntPredicate;
use inkwell::context::Context;
use inkwell::module::{FlagBehavior, Module as LlvmModule};
use inkwell::values::{BasicMetadataValueEnum, InstructionValue, IntValue, MetadataValue, PointerValue};
use wootz_vm_abi::branches::{BranchProfile, CountedCode, Summary, counts_from};
use wootz_vm_abi::context::VMContext;
use wootz_vm_abi::options::{Branches, CompileOptions};
use wootz_wasm_ir::ir::Body;
use wootz_wasm_ir::{Module, WasmOffset};

use crate::error::CompileError;
use crate::function::{FunctionState, store};
use crate::lazy::Counted;
use crate::metadata::Region;

/// What one LLVM module does with counts.
pub(crate) struct Counts {
    source: Source,
    /// Where the first body starts.
    start: WasmOffset,
}

enum Source {
    Unknown,
    /// They are made.
    Counting,
    /// From earlier runs.
    File(Arc<BranchProfile>),
    /// From this run: with those of the body that is lowered.
    Lazy(Counted, RefCell<Vec<(WasmOffset, u64)>>),
}

impl Counts {
    /// Nothing.
    pub(crate) const NONE: Self = Self { source: Source::Unknown, start: 0 };

    /// As the options say. LLVM's module is told what is often and what is rare.
    pub(crate) fn new<'ctx>(
        context: &'ctx Context,
        llvm: &LlvmModule<'ctx>,
        module: &Module,
        options: &CompileOptions,
    ) -> Self {
        let source = match &options.branches {
            Branches::Unknown => Source::Unknown,
            Branches::Counted => Source::Counting,
            Branches::Profiled(profile) => {
                summarise(context, llvm, profile.summary());
                Source::File(Arc::clone(profile))
            }
        };
        Self { source, start: module.code_range().start }
    }

    /// Those of the run that code is compiled for.
    pub(crate) fn of_this_run<'ctx>(
        context: &'ctx Context,
        llvm: &LlvmModule<'ctx>,
        counted: Counted,
    ) -> Self {
        summarise(context, llvm, counted.summary());
        Self { source: Source::Lazy(counted, RefCell::default()), start: 0 }
    }

    /// A body is lowered next, perhaps transformed: this is as it was decoded.
    pub(crate) fn learn(&self, body: &Body, start: WasmOffset) {
        if let Source::Lazy(counted, counts) = &self.source {
            *counts.borrow_mut() = counted.of(body, start);
        }
    }

    fn is_of_a_file(&self) -> bool {
        matches!(self.source, Source::File(_))
    }

    fn number(&self, offset: WasmOffset) -> u32 {
        offset - self.start
    }

    /// How often the function that is lowered was entered, if that is known.
    fn entered(&self, start: WasmOffset) -> Option<u64> {
        match &self.source {
            Source::Unknown | Source::Counting => None,
            Source::File(profile) => Some(profile.count(self.number(start))),
            // One that was not entered yet may be soon.
            Source::Lazy(_, counts) => {
                counts_from(&counts.borrow(), start, 1).next().filter(|count| *count != 0)
            }
        }
    }

    /// How often a branch at an offset went each way, if that is known.
    fn ways(&self, offset: WasmOffset, ways: usize) -> Vec<u64> {
        match &self.source {
            Source::Unknown | Source::Counting => Vec::new(),
            Source::File(profile) => profile.counts_from(self.number(offset), ways).collect(),
            Source::Lazy(_, counts) => counts_from(&counts.borrow(), offset, ways).collect(),
        }
    }
}

fn summarise<'ctx>(context: &'ctx Context, llvm: &LlvmModule<'ctx>, counts: &Summary) {
    llvm.add_metadata_flag("ProfileSummary", FlagBehavior::Error, summary(context, counts));
}

/// The code that a module's counters are of.
pub(crate) fn counted_code(module: &Module) -> CountedCode {
    let range = module.code_range();
    CountedCode::new(&module.bytes()[range.start as usize..range.end as usize])
}

/// How often a branch is taken to go where the producer expects it, and how often it is not: as of `__builtin_expect` in clang.
const HINTED: [u64; 2] = [2000, 1];

/// That a profile, if there is one, is of the module. Hints of branches that count for nothing are told.
pub(crate) fn require_profile(module: &Module, options: &CompileOptions) -> Result<(), CompileError> {
    if let Some(reason) = module.branch_hints().refused() {
        tracing::warn!(target: "wootz::compile", %reason, "branch hints are left out");
    }
    let Branches::Profiled(profile) = &options.branches else { return Ok(()) };
    profile.require(counted_code(module)).map_err(CompileError::Profile)
}

/// A summary in the form of LLVM's own instrumentation.
fn summary<'ctx>(context: &'ctx Context, summary: &Summary) -> MetadataValue<'ctx> {
    let (i32, i64) = (context.i32_type(), context.i64_type());
    let number = |number: u64| -> BasicMetadataValueEnum<'ctx> { i64.const_int(number, false).into() };
    let entry = |name: &str, value: BasicMetadataValueEnum<'ctx>| -> BasicMetadataValueEnum<'ctx> {
        context.metadata_node(&[context.metadata_string(name).into(), value]).into()
    };
    let share = |(share, least, counts): &(u32, u64, u32)| -> BasicMetadataValueEnum<'ctx> {
        let [share, counts] = [*share, *counts].map(|number| i32.const_int(number.into(), false).into());
        context.metadata_node(&[share, number(*least), counts]).into()
    };
    let shares: Vec<_> = summary.shares.iter().map(share).collect();
    let counts = summary.shares.last().map_or(0, |(_, _, counts)| u64::from(*counts));
    context.metadata_node(&[
        entry("ProfileFormat", context.metadata_string("InstrProf").into()),
        entry("TotalCount", number(summary.total)),
        entry("MaxCount", number(summary.largest)),
        entry("MaxInternalCount", number(summary.largest)),
        entry("MaxFunctionCount", number(summary.largest)),
        entry("NumCounts", number(counts)),
        entry("NumFunctions", number(counts)),
        entry("DetailedSummary", context.metadata_node(&shares).into()),
    ])
}

impl<'ctx> FunctionState<'_, 'ctx> {
    /// At the entry of a function: counts it, or says how often it was counted.
    pub(crate) fn meet_entry(&mut self, start: WasmOffset) -> Result<(), CompileError> {
        if matches!(self.module.counts.source, Source::Counting) {
            self.counters = Some(self.load_counters()?);
            return self.add_one(self.module.types.i64.const_zero());
        }
        // What a loop is entered by in the middle is entered as often as nobody knows.
        if let Some(count) = self.module.counts.entered(start).filter(|_| self.entry.is_none()) {
            self.module.metadata.entry_count(self.function, count);
        }
        Ok(())
    }

    fn load_counters(&self) -> Result<PointerValue<'ctx>, CompileError> {
        let pointer = self.module.types.ptr;
        let place = offset_of!(VMContext, counters);
        let counters = self.load(pointer.into(), self.vmctx, place, Region::Context, true)?;
        Ok(counters.into_pointer_value())
    }

    /// Before a conditional branch: counts where it goes.
    pub(crate) fn count_branch(&self, condition: IntValue<'ctx>) -> Result<(), CompileError> {
        if self.counters.is_none() {
            return Ok(());
        }
        let b = self.builder();
        let otherwise = b.build_not(condition, "")?;
        self.add_one(b.build_int_z_extend(otherwise, self.module.types.i64, "")?)
    }

    /// Before a branch to one of so many targets and a default: the same.
    pub(crate) fn count_switch(&self, index: IntValue<'ctx>, targets: usize) -> Result<(), CompileError> {
        if self.counters.is_none() {
            return Ok(());
        }
        let (b, i64) = (self.builder(), self.module.types.i64);
        let default = i64.const_int(targets as u64, false);
        let index = b.build_int_z_extend(index, i64, "")?;
        let is_target = b.build_int_compare(IntPredicate::ULT, index, default, "")?;
        self.add_one(b.build_select(is_target, index, default, "")?.into_int_value())
    }

    /// Adds one to a counter of the current instruction.
    fn add_one(&self, which: IntValue<'ctx>) -> Result<(), CompileError> {
        let Some(counters) = self.counters else { return Ok(()) };
        let (b, i64) = (self.builder(), self.module.types.i64);
        let first = i64.const_int(self.module.counts.number(self.offset).into(), false);
        let number = b.build_int_add(first, which, "")?;
        let distance = b.build_int_mul(number, i64.const_int(size_of::<u64>() as u64, false), "")?;
        let counter = crate::llvm::byte_offset(b, self.module.types.i8, counters, distance)?;
        let count = self.load(i64.into(), counter, 0, Region::Context, false)?.into_int_value();
        let count = b.build_int_add(count, i64.const_int(1, false), "")?;
        store(self.module, count.into(), counter, 0, Region::Context)?;
        Ok(())
    }

    /// Says how often a branch of the current instruction went to each of its targets: those of our IR in order, of which the last is
    /// LLVM's first for a switch. Without a profile it is what the producer expects.
    pub(crate) fn weigh(
        &self,
        branch: InstructionValue<'ctx>,
        targets: usize,
        default_first: bool,
    ) -> Result<(), CompileError> {
        let mut counts = self.module.counts.ways(self.offset, targets);
        if counts.iter().all(|count| *count == 0) && !self.module.counts.is_of_a_file() {
            return match self.body.hint(self.offset) {
                Some(true) => self.module.metadata.weights(branch, &HINTED),
                Some(false) => self.module.metadata.weights(branch, &[HINTED[1], HINTED[0]]),
                None => Ok(()),
            };
        }
        if default_first {
            counts.rotate_right(1);
        }
        self.module.metadata.weights(branch, &counts)
    }
}
