//! Binder: what names, parameters and conditions of a statement mean in a state.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, CheckScope, Scope, Type};
use crate::limits::CONDITION_BYTES;
use crate::model::{
    Attribute, AttributeType, Catalog, Condition, Config, Expr, Key, KeyId, KeyType,
    LISTS_ARE_LOADED, ListId, Name, ObjectKind, Path, Role, Segment, SegmentId, Span, Spanned,
    Timestamp, USER_ID, Version, VersionReader,
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
    /// How many lists of users a condition may refer to: only a dump has any.
    pub(crate) lists: u32,
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

    /// A declared attribute, archived or not.
    pub(crate) fn attribute(&self, name: &Spanned<Name>) -> Result<&'a Arc<Attribute>> {
        find_attribute(self.catalog, name)
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

    /// Checks the condition of a segment.
    pub(crate) fn condition(&self, expr: &Expr) -> Result<Condition> {
        let bound = self.parameters.bind(expr)?.into_owned();
        eval::compile(&bound, &SegmentScope { binder: self, lists: self.lists })?;
        of_storable_length(Condition::new(bound), expr.span)
    }

    /// Checks the `CHECK` of a key.
    pub(crate) fn check_condition(&self, expr: &Expr, kind: KeyType) -> Result<Condition> {
        let bound = self.parameters.bind(expr)?.into_owned();
        eval::compile(&bound, &CheckScope(kind))?;
        of_storable_length(Condition::new(bound), expr.span)
    }

    /// Checks the `CHECK` of an attribute.
    pub(crate) fn attribute_check(&self, expr: &Expr, kind: AttributeType) -> Result<Condition> {
        self.check_condition(expr, kind.as_it_comes())
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

fn refuse_archived(archived: bool, kind: ObjectKind, name: &Spanned<Name>) -> Result<()> {
    if !archived {
        return Ok(());
    }
    let hint = format!("`RESTORE {}` brings it back", canonical::object(kind, &name.node));
    Err(Error::from(ErrorKind::Archived { kind, name: name.node.clone() }).at(name.span).hint(hint))
}

/// Scope of the condition of a segment.
struct SegmentScope<'s> {
    binder: &'s Binder<'s>,
    /// The last of the lists that it may refer to.
    lists: u32,
}

impl Scope for SegmentScope<'_> {
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        let key = self.binder.usable_key(name)?;
        Ok((key.id, key.kind))
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        Ok(self.binder.usable_segment(name)?.id)
    }

    fn list(&self, list: ListId, span: Span) -> Result<()> {
        let what = || "`IN LIST`".to_owned();
        let why = match (1..=self.lists).contains(&list.0) {
            true => return Ok(()),
            false if self.lists == 0 => LISTS_ARE_LOADED,
            false => "the list was not loaded before it",
        };
        Err(Error::from(ErrorKind::Misplaced { what: what(), why }).at(span))
    }

    fn user(&self, _what: &str, _span: Span) -> Result<()> {
        Ok(())
    }

    fn attribute(&self, path: &Path, _span: Span) -> Result<Option<Type>> {
        Ok(matches!(&**path, [name] if &**name == USER_ID).then_some(Type::String))
    }
}

/// Refuses a segment whose condition refers to what is archived.
pub(super) fn find_referenced(binder: &Binder<'_>, segment: &Segment) -> Result<()> {
    // the lists of what is stored are there
    let scope = SegmentScope { binder, lists: u32::MAX };
    eval::compile(segment.condition.expr(), &scope).map(drop).map_err(|error| {
        // the places are those of the text in which the condition was written
        error.unplaced()
    })
}
