//! The values of a function's locals, as a persistent tree.
//!
//! A branch keeps the whole environment by keeping a root: O(1). A join compares the roots that meet there and looks
//! only into subtrees that differ, so a local that nobody assigned costs nothing, however many blocks and locals there
//! are. A write copies the path to one leaf, or nothing if this environment made that path since its last snapshot.

use crate::ir::Value;

const BITS: u32 = 4;
const ARITY: usize = 1 << BITS;

/// The root of an environment that no longer changes.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Snapshot(u32);

/// The current environment, and the nodes of all of them.
#[derive(Debug, Default)]
pub(super) struct Env {
    /// Children: nodes, or values at the lowest level.
    nodes: Vec<[u32; ARITY]>,
    /// The epoch that made each node: a node of an earlier one may be shared.
    epochs: Vec<u32>,
    epoch: u32,
    root: u32,
    levels: u32,
}

impl Env {
    /// Starts a function whose locals have the given values, in runs of equal ones.
    pub(super) fn reset(&mut self, runs: &[(u32, Value)]) {
        self.nodes.clear();
        self.epochs.clear();
        self.epoch = 0;
        let count: u64 = runs.iter().map(|(count, _)| u64::from(*count)).sum();
        self.levels = 1;
        while count > 1u64 << (BITS * self.levels) {
            self.levels += 1;
        }
        let levels = self.levels;
        let mut fill = Fill { env: self, runs, run: 0, left: 0, uniform: Vec::new() };
        fill.skip_empty_runs();
        self.root = fill.node(levels);
        // The nodes of the start are shared among themselves.
        self.epoch = 1;
    }

    /// The value of a local.
    pub(super) fn get(&self, local: u32) -> Value {
        self.get_in(Snapshot(self.root), local)
    }

    /// The value of a local in a snapshot.
    pub(super) fn get_in(&self, snapshot: Snapshot, local: u32) -> Value {
        let mut node = snapshot.0;
        for level in (0..self.levels).rev() {
            node = self.nodes[node as usize][slot(local, level)];
        }
        Value(node)
    }

    /// Assigns a local.
    pub(super) fn set(&mut self, local: u32, value: Value) {
        if self.get(local) == value {
            return;
        }
        let mut node = self.own(self.root);
        self.root = node;
        for level in (1..self.levels).rev() {
            let child = self.own(self.nodes[node as usize][slot(local, level)]);
            self.nodes[node as usize][slot(local, level)] = child;
            node = child;
        }
        self.nodes[node as usize][slot(local, 0)] = value.0;
    }

    /// The current environment, to keep.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        self.epoch += 1;
        Snapshot(self.root)
    }

    /// Makes a snapshot the current environment.
    pub(super) fn restore(&mut self, snapshot: Snapshot) {
        self.epoch += 1;
        self.root = snapshot.0;
    }

    /// The locals whose values are not the same in all snapshots, in ascending order.
    pub(super) fn differences(&self, snapshots: &mut Vec<Snapshot>, locals: &mut Vec<u32>) {
        snapshots.sort_unstable();
        snapshots.dedup();
        if snapshots.len() > 1 {
            let roots: Vec<u32> = snapshots.iter().map(|snapshot| snapshot.0).collect();
            self.differences_below(&roots, self.levels - 1, 0, locals);
        }
    }

    /// `nodes` differ; they stand at `level` and begin with local `first`. The depth of recursion is the tree's, at most 8.
    fn differences_below(&self, nodes: &[u32], level: u32, first: u32, locals: &mut Vec<u32>) {
        let mut children = Vec::new();
        for slot in 0..ARITY {
            let child = |node: u32| self.nodes[node as usize][slot];
            let one = child(nodes[0]);
            if nodes.iter().all(|node| child(*node) == one) {
                continue;
            }
            let first = first | (slot as u32) << (BITS * level);
            if level == 0 {
                locals.push(first);
                continue;
            }
            children.clear();
            children.extend(nodes.iter().map(|node| child(*node)));
            children.sort_unstable();
            children.dedup();
            self.differences_below(&children, level - 1, first, locals);
        }
    }

    fn own(&mut self, node: u32) -> u32 {
        if self.epochs[node as usize] == self.epoch {
            return node;
        }
        self.push(self.nodes[node as usize])
    }

    fn push(&mut self, node: [u32; ARITY]) -> u32 {
        self.nodes.push(node);
        self.epochs.push(self.epoch);
        u32::try_from(self.nodes.len() - 1).expect("environment nodes fit in 32 bits")
    }
}

