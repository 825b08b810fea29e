//! `SHOW`: the rows of a table.

use std::fmt;

use super::Help;
use super::canonical::{count_of, join, optional};
use crate::error::{Error, Result};
use crate::model::{Expr, Given, Path, Spanned, write_path};
use crate::syntax::{Cursor, Node, Rule};

/// `SHOW table [WHERE …] [ORDER BY …] [LIMIT n]`
#[derive(Clone, Debug, PartialEq)]
pub struct Show {
    /// Which table.
    pub table: Table,
    /// Whether the rows are only counted.
    pub count: bool,
    /// Which of its rows.
    pub filter: Filter,
}

/// Makes the enum of the tables, each by its keyword and the rule of that.
macro_rules! tables {
    ($($table:ident = $keyword:literal, $rule:ident;)*) => {
        /// A table that `SHOW` lists.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Table {
            $(#[doc = concat!("`", $keyword, "`")] $table,)*
        }

        impl Table {
            /// Every table.
            pub const ALL: &'static [Self] = &[$(Self::$table,)*];

            fn build(node: &Node<'_>) -> Result<Self> {
                match node.children().node()?.rule() {
                    $(Rule::$rule => Ok(Self::$table),)*
                    other => Err(Error::bug(format!("{other:?} is no table"))),
                }
            }
        }

        impl fmt::Display for Table {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$table => $keyword,)*
                })
            }
        }
    };
}

tables! {
    Keys = "KEYS", k_keys;
    Segments = "SEGMENTS", k_segments;
    Configs = "CONFIGS", k_configs;
    Schedule = "SCHEDULE", k_schedule;
    Users = "USERS", k_users;
    Events = "EVENTS", k_events;
    Retention = "RETENTION", k_retention;
    Attributes = "ATTRIBUTES", k_attributes;
}

/// `[WHERE …] [ORDER BY …] [LIMIT n]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Which rows: a condition over columns, and over the users whom the rows are about.
    pub condition: Option<Expr>,
    /// By which columns they are sorted.
    pub order: Vec<(Spanned<Path>, Direction)>,
    /// How many at most.
    pub limit: Option<Spanned<Given<u64>>>,
}

/// Direction in which rows are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// `ASC`, and what is meant if nothing is said.
    #[default]
    Ascending,
    /// `DESC`
    Descending,
}

impl Show {
    /// Lists a table, as far as a filter lets it.
    #[must_use]
    pub fn new(table: Table, filter: Filter) -> Self {
        Self { table, count: false, filter }
    }

    /// Counts the rows of a table that meet a condition.
    #[must_use]
    pub fn count(table: Table, condition: Option<Expr>) -> Self {
        let filter = Filter { condition, ..Filter::default() };
        Self { table, count: true, filter }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let count = children.counts();
        let table = Table::build(&children.operand()?)?;
        Ok(Self { table, count, filter: Filter::build(&mut children)? })
    }
}

impl Filter {
    /// Builds what is left of the children.
    pub(super) fn build(children: &mut Cursor<'_>) -> Result<Self> {
        let conditional = children.saw(Rule::k_where);
        let condition = if conditional { Some(children.condition()?) } else { None };
        children.saw(Rule::k_order);
        let mut order = Vec::new();
        while children.saw(Rule::k_by) || children.saw(Rule::comma) {
            order.push(by(children.node()?.children())?);
        }
        Ok(Self { condition, order, limit: children.whole_after(Rule::k_limit)? })
    }
}

fn by(mut children: Cursor<'_>) -> Result<(Spanned<Path>, Direction)> {
    let path = children.column()?;
    let descending = children.saw(Rule::k_desc);
    Ok((path, if descending { Direction::Descending } else { Direction::Ascending }))
}

/// Writes a column and the way it is sorted.
struct Order<'a>(&'a (Spanned<Path>, Direction));

impl fmt::Display for Order<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_path(f, &self.0.0.node)?;
        if self.0.1 == Direction::Descending { f.write_str(" DESC") } else { Ok(()) }
    }
}

/// Writes each clause with a blank before it.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        optional(f, "WHERE", self.condition.as_ref())?;
        if !self.order.is_empty() {
            let order: Vec<_> = self.order.iter().map(Order).collect();
            write!(f, " ORDER BY {}", join(&order))?;
        }
        optional(f, "LIMIT", self.limit.as_ref())
    }
}

impl fmt::Display for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHOW {}{}{}", count_of(self.count), self.table, self.filter)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SHOW",
    syntax: "SHOW [COUNT OF] KEYS | SEGMENTS | CONFIGS | SCHEDULE | USERS | EVENTS | \
             RETENTION | ATTRIBUTES [WHERE …] [ORDER BY …] [LIMIT <n>]",
    summary: "lists a table of the store",
    example: "SHOW CONFIGS WHERE status = 'live' ORDER BY config LIMIT 10",
};
