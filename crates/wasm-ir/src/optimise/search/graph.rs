//! The blocks in which repetitions are skipped, and their places in the loop.
//!
//! One stands before the header, the others behind the last block of the loop, in their order. All are for the first load, whose offset they have:
//! no branch of the module has it, so nobody reads what a profile counts there.

use crate::ValType;
use crate::entity::{Arena, Entity};
use crate::ir::{
    Bitwise, Block, BlockCall, BlockData, Body, Bounds, Convert, Disjoint, Group, Inst, IntBinary,
    IntCompare, IntShape, IntUnary, IntWidth, LocalRecord, MemoryAccess, Op, Shape, Sign, Terminator,
    TerminatorData, Value, VectorOp,
};
use crate::optimise::emitter::Emitter;
use crate::optimise::version::check::Check;

use super::lanes::Lane;
use super::plan::{Plan, Store};

/// How many blocks a loop gets: one before it, and behind it the gate, the check, the vectors, what comes after them if no lane is set,
/// what comes if one is, and the landing in the loop.
pub(super) const ADDED: usize = 1 + BEHIND;
const BEHIND: usize = 6;

/// Adds these blocks to the loops of plans, which are in the order of their headers.
pub(super) fn apply(body: &mut Body, plans: &[Plan]) {
    let old = std::mem::take(&mut body.blocks).into_values();
    let plan_of = |header: Block| {
        let plan = plans.binary_search_by_key(&header, |plan| plan.header);
        plan.ok().map(|plan| &plans[plan])
    };
    let numbers = number_blocks(old.len(), plans);
    let number = |block: Block| numbers[block.index()];
    let mut blocks: Arena<Block, BlockData> = Arena::new();
    let mut behind: Vec<Option<[BlockData; BEHIND]>> = vec![None; old.len()];
    for (index, mut data) in old.into_iter().enumerate() {
        let block = Block::new(index);
        if let Some(plan) = plan_of(block) {
            let mut skip = Skip::new(body, plan, &data, number(block), after(number(plan.last)));
            blocks.push(skip.before());
            behind[plan.last.index()] = Some(skip.blocks());
        }
        redirect(&mut data.terminator.kind, |target| match plan_of(target) {
            Some(_) if target > block => Block::new(number(target).index() - 1),
            Some(plan) => after(number(plan.last)),
            None => number(target),
        });
        blocks.push(data);
        for data in behind[index].take().into_iter().flatten() {
            blocks.push(data);
        }
    }
    body.blocks = blocks;
    for record in &mut body.locals.records {
        *record = LocalRecord { block: number(record.block), ..*record };
    }
    body.renumber_params();
}

/// The new numbers of so many blocks.
fn number_blocks(count: usize, plans: &[Plan]) -> Vec<Block> {
    let mut room = vec![(0, 0); count];
    for plan in plans {
        room[plan.header.index()].0 = 1;
        room[plan.last.index()].1 = BEHIND;
    }
    let mut next = 0;
    let numbers = room.into_iter().map(|(before, behind)| {
        let number = next + before;
        next = number + 1 + behind;
        Block::new(number)
    });
    numbers.collect()
}

fn after(block: Block) -> Block {
    Block::new(block.index() + 1)
}

fn redirect(kind: &mut Terminator, to: impl Fn(Block) -> Block) {
    let call = |call: &mut BlockCall| call.block = to(call.block);
    match kind {
        Terminator::Jump(target) => call(target),
        Terminator::Branch { then, otherwise, .. } => [then, otherwise].into_iter().for_each(call),
        Terminator::Switch { targets, default, .. } => targets.iter_mut().chain([default]).for_each(call),
        Terminator::Return(_) | Terminator::ReturnCall { .. } | Terminator::Unreachable => {}
    }
}

/// The places of the blocks behind a loop, from the gate on.
const CHECK: u8 = 1;
const VECTORS: u8 = 2;
const NONE: u8 = 3;
const SOME: u8 = 4;
const LANDING: u8 = 5;

