//! Sets of values: all keys as one fetch gave them, with the app's defaults for the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::outcome::Activation;
use super::value::{ClientValue, Source};
use crate::engine::from_value::{read, unknown_key};
use crate::engine::{Database, FromValue};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::Evaluation;
use crate::model::{Context, Name, Timestamp, Value};

/// The values that the app itself has for keys.
pub(super) type Defaults = BTreeMap<Name, Value>;

/// The values of all keys for one user, from one state of the store at one instant, with the app's defaults
/// behind them. It never changes: any number of reads see the same.
///
/// [`Client::active`](super::Client::active) gives the one that is in force,
/// [`Client::fetched`](super::Client::fetched) the one that waits. A set that is kept shows what was in force
/// when it was taken, also after the client went on to another set or another user;
/// [`ClientSet::context`] says whose values they are.
///
/// ```
/// # let db = pcq::Database::in_memory()?;
/// # db.execute("CREATE KEY width INTEGER DEFAULT 3; CREATE KEY height INTEGER DEFAULT 2;")?;
/// let client = db.client(pcq::Context::new("ada"));
/// client.fetch_and_activate();
/// let set = client.active();
/// let area = set.get::<i64>("width")? * set.get::<i64>("height")?; // never of two sets
/// assert_eq!(area, 6);
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone)]
pub struct ClientSet {
    db: Database,
    context: Arc<Context>,
    given: Option<Arc<Evaluations>>,
    /// `None` also if it waits for activation.
    activated_at: Option<Timestamp>,
    defaults: Arc<Defaults>,
    /// The keys that were in force for the user before this set, and are not in it.
    gone: Arc<BTreeSet<Name>>,
}

/// Evaluations of all keys for a user, in one state of the store at one instant.
pub(super) struct Evaluations {
    revision: u64,
    at: Timestamp,
    /// Whole evaluations, for a value that is served is counted with what gave it.
    by_key: IndexMap<Name, Evaluation<'static>>,
}

/// Value that a set has for a key, by where it comes from.
#[derive(Clone, Copy)]
enum SetValue<'s> {
    Evaluated(&'s Evaluation<'static>),
    Default(&'s Value),
    None,
}

impl<'s> SetValue<'s> {
    fn value(self) -> Option<&'s Value> {
        match self {
            Self::Evaluated(evaluation) => Some(evaluation.value()),
            Self::Default(value) => Some(value),
            Self::None => None,
        }
    }
}

impl Evaluations {
    /// Evaluates every key that is not archived, in the newest state of the store.
    pub(super) fn now(db: &Database, context: &Context) -> Self {
        let snapshot = db.snapshot();
        let evaluations = snapshot.evaluate_all(context).map(|e| (e.key().clone(), e.into_owned()));
        let by_key = evaluations.collect();
        Self { revision: snapshot.revision(), at: snapshot.at(), by_key }
    }

    /// Whether both have the same keys with the same values, whatever the reasons.
    fn agrees_with(&self, other: &Self) -> bool {
        let same = |(name, evaluation): (&Name, &Evaluation<'static>)| {
            let other = other.by_key.get(name);
            other.is_some_and(|other| other.value() == evaluation.value())
        };
        self.by_key.len() == other.by_key.len() && self.by_key.iter().all(same)
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }
}

/// Reading.
impl ClientSet {
    /// Returns the value of a key as a type of Rust: what the store gave, else the app's default.
    ///
    /// # Errors
    ///
    /// `no-value` if nothing was activated, or the key is gone, and it has no default; `unknown-key` if
    /// the set does not have the key and never had; `type-mismatch` if the value is no `T`.
    pub fn get<T: FromValue>(&self, key: &str) -> Result<T> {
        let found = self.find(key);
        let value = found.value().ok_or_else(|| self.absence(key))?;
        let read = read(key, value)?;
        self.deliver(found);
        Ok(read)
    }

    /// Returns the value of a key as a type of Rust, or `default` where [`ClientSet::get`] has an error:
    /// if there is no value, or one of another type. An empty text and an empty list are values.
    #[must_use]
    pub fn get_or<T: FromValue>(&self, key: &str, default: T) -> T {
        let found = self.find(key);
        let Some(read) = found.value().and_then(T::from_value) else { return default };
        self.deliver(found);
        read
    }

    /// Returns the value of a key, where it comes from, and why. Never fails: a key that has no value gives
    /// none, with [`Source::None`].
    #[must_use]
    pub fn value(&self, key: &str) -> ClientValue {
        let found = self.find(key);
        self.deliver(found);
        self.describe(Name::new(key).unwrap_or_else(|_| Name::lossy(key)), found)
    }

    /// Returns every key that the store gave or that has a default, in byte order. It is a look at the set,
    /// not a use of it: no delivery is counted.
    #[must_use]
    pub fn all(&self) -> Vec<ClientValue> {
        let names = self.names().into_iter();
        names.map(|name| self.describe(name.clone(), self.find(name.as_str()))).collect()
    }

