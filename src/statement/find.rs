//! Objects by their names, and the errors for names of none.

use std::sync::Arc;

use super::SegmentRef;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Catalog, Config, Key, Name, ObjectKind, Segment, SegmentId, Spanned};

/// A key by its name, or an error that says which one may be meant.
pub(crate) fn find_key<'c>(catalog: &'c Catalog, name: &Spanned<Name>) -> Result<&'c Arc<Key>> {
    catalog
        .key_named(name.node.as_str())
        .ok_or_else(|| unknown(ObjectKind::Key, name, catalog.keys().map(|k| k.name.as_str())))
}

/// A segment by its name, or an error that says which one may be meant.
pub(crate) fn find_segment<'c>(
    catalog: &'c Catalog,
    name: &Spanned<Name>,
) -> Result<&'c Arc<Segment>> {
    catalog.segment_named(name.node.as_str()).ok_or_else(|| {
        unknown(ObjectKind::Segment, name, catalog.segments().map(|s| s.name.as_str()))
    })
}

/// The number of a segment by its name, archived or not; `EVERYONE` too.
pub(crate) fn find_segment_id(catalog: &Catalog, segment: &SegmentRef) -> Result<SegmentId> {
    match named(segment) {
        Some(name) => Ok(find_segment(catalog, &name)?.id),
        None => Ok(SegmentId::EVERYONE),
    }
}

/// A config by its name, or an error that says which one may be meant.
pub(crate) fn find_config<'c>(
    catalog: &'c Catalog,
    name: &Spanned<Name>,
) -> Result<&'c Arc<Config>> {
    catalog.config_named(name.node.as_str()).ok_or_else(|| {
        let former = catalog.config_ever_named(name.node.as_str());
        let names = catalog.configs().map(|c| c.head.name.as_str());
        match former.and_then(|id| catalog.config(id)) {
            Some(config) => unknown(ObjectKind::Config, name, std::iter::empty())
                .hint(format!("its name is `{}` now", config.head.name.as_str())),
            None => unknown(ObjectKind::Config, name, names),
        }
    })
}

/// The error for a name that is taken, perhaps by something archived.
pub(super) fn already_exists(kind: ObjectKind, name: &Spanned<Name>, archived: bool) -> Error {
    let error = Error::from(ErrorKind::AlreadyExists { kind, name: name.node.clone() });
    let error = error.at(name.span);
    if !archived {
        return error;
    }
    let kind = kind.to_string().to_uppercase();
    error.hint(format!("it is archived: `RESTORE {kind} {}` brings it back", name.node))
}

fn unknown<'a>(
    kind: ObjectKind,
    name: &Spanned<Name>,
    known: impl Iterator<Item = &'a str>,
) -> Error {
    Error::from(ErrorKind::Unknown { kind, name: name.node.clone() })
        .at(name.span)
        .suggest(name.node.as_str(), known)
}

/// The error for a version that a config does not have.
pub(crate) fn unknown_version(config: &Config, number: &Spanned<u64>) -> Error {
    Error::from(ErrorKind::UnknownVersion {
        config: config.head.name.clone(),
        number: number.node,
        newest: config.newest,
    })
    .at(number.span)
}

/// The name of a segment that is not `EVERYONE`.
pub(super) fn named(segment: &SegmentRef) -> Option<Spanned<Name>> {
    segment.node.clone().map(|name| Spanned::new(name, segment.span))
}
