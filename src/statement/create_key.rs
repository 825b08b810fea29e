//! `CREATE KEY`: a new key with its type and default.

use std::fmt;
use std::sync::Arc;

use super::alter_key::become_key;
use super::binder::Binder;
use super::create_mode::there_already;
use super::domain::Domain;
use super::effect::{Effect, Operation};
use super::find::already_exists;
use super::layout::Clauses;
use super::plan::Plan;
use super::{CreateMode, Help, Text, named, text};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Change, Expr, Key, KeyType, Literal, Name, ObjectKind, Role, Spanned};
use crate::syntax::{self, Cursor, Node, Rule};

/// `CREATE [OR ALTER] KEY [IF NOT EXISTS] name type [SENSITIVE] DEFAULT value [CHECK (…)] [DESCRIPTION '…']`
#[derive(Clone, Debug, PartialEq)]
pub struct CreateKey {
    /// What is done if there is one of the name.
    pub mode: CreateMode,
    /// The name.
    pub name: Spanned<Name>,
    /// The type, which never changes.
    pub kind: KeyType,
    /// Whether its values are for apps alone.
    pub sensitive: bool,
    /// The value where no row gives one.
    pub default: Spanned<Literal>,
    /// What every value must make true.
    pub check: Option<Expr>,
    /// What it is for.
    pub description: Option<Text>,
}

impl CreateKey {
    /// A key with its type and the value that it has where no row gives one.
    pub fn new<N>(name: N, kind: KeyType, default: impl Into<Literal>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let (name, default) = (named(name)?, text(default));
        let (mode, sensitive) = (CreateMode::New, false);
        Ok(Self { mode, name, kind, sensitive, default, check: None, description: None })
    }

    /// What is done if there is a key of the name.
    #[must_use]
    pub fn mode(mut self, mode: CreateMode) -> Self {
        self.mode = mode;
        self
    }

    /// The role that it needs.
    pub(super) fn role(&self) -> Role {
        self.mode.role()
    }

    /// Its values are for apps alone, and are shown to nobody else.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// What every value must make true: a condition over `VALUE`, as text.
    pub fn check(mut self, condition: &str) -> Result<Self> {
        self.check = Some(syntax::condition(condition, true)?);
        Ok(self)
    }

    /// What it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<Literal>) -> Self {
        self.description = Some(text(description));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let mode = CreateMode::build(&mut children, Rule::k_key);
        Self::build_body(&mut children).map(|key| key.mode(mode))
    }

    /// Builds what stands after `KEY`; in a dump there is more behind it.
    pub(super) fn build_body(children: &mut Cursor<'_>) -> Result<Self> {
        let name = children.name()?;
        let kind = key_type(&children.operand()?)?;
        let (sensitive, default) = (children.saw(Rule::k_sensitive), children.literal()?);
        let (mode, check, description) = (CreateMode::New, None, None);
        let mut key = Self { mode, name, kind, sensitive, default, check, description };
        loop {
            if children.saw(Rule::k_check) {
                key.check = Some(children.condition()?);
            } else if children.saw(Rule::k_description) {
                key.description = Some(children.literal()?);
            } else {
                return Ok(key);
            }
        }
    }

    /// The clauses of the statement; `words` stand before the name.
    pub(super) fn clauses(&self, words: &str) -> Clauses {
        let Self { name, kind, default, .. } = self;
        let sensitive = if self.sensitive { " SENSITIVE" } else { "" };
        let head = format!("{words} {name} {kind}{sensitive} DEFAULT {default}");
        let mut clauses = Clauses::new(head);
        clauses.extend(self.check.iter().map(|check| format!("CHECK ({check})")));
        clauses.text("DESCRIPTION", self.description.as_ref());
        clauses
    }
}

fn key_type(node: &Node<'_>) -> Result<KeyType> {
    Ok(match node.children().node()?.rule() {
        Rule::k_boolean => KeyType::Boolean,
        Rule::k_integer => KeyType::Integer,
        Rule::k_double => KeyType::Double,
        Rule::k_string => KeyType::String,
        _ => KeyType::Json,
    })
}

impl fmt::Display for CreateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clauses(&self.mode.head(ObjectKind::Key)).fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "CREATE KEY",
    syntax: "CREATE [OR ALTER] KEY [IF NOT EXISTS] <name> BOOLEAN | INTEGER | DOUBLE | STRING | JSON [SENSITIVE] DEFAULT <value> [CHECK (<condition over VALUE>)] [DESCRIPTION '…']",
    summary: "makes a key: a value that the app reads by name",
    example: "CREATE KEY volume INTEGER DEFAULT 5 CHECK (VALUE BETWEEN 0 AND 11) DESCRIPTION 'how loud'",
};

impl CreateKey {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let name = &self.name.node;
        if let Some(old) = binder.catalog.key_named(name.as_str()) {
            return match self.mode {
                CreateMode::New => Err(already_exists(ObjectKind::Key, &self.name, old.archived)),
                CreateMode::IfNotExists => Ok(there_already(ObjectKind::Key, name, name)),
                CreateMode::OrAlter => self.alter(binder),
            };
        }
        let key = self.key(binder)?;
        let mut draft = binder.draft();
        draft.push(Change::Key(Arc::new(key)))?;
        Ok(draft.end(Effect::of(Operation::Created, ObjectKind::Key, name).with_version(1)))
    }

    /// Makes the key that is there what is written.
    fn alter(&self, binder: &Binder<'_>) -> Result<Plan> {
        let old = binder.usable_key(&self.name)?;
        if old.kind != self.kind {
            let (key, kind) = (old.name.clone(), old.kind);
            let error = ErrorKind::OtherType { key, kind, wanted: self.kind };
            return Err(Error::from(error).at(self.name.span));
        }
        let key = Key { id: old.id, version: old.version, ..self.key(binder)? };
        become_key(binder, &self.name, key, Some(self.default.span))
    }

    /// The key that it makes, whether or not there is one of that name.
    pub(crate) fn key(&self, binder: &Binder<'_>) -> Result<Key> {
        let check =
            self.check.as_ref().map(|c| binder.check_condition(c, self.kind)).transpose()?;
        let domain = Domain::new(&self.name.node, self.kind, check.as_ref(), self.sensitive)?;
        let default = domain.admit(binder.parameters.resolve(&self.default)?, self.default.span)?;
        Ok(Key {
            id: binder.catalog.next_key(),
            name: self.name.node.clone(),
            kind: self.kind,
            default,
            description: binder.parameters.optional(self.description.as_ref())?,
            check,
            sensitive: self.sensitive,
            archived: false,
            version: 1,
        })
    }
}
