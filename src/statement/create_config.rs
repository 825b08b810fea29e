//! `CREATE CONFIG`: a new matrix of segments and keys.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::canonical::{Clauses, join};
use super::effect::{Effect, Operation};
use super::find::already_exists;
use super::matrix::Matrix;
use super::plan::{Draft, Plan};
use super::spec::{columns, rows};
use super::{CellSpec, ColumnSpec, Help, RowSpec, Text, chain, named, rules, text, usage};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Change, ConfigHead, ConfigId, Literal, Name, ObjectKind, Ordered, Span, Spanned,
};
use crate::syntax::{Node, Rule};

/// `CREATE CONFIG name [DESCRIPTION '…'] SEGMENTS segment, … KEY key …, …`
#[derive(Clone, Debug, PartialEq)]
pub struct CreateConfig {
    /// The name.
    pub name: Spanned<Name>,
    /// What it is for.
    pub description: Option<Text>,
    /// The segments, highest priority first.
    pub rows: Vec<RowSpec>,
    /// The keys with their cells.
    pub columns: Vec<ColumnSpec>,
}

impl CreateConfig {
    /// A config without rows and columns.
    pub fn new<N>(name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { name: named(name)?, description: None, rows: Vec::new(), columns: Vec::new() })
    }

    /// What it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<Literal>) -> Self {
        self.description = Some(text(description));
        self
    }

    /// A segment, below those before it: a name, or `"EVERYONE"`, or a [`RowSpec`].
    pub fn segment<R>(mut self, row: R) -> Result<Self>
    where
        R: TryInto<RowSpec, Error: Into<Error>>,
    {
        self.rows.push(row.try_into().map_err(Into::into)?);
        Ok(self)
    }

    /// A key that has the same cell in every row.
    pub fn key<N>(self, key: N, cell: impl Into<CellSpec>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(self.column(ColumnSpec::all(key, cell)?))
    }

    /// A key and its cells.
    #[must_use]
    pub fn column(mut self, column: ColumnSpec) -> Self {
        self.columns.push(column);
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let name = children.name()?;
        let description = children.literal_after(Rule::k_description)?;
        let rows = rows(&children.operand()?)?;
        let columns = columns(&children.operand()?)?;
        Ok(Self { name, description, rows, columns })
    }
}

impl fmt::Display for CreateConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses = Clauses::new(format!("CREATE CONFIG {}", self.name));
        clauses.text("DESCRIPTION", self.description.as_ref());
        clauses.push(format!("SEGMENTS {}", join(&self.rows)));
        clauses.list(self.columns.iter().map(|column| format!("KEY {column}")));
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "CREATE CONFIG",
    syntax: "CREATE CONFIG <name> [DESCRIPTION '…'] SEGMENTS <segment> [<percent>] [SALT '…'], … KEY <key> [= <cell> | VALUES (<segment> = <cell>, …)], …",
    summary: "makes a config: segments in priority order by keys, a value per cell",
    example: "CREATE CONFIG dark_mode SEGMENTS ny_phones 25%, EVERYONE KEY dark VALUES (ny_phones = TRUE, EVERYONE = SPLIT (50% TRUE, 50% FALSE))",
};

impl CreateConfig {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let name = &self.name.node;
        refuse_used_name(binder, &self.name, None)?;
        let id = binder.catalog.next_config();
        let mut matrix = Matrix::new(binder, id, name.clone());
        matrix.description = binder.parameters.optional(self.description.as_ref())?;
        matrix.set_rows(&self.rows)?;
        self.columns.iter().try_for_each(|column| matrix.add_column(column))?;
        matrix.settle_columns()?;
        let mut draft = binder.draft();
        let head = ConfigHead { id, name: name.clone(), disabled: false, archived: false };
        draft.push(Change::Config { head, comment: None })?;
        matrix.new_salts(&Ordered::default()).into_iter().try_for_each(|salt| draft.push(salt))?;
        draft.push(Change::Version(Arc::new(matrix.version(1))))?;
        let keys = self.columns.iter().map(|column| &column.key);
        hold_to_rules(&draft, id, self.name.span, keys)?;
        let effect = Effect::of(Operation::Created, ObjectKind::Config, name).with_version(1);
        Ok(draft.end(effect.with_notes([format!("PUBLISH CONFIG {name} makes it live")])))
    }
}

/// Refuses a name that another config has or had.
pub(super) fn refuse_used_name(
    binder: &Binder<'_>,
    name: &Spanned<Name>,
    own: Option<ConfigId>,
) -> Result<()> {
    match binder.catalog.config_ever_named(name.node.as_str()) {
        Some(other) if Some(other) != own => {
            let config = binder.catalog.config(other);
            let archived = config.is_some_and(|config| config.head.archived);
            let error = already_exists(ObjectKind::Config, name, archived);
            let now = config.map(|config| &config.head.name).filter(|now| **now != name.node);
            Err(match now {
                Some(now) => {
                    error.hint(format!("it is a former name of config `{}`", now.as_str()))
                }
                None => error,
            })
        }
        _ => Ok(()),
    }
}

/// Holds a config that was made or edited to the rules over the whole; `keys` are those that the statement
/// names, for the place of an error.
pub(super) fn hold_to_rules<'k>(
    draft: &Draft<'_>,
    id: ConfigId,
    span: Span,
    keys: impl IntoIterator<Item = &'k Spanned<Name>>,
) -> Result<()> {
    let Some(config) = draft.after.config(id) else { return Ok(()) };
    let now = draft.now();
    rules::refuse_taken_keys(&draft.after, config, now).map_err(|error| {
        let taken = |key: &&Spanned<Name>| match error.kind() {
            ErrorKind::KeyInUse { owners } => owners.iter().any(|(name, _)| *name == key.node),
            _ => false,
        };
        let place = keys.into_iter().find(taken).map_or(span, |key| key.span);
        error.at(place)
    })?;
    let keys = usage::config_keys(config, now);
    chain::refuse_cycles(&draft.after, keys, now).map_err(|e| e.at(span))
}
