//! Integers of a loop that grow by the same amount in each repetition.
//!
//! One pass over the loop's instructions writes each value as a linear sum of values from before the loop and of the header's
//! parameters. A parameter whose argument on every back edge is itself plus a sum from before the loop is an induction
//! variable with that step. A sum of induction variables and values from before the loop is then `start + n · step` in the
//! n-th repetition, counted from 0, modulo 2³² or 2⁶⁴. So is the product of a value from before the loop and such a sum, if that has a
//! constant start and step.

use std::collections::{HashMap, HashSet};

use crate::ir::{Block, Body, Constant, Inst, IntBinary, IntWidth, Op, Value};

use super::definitions::{Definitions, addition, integer_of};
use super::{InnermostLoop, InnermostLoops, Linear};

/// How many additions of constants before the loop are looked through.
const LOOK_BACK: usize = 4;

/// `start + n · step` in the n-th repetition, modulo 2³² or 2⁶⁴.
///
/// Both consist of values from before the loop. In `start`, a parameter of the header stands for the argument that it
/// gets on entry.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Affine {
    /// The value in the first repetition.
    pub(crate) start: Linear,
    /// What each repetition adds.
    pub(crate) step: Linear,
}

/// The function around a loop.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Surroundings<'a> {
    /// The body.
    pub(crate) body: &'a Body,
    /// Its innermost loops.
    pub(crate) loops: &'a InnermostLoops,
    /// Where its values are defined.
    pub(crate) definitions: &'a Definitions,
}

impl Surroundings<'_> {
    /// A value from before the loops that use it. What stands in another innermost loop stays a value of its own.
    fn outer(&self, width: IntWidth, value: Value) -> Linear {
        let (mut root, mut constant) = (value, 0u64);
        for _ in 0..LOOK_BACK {
            if let Some(number) = integer_of(self.body, root) {
                return Linear::constant(width, constant.wrapping_add(number));
            }
            let Some((next, more)) = addition(self.body, root) else { break };
            if self.loops.of_block(self.definitions.block(next)).is_some() {
                break;
            }
            (root, constant) = (next, constant.wrapping_add(more));
        }
        Linear::value(width, root).offset(constant)
    }
}

impl<'a> Surroundings<'a> {
    /// The arguments that a parameter of a block gets from some of its predecessors.
    pub(crate) fn arguments(
        self,
        block: Block,
        from: &'a [Block],
        index: usize,
    ) -> impl Iterator<Item = Value> + 'a {
        let calls = from.iter().flat_map(move |from| self.body.blocks[*from].terminator.kind.successors());
        calls.filter(move |call| call.block == block).map(move |call| self.body.list(call.args)[index])
    }
}

/// What is known of a loop besides, from loops in it and from what is demanded before it.
#[derive(Default, Debug)]
pub(crate) struct Known {
    /// What values are, in others that are defined before them in the loop or outside.
    pub(crate) values: HashMap<Value, Linear>,
    /// Edges that are never taken.
    pub(crate) dead: HashSet<(Block, Block)>,
}

/// What is known of the integers of one loop.
#[derive(Debug)]
pub(crate) struct Induction<'a> {
    around: Surroundings<'a>,
    number: usize,
    /// Whether repetitions are counted from any one, of which no more is known than the parameters of the header.
    from_any: bool,
    /// Values of the loop, as sums of values from before it and of the header's parameters.
    sums: HashMap<Value, Linear>,
    /// The header's parameters that are induction variables, and products of such sums with what stays the same.
    variables: HashMap<Value, Affine>,
}

impl<'a> Induction<'a> {
    /// Analyses a loop, given by its number.
    pub(crate) fn new(around: Surroundings<'a>, number: usize) -> Self {
        Self::with(around, number, false, None)
    }

    /// The same, but the repetition that is counted as the first may be any: a parameter of the header stands for what it is in that one.
    pub(crate) fn from_any(around: Surroundings<'a>, number: usize) -> Self {
        Self::with(around, number, true, None)
    }

    /// The same with more knowledge, which is followed through blocks where ways join.
    pub(crate) fn knowing(around: Surroundings<'a>, number: usize, known: &Known) -> Self {
        Self::with(around, number, false, Some(known))
    }

