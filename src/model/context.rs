//! Contexts: the users whom values are for, by id and attributes.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Arc, LazyLock, OnceLock};

use super::{Answer, DottedVersion, Object, Past, Ready, SemanticVersion, Short, Timestamp, Value};

/// A user as an evaluation sees them: an id, or none, and attributes.
///
/// What conditions ask of an attribute is prepared once for each context (names are hashed, versions and
/// times are read), so a context that is used again saves that work. It belongs to no store and no
/// snapshot.
///
/// ```
/// let context = pcq::Context::new("u1").with("device", "iPhone").with("age", 42);
/// assert_eq!(context.user_id(), Some("u1"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The id of the user is the first of them, if there is one.
    attributes: Vec<Slot>,
    /// What few evaluations need of each.
    backs: Vec<Back>,
    has_user: bool,
    /// The indices of the attributes, counted from 1, by the hashes of their names; 0 is free. The length is a
    /// power of two, and at most half of it is taken.
    indices: Vec<u32>,
    /// What the user did, if it was asked for.
    past: Option<Arc<UserPast>>,
}

/// Past of a user, and the answers that were found before they are asked for.
#[derive(Debug)]
struct UserPast {
    past: Arc<dyn Past>,
    /// By the numbers of the questions.
    ready: Vec<Ready>,
}

/// The name of the attribute that is the id of the user.
const USER_ID: &str = "user_id";

impl Context {
    /// Makes a context for the user with an id. It has what is given to it and nothing else: what a store knows of
    /// the user is in the one that [`Database::context_for`](crate::Database::context_for) makes.
    #[must_use]
    pub fn new(user_id: impl Into<Arc<str>>) -> Self {
        let mut context = Self::default();
        context.set_user(user_id.into());
        context
    }

    /// Makes a context for a user, or for none, with every member of an object as an attribute.
    pub(crate) fn of(user_id: Option<Arc<str>>, attributes: &Object) -> Self {
        let mut context = Self::default();
        context.reserve(attributes.len() + 1);
        if let Some(user_id) = user_id {
            context.set_user(user_id);
        }
        context.with_all(attributes)
    }

    fn set_user(&mut self, user_id: Arc<str>) {
        static NAME: LazyLock<AttributeName> = LazyLock::new(|| AttributeName::new(USER_ID));
        self.insert(NAME.clone(), Value::String(user_id));
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
        self.set(name.into(), value.into());
        self
    }

    /// Gives the user every member of an object as an attribute.
    #[must_use]
    pub fn with_all(mut self, attributes: &Object) -> Self {
        self.reserve(attributes.len());
        for (name, value) in attributes {
            self.set(Arc::clone(name), value.clone());
        }
        self
    }

    /// Makes room for more attributes.
    fn reserve(&mut self, more: usize) {
        self.attributes.reserve(more);
        self.backs.reserve(more);
        let len = (self.attributes.len() + more) * 2;
        if len > self.indices.len() {
            self.rehash(len.next_power_of_two());
        }
    }

    fn set(&mut self, name: Arc<str>, value: Value) {
        if &*name != USER_ID {
            self.insert(AttributeName::new(name), value);
        }
    }

    /// Gives the user a past, with what is found of it already. Nobody has none.
    pub(crate) fn with_past(mut self, past: Arc<dyn Past>, mut ready: Vec<Ready>) -> Self {
        if !self.has_user {
            return self;
        }
        ready.sort_unstable_by_key(|ready| ready.question);
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

    /// The id of the user.
    #[must_use]
    #[inline]
    pub fn user_id(&self) -> Option<&str> {
        self.attributes.first().filter(|_| self.has_user)?.value.as_str()
    }

    /// An attribute; `user_id` is the id.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        self.find(&AttributeName::new(name)).map(Attribute::value)
    }

