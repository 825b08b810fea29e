//! Changes that the statements of a dump say, checked against the state that they are loaded into.

use std::sync::Arc;

use super::binder::Binder;
use super::find::refuse_used_segment_name;
use super::load::Load;
use super::matrix::Matrix;
use super::{CreateAttribute, CreateKey, CreateSegment};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Attribute, Change, Config, ConfigHead, ConfigId, Key, Name, Publication, Segment, Spanned,
    USER_ID,
};

/// A key as a dump has it, new or known.
fn loaded_key(binder: &Binder<'_>, key: &CreateKey, version: u64) -> Result<Key> {
    let known = binder.catalog.key_named(key.name.node.as_str());
    let made = key.key(binder)?;
    let id = known.map_or(made.id, |key| key.id);
    let version = next_version(version, known.map(|key| key.version))?;
    if known.is_some_and(|key| key.kind != made.kind) {
        return Err(damaged("the type of a key changes").at(key.name.span));
    }
    Ok(Key { id, version, ..made })
}

/// A segment as a dump has it, new or known, by another name perhaps.
fn loaded_segment(
    binder: &Binder<'_>,
    segment: &CreateSegment,
    former: Option<&Spanned<Name>>,
    version: u64,
) -> Result<Segment> {
    let name = former.unwrap_or(&segment.name);
    let known = binder.catalog.segment_named(name.node.as_str());
    if former.is_some() && known.is_none() {
        return Err(damaged("a segment was renamed that is not there").at(name.span));
    }
    refuse_used_segment_name(binder.catalog, &segment.name, known.map(|known| known.id))?;
    let made = segment.segment(binder)?;
    let id = known.map_or(made.id, |s| s.id);
    let version = next_version(version, known.map(|s| s.version))?;
    Ok(Segment { id, version, ..made })
}

/// An attribute as a dump has it, new or known.
fn loaded_attribute(
    binder: &Binder<'_>,
    attribute: &CreateAttribute,
    version: u64,
) -> Result<Attribute> {
    let (name, known) =
        (&attribute.name, binder.catalog.attribute_named(attribute.name.node.as_str()));
    let made = attribute.attribute(binder)?;
    let id = known.map_or(made.id, |attribute| attribute.id);
    let version = next_version(version, known.map(|attribute| attribute.version))?;
    if name.node.as_str() == USER_ID {
        return Err(damaged("`user_id` is declared").at(name.span));
    }
    if known.is_some_and(|attribute| attribute.kind != made.kind) {
        return Err(damaged("the type of an attribute changes").at(name.span));
    }
    Ok(Attribute { id, version, ..made })
}

impl Load {
    /// The change that a statement of a dump says, checked against the state that it is loaded into.
    pub(crate) fn change(&self, binder: &Binder<'_>) -> Result<Change> {
        let parameters = binder.parameters;
        match self {
            Self::Key { key, version, archived } => {
                let key = loaded_key(binder, key, *version)?;
                Ok(Change::Key(Arc::new(Key { archived: *archived, ..key })))
            }
            Self::Segment { segment, former, version, archived } => {
                let segment = loaded_segment(binder, segment, former.as_ref(), *version)?;
                Ok(Change::Segment(Arc::new(Segment { archived: *archived, ..segment })))
            }
            Self::Attribute { attribute, version, archived } => {
                let attribute = loaded_attribute(binder, attribute, *version)?;
                Ok(Change::Attribute(Arc::new(Attribute { archived: *archived, ..attribute })))
            }
            Self::Attributes(said) => Ok(Change::Strict(said.strict)),
            Self::Config { number: id, name, disabled, archived, comment } => {
                let id = ConfigId(number(*id)?);
                let free =
                    binder.catalog.config_ever_named(name.node.as_str()).is_none_or(|c| c == id);
                if !free || id > binder.catalog.next_config() || id.0 == 0 {
                    return Err(damaged("a config has a wrong number or name").at(name.span));
                }
                let name = name.node.clone();
                let head = ConfigHead { id, name, disabled: *disabled, archived: *archived };
                Ok(Change::Config { head, comment: parameters.optional(comment.as_ref())? })
            }
            Self::Salt { config, segment, salt } => Ok(Change::Salt {
                config: config_of(binder, *config)?.head.id,
                segment: binder.segment_id(segment)?,
                salt: parameters.text(salt)?,
            }),
            Self::Version { config, number: wanted, description, rows, columns } => {
                let config = config_of(binder, *config)?;
                if *wanted != u64::from(config.newest) + 1 {
                    return Err(damaged("the versions of a config come one after the other"));
                }
                let mut matrix = Matrix::new(binder, config.head.id, config.head.name.clone());
                matrix.description = parameters.optional(description.as_ref())?;
                matrix.set_rows(rows)?;
                columns.iter().try_for_each(|column| matrix.add_column(column))?;
                Ok(Change::Version(Arc::new(matrix.version(config.newest + 1))))
            }
            Self::Publication { .. } => self.loaded_publication(binder).map(Change::Publication),
            Self::Cancel { number, config } => {
                let config = config_of(binder, *config)?;
                if config.timeline.get(*number).is_none() {
                    return Err(damaged("a publication is taken back that is not to come"));
                }
                Ok(Change::Cancel { config: config.head.id, sequence: *number })
            }
            Self::Keep(rule) => rule.change(parameters),
            Self::Record(rule) => rule.change(parameters),
            Self::Store { .. }
            | Self::Revision { .. }
            | Self::List { .. }
            | Self::User(_)
            | Self::End { .. } => Err(damaged("it changes nothing")),
        }
    }

    fn loaded_publication(&self, binder: &Binder<'_>) -> Result<Publication> {
        let Self::Publication { number: sequence, config, version, at, until, scheduled, comment } =
            self
        else {
            return Err(damaged("it is no publication"));
        };
        let config = config_of(binder, *config)?;
        if *sequence != binder.catalog.sequence + 1 {
            return Err(damaged("publications come one after the other"));
        }
        let version = binder.version(config, &Spanned::unplaced(*version))?.number;
        let effective = binder.parameters.timestamp(at)?;
        let until = until.as_ref().map(|at| binder.parameters.timestamp(at)).transpose()?;
        if until.is_some_and(|until| until <= effective) {
            return Err(damaged("a publication ends before it begins"));
        }
        Ok(Publication {
            config: config.head.id,
            sequence: *sequence,
            version,
            effective,
            until,
            scheduled: *scheduled,
            comment: binder.parameters.optional(comment.as_ref())?,
        })
    }
}

fn config_of<'s>(binder: &Binder<'s>, id: u64) -> Result<&'s Arc<Config>> {
    let config = number(id).ok().and_then(|id| binder.catalog.config(ConfigId(id)));
    config.ok_or_else(|| damaged("it speaks of a config that is not there"))
}

/// The version of an object: 1 of a new one, else that of the old one or the next.
fn next_version(version: u64, old: Option<u32>) -> Result<u32> {
    let number = number(version)?;
    let old = old.unwrap_or(0);
    if number == 0 || number < old || number - old > 1 {
        return Err(damaged("the versions of an object come one after the other"));
    }
    Ok(number)
}

fn number(n: u64) -> Result<u32> {
    u32::try_from(n).map_err(|_| damaged("a number is out of range"))
}

fn damaged(what: &str) -> Error {
    ErrorKind::Corrupt { what: format!("in the dump, {what}") }.into()
}
