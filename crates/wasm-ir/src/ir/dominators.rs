//! Dominators of a reducible graph whose blocks stand in topological order of their forward edges.
//!
//! Then a block's immediate dominator is the lowest common ancestor of its forward predecessors, and one pass in order
//! finds them all. Ancestors are found in logarithmic time with one skip pointer per block (Myers, "An applicative
//! random-access stack", 1983), so that deep graphs cost no more than shallow ones.

/// The dominator tree of blocks 0, 1, … in order.
#[derive(Debug, Default)]
pub(crate) struct Dominators {
    parents: Vec<usize>,
    skips: Vec<usize>,
    depths: Vec<usize>,
}

impl Dominators {
    /// Adds the next block below its immediate dominator; the first block is the entry and has none.
    pub(crate) fn push(&mut self, parent: Option<usize>) {
        let Some(parent) = parent else {
            self.parents.push(0);
            self.skips.push(0);
            self.depths.push(0);
            return;
        };
        let near = self.skips[parent];
        let far = self.skips[near];
        let even = self.depths[parent] - self.depths[near] == self.depths[near] - self.depths[far];
        self.parents.push(parent);
        self.skips.push(if even { far } else { parent });
        self.depths.push(self.depths[parent] + 1);
    }

    /// The immediate dominator of a block; the entry is its own.
    pub(crate) fn parent(&self, block: usize) -> usize {
        self.parents[block]
    }

    /// Whether every path from the entry to `b` passes through `a`.
    pub(crate) fn dominates(&self, a: usize, b: usize) -> bool {
        self.depths[a] <= self.depths[b] && self.ancestor(b, self.depths[a]) == a
    }

    /// The nearest block that dominates both.
    pub(crate) fn common(&self, a: usize, b: usize) -> usize {
        let depth = self.depths[a].min(self.depths[b]);
        let (mut a, mut b) = (self.ancestor(a, depth), self.ancestor(b, depth));
        while a != b {
            if self.skips[a] == self.skips[b] {
                (a, b) = (self.parents[a], self.parents[b]);
            } else {
                (a, b) = (self.skips[a], self.skips[b]);
            }
        }
        a
    }

    fn ancestor(&self, mut block: usize, depth: usize) -> usize {
        while self.depths[block] > depth {
            let skip = self.skips[block];
            block = if self.depths[skip] >= depth { skip } else { self.parents[block] };
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::Dominators;

    #[test]
    fn ancestors_and_common_dominators() {
        // A chain 0–99, and a second chain 100–149 that leaves the first at block 40.
        let mut tree = Dominators::default();
        tree.push(None);
        (1..100).for_each(|block| tree.push(Some(block - 1)));
        (100..150).for_each(|block| tree.push(Some(if block == 100 { 40 } else { block - 1 })));
        assert!(tree.dominates(40, 149) && tree.dominates(149, 149) && tree.dominates(0, 99));
        assert!(!tree.dominates(41, 149) && !tree.dominates(149, 40));
        for (a, b, common) in [(99, 149, 40), (100, 40, 40), (7, 120, 7), (120, 130, 120), (0, 50, 0)] {
            assert_eq!((tree.common(a, b), tree.common(b, a)), (common, common));
        }
    }
}
