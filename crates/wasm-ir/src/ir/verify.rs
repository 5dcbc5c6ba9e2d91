//! An independent check of the invariants of [`ir`](super): it shares no code with the translator, not even the types
//! of operators.

use std::fmt;

use crate::entity::Entity;
use crate::{Declarations, MemoryIndex, ValType};

use super::dominators::Dominators;
use super::signature::{self, OpType};
use super::{
    Block, BlockCall, Body, Bounds, BoundsCheck, Callee, Inst, List, LocalRecord, LocalValue, Op, Terminator,
    Value, ValueDef, is_operand,
};

/// A broken invariant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError(pub String);

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid IR: {}", self.0)
    }
}

impl std::error::Error for VerifyError {}

/// Checks every invariant of a body.
///
/// # Errors
/// The first broken invariant.
pub fn verify(declarations: &Declarations, body: &Body) -> Result<(), VerifyError> {
    let mut verifier = Verifier { declarations, body, places: Vec::new(), tree: Dominators::default() };
    verifier.check_header()?;
    verifier.check_definitions()?;
    verifier.check_order()?;
    for block in body.blocks.keys() {
        verifier.check_block(block)?;
    }
    verifier.check_locals()
}

type Check = Result<(), VerifyError>;

/// Fails with a message unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)*) => {
        if !$condition {
            return Err(VerifyError(format!($($message)*)));
        }
    };
}

/// Where a value becomes available: a block, and how many of its instructions come before.
#[derive(Copy, Clone)]
struct Place {
    block: usize,
    position: usize,
}

struct Verifier<'a> {
    declarations: &'a Declarations,
    body: &'a Body,
    /// Where each value is defined.
    places: Vec<Option<Place>>,
    tree: Dominators,
}

impl<'a> Verifier<'a> {
    fn check_header(&self) -> Check {
        let (costs, blocks) = (self.body.costs.len(), self.body.blocks.len());
        ensure!(costs == 0 || costs == blocks, "there are {costs} costs for {blocks} blocks");
        let body = self.body;
        ensure!(self.declarations.functions.get(body.func).is_some(), "there is no {}", body.func);
        ensure!(
            *self.declarations.signature(body.func) == body.signature,
            "{} is declared {}, the body has {}",
            body.func,
            self.declarations.signature(body.func),
            body.signature
        );
        let entry = body.blocks.get(Body::ENTRY);
        let params: Option<Vec<_>> = entry.map(|entry| {
            entry.params.iter().filter_map(|param| body.values.get(*param)).map(|value| value.ty).collect()
        });
        ensure!(
            params.as_deref() == Some(&body.signature.params),
            "the entry block's parameters are not those of {}",
            body.signature
        );
        Ok(())
    }

    /// Every value is defined once, where its data says; every instruction stands in one block.
    fn check_definitions(&mut self) -> Check {
        let body = self.body;
        self.places = vec![None; body.values.len()];
        let mut placed = vec![false; body.insts.len()];
        for (block, data) in body.blocks.iter() {
            for (index, param) in data.params.iter().enumerate() {
                let place = Place { block: block.index(), position: 0 };
                self.define(*param, ValueDef::Param(block, index as u32), place)?;
            }
            for (position, inst) in data.insts.iter().enumerate() {
                let seen = placed.get_mut(inst.index());
                ensure!(seen.is_some(), "{block} has {inst}, which does not exist");
                ensure!(
                    !seen.is_some_and(|seen| std::mem::replace(seen, true)),
                    "{inst} stands in two places"
                );
                let place = Place { block: block.index(), position: position + 1 };
                for (index, value) in self.list(body.insts[*inst].results)?.iter().enumerate() {
                    self.define(*value, ValueDef::Result(*inst, index as u32), place)?;
                }
            }
        }
        if let Some(inst) = placed.iter().position(|placed| !placed) {
            return Err(VerifyError(format!("{} stands in no block", Inst::new(inst))));
        }
        match self.places.iter().position(Option::is_none) {
            Some(value) => Err(VerifyError(format!("{} is not defined", Value::new(value)))),
            None => Ok(()),
        }
    }

    fn define(&mut self, value: Value, def: ValueDef, place: Place) -> Check {
        let data = self.body.values.get(value);
        ensure!(data.is_some_and(|data| data.def == def), "{value} is not what it is defined as: {def:?}");
        ensure!(self.places[value.index()].replace(place).is_none(), "{value} is defined twice");
        Ok(())
    }

