//! Tapes: the rows of a key with the tests of their conditions, one after the other in memory.
//!
//! What a segment is found to be is kept in the context, for whoever asks again. If only one key asks, the tests
//! themselves take less time than to look that up, provided that they are simple and nothing else has to be looked up
//! for them. So a tape has all of them in words: a test is a word that says what it is and where to go on from it,
//! and the words that it compares with. Every test leads to a later one.

use std::cmp::Ordering;
use std::hint::select_unpredictable;
use std::sync::Arc;

use smallvec::SmallVec;

use super::field::Field;
use super::lookup::{Bound, Found, Lookup};
use super::word_set::WordSet;
use crate::model::{CompareOp, Numbered, SegmentId, Short, UserAttribute, Value};

/// Tape of a key.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Tape {
    pub(super) straight: Straight,
    pub(super) words: SmallVec<[u64; WORDS]>,
    pub(super) beside: Box<Beside>,
}

/// Places of the tests of a tape on which all tests of a row are to pass, so that each leads to the next one, or to the
/// next row; none if it is another tape, or has too many.
///
/// They are at its front, so that no test is needed to find the next one: the processor asks memory for all at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Straight {
    pub(super) places: [u8; Self::TESTS],
    pub(super) count: u8,
}

impl Straight {
    /// Largest number of tests all of which are made for every user.
    pub(super) const TESTS: usize = 7;

    #[inline]
    fn places(&self) -> Option<&[u8]> {
        self.places.get(..self.count.into()).filter(|places| !places.is_empty())
    }
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
    /// The size of a set, a place beside the words, a row, the number of the name of another attribute.
    pub(super) argument: u16,
    /// Where to go on if the test is what is wanted of it.
    pub(super) yes: Target,
    /// Where to go on if it is not, or unknown.
    pub(super) no: Target,
}

/// First word of a test as it is read: what is asked of it is taken out of the word, which is handed on in a register.
#[derive(Clone, Copy, Debug)]
struct Test(u64);

/// Where a test leads: to another, by its place among the words, or to what is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Target(u16);

/// What a test is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// Whether the rollout of a row covers the user.
    #[default]
    Rollout,
    /// Whether the user is in the segment of the next word.
    Segment,
    /// Whether an attribute is the short text of the next two words.
    Text,
    /// Whether it is, and another, whose number is the argument, is the short text of the two words after those.
    ///
    /// Most users are in few segments, so that each test of two would be one more branch that can hardly be foretold.
    Texts,
    /// Whether an attribute is in the set of texts of a word each that follows.
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

impl Target {
    /// No row wins.
    pub(super) const NO_ROW: Self = Self(u16::MAX);
    /// Targets from this on are rows that win.
    const ROWS: u16 = 1 << 15;

    /// The test at a place, if there is room for it.
    pub(super) fn test(place: usize) -> Option<Self> {
        u16::try_from(place).ok().filter(|place| *place < Self::ROWS).map(Self)
    }

    /// A row wins, if it can be told.
    pub(super) fn row(row: usize) -> Option<Self> {
        let row = u16::try_from(row).ok().filter(|row| *row < Self::ROWS - 1)?;
        Some(Self(Self::ROWS + row))
    }

    /// The row that wins, if one does.
    #[inline]
    fn won(self) -> Option<u32> {
        self.0.checked_sub(Self::ROWS).map(u32::from).filter(|_| self != Self::NO_ROW)
    }

    /// What is decided, if that is so.
    #[inline]
    fn decision(self) -> Option<Decision> {
        let row = self.0.checked_sub(Self::ROWS)?;
        Some(Decision::Row(select_unpredictable(self == Self::NO_ROW, NO_ROW, row.into())))
    }
}

impl Head {
    #[inline]
    pub(super) fn to_word(self) -> u64 {
        let flags = u8::from(self.wanted) << 3 | self.orders;
        let [yes, no, argument] = [self.yes.0, self.no.0, self.argument].map(u16::to_le_bytes);
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
}

impl Test {
    #[inline]
    fn kind(self) -> Kind {
        let [kind, ..] = self.0.to_le_bytes();
        Kind::of(kind & 15)
    }

    /// The number of the name of the attribute.
    #[inline]
    fn name(self) -> u8 {
        let [_, name, ..] = self.0.to_le_bytes();
        name
    }

    /// The same test of another attribute.
    fn of(self, name: u8) -> Self {
        let mut bytes = self.0.to_le_bytes();
        let [_, known, ..] = &mut bytes;
        *known = name;
        Self(u64::from_le_bytes(bytes))
    }

