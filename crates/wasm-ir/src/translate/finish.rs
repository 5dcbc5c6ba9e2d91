//! The last step: the graph without its superfluous parameters and blocks, numbered in order, as a [`Body`].
//!
//! [`Body`]: crate::ir::Body

use crate::entity::Entity;
use crate::ir::{
    Block, BlockCall, BlockData, Inst, InstData, List, LocalRecord, LocalValue, Terminator, TerminatorData,
    Value, ValueData, ValueDef,
};
use crate::{LocalIndex, WasmOffset};

use super::graph::{Edge, Exit, Graph, Node, Param, Record};
use super::prune::Prune;

const NONE: u32 = u32::MAX;

/// Scratch arenas, kept from function to function.
#[derive(Debug, Default)]
pub(super) struct Finish {
    /// The final block of each node: of those appended to another node, that one's.
    blocks: Vec<Block>,
    /// Nodes whose code is appended to that of their only predecessor.
    appended: Vec<bool>,
    /// Argument lists of edges.
    lists: Vec<List>,
    /// Which defaults of locals are used.
    defaults: Vec<bool>,
    /// The final number of each value, or [`NONE`].
    numbers: Vec<u32>,
    values: Vec<ValueData>,
    kept: Vec<Param>,
}

impl Finish {
    /// Completes the graph's body. `start` is the offset of the function's body in the module.
    pub(super) fn run(&mut self, graph: &mut Graph, prune: &Prune, start: WasmOffset) {
        self.number_blocks(graph);
        self.resolve_values(graph, prune);
        self.make_blocks(graph, prune, start);
        self.renumber_values(graph);
    }

    fn number_blocks(&mut self, graph: &Graph) {
        self.appended.clear();
        self.appended.resize(graph.nodes.len(), false);
        for node in &graph.nodes {
            if let Exit::Jump(edge) = node.exit {
                let to = graph.edges[edge.index()].to;
                self.appended[to.index()] = graph.nodes[to.index()].edge_count == 1;
            }
        }
        self.blocks.clear();
        self.blocks.resize(graph.nodes.len(), Block(NONE));
        let heads = graph.order.iter().filter(|node| !self.appended[node.index()]);
        for (block, head) in heads.enumerate() {
            self.blocks[head.index()] = Block::new(block);
        }
    }

    /// Replaces removed parameters in all operands, and writes the argument lists of edges.
    fn resolve_values(&mut self, graph: &mut Graph, prune: &Prune) {
        self.defaults.clear();
        self.defaults.resize(graph.defaults.len(), false);
        self.lists.clear();
        self.lists.resize(graph.edges.len(), List::default());
        for index in 0..graph.body.pool.len() {
            graph.body.pool[index] = self.resolve(graph, prune, graph.body.pool[index]);
        }
        for index in 0..graph.nodes.len() {
            let params = graph.nodes[index].params.clone();
            self.kept.clear();
            self.kept.extend(params.map(Param).filter(|param| prune.is_kept(graph, *param)));
            if self.kept.is_empty() {
                continue;
            }
            let edges: Vec<Edge> = graph.edges_to(Node::new(index)).collect();
            for edge in edges {
                let position = graph.edges[edge.index()].position;
                let start = graph.body.pool.len();
                for param in &self.kept {
                    let value = prune.argument(*param, position);
                    mark_default(&mut self.defaults, graph, value);
                    graph.body.pool.push(value);
                }
                self.lists[edge.index()] = List { start: start as u32, len: self.kept.len() as u32 };
            }
        }
        for index in 0..graph.nodes.len() {
            let mut exit = std::mem::replace(&mut graph.nodes[index].exit, Exit::Unreachable);
            if let Exit::Branch { condition: value, .. } | Exit::Switch { index: value, .. } = &mut exit {
                *value = self.resolve(graph, prune, *value);
            }
            graph.nodes[index].exit = exit;
        }
    }

    fn resolve(&mut self, graph: &Graph, prune: &Prune, value: Value) -> Value {
        let value = prune.resolve(value);
        mark_default(&mut self.defaults, graph, value);
        value
    }

    fn make_blocks(&mut self, graph: &mut Graph, prune: &Prune, start: WasmOffset) {
        self.numbers.clear();
        self.numbers.resize(graph.body.values.len(), NONE);
        self.values.clear();
        for index in 0..graph.order.len() {
            let head = graph.order[index];
            if self.appended[head.index()] {
                continue;
            }
            let block = self.blocks[head.index()];
            let mut data = BlockData {
                params: Vec::new(),
                insts: Vec::new(),
                terminator: TerminatorData { kind: Terminator::Unreachable, offset: 0 },
            };
            if index == 0 {
                data.params.extend((0..graph.body.signature.params.len()).map(Value::new));
            } else {
                let params = graph.nodes[head.index()].params.clone().map(Param);
                let kept = params.filter(|param| prune.is_kept(graph, *param));
                data.params.extend(kept.map(|param| graph.params[param.index()].value));
            }
            for (position, value) in data.params.iter_mut().enumerate() {
                let ty = graph.body.values[*value].ty;
                let def = ValueDef::Param(block, position as u32);
                *value = self.number(*value, ValueData { ty, def });
            }
            if index == 0 {
                self.make_defaults(graph, start, &mut data.insts);
            }
            graph.body.locals.records = self.append_code(graph, prune, head, &mut data);
            graph.body.blocks.push(data);
        }
    }