    fn with(around: Surroundings<'a>, number: usize, from_any: bool, known: Option<&Known>) -> Self {
        let mut induction =
            Self { around, number, from_any, sums: HashMap::new(), variables: HashMap::new() };
        let mut products = Vec::new();
        let (body, repeated) = (around.body, induction.repeated());
        let params = &body.blocks[repeated.header].params;
        for param in params {
            if let Some(width) = IntWidth::of(body.ty(*param)) {
                induction.sums.insert(*param, Linear::value(width, *param));
            }
        }
        for block in &repeated.blocks {
            if let Some(known) = known
                && *block != repeated.header
            {
                induction.join(*block, known);
            }
            for inst in &body.blocks[*block].insts {
                if let [result] = *body.results(*inst)
                    && let Some(sum) = match known.and_then(|known| known.values.get(&result)) {
                        Some(known) => induction.expanded(known),
                        None => induction.result(body.insts[*inst].op, body.args(*inst)),
                    }
                {
                    induction.sums.insert(result, sum);
                } else if let Some(product) = induction.product(*inst) {
                    products.push(product);
                    induction.sums.insert(product.0, Linear::value(product.1.width(), product.0));
                }
            }
        }
        induction.find_variables();
        for (value, moving, factor) in products {
            induction.find_product(value, &moving, &factor);
        }
        induction
    }

    /// The result of a multiplication of what moves and what stays the same, and these two.
    fn product(&self, inst: Inst) -> Option<(Value, Linear, Linear)> {
        let body = self.around.body;
        let (Op::IntBinary(_, IntBinary::Mul), [a, b], [result]) =
            (body.insts[inst].op, body.args(inst), body.results(inst))
        else {
            return None;
        };
        let (a, b) = (self.sum(*a)?, self.sum(*b)?);
        let is_fixed = |sum: &Linear| !sum.terms().iter().any(|(value, _)| self.is_inside(*value));
        match (is_fixed(&a), is_fixed(&b)) {
            (false, true) => Some((*result, a, b)),
            (true, false) => Some((*result, b, a)),
            _ => None,
        }
    }

    /// A product moves evenly if what moves in it has a constant start and step.
    fn find_product(&mut self, value: Value, moving: &Linear, factor: &Linear) {
        if let Some(moving) = self.divided_sum(moving, 1)
            && let (Some(start), Some(step)) = (moving.start.as_constant(), moving.step.as_constant())
        {
            let variable = Affine { start: factor.scale(start), step: factor.scale(step) };
            self.variables.insert(value, variable);
        }
    }

    /// Finds what the parameters of a block are: what is known, or what they get on all ways if none of these is a back edge.
    fn join(&mut self, block: Block, known: &Known) {
        let body = self.around.body;
        let leads_here = |from: &Block| {
            let mut targets = body.blocks[*from].terminator.kind.successors();
            targets.any(|target| target.block == block) && !known.dead.contains(&(*from, block))
        };
        let from: Vec<Block> = self.repeated().blocks.iter().copied().filter(leads_here).collect();
        let is_header = from.last().is_some_and(|from| *from >= block);
        for (index, param) in body.blocks[block].params.iter().enumerate() {
            let sum = match known.values.get(param) {
                Some(known) => self.expanded(known),
                None if is_header => None,
                None => {
                    let mut sums = self.around.arguments(block, &from, index).map(|value| self.sum(value));
                    let first = sums.next().flatten();
                    first.filter(|_| sums.all(|sum| sum == first))
                }
            };
            self.sums.extend(sum.map(|sum| (*param, sum)));
        }
    }

    /// A sum of values of the loop as one of values from before it and of the header's parameters.
    fn expanded(&self, sum: &Linear) -> Option<Linear> {
        let mut expanded = Linear::constant(sum.width(), sum.constant_part());
        for (value, factor) in sum.terms() {
            expanded = expanded.add_scaled(&self.sum(*value)?, *factor)?;
        }
        Some(expanded)
    }

