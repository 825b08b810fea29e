//! Conditions of segments: what names mean to a statement, and how a condition is stored.

use super::binder::{Binder, Origin, of_storable_length};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, Scope, Type};
use crate::model::{
    Catalog, Condition, Expr, KeyId, KeyType, LISTS_ARE_LOADED, ListId, Name, Path, Segment,
    SegmentId, Span, Spanned, USER_ID,
};
use crate::syntax;

/// What a condition says of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// What they are declared as today: it is new.
    Today {
        /// Whether others than declared ones are refused.
        strict: bool,
    },
    /// What was found when it was stored, long ago perhaps.
    Stored {
        /// Whether others than declared ones are refused.
        strict: bool,
    },
    /// Whatever a dump says: nothing is refused.
    Anything,
}

/// Scope of the condition of a segment.
pub(super) struct SegmentScope<'s> {
    pub(super) binder: &'s Binder<'s>,
    /// The last of the lists that it may refer to.
    pub(super) lists: u32,
    pub(super) reads: Reads,
}

impl<'s> SegmentScope<'s> {
    /// Scope of a condition that a statement says.
    pub(super) fn new(binder: &'s Binder<'s>, origin: Origin) -> Self {
        let (lists, reads) = match origin {
            Origin::Writer => (0, Reads::Today { strict: binder.catalog.strict }),
            Origin::State => (0, Reads::Today { strict: false }),
            Origin::Dump { lists } => (lists, Reads::Anything),
        };
        Self { binder, lists, reads }
    }
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

    fn attribute(&self, path: &Path, span: Span) -> Result<Option<Type>> {
        if self.reads == Reads::Anything {
            return Ok(None);
        }
        self.check_declared(path, span)?;
        match self.reads {
            Reads::Today { .. } => attribute_type(self.binder.catalog, path, span),
            Reads::Stored { .. } | Reads::Anything => Ok(None),
        }
    }
}

impl SegmentScope<'_> {
    /// Refuses an attribute that is archived, or not declared if it has to be.
    fn check_declared(&self, path: &Path, span: Span) -> Result<()> {
        let strict = match self.reads {
            Reads::Anything => return Ok(()),
            Reads::Today { strict } | Reads::Stored { strict } => strict,
        };
        let Some(name) = path.first().filter(|name| ***name != *USER_ID) else { return Ok(()) };
        let is_declared = self.binder.catalog.attribute_named(name).is_some();
        if !strict && !is_declared {
            return Ok(());
        }
        let usable = self.binder.usable_attribute(&Spanned::new(Name::new(&**name)?, span));
        let usable = usable.map(drop);
        if is_declared {
            return usable;
        }
        let hint = "attributes have to be declared here: `CREATE ATTRIBUTE` does that";
        usable.map_err(|error| error.hint(hint))
    }
}

impl Binder<'_> {
    /// Checks the condition of a segment, and gives it as it is stored: with its meaning.
    pub(crate) fn condition(&self, expr: &Expr) -> Result<Condition> {
        self.condition_of(expr, self.origin)
    }

    /// The condition of a segment that has one. The one that it has is not new, whatever has to be declared now.
    pub(crate) fn condition_over(&self, expr: &Expr, old: &Condition) -> Result<Condition> {
        self.condition(expr).or_else(|error| match self.condition_of(expr, Origin::State) {
            Ok(same) if same == *old => Ok(same),
            _ => Err(error),
        })
    }

    fn condition_of(&self, expr: &Expr, origin: Origin) -> Result<Condition> {
        let mut bound = self.parameters.bind(expr)?.into_owned();
        let scope = SegmentScope::new(self, origin);
        eval::compile(&bound, &scope)?;
        let is_read = eval::put_readings(&mut bound, &scope)?;
        let condition = of_storable_length(Condition::new(bound), expr.span)?;
        if is_read {
            // what was put in may nest too deep
            syntax::condition(condition.text(), false)
                .map_err(|error| error.unplaced().at(expr.span))?;
        }
        Ok(condition)
    }

    /// Refuses an attribute by which shares cannot go.
    pub(super) fn check_basis(&self, by: &Spanned<Path>) -> Result<()> {
        SegmentScope::new(self, self.origin).attribute(&by.node, by.span).map(drop)
    }
}

/// Refuses a segment that was stored and whose condition refers to what is archived, or, if it becomes one of today's
/// versions anew, to what has to be declared.
pub(super) fn find_referenced(binder: &Binder<'_>, segment: &Segment, reads: Reads) -> Result<()> {
    // the lists of what is stored are there
    let scope = SegmentScope { binder, lists: u32::MAX, reads };
    eval::compile(segment.condition.expr(), &scope).map(drop).map_err(|error| {
        // the places are those of the text in which the condition was written
        error.unplaced()
    })
}

/// The type of an attribute as it is declared, or of what steps lead to in it; `None` if it may be anything.
pub(super) fn attribute_type(catalog: &Catalog, path: &Path, span: Span) -> Result<Option<Type>> {
    let Some((name, steps)) = path.split_first() else { return Ok(None) };
    let declared = || catalog.attribute_named(name).filter(|attribute| !attribute.archived);
    let known = match &**name {
        USER_ID => Some(Type::String),
        _ => declared().and_then(|attribute| Type::of_attribute(attribute.kind)),
    };
    match known {
        Some(found) if !steps.is_empty() => Err(not_an_object(found, span)),
        known => Ok(known),
    }
}

/// The error for steps into a value that has no members.
fn not_an_object(found: Type, span: Span) -> Error {
    let (place, wanted) = ("a step inside".to_owned(), "an object".to_owned());
    Error::from(ErrorKind::Type { place, wanted, found: found.to_string() }).at(span)
}
