//! Cells as specs say them: values in the domain of a key, and splits whose shares add up.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::domain::Domain;
use super::{CellSpec, Parameters, SplitSpec};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Arm, Cell, Share, Span, Spanned, Split};

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

fn split(parameters: &Parameters, domain: &Domain<'_>, spec: &Spanned<SplitSpec>) -> Result<Split> {
    let mut labels = BTreeSet::new();
    let mut arms: Vec<Arm> = Vec::with_capacity(spec.node.arms.len());
    for arm in &spec.node.arms {
        let name = arm.name.as_ref().map(|name| Arc::clone(&name.node));
        let value = parameters.resolve(&arm.value)?;
        let made = Arm { name, share: arm.share.node, value };
        let label = made.label(arms.len());
        if !labels.insert(Arc::clone(&label)) {
            let span = arm.name.as_ref().map_or(arm.share.span, |name| name.span);
            let error = ErrorKind::Duplicate { what: "arm", name: label.to_string() };
            return Err(Error::from(error).at(span));
        }
        arms.push(Arm {
            value: domain.admit(made.value, arm.value.span)?,
            share: made.share,
            name: made.name,
        });
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
