//! Which entries of a module somebody has begun to compile, and which functions are wanted ahead of their first call.

use wootz_vm_abi::lazy::EntryNumber;

/// How many functions may be wanted ahead. What was wanted before the last so many is forgotten.
const MOST_WANTED: usize = 4096;

/// Entries that are begun, and those to begin when there is time.
pub(super) struct Requests {
    begun: Vec<bool>,
    /// What is likely to be called next is at the end.
    wanted: Vec<EntryNumber>,
}

impl Requests {
    /// For a module with so many entries.
    pub(super) fn new(entries: usize) -> Self {
        Self { begun: vec![false; entries], wanted: Vec::new() }
    }

    /// Whether the caller is the first to ask for an entry, and has to have it compiled.
    pub(super) fn begin(&mut self, entry: EntryNumber) -> bool {
        !std::mem::replace(&mut self.begun[entry.0 as usize], true)
    }

    /// Begins those entries, in order, that nobody has begun and that there is room for.
    pub(super) fn begin_within(
        &mut self,
        entries: &[EntryNumber],
        room: &mut Room,
        bytes: impl Fn(EntryNumber) -> usize,
    ) -> Vec<EntryNumber> {
        let new = entries.iter().filter(|entry| !self.begun[entry.0 as usize]);
        let taken: Vec<_> = new.filter(|entry| room.take(bytes(**entry))).copied().collect();
        taken.iter().for_each(|entry| self.begun[entry.0 as usize] = true);
        taken
    }

    /// Wants entries that nobody has begun, in this order, before all that were wanted earlier.
    pub(super) fn want(&mut self, entries: &[EntryNumber]) {
        let new = entries.iter().rev().filter(|entry| !self.begun[entry.0 as usize]).copied();
        self.wanted.extend(new);
        self.wanted.drain(..self.wanted.len().saturating_sub(MOST_WANTED));
    }

    /// Whether anything is wanted.
    pub(super) fn wants_any(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// Begins a batch of what is wanted: at least one, if there is any.
    pub(super) fn begin_batch(
        &mut self,
        mut room: Room,
        bytes: impl Fn(EntryNumber) -> usize,
    ) -> Vec<EntryNumber> {
        let mut batch = self.begin_wanted(&mut room, bytes);
        if batch.is_empty() {
            batch.extend(self.wanted.pop());
            batch.iter().for_each(|entry| self.begun[entry.0 as usize] = true);
        }
        batch
    }

    /// Begins what is likely to be called next, as far as there is room.
    pub(super) fn begin_wanted(
        &mut self,
        room: &mut Room,
        bytes: impl Fn(EntryNumber) -> usize,
    ) -> Vec<EntryNumber> {
        let mut batch = Vec::new();
        while let Some(entry) = self.wanted.pop() {
            if self.begun[entry.0 as usize] {
                continue;
            }
            if !room.take(bytes(entry)) {
                self.wanted.push(entry);
                break;
            }
            self.begun[entry.0 as usize] = true;
            batch.push(entry);
        }
        batch
    }
}

/// What may be compiled together.
#[derive(Copy, Clone, Default, Debug)]
pub(super) struct Room {
    /// Functions …
    pub(super) functions: usize,
    /// … and bytes of their bodies.
    pub(super) bytes: usize,
}

impl Room {
    /// Whether there is room for one more function.
    fn take(&mut self, bytes: usize) -> bool {
        let has_room = self.functions > 0 && bytes <= self.bytes;
        if has_room {
            self.functions -= 1;
            self.bytes -= bytes;
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { functions: 2, bytes: 100 };

    fn numbers(entries: &[EntryNumber]) -> Vec<u32> {
        entries.iter().map(|entry| entry.0).collect()
    }

    #[test]
    fn an_entry_is_begun_once() {
        let mut requests = Requests::new(4);
        requests.want(&[0, 1, 2, 3].map(EntryNumber));
        assert!(requests.begin(EntryNumber(2)));
        assert!(!requests.begin(EntryNumber(2)));
        assert_eq!(numbers(&requests.begin_batch(ROOM, |_| 10)), [0, 1]);
        assert_eq!(numbers(&requests.begin_within(&[1, 3, 2].map(EntryNumber), &mut { ROOM }, |_| 10)), [3]);
        assert!(requests.begin_batch(ROOM, |_| 10).is_empty());
    }

    #[test]
    fn batches_are_small_but_never_empty() {
        let mut requests = Requests::new(4);
        requests.want(&[3, 2, 1, 0].map(EntryNumber));
        let bytes = |entry: EntryNumber| [30, 80, 10, 500][entry.0 as usize];
        let batches = std::iter::from_fn(|| {
            Some(numbers(&requests.begin_batch(ROOM, bytes))).filter(|batch| !batch.is_empty())
        });
        assert_eq!(batches.collect::<Vec<_>>(), [vec![3], vec![2, 1], vec![0]]);
        assert_eq!(
            numbers(&Requests::new(4).begin_within(&[0, 1, 2].map(EntryNumber), &mut { ROOM }, bytes)),
            [0, 2]
        );
    }

    #[test]
    fn what_was_wanted_long_ago_is_forgotten() {
        let count = 2 * MOST_WANTED as u32;
        let mut requests = Requests::new(count as usize);
        let all: Vec<_> = (0..count).map(EntryNumber).collect();
        requests.want(&all);
        let room = Room { functions: usize::MAX, bytes: usize::MAX };
        assert_eq!(requests.begin_batch(room, |_| 1), all[..MOST_WANTED]);
    }
}
