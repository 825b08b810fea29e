//! `PREVIEW`: who would get other values by a write, which is not made.

use std::fmt;

use super::layout::{Clause, Clauses};
use super::{Attributes, Help, Publish, Statement, Text, When, given, text, when};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Expr, Given, Literal, Name, Span, Spanned, Timestamp, USER_ID, Value, parts};
use crate::syntax::{Cursor, Node, Rule};

/// `PREVIEW write [FOR …] [BY USER] [AS OF timestamp] [LIMIT n]`
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// What would change something.
    pub what: Previewed,
    /// Of whom it is told; `None`: of all users that the store knows, or of the traffic if it knows none.
    pub population: Option<Population>,
    /// What a row is about.
    pub detail: Detail,
    /// The instant to look at. `None`: that of the write's `AT`; else now, or, if nobody gets another value now, the first
    /// turn of a publication to come at which somebody does.
    pub as_of: Option<When>,
    /// How many rows there are at most.
    pub limit: Option<Spanned<Given<u64>>>,
}

/// What a preview is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Previewed {
    /// A statement that would make a revision.
    Write(Box<Statement>),
    /// `COMMIT`: what the open transaction wrote.
    Commit,
    /// `AS OF a TO b`: what changes between two instants, whoever does it.
    Between {
        /// The one that is before.
        from: When,
        /// The one that is after.
        to: When,
    },
}

/// People of whom a preview tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Population {
    /// `USERS [WHERE condition]`: the users that the store knows.
    Users {
        /// What has to be true of a user as things stand before.
        condition: Option<Expr>,
    },
    /// `TRAFFIC [WHERE condition]`: the contexts that were recorded.
    Traffic {
        /// What has to be true of a context as things stand before.
        condition: Option<Expr>,
    },
    /// `USER 'id' [WITH …]`
    User {
        /// The id.
        id: Text,
        /// The attributes that come with the request.
        attributes: Option<Attributes>,
    },
    /// `CONTEXTS [{…}, …]`: a list of JSON objects, each of the attributes of one request.
    Contexts(Spanned<Literal>),
}

/// What a row of a preview is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// All who get one value in place of another.
    #[default]
    Groups,
    /// `BY USER`: one user.
    Users,
}

impl Preview {
    /// Previews a write, or a `COMMIT`.
    #[must_use]
    pub fn of(statement: impl Into<Statement>) -> Self {
        Self::new(match statement.into() {
            Statement::Commit(_) => Previewed::Commit,
            write => Previewed::Write(Box::new(write)),
        })
    }

    /// Previews what changes between two instants.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        Self::new(Previewed::Between { from: when(from), to: when(to) })
    }

    fn new(what: Previewed) -> Self {
        Self { what, population: None, detail: Detail::Groups, as_of: None, limit: None }
    }

    /// Tells of these people.
    #[must_use]
    pub fn population(mut self, population: Population) -> Self {
        self.population = Some(population);
        self
    }

    /// Has a row for each user and key.
    #[must_use]
    pub fn by_user(mut self) -> Self {
        self.detail = Detail::Users;
        self
    }

    /// The instant to look at.
    #[must_use]
    pub fn as_of(mut self, as_of: Timestamp) -> Self {
        self.as_of = Some(when(as_of));
        self
    }

    /// How many rows there are at most.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(given(limit));
        self
    }

    /// Whether it may be about contexts that were recorded.
    pub(crate) fn may_read_traffic(&self) -> bool {
        matches!(self.population, None | Some(Population::Traffic { .. }))
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        children.saw(Rule::k_preview);
        let mut preview = Self::new(Previewed::build(&children.node()?)?);
        if let Some(population) = children.accept(Rule::population) {
            preview.population = Some(Population::build(&population)?);
        }
        if children.saw(Rule::by_user) {
            preview.detail = Detail::Users;
        }
        if let Some(as_of) = children.accept(Rule::as_of) {
            preview.as_of = Some(as_of.children().instant()?);
        }
        preview.limit = children.whole_after(Rule::k_limit)?;
        Ok(preview)
    }
}

impl Previewed {
    fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        if node.rule() == Rule::interval {
            let from = children.instant()?;
            return Ok(Self::Between { from, to: children.instant()? });
        }
        Ok(match Statement::build(&children.operand()?)? {
            Statement::Commit(_) => Self::Commit,
            write => Self::Write(Box::new(write)),
        })
    }

    /// The publication of a version that the write makes, which is what people mean by what it changes; `name` is
    /// that of the config after it.
    pub(crate) fn publication(&self, name: &Name) -> Publish {
        let span = match self {
            Self::Write(write) => match &**write {
                Statement::CreateConfig(create) => create.name.span,
                Statement::AlterConfig(alter) => alter.name.span,
                _ => Span::default(),
            },
            Self::Commit | Self::Between { .. } => Span::default(),
        };
        let config = Spanned::new(name.clone(), span);
        Publish { config, version: None, at: None, until: None, comment: None }
    }
}