    #[inline]
    fn wanted(self) -> bool {
        self.0 >> 7 & 1 > 0
    }

    #[inline]
    fn argument(self) -> u16 {
        let [_, _, low, high, ..] = self.0.to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// The number of the name of the second attribute.
    #[inline]
    fn second(self) -> u8 {
        let [_, _, name, ..] = self.0.to_le_bytes();
        name
    }

    #[inline]
    fn yes(self) -> Target {
        let [.., low, high, _, _] = self.0.to_le_bytes();
        Target(u16::from_le_bytes([low, high]))
    }

    #[inline]
    fn no(self) -> Target {
        let [.., low, high] = self.0.to_le_bytes();
        Target(u16::from_le_bytes([low, high]))
    }

    /// Whether an order is one of those that pass.
    #[inline]
    fn passes(self, order: Ordering) -> bool {
        self.0 >> (5 + order as i8) & 1 > 0
    }
}

impl Kind {
    #[inline]
    fn of(number: u8) -> Self {
        match number {
            1 => Self::Segment,
            2 => Self::Text,
            3 => Self::Texts,
            4 => Self::Words,
            5 => Self::List,
            6 => Self::Integer,
            7 => Self::Semver,
            8 => Self::Bound,
            _ => Self::Rollout,
        }
    }
}

impl Tape {
    /// Decides over the rows for a user, by what is known of the segments that the tape does not test.
    #[inline]
    pub(super) fn decide(
        &self,
        user: Numbered<'_>,
        in_segment: impl FnMut(SegmentId) -> Option<bool>,
        is_covered: impl Fn(u32) -> bool,
    ) -> Decision {
        match self.straight.places() {
            Some(places) => self.decide_straight(user, places),
            None => self.decide_step_by_step(user, in_segment, is_covered),
        }
    }

    fn decide_step_by_step(
        &self,
        user: Numbered<'_>,
        mut in_segment: impl FnMut(SegmentId) -> Option<bool>,
        is_covered: impl Fn(u32) -> bool,
    ) -> Decision {
        let mut at = Target::default();
        while let Some((test, words)) = self.at(at) {
            let passes = match test.kind() {
                Kind::Rollout => is_covered(test.argument().into()),
                Kind::Segment => match words.first().and_then(|id| in_segment(segment(*id))) {
                    Some(is_in) => is_in,
                    None => return Decision::Open,
                },
                _ => self.passes(user, test, words),
            };
            at = if passes { test.yes() } else { test.no() };
            if let Some(decision) = at.decision() {
                return decision;
            }
        }
        Decision::Open // not reached: the last test leads to a decision
    }

    /// Makes all tests, and calculates which row wins: which test is the first that fails nobody can foretell, and a
    /// processor that foretells wrong has to wait for what it has read of the user.
    #[inline]
    fn decide_straight(&self, user: Numbered<'_>, places: &[u8]) -> Decision {
        let (mut won, mut holds, mut otherwise) = (0_u32, true, Target::NO_ROW);
        for place in places {
            let Some((test, words)) = self.at(Target((*place).into())) else { break };
            holds &= self.passes(user, test, words);
            if let Some(row) = test.yes().won() {
                won |= u32::from(holds) << (row % u32::BITS);
                (holds, otherwise) = (true, test.no());
            }
        }
        let first = Decision::Row(won.trailing_zeros());
        select_unpredictable(won > 0, first, otherwise.decision().unwrap_or(Decision::Open))
    }

    /// The test at a place, and the words that follow.
    #[inline]
    fn at(&self, place: Target) -> Option<(Test, &[u64])> {
        let (first, words) = self.words.get(usize::from(place.0)..)?.split_first()?;
        Some((Test(*first), words))
    }

    /// Whether a test of attributes is what is wanted of it.
    #[inline]
    fn passes(&self, user: Numbered<'_>, test: Test, words: &[u64]) -> bool {
        match test.kind() {
            Kind::Texts => match (user.short(test.name()), user.short(test.second()), words) {
                (Some(first), Some(second), [a, b, c, d, ..]) => {
                    (first.words() == [*a, *b]) & (second.words() == [*c, *d])
                }
                _ => self.other_texts(user, test, words),
            },
            Kind::Text => match (user.short(test.name()), words) {
                (Some(short), [low, high, ..]) => (short.words() == [*low, *high]) == test.wanted(),
                _ => self.other_text(user, test, words),
            },
            Kind::Words => match user.short(test.name()) {
                Some(short) => {
                    WordSet::has(words, test.argument(), short.word()) == Some(test.wanted())
                }
                None => self.other_word(user, test, words),
            },
            _ => self.test(user, test, words),
        }
    }

