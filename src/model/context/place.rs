//! Places of the attributes that the conditions of a store ask for, by the numbers that it gives their names.

use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Number of names for which a context has places; what is asked of the others is looked up by name.
pub(crate) const NUMBERED: usize = 32;

/// Numbering of names: each has its own number, and keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbering(u64);

impl Numbering {
    /// A numbering of which no name is known yet.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Places of attributes in a context. They are of the numbering that asked first; others do without.
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

/// Binding of a context to a numbering of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// It is bound from now on: nobody has asked it before.
    New,
    /// It was bound before.
    Known,
    /// It is bound to another numbering.
    Other,
}

/// What is known of the place of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    At(usize),
    Absent,
    Unknown,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { numbering: AtomicU64::new(0), places: [const { AtomicU8::new(UNKNOWN) }; NUMBERED] }
    }

    /// Whether the places are of a numbering: they are from now on if nobody has asked before.
    #[inline]
    pub(super) fn bind(&self, numbering: Numbering) -> Binding {
        match self.numbering.load(Ordering::Relaxed) {
            0 => self.claim(numbering),
            known if known == numbering.0 => Binding::Known,
            _ => Binding::Other,
        }
    }

    fn claim(&self, Numbering(new): Numbering) -> Binding {
        match self.numbering.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => Binding::New,
            Err(known) if known == new => Binding::Known,
            Err(_) => Binding::Other,
        }
    }

    /// The place of a name, by its number.
    #[inline]
    pub(super) fn get(&self, number: u8) -> Place {
        match self.places.get(usize::from(number)).map(|place| place.load(Ordering::Relaxed)) {
            None | Some(UNKNOWN) => Place::Unknown,
            Some(ABSENT) => Place::Absent,
            Some(place) => Place::At(usize::from(place) - 1),
        }
    }

    /// Keeps the index of an attribute, or that it is not there. Large indexes are not kept.
    pub(super) fn set(&self, number: u8, index: Option<usize>) {
        let place = match index {
            None => ABSENT,
            Some(index) => match u8::try_from(index + 1) {
                Ok(place) if place != ABSENT => place,
                _ => return,
            },
        };
        if let Some(known) = self.places.get(usize::from(number)) {
            known.store(place, Ordering::Relaxed);
        }
    }
}

/// A copy of a context starts without any.
impl Clone for Places {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Places").field(&self.numbering.load(Ordering::Relaxed)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_of_the_numbering_that_asked_first() {
        let (places, first, second) = (Places::new(), Numbering::new(), Numbering::new());
        let bindings = [first, first, second, first].map(|numbering| places.bind(numbering));
        assert_eq!(bindings, [Binding::New, Binding::Known, Binding::Other, Binding::Known]);
    }

    #[test]
    fn an_index_is_kept_if_there_is_room_for_it() {
        let places = Places::new();
        for (number, index, kept) in [
            (0, Some(0), Place::At(0)),
            (31, Some(253), Place::At(253)),
            (1, None, Place::Absent),
            (2, Some(254), Place::Unknown),
            (3, Some(100_000), Place::Unknown),
            (32, Some(1), Place::Unknown),
            (255, None, Place::Unknown),
        ] {
            places.set(number, index);
            assert_eq!(places.get(number), kept, "{number}");
        }
    }
}