    fn repeated(&self) -> &'a InnermostLoop {
        &self.around.loops.loops[self.number]
    }

    fn is_inside(&self, value: Value) -> bool {
        self.around.loops.of_block(self.around.definitions.block(value)) == Some(self.number)
    }

    /// An integer as a sum of values from before the loop and of the header's parameters.
    pub(crate) fn sum(&self, value: Value) -> Option<Linear> {
        if self.is_inside(value) {
            return self.sums.get(&value).copied();
        }
        let width = IntWidth::of(self.around.body.ty(value))?;
        Some(self.around.outer(width, value))
    }

    /// The result of an instruction of the loop.
    fn result(&self, op: Op, args: &[Value]) -> Option<Linear> {
        let (width, op) = match op {
            Op::Const(Constant::I32(number)) => {
                return Some(Linear::constant(IntWidth::I32, number as u64));
            }
            Op::Const(Constant::I64(number)) => {
                return Some(Linear::constant(IntWidth::I64, number as u64));
            }
            Op::IntBinary(width, op) => (width, op),
            _ => return None,
        };
        let [a, b] = *args else { return None };
        let (a, b) = (self.sum(a)?, self.sum(b)?);
        match op {
            IntBinary::Add => a.add(&b),
            IntBinary::Sub => a.subtract(&b),
            IntBinary::Mul => match (a.as_constant(), b.as_constant()) {
                (_, Some(factor)) => Some(a.scale(factor)),
                (Some(factor), _) => Some(b.scale(factor)),
                _ => None,
            },
            IntBinary::Shl => Some(a.scale(1 << (b.as_constant()? % u64::from(width.bits())))),
            _ => None,
        }
    }

    fn find_variables(&mut self) {
        let repeated = self.repeated();
        for (index, param) in self.around.body.blocks[repeated.header].params.iter().enumerate() {
            if let Some(variable) = self.sums.get(param)
                && let Some(step) = self.step(variable, index)
            {
                let start = self.start(*variable, index);
                self.variables.insert(*param, Affine { start, step });
            }
        }
    }

    /// What every repetition adds to a parameter of the header.
    fn step(&self, param: &Linear, index: usize) -> Option<Linear> {
        let mut step = None;
        for argument in self.around.arguments(self.repeated().header, &self.repeated().latches, index) {
            let added = self.sum(argument)?.subtract(param)?;
            let is_new = *step.get_or_insert(added) != added;
            if is_new || added.terms().iter().any(|(value, _)| self.is_inside(*value)) {
                return None;
            }
        }
        step
    }

    /// What a parameter of the header is on entry, if that is one value from outside of all innermost loops.
    fn start(&self, param: Linear, index: usize) -> Linear {
        if self.from_any {
            return param;
        }
        let Surroundings { loops, definitions, .. } = self.around;
        let mut arguments = self.around.arguments(self.repeated().header, &self.repeated().entries, index);
        match (arguments.next(), arguments.next()) {
            (Some(only), None) if loops.of_block(definitions.block(only)).is_none() => {
                self.around.outer(param.width(), only)
            }
            _ => param,
        }
    }

    /// How a value changes from repetition to repetition, if it does so evenly.
    pub(crate) fn affine(&self, value: Value) -> Option<Affine> {
        self.divided(value, 1)
    }

    /// How a value changes if each repetition is divided into that many, in which all induction variables move by equal steps.
    pub(crate) fn divided(&self, value: Value, parts: u64) -> Option<Affine> {
        self.divided_sum(&self.sum(value)?, parts)
    }

    /// How a sum of values changes from repetition to repetition, if it does so evenly.
    pub(crate) fn affine_sum(&self, sum: &Linear) -> Option<Affine> {
        self.divided_sum(&self.expanded(sum)?, 1)
    }

    /// The same of a sum of values from before the loop and of the header's parameters.
    fn divided_sum(&self, sum: &Linear, parts: u64) -> Option<Affine> {
        let width = sum.width();
        let constant = |number| Linear::constant(width, number);
        let mut affine = Affine { start: constant(sum.constant_part()), step: constant(0) };
        for (value, factor) in sum.terms() {
            if self.is_inside(*value) {
                let variable = self.variables.get(value)?;
                affine.start = affine.start.add_scaled(&variable.start, *factor)?;
                affine.step = affine.step.add_scaled(&variable.step.divided(parts)?, *factor)?;
            } else {
                affine.start = affine.start.add_scaled(&Linear::value(width, *value), *factor)?;
            }
        }
        Some(affine)
    }
}
