//! Lists of users in memory: every id has one number, whatever lists it is in, and a list is a bitmap over the
//! numbers.
//!
//! Nothing here ever changes: with another list come another interner, if the list has ids that are new, and
//! another set of lists, while evaluations go on with those that they have. The bitmaps of the other lists stay
//! as they are, for an id keeps its number; but once more than half of the ids are in no list any more, all are
//! numbered anew.

mod intern;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::error::Result;
use crate::model::{ListId, UserIds};
use intern::Interner;

/// Lists of users.
#[derive(Clone, Default)]
pub(crate) struct Lists {
    ids: Arc<Interner>,
    /// Sorted by number.
    lists: Vec<(ListId, Arc<RoaringBitmap>)>,
}

impl Lists {
    /// The numbers of the lists.
    pub(crate) fn numbers(&self) -> BTreeSet<ListId> {
        self.lists.iter().map(|(list, _)| *list).collect()
    }

    /// These lists and another one.
    pub(crate) fn with(&self, list: ListId, ids: &UserIds) -> Result<Self> {
        let (ids, numbers) = self.ids.with(ids)?;
        let mut lists = self.lists.clone();
        lists.retain(|(known, _)| *known != list);
        lists.push((list, Arc::new(numbers)));
        lists.sort_unstable_by_key(|(list, _)| *list);
        Ok(Self { ids: ids.map_or_else(|| Arc::clone(&self.ids), Arc::new), lists })
    }

    /// Some of these lists. The memory of the others is free when nobody evaluates with them any more.
    pub(crate) fn only(&self, wanted: &BTreeSet<ListId>) -> Result<Self> {
        let mut lists = self.lists.clone();
        lists.retain(|(list, _)| wanted.contains(list));
        let left = Self { ids: Arc::clone(&self.ids), lists };
        let used = left.used();
        let mostly_unused = used.len() < self.ids.len() as u64 / 2;
        if mostly_unused { left.renumbered(&used) } else { Ok(left) }
    }

    /// The same lists without a user; `None` if the user is in none of them.
    pub(crate) fn without(&self, user: &str) -> Option<Self> {
        let number = self.ids.find(user)?;
        let lists = self.lists.iter().map(|(list, numbers)| {
            if !numbers.contains(number) {
                return (*list, Arc::clone(numbers));
            }
            let mut numbers = RoaringBitmap::clone(numbers);
            numbers.remove(number);
            (*list, Arc::new(numbers))
        });
        Some(Self { ids: Arc::clone(&self.ids), lists: lists.collect() })
    }

    /// The numbers of the users who are in any list.
    fn used(&self) -> RoaringBitmap {
        let mut used = RoaringBitmap::new();
        for (_, numbers) in &self.lists {
            used |= &**numbers;
        }
        used
    }

    /// The same lists over the ids that are in any of them.
    fn renumbered(&self, used: &RoaringBitmap) -> Result<Self> {
        let ids = Arc::new(self.ids.only(used)?);
        let lists = self.lists.iter().map(|(list, numbers)| {
            // the ids stay in their order, so that the new number is how many come before
            let renumbered = used.iter().zip(0..).filter(|(old, _)| numbers.contains(*old));
            (*list, Arc::new(intern::bitmap(renumbered.map(|(_, new)| new))))
        });
        let lists = lists.collect();
        Ok(Self { ids, lists })
    }

    /// The users who are in any list, in no order.
    pub(crate) fn users(&self) -> impl Iterator<Item = &str> {
        self.used().into_iter().filter_map(|number| self.ids.get(number))
    }

    /// A user, if any list has that one.
    pub(crate) fn user(&self, user: &str) -> Option<&str> {
        let number = self.ids.find(user)?;
        let is_used = self.lists.iter().any(|(_, numbers)| numbers.contains(number));
        self.ids.get(number).filter(|_| is_used)
    }

    fn list(&self, list: ListId) -> Option<&RoaringBitmap> {
        let index = self.lists.binary_search_by_key(&list, |(list, _)| *list).ok()?;
        self.lists.get(index).map(|(_, numbers)| &**numbers)
    }

