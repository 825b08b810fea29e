//! Parts of statements that are looked at alike, whichever statement they stand in.

use super::{
    Action, AttributeChange, CellSpec, ColumnSpec, KeyChange, Population, Preview, Previewed,
    RolloutSpec, RowSpec, SegmentRef, Statement, When,
};
use crate::model::{Expr, KeyType, Literal, Name, Spanned};

/// Parts of one statement.
#[derive(Default)]
pub(super) struct Parts<'s> {
    /// Conditions over users.
    pub(super) conditions: Vec<&'s Expr>,
    /// Conditions over a value.
    pub(super) checks: Vec<&'s Expr>,
    /// Segments that rows are made for.
    pub(super) segments: Vec<&'s SegmentRef>,
    /// Rows that are all of a config, in their order.
    pub(super) orders: Vec<&'s [RowSpec]>,
    /// Shares of segments.
    pub(super) rollouts: Vec<&'s RolloutSpec>,
    /// Keys of a config and their cells.
    pub(super) columns: Vec<&'s ColumnSpec>,
    /// Defaults of keys, whose types are said or not.
    pub(super) defaults: Vec<(&'s Name, Option<KeyType>, &'s Spanned<Literal>)>,
    /// Instants.
    pub(super) times: Vec<&'s When>,
}

impl<'s> Parts<'s> {
    /// The parts of a statement.
    pub(super) fn of(statement: &'s Statement) -> Self {
        let mut parts = Self::default();
        match statement {
            Statement::Preview(preview) => return Self::of_preview(preview),
            Statement::CreateSegment(create) => parts.conditions.push(&create.condition),
            Statement::AlterSegment(alter) => parts.conditions.extend(&alter.condition),
            Statement::CreateKey(create) => {
                let default = (&create.name.node, Some(create.kind), &create.default);
                parts.defaults.push(default);
                parts.checks.extend(&create.check);
            }
            Statement::AlterKey(alter) => {
                alter.changes.iter().for_each(|change| parts.change(&alter.name.node, change));
            }
            Statement::CreateAttribute(create) => parts.checks.extend(&create.check),
            Statement::AlterAttribute(alter) => {
                parts.checks.extend(alter.changes.iter().filter_map(|change| match change {
                    AttributeChange::Check(check) => Some(check),
                    _ => None,
                }));
            }
            Statement::CreateConfig(create) => {
                parts.rows(&create.rows);
                parts.orders.push(&create.rows);
                parts.columns.extend(&create.columns);
            }
            Statement::AlterConfig(alter) => {
                alter.actions.iter().for_each(|action| parts.action(&action.node));
            }
            Statement::Publish(publish) => {
                parts.times.extend(publish.at.iter().chain(&publish.until));
            }
            Statement::Cancel(cancel) => parts.times.extend(&cancel.at),
            _ => {}
        }
        parts
    }

    /// Those of what is previewed, and of who it is told of.
    fn of_preview(preview: &'s Preview) -> Self {
        let mut parts = match &preview.what {
            Previewed::Write(write) => Self::of(write),
            Previewed::Commit | Previewed::Between { .. } => Self::default(),
        };
        if let Some(Population::Users { condition } | Population::Traffic { condition }) =
            &preview.population
        {
            parts.conditions.extend(condition);
        }
        parts.times.extend(&preview.as_of);
        parts
    }

    fn change(&mut self, key: &'s Name, change: &'s KeyChange) {
        match change {
            KeyChange::Default(value) => self.defaults.push((key, None, value)),
            KeyChange::Check(check) => self.checks.push(check),
            _ => {}
        }
    }

    fn rows(&mut self, rows: &'s [RowSpec]) {
        self.segments.extend(rows.iter().map(|row| &row.segment));
        self.rollouts.extend(rows.iter().filter_map(|row| row.rollout.as_ref()));
    }

    fn action(&mut self, action: &'s Action) {
        match action {
            Action::SetSegments(rows) => {
                self.rows(rows);
                self.orders.push(rows);
            }
            Action::AddSegment { row, .. } => self.rows(std::slice::from_ref(row)),
            Action::SetRollout { rollout, .. } => self.rollouts.push(rollout),
            Action::AddKey(column) | Action::SetKey(column) => self.columns.push(column),
            _ => {}
        }
    }

    /// The cells of the columns, each with the key that it is of.
    pub(super) fn cells(&self) -> impl Iterator<Item = (&'s Spanned<Name>, &'s CellSpec)> {
        let columns: Vec<_> =
            self.columns.iter().map(|column| (&column.key, column.cells.all())).collect();
        columns.into_iter().flat_map(|(key, cells)| cells.map(move |cell| (key, cell)))
    }
}
