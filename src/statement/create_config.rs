//! `CREATE CONFIG`: a new matrix of segments and keys.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::create_mode::there_already;
use super::edit::{hold_to_rules, refuse_used_name};
use super::effect::{Effect, Operation};
use super::layout::{Clause, Clauses};
use super::matrix::Matrix;
use super::plan::Plan;
use super::spec::{columns, rows};
use super::{CellSpec, ColumnSpec, CreateMode, Help, RowSpec, Text, edit, named, text};
use crate::error::{Error, Result};
use crate::model::{Change, ConfigHead, Literal, Name, ObjectKind, Ordered, Spanned};
use crate::syntax::{Node, Rule};

/// `CREATE [OR ALTER] CONFIG [IF NOT EXISTS] name [DESCRIPTION '…'] SEGMENTS segment, … KEY key …, …`
#[derive(Clone, Debug, PartialEq)]
pub struct CreateConfig {
    /// What is done if there is one of the name.
    pub mode: CreateMode,
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
        let (mode, rows, columns) = (CreateMode::New, Vec::new(), Vec::new());
        Ok(Self { mode, name: named(name)?, description: None, rows, columns })
    }

    /// What is done if there is a config of the name.
    #[must_use]
    pub fn mode(mut self, mode: CreateMode) -> Self {
        self.mode = mode;
        self
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
        let mode = CreateMode::build(&mut children, Rule::k_config);
        let name = children.name()?;
        let description = children.literal_after(Rule::k_description)?;
        let rows = rows(&children.operand()?)?;
        let columns = columns(&children.operand()?)?;
        Ok(Self { mode, name, description, rows, columns })
    }
}

impl fmt::Display for CreateConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses =
            Clauses::new(format!("{} {}", self.mode.head(ObjectKind::Config), self.name));
        clauses.text("DESCRIPTION", self.description.as_ref());
        clauses.push(Clause::of_list("SEGMENTS".to_owned(), &self.rows, ""));
        clauses.list(self.columns.iter().map(|column| column.clause("KEY ")));
        clauses.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "CREATE CONFIG",
    syntax: "CREATE [OR ALTER] CONFIG [IF NOT EXISTS] <name> [DESCRIPTION '…'] SEGMENTS <segment> [<percent> [BY <attribute>]] [SALT '…'], … KEY <key> [= <cell> | VALUES (<segment> = <cell>, …)], …",
    summary: "makes a config: segments in priority order by keys, a value per cell",
    example: "CREATE CONFIG dark_mode SEGMENTS ny_phones 25%, EVERYONE KEY dark VALUES (ny_phones = TRUE, EVERYONE = SPLIT (50% TRUE, 50% FALSE))",
};

impl CreateConfig {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let name = &self.name.node;
        if let Some(old) = binder.catalog.config_ever_named(name.as_str()) {
            let now = binder.catalog.config(old).map_or(name, |config| &config.head.name);
            match self.mode {
                CreateMode::IfNotExists => return Ok(there_already(ObjectKind::Config, name, now)),
                CreateMode::OrAlter if now == name => return self.alter(binder),
                CreateMode::OrAlter | CreateMode::New => {}
            }
        }
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
        Ok(draft.end(effect))
    }
}

impl CreateConfig {
    /// Makes the newest version of the config that is there what is written.
    fn alter(&self, binder: &Binder<'_>) -> Result<Plan> {
        let config = binder.usable_config(&self.name)?;
        let Some(newest) = config.newest() else { return Ok(Plan::unchanged("it has no version")) };
        let mut matrix = Matrix::of(binder, config, newest);
        matrix.description = binder.parameters.optional(self.description.as_ref())?;
        matrix.rewrite(&self.rows, &self.columns)?;
        let keys = self.columns.iter().map(|column| &column.key);
        edit::end(binder, config, &matrix, self.name.span, keys)
    }
}