    /// An attribute, with what is prepared of it.
    #[inline]
    pub(crate) fn find(&self, name: &AttributeName) -> Option<Attribute<'_>> {
        let index = self.index(name)?;
        Some(Attribute { slot: self.attributes.get(index)?, context: self, index })
    }

    #[inline]
    fn index(&self, name: &AttributeName) -> Option<usize> {
        let mask = self.indices.len().checked_sub(1)?;
        let mut at = name.hash as usize;
        loop {
            let index = (*self.indices.get(at & mask)? as usize).checked_sub(1)?;
            if self.is(index, name) {
                return Some(index);
            }
            at += 1;
        }
    }

    /// Whether an attribute has a name.
    #[inline]
    fn is(&self, index: usize, name: &AttributeName) -> bool {
        let short = self.attributes.get(index).and_then(|slot| slot.name);
        if short.is_some() || name.short.is_some() {
            return short == name.short;
        }
        self.backs.get(index).is_some_and(|back| back.name == name.text)
    }

    fn insert(&mut self, name: AttributeName, value: Value) {
        let slot = Slot {
            name: name.short,
            hash: name.hash,
            short: value.as_str().and_then(Short::new),
            value,
        };
        let known = self.index(&name);
        let back = Back { name: name.text, reading: OnceLock::new() };
        let old = known.and_then(|at| self.attributes.get_mut(at).zip(self.backs.get_mut(at)));
        match old {
            Some(old) => (*old.0, *old.1) = (slot, back),
            None => self.append(slot, back),
        }
    }

    fn append(&mut self, slot: Slot, back: Back) {
        let hash = slot.hash;
        self.attributes.push(slot);
        self.backs.push(back);
        if self.attributes.len() * 2 > self.indices.len() {
            self.rehash((self.attributes.len() * 4).next_power_of_two());
        } else {
            self.put(hash, self.attributes.len() - 1);
        }
    }

    /// Makes the table of indices anew, with a length.
    fn rehash(&mut self, len: usize) {
        self.indices = vec![0; len];
        for index in 0..self.attributes.len() {
            if let Some(hash) = self.attributes.get(index).map(|slot| slot.hash) {
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

/// Contexts are equal if they have the same attributes, in whatever order, and the same past or none.
impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        let same = |(slot, back): (&Slot, &Back)| {
            let name = AttributeName::new(Arc::clone(&back.name));
            other.find(&name).is_some_and(|found| *found.value() == slot.value)
        };
        let same_past = match (&self.past, &other.past) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(&a.past, &b.past),
            _ => false,
        };
        same_past
            && self.attributes.len() == other.attributes.len()
            && self.attributes.iter().zip(&self.backs).all(same)
    }
}

/// The name of an attribute, hashed.
#[derive(Clone, Debug)]
pub(crate) struct AttributeName {
    text: Arc<str>,
    short: Option<Short>,
    hash: u32,
}

impl AttributeName {
    pub(crate) fn new(text: impl Into<Arc<str>>) -> Self {
        // names may come from outside: nobody can foresee which of them fall together
        static STATE: OnceLock<RandomState> = OnceLock::new();
        let text = text.into();
        let hash = STATE.get_or_init(RandomState::new).hash_one(&*text);
        Self { short: Short::new(&text), hash: (hash >> 32) as u32, text }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Part of an attribute that most evaluations look at, in one line of a cache.
#[derive(Clone, Debug)]
struct Slot {
    /// The name; `None` if it is a long one.
    name: Option<Short>,
    /// The value, if it is a short text.
    short: Option<Short>,
    value: Value,
    hash: u32,
}

/// Part of an attribute that few evaluations look at.
#[derive(Clone, Debug)]
struct Back {
    name: Arc<str>,
    reading: OnceLock<Reading>,
}

/// An attribute of a user, and what conditions made of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'c> {
    slot: &'c Slot,
    context: &'c Context,
    index: usize,
}

/// A text as it was read first: almost every attribute is read as one thing only.
#[derive(Clone, Debug)]
enum Reading {
    Semver(Option<SemanticVersion>),
    Version(Option<DottedVersion>),
    Timestamp(Option<Timestamp>),
}

/// An attribute read as something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum As<T> {
    This(T),
    /// It is a text, and none that can be read so.
    Nothing,
    /// It is no text, or was read as something else before: whoever asks has to read it.
    Unread,
}

impl<'c> Attribute<'c> {
    #[inline]
    pub(crate) fn value(self) -> &'c Value {
        &self.slot.value
    }

    /// The value, if it is a text of at most 15 bytes.
    #[inline]
    pub(crate) fn short(self) -> Option<Short> {
        self.slot.short
    }

    /// The text as a semantic version.
    pub(crate) fn semver(self) -> As<&'c SemanticVersion> {
        match self.read(|text| Reading::Semver(SemanticVersion::parse(text))) {
            Some(Reading::Semver(version)) => version.as_ref().map_or(As::Nothing, As::This),
            _ => As::Unread,
        }
    }

    /// The text as a dotted version.
    pub(crate) fn version(self) -> As<&'c DottedVersion> {
        match self.read(|text| Reading::Version(DottedVersion::parse(text))) {
            Some(Reading::Version(version)) => version.as_ref().map_or(As::Nothing, As::This),
            _ => As::Unread,
        }
    }

    /// The text as an instant.
    pub(crate) fn timestamp(self) -> As<Timestamp> {
        match self.read(|text| Reading::Timestamp(Timestamp::parse_rfc3339(text))) {
            Some(Reading::Timestamp(at)) => at.map_or(As::Nothing, As::This),
            _ => As::Unread,
        }
    }

    fn read(self, read: impl FnOnce(&str) -> Reading) -> Option<&'c Reading> {
        let text = self.slot.value.as_str()?;
        Some(self.context.backs.get(self.index)?.reading.get_or_init(|| read(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_text_is_read_as_one_thing() {
        let context = Context::new("u").with("v", "1.2").with("n", 5).with("x", "x");
        let of = |name| context.find(&AttributeName::new(name)).unwrap();
        let version = SemanticVersion::parse("1.2.0").unwrap();
        assert_eq!(of("v").semver(), As::This(&version));
        assert_eq!(size_of::<Slot>(), 64);
        assert_eq!((of("v").version(), of("n").timestamp()), (As::Unread, As::Unread));
        assert_eq!(of("x").version(), As::Nothing);
    }
}
