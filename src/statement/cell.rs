//! Cells as specs say them: values in the domain of a key, and splits whose shares add up.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::domain::Domain;
use super::{CellSpec, Parameters, SplitSpec};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::SPLIT_PIECES;
use crate::model::{Arm, Cell, Share, Span, Spanned, Split, Value};

/// The cell of a key that a spec says.
pub(super) fn cell(parameters: &Parameters, domain: &Domain<'_>, spec: &CellSpec) -> Result<Cell> {
    match spec {
        CellSpec::Value(literal) => {
            let value = parameters.resolve(literal)?;
            Ok(Cell::Value(domain.admit(value, literal.span)?))
        }
        CellSpec::Split(split) => Ok(Cell::Split(self::split(parameters, domain, split)?)),
    }
}

/// The cell with its users kept, if it is said so: laid out over the one that it replaces.
pub(super) fn over(made: &Cell, spec: &CellSpec, old: Option<&Cell>) -> Result<Cell> {
    let (Cell::Split(new), CellSpec::Split(spec)) = (made, spec) else { return Ok(made.clone()) };
    if !spec.node.keeping_users {
        return Ok(made.clone());
    }
    let laid = match old {
        Some(Cell::Split(old)) => old.keeping_users(new),
        _ => new.clone(),
    };
    refuse_pieces(&laid, spec.span)?;
    Ok(Cell::Split(laid))
}

/// The cell that a `CREATE OR ALTER` makes of the one that is there: that itself, if it gives its arms the same shares.
pub(super) fn unless_same(made: Cell, old: Option<&Cell>, span: Span) -> Result<Cell> {
    match (made, old) {
        (Cell::Split(new), Some(Cell::Split(old))) if new.by == old.by => {
            if old.shares_as(&new) {
                return Ok(Cell::Split(old.clone()));
            }
            let laid = old.keeping_users(&new);
            refuse_pieces(&laid, span)?;
            Ok(Cell::Split(laid))
        }
        (made, _) => Ok(made),
    }
}

fn refuse_pieces(split: &Split, span: Span) -> Result<()> {
    let found = split.arms.len();
    if found <= SPLIT_PIECES {
        return Ok(());
    }
    let error = ErrorKind::TooMany {
        what: "a split that keeps users",
        limit: SPLIT_PIECES,
        unit: "pieces",
        found,
    };
    Err(Error::from(error).at(span).hint("a SPLIT without KEEPING USERS starts afresh"))
}

fn split(parameters: &Parameters, domain: &Domain<'_>, spec: &Spanned<SplitSpec>) -> Result<Split> {
    let mut values: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    let mut arms: Vec<Arm> = Vec::with_capacity(spec.node.arms.len());
    for arm in &spec.node.arms {
        let name = arm.name.as_ref().map(|name| Arc::clone(&name.node));
        let value = domain.admit(parameters.resolve(&arm.value)?, arm.value.span)?;
        let made = Arm { name, share: parameters.share(&arm.share)?, value };
        let label = made.label(arms.len());
        let known = values.entry(Arc::clone(&label)).or_insert_with(|| made.value.clone());
        if !known.same(&made.value) {
            let span = arm.name.as_ref().map_or(arm.share.span, |name| name.span);
            let error = ErrorKind::Duplicate { what: "arm", name: label.to_string() };
            return Err(Error::from(error).at(span).hint("the pieces of an arm have one value"));
        }
        arms.push(made);
    }
    refuse_sum(&arms, spec.span)?;
    Ok(Split { arms, by: spec.node.by.as_ref().map(|path| Arc::clone(&path.node)) })
}

fn refuse_sum(arms: &[Arm], span: Span) -> Result<()> {
    let total: u64 = arms.iter().map(|arm| u64::from(arm.share.thousandths())).sum();
    if total == u64::from(Share::FULL.thousandths()) {
        return Ok(());
    }
    let (whole, part) = (total / 1000, total % 1000);
    let total = match part {
        0 => format!("{whole}%"),
        _ => format!("{whole}.{}%", format!("{part:03}").trim_end_matches('0')),
    };
    Err(Error::from(ErrorKind::SplitSum { total }).at(span))
}