    /// The bytes that they take, and the ids that are known.
    #[cfg(test)]
    fn cost(&self) -> (usize, usize) {
        let bitmaps = self.lists.iter().map(|(_, numbers)| numbers.serialized_size());
        (self.ids.bytes() + bitmaps.sum::<usize>(), self.ids.len())
    }
}

impl Lists {
    /// Whether a list has a user; one that is not there has nobody.
    pub(crate) fn contains(&self, list: ListId, user: &str) -> bool {
        let list = self.list(list);
        list.is_some_and(|list| self.ids.find(user).is_some_and(|number| list.contains(number)))
    }

    /// Number of users in a list; `None` if it is not there.
    pub(crate) fn length(&self, list: ListId) -> Option<u64> {
        self.list(list).map(RoaringBitmap::len)
    }
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = self.lists.iter().map(|(list, numbers)| (list.0, numbers.len()));
        f.debug_map().entries(lengths).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: impl IntoIterator<Item = String>) -> UserIds {
        let mut ids = UserIds::default();
        names.into_iter().for_each(|name| ids.push(&name).unwrap());
        ids.sorted().unwrap()
    }

    fn users(numbers: impl IntoIterator<Item = u32>) -> UserIds {
        ids(numbers.into_iter().map(|number| format!("u{number}")))
    }

    #[test]
    fn lists_share_the_numbers_of_ids() {
        let one = Lists::default().with(ListId(1), &users(0..1_000)).unwrap();
        let two = one.with(ListId(2), &users(500..1_500)).unwrap();
        assert_eq!(two.ids.len(), 1_500);
        for (list, user, is_in) in
            [(1, 999, true), (1, 1_000, false), (2, 499, false), (2, 1_499, true), (3, 600, false)]
        {
            assert_eq!(two.contains(ListId(list), &format!("u{user}")), is_in, "{list} {user}");
        }
        assert_eq!((two.length(ListId(2)), two.length(ListId(3))), (Some(1_000), None));
        assert!(!one.contains(ListId(1), "u1400") && !two.contains(ListId(2), "nobody"));
        assert!(!one.contains(ListId(1), ""));
        let same = two.with(ListId(3), &users(200..300)).unwrap();
        assert!(Arc::ptr_eq(&same.ids, &two.ids), "nothing was new");
    }

    #[test]
    fn ids_of_no_list_go_when_they_are_most() {
        let both = Lists::default().with(ListId(1), &users(0..1_000)).unwrap();
        let both = both.with(ListId(2), &users(900..1_100)).unwrap();
        assert_eq!(both.only(&[ListId(1)].into()).unwrap().ids.len(), 1_100);
        let left = both.only(&[ListId(2)].into()).unwrap();
        assert_eq!((left.ids.len(), left.length(ListId(2))), (200, Some(200)));
        assert!((900..1_100).all(|user| left.contains(ListId(2), &format!("u{user}"))));
        assert!(!left.contains(ListId(2), "u899") && !left.contains(ListId(1), "u900"));
        assert!(both.only(&BTreeSet::new()).unwrap().ids.len() == 0);
    }

    #[test]
    fn a_user_leaves_all_lists() {
        let lists = Lists::default().with(ListId(1), &users(0..10)).unwrap();
        let lists = lists.with(ListId(2), &users(5..15)).unwrap();
        let left = lists.without("u7").unwrap();
        assert!(!left.contains(ListId(1), "u7") && !left.contains(ListId(2), "u7"));
        assert!(left.contains(ListId(1), "u6") && lists.contains(ListId(2), "u7"));
        assert!(lists.without("u99").is_none());
    }

    /// What the documents say of the memory: at most 12 bytes for each id besides its own.
    #[test]
    fn an_id_takes_little_memory() {
        let users = users(0..200_000);
        let text: usize = users.iter().map(str::len).sum();
        let lists = Lists::default().with(ListId(1), &users).unwrap();
        let (bytes, count) = lists.cost();
        let each = (bytes - text).div_ceil(count);
        assert!(each <= 12, "{each}");
    }
}
