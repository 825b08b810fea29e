//! Groups of a hash table: a byte of the hash of each thing lies beside those of the others, so that a search looks at
//! the thing that it finds, and hardly ever at another.

use std::sync::Arc;

/// Number of things that a group can have.
pub(super) const ROOM: u32 = 16;

/// Things whose hashes lead to the same place, and what they have beside them in common.
///
/// The things lie one after the other in memory, and there is room for all of them from the first on: of a table that
/// the caches do not hold, a look-up reads one thing, and the fewer pages they take all together the sooner the
/// processor knows where in memory that is. For the same reason the groups of a table are made one right after the
/// other: groups that were made one by one would lie wherever there was a gap.
#[derive(Clone, Debug)]
pub(super) struct Group<T, B> {
    /// The tags of the things in their order, the first lowest; 0 where there is none.
    tags: u128,
    things: Arc<[Option<T>; ROOM as usize]>,
    pub(super) beside: B,
}

/// A byte of a hash; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u8);

impl Tag {
    /// The tag of a hash: of other bits than those that say in which group it is.
    #[inline]
    pub(super) fn of(hash: u64) -> Self {
        let [.., highest] = hash.to_le_bytes();
        Self(highest.max(1))
    }
}

impl<T, B> Group<T, B> {
    /// Nothing yet, and room for all that can be in it.
    pub(super) fn new(beside: B) -> Self {
        Self { tags: 0, things: Arc::new([const { None }; ROOM as usize]), beside }
    }

    /// The place of the first thing with a tag that is the one sought.
    #[inline]
    pub(super) fn find(&self, tag: Tag, is_it: impl Fn(u32, &T) -> bool) -> Option<u32> {
        let mut alike = self.alike(tag);
        while alike > 0 {
            let place = alike.trailing_zeros() / u8::BITS;
            if is_it(place, self.thing(place)?) {
                return Some(place);
            }
            alike &= alike - 1;
        }
        None
    }

    /// The places that have a tag: of each the highest bit of its byte.
    #[inline]
    fn alike(&self, Tag(tag): Tag) -> u128 {
        const LOW: u128 = u128::from_le_bytes([0x7f; 16]);
        let other = self.tags ^ u128::from_le_bytes([tag; 16]);
        // a byte is 0 if neither its highest bit is set nor the sum of the others has a carry into that
        !(((other & LOW) + LOW) | other | LOW)
    }

    #[inline]
    pub(super) fn thing(&self, place: u32) -> Option<&T> {
        self.things.get(place as usize)?.as_ref()
    }

    /// All of them, in their order.
    pub(super) fn things(&self) -> impl Iterator<Item = &T> {
        self.things.iter().map_while(Option::as_ref)
    }

    /// Number of things, which is the place of the next.
    pub(super) fn len(&self) -> u32 {
        (u128::BITS - self.tags.leading_zeros()).div_ceil(u8::BITS)
    }

    /// Whether there is no room for more.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.tags >> (u128::BITS - u8::BITS) > 0
    }
}

impl<T: Clone, B> Group<T, B> {
    /// Adds a thing behind the others; there has to be room.
    pub(super) fn push(&mut self, Tag(tag): Tag, thing: T) {
        let place = self.len();
        self.tags |= u128::from(tag) << (place * u8::BITS);
        if let Some(free) = Arc::make_mut(&mut self.things).get_mut(place as usize) {
            *free = Some(thing);
        }
    }

    /// Puts a thing in the place of another, and returns that.
    pub(super) fn replace(&mut self, place: u32, thing: T) -> Option<T> {
        let old = Arc::make_mut(&mut self.things).get_mut(place as usize)?;
        old.is_some().then(|| old.replace(thing)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = Group<u32, ()>;

    #[test]
    fn what_is_in_a_group_is_found_and_nothing_else() {
        let tag = |n: u32| Tag::of(u64::from(n % 5) << 56 | 0x4d);
        let mut group = Numbers::new(());
        for n in 0..ROOM {
            assert!(!group.is_full());
            assert_eq!(group.len(), n);
            group.push(tag(n), n);
        }
        assert!(group.is_full());
        for n in 0..ROOM {
            assert_eq!(group.find(tag(n), |_, thing| *thing == n), Some(n));
            assert_eq!(group.thing(n), Some(&n));
            assert_eq!(group.find(tag(n + 2), |_, thing| *thing == n), None);
        }
        assert_eq!(group.find(Tag(0x80), |_, _| true), None);
        assert_eq!(tag(0), tag(1), "0 is no tag");
    }

    #[test]
    fn a_tag_is_found_beside_those_that_differ_by_one_bit() {
        for tag in 1..=u8::MAX {
            let mut group = Numbers::new(());
            let others = (0..u8::BITS).map(|bit| tag ^ 1 << bit).filter(|other| *other > 0);
            for other in others {
                group.push(Tag(other), 1);
            }
            assert_eq!(group.find(Tag(tag), |_, _| true), None, "{tag}");
            group.push(Tag(tag), 2);
            assert_eq!(group.find(Tag(tag), |_, _| true), Some(group.len() - 1), "{tag}");
        }
    }

    #[test]
    fn a_copy_keeps_what_was_replaced() {
        let mut group = Numbers::new(());
        group.push(Tag(1), 1);
        group.push(Tag(2), 2);
        let copy = group.clone();
        assert_eq!(group.replace(1, 3), Some(2));
        assert_eq!(group.replace(2, 4), None);
        assert!(group.things().eq(&[1, 3]) && copy.things().eq(&[1, 2]));
    }
}