    /// Makes the constants that locals start with, as far as they are used.
    fn make_defaults(&mut self, graph: &mut Graph, offset: WasmOffset, insts: &mut Vec<Inst>) {
        for position in 0..graph.defaults.len() {
            let ty = graph.defaults[position];
            if let (true, Some(op)) = (self.defaults[position], Graph::default_op(ty)) {
                let inst = graph.body.insts.next_key();
                let value = Value::new(graph.body.signature.params.len() + position);
                self.number(value, ValueData { ty, def: ValueDef::Result(inst, 0) });
                let results = graph.body.push_list([value]);
                graph.body.insts.push(InstData { op, args: List::default(), results, offset });
                insts.push(inst);
            }
        }
    }

    /// Appends the instructions of a node and of those that only follow it, and the last one's exit.
    fn append_code(
        &mut self,
        graph: &mut Graph,
        prune: &Prune,
        head: Node,
        data: &mut BlockData,
    ) -> Vec<LocalRecord> {
        let mut locals = std::mem::take(&mut graph.body.locals.records);
        let graph = &*graph;
        let mut node = &graph.nodes[head.index()];
        loop {
            let mut records = graph.records[node.records.start as usize..node.records.end as usize].iter();
            let mut record = |this: &Self, data: &BlockData, next: Inst| {
                let due = records.as_slice().partition_point(|record| record.before <= next);
                locals.extend(records.by_ref().take(due).map(|record| LocalRecord {
                    block: this.blocks[head.index()],
                    position: data.insts.len() as u32,
                    local: LocalIndex(record.local),
                    value: this.held(graph, prune, record),
                    since: record.offset,
                }));
            };
            for inst in node.insts.clone().map(Inst) {
                record(self, data, inst);
                data.insts.push(inst);
                for (position, value) in graph.body.results(inst).iter().enumerate() {
                    let ty = graph.body.values[*value].ty;
                    self.number(*value, ValueData { ty, def: ValueDef::Result(inst, position as u32) });
                }
            }
            record(self, data, Inst(NONE));
            match node.exit {
                Exit::Jump(edge) if self.appended[graph.edges[edge.index()].to.index()] => {
                    node = &graph.nodes[graph.edges[edge.index()].to.index()];
                }
                _ => break,
            }
        }
        data.terminator =
            TerminatorData { kind: self.terminator(graph, &node.exit), offset: node.exit_offset };
        locals
    }

    /// What a local holds, as far as the function computes it.
    fn held(&self, graph: &Graph, prune: &Prune, record: &Record) -> LocalValue {
        let value = prune.resolve(record.value);
        match self.numbers[value.index()] {
            NONE if graph.default_of(value).is_some() => LocalValue::Default,
            NONE => LocalValue::Unknown,
            number => LocalValue::Value(Value(number)),
        }
    }

    fn terminator(&self, graph: &Graph, exit: &Exit) -> Terminator {
        let call = |edge: &Edge| BlockCall {
            block: self.blocks[graph.edges[edge.index()].to.index()],
            args: self.lists[edge.index()],
        };
        match exit {
            Exit::Jump(edge) => Terminator::Jump(call(edge)),
            Exit::Branch { condition, then, otherwise } => {
                Terminator::Branch { condition: *condition, then: call(then), otherwise: call(otherwise) }
            }
            Exit::Switch { index, targets, default } => Terminator::Switch {
                index: *index,
                targets: targets.iter().map(call).collect(),
                default: call(default),
            },
            Exit::Return(values) => Terminator::Return(*values),
            Exit::ReturnCall { callee, args } => Terminator::ReturnCall { callee: *callee, args: *args },
            Exit::Open | Exit::Unreachable => Terminator::Unreachable,
        }
    }

    fn number(&mut self, value: Value, data: ValueData) -> Value {
        let number = Value::new(self.values.len());
        self.numbers[value.index()] = number.0;
        self.values.push(data);
        number
    }

    fn renumber_values(&mut self, graph: &mut Graph) {
        let body = &mut graph.body;
        for value in &mut body.pool {
            *value = Value(self.numbers[value.index()]);
        }
        for index in 0..body.blocks.len() {
            match &mut body.blocks[Block::new(index)].terminator.kind {
                Terminator::Branch { condition: value, .. } | Terminator::Switch { index: value, .. } => {
                    *value = Value(self.numbers[value.index()]);
                }
                Terminator::Jump(_)
                | Terminator::Return(_)
                | Terminator::ReturnCall { .. }
                | Terminator::Unreachable => {}
            }
        }
        body.values.clear();
        for data in self.values.drain(..) {
            body.values.push(data);
        }
    }
}

fn mark_default(defaults: &mut [bool], graph: &Graph, value: Value) {
    if let Some(position) = graph.default_of(value) {
        defaults[position] = true;
    }
}
