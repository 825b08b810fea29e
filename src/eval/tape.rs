//! Tapes: the rows of a key with the tests of their conditions, one after the other in memory.
//!
//! What a segment is found to be is kept in the context, for whoever asks again. If only one key asks, the tests
//! themselves take less time than to look that up, provided that they are simple and nothing else has to be looked up
//! for them. So a tape has all of them in words: a test is a word that says what it is and where to go on from it,
//! and the words that it compares with. Every test leads to a later one.

use std::cmp::Ordering;
use std::sync::Arc;

use smallvec::SmallVec;

use super::field::Field;
use super::lookup::{Bound, Found, Lookup};
use crate::model::{CompareOp, Numbered, SegmentId, Short, UserAttribute, Value};

/// Tape of a key.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Tape {
    pub(super) words: SmallVec<[u64; WORDS]>,
    pub(super) beside: Box<Beside>,
}

/// Number of words that a tape has in place; if it has more, they are elsewhere.
const WORDS: usize = 32;

/// What the tests of a tape refer to, beside its words.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// The fields that are looked at.
    pub(super) fields: Vec<Arc<Field>>,
    pub(super) bounds: Vec<(CompareOp, Bound)>,
    pub(super) lists: Vec<Arc<[Short]>>,
}

/// First word of a test.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) kind: Kind,
    /// The number of the name of the attribute.
    pub(super) name: u8,
    /// Whether the test is wanted to be true.
    pub(super) wanted: bool,
    /// The orders that pass, if two are compared: less, equal, greater, a bit each.
    pub(super) orders: u8,
    /// A number of words, a place beside the words, a row.
    pub(super) argument: u16,
    /// Where to go on if the test is what is wanted of it.
    pub(super) yes: u16,
    /// Where to go on if it is not, or unknown.
    pub(super) no: u16,
}

/// What a test is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// That all rows were tried.
    #[default]
    End,
    /// A row whose segment has the user: it wins, if it has no rollout.
    Row,
    /// A row with a rollout whose segment has the user.
    Rollout,
    /// Whether the user is in the segment of the next word.
    Segment,
    /// Whether an attribute is the short text of the next two words.
    Text,
    /// Whether an attribute is one of the texts of a word each that follow.
    Words,
    /// Whether an attribute is in a list of short texts beside the words.
    List,
    /// How an attribute compares with the whole number of the next word; with the bound beside it, if it is none.
    Integer,
    /// How an attribute compares with the version whose numbers follow; with the bound, if they are the same.
    Semver,
    /// How an attribute compares with a bound beside the words.
    Bound,
}

/// What a tape decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// A row wins, or none: [`NO_ROW`].
    Row(u32),
    /// That is up to a segment about which nothing is known.
    Open,
}

/// The number that stands for no row.
pub(super) const NO_ROW: u32 = u32::MAX;

impl Head {
    #[inline]
    pub(super) fn to_word(self) -> u64 {
        let flags = u8::from(self.wanted) << 3 | self.orders;
        let [yes, no, argument] = [self.yes, self.no, self.argument].map(u16::to_le_bytes);
        let kind = (self.kind as u8) | flags << 4;
        u64::from_le_bytes([
            kind,
            self.name,
            argument[0],
            argument[1],
            yes[0],
            yes[1],
            no[0],
            no[1],
        ])
    }

    #[inline]
    fn of(word: u64) -> Self {
        let [kind, name, a0, a1, y0, y1, n0, n1] = word.to_le_bytes();
        Self {
            kind: Kind::of(kind & 15),
            name,
            wanted: kind >> 7 > 0,
            orders: kind >> 4 & 7,
            argument: u16::from_le_bytes([a0, a1]),
            yes: u16::from_le_bytes([y0, y1]),
            no: u16::from_le_bytes([n0, n1]),
        }
    }

    #[inline]
    fn passes(self, order: Ordering) -> bool {
        self.orders >> (order as i8 + 1) & 1 > 0
    }
}

impl Kind {
    #[inline]
    fn of(number: u8) -> Self {
        match number {
            1 => Self::Row,
            2 => Self::Rollout,
            3 => Self::Segment,
            4 => Self::Text,
            5 => Self::Words,
            6 => Self::List,
            7 => Self::Integer,
            8 => Self::Semver,
            9 => Self::Bound,
            _ => Self::End,
        }
    }
}

