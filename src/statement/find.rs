//! Objects by their names, and the errors for names of none.

use std::sync::Arc;

use super::{SegmentRef, canonical};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Attribute, Catalog, Config, Key, Name, ObjectKind, Segment, SegmentId, Spanned, USER_ID,
};

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
        match catalog.segment_ever_named(name.node.as_str()) {
            Some(segment) => unknown(ObjectKind::Segment, name, std::iter::empty())
                .hint(format!("its name is `{}` now", segment.name.as_str())),
            None => unknown(ObjectKind::Segment, name, catalog.segments().map(|s| s.name.as_str())),
        }
    })
}

/// A declared attribute by its name, archived or not, or the built-in one, or an error that says which one may be meant.
pub(crate) fn find_attribute<'c>(
    catalog: &'c Catalog,
    name: &Spanned<Name>,
) -> Result<&'c Arc<Attribute>> {
    if name.node.as_str() == USER_ID {
        return Ok(Attribute::user_id());
    }
    catalog.attribute_named(name.node.as_str()).ok_or_else(|| {
        let names = catalog.attributes().map(|attribute| attribute.name.as_str());
        unknown(ObjectKind::Attribute, name, names)
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

/// Refuses a name that another segment has or had, or that of the built-in one.
pub(super) fn refuse_used_segment_name(
    catalog: &Catalog,
    name: &Spanned<Name>,
    own: Option<SegmentId>,
) -> Result<()> {
    if name.node == Name::everyone() {
        return Err(Error::from(ErrorKind::EveryoneIsBuiltIn).at(name.span));
    }
    match catalog.segment_ever_named(name.node.as_str()) {
        Some(other) if Some(other.id) != own => {
            let error = already_exists(ObjectKind::Segment, name, other.archived);
            Err(formerly(error, ObjectKind::Segment, &name.node, &other.name))
        }
        _ => Ok(()),
    }
}

/// The error for a name that is taken, perhaps by something archived.
pub(super) fn already_exists(kind: ObjectKind, name: &Spanned<Name>, archived: bool) -> Error {
    let error = Error::from(ErrorKind::AlreadyExists { kind, name: name.node.clone() });
    let error = error.at(name.span);
    if !archived {
        return error;
    }
    let object = canonical::object(kind, &name.node);
    error.hint(format!("it is archived: `RESTORE {object}` brings it back"))
}

/// The error for a name that is taken, with the name of today if the one that has it has another now.
pub(super) fn formerly(error: Error, kind: ObjectKind, name: &Name, now: &Name) -> Error {
    if name == now {
        return error;
    }
    error.hint(format!("it is a former name of {kind} `{}`", now.as_str()))
}

fn unknown<'a>(
    kind: ObjectKind,
    name: &Spanned<Name>,
    known: impl Iterator<Item = &'a str>,
) -> Error {
    let error = Error::from(ErrorKind::Unknown { kind, name: name.node.clone() }).at(name.span);
    let error = error.suggest(name.node.as_str(), known);
    if !error.hints().is_empty() {
        return error;
    }
    let table = match kind {
        ObjectKind::Key => "KEYS",
        ObjectKind::Segment => "SEGMENTS",
        ObjectKind::Config => "CONFIGS",
        ObjectKind::Attribute => "ATTRIBUTES",
    };
    error.hint(format!("`SHOW {table}` lists those that there are"))
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

/// The error for a version that a key or a segment does not have.
pub(crate) fn unknown_object_version(
    kind: ObjectKind,
    name: &Spanned<Name>,
    number: &Spanned<u64>,
    newest: u32,
) -> Error {
    let (name, number_asked) = (name.node.clone(), number.node);
    let error = ErrorKind::UnknownObjectVersion { kind, name, number: number_asked, newest };
    Error::from(error).at(number.span)
}

/// The name of a segment that is not `EVERYONE`.
pub(super) fn named(segment: &SegmentRef) -> Option<Spanned<Name>> {
    segment.node.clone().map(|name| Spanned::new(name, segment.span))
}