    /// The user that the values are for, as they were when they were fetched.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The number of the revision that the values are of; `None` if the set has only defaults.
    #[must_use]
    pub fn revision(&self) -> Option<u64> {
        self.given.as_ref().map(|given| given.revision)
    }

    /// The instant for which the keys were evaluated; `None` if the set has only defaults.
    #[must_use]
    pub fn evaluated_at(&self) -> Option<Timestamp> {
        self.given.as_ref().map(|given| given.at)
    }

    /// Since when the values are in force, by the store's clock; `None` if they wait for activation or there
    /// are only defaults.
    #[must_use]
    pub fn activated_at(&self) -> Option<Timestamp> {
        self.activated_at
    }

    fn find(&self, key: &str) -> SetValue<'_> {
        let given = self.given.as_ref().and_then(|given| given.by_key.get(key));
        let default = || self.defaults.get(key).map_or(SetValue::None, SetValue::Default);
        given.map_or_else(default, SetValue::Evaluated)
    }

    fn describe(&self, key: Name, found: SetValue<'_>) -> ClientValue {
        let gone = self.gone.contains(&key);
        let (source, evaluation, default) = match found {
            SetValue::Evaluated(evaluation) => (self.source(), Some(evaluation.clone()), None),
            SetValue::Default(value) => (Source::Default, None, Some(value.clone())),
            SetValue::None => (Source::None, None, None),
        };
        ClientValue { key, source, evaluation, default, gone }
    }

    /// Where that comes from which the store gave.
    fn source(&self) -> Source {
        if self.activated_at.is_some() { Source::Activated } else { Source::Cached }
    }

    /// The error about a key without a value.
    fn absence(&self, key: &str) -> Error {
        let name = match Name::new(key) {
            Ok(name) => name,
            Err(error) => return error.into(),
        };
        if self.gone.contains(&name) {
            return ErrorKind::KeyGone { key: name }.into();
        }
        if self.given.is_none() {
            let hint = "fetch and activate first, or give the key a default";
            return Error::from(ErrorKind::NothingActive { key: name }).hint(hint);
        }
        unknown_key(key).suggest(key, self.names().into_iter().map(Name::as_str))
    }

    fn names(&self) -> BTreeSet<&Name> {
        let given = self.given.iter().flat_map(|given| given.by_key.keys());
        given.chain(self.defaults.keys()).collect()
    }

    /// Counts a delivery, if the store gave the value and it is in force.
    fn deliver(&self, found: SetValue<'_>) {
        if let (SetValue::Evaluated(evaluation), Some(_)) = (found, self.activated_at) {
            self.db.count(evaluation, &self.context);
        }
    }
}

/// One set made of another.
impl ClientSet {
    /// The set of a user for whom nothing was fetched.
    pub(super) fn empty(db: Database, context: Arc<Context>, defaults: Arc<Defaults>) -> Self {
        Self { db, context, given: None, activated_at: None, defaults, gone: Arc::default() }
    }

    /// Forgets what the store gave: the set of another user, with the same defaults.
    pub(super) fn for_other_user(&self, context: Arc<Context>) -> Self {
        Self::empty(self.db.clone(), context, Arc::clone(&self.defaults))
    }

    /// The set to wait for activation after this one, which is in force.
    pub(super) fn followed_by(&self, context: Arc<Context>, given: Evaluations) -> Self {
        let before = self.given.iter().flat_map(|given| given.by_key.keys());
        let gone = before.chain(self.gone.iter());
        let gone = gone.filter(|name| !given.by_key.contains_key(*name)).cloned().collect();
        Self {
            db: self.db.clone(),
            context,
            given: Some(Arc::new(given)),
            activated_at: None,
            defaults: Arc::clone(&self.defaults),
            gone: Arc::new(gone),
        }
    }

    /// The same, in force.
    pub(super) fn in_force(&self, since: Timestamp) -> Self {
        Self { activated_at: Some(since), ..self.clone() }
    }

    /// The same with other defaults.
    pub(super) fn with_defaults(&self, defaults: Arc<Defaults>) -> Self {
        Self { defaults, ..self.clone() }
    }

    /// Whether the store gave this, but for the reasons.
    pub(super) fn agrees_with(&self, given: &Evaluations) -> bool {
        self.given.as_ref().is_some_and(|own| own.agrees_with(given))
    }

    /// What changes for a reader when a set that waits comes in place of this one.
    pub(super) fn change_to(&self, next: &Self) -> Activation {
        let gone: Vec<_> = next.gone.difference(&self.gone).cloned().collect();
        let mut names = self.names();
        names.extend(next.names());
        let differs = |name: &&&Name| {
            let key = name.as_str();
            self.find(key).value() != next.find(key).value() || gone.binary_search(name).is_ok()
        };
        let changed = names.iter().filter(differs).map(|name| (*name).clone()).collect();
        Activation { revision: next.revision().unwrap_or_default(), changed, gone }
    }
}

impl fmt::Debug for ClientSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSet")
            .field("user_id", &self.context.user_id())
            .field("revision", &self.revision())
            .field("activated_at", &self.activated_at)
            .finish_non_exhaustive()
    }
}