    /// Blocks stand in order, are reachable, and loops have one entry.
    fn check_order(&mut self) -> Check {
        let body = self.body;
        let mut dominators: Vec<Option<usize>> = vec![None; body.blocks.len()];
        for (block, data) in body.blocks.iter() {
            let from = block.index();
            let parent = dominators[from];
            ensure!(parent.is_some() || from == 0, "{block} cannot be reached from a block before it");
            self.tree.push(parent);
            for target in data.terminator.kind.successors() {
                let to = target.block.index();
                ensure!(to < body.blocks.len(), "{block} leads to {}, which does not exist", target.block);
                ensure!(to != 0, "{block} leads to the entry block");
                if to > from {
                    dominators[to] = Some(dominators[to].map_or(from, |known| self.tree.common(known, from)));
                } else {
                    let target = target.block;
                    ensure!(
                        self.tree.dominates(to, from),
                        "{block} leads back to {target}, which does not dominate it"
                    );
                }
            }
        }
        Ok(())
    }

    fn check_block(&self, block: Block) -> Check {
        let data = &self.body.blocks[block];
        let mut expected = OpType::default();
        let mut leaders = Vec::new();
        for (position, inst) in data.insts.iter().enumerate() {
            let place = Place { block: block.index(), position };
            self.check_inst(*inst, place, &mut expected)
                .and_then(|()| self.check_merged(*inst, &mut leaders))
                .map_err(|VerifyError(error)| VerifyError(format!("{block}, {inst}: {error}")))?;
        }
        let place = Place { block: block.index(), position: data.insts.len() };
        ensure!(data.terminator.offset != 0, "{block}: its end has no offset");
        self.check_terminator(&data.terminator.kind, place)
            .map_err(|VerifyError(error)| VerifyError(format!("{block}, its end: {error}")))
    }

    fn check_inst(&self, inst: Inst, place: Place, expected: &mut OpType) -> Check {
        let data = &self.body.insts[inst];
        ensure!(data.offset != 0, "it has no offset");
        if let Some(Bounds::Ranged(group)) = data.op.access().map(|access| access.bounds) {
            ensure!(self.body.groups.get(group).is_some(), "there is no {group}");
        }
        let args = self.list(data.args)?;
        args.iter().try_for_each(|arg| self.check_use(*arg, place))?;
        let types: Vec<_> = args.iter().map(|arg| self.body.ty(*arg)).collect();
        let results = self.list(data.results)?;
        let result_types: Vec<_> = results.iter().map(|result| self.body.ty(*result)).collect();
        signature::of(self.declarations, data.op, &types, &result_types, expected).map_err(VerifyError)?;
        self.check_types("operand", args, &expected.operands)?;
        ensure!(
            results.len() == expected.results.len(),
            "it has {} results instead of {}",
            results.len(),
            expected.results.len()
        );
        for (value, ty) in results.iter().zip(&expected.results) {
            ensure!(self.body.ty(*value) == *ty, "{value} has type {}, not {ty}", self.body.ty(*value));
        }
        Ok(())
    }

    /// That an access which another compares for has that one before it in its block, and nothing between that could make the memory longer.
    fn check_merged(&self, inst: Inst, leaders: &mut Vec<(BoundsCheck, MemoryIndex, Value)>) -> Check {
        let data = &self.body.insts[inst];
        if data.op.calls() {
            leaders.clear();
        }
        let Some(access) = data.op.access() else { return Ok(()) };
        let (Bounds::Leads(check) | Bounds::Follows(check)) = access.bounds else { return Ok(()) };
        ensure!(!self.declarations.memories[access.memory].shared, "{check} is of a shared memory");
        ensure!(access.offset.checked_add(access.bytes.into()).is_some(), "{check} is of no place");
        let this = (check, access.memory, self.list(data.args)?[0]);
        if matches!(access.bounds, Bounds::Leads(_)) {
            leaders.push(this);
        } else {
            ensure!(leaders.contains(&this), "nothing leads {check} to here");
        }
        Ok(())
    }

