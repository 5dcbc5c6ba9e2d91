//! The graph under construction: blocks, the edges between them, and block parameters that may still turn out dead or
//! redundant. `prune.rs` finds those, `finish.rs` makes a [`Body`] of the rest.
//!
//! Instructions, values and argument lists are already the body's own.

use std::ops::Range;

use crate::entity::Entity;
use crate::ir::{
    Block, Body, Callee, Constant, Inst, InstData, List, Op, Value, ValueData, ValueDef, operand,
};
use crate::{LocalIndex, RefType, ValType, WasmOffset};

use super::KEPT_LOCALS;
use super::env::{Env, Snapshot};

crate::entity! {
    /// A block of the graph. Not yet a position in the body.
    #[allow(unreachable_pub, reason = "the macro serves public indices as well")]
    Node = "node";
    /// An edge between two nodes.
    #[allow(unreachable_pub, reason = "the macro serves public indices as well")]
    Edge = "edge";
    /// A block parameter of the graph.
    #[allow(unreachable_pub, reason = "the macro serves public indices as well")]
    Param = "param";
}

/// An instruction that will be made at the end, if anything uses its result: the default of a type of locals.
const DEFAULT: Inst = Inst(u32::MAX);
/// No edge.
const END: Edge = Edge(u32::MAX);

/// A block of the graph.
#[derive(Debug)]
pub(super) struct NodeData {
    /// Its instructions, a range in the body's arena.
    pub(super) insts: Range<u32>,
    /// Its parameters, a range in [`Graph::params`].
    pub(super) params: Range<u32>,
    /// What becomes of locals in it, a range in [`Graph::records`].
    pub(super) records: Range<u32>,
    pub(super) edge_count: u32,
    first_edge: Edge,
    last_edge: Edge,
    pub(super) exit: Exit,
    pub(super) exit_offset: WasmOffset,
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Exit {
    /// Not known yet.
    Open,
    Jump(Edge),
    Branch {
        condition: Value,
        then: Edge,
        otherwise: Edge,
    },
    Switch {
        index: Value,
        targets: Vec<Edge>,
        default: Edge,
    },
    Return(List),
    ReturnCall {
        callee: Callee,
        args: List,
    },
    Unreachable,
}

/// A control-flow edge: the target, and what the target's parameters can be taken from.
#[derive(Copy, Clone, Debug)]
pub(super) struct EdgeData {
    pub(super) to: Node,
    /// Position among the target's edges.
    pub(super) position: u32,
    /// The locals at the branch.
    env: Snapshot,
    /// The stack operands of the branch, in [`Graph::operands`].
    operands: u32,
    next: Edge,
}

/// What a parameter stands for.
#[derive(Copy, Clone, Debug)]
enum Source {
    /// The n-th stack operand of each branch.
    Operand(u32),
    /// A local.
    Local(u32),
}

/// A block parameter.
#[derive(Copy, Clone, Debug)]
pub(super) struct ParamData {
    pub(super) node: Node,
    pub(super) value: Value,
    source: Source,
}

/// An assignment to a local.
#[derive(Copy, Clone, Debug)]
pub(super) struct Record {
    /// The instruction that comes next.
    pub(super) before: Inst,
    pub(super) local: u32,
    pub(super) value: Value,
    /// Of the instruction that assigns, or the one at which the block begins.
    pub(super) offset: WasmOffset,
}

/// The graph of one function, with the environment it is built from.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) body: Body,
    pub(super) env: Env,
    pub(super) nodes: Vec<NodeData>,
    pub(super) edges: Vec<EdgeData>,
    pub(super) params: Vec<ParamData>,
    /// Nodes in the order in which their code stands in the function.
    pub(super) order: Vec<Node>,
    /// Stack operands of all edges.
    operands: Vec<Value>,
    /// The types that have a default value; the value with the same position after the function's parameters.
    pub(super) defaults: Vec<ValType>,
    /// Whether assignments to locals are recorded.
    pub(super) keep_locals: bool,
    pub(super) records: Vec<Record>,
    /// Of the instruction that is translated.
    pub(super) offset: WasmOffset,
    /// The block that instructions are appended to.
    current: Option<Node>,
}