impl Tape {
    /// Whether it tests nothing: then there is no use for it.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Decides over the rows for a user, by what is known of the segments that the tape does not test.
    #[inline]
    pub(super) fn decide(
        &self,
        user: Numbered<'_>,
        mut in_segment: impl FnMut(SegmentId) -> Option<bool>,
        is_covered: impl Fn(u32) -> bool,
    ) -> Decision {
        let all = &*self.words;
        let mut at = 0;
        while let Some((head, words)) = all.get(at..).and_then(<[u64]>::split_first) {
            let head = Head::of(*head);
            let passes = match head.kind {
                Kind::End => return Decision::Row(NO_ROW),
                Kind::Row => return Decision::Row(head.argument.into()),
                Kind::Rollout if is_covered(head.argument.into()) => {
                    return Decision::Row(head.argument.into());
                }
                Kind::Rollout => false,
                Kind::Segment => match words.first().and_then(|id| in_segment(segment(*id))) {
                    Some(is_in) => is_in,
                    None => return Decision::Open,
                },
                Kind::Text => match (user.short(head.name), words) {
                    (Some(short), [low, high, ..]) => {
                        (short.words() == [*low, *high]) == head.wanted
                    }
                    _ => self.other_text(user, head, words),
                },
                Kind::Words => match (user.short(head.name), words.get(..head.argument.into())) {
                    (Some(short), Some(texts)) => texts.contains(&short.word()) == head.wanted,
                    _ => self.other_word(user, head, words),
                },
                _ => self.test(user, head, words),
            };
            at = usize::from(if passes { head.yes } else { head.no });
        }
        Decision::Open // not reached: the last word is an end
    }

    /// Whether a test of an attribute is what is wanted of it.
    fn test(&self, user: Numbered<'_>, head: Head, words: &[u64]) -> bool {
        if head.kind == Kind::List {
            return self.is_in_list(user, head);
        }
        let attribute = self.attribute(user, head);
        match (head.kind, words) {
            (Kind::Integer, [bound, ..]) => match attribute.map(UserAttribute::value) {
                Some(Value::Integer(number)) => head.passes(number.cmp(&bound.cast_signed())),
                _ => self.compares(attribute, head),
            },
            (Kind::Semver, [major, minor, patch, ..]) => {
                let numbers = attribute.and_then(UserAttribute::semver_numbers);
                match numbers.map(|numbers| numbers.cmp(&[*major, *minor, *patch])) {
                    None | Some(Ordering::Equal) => self.compares(attribute, head),
                    Some(order) => head.passes(order),
                }
            }
            _ => self.compares(attribute, head),
        }
    }

    /// Tests whether an attribute is a text, when it is no short one, or its place was not known.
    #[cold]
    fn other_text(&self, user: Numbered<'_>, head: Head, words: &[u64]) -> bool {
        let text = words.first_chunk().and_then(|words| Short::of(*words));
        text.is_some_and(|text| self.other(user, head, |found| found.is(text)))
    }

    /// Tests whether an attribute is among texts of a word each, then.
    #[cold]
    fn other_word(&self, user: Numbered<'_>, head: Head, words: &[u64]) -> bool {
        let texts = words.get(..head.argument.into()).unwrap_or_default();
        self.other(user, head, |found| match found {
            Found::Short(short) => Some(texts.contains(&short.word())),
            Found::Text | Found::Other => Some(false),
        })
    }

    /// Tests what is found of an attribute.
    fn other(
        &self,
        user: Numbered<'_>,
        head: Head,
        test: impl FnOnce(Found) -> Option<bool>,
    ) -> bool {
        let found = Lookup::from(self.attribute(user, head)).found();
        found.and_then(test) == Some(head.wanted)
    }

    fn is_in_list(&self, user: Numbered<'_>, head: Head) -> bool {
        let texts = self.beside.lists.get(usize::from(head.argument));
        let texts = texts.map(|texts| &**texts).unwrap_or_default();
        match user.short(head.name) {
            Some(short) => Found::Short(short).among(texts) == head.wanted,
            None => self.other(user, head, |found| Some(found.among(texts))),
        }
    }

    /// Whether an attribute compares with the bound of a test as is wanted.
    #[cold]
    fn compares(&self, attribute: Option<UserAttribute<'_>>, head: Head) -> bool {
        let bound = self.beside.bounds.get(usize::from(head.argument));
        let truth = bound.and_then(|(op, bound)| Lookup::from(attribute).compare(*op, bound));
        truth == Some(head.wanted)
    }

    #[inline]
    fn attribute<'c>(&self, user: Numbered<'c>, head: Head) -> Option<UserAttribute<'c>> {
        let is_it = |field: &&Arc<Field>| field.number() == Some(head.name);
        let field = || self.beside.fields.iter().find(is_it);
        user.find(head.name, || field().map(|field| &field.name))
    }
}

/// The segment of a word.
#[inline]
fn segment(word: u64) -> SegmentId {
    SegmentId(u32::try_from(word).unwrap_or(u32::MAX))
}
