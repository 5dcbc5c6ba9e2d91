//! What the WebAssembly locals hold from where on: for debuggers, since the IR itself has no locals any more.

use std::collections::{BTreeMap, BTreeSet};

use crate::{LocalIndex, ValType, WasmOffset};

use super::{Block, Body, Value};

/// The locals of one function, if the [`Translator`](crate::Translator) was asked to keep them; else empty.
///
/// Records change nothing in the function: no value is there because of one, and a back end may ignore them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Locals {
    /// One past the last local of each run of equal types, parameters included.
    pub runs: Vec<(u32, ValType)>,
    /// Assignments, by block and position. A local holds what its last record before a place says; where control joins,
    /// what all ways say.
    pub records: Vec<LocalRecord>,
}

/// From a place on, a local holds a value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct LocalRecord {
    /// The block.
    pub block: Block,
    /// How many of the block's instructions come before.
    pub position: u32,
    /// The local.
    pub local: LocalIndex,
    /// What it holds.
    pub value: LocalValue,
    /// Offset of the instruction that made it hold that: an assignment, or one at which ways join or that a loop begins with; the start of the
    /// body for what it holds from the start. With the local, it tells the value: [`Assignments`](crate::Assignments) says where it is the current one.
    pub since: WasmOffset,
}

/// What a local holds.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum LocalValue {
    /// A value of the function.
    Value(Value),
    /// The default of its type: zero or null.
    Default,
    /// Something that the function does not compute, because nothing uses it.
    Unknown,
}

/// How deep on the operand stack values are described: deeper than compilers leave any for long.
const OPERANDS: u32 = 16;

/// What stands for a place on the operand stack, counted from its bottom, among the locals of records; `None` for one that is too deep.
pub fn operand(depth: u32) -> Option<LocalIndex> {
    (depth < OPERANDS).then(|| LocalIndex(u32::MAX - 1 - OPERANDS + depth))
}

/// Whether a local stands for an [`operand`].
pub fn is_operand(local: LocalIndex) -> bool {
    local.0 >= u32::MAX - 1 - OPERANDS
}

impl Locals {
    /// The type of a local, or `None` if the function has no such local.
    pub fn ty(&self, local: LocalIndex) -> Option<ValType> {
        self.runs.get(self.runs.partition_point(|(end, _)| *end <= local.0)).map(|(_, ty)| *ty)
    }

    /// The records of a block, in order.
    pub fn of(&self, block: Block) -> &[LocalRecord] {
        let start = self.records.partition_point(|record| record.block < block);
        let end = self.records.partition_point(|record| record.block <= block);
        &self.records[start..end]
    }

    /// The locals that never change after they have got a value in the entry block: a parameter that is not assigned, and any other local
    /// that is assigned there once. `params` is the number of parameters.
    pub fn assigned_once(&self, params: usize) -> BTreeSet<LocalIndex> {
        let mut counts: BTreeMap<LocalIndex, usize> = BTreeMap::new();
        for record in self.records.iter().filter(|record| !is_operand(record.local)) {
            let count = counts.entry(record.local).or_default();
            *count = if record.block == Body::ENTRY { *count + 1 } else { usize::MAX };
        }
        // The first record is what the local starts with.
        let most = |local: LocalIndex| if (local.0 as usize) < params { 1 } else { 2 };
        counts.into_iter().filter(|(local, count)| *count <= most(*local)).map(|(local, _)| local).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.runs.clear();
        self.records.clear();
    }
}