/// The blocks of one plan, while they are made.
struct Skip<'a> {
    body: &'a mut Body,
    plan: &'a Plan,
    header_params: &'a [Value],
    /// What the header gets when the check is made.
    params: Vec<Value>,
    header: Block,
    gate: Block,
    /// What the parameter that counts is after the first repetitions.
    end_of_lead: Value,
    /// The group of all accesses.
    group: Group,
    /// Where addresses of each group start.
    starts: Vec<Value>,
    /// The last place, in bytes from the start, where vectors may be loaded for a repetition that counts.
    last: Value,
    /// How often the test lets the loop go on, if there is one.
    count: Option<Value>,
    /// The vectors that are the same everywhere.
    same: Vec<Option<Value>>,
    /// In which bytes from the start the vectors are.
    place: Value,
    /// Addresses of the groups there.
    addresses: Vec<Value>,
    /// For each vector of a load, the lanes in which the loop is left, …
    masks: Vec<Value>,
    /// … and what is stored.
    stored: Vec<Value>,
}

impl<'a> Skip<'a> {
    fn new(body: &'a mut Body, plan: &'a Plan, old: &'a BlockData, header: Block, gate: Block) -> Self {
        let place = body.new_param(ValType::I64);
        let group = body.groups.next_key();
        body.groups.push(Disjoint { first: group, count: 1 });
        let mut skip = Self {
            body,
            plan,
            header_params: &old.params,
            params: Vec::new(),
            header,
            gate,
            end_of_lead: place,
            group,
            starts: Vec::new(),
            last: place,
            count: None,
            same: vec![None; plan.nodes.len()],
            place,
            addresses: Vec::new(),
            masks: Vec::new(),
            stored: Vec::new(),
        };
        skip.params = skip.like_header();
        skip
    }

    fn blocks(mut self) -> [BlockData; BEHIND] {
        [self.gate(), self.check(), self.vectors(), self.none(), self.some(), self.land()]
    }

    fn call(&mut self, place: u8, args: &[Value]) -> BlockCall {
        let args = self.body.push_list(args.iter().copied());
        BlockCall { block: Block::new(self.gate.index() + usize::from(place)), args }
    }

    /// The next repetition.
    fn again(&mut self, args: &[Value]) -> BlockCall {
        BlockCall { block: self.header, args: self.body.push_list(args.iter().copied()) }
    }

    /// Parameters like the header's.
    fn like_header(&mut self) -> Vec<Value> {
        let types: Vec<_> = self.header_params.iter().map(|param| self.body.ty(*param)).collect();
        types.into_iter().map(|ty| self.body.new_param(ty)).collect()
    }

    fn end(&self, params: Vec<Value>, insts: Vec<Inst>, kind: Terminator) -> BlockData {
        BlockData { params, insts, terminator: TerminatorData { kind, offset: self.plan.offset } }
    }

    /// Says where the first repetitions end.
    fn before(&mut self) -> BlockData {
        let lead = self.plan.lead;
        let params = self.like_header();
        let mut emitter = Emitter::new(self.body, self.plan.offset);
        let way = emitter.number(lead.width, lead.way);
        self.end_of_lead = emitter.int(lead.width, IntBinary::Add, params[lead.index], way);
        let insts = emitter.insts;
        let target = self.again(&params);
        self.end(params, insts, Terminator::Jump(target))
    }

    /// Goes on with the loop, and to the check when the first repetitions are over.
    fn gate(&mut self) -> BlockData {
        let lead = self.plan.lead;
        let params = self.like_header();
        let mut emitter = Emitter::new(self.body, self.plan.offset);
        let differs = Op::IntCompare(lead.width, IntCompare::Ne);
        let goes_on = emitter.value(differs, &[params[lead.index], self.end_of_lead], ValType::I32);
        let goes_on = emitter.likely(goes_on);
        let insts = emitter.insts;
        let (then, otherwise) = (self.again(&params), self.call(CHECK, &params));
        self.end(params, insts, Terminator::Branch { condition: goes_on, then, otherwise })
    }

