//! `CREATE ATTRIBUTE`: declares what is known of a user.

use std::fmt;
use std::sync::Arc;

use super::alter_attribute::become_attribute;
use super::binder::Binder;
use super::canonical;
use super::create_mode::there_already;
use super::effect::{Effect, Operation};
use super::find::already_exists;
use super::layout::Clauses;
use super::plan::Plan;
use super::{CreateMode, Help, Text, named, text};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Attribute, AttributeType, Change, Expr, Literal, Name, ObjectKind, Spanned, USER_ID,
};
use crate::syntax::{self, Cursor, Node, Rule};

/// `CREATE [OR ALTER] ATTRIBUTE [IF NOT EXISTS] name type [SENSITIVE] [CHECK (…)] [DESCRIPTION '…']`
#[derive(Clone, Debug, PartialEq)]
pub struct CreateAttribute {
    /// What is done if there is one of the name.
    pub mode: CreateMode,
    /// The name.
    pub name: Spanned<Name>,
    /// The type, which never changes.
    pub kind: AttributeType,
    /// Whether its values are shown to nobody but apps.
    pub sensitive: bool,
    /// What every value must make true.
    pub check: Option<Expr>,
    /// What it says of a user.
    pub description: Option<Text>,
}

impl CreateAttribute {
    /// An attribute with its type.
    pub fn new<N>(name: N, kind: AttributeType) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let (mode, name, sensitive) = (CreateMode::New, named(name)?, false);
        Ok(Self { mode, name, kind, sensitive, check: None, description: None })
    }

    /// What is done if there is an attribute of the name.
    #[must_use]
    pub fn mode(mut self, mode: CreateMode) -> Self {
        self.mode = mode;
        self
    }

    /// Its values are shown to nobody but apps.
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

    /// What it says of a user.
    #[must_use]
    pub fn description(mut self, description: impl Into<Literal>) -> Self {
        self.description = Some(text(description));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let mode = CreateMode::build(&mut children, Rule::k_attribute);
        Self::build_body(&mut children).map(|attribute| attribute.mode(mode))
    }

    /// Builds what stands after `ATTRIBUTE`; in a dump there is more behind it.
    pub(super) fn build_body(children: &mut Cursor<'_>) -> Result<Self> {
        let (name, kind) = (children.name()?, attribute_type(&children.operand()?)?);
        let (mode, sensitive) = (CreateMode::New, children.saw(Rule::k_sensitive));
        let mut attribute = Self { mode, name, kind, sensitive, check: None, description: None };
        loop {
            if children.saw(Rule::k_check) {
                attribute.check = Some(children.condition()?);
            } else if children.saw(Rule::k_description) {
                attribute.description = Some(children.literal()?);
            } else {
                return Ok(attribute);
            }
        }
    }

    /// The clauses of the statement; `words` stand before the name.
    pub(super) fn clauses(&self, words: &str) -> Clauses {
        let name = canonical::name(ObjectKind::Attribute, &self.name.node);
        let sensitive = if self.sensitive { " SENSITIVE" } else { "" };
        let mut clauses = Clauses::new(format!("{words} {name} {}{sensitive}", self.kind));
        clauses.extend(self.check.iter().map(|check| format!("CHECK ({check})")));
        clauses.text("DESCRIPTION", self.description.as_ref());
        clauses
    }
}

fn attribute_type(node: &Node<'_>) -> Result<AttributeType> {
    Ok(match node.children().node()?.rule() {
        Rule::k_boolean => AttributeType::Boolean,
        Rule::k_integer => AttributeType::Integer,
        Rule::k_double => AttributeType::Double,
        Rule::k_string => AttributeType::String,
        Rule::k_timestamp => AttributeType::Timestamp,
        Rule::k_semver => AttributeType::Semver,
        Rule::k_version => AttributeType::Version,
        _ => AttributeType::Json,
    })
}

impl fmt::Display for CreateAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clauses(&self.mode.head(ObjectKind::Attribute)).fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "CREATE ATTRIBUTE",
    syntax: "CREATE [OR ALTER] ATTRIBUTE [IF NOT EXISTS] <name> BOOLEAN | INTEGER | DOUBLE | STRING | JSON | TIMESTAMP | SEMVER | VERSION [SENSITIVE] [CHECK (<condition over VALUE>)] [DESCRIPTION '…']",
    summary: "declares an attribute of users: its type, and what its values meet",
    example: "CREATE ATTRIBUTE age INTEGER CHECK (VALUE BETWEEN 0 AND 150) DESCRIPTION 'in years'",
};

impl CreateAttribute {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let name = &self.name.node;
        if name.as_str() == USER_ID {
            return self.given();
        }
        if let Some(old) = binder.catalog.attribute_named(name.as_str()) {
            let kind = ObjectKind::Attribute;
            return match self.mode {
                CreateMode::New => Err(already_exists(kind, &self.name, old.archived)),
                CreateMode::IfNotExists => Ok(there_already(kind, name, name)),
                CreateMode::OrAlter => self.alter(binder),
            };
        }
        let attribute = self.attribute(binder)?;
        let mut draft = binder.draft();
        draft.push(Change::Attribute(Arc::new(attribute)))?;
        Ok(draft.end(Effect::of(Operation::Created, ObjectKind::Attribute, name).with_version(1)))
    }

    /// `user_id` is declared from the start, and is no object.
    fn given(&self) -> Result<Plan> {
        let (kind, name) = (ObjectKind::Attribute, &self.name.node);
        let adds = self.sensitive || self.check.is_some() || self.description.is_some();
        match self.mode {
            CreateMode::New => {
                let error = already_exists(kind, &self.name, false);
                Err(error.hint("it is the id of the user, a STRING, and declared from the start"))
            }
            CreateMode::IfNotExists => Ok(there_already(kind, name, name)),
            CreateMode::OrAlter if self.kind == AttributeType::String && !adds => {
                Ok(Plan::unchanged(format!("attribute {name} is like that already")))
            }
            CreateMode::OrAlter => Err(Error::from(ErrorKind::UserIdIsBuiltIn).at(self.name.span)),
        }
    }

    /// Makes the attribute that is there what is written.
    fn alter(&self, binder: &Binder<'_>) -> Result<Plan> {
        let old = binder.usable_attribute(&self.name)?;
        if old.kind != self.kind {
            let (attribute, kind) = (old.name.clone(), old.kind);
            let error = ErrorKind::OtherAttributeType { attribute, kind, wanted: self.kind };
            return Err(Error::from(error).at(self.name.span));
        }
        let new = Attribute { id: old.id, version: old.version, ..self.attribute(binder)? };
        become_attribute(binder, &self.name, new)
    }

    /// The attribute that it makes, whether or not there is one of that name.
    pub(crate) fn attribute(&self, binder: &Binder<'_>) -> Result<Attribute> {
        let check = self.check.as_ref();
        Ok(Attribute {
            id: binder.catalog.next_attribute(),
            name: self.name.node.clone(),
            kind: self.kind,
            check: check.map(|c| binder.check_condition(c, self.kind)).transpose()?,
            sensitive: self.sensitive,
            description: binder.parameters.optional(self.description.as_ref())?,
            archived: false,
            version: 1,
        })
    }
}
