//! What of a module is to be compiled better, and in which order: what is small first, so that nothing waits for a giant.

use std::collections::BTreeMap;

use wootz_wasm_ir::FuncIndex;

/// Bytes of bodies that are compiled at once, unless one function has more.
const BATCH: usize = 32 << 10;

/// A function, or ways into some of its loops if there are numbers.
pub(super) type Work = (FuncIndex, Vec<u32>);

/// Functions and loops that are hot.
#[derive(Default)]
pub(super) struct Hot {
    /// By bytes of the body; a loop is as much work as its function.
    wanted: BTreeMap<(usize, FuncIndex), Vec<u32>>,
    /// How many were taken and are not finished.
    taken: usize,
}

impl Hot {
    /// Asks for better code of a function with a body of so many bytes, or for a way into its loop. Each is asked for once, the loop
    /// when its function is finished.
    pub(super) fn want(&mut self, func: FuncIndex, at_loop: Option<u32>, bytes: usize) {
        self.wanted.entry((bytes, func)).or_default().extend(at_loop);
    }

    /// How many functions and ways into loops are asked for and not finished.
    pub(super) fn pending(&self) -> usize {
        self.wanted.values().map(|loops| work(loops)).sum::<usize>() + self.taken
    }

    /// What to compile together now.
    pub(super) fn take_batch(&mut self) -> Vec<Work> {
        let (mut batch, mut room) = (Vec::new(), BATCH);
        while let Some(first) = self.wanted.first_entry() {
            let bytes = first.key().0 * work(first.get());
            if bytes > room && !batch.is_empty() {
                break;
            }
            room = room.saturating_sub(bytes);
            let ((_, func), loops) = first.remove_entry();
            self.taken += work(&loops);
            batch.push((func, loops));
        }
        batch
    }

    /// A batch is compiled, or cannot be.
    pub(super) fn finish(&mut self, batch: &[Work]) {
        self.taken -= batch.iter().map(|(_, loops)| work(loops)).sum::<usize>();
    }
}

/// How many functions are made for it.
fn work(loops: &[u32]) -> usize {
    loops.len().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ones_come_first_and_together() {
        let mut hot = Hot::default();
        for (func, bytes) in [(1, 3 * BATCH), (2, BATCH / 2), (3, 10), (4, BATCH)] {
            hot.want(FuncIndex(func), None, bytes);
        }
        assert_eq!(hot.pending(), 4);
        let batches: Vec<_> =
            std::iter::from_fn(|| Some(hot.take_batch()).filter(|batch| !batch.is_empty())).collect();
        let functions = |batch: &Vec<Work>| batch.iter().map(|(func, _)| func.0).collect::<Vec<_>>();
        assert_eq!(batches.iter().map(functions).collect::<Vec<_>>(), [vec![3, 2], vec![4], vec![1]]);
        assert_eq!(hot.pending(), 4, "nothing is finished yet");
        batches.iter().for_each(|batch| hot.finish(batch));
        assert_eq!(hot.pending(), 0);
    }

    #[test]
    fn loops_of_a_function_are_one_work() {
        let mut hot = Hot::default();
        hot.want(FuncIndex(1), Some(7), 100);
        hot.want(FuncIndex(1), Some(3), 100);
        assert_eq!(hot.pending(), 2);
        let batch = hot.take_batch();
        assert_eq!(batch, [(FuncIndex(1), vec![7, 3])]);
        hot.finish(&batch);
        assert_eq!(hot.pending(), 0);
    }
}
