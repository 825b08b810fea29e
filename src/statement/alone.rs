//! Statements by themselves: what is wrong with one whose names are not known.

use std::collections::HashSet;

use super::binder::Binder;
use super::cell::cell;
use super::domain::Domain;
use super::part::Parts;
use super::slip::slips;
use super::{CellSpec, RowSpec, Statement};
use crate::error::{Error, ErrorKind, Note, Result};
use crate::eval::{self, CheckScope, Scope, Type};
use crate::model::{
    AttributeType, Expr, KeyId, KeyType, ListId, Name, Path, SegmentId, Span, Spanned, USER_ID,
};

/// What is wrong with a statement, and what of it is likely a slip, whatever its names stand for.
pub(crate) fn findings(statement: &Statement, binder: &Binder<'_>) -> (Vec<Error>, Vec<Note>) {
    let parts = Parts::of(statement);
    let parameters = binder.parameters;
    let mut errors = Vec::new();
    errors.extend(parts.conditions.iter().filter_map(|c| compiled(binder, c, &AnyNames).err()));
    let any_value = CheckScope(AttributeType::Json);
    errors.extend(parts.checks.iter().filter_map(|c| compiled(binder, c, &any_value).err()));
    errors.extend(parts.rollouts.iter().filter_map(|of| parameters.share(&of.share).err()));
    errors.extend(parts.orders.iter().filter_map(|rows| misordered(rows)));
    errors.extend(parts.cells().filter_map(|(key, spec)| filled(binder, &key.node, spec).err()));
    errors.extend(parts.times.iter().filter_map(|at| parameters.instant(at, binder.now).err()));
    errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
    (errors, slips(statement, binder))
}

/// What is wrong with the order of rows: a segment is there twice, or stands below `EVERYONE`.
fn misordered(rows: &[RowSpec]) -> Option<Error> {
    let mut seen = HashSet::new();
    if let Some(twice) = rows.iter().find(|row| !seen.insert(&row.segment.node)) {
        let name = twice.segment.node.clone().unwrap_or_else(Name::everyone);
        let kind = ErrorKind::Duplicate { what: "segment", name: name.as_str().to_owned() };
        return Some(Error::from(kind).at(twice.segment.span));
    }
    let (_, above) = rows.split_last()?;
    let everyone = above.iter().find(|row| row.segment.node.is_none())?;
    Some(Error::from(ErrorKind::EveryoneNotLast).at(everyone.segment.span))
}

fn compiled(binder: &Binder<'_>, condition: &Expr, scope: &dyn Scope) -> Result<()> {
    let bound = binder.parameters.bind(condition)?;
    eval::compile(&bound, scope).map(drop)
}

/// A cell of a key, which may have any type unless the key is there.
pub(super) fn filled(binder: &Binder<'_>, key: &Name, spec: &CellSpec) -> Result<()> {
    let domain = match binder.catalog.key_named(key.as_str()) {
        Some(key) => Domain::of(key)?,
        None => Domain::new(key, KeyType::Json, None, false)?,
    };
    cell(binder.parameters, &domain, spec).map(drop)
}

/// Scope in which every key and segment is there, a key of any type.
struct AnyNames;

impl Scope for AnyNames {
    fn key(&self, _name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        Ok((KeyId(0), KeyType::Json))
    }

    fn segment(&self, _name: &Spanned<Name>) -> Result<SegmentId> {
        Ok(SegmentId::EVERYONE)
    }

    fn list(&self, _list: ListId, _span: Span) -> Result<()> {
        Ok(())
    }

    fn user(&self, _what: &str, _span: Span) -> Result<()> {
        Ok(())
    }

    fn attribute(&self, path: &Path, _span: Span) -> Result<Option<Type>> {
        Ok(matches!(&**path, [name] if &**name == USER_ID).then_some(Type::String))
    }
}
