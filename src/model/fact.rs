//! Facts about users: profiles and events, each with the time from which it is true.

use std::sync::Arc;

use super::{Name, Object, Timestamp, Value};
use crate::error::{ErrorKind, Result};
use crate::limits::{EVENT_NAME_BYTES, FACT_BYTES, ID_BYTES, USER_ATTRIBUTES};

/// Something that a user did.
///
/// ```
/// let event = pcq::Event::new("Charged", "u1").with("amount", 12.5).id("order-7");
/// # let db = pcq::Database::in_memory()?;
/// # db.track(event)?;
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub(crate) name: Arc<str>,
    pub(crate) user: Arc<str>,
    pub(crate) properties: Arc<Object>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) id: Option<Arc<str>>,
}

impl Event {
    /// An event of a user, by its name; it happens when it is tracked, unless [`Event::at`] says otherwise.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, user: impl Into<Arc<str>>) -> Self {
        let (name, user) = (name.into(), user.into());
        Self { name, user, properties: Arc::default(), at: None, id: None }
    }

    /// Gives it a property, in place of an older value.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        Arc::make_mut(&mut self.properties).insert(name.into(), value.into());
        self
    }

    /// Gives it every member of an object as a property.
    #[must_use]
    pub fn with_all(mut self, properties: &Object) -> Self {
        let own = Arc::make_mut(&mut self.properties);
        own.extend(properties.iter().map(|(n, v)| (Arc::clone(n), v.clone())));
        self
    }

    /// Says when it happened, past or future.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Gives it an id: a second event with an id that the store has seen is ignored.
    #[must_use]
    pub fn id(mut self, id: impl Into<Arc<str>>) -> Self {
        self.id = Some(id.into());
        self
    }
}

/// Attributes that a user has from an instant on.
///
/// ```
/// # let db = pcq::Database::in_memory()?;
/// db.set_user(pcq::Profile::new("u1").with("city", "Pune").with("plan", pcq::Value::Null))?;
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub(crate) user: Arc<str>,
    pub(crate) attributes: Arc<Object>,
    pub(crate) at: Option<Timestamp>,
}

impl Profile {
    /// Sets attributes of a user, from when it is stored on, unless [`Profile::at`] says otherwise; those that
    /// are not named stay.
    #[must_use]
    pub fn new(user: impl Into<Arc<str>>) -> Self {
        Self { user: user.into(), attributes: Arc::default(), at: None }
    }

    /// Sets an attribute; `NULL` removes it.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        Arc::make_mut(&mut self.attributes).insert(name.into(), value.into());
        self
    }

    /// Sets every member of an object as an attribute.
    #[must_use]
    pub fn with_all(mut self, attributes: &Object) -> Self {
        let own = Arc::make_mut(&mut self.attributes);
        own.extend(attributes.iter().map(|(n, v)| (Arc::clone(n), v.clone())));
        self
    }

    /// Says from when on it is so, past or future.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }
}

/// Something to be known of a user, for [`Database::track_all`](crate::Database::track_all).
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// What the user did.
    Event(Event),
    /// What the user is.
    Profile(Profile),
}

impl From<Event> for Fact {
    fn from(event: Event) -> Self {
        Self::Event(event)
    }
}

impl From<Profile> for Fact {
    fn from(profile: Profile) -> Self {
        Self::Profile(profile)
    }
}

impl Fact {
    /// The fact as it is kept; without a time of its own it is of `now`.
    pub(crate) fn entry(self, now: Timestamp) -> Entry {
        match self {
            Self::Event(event) => Entry {
                user: event.user,
                at: event.at.unwrap_or(now),
                what: What::Event { name: event.name, properties: event.properties, id: event.id },
            },
            Self::Profile(profile) => Entry {
                user: profile.user,
                at: profile.at.unwrap_or(now),
                what: What::Profile(profile.attributes),
            },
        }
    }
}

/// Entry of the history of a user, as it is received.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) user: Arc<str>,
    /// From when on it is true. Of equals the one that was received last comes last.
    pub(crate) at: Timestamp,
    pub(crate) what: What,
}

/// Contents of an entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// Something that the user did.
    Event { name: Arc<str>, properties: Arc<Object>, id: Option<Arc<str>> },
    /// Attributes, in place of older values; `NULL` removes one.
    Profile(Arc<Object>),
    /// All that was known before is gone, whenever it was true, and the ids of the events with it.
    Forget,
}