    /// Whether a test of an attribute is what is wanted of it.
    fn test(&self, user: Numbered<'_>, test: Test, words: &[u64]) -> bool {
        if test.kind() == Kind::List {
            return self.is_in_list(user, test);
        }
        let attribute = self.attribute(user, test);
        match (test.kind(), words) {
            (Kind::Integer, [bound, ..]) => match attribute.map(UserAttribute::value) {
                Some(Value::Integer(number)) => test.passes(number.cmp(&bound.cast_signed())),
                _ => self.compares(attribute, test),
            },
            (Kind::Semver, [major, minor, patch, ..]) => {
                let numbers = attribute.and_then(UserAttribute::semver_numbers);
                match numbers.map(|numbers| order(numbers, [*major, *minor, *patch])) {
                    None | Some(Ordering::Equal) => self.compares(attribute, test),
                    Some(order) => test.passes(order),
                }
            }
            _ => self.compares(attribute, test),
        }
    }

    /// Tests whether an attribute is a text, when it is no short one, or its place was not known.
    #[cold]
    fn other_text(&self, user: Numbered<'_>, test: Test, words: &[u64]) -> bool {
        let short = words.first_chunk().and_then(|words| Short::of(*words));
        short.is_some_and(|text| self.other(user, test, |found| found.is(text)))
    }

    /// Tests whether two attributes are texts, then; both, so that the places of both are known the next time.
    #[cold]
    fn other_texts(&self, user: Numbered<'_>, test: Test, words: &[u64]) -> bool {
        let second = test.of(test.second());
        let texts = words.split_at_checked(2);
        texts
            .is_some_and(|(a, b)| self.other_text(user, test, a) & self.other_text(user, second, b))
    }

    /// Tests whether an attribute is among texts of a word each, then.
    #[cold]
    fn other_word(&self, user: Numbered<'_>, test: Test, words: &[u64]) -> bool {
        self.other(user, test, |found| match found {
            Found::Short(short) => WordSet::has(words, test.argument(), short.word()),
            Found::Text | Found::Other => Some(false),
        })
    }

    /// Tests what is found of an attribute.
    fn other(
        &self,
        user: Numbered<'_>,
        test: Test,
        answer: impl FnOnce(Found) -> Option<bool>,
    ) -> bool {
        let found = Lookup::from(self.attribute(user, test)).found();
        found.and_then(answer) == Some(test.wanted())
    }

    fn is_in_list(&self, user: Numbered<'_>, test: Test) -> bool {
        let texts = self.beside.lists.get(usize::from(test.argument()));
        let texts = texts.map(|texts| &**texts).unwrap_or_default();
        match user.short(test.name()) {
            Some(short) => Found::Short(short).among(texts) == test.wanted(),
            None => self.other(user, test, |found| Some(found.among(texts))),
        }
    }

    /// Whether an attribute compares with the bound of a test as is wanted.
    #[cold]
    fn compares(&self, attribute: Option<UserAttribute<'_>>, test: Test) -> bool {
        let bound = self.beside.bounds.get(usize::from(test.argument()));
        let truth = bound.and_then(|(op, bound)| Lookup::from(attribute).compare(*op, bound));
        truth == Some(test.wanted())
    }

    #[inline]
    fn attribute<'c>(&self, user: Numbered<'c>, test: Test) -> Option<UserAttribute<'c>> {
        let is_it = |field: &&Arc<Field>| field.number() == Some(test.name());
        let field = || self.beside.fields.iter().find(is_it);
        user.find(test.name(), || field().map(|field| &field.name))
    }
}

/// Order of the numbers of two versions. All are looked at: which of them differ nobody can foretell.
#[inline]
fn order(a: [u64; 3], b: [u64; 3]) -> Ordering {
    let sign = |a: u64, b: u64| i8::from(a > b) - i8::from(a < b);
    let ([major, minor, patch], [other_major, other_minor, other_patch]) = (a, b);
    let order =
        sign(major, other_major) * 4 + sign(minor, other_minor) * 2 + sign(patch, other_patch);
    order.cmp(&0)
}

/// The segment of a word.
#[inline]
fn segment(word: u64) -> SegmentId {
    SegmentId(u32::try_from(word).unwrap_or(u32::MAX))
}
