//! Rules over the whole catalog: a value is in the domain of its key, a key belongs to one config, and what is
//! served is valid.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::chain::refuse_cycles;
use super::domain::Domain;
use super::usage::{self, config_keys, configs_with, taken_keys};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Catalog, Cell, Column, Config, Key, Name, Reference, Timestamp, Version};

/// The values of a key in the newest, live and scheduled versions that do not pass its `CHECK`, in
/// words.
pub(crate) fn check_violations(
    catalog: &Catalog,
    key: &Key,
    domain: &Domain<'_>,
    now: Timestamp,
) -> Vec<String> {
    let mut found = Vec::new();
    for config in configs_with(catalog, Reference::Key(key.id), now) {
        for version in config.used(now) {
            let place =
                format!("config `{}` version {}", config.head.name.as_str(), version.number);
            found.extend(
                failing_cells(catalog, version, key, domain)
                    .map(|text| format!("{text} ({place})")),
            );
        }
    }
    found
}

fn failing_cells<'a>(
    catalog: &'a Catalog,
    version: &'a Version,
    key: &Key,
    domain: &'a Domain<'_>,
) -> impl Iterator<Item = String> + 'a {
    let cells = version.column(key.id).map(Column::cells).unwrap_or_default();
    version.rows.iter().zip(cells).flat_map(move |(row, cell)| {
        let failing = cell.iter().flat_map(Cell::values).filter(|value| !domain.passes(value));
        failing.map(|value| {
            let segment = catalog.segment_name(row.segment);
            format!("{} for `{}`", domain.shown(value), segment.as_str())
        })
    })
}

/// Refuses a config that has a key of another one.
pub(crate) fn refuse_taken_keys(catalog: &Catalog, config: &Config, now: Timestamp) -> Result<()> {
    let owners = taken_keys(catalog, config, now);
    if owners.is_empty() { Ok(()) } else { Err(key_in_use(owners)) }
}

fn key_in_use(owners: Vec<(Name, Name)>) -> Error {
    let hint =
        "a key belongs to one config: drop it from that one and publish, or archive that one";
    Error::from(ErrorKind::KeyInUse { owners }).hint(hint)
}

/// Refuses a version of a config that cannot be served today, with every reason. `before` is the config without it: what
/// the version has in common with one in use was looked at when that came into use.
pub(crate) fn refuse_unservable(
    catalog: &Catalog,
    before: &Config,
    version: &Arc<Version>,
    now: Timestamp,
) -> Result<()> {
    if before.newest().is_some_and(|known| version.adds_nothing_to(known)) {
        return refuse_invalid_alone(before, invalid(catalog, version)?);
    }
    let Some(config) = catalog.config(before.head.id) else { return Ok(()) };
    refuse_invalid(catalog, config, [version].into_iter(), now)
}

fn refuse_invalid_alone(config: &Config, reasons: Vec<String>) -> Result<()> {
    if reasons.is_empty() {
        return Ok(());
    }
    Err(not_valid_now(config, reasons))
}

fn not_valid_now(config: &Config, mut reasons: Vec<String>) -> Error {
    reasons.dedup();
    ErrorKind::NotValidNow { config: config.head.name.clone(), reasons }.into()
}

/// Refuses versions of a config that cannot be served today, with every reason.
pub(crate) fn refuse_invalid<'v>(
    catalog: &Catalog,
    config: &Config,
    versions: impl Iterator<Item = &'v Arc<Version>>,
    now: Timestamp,
) -> Result<()> {
    let mut reasons = Vec::new();
    for version in versions {
        reasons.extend(invalid(catalog, version)?);
    }
    if let Err(error) = refuse_cycles(catalog, config_keys(config, now), now) {
        reasons.push(error.to_string());
    }
    let owners = taken_keys(catalog, config, now);
    if reasons.is_empty() {
        return if owners.is_empty() { Ok(()) } else { Err(key_in_use(owners)) };
    }
    let own = |(key, owner): &(Name, Name)| {
        format!("key `{}` belongs to config `{}`", key.as_str(), owner.as_str())
    };
    reasons.extend(owners.iter().map(own));
    Err(not_valid_now(config, reasons))
}

/// Every reason why a version is not valid today, ownership and cycles aside.
fn invalid(catalog: &Catalog, version: &Version) -> Result<Vec<String>> {
    let segments = version.rows.iter().filter_map(|row| catalog.segment(row.segment));
    let mut reasons: Vec<_> = segments
        .filter(|segment| segment.archived)
        .map(|segment| format!("segment `{}` is archived", segment.name.as_str()))
        .collect();
    let bases: BTreeSet<_> = usage::attributes_of(version).collect();
    let archived = bases.iter().filter_map(|name| catalog.attribute_named(name));
    let archived = archived.filter(|attribute| attribute.archived);
    reasons.extend(archived.map(|a| format!("attribute `{}` is archived", a.name.as_str())));
    for column in &version.columns {
        let Some(key) = catalog.key(column.key) else { continue };
        if key.archived {
            reasons.push(format!("key `{}` is archived", key.name.as_str()));
        }
        if key.check.is_none() {
            continue;
        }
        let domain = Domain::of(key)?;
        let failing = failing_cells(catalog, version, key, &domain);
        reasons.extend(
            failing.map(|cell| {
                format!("{cell} does not pass the CHECK of key `{}`", key.name.as_str())
            }),
        );
    }
    Ok(reasons)
}
