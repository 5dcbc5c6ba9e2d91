//! Between the tiers: the counter in code of the first, and the way into a loop of the second.
//!
//! A loop that does not end would never call its function's better code. So code of the first tier counts at the head of each
//! loop, too, and goes on in a function of its own if there is one: `loop[N.B]`, which begins at block B of function N and takes as parameters
//! what that block needs. It is called in the place of the function (a tail call), so no frame is left behind.

use std::collections::BTreeMap;
use std::mem::take;

use inkwell::IntPredicate;
use inkwell::types::FunctionType;
use inkwell::values::{BasicMetadataValueEnum, BasicValue as _, BasicValueEnum};
use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::lazy::{ENTERED, LazyLayout};
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, Body, Inst, Op, Value, liveness};

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::metadata::Region;
use crate::module::{ModuleState, WASM_CONVENTION};

/// A function with more values than this is not entered in its loops: what they need is not worth finding out.
const MANY_VALUES: usize = 20_000;

/// How a function counts, and what its loops need.
pub(crate) struct Counting {
    counter: usize,
    loops: BTreeMap<Block, Vec<Value>>,
}

impl Counting {
    /// For a body of a module with this layout. A private function cannot leave by a tail call, which its loops would.
    pub(crate) fn new(layout: &LazyLayout, body: &Body, is_private: bool) -> Self {
        let heads = liveness::loop_heads(body);
        let stays = is_private || body.values.len() > MANY_VALUES;
        let loops = if stays { BTreeMap::new() } else { liveness::live_in(body, &heads) };
        Self { counter: layout.counter(body.func), loops }
    }
}

/// The way into a function at the head of a loop.
pub(crate) struct LoopEntry {
    pub(crate) head: Block,
    /// What is handed over: the head's parameters, then what else it needs.
    pub(crate) values: Vec<Value>,
    /// Which blocks there are.
    reached: Vec<bool>,
    /// Whether each value is defined again after it was handed over.
    again: Vec<bool>,
}

impl LoopEntry {
    /// The way in at the head of a loop; `None` if there is no such loop.
    pub(crate) fn new(body: &Body, head: Block) -> Option<Self> {
        let mut heads = vec![false; body.blocks.len()];
        *heads.get_mut(head.index())? = liveness::loop_heads(body)[head.index()];
        let needed = liveness::live_in(body, &heads).remove(&head)?;
        let (reached, defined) = (liveness::reachable(body, head), liveness::defining_blocks(body));
        let again = needed.iter().map(|value| reached[defined[value.index()].index()]);
        let params = &body.blocks[head].params;
        Some(Self {
            again: params.iter().map(|_| false).chain(again).collect(),
            values: params.iter().chain(&needed).copied().collect(),
            head,
            reached,
        })
    }

    pub(crate) fn is_reached(&self, block: Block) -> bool {
        self.reached[block.index()]
    }

    /// The values that come to have others than were handed over, without being parameters of the head.
    pub(crate) fn redefined(&self) -> impl Iterator<Item = Value> + '_ {
        self.values.iter().zip(&self.again).filter(|(_, again)| **again).map(|(value, _)| *value)
    }
}

/// The type of a way into a loop that is handed some values.
pub(crate) fn function_type<'ctx>(
    module: &ModuleState<'ctx>,
    body: &Body,
    values: &[Value],
) -> FunctionType<'ctx> {
    let values: Vec<_> = values.iter().map(|value| body.ty(*value)).collect();
    module.types.wasm_code(&values, &body.signature.results)
}

