//! Which block parameters stay: those that something uses, and that receive more than one value.
//!
//! A parameter that only ever receives one value besides itself is that value (Braun et al., "Simple and Efficient
//! Construction of Static Single Assignment Form", 2013, section 3.1); on WebAssembly's reducible control flow removing
//! these until none is left gives minimal SSA form. Removing one can make others redundant. To find those without
//! looking at every argument again, each parameter remembers two different values it receives, as witnesses that it is
//! needed, and is looked at again only when the two become one. Values only ever become equal, so a parameter reads
//! each of its arguments once.

use crate::entity::Entity;
use crate::ir::Value;

use super::graph::{Edge, Exit, Graph, Node, Param};

const NONE: u32 = u32::MAX;

/// Too many arguments of parameters that are in use.
#[derive(Debug)]
pub(super) struct TooMany;

/// What became of each parameter.
#[derive(Debug, Default)]
pub(super) struct Prune {
    /// Arguments of the parameters in use, by position of the edge.
    arguments: Vec<Value>,
    /// Where each parameter's arguments start, or [`NONE`] if nothing uses it.
    starts: Vec<u32>,
    live: Vec<Param>,
    witnesses: Vec<Witness>,
    equal: Equal,
    again: Vec<Param>,
    edges: Vec<Edge>,
}

#[derive(Copy, Clone, Debug)]
struct Witness {
    /// A value received, other than the parameter itself.
    first: Option<Value>,
    /// Position of the first argument that is neither that nor the parameter; those before it are.
    next: u32,
}

impl Prune {
    /// Finds the parameters to keep.
    pub(super) fn run(&mut self, graph: &Graph, limit: usize) -> Result<(), TooMany> {
        self.find_used(graph, limit)?;
        self.equal.reset(graph.body.values.len());
        self.witnesses.clear();
        self.witnesses.resize(graph.params.len(), Witness { first: None, next: 0 });
        for index in 0..self.live.len() {
            self.look(graph, self.live[index]);
            while let Some(param) = self.again.pop() {
                self.look(graph, param);
            }
        }
        Ok(())
    }

    /// Whether a parameter stays.
    pub(super) fn is_kept(&self, graph: &Graph, param: Param) -> bool {
        let value = graph.params[param.index()].value;
        self.starts[param.index()] != NONE && self.resolve(value) == value
    }

    /// What a value is in the end.
    pub(super) fn resolve(&self, value: Value) -> Value {
        self.equal.value(value)
    }

    /// The argument that a used parameter receives over the edge at a position.
    pub(super) fn argument(&self, param: Param, position: u32) -> Value {
        self.resolve(self.arguments[(self.starts[param.index()] + position) as usize])
    }

    /// Marks what is used by instructions and exits, and what the marked receive, and writes down their arguments.
    fn find_used(&mut self, graph: &Graph, limit: usize) -> Result<(), TooMany> {
        self.arguments.clear();
        self.live.clear();
        self.starts.clear();
        self.starts.resize(graph.params.len(), NONE);
        let mut found = std::mem::take(&mut self.again);
        let mark = |starts: &mut Vec<u32>, found: &mut Vec<Param>, value: Value| {
            if let Some(param) = graph.param_of(value)
                && starts[param.index()] == NONE
            {
                starts[param.index()] = 0;
                found.push(param);
            }
        };
        // The pool holds operands, and results, which are not parameters.
        for value in &graph.body.pool {
            mark(&mut self.starts, &mut found, *value);
        }
        for node in &graph.nodes {
            match node.exit {
                Exit::Branch { condition: value, .. } | Exit::Switch { index: value, .. } => {
                    mark(&mut self.starts, &mut found, value);
                }
                Exit::Open
                | Exit::Jump(_)
                | Exit::Return(_)
                | Exit::ReturnCall { .. }
                | Exit::Unreachable => {}
            }
        }
        let mut last: Option<Node> = None;
        while let Some(param) = found.pop() {
            let node = graph.params[param.index()].node;
            if last != Some(node) {
                self.edges.clear();
                self.edges.extend(graph.edges_to(node));
                last = Some(node);
            }
            if self.arguments.len() + self.edges.len() > limit {
                self.again = found;
                self.again.clear();
                return Err(TooMany);
            }
            self.starts[param.index()] = self.arguments.len() as u32;
            self.live.push(param);
            for edge in &self.edges {
                let value = graph.received(param, *edge);
                self.arguments.push(value);
                mark(&mut self.starts, &mut found, value);
            }
        }
        self.again = found;
        self.live.sort_unstable();
        Ok(())
    }

