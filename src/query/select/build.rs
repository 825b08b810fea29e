//! Builder of plans: what is known while a query and those within it are planned.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::answer::Wanted;
use super::names::Scope;
use super::plan::{Common, Plan, Planned, Seen, Subquery};
use super::shown::Shown;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::Type;
use crate::limits::{QUERY_PARTS, QUERY_SELECTS};
use crate::model::{Block, Expr, ExprKind, Path, Query, Rowset, Span, Timestamp};
use crate::query::past;
use crate::query::view::View;

/// Builder of the plans of a query and of those within it.
pub(super) struct Builder<'v> {
    pub(super) view: &'v View<'v>,
    /// The instant of the query that is being built.
    pub(super) now: Timestamp,
    /// The queries that have names where it stands.
    pub(super) commons: Vec<Rc<Common<'v>>>,
    /// The names of those of a `WITH` that are still to be planned, the next last.
    pub(super) coming: Vec<Arc<str>>,
    pub(super) subqueries: Vec<Subquery<'v>>,
    /// The store at the instants of tables.
    seen: Vec<(Timestamp, Rc<Seen<'v>>)>,
    /// The names of the columns around a query within the query.
    outer: Vec<Arc<str>>,
    /// How many blocks were planned.
    blocks: usize,
    /// How many parts the expressions have that names and numbers of items were replaced by.
    parts: Cell<usize>,
}

impl<'v> Builder<'v> {
    pub(super) fn new(view: &'v View<'v>) -> Self {
        Self {
            view,
            now: view.now,
            commons: Vec::new(),
            coming: Vec::new(),
            subqueries: Vec::new(),
            seen: Vec::new(),
            outer: Vec::new(),
            blocks: 0,
            parts: Cell::new(0),
        }
    }

    /// Counts a block of the statement, of which there may be as many as the steps of a plan may be deep.
    pub(super) fn count_block(&mut self, block: &Block) -> Result<()> {
        self.blocks += 1;
        let span = block.items.first().map_or_else(Span::default, |item| item.span);
        refuse_more(QUERY_SELECTS, "SELECTs", self.blocks, span)
    }

    /// Counts the parts of an expression that stands where the name or the number of an item is written.
    pub(super) fn count_parts(&self, item: &ExprKind, span: Span) -> Result<()> {
        self.parts.set(self.parts.get() + item.parts().count());
        refuse_more(QUERY_PARTS, "parts of items that are named", self.parts.get(), span)
    }

    /// The store at an instant.
    pub(super) fn seen_at(&mut self, at: Timestamp) -> Result<Rc<Seen<'v>>> {
        if let Some((_, seen)) = self.seen.iter().find(|(known, _)| *known == at) {
            return Ok(Rc::clone(seen));
        }
        let seen = if at == self.view.now {
            Seen::Now(self.view)
        } else {
            Seen::At(Box::new(past::seen_at(self.view, at)?))
        };
        let seen = Rc::new(seen);
        self.seen.push((at, Rc::clone(&seen)));
        Ok(seen)
    }

    /// The store at the instant of the query, which names keys and segments in what is asked of users.
    pub(super) fn named_by(&mut self) -> Result<Rc<Seen<'v>>> {
        self.seen_at(self.now)
    }

    /// Whether what is asked of a user is the value of a key that is hidden.
    pub(super) fn is_hidden(&self, asked: &Expr) -> bool {
        let ExprKind::Key(name) = &asked.node else { return false };
        self.view.secrets().hide_named(name.node.as_str())
    }

    pub(super) fn type_of_answer(&self, answer: usize) -> Option<Type> {
        let subquery = self.subqueries.get(answer)?;
        (subquery.wanted == Wanted::Existence).then_some(Type::Boolean)
    }

    /// An error about a name with a hint, if a query around this one has a column of it.
    pub(super) fn hint_at_outer(&self, path: &Path, error: Error) -> Error {
        let is_outer = path.first().is_some_and(|name| self.outer.contains(name));
        if !is_outer {
            return error;
        }
        error
            .hint("a query within a query does not see the columns around it: join the two instead")
    }

    /// Plans a query within the query, and tells which answer it will have.
    pub(super) fn subquery(&mut self, query: &Query, wanted: Wanted, span: Span) -> Result<usize> {
        let planned = self.query(query)?;
        let found = planned.columns.len();
        if wanted != Wanted::Existence && found != 1 {
            return Err(Error::from(ErrorKind::ColumnCount { wanted: 1, found }).at(span));
        }
        self.subqueries.push(Subquery { plan: planned.plan, wanted, span });
        Ok(self.subqueries.len() - 1)
    }

    /// Takes note of the names around the queries within a block; gives how many there were before.
    pub(super) fn enter(&mut self, scope: &Scope) -> usize {
        let known = self.outer.len();
        let names = scope.sources.iter().map(|source| Arc::clone(&source.name));
        self.outer.extend(names.chain(scope.columns().map(|column| Arc::clone(&column.name))));
        known
    }

    /// Forgets those names.
    pub(super) fn leave(&mut self, known: usize) {
        self.outer.truncate(known);
    }

    /// Plans rows in parentheses.
    pub(super) fn rowset(&mut self, rows: &Rowset) -> Result<Planned<'v>> {
        match rows {
            Rowset::Query(query) => self.query(query),
            Rowset::Shown(text) => {
                let shown = Shown::new(self.view, text)?;
                let columns = shown.columns.clone();
                Ok(Planned { plan: Plan::Shown(Box::new(shown)), columns })
            }
        }
    }
}

/// Refuses a query that has more of something than it may.
pub(super) fn refuse_more(
    limit: usize,
    unit: &'static str,
    found: usize,
    span: Span,
) -> Result<()> {
    if found <= limit {
        return Ok(());
    }
    Err(Error::from(ErrorKind::TooMany { what: "a query", limit, unit, found }).at(span))
}