    /// Finds whether there is room for vectors, and where it ends.
    fn check(&mut self) -> BlockData {
        let (plan, params, header_params) = (self.plan, &self.params, self.header_params);
        let replaced = |value| instead(header_params, params, value);
        let mut emitter = Emitter::new(self.body, plan.offset);
        let mut check = Check::new(&mut emitter, replaced);
        let mut room: Option<Value> = None;
        for group in &plan.groups {
            let start = check.wide(&group.start, Sign::Unsigned);
            self.starts.push(start);
            let length = check.length(group.memory);
            let rest = check.e.int64(IntBinary::Sub, length, start);
            let taken = group.high as i64 + (plan.at_once() - 1) * i64::from(plan.bytes);
            let rest = check.e.with_constant(IntBinary::Add, rest, -taken);
            room = Some(match room {
                None => rest,
                Some(room) => check.e.choose(IntCompare::LtS, room, rest),
            });
        }
        let room = room.expect("a plan has a load");
        let zero = check.e.i64(0);
        let fits = check.e.compare(IntCompare::GeS, room, zero);
        check.demand(fits);
        self.last = room;
        if let Some(trips) = &plan.trips {
            let count = check.repetitions(trips, &plan.groups);
            let bytes = check.e.with_constant(IntBinary::Mul, count, plan.bytes.into());
            // Of the last vectors some lanes may be of no repetition, but then nothing is stored.
            let rest = if plan.store.is_some() { plan.at_once() * i64::from(plan.bytes) } else { 1 };
            let last = check.e.with_constant(IntBinary::Add, bytes, -rest);
            self.last = check.e.choose(IntCompare::LtS, room, last);
            self.count = Some(count);
        }
        if let Some(store) = plan.store {
            let zero = check.e.i64(0);
            let fits = check.e.compare(IntCompare::GeS, self.last, zero);
            check.demand(fits);
            apart(&mut check, plan, store, &self.starts);
        }
        for (sum, sign) in &plan.demands {
            check.extension(sum, *sign, plan.bytes);
        }
        for (index, node) in plan.nodes.iter().enumerate() {
            if let (true, Lane::Same(sum)) = (plan.needed[index], node) {
                let number = check.sum(sum);
                self.same[index] = Some(splat(check.e, plan.bytes, number, sum.width()));
            }
        }
        let passed = check.passed.expect("there must be room");
        let passed = emitter.likely(passed);
        let start = emitter.i64(0);
        let insts = emitter.insts;
        let then = self.call(VECTORS, &[start]);
        let args = self.params.clone();
        let otherwise = self.again(&args);
        let kind = Terminator::Branch { condition: passed, then, otherwise };
        self.end(self.params.clone(), insts, kind)
    }

    /// Looks at so many repetitions.
    fn vectors(&mut self) -> BlockData {
        let mut emitter = Emitter::new(self.body, self.plan.offset);
        let starts = self.starts.iter();
        self.addresses = starts.map(|start| emitter.int64(IntBinary::Add, *start, self.place)).collect();
        for vector in 0..self.plan.vectors {
            let mut values = self.same.clone();
            for (index, node) in
                self.plan.nodes.iter().enumerate().filter(|(index, _)| self.plan.needed[*index])
            {
                values[index] = Some(match *node {
                    Lane::Same(_) => continue,
                    Lane::Loaded(inst) => {
                        let bounds = Bounds::Ranged(self.group);
                        let (access, address) = access(self.plan, &self.addresses, inst, vector, bounds);
                        let op = Op::Load { access, ty: ValType::V128, sign: Sign::Unsigned };
                        emitter.value(op, &[address], ValType::V128)
                    }
                    Lane::Binary(op, x, y) => {
                        let operand = |node: usize| values[node].expect("made before it is used");
                        let operands = [operand(x), operand(y)];
                        emitter.value(Op::Vector(op), &operands, ValType::V128)
                    }
                });
            }
            self.masks.extend(values[self.plan.leaves]);
            self.stored.extend(self.plan.store.and_then(|store| values[store.value]));
        }
        let none = none(&mut emitter, &self.masks);
        let insts = emitter.insts;
        let (then, otherwise) = (self.call(NONE, &[]), self.call(SOME, &[]));
        let place = self.place;
        self.end(vec![place], insts, Terminator::Branch { condition: none, then, otherwise })
    }