impl<'ctx> FunctionState<'_, 'ctx> {
    /// Counts at the beginning of a block, if that is the entry or the head of a loop.
    pub(crate) fn count(&mut self, block: Block) -> Result<(), CompileError> {
        let Some(counting) = &mut self.counting else { return Ok(()) };
        let counter = counting.counter;
        let (step, needed) = match counting.loops.get_mut(&block) {
            Some(values) => (1, Some(take(values))),
            None if block == Body::ENTRY => (ENTERED, None),
            None => return Ok(()),
        };
        let data = &self.body.blocks[block];
        let first = data.insts.first().map_or(data.terminator.offset, |inst| self.body.insts[*inst].offset);
        // Debuggers stop where a line begins, and there they know of variables: behind the counter.
        let is_seen = self.variable_scope().is_some();
        self.set_offset(if is_seen { 0 } else { first });
        let (b, i32) = (self.builder(), self.module.types.i32);
        let data = super::slots::data(self.module).as_pointer_value();
        let counter = self.field(data, counter)?;
        // Threads count together, and lose a round now and then. Volatile, so that no pass makes one count of two.
        let count = b.build_load(i32, counter, "")?;
        if let Some(load) = count.as_instruction_value() {
            load.set_volatile(true)?;
            self.module.metadata.region(load, Region::Context)?;
        }
        let count = b.build_int_add(count.into_int_value(), i32.const_int(step.into(), false), "")?;
        let store = b.build_store(counter, count)?;
        store.set_volatile(true)?;
        self.module.metadata.region(store, Region::Context)?;
        let is_hot =
            b.build_int_compare(IntPredicate::UGE, count, i32.const_int(self.module.hot.into(), false), "")?;
        let here = self.current_block()?;
        let next = self.module.context.insert_basic_block_after(here, "");
        let hot = self.module.context.append_basic_block(self.function, "hot");
        let branch = b.build_conditional_branch(is_hot, hot, next)?;
        self.module.metadata.unlikely(branch)?;
        b.position_at_end(hot);
        let number = |number: u32| BasicValueEnum::from(i32.const_int(number.into(), false));
        let at_loop = needed.as_ref().map_or(u32::MAX, |_| block.0);
        let code = self.call_builtin(Builtin::better_code, &[number(self.body.func.0), number(at_loop)])?;
        match needed {
            None => _ = b.build_unconditional_branch(next)?,
            Some(needed) => {
                let leave = self.module.context.append_basic_block(self.function, "leave");
                let code = code.into_pointer_value();
                b.build_conditional_branch(b.build_is_null(code, "")?, next, leave)?;
                b.position_at_end(leave);
                let values: Vec<Value> =
                    self.body.blocks[block].params.iter().chain(&needed).copied().collect();
                self.leave_for(code, &values)?;
            }
        }
        b.position_at_end(next);
        self.set_offset(first);
        Ok(())
    }

    /// Gives what a loop is handed over its values, and constants from before the loop theirs.
    pub(crate) fn take_over(&mut self) -> Result<(), CompileError> {
        let Some(entry) = &self.entry else { return Ok(()) };
        let (phis, mut others) = (self.target(entry.head).1.len(), Vec::new());
        for (position, value) in entry.values.iter().enumerate() {
            let param = self.function.get_nth_param(position as u32 + 1);
            let param = param.ok_or_else(|| CompileError::InvalidLlvm("a loop lacks a parameter".into()))?;
            match self.target(entry.head).1.get(position) {
                Some(phi) => phi.add_incoming(&[(&param, self.start)]),
                None => others.push((*value, param)),
            }
        }
        debug_assert_eq!(phis + others.len(), entry.values.len());
        let before = self.body.blocks.iter().filter(|(block, _)| !entry.is_reached(*block));
        let constants: Vec<Inst> = before
            .flat_map(|(_, data)| &data.insts)
            .filter(|inst| matches!(self.body.insts[**inst].op, Op::Const(_)))
            .copied()
            .collect();
        self.builder().position_at_end(self.start);
        for (value, param) in others {
            match self.redefined.get(&value) {
                Some(place) => _ = self.builder().build_store(*place, param)?,
                None => self.values[value.index()] = Some(param),
            }
        }
        constants.into_iter().try_for_each(|inst| crate::lower::lower_inst(self, inst))
    }

    /// Stores the parameters of a block that have places.
    pub(crate) fn keep_params(&mut self, block: Block) -> Result<(), CompileError> {
        if self.redefined.is_empty() {
            return Ok(());
        }
        for param in &self.body.blocks[block].params {
            if let (Some(place), Some(value)) = (self.redefined.get(param), self.values[param.index()]) {
                self.builder().build_store(*place, value)?;
            }
        }
        Ok(())
    }

    /// Goes on in the way into a loop.
    fn leave_for(
        &self,
        code: inkwell::values::PointerValue<'ctx>,
        values: &[Value],
    ) -> Result<(), CompileError> {
        let mut args: Vec<BasicMetadataValueEnum<'ctx>> = vec![self.vmctx.into()];
        for value in values {
            args.push(self.value(*value)?.into());
        }
        let ty = function_type(self.module, self.body, values);
        self.module.types.complete_args(ty, &mut args, self.result_slots);
        let call = self.builder().build_indirect_call(ty, code, &args, "")?;
        self.module.attributes.tail_call(call, WASM_CONVENTION);
        match call.try_as_basic_value().basic() {
            Some(value) => self.builder().build_return(Some(&value))?,
            None => self.builder().build_return(None)?,
        };
        Ok(())
    }
}