impl Graph {
    /// Starts a function. `locals` are runs of the types of its locals without the parameters.
    pub(super) fn reset(&mut self, locals: &[(u32, ValType)]) {
        self.nodes.clear();
        self.edges.clear();
        self.params.clear();
        self.order.clear();
        self.operands.clear();
        self.defaults.clear();
        self.records.clear();
        self.body.clear();
        let signature = self.body.signature.clone();
        let mut runs = Vec::with_capacity(signature.params.len() + locals.len());
        for (index, ty) in signature.params.iter().enumerate() {
            let def = ValueDef::Param(Body::ENTRY, index as u32);
            runs.push((1, self.body.values.push(ValueData { ty: *ty, def })));
        }
        for (count, ty) in locals {
            runs.push((*count, self.default_value(*ty)));
        }
        self.env.reset(&runs);
        let entry = self.new_node();
        self.start(entry);
        if self.keep_locals {
            let mut local = 0;
            for (count, value) in runs {
                let kept = local..(local + count).min(KEPT_LOCALS);
                kept.for_each(|local| self.record(local, value));
                local += count;
                self.body.locals.runs.push((local, self.body.values[value].ty));
            }
        }
    }

    fn record(&mut self, local: u32, value: Value) {
        if self.keep_locals && local < KEPT_LOCALS {
            let (before, offset) = (self.body.insts.next_key(), self.offset);
            self.records.push(Record { before, local, value, offset });
        }
    }

    /// Describes a place on the operand stack, from behind the instruction that is translated.
    pub(super) fn record_operand(&mut self, depth: u32, value: Value, offset: WasmOffset) {
        if let Some(LocalIndex(local)) = operand(depth) {
            self.records.push(Record { before: self.body.insts.next_key(), local, value, offset });
        }
    }

    /// Assigns a local.
    pub(super) fn assign(&mut self, local: u32, value: Value) {
        self.env.set(local, value);
        self.record(local, value);
    }

    /// What a local of this type starts with. Nothing reads one without a default before it is assigned; it starts with
    /// null, whose type is the nullable one.
    fn default_value(&mut self, ty: ValType) -> Value {
        let ty = match ty {
            ValType::Ref(ty) => ValType::Ref(RefType { nullable: true, ..ty }),
            ty => ty,
        };
        let params = self.body.signature.params.len();
        if let Some(position) = self.defaults.iter().position(|known| *known == ty) {
            return Value::new(params + position);
        }
        self.defaults.push(ty);
        self.body.values.push(ValueData { ty, def: ValueDef::Result(DEFAULT, 0) })
    }

    /// The position in [`Self::defaults`] of a default value.
    pub(super) fn default_of(&self, value: Value) -> Option<usize> {
        let position = value.index().checked_sub(self.body.signature.params.len())?;
        (position < self.defaults.len()).then_some(position)
    }

    /// The operator that makes the default of a type, or `None` for a type without one.
    pub(super) fn default_op(ty: ValType) -> Option<Op> {
        Some(match ty {
            ValType::I32 => Op::Const(Constant::I32(0)),
            ValType::I64 => Op::Const(Constant::I64(0)),
            ValType::F32 => Op::Const(Constant::F32(0)),
            ValType::F64 => Op::Const(Constant::F64(0)),
            ValType::Ref(ty) if ty.nullable => Op::RefNull(ty.heap),
            ValType::V128 => Op::Const(Constant::V128([0; 16])),
            ValType::Ref(_) => return None,
        })
    }

    /// The parameter that a value is, unless it is an instruction's result or the function's own parameter.
    pub(super) fn param_of(&self, value: Value) -> Option<Param> {
        match self.body.values[value].def {
            ValueDef::Param(_, param) if value.index() >= self.body.signature.params.len() => {
                Some(Param(param))
            }
            _ => None,
        }
    }

    /// A block that nothing leads to yet.
    pub(super) fn new_node(&mut self) -> Node {
        self.nodes.push(NodeData {
            insts: 0..0,
            params: 0..0,
            records: 0..0,
            edge_count: 0,
            first_edge: END,
            last_edge: END,
            exit: Exit::Open,
            exit_offset: 0,
        });
        Node::new(self.nodes.len() - 1)
    }

    /// An edge from the current place, with the locals as they are, to a block.
    pub(super) fn edge(&mut self, to: Node, operands: &[Value]) -> Edge {
        let env = self.env.snapshot();
        self.edge_from(env, to, operands)
    }

    /// An edge from a place where the locals were as given.
    pub(super) fn edge_from(&mut self, env: Snapshot, to: Node, operands: &[Value]) -> Edge {
        let edge = Edge::new(self.edges.len());
        let node = &mut self.nodes[to.index()];
        let data = EdgeData {
            to,
            position: node.edge_count,
            env,
            operands: u32::try_from(self.operands.len()).expect("operands of edges fit in 32 bits"),
            next: END,
        };
        self.operands.extend_from_slice(operands);
        node.edge_count += 1;
        let last = std::mem::replace(&mut node.last_edge, edge);
        if last == END {
            node.first_edge = edge;
        } else {
            self.edges[last.index()].next = edge;
        }
        self.edges.push(data);
        edge
    }

