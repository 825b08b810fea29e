//! `ALTER ATTRIBUTE`: a new description or check of a declared attribute.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::canonical;
use super::effect::{Effect, Operation};
use super::layout::Clauses;
use super::once;
use super::plan::Plan;
use super::{Help, Text, named, text};
use crate::error::{Error, Result};
use crate::model::{Attribute, Change, Expr, Literal, Name, ObjectKind, Role, Spanned};
use crate::syntax::{self, Node, Rule};

/// `ALTER ATTRIBUTE name [SET DESCRIPTION '…'] [SET CHECK (…) | DROP CHECK] [SET SENSITIVE | DROP SENSITIVE]`
#[derive(Clone, Debug, PartialEq)]
pub struct AlterAttribute {
    /// Which attribute.
    pub name: Spanned<Name>,
    /// What changes, applied in the order in which it is written.
    pub changes: Vec<AttributeChange>,
}

/// One change of `ALTER ATTRIBUTE`.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeChange {
    /// `SET DESCRIPTION '…'`
    Description(Text),
    /// `SET CHECK (…)`
    Check(Expr),
    /// `DROP CHECK`
    DropCheck,
    /// `SET SENSITIVE`
    Sensitive,
    /// `DROP SENSITIVE`
    DropSensitive,
}

impl AlterAttribute {
    /// A change of an attribute, of nothing yet.
    pub fn new<N>(name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { name: named(name)?, changes: Vec::new() })
    }

    /// A new description.
    #[must_use]
    pub fn description(self, description: impl Into<Literal>) -> Self {
        self.change(AttributeChange::Description(text(description)))
    }

    /// A new check: a condition over `VALUE`, as text.
    pub fn check(self, condition: &str) -> Result<Self> {
        Ok(self.change(AttributeChange::Check(syntax::condition(condition, true)?)))
    }

    /// No check any more.
    #[must_use]
    pub fn drop_check(self) -> Self {
        self.change(AttributeChange::DropCheck)
    }

    /// Its values are shown to nobody but apps from now on.
    #[must_use]
    pub fn sensitive(self) -> Self {
        self.change(AttributeChange::Sensitive)
    }

    /// Its values are shown from now on, older ones too.
    #[must_use]
    pub fn drop_sensitive(self) -> Self {
        self.change(AttributeChange::DropSensitive)
    }

    fn change(mut self, change: AttributeChange) -> Self {
        self.changes.retain(|other| other.clause() != change.clause());
        self.changes.push(change);
        self
    }

    /// The role that it needs: what was hidden is shown only by who might see it.
    pub(super) fn role(&self) -> Role {
        let shows = self.changes.contains(&AttributeChange::DropSensitive);
        if shows { Role::Admin } else { Role::Publish }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let name = children.name()?;
        let changes = once::changes(children, AttributeChange::build, AttributeChange::clause)?;
        Ok(Self { name, changes })
    }
}

impl AttributeChange {
    fn clause(&self) -> &'static str {
        match self {
            Self::Description(_) => "DESCRIPTION",
            Self::Check(_) | Self::DropCheck => "CHECK",
            Self::Sensitive | Self::DropSensitive => "SENSITIVE",
        }
    }

    fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        if children.saw(Rule::k_drop) {
            let sensitive = children.saw(Rule::k_sensitive);
            return Ok(if sensitive { Self::DropSensitive } else { Self::DropCheck });
        }
        children.saw(Rule::k_set);
        Ok(match children.node()?.rule() {
            Rule::k_description => Self::Description(children.literal()?),
            Rule::k_sensitive => Self::Sensitive,
            _ => Self::Check(children.condition()?),
        })
    }
}

impl fmt::Display for AttributeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Description(text) => write!(f, "SET DESCRIPTION {text}"),
            Self::Check(check) => write!(f, "SET CHECK ({check})"),
            Self::DropCheck => f.write_str("DROP CHECK"),
            Self::Sensitive => f.write_str("SET SENSITIVE"),
            Self::DropSensitive => f.write_str("DROP SENSITIVE"),
        }
    }
}

impl fmt::Display for AlterAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = canonical::object(ObjectKind::Attribute, &self.name.node);
        let mut clauses = Clauses::new(format!("ALTER {object}"));
        clauses.extend(self.changes.iter().map(ToString::to_string));
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ALTER ATTRIBUTE",
    syntax: "ALTER ATTRIBUTE <name> [SET DESCRIPTION '…'] [SET CHECK (…) | DROP CHECK] [SET SENSITIVE | DROP SENSITIVE]",
    summary: "changes the description or the check of an attribute, or who may see its values",
    example: "ALTER ATTRIBUTE age SET CHECK (VALUE BETWEEN 0 AND 130)",
};

impl AlterAttribute {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let old = binder.usable_attribute(&self.name)?;
        become_attribute(binder, &self.name, self.edited(binder, old)?)
    }

    /// The attribute with the changes made.
    fn edited(&self, binder: &Binder<'_>, old: &Attribute) -> Result<Attribute> {
        let mut attribute = old.clone();
        for change in &self.changes {
            match change {
                AttributeChange::Description(text) => {
                    attribute.description = Some(binder.parameters.text(text)?);
                }
                AttributeChange::Check(expr) => {
                    attribute.check = Some(binder.check_condition(expr, attribute.kind)?);
                }
                AttributeChange::DropCheck => attribute.check = None,
                AttributeChange::Sensitive => attribute.sensitive = true,
                AttributeChange::DropSensitive => attribute.sensitive = false,
            }
        }
        Ok(attribute)
    }
}

/// Makes an attribute that is there another, if it is. Values that are stored may break its `CHECK`: they are taken as
/// missing.
pub(super) fn become_attribute(
    binder: &Binder<'_>,
    name: &Spanned<Name>,
    attribute: Attribute,
) -> Result<Plan> {
    let old = binder.usable_attribute(name)?;
    if attribute == **old {
        let name = canonical::name(ObjectKind::Attribute, &attribute.name);
        return Ok(Plan::unchanged(format!("attribute {name} is like that already")));
    }
    if old.sensitive && !attribute.sensitive {
        binder.require(Role::Admin)?;
    }
    let (version, mut draft) = (old.version + 1, binder.draft());
    draft.push(Change::Attribute(Arc::new(Attribute { version, ..attribute })))?;
    let effect = Effect::of(Operation::Altered, ObjectKind::Attribute, &old.name);
    Ok(draft.end(effect.with_version(version)))
}
