//! `GET`: the values that keys have for a user.

use std::fmt;

use super::canonical::{join, optional};
use super::{Help, Text, When, given, named, text, when};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Literal, Name, Role, Spanned, Timestamp, Under, Value, write_step};
use crate::syntax::{Cursor, Node, Rule};

/// `GET key, … [FOR USER '…'] [WITH {…} | WITH a = literal, …] [AS OF timestamp] [UNDER CONFIG c [VERSION n]]`
#[derive(Clone, Debug, PartialEq)]
pub struct Get {
    /// Which keys.
    pub what: GetWhat,
    /// The id of the user.
    pub user: Option<Text>,
    /// The attributes that come with the request.
    pub attributes: Option<Attributes>,
    /// The instant to look from; `None` is now.
    pub as_of: Option<When>,
    /// A version to pretend live.
    pub under: Option<Under>,
}

/// Attributes that come with a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Attributes {
    /// `WITH {…}`: the members of a JSON object.
    Json(Spanned<Literal>),
    /// `WITH name = literal, …`
    Named(Vec<(Spanned<Name>, Spanned<Literal>)>),
}

/// Keys that a `GET` reads.
#[derive(Clone, Debug, PartialEq)]
pub enum GetWhat {
    /// These.
    Keys(Vec<Spanned<Name>>),
    /// `CONFIG name`: those of a config.
    Config(Spanned<Name>),
    /// `ALL`: every key that is not archived.
    All,
}

impl Get {
    /// The role that it needs: what users have now is for all, what they had, will or could have is not.
    pub(super) fn role(&self) -> Role {
        if self.as_of.is_none() && self.under.is_none() { Role::Values } else { Role::Read }
    }

    /// Reads one key.
    pub fn key<N>(key: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self::of(GetWhat::Keys(vec![named(key)?])))
    }

    /// Reads several keys, of one state of the store.
    pub fn keys<N>(keys: impl IntoIterator<Item = N>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self::of(GetWhat::Keys(keys.into_iter().map(named).collect::<Result<_>>()?)))
    }

    /// Reads the keys of a config.
    pub fn config<N>(config: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self::of(GetWhat::Config(named(config)?)))
    }

    /// Reads every key that is not archived.
    #[must_use]
    pub fn all() -> Self {
        Self::of(GetWhat::All)
    }

    fn of(what: GetWhat) -> Self {
        Self { what, user: None, attributes: None, as_of: None, under: None }
    }

    /// The id of the user.
    #[must_use]
    pub fn user(mut self, user: impl Into<Literal>) -> Self {
        self.user = Some(text(user));
        self
    }

    /// The attributes that come with the request.
    pub fn with(mut self, attributes: impl Into<Literal>) -> Result<Self> {
        let attributes = text(attributes);
        admit(&attributes)?;
        self.attributes = Some(Attributes::Json(attributes));
        Ok(self)
    }

    /// The instant to look from.
    #[must_use]
    pub fn as_of(mut self, as_of: Timestamp) -> Self {
        self.as_of = Some(when(as_of));
        self
    }

    /// A version to pretend live.
    pub fn under<N>(mut self, config: N, version: u64) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        self.under = Some(Under { config: named(config)?, version: Some(given(version)) });
        Ok(self)
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let what = GetWhat::build(&children.operand()?)?;
        Self::build_rest(what, &mut children)
    }

    /// Builds the clauses after the keys, as far as there are any.
    pub(super) fn build_rest(what: GetWhat, children: &mut Cursor<'_>) -> Result<Self> {
        let mut get = Self::of(what);
        if let Some(user) = children.accept(Rule::for_user) {
            get.user = Some(user.children().literal()?);
        }
        if let Some(with) = children.accept(Rule::with) {
            get.attributes = Some(Attributes::build(with.children())?);
        }
        if let Some(as_of) = children.accept(Rule::as_of) {
            get.as_of = Some(as_of.children().instant()?);
        }
        if let Some(under) = children.accept(Rule::under) {
            get.under = Some(under.children().under()?);
        }
        Ok(get)
    }
}

impl Attributes {
    pub(super) fn build(mut children: Cursor<'_>) -> Result<Self> {
        children.saw(Rule::k_with);
        if children.peek() != Some(Rule::setting) {
            let attributes = children.literal()?;
            admit(&attributes)?;
            return Ok(Self::Json(attributes));
        }
        let settings = children.filter(|child| child.rule() == Rule::setting).map(|setting| {
            let mut setting = setting.children();
            Ok((setting.name()?, setting.literal()?))
        });
        settings.collect::<Result<_>>().map(Self::Named)
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(attributes) => attributes.fmt(f),
            Self::Named(settings) => {
                settings.iter().enumerate().try_for_each(|(i, (name, value))| {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    write_step(f, name.node.as_str(), true)?;
                    write!(f, " = {value}")
                })
            }
        }
    }
}

/// Refuses attributes that are no object, or name the id of the user.
pub(super) fn admit(attributes: &Spanned<Literal>) -> Result<()> {
    let kind = match &attributes.node {
        Literal::Value(Value::Object(members)) if members.contains_key("user_id") => {
            ErrorKind::UserIdIsGiven
        }
        Literal::Value(Value::Object(_)) | Literal::Parameter(_) => return Ok(()),
        Literal::Value(other) => ErrorKind::Type {
            place: "WITH".to_owned(),
            wanted: "a JSON object".to_owned(),
            found: format!("a {}", other.kind()),
        },
    };
    Err(Error::new(kind).at(attributes.span))
}

impl GetWhat {
    fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        Ok(match node.rule() {
            Rule::get_all => Self::All,
            Rule::get_config => Self::Config(children.name()?),
            _ => Self::Keys(keys(children)?),
        })
    }
}

/// The names of keys, with commas between them.
pub(super) fn keys(mut children: Cursor<'_>) -> Result<Vec<Spanned<Name>>> {
    let mut keys = vec![children.name()?];
    while children.saw(Rule::comma) {
        keys.push(children.name()?);
    }
    Ok(keys)
}

impl fmt::Display for GetWhat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(keys) => f.write_str(&join(keys)),
            Self::Config(name) => write!(f, "CONFIG {name}"),
            Self::All => f.write_str("ALL"),
        }
    }
}

impl fmt::Display for Get {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GET {}", self.what)?;
        optional(f, "FOR USER", self.user.as_ref())?;
        optional(f, "WITH", self.attributes.as_ref())?;
        optional(f, "AS OF", self.as_of.as_ref())?;
        self.under.iter().try_for_each(|under| write!(f, " {under}"))
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "GET",
    syntax: "GET <key>, … | GET CONFIG <config> | GET ALL [FOR USER '<id>'] [WITH <json> | <attribute> = <literal>, …] [AS OF <timestamp>] [UNDER CONFIG <c> [VERSION <n>]]",
    summary: "reads the values that keys have for a user",
    example: "GET dark FOR USER 'u1' WITH {\"city\": \"New York\"}",
};
