//! Groups of a hash table: a byte of the hash of each thing lies beside those of the others, so that a search looks at
//! the thing that it finds, and hardly ever at another.

use std::sync::Arc;

/// Number of things that a group can have.
pub(super) const ROOM: u32 = 16;

/// Things whose hashes lead to the same place, each with a rest that is seldom asked for.
///
/// The things lie one after the other in memory, with no gaps for those to come, and their rests elsewhere: of a table
/// that the caches do not hold, a look-up reads one thing, and the fewer pages they take all together the sooner the
/// processor knows where in memory that is.
#[derive(Clone, Debug)]
pub(super) struct Group<T, R> {
    /// The tags of the things in their order, the first lowest; 0 where there is none.
    tags: u128,
    things: Arc<[T]>,
    rests: Arc<[R]>,
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

impl<T, R> Group<T, R> {
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
        self.things.get(place as usize)
    }

    /// The rest of a thing.
    #[inline]
    pub(super) fn rest(&self, place: u32) -> Option<&R> {
        self.rests.get(place as usize)
    }

    /// All of them, in their order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&T, &R)> {
        self.things.iter().zip(&*self.rests)
    }

    /// Whether there is no room for more.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.tags >> (u128::BITS - u8::BITS) > 0
    }
}

impl<T: Clone, R: Clone> Group<T, R> {
    pub(super) fn new(Tag(tag): Tag, (thing, rest): (T, R)) -> Self {
        Self { tags: tag.into(), things: [thing].into(), rests: [rest].into() }
    }

    /// Adds a thing, and returns its place; there has to be room.
    pub(super) fn push(&mut self, Tag(tag): Tag, (thing, rest): (T, R)) -> u32 {
        let place = (u128::BITS - self.tags.leading_zeros()).div_ceil(u8::BITS);
        self.tags |= u128::from(tag) << (place * u8::BITS);
        self.things = self.things.iter().cloned().chain([thing]).collect();
        self.rests = self.rests.iter().cloned().chain([rest]).collect();
        place
    }

    /// Puts a thing in the place of another, and returns that.
    pub(super) fn replace(&mut self, place: u32, (thing, rest): (T, R)) -> Option<(T, R)> {
        let old = Arc::make_mut(&mut self.things).get_mut(place as usize)?;
        let old_rest = Arc::make_mut(&mut self.rests).get_mut(place as usize)?;
        Some((std::mem::replace(old, thing), std::mem::replace(old_rest, rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_group_is_found_and_nothing_else() {
        let tag = |n: u32| Tag::of(u64::from(n % 5) << 56 | 0x4d);
        let mut group = Group::new(tag(0), (0, 'a'));
        for n in 1..ROOM {
            assert!(!group.is_full());
            assert_eq!(group.push(tag(n), (n, 'b')), n);
        }
        assert!(group.is_full());
        for n in 0..ROOM {
            let rest = if n == 0 { 'a' } else { 'b' };
            assert_eq!(group.find(tag(n), |_, thing| *thing == n), Some(n));
            assert_eq!((group.thing(n), group.rest(n)), (Some(&n), Some(&rest)));
            assert_eq!(group.find(tag(n + 2), |_, thing| *thing == n), None);
        }
        assert_eq!(group.find(Tag(0x80), |_, _| true), None);
        assert_eq!(tag(0), tag(1), "0 is no tag");
    }

    #[test]
    fn a_tag_is_found_beside_those_that_differ_by_one_bit() {
        for tag in 1..=u8::MAX {
            let mut group = Group::new(Tag(if tag == 1 { 2 } else { 1 }), (0, ()));
            let others = (0..u8::BITS).map(|bit| tag ^ 1 << bit).filter(|other| *other > 0);
            for other in others {
                group.push(Tag(other), (1, ()));
            }
            assert_eq!(group.find(Tag(tag), |_, _| true), None, "{tag}");
            let place = group.push(Tag(tag), (2, ()));
            assert_eq!(group.find(Tag(tag), |_, thing| *thing == 2), Some(place), "{tag}");
        }
    }

    #[test]
    fn a_copy_keeps_what_was_replaced() {
        let mut group = Group::new(Tag(1), ('a', 1));
        group.push(Tag(2), ('b', 2));
        let copy = group.clone();
        assert_eq!(group.replace(1, ('c', 3)), Some(('b', 2)));
        assert_eq!(group.replace(2, ('d', 4)), None);
        assert!(group.all().eq([(&'a', &1), (&'c', &3)]));
        assert!(copy.all().eq([(&'a', &1), (&'b', &2)]));
    }
}
