//! Lists whose copies share what they have in common: to change an item copies two small nodes and the top, however
//! long the list is.

use std::sync::Arc;

/// Number of slots of a node, as a power of two. A change copies one node of each level and counts one
/// more owner for each of their children, so nodes are small.
const BITS: u32 = 5;
const SLOTS: usize = 1 << BITS;

type Leaf<T> = [Option<T>; SLOTS];
type Branch<T> = [Option<Arc<Leaf<T>>>; SLOTS];

/// A list with gaps, by number.
///
/// It has three levels, however long it is, so that a look-up reads one line of memory of each: nothing is
/// asked of a node but the slot that is wanted.
#[derive(Debug)]
pub(super) struct Trie<T> {
    /// A thousandth as long as the list.
    top: Vec<Option<Arc<Branch<T>>>>,
}

impl<T> Trie<T> {
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let branch = self.top.get(top(number))?.as_ref()?;
        let leaf = branch.get(slot(number, 1))?.as_ref()?;
        leaf.get(slot(number, 0))?.as_ref()
    }
}

impl<T: Clone> Trie<T> {
    /// Puts an item at a number, and returns the one that it takes the place of.
    pub(super) fn set(&mut self, number: u32, item: T) -> Option<T> {
        if self.top.len() <= top(number) {
            self.top.resize(top(number) + 1, None);
        }
        let branch = node(self.top.get_mut(top(number))?);
        let leaf = node(branch.get_mut(slot(number, 1))?);
        leaf.get_mut(slot(number, 0))?.replace(item)
    }

    /// The item at a number, to be changed in this list alone.
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let branch = Arc::make_mut(self.top.get_mut(top(number))?.as_mut()?);
        let leaf = Arc::make_mut(branch.get_mut(slot(number, 1))?.as_mut()?);
        leaf.get_mut(slot(number, 0))?.as_mut()
    }
}

/// A node that can be changed: a new one where there is none, a copy of one that is shared.
fn node<C: Clone>(node: &mut Option<Arc<[Option<C>; SLOTS]>>) -> &mut [Option<C>; SLOTS] {
    Arc::make_mut(node.get_or_insert_with(|| Arc::new([const { None }; SLOTS])))
}

/// Where in the top the branch of a number is.
#[inline]
fn top(number: u32) -> usize {
    (number >> (2 * BITS)) as usize
}

/// The slot of a number in a node of a level.
#[inline]
fn slot(number: u32, level: u32) -> usize {
    (number >> (BITS * level)) as usize % SLOTS
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Self { top: Vec::new() }
    }
}

// by hand: what is in it need not be cloned
impl<T> Clone for Trie<T> {
    fn clone(&self) -> Self {
        Self { top: self.top.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_copy_keeps_what_it_had(writes in prop::collection::vec((0_u32..70_000, any::<u8>()), 0..40)) {
            let (mut trie, mut map) = (Trie::default(), BTreeMap::new());
            let mut copies = vec![(trie.clone(), map.clone())];
            for (number, item) in writes {
                if let Some(known) = trie.get_mut(number ^ 1) {
                    *known ^= item;
                    map.entry(number ^ 1).and_modify(|known| *known ^= item);
                }
                prop_assert_eq!(trie.set(number, item), map.insert(number, item));
                copies.push((trie.clone(), map.clone()));
            }
            for (trie, map) in copies {
                for number in map.keys().flat_map(|n| [*n, n + 1, n ^ 16]).chain([0, u32::MAX]) {
                    prop_assert_eq!(trie.get(number).copied(), map.get(&number).copied());
                }
            }
        }
    }

    #[test]
    fn the_largest_number_has_a_slot() {
        let mut trie = Trie::default();
        assert!(trie.set(u32::MAX, 1).is_none());
        assert!(trie.set(0, 2).is_none());
        assert_eq!(trie.get(u32::MAX).copied(), Some(1));
        assert_eq!((trie.get(0).copied(), trie.get(1)), (Some(2), None));
    }
}