impl Entry {
    /// Refuses what cannot be kept, wherever it comes from.
    pub(crate) fn check(&self) -> Result<()> {
        check_user_id(&self.user)?;
        match &self.what {
            What::Event { name, properties, id } => check_event(name, properties, id.as_deref()),
            What::Profile(attributes) => check_attributes(attributes),
            What::Forget => Ok(()),
        }
    }
}

impl Fact {
    /// Refuses what cannot be stored, as [`Database::track_all`](crate::Database::track_all) does.
    ///
    /// # Errors
    ///
    /// `bad-literal` if a name or an id is empty, or a profile has no attributes; `duplicate` if `user_id` is one of
    /// them; `limit` if a name, an id or what is said is too long.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Event(Event { name, user, properties, id, .. }) => {
                check_user_id(user)?;
                check_event(name, properties, id.as_deref())
            }
            Self::Profile(Profile { user, attributes, .. }) => {
                check_user_id(user)?;
                check_attributes(attributes)
            }
        }
    }
}

fn check_event(name: &str, properties: &Arc<Object>, id: Option<&str>) -> Result<()> {
    check_event_name(name)?;
    id.map_or(Ok(()), check_event_id)?;
    check_value(&Value::Object(Arc::clone(properties)))
}

fn check_attributes(attributes: &Arc<Object>) -> Result<()> {
    if attributes.is_empty() {
        let (what, why) = ("a profile", "it has no attributes".to_owned());
        return Err(ErrorKind::BadLiteral { what, text: String::new(), why }.into());
    }
    let (limit, found) = (USER_ATTRIBUTES, attributes.len());
    if found > limit {
        let (what, unit) = ("a profile", "attributes");
        return Err(ErrorKind::TooMany { what, limit, unit, found }.into());
    }
    attributes.iter().try_for_each(|(name, value)| check_attribute(name, value))?;
    check_value(&Value::Object(Arc::clone(attributes)))
}

/// Refuses what cannot be the id of a user.
pub(crate) fn check_user_id(text: &str) -> Result<()> {
    check_text("a user id", text, ID_BYTES)
}

/// Refuses what cannot be the id of an event.
pub(crate) fn check_event_id(text: &str) -> Result<()> {
    check_text("the id of an event", text, ID_BYTES)
}

/// Refuses what cannot be the name of an event.
pub(crate) fn check_event_name(text: &str) -> Result<()> {
    check_text("the name of an event", text, EVENT_NAME_BYTES)
}

fn check_text(what: &'static str, text: &str, limit: usize) -> Result<()> {
    let kind = match text.len() {
        0 => ErrorKind::BadLiteral { what, text: String::new(), why: "it is empty".to_owned() },
        found if found > limit => ErrorKind::TooMany { what, limit, unit: "bytes", found },
        _ => return Ok(()),
    };
    Err(kind.into())
}

/// Refuses what cannot be an attribute of a user: its name must be one that can be written.
pub(crate) fn check_attribute(name: &str, value: &Value) -> Result<()> {
    if name == "user_id" {
        return Err(ErrorKind::UserIdIsGiven.into());
    }
    Name::new(name)?;
    // it is kept as a member of an object
    if let Some(flaw) = value.flaw_inside(1) {
        return Err(ErrorKind::Json(flaw).into());
    }
    check_value(value)
}

/// Refuses a value that is too long, or that no text stands for.
pub(crate) fn check_value(value: &Value) -> Result<()> {
    if let Some(flaw) = value.flaw() {
        return Err(ErrorKind::Json(flaw).into());
    }
    // of almost every value this tells it without writing it
    if most_bytes(value) <= FACT_BYTES {
        return Ok(());
    }
    let found = value.to_string().len();
    if found > FACT_BYTES {
        let (what, limit, unit) = ("what is said of a user at once", FACT_BYTES, "bytes");
        return Err(ErrorKind::TooMany { what, limit, unit, found }.into());
    }
    Ok(())
}

/// No fewer bytes than the JSON text of a value has.
fn most_bytes(value: &Value) -> usize {
    // an escaped byte takes up to six, a number up to 25, a bracket or comma one
    let of_text = |text: &str| text.len() * 6 + 2;
    match value {
        Value::String(text) => of_text(text),
        Value::List(items) => 2 + items.iter().map(|item| most_bytes(item) + 1).sum::<usize>(),
        Value::Object(members) => {
            let member = |(name, value): (&Arc<str>, &Value)| of_text(name) + most_bytes(value) + 2;
            2 + members.iter().map(member).sum::<usize>()
        }
        _ => 32,
    }
}