impl Population {
    /// All users that the store knows.
    #[must_use]
    pub fn users() -> Self {
        Self::Users { condition: None }
    }

    /// All contexts that were recorded.
    #[must_use]
    pub fn traffic() -> Self {
        Self::Traffic { condition: None }
    }

    /// One user.
    #[must_use]
    pub fn user(id: impl Into<Literal>) -> Self {
        Self::User { id: text(id), attributes: None }
    }

    /// Contexts: a list of JSON objects, each with the attributes of one request, among them `user_id` or not.
    pub fn contexts(contexts: impl Into<Literal>) -> Result<Self> {
        Self::of_contexts(text(contexts))
    }

    fn of_contexts(contexts: Spanned<Literal>) -> Result<Self> {
        if let Literal::Value(value) = &contexts.node {
            context_list(value).map_err(|error| error.at(contexts.span))?;
        }
        Ok(Self::Contexts(contexts))
    }

    fn build(node: &Node<'_>) -> Result<Self> {
        let node = node.children().operand()?;
        let mut children = node.children();
        Ok(match node.rule() {
            Rule::every_user => {
                children.saw(Rule::k_users);
                Self::Users { condition: condition_of(&mut children)? }
            }
            Rule::every_context => {
                children.saw(Rule::k_traffic);
                Self::Traffic { condition: condition_of(&mut children)? }
            }
            Rule::one_user => {
                let id = children.literal()?;
                let with = children.accept(Rule::with);
                let attributes = with.map(|with| Attributes::build(with.children())).transpose()?;
                Self::User { id, attributes }
            }
            _ => Self::of_contexts(children.literal()?)?,
        })
    }

    fn clause(&self) -> Clause {
        match self {
            Self::Users { condition: None } => "FOR USERS".to_owned().into(),
            Self::Users { condition: Some(condition) } => {
                Clause::of_condition("FOR USERS WHERE", parts(condition))
            }
            Self::Traffic { condition: None } => "FOR TRAFFIC".to_owned().into(),
            Self::Traffic { condition: Some(condition) } => {
                Clause::of_condition("FOR TRAFFIC WHERE", parts(condition))
            }
            Self::User { id, attributes: None } => format!("FOR USER {id}").into(),
            Self::User { id, attributes: Some(with) } => {
                format!("FOR USER {id} WITH {with}").into()
            }
            Self::Contexts(contexts) => format!("FOR CONTEXTS {contexts}").into(),
        }
    }
}

/// The condition after a `WHERE`, if there is one.
fn condition_of(children: &mut Cursor<'_>) -> Result<Option<Expr>> {
    let is_some = children.saw(Rule::k_where);
    is_some.then(|| children.condition()).transpose()
}

/// The contexts of a list of JSON objects.
pub(crate) fn context_list(value: &Value) -> Result<&[Value]> {
    let wrong = |wanted: &str, found: &Value| {
        let (place, found) = ("CONTEXTS".to_owned(), found.kind().words().to_owned());
        Error::from(ErrorKind::Type { place, wanted: wanted.to_owned(), found })
    };
    let Value::List(contexts) = value else {
        return Err(wrong("a JSON list of objects", value));
    };
    for context in contexts.iter() {
        let Value::Object(members) = context else {
            return Err(wrong("a JSON list of objects", context));
        };
        match members.get(USER_ID) {
            None | Some(Value::String(_)) => {}
            Some(other) => return Err(wrong("a text as each `user_id`", other)),
        }
    }
    Ok(contexts)
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses = match &self.what {
            Previewed::Write(write) => Clauses::of("PREVIEW", write),
            Previewed::Commit => Clauses::new("PREVIEW COMMIT".to_owned()),
            Previewed::Between { from, to } => {
                Clauses::new(format!("PREVIEW AS OF {from} TO {to}"))
            }
        };
        clauses.extend(self.population.as_ref().map(Population::clause));
        let by_user = self.detail == Detail::Users;
        clauses.extend(by_user.then(|| "BY USER".to_owned()));
        clauses.text("AS OF", self.as_of.as_ref());
        clauses.text("LIMIT", self.limit.as_ref());
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "PREVIEW",
    syntax: "PREVIEW <write> | PREVIEW COMMIT | PREVIEW AS OF <timestamp> TO <timestamp> [FOR USERS [WHERE <condition>] | FOR TRAFFIC [WHERE <condition>] | FOR USER '<id>' [WITH <json>] | FOR CONTEXTS <json list>] [BY USER] [AS OF <timestamp>] [LIMIT <n>]",
    summary: "shows who would get other values by a write, which is not made",
    example: "PREVIEW PUBLISH CONFIG dark_mode FOR USERS WHERE country = 'NO'",
};
