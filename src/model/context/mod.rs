//! Contexts: the users whom values are for, by id and attributes.

mod attribute;
mod decision;
mod fit;
mod given;
mod place;

use std::sync::{Arc, LazyLock};

use smallvec::SmallVec;

use super::{Answer, Object, Past, Ready, SegmentId, Short, Timestamp, Value};
pub(crate) use attribute::Label;
use attribute::Slot;
pub(crate) use attribute::{As, AttributeName, UserAttribute};
use decision::Decisions;
pub(crate) use decision::{Decided, Room, Stamped};
use fit::{Fit, Fitted};
pub(crate) use fit::{FitStamp, FittedContext};
pub(crate) use given::SampleStamp;
use given::{Given, Sampled};
pub(crate) use place::Numbering;
use place::{Place, Places};

/// A user as an evaluation sees them: an id, or none, and attributes.
///
/// What conditions ask of an attribute is prepared once for each context (where it is, versions and times read from
/// it), and a segment is decided once for it and a state of the segments, so a context that is used again saves that
/// work. What is kept takes half a byte a segment, with room for an eighth more of them, and at most 8 KiB; it is shared by
/// all threads that use the context, and changes no answer. A context may be used with any number of stores and
/// snapshots; one that is used with two of different segments in turns is decided over anew each time.
///
/// ```
/// let context = pcq::Context::new("u1").with("device", "iPhone").with("age", 42);
/// assert_eq!(context.user_id(), Some("u1"));
/// ```
#[derive(Clone, Debug, Default)]
#[repr(C, align(64))]
pub struct Context {
    // what evaluations ask first is in the first two lines of memory, and then the first attributes
    places: Kept<Places>,
    /// The id of the user is the first of them, if there is one.
    attributes: Vec<Slot>,
    decisions: Kept<Decisions>,
    /// The attributes as far as they are short texts: most tests need no more.
    shorts: SmallVec<[Option<Short>; ROOM]>,
    fit: Kept<Fit>,
    sampled: Kept<Sampled>,
    has_user: bool,
    /// The indices of the attributes, counted from 1, by the hashes of their names; 0 is free. The length is a
    /// power of two, and at most half of it is taken. Empty if there are few of them.
    indices: Box<[u32]>,
    /// What the user did, if it was asked for.
    past: Option<Arc<UserPast>>,
    fitted: Kept<Fitted>,
    given: Given,
}

/// What is kept in a context for whoever evaluates for it again. A copy of the context starts without it.
#[derive(Debug, Default)]
struct Kept<T>(T);

impl<T: Default> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// A context whose places are of the numbering of names that is asked by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbered<'c>(&'c Context);

impl<'c> Numbered<'c> {
    /// An attribute, by the number of its name, if it is a short text and its place is known.
    #[inline]
    pub(crate) fn short(self, number: u8) -> Option<Short> {
        let Self(Context { shorts, places, .. }) = self;
        match places.0.at(number) {
            Place::At(index) => *shorts.get(index)?,
            _ => None,
        }
    }

    /// An attribute, by the number of its name; the name is asked for if its place is not known.
    #[inline]
    pub(crate) fn find<'n>(
        self,
        number: u8,
        name: impl FnOnce() -> Option<&'n AttributeName>,
    ) -> Option<UserAttribute<'c>> {
        let Self(context) = self;
        match context.places.0.at(number) {
            Place::At(index) => context.attribute_at(index),
            Place::Absent => None,
            Place::Unknown => context.find(name()?),
        }
    }
}

/// Past of a user, and the answers that were found before they are asked for.
#[derive(Debug)]
struct UserPast {
    past: Arc<dyn Past>,
    /// By the numbers of the questions.
    ready: Vec<Ready>,
}

/// Number of attributes up to which they are looked for one by one.
const FEW: usize = 8;

/// Number of attributes for which there is room from the start; more than that takes longer to get.
const ROOM: usize = 6;

/// The name of the attribute that is the id of the user.
pub(crate) const USER_ID: &str = "user_id";

impl Context {
    /// Makes a context for the user with an id. It has what is given to it and nothing else: what a store knows of
    /// the user is in the one that [`Database::context_for`](crate::Database::context_for) makes.
    #[must_use]
    pub fn new(user_id: impl Into<Arc<str>>) -> Self {
        let mut context = Self::with_room(ROOM);
        context.set_user(user_id.into());
        context
    }

