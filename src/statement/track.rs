//! `TRACK`: something that a user did.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::canonical::optional;
use super::{Help, Parameters, Text, When, text, when};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Entry, Literal, Object, Spanned, Timestamp, Value, What, check_event_id, check_event_name,
    check_value,
};
use crate::syntax::{Node, Rule};

/// `TRACK 'event' FOR USER 'id' [{…}] [AT timestamp] [ID 'id']`
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// The name of the event.
    pub event: Text,
    /// The id of the user.
    pub user: Text,
    /// A JSON object.
    pub properties: Option<Spanned<Literal>>,
    /// When it happened; `None` is now.
    pub at: Option<When>,
    /// A second event with an id that the store has seen is ignored.
    pub id: Option<Text>,
}

impl Track {
    /// Tracks an event of a user.
    #[must_use]
    pub fn new(event: impl Into<Literal>, user: impl Into<Literal>) -> Self {
        Self { event: text(event), user: text(user), properties: None, at: None, id: None }
    }

    /// The properties of the event: a JSON object, or a parameter that stands for one.
    #[must_use]
    pub fn properties(mut self, properties: impl Into<Literal>) -> Self {
        self.properties = Some(text(properties));
        self
    }

    /// When it happened.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(when(at));
        self
    }

    /// Gives it an id.
    #[must_use]
    pub fn id(mut self, id: impl Into<Literal>) -> Self {
        self.id = Some(text(id));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let (event, user) = (children.operand()?.literal()?, children.literal()?);
        let properties = children.accept(Rule::json).or_else(|| children.accept(Rule::parameter));
        let properties = properties.map(|node| node.literal()).transpose()?;
        let at = children.instant_after(Rule::k_at)?;
        Ok(Self { event, user, properties, at, id: children.literal_after(Rule::k_id)? })
    }

    /// What it appends to what is known of the user.
    pub(crate) fn entry(&self, binder: &Binder<'_>) -> Result<Entry> {
        let (parameters, now) = (binder.parameters, binder.now);
        let name = parameters.checked_text(&self.event, check_event_name)?;
        let user = parameters.user_id(&self.user)?;
        let properties = self.properties.as_ref().map(|literal| object(parameters, literal));
        let id = self.id.as_ref().map(|id| parameters.checked_text(id, check_event_id));
        let at = parameters.instant_or(self.at.as_ref(), now)?;
        let properties = properties.transpose()?.unwrap_or_default();
        Ok(Entry { user, at, what: What::Event { name, properties, id: id.transpose()? } })
    }
}

/// The members of a JSON object.
fn object(parameters: &Parameters, literal: &Spanned<Literal>) -> Result<Arc<Object>> {
    let value = parameters.resolve(literal)?;
    check_value(&value).map_err(|error| error.at(literal.span))?;
    match value {
        Value::Object(members) => Ok(members),
        other => Err(Error::from(ErrorKind::Type {
            place: "TRACK".to_owned(),
            wanted: "a JSON object of properties".to_owned(),
            found: format!("a {}", other.kind()),
        })
        .at(literal.span)),
    }
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TRACK {} FOR USER {}", self.event, self.user)?;
        self.properties.iter().try_for_each(|properties| write!(f, " {properties}"))?;
        optional(f, "AT", self.at.as_ref())?;
        optional(f, "ID", self.id.as_ref())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "TRACK",
    syntax: "TRACK '<event>' FOR USER '<id>' [<json object>] [AT <timestamp>] [ID '<id>']",
    summary: "stores something that a user did; an event with an id that was seen is ignored",
    example: "TRACK 'Charged' FOR USER 'u1' {\"amount\": 12.5} AT '2026-03-01T09:00:00Z' ID 'order-7'",
};
