//! Places of the attributes that the conditions of a store ask for, by the numbers that it gives their names.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Number of names of a store for which a context has places; what is asked of the others is looked up by name.
const NUMBERED: usize = 32;

/// Numbering of names: each has its own number, and keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbering(NonZeroU64);

/// Number of a name in a numbering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameNumber {
    numbering: Numbering,
    number: u8,
}

impl NameNumber {
    /// The number in its numbering.
    pub(crate) fn in_numbering(self) -> u8 {
        self.number
    }
}

impl Numbering {
    /// A numbering of which no name is known yet.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NonZeroU64::new(NEXT.fetch_add(1, Ordering::Relaxed)).unwrap_or(NonZeroU64::MIN))
    }

    /// The number of the name that comes after so many others; only the first have one.
    pub(crate) fn number(self, before: usize) -> Option<NameNumber> {
        let number = u8::try_from(before).ok().filter(|_| before < NUMBERED)?;
        Some(NameNumber { numbering: self, number })
    }
}

/// Places of attributes in a context. They are of the numbering that asked first; others do without.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Places {
    /// 0 if nobody has asked.
    numbering: AtomicU64,
    /// For each number one more than the index of the attribute.
    places: [AtomicU8; NUMBERED],
}

/// Place of a name that nobody asked for.
const UNKNOWN: u8 = 0;
/// Place of an attribute that is not there.
const ABSENT: u8 = u8::MAX;

/// What is known of the place of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    At(usize),
    Absent,
    Unknown,
}

impl Places {
    /// Makes the places those of a numbering, if nobody has asked before. Returns whether that is so.
    #[inline]
    pub(super) fn claim(&self, Numbering(new): Numbering) -> bool {
        self.numbering.load(Ordering::Relaxed) == 0
            && self
                .numbering
                .compare_exchange(0, new.get(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// The place of a name; unknown if the places are of another numbering.
    #[inline]
    pub(super) fn get(&self, name: NameNumber) -> Place {
        if self.is_of(name.numbering) { self.at(name.number) } else { Place::Unknown }
    }

    /// Whether the places are those of a numbering.
    #[inline]
    pub(super) fn is_of(&self, numbering: Numbering) -> bool {
        self.numbering.load(Ordering::Relaxed) == numbering.0.get()
    }

    /// The place of the name with a number in the numbering that the places are of.
    #[inline]
    pub(super) fn at(&self, number: u8) -> Place {
        let place = self.places.get(usize::from(number));
        match place.map_or(UNKNOWN, |place| place.load(Ordering::Relaxed)) {
            UNKNOWN => Place::Unknown,
            ABSENT => Place::Absent,
            place => Place::At(usize::from(place) - 1),
        }
    }

    /// Keeps the index of an attribute, or that it is not there. Large indexes are not kept.
    pub(super) fn set(&self, name: NameNumber, index: Option<usize>) {
        let place = match index {
            None => ABSENT,
            Some(index) => match u8::try_from(index + 1) {
                Ok(place) if place != ABSENT => place,
                _ => return,
            },
        };
        let known = self.places.get(usize::from(name.number));
        if let Some(known) = known.filter(|_| self.is_of(name.numbering)) {
            known.store(place, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_of_the_numbering_that_asked_first() {
        let (places, first, second) = (Places::default(), Numbering::new(), Numbering::new());
        let claimed = [first, first, second].map(|numbering| places.claim(numbering));
        assert_eq!(claimed, [true, false, false]);
        let [mine, other] = [first, second].map(|numbering| numbering.number(0).unwrap());
        for name in [mine, other] {
            places.set(name, Some(3));
        }
        assert_eq!((places.get(mine), places.get(other)), (Place::At(3), Place::Unknown));
    }

    #[test]
    fn an_index_is_kept_if_there_is_room_for_it() {
        let (places, numbering) = (Places::default(), Numbering::new());
        places.claim(numbering);
        for (number, index, kept) in [
            (0, Some(0), Place::At(0)),
            (31, Some(253), Place::At(253)),
            (1, None, Place::Absent),
            (2, Some(254), Place::Unknown),
            (3, Some(100_000), Place::Unknown),
        ] {
            let name = numbering.number(number).unwrap();
            places.set(name, index);
            assert_eq!(places.get(name), kept, "{number}");
        }
        assert!(numbering.number(32).is_none() && numbering.number(256).is_none());
    }
}
