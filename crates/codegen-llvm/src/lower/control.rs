//! Branches, returns and `select` (specification: Control Instructions, Parametric Instructions).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{AggregateValueEnum, BasicValue, BasicValueEnum, IntValue};
use wootz_vm_abi::callconv::ValRaw;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::ir::{Block, BlockCall, Inst, List, Op, Terminator, Value};

use crate::error::CompileError;
use crate::function::{FunctionState, store};
use crate::metadata::Region;

type Result<T> = std::result::Result<T, CompileError>;

pub(super) fn select<'ctx>(f: &FunctionState<'_, 'ctx>, inst: Inst) -> Result<BasicValueEnum<'ctx>> {
    let condition = is_nonzero(f, f.int(inst, 2)?)?;
    Ok(f.builder().build_select(condition, f.arg(inst, 0)?, f.arg(inst, 1)?, "")?)
}

fn is_nonzero<'ctx>(f: &FunctionState<'_, 'ctx>, value: IntValue<'ctx>) -> Result<IntValue<'ctx>> {
    let zero = value.get_type().const_zero();
    Ok(f.builder().build_int_compare(IntPredicate::NE, value, zero, "")?)
}

/// Ends the current block.
pub(crate) fn lower_terminator(f: &mut FunctionState<'_, '_>, terminator: &Terminator) -> Result<()> {
    let b = f.builder();
    match terminator {
        Terminator::Jump(target) => {
            let block = Edges::default().edge(f, *target)?;
            b.build_unconditional_branch(block)?;
        }
        Terminator::Branch { condition, then, otherwise } => {
            let is_likely =
                f.defining_inst(*condition).is_some_and(|inst| f.body.insts[inst].op == Op::Likely);
            let condition = is_nonzero(f, f.value(*condition)?.into_int_value())?;
            f.count_branch(condition)?;
            let mut edges = Edges::default();
            let (then, otherwise) = (edges.edge(f, *then)?, edges.edge(f, *otherwise)?);
            let branch = b.build_conditional_branch(condition, then, otherwise)?;
            if is_likely {
                f.module.metadata.likely(branch)?;
            } else {
                f.weigh(branch, 2, false)?;
            }
            edges.finish(f)?;
        }
        Terminator::Switch { index, targets, default } => {
            let index = f.value(*index)?.into_int_value();
            f.count_switch(index, targets.len())?;
            let mut edges = Edges::default();
            let mut cases = Vec::with_capacity(targets.len());
            for (number, target) in (0..).zip(targets) {
                cases.push((index.get_type().const_int(number, false), edges.edge(f, *target)?));
            }
            let default = edges.edge(f, *default)?;
            let switch = b.build_switch(index, default, &cases)?;
            f.weigh(switch, targets.len() + 1, true)?;
            edges.finish(f)?;
        }
        Terminator::Return(results) => lower_return(f, *results)?,
        Terminator::ReturnCall { callee, args } => super::call::tail_call(f, *callee, *args)?,
        Terminator::Unreachable => f.trap(TrapCode::Unreachable)?,
    }
    Ok(())
}

/// The edges out of one block.
///
/// LLVM's phis take one value per predecessor, so two edges to the same block with different arguments need a block in
/// between for the second.
#[derive(Default)]
struct Edges<'f, 'ctx> {
    /// The arguments of the direct edge to each target.
    direct: BTreeMap<Block, (&'f [Value], Vec<BasicValueEnum<'ctx>>)>,
    /// The block in between for each target and further arguments.
    between: BTreeMap<(Block, &'f [Value]), (BasicBlock<'ctx>, BlockCall)>,
}

impl<'f, 'ctx> Edges<'f, 'ctx> {
    /// The LLVM block to branch to, with the phis fed.
    fn edge(&mut self, f: &FunctionState<'f, 'ctx>, call: BlockCall) -> Result<BasicBlock<'ctx>> {
        let args = f.body.list(call.args);
        let here = f.current_block()?;
        // The same values for each edge from here: one that is loaded must not be loaded again.
        let (known, first) = match self.direct.entry(call.block) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert((args, values(f, call)?)),
        };
        if *known == args {
            feed_phis(f, call, first, here)?;
            return Ok(f.target(call.block).0);
        }
        let create = || (f.module.context.insert_basic_block_after(here, ""), call);
        Ok(self.between.entry((call.block, args)).or_insert_with(create).0)
    }

    /// Fills the blocks in between.
    fn finish(self, f: &FunctionState<'f, 'ctx>) -> Result<()> {
        for (block, call) in self.between.into_values() {
            f.builder().position_at_end(block);
            feed_phis(f, call, &values(f, call)?, block)?;
            f.builder().build_unconditional_branch(f.target(call.block).0)?;
        }
        Ok(())
    }
}

/// The arguments of a branch.
fn values<'ctx>(f: &FunctionState<'_, 'ctx>, call: BlockCall) -> Result<Vec<BasicValueEnum<'ctx>>> {
    f.body.list(call.args).iter().map(|arg| f.value(*arg)).collect()
}

fn feed_phis<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    call: BlockCall,
    args: &[BasicValueEnum<'ctx>],
    from: BasicBlock<'ctx>,
) -> Result<()> {
    let (_, phis) = f.target(call.block);
    if phis.len() != args.len() {
        return Err(f.invalid(format!("{} takes {} values, not {}", call.block, phis.len(), args.len())));
    }
    for (phi, arg) in phis.iter().zip(args) {
        phi.add_incoming(&[(arg, from)]);
    }
    Ok(())
}

/// Returns by value or through memory, as the signature says.
fn lower_return(f: &FunctionState<'_, '_>, results: List) -> Result<()> {
    let values = f.body.list(results).iter().map(|v| f.value(*v)).collect::<Result<Vec<_>>>()?;
    let b = f.builder();
    if let Some(slots) = f.result_slots {
        for (index, value) in values.into_iter().enumerate() {
            store(f.module, value, slots, index * size_of::<ValRaw>(), Region::Slots)?;
        }
        b.build_return(None)?;
        return Ok(());
    }
    match &*values {
        [] => b.build_return(None)?,
        [value] => b.build_return(Some(value))?,
        values => {
            let tuple = f.module.types.tuple(&f.body.signature.results).into_struct_type();
            let mut aggregate = AggregateValueEnum::StructValue(tuple.get_poison());
            for (index, value) in (0..).zip(values) {
                aggregate = b.build_insert_value(aggregate, *value, index, "")?;
            }
            b.build_return(Some(&aggregate.as_basic_value_enum()))?
        }
    };
    Ok(())
}