    fn check_terminator(&self, terminator: &Terminator, place: Place) -> Check {
        match terminator {
            Terminator::Branch { condition: value, .. } | Terminator::Switch { index: value, .. } => {
                self.check_use(*value, place)?;
                self.check_types("condition", &[*value], &[ValType::I32])?;
            }
            Terminator::Return(values) => {
                let values = self.list(*values)?;
                values.iter().try_for_each(|value| self.check_use(*value, place))?;
                self.check_types("result", values, &self.body.signature.results)?;
            }
            Terminator::ReturnCall { callee, args } => self.check_tail_call(*callee, *args, place)?,
            Terminator::Jump(_) | Terminator::Unreachable => {}
        }
        // Equal targets of a switch share their list: one look is enough for a run of them.
        let mut last = None;
        for target in terminator.successors() {
            if last != Some(target) {
                self.check_target(target, place)?;
                last = Some(target);
            }
        }
        Ok(())
    }

    /// The operands are those of a call, the results can be this function's.
    fn check_tail_call(&self, callee: Callee, args: List, place: Place) -> Check {
        let op = match callee {
            Callee::Func(func) => Op::Call(func),
            Callee::Table { table, ty } => Op::CallIndirect { table, ty },
            Callee::Ref(ty) => Op::CallRef(ty),
        };
        let args = self.list(args)?;
        args.iter().try_for_each(|arg| self.check_use(*arg, place))?;
        let mut expected = OpType::default();
        signature::of(self.declarations, op, &[], &[], &mut expected).map_err(VerifyError)?;
        self.check_types("operand", args, &expected.operands)?;
        let wanted = &self.body.signature.results;
        let fits = expected.results.len() == wanted.len()
            && expected
                .results
                .iter()
                .zip(wanted)
                .all(|(ty, wanted)| self.declarations.is_subtype(*ty, *wanted));
        ensure!(fits, "the callee's results {:?} are not the function's, {wanted:?}", expected.results);
        Ok(())
    }

    fn check_target(&self, target: BlockCall, place: Place) -> Check {
        let args = self.list(target.args)?;
        args.iter().try_for_each(|arg| self.check_use(*arg, place))?;
        let params = &self.body.blocks[target.block].params;
        let types: Vec<_> = params.iter().map(|param| self.body.ty(*param)).collect();
        self.check_types("argument", args, &types)
            .map_err(|VerifyError(error)| VerifyError(format!("to {}: {error}", target.block)))
    }

    /// The use comes after the definition on every path.
    fn check_use(&self, value: Value, place: Place) -> Check {
        let defined = self.places.get(value.index()).copied().flatten();
        let Some(defined) = defined else {
            return Err(VerifyError(format!("it uses {value}, which does not exist")));
        };
        let before = if defined.block == place.block {
            defined.position <= place.position
        } else {
            self.tree.dominates(defined.block, place.block)
        };
        ensure!(before, "it uses {value}, which is not defined on every path to it");
        Ok(())
    }

    fn check_types(&self, what: &str, values: &[Value], types: &[ValType]) -> Check {
        ensure!(values.len() == types.len(), "it has {} {what}s instead of {}", values.len(), types.len());
        for (value, ty) in values.iter().zip(types) {
            let actual = self.body.ty(*value);
            ensure!(self.declarations.is_subtype(actual, *ty), "{what} {value} has type {actual}, not {ty}");
        }
        Ok(())
    }

    /// Records stand in order, and each local holds a value of its type that is there.
    fn check_locals(&self) -> Check {
        let locals = &self.body.locals;
        let mut last = (0, 0);
        for record in &locals.records {
            let LocalRecord { block, position, local, value, since: _ } = *record;
            let fits = self.body.blocks.get(block).is_some_and(|data| position as usize <= data.insts.len());
            ensure!(fits, "{local} changes in {block} after {position} instructions, which there are not");
            ensure!(last <= (block.0, position), "the record of {local} in {block} is out of order");
            last = (block.0, position);
            let ty = match (locals.ty(local), value) {
                (Some(ty), _) => ty,
                (None, LocalValue::Value(value)) if is_operand(local) => self.body.ty(value),
                _ => return Err(VerifyError(format!("there is no {local}"))),
            };
            if let LocalValue::Value(value) = value {
                let place = Place { block: block.index(), position: position as usize };
                self.check_use(value, place)
                    .map_err(|VerifyError(error)| VerifyError(format!("{local} in {block}: {error}")))?;
                self.check_types("value", &[value], &[ty])?;
            }
        }
        Ok(())
    }

    fn list(&self, list: List) -> Result<&'a [Value], VerifyError> {
        let start = list.start as usize;
        match self.body.pool.get(start..start + list.len as usize) {
            Some(values) => Ok(values),
            None => Err(VerifyError(format!("the list {list:?} lies outside the pool"))),
        }
    }
}
