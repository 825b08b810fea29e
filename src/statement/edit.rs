//! Edits of configs: how one ends in a version, and the rules that it is held to.

use std::sync::Arc;

use super::binder::Binder;
use super::effect::{Effect, Operation};
use super::find::{already_exists, formerly};
use super::matrix::Matrix;
use super::plan::{Draft, Plan};
use super::{chain, rules, usage};
use crate::error::{ErrorKind, Result};
use crate::model::{Change, Config, ConfigHead, ConfigId, Name, ObjectKind, Span, Spanned};

/// Ends an edit of a config: what the matrix has become is its next version, if it is another. `keys` are those that the
/// statement names, for the place of an error.
pub(super) fn end<'k>(
    binder: &Binder<'_>,
    config: &Config,
    matrix: &Matrix<'_>,
    span: Span,
    keys: impl IntoIterator<Item = &'k Spanned<Name>>,
) -> Result<Plan> {
    let Some(newest) = config.newest() else { return Ok(Plan::unchanged("it has no version")) };
    matrix.settle_columns()?;
    let version = matrix.version(config.newest + 1);
    let renamed = matrix.name != config.head.name;
    let edited = !version.same_content(newest);
    let adds_nothing = version.adds_nothing_to(newest);
    let mut draft = binder.draft();
    if renamed {
        let head = ConfigHead { name: matrix.name.clone(), ..config.head.clone() };
        draft.push(Change::Config { head, comment: None })?;
    }
    if edited {
        matrix.new_salts(&config.salts).into_iter().try_for_each(|salt| draft.push(salt))?;
        draft.push(Change::Version(Arc::new(version)))?;
    }
    if !adds_nothing {
        hold_to_rules(&draft, config.head.id, span, keys)?;
    }
    let (name, kind) = (&matrix.name, ObjectKind::Config);
    Ok(match (renamed, edited) {
        (_, true) => {
            let effect = Effect::of(Operation::Drafted, kind, name);
            draft.end(effect.with_version(config.newest + 1))
        }
        (true, false) => {
            draft.done(Operation::Renamed { from: config.head.name.clone() }, kind, name)
        }
        (false, false) => Plan::unchanged(format!("config {name} is like that already")),
    })
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
            let now = config.map_or(&name.node, |config| &config.head.name);
            Err(formerly(error, ObjectKind::Config, &name.node, now))
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
