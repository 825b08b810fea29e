//! Decisions about a context: whether its user is in a segment, kept for whoever asks again.
//!
//! A word has sixteen segments in a row, two bits each, and says of which states it is. So a state that comes later
//! finds what was decided before it as undecided, and whoever reads a word reads all that it depends on at once: no
//! order among threads is needed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::model::SegmentId;

/// Stamp of states of a store: two states have the same one only if each decision that is kept is the same in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(u32);

impl Stamp {
    /// A stamp that no state has had yet. When all 2^32 are used up nothing is kept any more.
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_add(1));
        Self(next.unwrap_or_default())
    }
}

/// Segments of a state, as far as decisions about them are kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stamped {
    /// The default stamp keeps nothing.
    pub(super) stamp: Stamp,
    /// The number that the next segment gets.
    segments: u32,
}

impl Stamped {
    /// A stamp that no state has had yet, for one in which the next segment gets a number.
    pub(crate) fn new(segments: u32) -> Self {
        Self { stamp: Stamp::new(), segments }
    }
}

/// Room for decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// None: the context is for one evaluation.
    Nowhere,
    /// What the context has.
    There,
    /// That, and memory of its own that is made for more.
    Made,
}

/// Decisions about a context: half a byte a segment, up to a bound. Of segments past it nothing is kept.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Decisions {
    /// Of all segments, once one that was not made first is decided; with room for some that are made later.
    far: OnceLock<Box<[AtomicU64]>>,
    /// Until then, of the segments that were made first.
    near: [AtomicU64; NEAR],
}

/// Decisions of one state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decided<'c> {
    words: &'c [AtomicU64],
    stamp: Stamp,
}

/// What was decided about a segment: two bits, none if nothing was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known(u64);

impl Known {
    /// Whether anything is known.
    #[inline]
    pub(crate) fn is_decided(self) -> bool {
        self.0 & DECIDED > 0
    }

    /// Whether the user is known to be in the segment.
    #[inline]
    pub(crate) fn is_in(self) -> bool {
        self.0 & IN > 0
    }

    /// Whether the user is in the segment, if that is known.
    #[inline]
    pub(crate) fn answer(self) -> Option<bool> {
        self.is_decided().then_some(self.is_in())
    }
}

impl Decided<'_> {
    /// What was decided about a segment. Nothing here depends on what that is, so that a processor that cannot foretell
    /// it has no need to.
    #[inline]
    pub(crate) fn about(self, segment: SegmentId) -> Known {
        let word = self.words.get(index(segment)).map_or(0, |word| word.load(Ordering::Relaxed));
        let of_state = if word >> BITS == u64::from(self.stamp.0) { word } else { 0 };
        let bits = (of_state >> shift(segment)) & (DECIDED | IN);
        Known(if segment.is_everyone() { DECIDED | IN } else { bits })
    }
}

/// Number of words beside the context itself: 64 segments.
const NEAR: usize = 4;
/// Largest number of words elsewhere: 8 KiB, enough for 16,384 segments.
const FAR: usize = 1_024;
/// Number of segments that share a word, as a power of two.
const SHARED: u32 = 4;
/// Number of bits of a word that say what was decided.
const BITS: u32 = 32;
/// The two bits of a segment: that it was decided, and that the user is in it.
const DECIDED: u64 = 0b01;
const IN: u64 = 0b10;