    /// The edges to a block, in order of their position.
    pub(super) fn edges_to(&self, node: Node) -> impl Iterator<Item = Edge> + '_ {
        let first = self.nodes[node.index()].first_edge;
        let exists = |edge: Edge| (edge != END).then_some(edge);
        std::iter::successors(exists(first), move |edge| exists(self.edges[edge.index()].next))
    }

    /// Ends the current block.
    pub(super) fn finish(&mut self, exit: Exit, offset: WasmOffset) -> Node {
        let current = self.current.take().expect("code is reachable");
        let end = self.body.insts.len() as u32;
        let last_record = self.records.len() as u32;
        let node = &mut self.nodes[current.index()];
        node.insts.end = end;
        node.records.end = last_record;
        node.exit = exit;
        node.exit_offset = offset;
        current
    }

    /// Begins the code of a block, which nothing has begun before. The environment and parameters are the caller's matter.
    pub(super) fn start(&mut self, node: Node) {
        let inst = self.body.insts.len() as u32;
        let param = self.params.len() as u32;
        let record = self.records.len() as u32;
        let data = &mut self.nodes[node.index()];
        data.insts = inst..inst;
        data.params = param..param;
        data.records = record..record;
        self.order.push(node);
        self.current = Some(node);
    }

    /// Begins a block that all edges are known of: joins the environments, and appends to `stack` its operands of the
    /// given types.
    pub(super) fn start_join(
        &mut self,
        node: Node,
        types: &[ValType],
        stack: &mut Vec<Value>,
        local_type: impl Fn(u32) -> ValType,
    ) {
        self.start(node);
        let edges: Vec<Edge> = self.edges_to(node).collect();
        for (index, ty) in types.iter().enumerate() {
            let operand = |edge: &Edge| self.operands[self.edges[edge.index()].operands as usize + index];
            let first = operand(&edges[0]);
            let same = edges.iter().all(|edge| operand(edge) == first);
            stack.push(if same { first } else { self.param(node, *ty, Source::Operand(index as u32)) });
        }
        let mut snapshots: Vec<_> = edges.iter().map(|edge| self.edges[edge.index()].env).collect();
        let first = snapshots[0];
        let mut locals = Vec::new();
        self.env.differences(&mut snapshots, &mut locals);
        self.env.restore(first);
        for local in locals {
            let value = self.param(node, local_type(local), Source::Local(local));
            self.assign(local, value);
        }
    }

    /// Begins a loop whose back edges are to come: a parameter for each operand type and for each assigned local.
    pub(super) fn start_loop(
        &mut self,
        node: Node,
        types: &[ValType],
        stack: &mut Vec<Value>,
        assigned: &[u32],
        local_type: impl Fn(u32) -> ValType,
    ) {
        self.start(node);
        for (index, ty) in types.iter().enumerate() {
            stack.push(self.param(node, *ty, Source::Operand(index as u32)));
        }
        for local in assigned {
            let value = self.param(node, local_type(*local), Source::Local(*local));
            self.assign(*local, value);
        }
    }

    fn param(&mut self, node: Node, ty: ValType, source: Source) -> Value {
        let index = self.params.len() as u32;
        let def = ValueDef::Param(Block(node.0), index);
        let value = self.body.values.push(ValueData { ty, def });
        self.params.push(ParamData { node, value, source });
        self.nodes[node.index()].params.end = index + 1;
        value
    }

    /// What a parameter receives over an edge.
    pub(super) fn received(&self, param: Param, edge: Edge) -> Value {
        let edge = &self.edges[edge.index()];
        match self.params[param.index()].source {
            Source::Operand(index) => self.operands[(edge.operands + index) as usize],
            Source::Local(local) => self.env.get_in(edge.env, local),
        }
    }

    /// Appends an instruction to the current block; its results are new values of the given types.
    pub(super) fn emit(&mut self, op: Op, args: &[Value], results: &[ValType], offset: WasmOffset) -> List {
        let args = self.body.push_list(args.iter().copied());
        let inst = self.body.insts.next_key();
        let start = self.body.pool.len() as u32;
        for (index, ty) in results.iter().enumerate() {
            let def = ValueDef::Result(inst, index as u32);
            let value = self.body.values.push(ValueData { ty: *ty, def });
            self.body.pool.push(value);
        }
        let results = List { start, len: results.len() as u32 };
        self.body.insts.push(InstData { op, args, results, offset });
        results
    }
}
