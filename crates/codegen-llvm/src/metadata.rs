//! Metadata that tells LLVM what a load may assume.

use inkwell::context::Context;
use inkwell::values::{FunctionValue, InstructionValue, MetadataValue};

use crate::error::CompileError;

/// What an access of memory is to, for alias analysis (TBAA): nothing in one region is ever reached through another.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Region {
    /// Contexts and what the runtime keeps behind them: memories' bases, tables, function references, globals.
    Context,
    /// The bytes of a linear memory.
    Linear,
    /// Argument and result slots.
    Slots,
}

/// Metadata nodes of one context.
#[derive(Debug)]
pub(crate) struct Metadata<'ctx> {
    tbaa_kind: u32,
    invariant_kind: u32,
    nonnull_kind: u32,
    dereferenceable_kind: u32,
    branch_weights_kind: u32,
    regions: [MetadataValue<'ctx>; 3],
    empty: MetadataValue<'ctx>,
    unlikely: MetadataValue<'ctx>,
    likely: MetadataValue<'ctx>,
    scope_kind: u32,
    noalias_kind: u32,
    loop_kind: u32,
    dispatch_loop: MetadataValue<'ctx>,
    /// Whether anyone reads more than what is invariant.
    optimised: bool,
    context: &'ctx Context,
}

impl<'ctx> Metadata<'ctx> {
    pub(crate) fn new(context: &'ctx Context, optimised: bool) -> Self {
        let zero = context.i64_type().const_zero();
        let root = context.metadata_node(&[context.metadata_string("wootz").into()]);
        let region = |name: &str| {
            let ty = context.metadata_node(&[context.metadata_string(name).into(), root.into(), zero.into()]);
            context.metadata_node(&[ty.into(), ty.into(), zero.into()])
        };
        let i32 = context.i32_type();
        let weights = |first: u64, second: u64| {
            context.metadata_node(&[
                context.metadata_string("branch_weights").into(),
                i32.const_int(first, false).into(),
                i32.const_int(second, false).into(),
            ])
        };
        Self {
            tbaa_kind: context.get_kind_id("tbaa"),
            invariant_kind: context.get_kind_id("invariant.load"),
            nonnull_kind: context.get_kind_id("nonnull"),
            dereferenceable_kind: context.get_kind_id("dereferenceable"),
            branch_weights_kind: context.get_kind_id("prof"),
            regions: [region("context"), region("linear memory"), region("slots")],
            empty: context.metadata_node(&[]),
            unlikely: weights(1, 1 << 20),
            likely: weights(1000, 1),
            scope_kind: context.get_kind_id("alias.scope"),
            noalias_kind: context.get_kind_id("noalias"),
            loop_kind: context.get_kind_id("llvm.loop"),
            dispatch_loop: crate::llvm::dispatch_loop(context),
            optimised,
            context,
        }
    }

    /// Says something that only passes of the optimised levels look at.
    fn set(
        &self,
        instruction: InstructionValue<'ctx>,
        node: MetadataValue<'ctx>,
        kind: u32,
    ) -> Result<(), CompileError> {
        if self.optimised { Ok(instruction.set_metadata(node, kind)?) } else { Ok(()) }
    }

    /// Says which region a load or store is to.
    pub(crate) fn region(&self, access: InstructionValue<'ctx>, region: Region) -> Result<(), CompileError> {
        self.set(access, self.regions[region as usize], self.tbaa_kind)
    }

    /// Says that what is loaded never changes while compiled code can see it.
    pub(crate) fn invariant(&self, load: InstructionValue<'ctx>) -> Result<(), CompileError> {
        Ok(load.set_metadata(self.empty, self.invariant_kind)?)
    }

    /// Says that a loaded pointer points to at least `size` bytes.
    pub(crate) fn points_to(&self, load: InstructionValue<'ctx>, size: usize) -> Result<(), CompileError> {
        if !self.optimised {
            return Ok(());
        }
        let size = self.context.i64_type().const_int(size as u64, false);
        load.set_metadata(self.empty, self.nonnull_kind)?;
        Ok(load.set_metadata(self.context.metadata_node(&[size.into()]), self.dereferenceable_kind)?)
    }

    /// A name for accesses that others are said not to touch. Equal texts give the same scope.
    pub(crate) fn scope(&self, domain: &str, name: &str) -> MetadataValue<'ctx> {
        let domain = self.context.metadata_node(&[self.context.metadata_string(domain).into()]);
        self.context.metadata_node(&[self.context.metadata_string(name).into(), domain.into()])
    }

    /// Says that an access is in a scope, and touches no byte that accesses in others do.
    pub(crate) fn disjoint(
        &self,
        access: InstructionValue<'ctx>,
        scope: MetadataValue<'ctx>,
        others: &[MetadataValue<'ctx>],
    ) -> Result<(), CompileError> {
        let others: Vec<_> = others.iter().map(|scope| (*scope).into()).collect();
        access.set_metadata(self.context.metadata_node(&[scope.into()]), self.scope_kind)?;
        Ok(access.set_metadata(self.context.metadata_node(&others), self.noalias_kind)?)
    }

    /// Says of the loop which a branch repeats that what it does not change is computed where it stands.
    pub(crate) fn dispatch_loop(&self, branch: InstructionValue<'ctx>) -> Result<(), CompileError> {
        self.set(branch, self.dispatch_loop, self.loop_kind)
    }

    /// Says that a branch nearly always goes to its first target.
    pub(crate) fn likely(&self, branch: InstructionValue<'ctx>) -> Result<(), CompileError> {
        self.set(branch, self.likely, self.branch_weights_kind)
    }

    /// Says how often a branch went to each of its targets, in LLVM's order; nothing if it never went anywhere.
    pub(crate) fn weights(&self, branch: InstructionValue<'ctx>, counts: &[u64]) -> Result<(), CompileError> {
        let largest = counts.iter().max().copied().unwrap_or_default();
        if largest == 0 {
            return Ok(());
        }
        let (i32, scale) = (self.context.i32_type(), largest / u64::from(u32::MAX) + 1);
        let weights = counts.iter().map(|count| i32.const_int(count / scale, false).into());
        let name = self.context.metadata_string("branch_weights").into();
        let node = self.context.metadata_node(&[name].into_iter().chain(weights).collect::<Vec<_>>());
        self.set(branch, node, self.branch_weights_kind)
    }

    /// Says how often a function was entered.
    pub(crate) fn entry_count(&self, function: FunctionValue<'ctx>, count: u64) {
        if self.optimised {
            let count = self.context.i64_type().const_int(count, false).into();
            let name = self.context.metadata_string("function_entry_count").into();
            let node = self.context.metadata_node(&[name, count]);
            function.as_global_value().set_metadata(node, self.branch_weights_kind);
        }
    }

    /// Says that a branch hardly ever goes to its first target.
    pub(crate) fn unlikely(&self, branch: InstructionValue<'ctx>) -> Result<(), CompileError> {
        self.set(branch, self.unlikely, self.branch_weights_kind)
    }
}