impl Decisions {
    /// The decisions of a state.
    #[inline]
    pub(super) fn of(&self, state: Stamped) -> Decided<'_> {
        let words = self.far.get().map_or(&self.near[..], |far| far);
        Decided { words, stamp: state.stamp }
    }

    /// Keeps a decision. One that another thread is in the way of is lost, and made again.
    pub(super) fn set(&self, state: Stamped, segment: SegmentId, is_in: bool, room: Room) {
        let index = index(segment);
        let words = match self.far.get() {
            _ if room == Room::Nowhere => return,
            None if index < NEAR => &self.near[..],
            None if room == Room::Made => self.far.get_or_init(|| self.more(state.segments)),
            None => return,
            Some(far) => far,
        };
        let Some(word) = words.get(index).filter(|_| state.stamp != Stamp::default()) else {
            return;
        };
        let owner = u64::from(state.stamp.0);
        let known = word.load(Ordering::Relaxed);
        let before = if known >> BITS == owner { known } else { owner << BITS };
        let decision = if is_in { DECIDED | IN } else { DECIDED };
        let decided = before | (decision << shift(segment));
        let _ = word.compare_exchange_weak(known, decided, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Words for a number of segments, and an eighth more, with what was decided so far.
    fn more(&self, segments: u32) -> Box<[AtomicU64]> {
        let words = (segments >> SHARED) as usize + 1;
        let words = (words + words / 8).clamp(NEAR, FAR);
        let before = self.near.iter().map(|word| word.load(Ordering::Relaxed));
        before.chain(std::iter::repeat(0)).take(words).map(AtomicU64::new).collect()
    }
}

/// The index of the word of a segment.
#[inline]
fn index(segment: SegmentId) -> usize {
    (segment.0 >> SHARED) as usize
}

/// Where in a word the bits of a segment are.
#[inline]
fn shift(segment: SegmentId) -> u32 {
    (segment.0 % (1 << SHARED)) * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(segments: u32) -> Stamped {
        Stamped::new(segments)
    }

    impl Decisions {
        fn get(&self, state: Stamped, segment: SegmentId) -> Option<bool> {
            self.of(state).about(segment).answer()
        }
    }

    #[test]
    fn a_decision_is_of_one_stamp_and_one_segment() {
        let decisions = Decisions::default();
        let (old, new) = (state(200), state(200));
        for n in 1..200 {
            decisions.set(old, SegmentId(n), n % 3 == 0, Room::Made);
        }
        for n in 1..200 {
            assert_eq!(decisions.get(old, SegmentId(n)), Some(n % 3 == 0), "{n}");
            assert_eq!(decisions.get(new, SegmentId(n)), None);
        }
        decisions.set(new, SegmentId(7), true, Room::Made);
        assert_eq!(decisions.get(new, SegmentId(7)), Some(true));
        assert_eq!(decisions.get(new, SegmentId(6)), None);
        assert_eq!(decisions.get(old, SegmentId(6)), None);
        assert_eq!(decisions.get(old, SegmentId(16)), Some(false));
    }

    #[test]
    fn of_segments_past_the_bound_nothing_is_kept() {
        let decisions = Decisions::default();
        let state = state(u32::MAX);
        let numbers = [63, 64, 16_383, 16_384, u32::MAX];
        for n in numbers {
            decisions.set(state, SegmentId(n), true, Room::Made);
        }
        let kept = numbers.map(|n| decisions.get(state, SegmentId(n)));
        assert_eq!(kept, [Some(true), Some(true), Some(true), None, None]);
        assert_eq!(decisions.far.get().map(|words| words.len()), Some(1_024));
    }

    #[test]
    fn the_default_stamp_keeps_nothing() {
        let decisions = Decisions::default();
        let state = Stamped { stamp: Stamp::default(), segments: 1 };
        decisions.set(state, SegmentId(1), true, Room::Made);
        assert_eq!(decisions.get(state, SegmentId(1)), None);
    }

    #[test]
    fn a_thousand_segments_take_less_than_six_hundred_bytes() {
        let decisions = Decisions::default();
        decisions.set(state(1_000), SegmentId(999), true, Room::There);
        assert!(decisions.far.get().is_none());
        decisions.set(state(1_000), SegmentId(999), true, Room::Made);
        let far = decisions.far.get().unwrap();
        assert_eq!((size_of_val(&**far), size_of::<Decisions>()), (560, 56));
    }

    #[test]
    fn what_was_decided_first_stays_when_more_is() {
        let (decisions, state) = (Decisions::default(), state(100));
        decisions.set(state, SegmentId(3), true, Room::There);
        decisions.set(state, SegmentId(99), false, Room::There);
        let known = |n| decisions.get(state, SegmentId(n));
        assert_eq!((known(3), known(99)), (Some(true), None));
        decisions.set(state, SegmentId(2), true, Room::Nowhere);
        assert_eq!(known(2), None);
        decisions.set(state, SegmentId(99), false, Room::Made);
        decisions.set(state, SegmentId(4), false, Room::There);
        assert_eq!((known(3), known(4), known(99)), (Some(true), Some(false), Some(false)));
        assert_eq!((known(5), known(0)), (None, Some(true)));
    }

    #[test]
    fn threads_agree() {
        let decisions = Decisions::default();
        let state = state(1_000);
        let of = |n: u32| n.is_multiple_of(7);
        std::thread::scope(|scope| {
            for start in 0..4 {
                let decisions = &decisions;
                scope.spawn(move || {
                    for n in (0..20_000).map(|n| 1 + (n * 37 + start) % 1_000) {
                        decisions.set(state, SegmentId(n), of(n), Room::Made);
                        let known = decisions.get(state, SegmentId(n));
                        assert!(known.is_none_or(|known| known == of(n)), "{n}");
                    }
                });
            }
        });
        assert!((1..1_000).any(|n| decisions.get(state, SegmentId(n)).is_some()));
    }
}