    /// No user, and room for a number of attributes.
    fn with_room(count: usize) -> Self {
        let (attributes, shorts) = (Vec::with_capacity(count), SmallVec::with_capacity(count));
        Self { attributes, shorts, ..Self::default() }
    }

    /// Makes a context for a user, or for none, with every member of an object as an attribute.
    pub(crate) fn of(user_id: Option<Arc<str>>, attributes: &Object) -> Self {
        let mut context = Self::with_room(attributes.len() + 1);
        if let Some(user_id) = user_id {
            context.set_user(user_id);
        }
        context.add(attributes);
        context
    }

    /// Makes the first attribute the id.
    fn set_user(&mut self, user_id: Arc<str>) {
        static LABEL: LazyLock<Label> = LazyLock::new(|| Label::new(&USER_ID.into()));
        self.append(LABEL.clone(), Value::String(user_id));
        self.has_user = true;
    }

    /// Makes a context without a user: rollouts and splits by the user are passed over.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Gives the user an attribute, in place of an older value. The name `user_id` has no effect: the
    /// attribute `user_id` is always the id.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        self.set(&name.into(), value.into());
        self
    }

    /// Gives the user every member of an object as an attribute.
    #[must_use]
    pub fn with_all(mut self, attributes: &Object) -> Self {
        self.forget();
        self.add(attributes);
        self
    }

    /// Adds every member of an object to a context for which nothing is kept.
    fn add(&mut self, attributes: &Object) {
        self.reserve(attributes.len());
        // an object has each name once
        let are_new = self.attributes.len() == usize::from(self.has_user);
        for (name, value) in attributes.iter().filter(|(name, _)| &***name != USER_ID) {
            let label = Label::new(name);
            if are_new {
                self.append(label, value.clone());
            } else {
                self.insert(label, value.clone());
            }
        }
    }

    /// Makes room for more attributes.
    fn reserve(&mut self, more: usize) {
        self.attributes.reserve(more);
        self.shorts.reserve(more);
        let len = self.attributes.len() + more;
        if len > FEW && len * 2 > self.indices.len() {
            self.rehash((len * 2).next_power_of_two());
        }
    }

    fn set(&mut self, name: &Arc<str>, value: Value) {
        if &**name != USER_ID {
            self.forget();
            self.insert(Label::new(name), value);
        }
    }

    /// Forgets what is kept for evaluations.
    fn forget(&mut self) {
        (self.places, self.decisions) = (Kept::default(), Kept::default());
        (self.fit, self.fitted) = (Kept::default(), Kept::default());
    }

    /// Gives the user a past, with what is found of it already. Nobody has none.
    pub(crate) fn with_past(mut self, past: Arc<dyn Past>, mut ready: Vec<Ready>) -> Self {
        if !self.has_user {
            return self;
        }
        ready.sort_unstable_by_key(|ready| ready.question);
        self.given.all_are_known(self.attributes.len());
        self.past = Some(Arc::new(UserPast { past, ready }));
        self
    }

    /// What the user did.
    pub(crate) fn past(&self) -> Option<&dyn Past> {
        self.past.as_ref().map(|past| &*past.past)
    }

    /// The answer to a question that was found before and holds at an instant.
    #[inline]
    pub(crate) fn ready(
        &self,
        question: u64,
        at: impl FnOnce() -> Timestamp,
    ) -> Option<Answer<'_>> {
        let ready = &self.past.as_ref()?.ready;
        let found = ready.binary_search_by_key(&question, |ready| ready.question).ok()?;
        let ready = ready.get(found)?;
        let at = at();
        (ready.from <= at && at < ready.until).then(|| ready.answer.get())
    }

    /// The id of the user, taken out of the context.
    pub(crate) fn into_user_id(self) -> Option<Arc<str>> {
        match self.attributes.into_iter().next().filter(|_| self.has_user)?.value {
            Value::String(id) => Some(id),
            _ => None,
        }
    }

    /// The id of the user.
    #[must_use]
    #[inline]
    pub fn user_id(&self) -> Option<&str> {
        self.attributes.first().filter(|_| self.has_user)?.value.as_str()
    }

    /// An attribute; `user_id` is the id.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        self.find(&AttributeName::new(name)).map(UserAttribute::value)
    }

    /// An attribute, with what is prepared of it.
    #[inline]
    pub(crate) fn find(&self, name: &AttributeName) -> Option<UserAttribute<'_>> {
        let place = name.number.map_or(Place::Unknown, |number| self.places.0.get(number));
        let index = match place {
            Place::At(index) => index,
            Place::Absent => return None,
            Place::Unknown => self.look_up(name)?,
        };
        self.attribute_at(index)
    }

    #[inline]
    fn attribute_at(&self, index: usize) -> Option<UserAttribute<'_>> {
        Some(UserAttribute { slot: self.attributes.get(index)?, short: *self.shorts.get(index)? })
    }

    /// The index of an attribute by its name, which is kept by its number.
    fn look_up(&self, name: &AttributeName) -> Option<usize> {
        let index = self.index(|label| label.is_of(name), || name.hash);
        if let Some(number) = name.number {
            self.places.0.set(number, index);
        }
        index
    }

    /// Gives its places to a numbering of names, if nobody has evaluated for it before. Returns whether that is so.
    #[inline]
    pub(crate) fn begin(&self, numbering: Numbering) -> bool {
        self.places.0.claim(numbering)
    }

    /// The context by the numbers of a numbering, if its places are of that.
    #[inline]
    pub(crate) fn numbered(&self, numbering: Numbering) -> Option<Numbered<'_>> {
        self.places.0.is_of(numbering).then_some(Numbered(self))
    }

    /// What was decided about segments in states with the same stamp.
    #[inline]
    pub(crate) fn decided(&self, state: Stamped) -> Decided<'_> {
        self.decisions.0.of(state)
    }

    /// Keeps whether the user is in a segment: it holds in every state with the stamp, at every instant.
    pub(crate) fn keep_decision(
        &self,
        state: Stamped,
        segment: SegmentId,
        is_in: bool,
        room: Room,
    ) {
        self.decisions.0.set(state, segment, is_in, room);
    }

    /// The index of the attribute with a label; its hash is asked for only if there are many.
    #[inline]
    fn index(&self, is_it: impl Fn(&Label) -> bool, hash: impl FnOnce() -> u32) -> Option<usize> {
        let Some(mask) = self.indices.len().checked_sub(1) else {
            return self.attributes.iter().position(|slot| is_it(&slot.label));
        };
        let mut at = hash() as usize;
        loop {
            let index = (*self.indices.get(at & mask)? as usize).checked_sub(1)?;
            if self.attributes.get(index).is_some_and(|slot| is_it(&slot.label)) {
                return Some(index);
            }
            at += 1;
        }
    }

    /// The index of the attribute with a label.
    fn labelled(&self, label: &Label) -> Option<usize> {
        self.index(|known| known == label, || label.hash())
    }

    fn insert(&mut self, label: Label, value: Value) {
        let known = self.labelled(&label);
        if let Some(index) = known {
            self.given.give(index);
        }
        let old = known.and_then(|at| self.attributes.get_mut(at).zip(self.shorts.get_mut(at)));
        match old {
            Some(old) => (*old.1, *old.0) = (short(&value), Slot::new(label, value)),
            None => self.append(label, value),
        }
    }

    /// Appends an attribute that is not there.
    fn append(&mut self, label: Label, value: Value) {
        self.shorts.push(short(&value));
        let index = self.attributes.len();
        if index < FEW && self.indices.is_empty() {
            self.attributes.push(Slot::new(label, value));
            return;
        }
        let hash = label.hash();
        self.attributes.push(Slot::new(label, value));
        if self.attributes.len() * 2 > self.indices.len() {
            self.rehash((self.attributes.len() * 4).next_power_of_two());
        } else {
            self.put(hash, index);
        }
    }

    /// Makes the table of indices anew, with a length.
    fn rehash(&mut self, len: usize) {
        self.indices = vec![0; len].into();
        for index in 0..self.attributes.len() {
            if let Some(hash) = self.attributes.get(index).map(|slot| slot.label.hash()) {
                self.put(hash, index);
            }
        }
    }

    /// Writes the index of an attribute where its hash says, or after it where the table is free.
    fn put(&mut self, hash: u32, index: usize) {
        let mask = self.indices.len() - 1;
        let mut at = hash as usize & mask;
        while self.indices.get(at).is_some_and(|taken| *taken > 0) {
            at = (at + 1) & mask;
        }
        if let Some(free) = self.indices.get_mut(at) {
            *free = u32::try_from(index + 1).unwrap_or_default();
        }
    }
}

