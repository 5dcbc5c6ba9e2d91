//! The instances of a store, by number. One that is removed leaves its number to a later one.

use std::ops::{Index, IndexMut};

use super::instance::InstanceInner;

/// Instances by number.
#[derive(Default)]
pub(crate) struct Instances {
    slots: Vec<Option<InstanceInner>>,
    /// Numbers that are free again.
    free: Vec<usize>,
}

impl Instances {
    /// The number that [`add`](Self::add) returns next.
    pub(crate) fn next(&self) -> usize {
        self.free.last().copied().unwrap_or(self.slots.len())
    }

    /// Adds an instance.
    pub(crate) fn add(&mut self, instance: InstanceInner) -> u32 {
        let index = self.next();
        if self.free.pop().is_some() {
            self.slots[index] = Some(instance);
        } else {
            self.slots.push(Some(instance));
        }
        u32::try_from(index).expect("fewer than 2^32 instances in a store")
    }

    /// Takes an instance out.
    ///
    /// # Panics
    /// If there is none of this number.
    pub(crate) fn remove(&mut self, index: usize) -> InstanceInner {
        let instance = self.slots[index].take().expect(REMOVED);
        self.free.push(index);
        instance
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// All with their numbers, in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &InstanceInner)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(index, slot)| Some((index, slot.as_ref()?)))
    }
}

const REMOVED: &str = "the instance was removed from its store";

impl Index<usize> for Instances {
    type Output = InstanceInner;

    fn index(&self, index: usize) -> &InstanceInner {
        self.slots[index].as_ref().expect(REMOVED)
    }
}

impl IndexMut<usize> for Instances {
    fn index_mut(&mut self, index: usize) -> &mut InstanceInner {
        self.slots[index].as_mut().expect(REMOVED)
    }
}
