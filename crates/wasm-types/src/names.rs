//! Names from the name section: of many entities, of which few are ever asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Index, Range};

use serde::{Deserialize, Serialize};

/// Names of entities by their indices.
///
/// All of it is three allocations, so that reading the names of a large module from its image takes no time to speak of. What an edited
/// image says of an entity without a name is none, or a wrong one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameMap<K> {
    /// Those that have a name, ascending.
    keys: Vec<K>,
    /// Where in the text the name of each ends; it starts where the one before ends.
    ends: Vec<u32>,
    text: String,
}

impl<K> Default for NameMap<K> {
    fn default() -> Self {
        Self { keys: Vec::new(), ends: Vec::new(), text: String::new() }
    }
}

impl<K: Copy + Ord> NameMap<K> {
    /// The name of an entity.
    pub fn get(&self, key: K) -> Option<&str> {
        self.name(self.keys.binary_search(&key).ok()?)
    }

    /// All names, by index.
    pub fn iter(&self) -> impl Iterator<Item = (K, &str)> {
        self.keys.iter().enumerate().filter_map(|(position, key)| Some((*key, self.name(position)?)))
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn name(&self, position: usize) -> Option<&str> {
        let end = |position: usize| self.ends.get(position).map(|end| *end as usize);
        let start = position.checked_sub(1).map_or(Some(0), end)?;
        self.text.get(Range { start, end: end(position)? })
    }
}

impl<K: Copy + Ord> Index<K> for NameMap<K> {
    type Output = str;

    /// # Panics
    /// If the entity has no name.
    fn index(&self, key: K) -> &str {
        self.get(key).expect("the entity has a name")
    }
}

/// Of several names for one entity, the last counts.
impl<K: Copy + Ord, S: AsRef<str>> FromIterator<(K, S)> for NameMap<K> {
    /// # Panics
    /// If the names take 4 GiB, which those of a module do not.
    fn from_iter<I: IntoIterator<Item = (K, S)>>(names: I) -> Self {
        let mut map = Self::default();
        for (key, name) in names.into_iter().collect::<BTreeMap<_, _>>() {
            map.keys.push(key);
            map.text.push_str(name.as_ref());
            map.ends.push(u32::try_from(map.text.len()).expect("names of a module fit into it"));
        }
        map
    }
}

impl<K: Copy + Ord + fmt::Debug> fmt::Debug for NameMap<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_index() {
        let names: NameMap<u32> = [(9, "ünd"), (2, ""), (4, "lost"), (4, "four")].into_iter().collect();
        assert_eq!(names.iter().collect::<Vec<_>>(), [(2, ""), (4, "four"), (9, "ünd")]);
        assert_eq!((names.get(2), names.get(3), &names[9]), (Some(""), None, "ünd"));
        assert_eq!((names.len(), NameMap::<u32>::default().is_empty()), (3, true));
    }

    #[test]
    fn numbers_that_do_not_fit_name_nothing() {
        for ends in [vec![], vec![2, 1], vec![1, 9], vec![u32::MAX, u32::MAX]] {
            let names = NameMap { keys: vec![1, 2], ends, text: "ü".to_owned() };
            assert_eq!(names.get(2), None, "{names:?}");
        }
    }
}
