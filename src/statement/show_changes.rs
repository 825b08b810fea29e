//! `SHOW CHANGES`: when the values of a user changed, and why.

use std::fmt;

use super::canonical::{count_of, join, optional};
use super::get::{admit, keys};
use super::{Attributes, Filter, Help, Text, When, named, text, when};
use crate::error::{Error, Result};
use crate::model::{Literal, Name, Spanned, Timestamp};
use crate::syntax::{Cursor, Node, Rule};

/// `SHOW CHANGES OF key, … | OF CONFIG name FOR USER '…' [WITH …] [SINCE timestamp] [UNTIL timestamp] …`
#[derive(Clone, Debug, PartialEq)]
pub struct ShowChanges {
    /// Whose values.
    pub of: ChangesOf,
    /// The id of the user.
    pub user: Text,
    /// The attributes that are taken to hold all the time.
    pub attributes: Option<Attributes>,
    /// The first instant that is looked at; `None` is when the first of the keys was created.
    pub since: Option<When>,
    /// The last instant that is looked at; `None` is now.
    pub until: Option<When>,
    /// Which of the rows.
    pub filter: Filter,
    /// Whether the rows are only counted.
    pub count: bool,
}

/// Keys whose values are looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangesOf {
    /// These.
    Keys(Vec<Spanned<Name>>),
    /// `CONFIG name`: those that the config has now.
    Config(Spanned<Name>),
}

impl ShowChanges {
    /// Looks at the values that a user was given of a key.
    pub fn key<N>(key: N, user: impl Into<Literal>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Self::keys([key], user)
    }

    /// Looks at the values that a user was given of several keys.
    pub fn keys<N>(keys: impl IntoIterator<Item = N>, user: impl Into<Literal>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let keys = keys.into_iter().map(named).collect::<Result<_>>()?;
        Ok(Self::of(ChangesOf::Keys(keys), user))
    }

    /// Looks at the values that a user was given of the keys that a config has now.
    pub fn config<N>(config: N, user: impl Into<Literal>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self::of(ChangesOf::Config(named(config)?), user))
    }

    fn of(of: ChangesOf, user: impl Into<Literal>) -> Self {
        let (attributes, since, until, filter) = (None, None, None, Filter::default());
        Self { of, user: text(user), attributes, since, until, filter, count: false }
    }

    /// The attributes that are taken to hold all the time.
    pub fn with(mut self, attributes: impl Into<Literal>) -> Result<Self> {
        let attributes = text(attributes);
        admit(&attributes)?;
        self.attributes = Some(Attributes::Json(attributes));
        Ok(self)
    }

    /// The first instant that is looked at.
    #[must_use]
    pub fn since(mut self, since: Timestamp) -> Self {
        self.since = Some(when(since));
        self
    }

    /// The last instant that is looked at, which may be one to come.
    #[must_use]
    pub fn until(mut self, until: Timestamp) -> Self {
        self.until = Some(when(until));
        self
    }

    /// Only counts the rows.
    #[must_use]
    pub fn counted(self) -> Self {
        Self { count: true, ..self }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let count = children.counts();
        let of = ChangesOf::build(&mut children)?;
        let user = children.node()?.children().literal()?;
        let with = children.accept(Rule::with);
        let attributes = with.map(|with| Attributes::build(with.children())).transpose()?;
        let since = children.instant_after(Rule::k_since)?;
        let until = children.instant_after(Rule::k_until)?;
        let filter = Filter::build(&mut children)?;
        Ok(Self { of, user, attributes, since, until, filter, count })
    }
}

impl ChangesOf {
    fn build(children: &mut Cursor<'_>) -> Result<Self> {
        children.saw(Rule::k_changes);
        children.saw(Rule::k_of);
        match children.accept(Rule::changes_config) {
            Some(config) => config.children().name().map(Self::Config),
            None => keys(children.node()?.children()).map(Self::Keys),
        }
    }
}

impl fmt::Display for ChangesOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(keys) => f.write_str(&join(keys)),
            Self::Config(name) => write!(f, "CONFIG {name}"),
        }
    }
}

impl fmt::Display for ShowChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, user, .. } = self;
        write!(f, "SHOW {}CHANGES OF {of} FOR USER {user}", count_of(self.count))?;
        optional(f, "WITH", self.attributes.as_ref())?;
        optional(f, "SINCE", self.since.as_ref())?;
        optional(f, "UNTIL", self.until.as_ref())?;
        self.filter.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SHOW CHANGES",
    syntax: "SHOW [COUNT OF] CHANGES OF <key>, … | OF CONFIG <config> FOR USER '<id>' [WITH <json> | WITH <attribute> = <literal>, …] [SINCE <timestamp>] [UNTIL <timestamp>] [WHERE …] [ORDER BY …] [LIMIT <n>]",
    summary: "tells when the values of a user changed, and why",
    example: "SHOW CHANGES OF dark FOR USER 'u1' SINCE '2026-03-01T00:00:00Z' LIMIT 10",
};
