//! The arenas of one function's body.

use crate::entity::{Arena, Entity};
use crate::{BranchHint, Declarations, FuncIndex, FuncType, TableIndex, TypeIndex, ValType, WasmOffset};

use super::bounds::{Disjoint, Group};
use super::locals::Locals;
use super::op::Op;

crate::entity! {
    /// An SSA value.
    Value = "v";
    /// A basic block.
    Block = "block";
    /// An instruction.
    Inst = "inst";
}

/// A run of values in [`Body::pool`].
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct List {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// One function's body. Arenas are flat and reused from function to function by a [`Translator`](crate::Translator).
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The function.
    pub func: FuncIndex,
    /// Its signature.
    pub signature: FuncType,
    /// Values.
    pub values: Arena<Value, ValueData>,
    /// Instructions.
    pub insts: Arena<Inst, InstData>,
    /// Blocks in reverse post-order; the first is the entry.
    pub blocks: Arena<Block, BlockData>,
    /// For each group of accesses, the groups of its loop.
    pub groups: Arena<Group, Disjoint>,
    /// The blocks, ascending, that are the second copy of a loop: other blocks have the same code.
    pub copies: Vec<Block>,
    /// Whether vector instructions in its loops are better taken apart, so that longer vectors can be made of their lanes.
    pub scalar_lanes: bool,
    /// Storage of every argument list.
    pub pool: Vec<Value>,
    /// What the producer says of branches, by ascending offset of their instructions.
    pub hints: Vec<BranchHint>,
    /// What each block costs in fuel, if transformations have to keep that: else it follows from its instructions.
    pub costs: Vec<u64>,
    /// What the locals hold, if that is kept.
    pub locals: Locals,
}

/// A value's type and where it is defined.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ValueData {
    /// Its type.
    pub ty: ValType,
    /// Its definition.
    pub def: ValueDef,
}

/// Where a value is defined.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ValueDef {
    /// The n-th parameter of a block.
    Param(Block, u32),
    /// The n-th result of an instruction.
    Result(Inst, u32),
}

/// An instruction.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct InstData {
    /// What it does.
    pub op: Op,
    /// Its operands, in WebAssembly's stack order.
    pub args: List,
    /// Its results.
    pub results: List,
    /// Byte offset in the module of the instruction it came from.
    pub offset: WasmOffset,
}

/// A basic block.
#[derive(Clone, Debug)]
pub struct BlockData {
    /// Parameters.
    pub params: Vec<Value>,
    /// Instructions in order.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub terminator: TerminatorData,
}

/// How a block ends, with the byte offset of the instruction that ends it.
#[derive(Clone, PartialEq, Debug)]
pub struct TerminatorData {
    /// Where control goes.
    pub kind: Terminator,
    /// Byte offset in the module.
    pub offset: WasmOffset,
}

/// A branch target with the arguments for its parameters.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BlockCall {
    /// The target.
    pub block: Block,
    /// One argument per parameter.
    pub args: List,
}

/// What a tail call calls.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Callee {
    /// A function: `return_call`.
    Func(FuncIndex),
    /// An element of a table, which must have the type: `return_call_indirect`. The index follows the arguments.
    Table {
        /// The table.
        table: TableIndex,
        /// The expected type.
        ty: TypeIndex,
    },
    /// A reference, which must not be null: `return_call_ref`. It follows the arguments.
    Ref(TypeIndex),
}

impl Callee {
    /// The signature of what is called.
    ///
    /// # Panics
    /// If the module does not have the function or type.
    pub fn signature(self, declarations: &Declarations) -> &FuncType {
        match self {
            Self::Func(func) => declarations.signature(func),
            Self::Table { ty, .. } | Self::Ref(ty) => &declarations.types[ty],
        }
    }
}