    /// Stores, and goes on to the next vectors, or to the loop if that was all.
    fn none(&mut self) -> BlockData {
        let way = self.plan.at_once() * i64::from(self.plan.bytes);
        let mut emitter = Emitter::new(self.body, self.plan.offset);
        if let Some(store) = self.plan.store {
            // It is in order with other accesses, as the loop's own, and its operand as wide.
            let bounds = Bounds::Dominated;
            for (vector, value) in (0..).zip(&self.stored) {
                let (access, address) = access(self.plan, &self.addresses, store.inst, vector, bounds);
                let address = match self.plan.groups[self.plan.members[&store.inst].group].start.width() {
                    IntWidth::I32 => emitter.value(Op::Convert(Convert::Wrap), &[address], ValType::I32),
                    IntWidth::I64 => address,
                };
                emitter.effect(Op::Store { access }, &[address, *value]);
            }
        }
        let place = emitter.with_constant(IntBinary::Add, self.place, way);
        let goes_on = emitter.compare(IntCompare::LeS, place, self.last);
        let goes_on = emitter.likely(goes_on);
        let skipped = emitter.with_constant(IntBinary::ShrU, place, self.plan.bytes.trailing_zeros().into());
        let insts = emitter.insts;
        let (then, otherwise) = (self.call(VECTORS, &[place]), self.call(LANDING, &[skipped]));
        self.end(Vec::new(), insts, Terminator::Branch { condition: goes_on, then, otherwise })
    }

    /// Finds the first repetition that may leave the loop. What those before it store has not been stored, so then it is the first of all.
    fn some(&mut self) -> BlockData {
        let shape = IntShape::of_lane_bytes(self.plan.bytes).expect("a lane has so many bytes");
        let mut emitter = Emitter::new(self.body, self.plan.offset);
        let before =
            emitter.with_constant(IntBinary::ShrU, self.place, self.plan.bytes.trailing_zeros().into());
        if self.plan.store.is_some() {
            let insts = emitter.insts;
            let target = self.call(LANDING, &[before]);
            return self.end(Vec::new(), insts, Terminator::Jump(target));
        }
        let mut bits: Option<Value> = None;
        for (number, mask) in (0..).zip(&self.masks) {
            let mask = emitter.value(Op::Vector(VectorOp::Bitmask(shape)), &[*mask], ValType::I32);
            bits = Some(match bits {
                None => mask,
                Some(bits) => {
                    let lanes = emitter.i32(number * shape.lanes() as i32);
                    let mask = emitter.int32(IntBinary::Shl, mask, lanes);
                    emitter.int32(IntBinary::Or, bits, mask)
                }
            });
        }
        let bits = bits.expect("there is a vector");
        let first = emitter.value(Op::IntUnary(IntWidth::I32, IntUnary::Ctz), &[bits], ValType::I32);
        let first = emitter.extend(first, Sign::Unsigned);
        let skipped = emitter.int64(IntBinary::Add, before, first);
        let insts = emitter.insts;
        let target = self.call(LANDING, &[skipped]);
        self.end(Vec::new(), insts, Terminator::Jump(target))
    }

