//! A list whose copies share what they have in common: changing one place copies a few small nodes,
//! however long the list is.

use std::sync::Arc;

/// How many places a node has, as a power of two. A change copies one node of each level and counts one
/// more owner for each of their children, so nodes are small.
const BITS: u32 = 5;
const PLACES: usize = 1 << BITS;

/// A list with gaps, by number.
#[derive(Debug)]
pub(super) struct Trie<T> {
    root: Option<Arc<Node<T>>>,
    /// How many levels of branches are above the leaves.
    height: u32,
}

#[derive(Debug)]
enum Node<T> {
    Branch([Option<Arc<Node<T>>>; PLACES]),
    Leaf([Option<Arc<T>>; PLACES]),
}

impl<T> Trie<T> {
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Arc<T>> {
        if self.is_beyond(number) {
            return None;
        }
        let (mut node, mut level) = (self.root.as_ref()?, self.height);
        loop {
            match &**node {
                Node::Branch(children) => node = children.get(place(number, level))?.as_ref()?,
                Node::Leaf(items) => return items.get(place(number, 0))?.as_ref(),
            }
            level = level.saturating_sub(1);
        }
    }

    /// Puts something in a place, in place of what is there, and returns that.
    pub(super) fn set(&mut self, number: u32, item: Arc<T>) -> Option<Arc<T>> {
        while self.is_beyond(number) {
            self.grow();
        }
        let mut level = self.height;
        let mut node = self.root.get_or_insert_with(|| Arc::new(Node::empty(level)));
        loop {
            match Arc::make_mut(node) {
                Node::Branch(children) => {
                    let child = children.get_mut(place(number, level))?;
                    level = level.saturating_sub(1);
                    node = child.get_or_insert_with(|| Arc::new(Node::empty(level)));
                }
                Node::Leaf(items) => return items.get_mut(place(number, 0))?.replace(item),
            }
        }
    }

    /// Whether a number needs more levels than there are.
    #[inline]
    fn is_beyond(&self, number: u32) -> bool {
        number.checked_shr(BITS * (self.height + 1)).is_some_and(|rest| rest > 0)
    }

    /// Puts a level above the root.
    fn grow(&mut self) {
        self.height += 1;
        let Some(old) = self.root.take() else { return };
        let mut children = [const { None }; PLACES];
        if let Some(first) = children.first_mut() {
            *first = Some(old);
        }
        self.root = Some(Arc::new(Node::Branch(children)));
    }
}

impl<T> Node<T> {
    fn empty(level: u32) -> Self {
        match level {
            0 => Self::Leaf([const { None }; PLACES]),
            _ => Self::Branch([const { None }; PLACES]),
        }
    }
}

/// The place of a number in a node of a level.
#[inline]
fn place(number: u32, level: u32) -> usize {
    (number >> (BITS * level)) as usize % PLACES
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Self { root: None, height: 0 }
    }
}

// by hand: what is in it need not be cloned

impl<T> Clone for Trie<T> {
    fn clone(&self) -> Self {
        Self { root: self.root.clone(), height: self.height }
    }
}

impl<T> Clone for Node<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Branch(children) => Self::Branch(children.clone()),
            Self::Leaf(items) => Self::Leaf(items.clone()),
        }
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
                prop_assert_eq!(trie.set(number, Arc::new(item)).as_deref().copied(), map.insert(number, item));
                copies.push((trie.clone(), map.clone()));
            }
            for (trie, map) in copies {
                for number in map.keys().flat_map(|n| [*n, n + 1, n ^ 16]).chain([0, u32::MAX]) {
                    prop_assert_eq!(trie.get(number).map(|item| **item), map.get(&number).copied());
                }
            }
        }
    }

    #[test]
    fn the_largest_number_has_a_place() {
        let mut trie = Trie::default();
        assert!(trie.set(u32::MAX, Arc::new(1)).is_none());
        assert!(trie.set(0, Arc::new(2)).is_none());
        assert_eq!(trie.get(u32::MAX).map(|item| **item), Some(1));
        assert_eq!((trie.get(0).map(|item| **item), trie.get(1)), (Some(2), None));
    }
}
