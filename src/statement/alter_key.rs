//! `ALTER KEY`: a new default, description or check of a key.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::domain::Domain;
use super::effect::{Effect, Operation};
use super::layout::Clauses;
use super::once;
use super::plan::Plan;
use super::{Help, Text, named, rules, text};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Change, Expr, Key, Literal, Name, ObjectKind, Role, Span, Spanned};
use crate::syntax::{self, Node, Rule};

/// `ALTER KEY name [SET DEFAULT value] [SET DESCRIPTION '…'] [SET CHECK (…) | DROP CHECK] [SET SENSITIVE | DROP SENSITIVE]`
#[derive(Clone, Debug, PartialEq)]
pub struct AlterKey {
    /// Which key.
    pub name: Spanned<Name>,
    /// What changes, applied in the order in which it is written.
    pub changes: Vec<KeyChange>,
}

/// One change of `ALTER KEY`.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyChange {
    /// `SET DEFAULT value`
    Default(Spanned<Literal>),
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

impl AlterKey {
    /// A change of a key, of nothing yet.
    pub fn new<N>(name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { name: named(name)?, changes: Vec::new() })
    }

    /// A new default.
    #[must_use]
    pub fn default(self, default: impl Into<Literal>) -> Self {
        self.change(KeyChange::Default(text(default)))
    }

    /// A new description.
    #[must_use]
    pub fn description(self, description: impl Into<Literal>) -> Self {
        self.change(KeyChange::Description(text(description)))
    }

    /// A new check: a condition over `VALUE`, as text.
    pub fn check(self, condition: &str) -> Result<Self> {
        Ok(self.change(KeyChange::Check(syntax::condition(condition, true)?)))
    }

    /// No check any more.
    #[must_use]
    pub fn drop_check(self) -> Self {
        self.change(KeyChange::DropCheck)
    }

    /// Its values are for apps alone from now on.
    #[must_use]
    pub fn sensitive(self) -> Self {
        self.change(KeyChange::Sensitive)
    }

    /// Its values are shown from now on, older ones too.
    #[must_use]
    pub fn drop_sensitive(self) -> Self {
        self.change(KeyChange::DropSensitive)
    }

    fn change(mut self, change: KeyChange) -> Self {
        self.changes.retain(|other| other.clause() != change.clause());
        self.changes.push(change);
        self
    }

    /// The role that it needs: what was hidden is shown only by who might see it.
    pub(super) fn role(&self) -> Role {
        let shows = self.changes.contains(&KeyChange::DropSensitive);
        if shows { Role::Admin } else { Role::Publish }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let name = children.name()?;
        let changes = once::changes(children, KeyChange::build, KeyChange::clause)?;
        Ok(Self { name, changes })
    }
}

impl KeyChange {
    fn clause(&self) -> &'static str {
        match self {
            Self::Default(_) => "DEFAULT",
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
            Rule::k_default => Self::Default(children.literal()?),
            Rule::k_description => Self::Description(children.literal()?),
            Rule::k_sensitive => Self::Sensitive,
            _ => Self::Check(children.condition()?),
        })
    }
}

impl fmt::Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default(value) => write!(f, "SET DEFAULT {value}"),
            Self::Description(text) => write!(f, "SET DESCRIPTION {text}"),
            Self::Check(check) => write!(f, "SET CHECK ({check})"),
            Self::DropCheck => f.write_str("DROP CHECK"),
            Self::Sensitive => f.write_str("SET SENSITIVE"),
            Self::DropSensitive => f.write_str("DROP SENSITIVE"),
        }
    }
}

impl fmt::Display for AlterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses = Clauses::new(format!("ALTER KEY {}", self.name));
        clauses.extend(self.changes.iter().map(ToString::to_string));
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ALTER KEY",
    syntax: "ALTER KEY <name> [SET DEFAULT <value>] [SET DESCRIPTION '…'] [SET CHECK (…) | DROP CHECK] [SET SENSITIVE | DROP SENSITIVE]",
    summary: "changes the default, the description or the check of a key, or who may see its values",
    example: "ALTER KEY volume SET DEFAULT 7 DROP CHECK",
};

impl AlterKey {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let old = binder.usable_key(&self.name)?;
        let (key, default_span) = self.edited(binder, old)?;
        become_key(binder, &self.name, key, default_span)
    }

    /// The key with the changes made, and where its default stands if the statement says it.
    fn edited(&self, binder: &Binder<'_>, old: &Key) -> Result<(Key, Option<Span>)> {
        let mut key = old.clone();
        let hidden = old.sensitive || self.changes.contains(&KeyChange::Sensitive);
        let mut default_span = None;
        for change in &self.changes {
            match change {
                KeyChange::Default(literal) => {
                    let value = binder.parameters.resolve(literal)?;
                    key.default = Domain::new(&key.name, key.kind, None, hidden)?
                        .admit(value, literal.span)?;
                    default_span = Some(literal.span);
                }
                KeyChange::Description(text) => {
                    key.description = Some(binder.parameters.text(text)?);
                }
                KeyChange::Check(expr) => {
                    key.check = Some(binder.check_condition(expr, key.kind)?);
                }
                KeyChange::DropCheck => key.check = None,
                KeyChange::Sensitive => key.sensitive = true,
                KeyChange::DropSensitive => key.sensitive = false,
            }
        }
        Ok((key, default_span))
    }
}

/// Makes a key that is there another, if it is; `default_span` is where its default stands, if the statement says it.
pub(super) fn become_key(
    binder: &Binder<'_>,
    name: &Spanned<Name>,
    key: Key,
    default_span: Option<Span>,
) -> Result<Plan> {
    let old = binder.usable_key(name)?;
    if key == **old {
        return Ok(Plan::unchanged(format!("key {} is like that already", key.name)));
    }
    if old.sensitive && !key.sensitive {
        binder.require(Role::Admin)?;
    }
    let key = fitted(binder, key, default_span, name.span, old.sensitive)?;
    let (version, mut draft) = (old.version + 1, binder.draft());
    draft.push(Change::Key(Arc::new(Key { version, ..key })))?;
    let effect = Effect::of(Operation::Altered, ObjectKind::Key, &old.name);
    Ok(draft.end(effect.with_version(version)))
}

/// Holds the default and every value in use to the `CHECK`.
fn fitted(
    binder: &Binder<'_>,
    mut key: Key,
    default_span: Option<Span>,
    span: Span,
    was_sensitive: bool,
) -> Result<Key> {
    let hidden = key.sensitive || was_sensitive;
    let domain = Domain::new(&key.name, key.kind, key.check.as_ref(), hidden)?;
    let mut offenders = Vec::new();
    match default_span {
        Some(span) => key.default = domain.admit(key.default.clone(), span)?,
        None if !domain.passes(&key.default) => {
            offenders.push(format!("{} (the default)", domain.shown(&key.default)));
        }
        None => {}
    }
    offenders.extend(rules::check_violations(binder.catalog, &key, &domain, binder.now));
    if !offenders.is_empty() {
        let error = ErrorKind::CheckViolated { key: key.name.clone(), offenders };
        return Err(Error::from(error).at(span));
    }
    drop(domain);
    Ok(key)
}