/// A value, if it is a text of at most 15 bytes.
#[inline]
fn short(value: &Value) -> Option<Short> {
    value.as_str().and_then(Short::new)
}

/// Contexts are equal if they have the same attributes, in whatever order, and the same past or none.
impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        let same = |slot: &Slot| {
            let found = other.labelled(&slot.label).and_then(|index| other.attributes.get(index));
            found.is_some_and(|found| found.value == slot.value)
        };
        let same_past = match (&self.past, &other.past) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(&a.past, &b.past),
            _ => false,
        };
        same_past
            && self.attributes.len() == other.attributes.len()
            && self.attributes.iter().all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SemanticVersion;

    #[test]
    fn attributes_are_found_however_many_there_are() {
        let name = |n: usize| format!("{}{n}", "a".repeat(n % 20));
        let mut context = Context::new("u");
        for n in 0..300 {
            context = context.with(name(n), -1).with(name(n), i64::try_from(n).unwrap());
            assert_eq!(context.attribute(&name(n + 1)), None);
        }
        for n in 0..300 {
            assert_eq!(context.attribute(&name(n)), Some(&Value::from(i64::try_from(n).unwrap())));
        }
        assert_eq!(context.attribute("user_id"), Some(&Value::from("u")));
        assert_eq!(Context::anonymous().attribute("a"), None);
    }

    #[test]
    fn attributes_that_come_together_are_found() {
        for count in [0, 1, 7, 8, 9, 30] {
            let names = (0..count).map(|n| format!("a{n}"));
            let all: Object = names.map(|name| (name.into(), Value::from(1))).collect();
            let context = Context::of(Some("u".into()), &all).with("last", 2);
            assert!(
                all.keys().all(|name| context.attribute(name) == Some(&Value::from(1))),
                "{count}"
            );
            assert_eq!(context.attribute("last"), Some(&Value::from(2)));
            assert_eq!(context.attribute("user_id"), Some(&Value::from("u")));
            assert_eq!(context.attribute("none"), None);
        }
    }

    #[test]
    fn the_id_is_no_attribute_that_can_be_given() {
        let context = Context::anonymous().with("user_id", "x").with("a", 1);
        assert_eq!((context.user_id(), context.attribute("user_id")), (None, None));
        assert_eq!(Context::new("u").with("user_id", "x").user_id(), Some("u"));
    }

    #[test]
    fn contexts_are_equal_in_any_order() {
        let a = Context::new("u").with("a", 1).with("b", 2);
        assert_eq!(a, Context::new("u").with("b", 2).with("a", 3).with("a", 1));
        assert_ne!(a, Context::anonymous().with("a", 1).with("b", 2));
        assert_ne!(a, Context::new("u").with("a", 1).with("b", 1));
    }

    #[test]
    fn what_evaluations_ask_first_is_in_two_lines_of_memory() {
        use std::mem::offset_of;
        let firsts = [offset_of!(Context, places), offset_of!(Context, attributes)];
        let seconds = [offset_of!(Context, decisions), offset_of!(Context, shorts)];
        assert_eq!((firsts, seconds, size_of::<Context>()), ([0, 40], [64, 120], 320));
    }

    #[test]
    fn a_text_is_read_as_one_thing() {
        let context = Context::new("u").with("v", "1.2").with("n", 5).with("x", "x");
        let of = |name| context.find(&AttributeName::new(name)).unwrap();
        let version = SemanticVersion::parse("1.2.0").unwrap();
        assert_eq!(of("v").semver(), As::This(&version));
        assert_eq!((of("v").version(), of("n").timestamp()), (As::Unread, As::Unread));
        assert_eq!(of("x").version(), As::Nothing);
    }
}
