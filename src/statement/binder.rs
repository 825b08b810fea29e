//! Binder: what names, parameters and conditions of a statement mean in a state.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::eval;
use crate::limits::CONDITION_BYTES;
use crate::model::{
    Attribute, AttributeType, Catalog, Condition, Config, Expr, Key, Name, ObjectKind, Role,
    Segment, SegmentId, Span, Spanned, Timestamp, Version, VersionReader,
};

use super::canonical;
use super::find::{
    find_attribute, find_config, find_key, find_segment, find_segment_id, named, unknown_version,
};
use super::{Parameters, SegmentRef};

/// Binder of a statement to the state that it is checked against.
pub(crate) struct Binder<'a> {
    /// Every object as it stands.
    pub(crate) catalog: &'a Catalog,
    /// The instant of the statement.
    pub(crate) now: Timestamp,
    /// The values of the statement's parameters.
    pub(crate) parameters: &'a Parameters,
    /// The versions that the catalog does not keep.
    pub(crate) versions: &'a dyn VersionReader,
    /// What the session may do.
    pub(crate) role: Role,
    /// Where the statement comes from.
    pub(crate) origin: Origin,
}

/// Origin of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Somebody who writes it now.
    Writer,
    /// A state file: whether it says anything new is to be found out, so nothing has to be declared yet.
    State,
    /// A dump: what it says was stored, whatever was declared since.
    Dump {
        /// How many lists of users conditions may refer to.
        lists: u32,
    },
}

impl<'a> Binder<'a> {
    /// Refuses what needs a greater role than the statement by itself.
    pub(super) fn require(&self, needs: Role) -> Result<()> {
        let has = self.role;
        if needs <= has { Ok(()) } else { Err(ErrorKind::RoleTooSmall { needs, has }.into()) }
    }

    /// A key, archived or not.
    pub(crate) fn key(&self, name: &Spanned<Name>) -> Result<&'a Arc<Key>> {
        find_key(self.catalog, name)
    }

    /// A key that is not archived.
    pub(crate) fn usable_key(&self, name: &Spanned<Name>) -> Result<&'a Arc<Key>> {
        let key = self.key(name)?;
        refuse_archived(key.archived, ObjectKind::Key, name)?;
        Ok(key)
    }

    /// A segment, archived or not.
    pub(crate) fn segment(&self, name: &Spanned<Name>) -> Result<&'a Arc<Segment>> {
        find_segment(self.catalog, name)
    }

    /// A segment that is not archived.
    pub(crate) fn usable_segment(&self, name: &Spanned<Name>) -> Result<&'a Arc<Segment>> {
        let segment = self.segment(name)?;
        refuse_archived(segment.archived, ObjectKind::Segment, name)?;
        Ok(segment)
    }

    /// A declared attribute, archived or not, that can be changed.
    pub(crate) fn attribute(&self, name: &Spanned<Name>) -> Result<&'a Arc<Attribute>> {
        let attribute = find_attribute(self.catalog, name)?;
        if attribute.is_built_in() {
            return Err(Error::from(ErrorKind::UserIdIsBuiltIn).at(name.span));
        }
        Ok(attribute)
    }

    /// A declared attribute that is not archived.
    pub(crate) fn usable_attribute(&self, name: &Spanned<Name>) -> Result<&'a Arc<Attribute>> {
        let attribute = self.attribute(name)?;
        refuse_archived(attribute.archived, ObjectKind::Attribute, name)?;
        Ok(attribute)
    }

    /// The number of a segment in a list of rows or cells; `EVERYONE` too.
    pub(crate) fn segment_id(&self, segment: &SegmentRef) -> Result<SegmentId> {
        find_segment_id(self.catalog, segment)
    }

    /// The number of a segment that is not archived; `EVERYONE` too.
    pub(crate) fn usable_segment_id(&self, segment: &SegmentRef) -> Result<SegmentId> {
        match named(segment) {
            Some(name) => Ok(self.usable_segment(&name)?.id),
            None => Ok(SegmentId::EVERYONE),
        }
    }

    /// A config, archived or not.
    pub(crate) fn config(&self, name: &Spanned<Name>) -> Result<&'a Arc<Config>> {
        find_config(self.catalog, name)
    }

    /// A config that is not archived.
    pub(crate) fn usable_config(&self, name: &Spanned<Name>) -> Result<&'a Arc<Config>> {
        let config = self.config(name)?;
        refuse_archived(config.head.archived, ObjectKind::Config, name)?;
        Ok(config)
    }

    /// A version of a config, kept by the catalog or not.
    pub(crate) fn version(&self, config: &Config, number: &Spanned<u64>) -> Result<Arc<Version>> {
        let wanted = u32::try_from(number.node).ok().filter(|n| (1..=config.newest).contains(n));
        if let Some(wanted) = wanted {
            if let Some(version) = config.versions.get(wanted) {
                return Ok(Arc::clone(version));
            }
            if let Some(version) = self.versions.version(config.head.id, wanted)? {
                return Ok(version);
            }
        }
        Err(unknown_version(config, number))
    }

    /// Checks the `CHECK` of a key or an attribute.
    pub(crate) fn check_condition(
        &self,
        expr: &Expr,
        kind: impl Into<AttributeType>,
    ) -> Result<Condition> {
        let bound = self.parameters.bind(expr)?.into_owned();
        eval::compile_check(&bound, kind.into())?;
        of_storable_length(Condition::new(bound), expr.span)
    }
}

/// Refuses a condition whose canonical text could not be read back.
pub(super) fn of_storable_length(condition: Condition, span: Span) -> Result<Condition> {
    let found = condition.text().len();
    if found <= CONDITION_BYTES {
        return Ok(condition);
    }
    let (what, limit, unit) = ("a condition", CONDITION_BYTES, "bytes");
    Err(Error::from(ErrorKind::TooMany { what, limit, unit, found }).at(span))
}

pub(super) fn refuse_archived(
    archived: bool,
    kind: ObjectKind,
    name: &Spanned<Name>,
) -> Result<()> {
    if !archived {
        return Ok(());
    }
    let hint = format!("`RESTORE {}` brings it back", canonical::object(kind, &name.node));
    Err(Error::from(ErrorKind::Archived { kind, name: name.node.clone() }).at(name.span).hint(hint))
}