/// Where control goes at the end of a block.
#[derive(Clone, PartialEq, Debug)]
pub enum Terminator {
    /// To one block.
    Jump(BlockCall),
    /// To `then` if the `i32` condition is non-zero, else to `otherwise`.
    Branch {
        /// The condition, an `i32`.
        condition: Value,
        /// Taken when it is not zero.
        then: BlockCall,
        /// Taken when it is zero.
        otherwise: BlockCall,
    },
    /// To `targets[index]`, or to `default` when the unsigned `i32` index is past the end.
    Switch {
        /// The index, an `i32`.
        index: Value,
        /// Targets by index.
        targets: Vec<BlockCall>,
        /// Taken past the end.
        default: BlockCall,
    },
    /// Back to the caller with one value per result.
    Return(List),
    /// To another function in place of this one, which returns to this one's caller.
    ReturnCall {
        /// The function, whose results are this one's.
        callee: Callee,
        /// The operands, as a call of that kind takes them.
        args: List,
    },
    /// A trap: the WebAssembly instruction `unreachable`.
    Unreachable,
}

impl Terminator {
    /// The branch targets in order; `Switch` lists its default last.
    pub fn successors(&self) -> impl Iterator<Item = BlockCall> + '_ {
        let (first, second, rest): (Option<BlockCall>, Option<BlockCall>, &[BlockCall]) = match self {
            Self::Jump(target) => (None, Some(*target), &[]),
            Self::Branch { then, otherwise, .. } => (Some(*then), Some(*otherwise), &[]),
            Self::Switch { targets, default, .. } => (None, Some(*default), targets),
            Self::Return(_) | Self::ReturnCall { .. } | Self::Unreachable => (None, None, &[]),
        };
        first.into_iter().chain(rest.iter().copied()).chain(second)
    }
}

impl Body {
    /// The entry block.
    pub const ENTRY: Block = Block(0);

    /// What a block costs where fuel is counted: 1 for each instruction but constants, and 1 for how it ends, before any transformation.
    pub fn cost(&self, block: Block) -> u64 {
        let counts = |inst: &&_| !matches!(self.insts[**inst].op, Op::Const(_));
        let cost = || self.blocks[block].insts.iter().filter(counts).count() as u64 + 1;
        self.costs.get(block.index()).copied().unwrap_or_else(cost)
    }

    /// The values of a list.
    pub fn list(&self, list: List) -> &[Value] {
        &self.pool[list.start as usize..(list.start + list.len) as usize]
    }

    /// The operands of an instruction.
    pub fn args(&self, inst: Inst) -> &[Value] {
        self.list(self.insts[inst].args)
    }

    /// The results of an instruction.
    pub fn results(&self, inst: Inst) -> &[Value] {
        self.list(self.insts[inst].results)
    }

    /// Whether the producer expects the condition of the branch at an offset to hold, if it says anything.
    pub fn hint(&self, branch: WasmOffset) -> Option<bool> {
        let place = self.hints.binary_search_by_key(&branch, |hint| hint.offset).ok()?;
        Some(self.hints[place].taken)
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> ValType {
        self.values[value].ty
    }

    /// The blocks that a block leads back to: heads of loops that it is in.
    pub fn back_edges(&self, from: Block) -> impl Iterator<Item = Block> + '_ {
        self.blocks[from]
            .terminator
            .kind
            .successors()
            .map(|target| target.block)
            .filter(move |head| *head <= from)
    }

    /// Stores a list of values.
    pub fn push_list(&mut self, values: impl IntoIterator<Item = Value>) -> List {
        let start = self.pool.len();
        self.pool.extend(values);
        List { start: start as u32, len: (self.pool.len() - start) as u32 }
    }

    /// A new parameter. Where it stands, [`renumber_params`](Self::renumber_params) notes when the blocks are complete.
    pub(crate) fn new_param(&mut self, ty: ValType) -> Value {
        self.values.push(ValueData { ty, def: ValueDef::Param(Self::ENTRY, 0) })
    }

    /// Notes for each parameter in which block it stands.
    pub(crate) fn renumber_params(&mut self) {
        for (block, data) in self.blocks.iter() {
            for (position, param) in (0..).zip(&data.params) {
                self.values[*param].def = ValueDef::Param(block, position);
            }
        }
    }

    /// Removes everything and keeps the allocations.
    pub fn clear(&mut self) {
        self.values.clear();
        self.insts.clear();
        self.blocks.clear();
        self.groups.clear();
        self.copies.clear();
        self.scalar_lanes = false;
        self.pool.clear();
        self.hints.clear();
        self.costs.clear();
        self.locals.clear();
    }
}
