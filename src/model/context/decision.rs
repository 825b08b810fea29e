//! Decisions about a context: whether its user is in a segment, kept for whoever asks again.
//!
//! A word has eight segments in a row, two bits each, and says of which states it is. So a state that comes later
//! finds what was decided before it as undecided, and whoever reads a word reads all that it depends on at once: no
//! order among threads is needed.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::model::SegmentId;

/// Stamp of states of a store: two states have the same one only if each decision that is kept is the same in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp(u32);

impl Stamp {
    /// A stamp that no state has had yet. When all 2^32 are used up nothing is kept any more.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_add(1));
        Self(next.unwrap_or_default())
    }
}

/// Segments of a state, as far as decisions about them are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamped {
    /// The default stamp keeps nothing.
    pub(crate) stamp: Stamp,
    /// Number of segments.
    pub(crate) segments: u32,
}

/// Decisions about a context. They take the same bytes a segment, up to a bound: segments past it take the place of one
/// another.
pub(super) struct Decisions {
    /// Of the segments that were made first.
    near: [AtomicU64; NEAR],
    /// Of all others; made when the first of them is decided.
    far: OnceLock<Box<[AtomicU64]>>,
}

/// Number of words beside the context itself: 32 segments.
const NEAR: usize = 4;
/// Largest number of words elsewhere, a power of two: 4 KiB, enough for 4,096 segments.
const FAR: u32 = 512;
/// Number of segments that share a word, as a power of two.
const SHARED: u32 = 3;
/// Number of bits of a word that say what was decided.
const BITS: u32 = 16;
/// The two bits of a segment: that it was decided, and that the user is in it.
const DECIDED: u64 = 0b01;
const IN: u64 = 0b10;

impl Decisions {
    pub(super) fn new() -> Self {
        Self { near: Default::default(), far: OnceLock::new() }
    }

    /// Whether the user is in a segment, if that was decided.
    #[inline]
    pub(super) fn get(&self, stamp: Stamp, segment: SegmentId) -> Option<bool> {
        let group = segment.0 >> SHARED;
        let word = match self.near.get(group as usize) {
            Some(word) => word,
            None => far_word(self.far.get()?, group)?,
        };
        let word = word.load(Ordering::Relaxed);
        let bits = word >> shift(segment);
        (word >> BITS == owner(stamp, group)? && bits & DECIDED > 0).then_some(bits & IN > 0)
    }

    /// Keeps a decision. One that another thread is in the way of is lost, and made again.
    /// One that takes memory of its own is kept only if `again`: if this is not the first evaluation for the context,
    /// which for many is the last.
    pub(super) fn set(&self, state: Stamped, segment: SegmentId, is_in: bool, again: bool) {
        let group = segment.0 >> SHARED;
        let word = match self.near.get(group as usize) {
            Some(word) => Some(word),
            None if again => far_word(self.far.get_or_init(|| far_words(state.segments)), group),
            None => return,
        };
        let (Some(word), Some(owner)) = (word, owner(state.stamp, group)) else { return };
        let known = word.load(Ordering::Relaxed);
        let before = if known >> BITS == owner { known } else { owner << BITS };
        let decision = if is_in { DECIDED | IN } else { DECIDED };
        let decided = before | (decision << shift(segment));
        let _ = word.compare_exchange_weak(known, decided, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Whose a word is: the states of a stamp, and which eight segments. `None` if nothing is kept of them.
#[inline]
fn owner(stamp: Stamp, group: u32) -> Option<u64> {
    let group = u16::try_from(group).ok()?;
    (stamp != Stamp::default()).then_some(u64::from(stamp.0) << 16 | u64::from(group))
}

/// Where in a word the bits of a segment are.
#[inline]
fn shift(segment: SegmentId) -> u32 {
    (segment.0 % (1 << SHARED)) * 2
}

#[inline]
fn far_word(words: &[AtomicU64], group: u32) -> Option<&AtomicU64> {
    words.get(group as usize & words.len().checked_sub(1)?)
}

/// Words for a number of segments: a power of two of them.
fn far_words(segments: u32) -> Box<[AtomicU64]> {
    let words = ((segments >> SHARED) + 1).next_power_of_two().min(FAR);
    (0..words).map(|_| AtomicU64::new(0)).collect()
}

/// A copy of a context starts without any.
impl Clone for Decisions {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Default for Decisions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Decisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let far = self.far.get().map_or(0, |words| words.len());
        f.debug_struct("Decisions").field("words", &(NEAR + far)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(segments: u32) -> Stamped {
        Stamped { stamp: Stamp::new(), segments }
    }

    #[test]
    fn a_decision_is_of_one_stamp_and_one_segment() {
        let decisions = Decisions::new();
        let (old, new) = (state(100), state(100));
        for n in 0..100 {
            decisions.set(old, SegmentId(n), n % 3 == 0, true);
        }
        for n in 0..100 {
            assert_eq!(decisions.get(old.stamp, SegmentId(n)), Some(n % 3 == 0), "{n}");
            assert_eq!(decisions.get(new.stamp, SegmentId(n)), None);
            assert_eq!(decisions.get(old.stamp, SegmentId(n + 104)), None);
        }
        decisions.set(new, SegmentId(7), true, true);
        assert_eq!(decisions.get(new.stamp, SegmentId(7)), Some(true));
        assert_eq!(decisions.get(old.stamp, SegmentId(6)), None);
        assert_eq!(decisions.get(old.stamp, SegmentId(8)), Some(false));
    }

    #[test]
    fn many_segments_take_one_anothers_place_and_never_answer_for_one_another() {
        let decisions = Decisions::new();
        let state = state(500_000);
        let numbers = [3, 40, 4_136, 4_137, 8_232, 524_287, 524_288, u32::MAX];
        for n in numbers {
            decisions.set(state, SegmentId(n), true, true);
        }
        let kept = |n: &u32| decisions.get(state.stamp, SegmentId(*n));
        let kept: Vec<_> = numbers.iter().map(kept).collect();
        let is = Some(true);
        assert_eq!(kept, [is, None, None, None, is, is, None, None]);
        assert_eq!(decisions.far.get().map(|words| words.len()), Some(512));
    }

    #[test]
    fn the_default_stamp_keeps_nothing() {
        let decisions = Decisions::new();
        let state = Stamped { stamp: Stamp::default(), segments: 1 };
        decisions.set(state, SegmentId(0), true, true);
        assert_eq!(decisions.get(state.stamp, SegmentId(0)), None);
    }

    #[test]
    fn a_thousand_segments_take_a_thousand_bytes() {
        let decisions = Decisions::new();
        decisions.set(state(1_000), SegmentId(999), true, false);
        assert!(decisions.far.get().is_none());
        decisions.set(state(1_000), SegmentId(999), true, true);
        let far = decisions.far.get().unwrap();
        assert_eq!(size_of_val(&**far), 1_024);
        assert_eq!(size_of::<Decisions>(), 56);
    }

    #[test]
    fn threads_agree() {
        let decisions = Decisions::new();
        let state = state(1_000);
        let of = |n: u32| n.is_multiple_of(7);
        std::thread::scope(|scope| {
            for start in 0..4 {
                let decisions = &decisions;
                scope.spawn(move || {
                    for n in (0..20_000).map(|n| (n * 37 + start) % 1_000) {
                        decisions.set(state, SegmentId(n), of(n), true);
                        let known = decisions.get(state.stamp, SegmentId(n));
                        assert!(known.is_none_or(|known| known == of(n)), "{n}");
                    }
                });
            }
        });
        assert!((0..1_000).any(|n| decisions.get(state.stamp, SegmentId(n)).is_some()));
    }
}
