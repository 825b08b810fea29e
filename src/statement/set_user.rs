//! `SET USER`: attributes that a user has from an instant on.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::layout::Clauses;
use super::profile::refuse_misfit;
use super::{Help, Parameters, Text, When, named, text, when};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Entry, Literal, Name, Object, Spanned, Timestamp, Value, What, check_attribute, check_value,
    write_step,
};
use crate::syntax::{Cursor, Node, Rule};

/// `SET USER 'id' attribute = literal, … [AT timestamp]`
#[derive(Clone, Debug, PartialEq)]
pub struct SetUser {
    /// The id of the user.
    pub user: Text,
    /// The attributes and their values; `NULL` removes one.
    pub attributes: Vec<(Spanned<Arc<str>>, Spanned<Literal>)>,
    /// From when on; `None` is now.
    pub at: Option<When>,
}

impl SetUser {
    /// Sets attributes of a user; those that are not named stay.
    #[must_use]
    pub fn new(user: impl Into<Literal>) -> Self {
        Self { user: text(user), attributes: Vec::new(), at: None }
    }

    /// Sets an attribute; `NULL` removes it.
    pub fn attribute<N>(mut self, name: N, value: impl Into<Literal>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let name = named(name)?;
        self.attributes.push((Spanned::new(name.node.to_arc(), name.span), text(value)));
        Ok(self)
    }

    /// From when on.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(when(at));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let user = children.literal()?;
        let mut attributes = vec![setting(children.node()?.children())?];
        while children.saw(Rule::comma) {
            attributes.push(setting(children.node()?.children())?);
        }
        Ok(Self { user, attributes, at: children.instant_after(Rule::k_at)? })
    }

    /// What it appends to what is known of the user.
    pub(crate) fn entry(&self, binder: &Binder<'_>) -> Result<Entry> {
        let entry = self.unchecked_entry(binder.parameters, binder.now)?;
        let What::Profile(attributes) = &entry.what else { return Ok(entry) };
        for ((name, literal), value) in self.attributes.iter().zip(attributes.values()) {
            refuse_misfit(binder.catalog, &name.node, value, literal.span)?;
        }
        Ok(entry)
    }

    /// The same, whatever is declared: it was stored before that, says a dump.
    pub(crate) fn unchecked_entry(&self, parameters: &Parameters, now: Timestamp) -> Result<Entry> {
        let user = parameters.user_id(&self.user)?;
        let mut attributes = Object::new();
        for (name, literal) in &self.attributes {
            let value = parameters.resolve(literal)?;
            check_attribute(&name.node, &value).map_err(|error| match error.kind() {
                ErrorKind::UserIdIsGiven | ErrorKind::BadName(_) => error.at(name.span),
                _ => error.at(literal.span),
            })?;
            if attributes.insert(Arc::clone(&name.node), value).is_some() {
                return Err(twice(name));
            }
        }
        let attributes = Arc::new(attributes);
        check_value(&Value::Object(Arc::clone(&attributes)))?;
        let at = parameters.instant_or(self.at.as_ref(), now)?;
        Ok(Entry { user, at, what: What::Profile(attributes) })
    }
}

fn setting(mut children: Cursor<'_>) -> Result<(Spanned<Arc<str>>, Spanned<Literal>)> {
    let name = children.name()?;
    Ok((Spanned::new(name.node.to_arc(), name.span), children.literal()?))
}

fn twice(name: &Spanned<Arc<str>>) -> Error {
    let kind = ErrorKind::Duplicate { what: "attribute", name: name.node.to_string() };
    Error::from(kind).at(name.span)
}

/// Writes an attribute and its value.
struct Setting<'a>(&'a (Spanned<Arc<str>>, Spanned<Literal>));

impl fmt::Display for Setting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_step(f, &self.0.0.node, true)?;
        write!(f, " = {}", self.0.1)
    }
}

impl SetUser {
    /// The clauses of the statement; `word` stands before `USER`.
    pub(super) fn clauses(&self, word: &str) -> Clauses {
        let mut clauses = Clauses::new(format!("{word} USER {}", self.user));
        clauses.list(self.attributes.iter().map(|setting| Setting(setting).to_string()));
        clauses.text("AT", self.at.as_ref());
        clauses
    }
}

impl fmt::Display for SetUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clauses("SET").fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SET USER",
    syntax: "SET USER '<id>' <attribute> = <literal>, … [AT <timestamp>]",
    summary: "sets attributes of a user; NULL removes one",
    example: "SET USER 'u1' city = 'New York', plan = NULL AT '2026-03-01T09:00:00Z'",
};
