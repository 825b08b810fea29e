//! Names in a query: which column of which source they mean.

use std::sync::Arc;

use super::column::Column;
use crate::error::{Error, ErrorKind, Names, Result, Short};
use crate::model::{Expr, Path, Span};
use crate::query::filter::member_hint;

/// Sources of a block, whose columns make its rows, one after the other.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) sources: Vec<Source>,
    /// What is asked of the user of a row, as it was written; its columns come after those of the sources.
    pub(super) asked: Vec<Expr>,
}

/// Source of rows as names see it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: Arc<str>,
    pub(super) columns: Vec<Column>,
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
    pub(super) fn add(&mut self, name: Arc<str>, columns: Vec<Column>, span: Span) -> Result<()> {
        if self.named(&name).is_some() {
            let kind = ErrorKind::Duplicate { what: "the source", name: name.to_string() };
            let hint = format!("give it another name: `AS {name}_2`");
            return Err(Error::from(kind).at(span).hint(hint));
        }
        let start = self.width();
        self.sources.push(Source { name, columns, start });
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
        let columns: Vec<&str> = self.columns().map(|column| &*column.name).collect();
        let known = columns.iter().copied().chain(others.iter().map(|name| &**name));
        let error = Error::from(ErrorKind::UnknownColumn { name: name.to_owned() }).at(span);
        if is_now(name) {
            return error.hint("write `NOW()`");
        }
        if path.len() > 1 && !self.sources.is_empty() {
            let names: Vec<&str> = self.sources.iter().map(|source| &*source.name).collect();
            let error = error.suggest(name, names.iter().copied().chain(known));
            return error.hint(format!(
                "no source and no column has that name: the sources are {}",
                Names(&names)
            ));
        }
        let error = error.suggest(name, known);
        if columns.is_empty() {
            return error.hint("there is no source: a query reads columns of those in its `FROM`");
        }
        let member = member_hint(&columns, name);
        error.hint(format!("the columns are {}{member}", Names(&columns)))
    }
}

/// Whether a name is what other languages call the instant of a query.
fn is_now(name: &str) -> bool {
    const NOW: [&str; 5] = ["NOW", "CURRENT_TIMESTAMP", "CURRENT_DATE", "SYSDATE", "TODAY"];
    NOW.iter().any(|now| now.eq_ignore_ascii_case(name))
}

impl Source {
    fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| &*known.name == column)
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
