//! Names in a query: which column of which source they mean.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::column::Column;
use super::slot::Slot;
use crate::error::{Error, ErrorKind, Names, Result, Short};
use crate::model::{Expr, ExprKind, Path, Span, asked};
use crate::query::meant::unknown_column;

/// Sources of a block, whose columns make its rows, one after the other.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) sources: Vec<Source>,
    /// What is asked of the user of a row, as it was written; its columns come after those of the sources.
    pub(super) asked: Vec<Expr>,
    /// The names of the sources that are still to be read, the next last.
    pub(super) coming: Vec<Arc<str>>,
}

/// Source of rows as names see it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: Arc<str>,
    /// The table that it reads, or the query of a `WITH`.
    pub(super) table: Option<Arc<str>>,
    pub(super) columns: Vec<Column>,
    /// Where each of them is, by its name.
    places: HashMap<Arc<str>, usize>,
    /// Where its columns begin in a row.
    pub(super) start: usize,
}

/// Column that a name means, and the steps behind it.
#[derive(Debug)]
pub(super) struct Found<'p> {
    pub(super) index: usize,
    pub(super) steps: &'p [Arc<str>],
}

impl Scope {
    /// How many columns a row has.
    pub(super) fn width(&self) -> usize {
        self.sources.last().map_or(0, |last| last.start + last.columns.len())
    }

    /// All columns of a row.
    pub(super) fn columns(&self) -> impl Iterator<Item = &Column> {
        self.sources.iter().flat_map(|source| &source.columns)
    }

    pub(super) fn column(&self, index: usize) -> Option<&Column> {
        let source = self.source(index)?;
        source.columns.get(index - source.start)
    }

    /// The source that a column of a row is of.
    pub(super) fn source(&self, index: usize) -> Option<&Source> {
        let end = self.sources.partition_point(|source| source.start <= index);
        self.sources.get(..end)?.last().filter(|source| index - source.start < source.columns.len())
    }

    /// What is asked of the user of a row in a column.
    pub(super) fn asked(&self, index: usize) -> Option<&Expr> {
        let width = self.sources.last().map_or(0, |source| source.start + source.columns.len());
        self.asked.get(index.checked_sub(width)?)
    }

    /// Adds a source, whose name no other has.
    pub(super) fn add(
        &mut self,
        name: Arc<str>,
        table: Option<Arc<str>>,
        columns: Vec<Column>,
        span: Span,
    ) -> Result<()> {
        if self.named(&name).is_some() {
            let kind = ErrorKind::Duplicate { what: "the source", name: name.to_string() };
            let hint = format!("give it another name: `AS {name}_2`");
            return Err(Error::from(kind).at(span).hint(hint));
        }
        let start = self.width();
        let named = columns.iter().enumerate().rev(); // the first of one name stays
        let places = named.map(|(place, column)| (Arc::clone(&column.name), place)).collect();
        self.sources.push(Source { name, table, columns, places, start });
        Ok(())
    }