    /// Looks for two values that a parameter receives; if there is only one, the parameter is that one.
    fn look(&mut self, graph: &Graph, param: Param) {
        let data = &graph.params[param.index()];
        let itself = self.equal.value(data.value);
        if itself != data.value {
            return;
        }
        let start = self.starts[param.index()];
        let count = graph.nodes[data.node.index()].edge_count;
        let Witness { mut first, mut next } = self.witnesses[param.index()];
        let looked_before = next;
        // The first witness may have become the parameter itself.
        first = first.map(|value| self.equal.value(value)).filter(|value| *value != itself);
        while next < count {
            let value = self.equal.value(self.arguments[(start + next) as usize]);
            if value != itself && first.is_some_and(|first| first != value) {
                break;
            }
            if value != itself {
                first = Some(value);
            }
            next += 1;
        }
        self.witnesses[param.index()] = Witness { first, next };
        if next < count {
            if next == looked_before {
                return;
            }
            let second = self.arguments[(start + next) as usize];
            self.equal.watch(first.expect("a second value comes after a first"), param);
            self.equal.watch(second, param);
        } else if let Some(value) = first {
            self.equal.join(itself, value, &mut self.again);
            self.again.extend(graph.param_of(value).filter(|param| self.starts[param.index()] != NONE));
        }
    }
}

/// Classes of equal values (union-find), each with the value that stands for it and the parameters that have it as a
/// witness.
#[derive(Debug, Default)]
struct Equal {
    parents: Vec<u32>,
    sizes: Vec<u32>,
    /// For a root: the value that stands for the class.
    values: Vec<Value>,
    /// For a root: the first and the number of its watchers.
    watchers: Vec<(u32, u32)>,
    /// Linked lists of watchers.
    links: Vec<(Param, u32)>,
}

impl Equal {
    fn reset(&mut self, count: usize) {
        self.parents.clear();
        self.parents.extend(0..count as u32);
        self.sizes.clear();
        self.sizes.resize(count, 1);
        self.values.clear();
        self.values.extend((0..count).map(Value::new));
        self.watchers.clear();
        self.watchers.resize(count, (NONE, 0));
        self.links.clear();
    }

    /// The smaller class goes under the larger, so paths are logarithmic without being compressed.
    fn root(&self, value: Value) -> usize {
        let mut root = value.index();
        while self.parents[root] as usize != root {
            root = self.parents[root] as usize;
        }
        root
    }

    fn value(&self, value: Value) -> Value {
        self.values[self.root(value)]
    }

    fn watch(&mut self, value: Value, param: Param) {
        let root = self.root(value);
        let (first, count) = self.watchers[root];
        self.links.push((param, first));
        self.watchers[root] = (self.links.len() as u32 - 1, count + 1);
    }

    /// Makes `removed` equal to `kept`, which stands for both from now on, and finds whoever watches both: it is in both
    /// lists of watchers, so the shorter one is enough.
    fn join(&mut self, removed: Value, kept: Value, found: &mut Vec<Param>) {
        let (kept, removed) = (self.root(kept), self.root(removed));
        let (mut long, mut short) = (self.watchers[kept], self.watchers[removed]);
        if long.1 < short.1 {
            std::mem::swap(&mut long, &mut short);
        }
        let mut link = short.0;
        while link != NONE {
            let (param, next) = self.links[link as usize];
            found.push(param);
            self.links[link as usize].1 = long.0;
            long.0 = link;
            link = next;
        }
        long.1 += short.1;
        let stands = self.values[kept];
        let (root, child) =
            if self.sizes[kept] < self.sizes[removed] { (removed, kept) } else { (kept, removed) };
        self.parents[child] = root as u32;
        self.sizes[root] += self.sizes[child];
        self.values[root] = stands;
        self.watchers[root] = long;
    }
}