fn slot(local: u32, level: u32) -> usize {
    (local >> (BITS * level)) as usize % ARITY
}

/// Builds the first environment. A subtree inside one run is made once per level, so the work follows the number of
/// runs, not that of locals (which three bytes of a module can make 50 000).
struct Fill<'a> {
    env: &'a mut Env,
    runs: &'a [(u32, Value)],
    run: usize,
    /// Locals left in the current run.
    left: u64,
    /// For the current run, its node at each level.
    uniform: Vec<u32>,
}

impl Fill<'_> {
    fn skip_empty_runs(&mut self) {
        self.uniform.clear();
        while self.run < self.runs.len() && self.runs[self.run].0 == 0 {
            self.run += 1;
        }
        // Past the last run everything is padding.
        self.left = self.runs.get(self.run).map_or(u64::MAX, |(count, _)| u64::from(*count));
    }

    fn value(&self) -> u32 {
        self.runs.get(self.run).map_or(0, |(_, value)| value.0)
    }

    fn take(&mut self, count: u64) {
        self.left -= count;
        if self.left == 0 {
            self.run += 1;
            self.skip_empty_runs();
        }
    }

    fn node(&mut self, level: u32) -> u32 {
        let size = 1u64 << (BITS * level);
        if self.left >= size {
            let node = self.uniform_node(level);
            self.take(size);
            return node;
        }
        let mut node = [0; ARITY];
        for child in &mut node {
            *child = self.node(level - 1);
        }
        self.env.push(node)
    }

    fn uniform_node(&mut self, level: u32) -> u32 {
        if level == 0 {
            return self.value();
        }
        while (self.uniform.len() as u32) < level {
            let below = self.uniform.last().copied().unwrap_or_else(|| self.value());
            let node = self.env.push([below; ARITY]);
            self.uniform.push(node);
        }
        self.uniform[level as usize - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(env: &Env, snapshot: Snapshot, count: u32) -> Vec<u32> {
        (0..count).map(|local| env.get_in(snapshot, local).0).collect()
    }

    #[test]
    fn runs_fill_the_tree() {
        let mut env = Env::default();
        for counts in [&[][..], &[1], &[16], &[17], &[3, 0, 15, 1], &[256, 1], &[255, 2, 4000]] {
            let runs: Vec<_> =
                counts.iter().zip(100..).map(|(count, value)| (*count, Value(value))).collect();
            env.reset(&runs);
            let expected: Vec<u32> = runs.iter().flat_map(|(n, v)| vec![v.0; *n as usize]).collect();
            assert_eq!(values(&env, Snapshot(env.root), expected.len() as u32), expected);
        }
    }

    #[test]
    fn many_equal_locals_need_few_nodes() {
        let mut env = Env::default();
        env.reset(&[(1, Value(0)), (50_000, Value(1)), (50_000, Value(2))]);
        assert!(env.nodes.len() < 40, "{} nodes", env.nodes.len());
    }

    #[test]
    fn snapshots_do_not_change() {
        let mut env = Env::default();
        env.reset(&[(40, Value(7))]);
        env.set(33, Value(1));
        let one = env.snapshot();
        env.set(33, Value(2));
        env.set(2, Value(3));
        let two = env.snapshot();
        env.restore(one);
        env.set(39, Value(4));
        let three = env.snapshot();
        assert_eq!(
            (env.get_in(one, 33), env.get_in(one, 2), env.get_in(one, 39)),
            (Value(1), Value(7), Value(7))
        );
        assert_eq!(
            (env.get_in(two, 33), env.get_in(two, 2), env.get_in(two, 39)),
            (Value(2), Value(3), Value(7))
        );
        assert_eq!(env.get_in(three, 39), Value(4));
        let mut locals = Vec::new();
        env.differences(&mut vec![one, two, one], &mut locals);
        assert_eq!(locals, [2, 33]);
        locals.clear();
        env.differences(&mut vec![three, one, two], &mut locals);
        assert_eq!(locals, [2, 33, 39]);
    }
}