    /// The source with a name.
    pub(super) fn named(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| &*source.name == name)
    }

    /// The column that a path begins with; `None` if there is none.
    pub(super) fn find<'p>(&self, path: &'p Path, span: Span) -> Result<Option<Found<'p>>> {
        let Some((first, rest)) = path.split_first() else { return Ok(None) };
        if let (Some(source), Some((column, steps))) = (self.named(first), rest.split_first()) {
            return source.found(column, steps, span).map(Some);
        }
        let has = |source: &&Source| source.position(first).is_some();
        let mut with: Vec<_> = self.sources.iter().filter(has).collect();
        match (with.pop(), with.is_empty()) {
            (None, _) => Ok(None),
            (Some(only), true) => only.found(first, rest, span).map(Some),
            (Some(last), false) => {
                let sources = with.iter().chain([&last]).map(|s| s.name.to_string()).collect();
                let kind = ErrorKind::AmbiguousColumn { name: first.to_string(), sources };
                let hint = format!("say which is meant: `{}.{first}`", last.name);
                Err(Error::from(kind).at(span).hint(hint))
            }
        }
    }

    /// The error for a name that nothing has; `others` are names that could have been meant, too.
    pub(super) fn unknown(&self, path: &Path, span: Span, others: &[Arc<str>]) -> Error {
        let name: &str = path.first().map_or("", |name| name);
        if is_now(name) {
            let error = Error::from(ErrorKind::UnknownColumn { name: name.to_owned() });
            return error.at(span).hint("write `NOW()`");
        }
        if path.len() > 1 && !self.sources.is_empty() {
            return self.unknown_source(name, path, span);
        }
        let others = others.iter().map(|name| &**name);
        let mut known = HashSet::new();
        let columns = self.columns().map(|column| &*column.name);
        let columns: Vec<&str> = columns.filter(|name| known.insert(*name)).collect();
        if columns.is_empty() {
            let error = Error::from(ErrorKind::UnknownColumn { name: name.to_owned() }).at(span);
            let hint = "there is no source: a query reads columns of those in its `FROM`";
            return error.suggest(name, others).hint(hint);
        }
        unknown_column(name, span, &columns, others)
    }

    /// The error for a path that begins with no source and no column.
    fn unknown_source(&self, name: &str, path: &Path, span: Span) -> Error {
        let whole = path.iter().map(|step| &**step).collect::<Vec<_>>().join(".");
        let error = Error::from(ErrorKind::UnknownColumn { name: whole }).at(span);
        if self.coming.iter().any(|later| &**later == name) {
            let name = Short(name);
            return error
                .hint(format!("`{name}` stands further on: `ON` sees the sources before it"));
        }
        let mut sources = self.sources.iter();
        if let Some(source) = sources.find(|source| source.table.as_deref() == Some(name)) {
            return error.hint(format!("`{}` is called `{}` here", Short(name), source.name));
        }
        let names: Vec<&str> = self.sources.iter().map(|source| &*source.name).collect();
        if names == [""] {
            return error.hint("after `UNION` and the like a row has no source, only columns");
        }
        let objects = self.columns().filter(|column| !column.is_flat).map(|column| &*column.name);
        error.suggest(name, names.iter().copied().chain(objects)).hint(format!(
            "no source and no column is called `{}`: the sources are {}",
            Short(name),
            Names(&names)
        ))
    }
}

/// Whether a name is what other languages call the instant of a query.
fn is_now(name: &str) -> bool {
    const NOW: [&str; 5] = ["NOW", "CURRENT_TIMESTAMP", "CURRENT_DATE", "SYSDATE", "TODAY"];
    NOW.iter().any(|now| now.eq_ignore_ascii_case(name))
}

impl Source {
    fn position(&self, column: &str) -> Option<usize> {
        self.places.get(column).copied()
    }

    fn found<'p>(&self, name: &str, steps: &'p [Arc<str>], span: Span) -> Result<Found<'p>> {
        let unknown =
            |name: &str| Error::from(ErrorKind::UnknownColumn { name: name.to_owned() }).at(span);
        let names = || self.columns.iter().map(|column| &*column.name);
        let place = self.position(name).and_then(|at| Some((at, self.columns.get(at)?)));
        let Some((at, column)) = place else {
            let all: Vec<_> = names().collect();
            let hint = format!("the columns of `{}` are {}", self.name, Names(&all));
            return Err(unknown(name).suggest(name, names()).hint(hint));
        };
        match steps.first() {
            Some(step) if column.is_flat => {
                let hint = format!("`{}` has no JSON objects to look into", Short(name));
                Err(unknown(step).hint(hint))
            }
            _ => Ok(Found { index: self.start + at, steps }),
        }
    }
}

/// A bound expression with the names of the columns that it reads, for people.
pub(super) fn named(scope: &Scope, expr: &Expr) -> String {
    let mut expr = expr.clone();
    let mut todo = vec![&mut expr];
    while let Some(part) = todo.pop() {
        if let (ExprKind::Attribute(path), Some(slot)) = (&part.node, Slot::read_by(&part.node)) {
            let asked = if let Slot::Place(place) = slot { scope.asked(place) } else { None };
            part.node = if let Some(asked) = asked {
                asked.node.clone()
            } else {
                let steps = path.iter().skip(1).cloned();
                ExprKind::Attribute(name_of(scope, slot).into_iter().chain(steps).collect())
            };
            continue;
        }
        todo.extend(part.node.operands_mut());
    }
    asked(&expr).to_string()
}

fn name_of(scope: &Scope, slot: Slot) -> Vec<Arc<str>> {
    let place = match slot {
        Slot::Place(place) => place,
        Slot::Answer(answer) => return vec![format!("query_{}", answer + 1).into()],
    };
    let Some(source) = scope.source(place) else { return vec!["user".into()] };
    let column = source.columns.get(place - source.start).map(|column| Arc::clone(&column.name));
    let alias = (scope.sources.len() > 1).then(|| Arc::clone(&source.name));
    alias.into_iter().chain(column).collect()
}