    /// Enters the loop as it is after the repetitions that were skipped.
    fn land(&mut self) -> BlockData {
        let plan = self.plan;
        let (params, header_params) = (self.params.clone(), self.header_params);
        let replaced = |value| instead(header_params, &params, value);
        let param = self.body.new_param(ValType::I64);
        let mut emitter = Emitter::new(self.body, plan.offset);
        // Lanes of repetitions that the test does not let happen say nothing.
        let skipped = match self.count {
            Some(count) => emitter.choose(IntCompare::LtU, param, count),
            None => param,
        };
        let mut args = Vec::with_capacity(params.len());
        for (param, step) in params.iter().zip(&plan.steps) {
            args.push(match step {
                None => *param,
                Some(step) => {
                    let way = emitter.multiple(skipped, step, replaced);
                    emitter.int(step.width(), IntBinary::Add, *param, way)
                }
            });
        }
        let insts = emitter.insts;
        let target = self.again(&args);
        self.end(vec![param], insts, Terminator::Jump(target))
    }
}

/// What stands for a value where `params` stand for parameters of the header.
fn instead(header_params: &[Value], params: &[Value], value: Value) -> Value {
    let place = header_params.iter().position(|param| *param == value);
    place.map_or(value, |place| params[place])
}

/// Demands that what a repetition stores is loaded by none of those behind it that are looked at together. Then all of them may load first.
///
/// Otherwise the place of the store lies behind that of a load in the same repetition, by no more than they go.
fn apart<R: Fn(Value) -> Value>(check: &mut Check<'_, '_, R>, plan: &Plan, store: Store, starts: &[Value]) {
    let stored = plan.members[&store.inst].group;
    for (group, other) in plan.groups.iter().enumerate() {
        if group == stored || other.memory != plan.groups[stored].memory {
            continue;
        }
        let distance = check.e.int64(IntBinary::Sub, starts[stored], starts[group]);
        let places = plan.groups[stored].low as i64 - other.low as i64;
        // One less than a difference that is not positive is a large number.
        let distance = check.e.with_constant(IntBinary::Add, distance, places - 1);
        let way = check.e.i64(plan.at_once() * i64::from(plan.bytes));
        let is_apart = check.e.compare(IntCompare::GeU, distance, way);
        check.demand(is_apart);
    }
}

/// The access of so many places from where an access of the loop is, and its address.
fn access(plan: &Plan, addresses: &[Value], inst: Inst, vector: u8, bounds: Bounds) -> (MemoryAccess, Value) {
    let member = &plan.members[&inst];
    let memory = plan.groups[member.group].memory;
    let offset = member.offset + 16 * u64::from(vector);
    (MemoryAccess { memory, offset, bytes: 16, align_log2: 0, bounds }, addresses[member.group])
}

/// A vector with the same integer in all lanes of so many bytes.
fn splat(e: &mut Emitter<'_>, bytes: u8, number: Value, width: IntWidth) -> Value {
    let shape = IntShape::of_lane_bytes(bytes).expect("a lane has so many bytes");
    let number = match (width, shape) {
        (IntWidth::I64, IntShape::I8x16 | IntShape::I16x8 | IntShape::I32x4) => {
            e.value(Op::Convert(Convert::Wrap), &[number], ValType::I32)
        }
        _ => number,
    };
    e.value(Op::Vector(VectorOp::Splat(Shape::Int(shape))), &[number], ValType::V128)
}

/// Whether no lane of any of the vectors is set, which is likely.
fn none(e: &mut Emitter<'_>, masks: &[Value]) -> Value {
    let or = Op::Vector(VectorOp::Bitwise(Bitwise::Or));
    let all = masks.iter().copied().reduce(|x, y| e.value(or, &[x, y], ValType::V128));
    let all = all.expect("there is a vector");
    let any = e.value(Op::Vector(VectorOp::AnyTrue), &[all], ValType::I32);
    let none = e.value(Op::IntEqz(IntWidth::I32), &[any], ValType::I32);
    e.likely(none)
}
