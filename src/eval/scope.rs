//! Scopes: what names mean in the condition of a segment, and in the `CHECK` of a key or an attribute.

use super::literal::Type;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    AttributeType, Catalog, Expr, KeyId, KeyType, LISTS_ARE_LOADED, ListId, Name, ObjectKind, Path,
    SegmentId, Span, Spanned,
};

/// Meaning of names where a condition stands.
pub(crate) trait Scope {
    /// The key that a name stands for.
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)>;

    /// The segment that a name stands for.
    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId>;

    /// The type of `VALUE`, in a `CHECK`; `None` anywhere else.
    fn check_type(&self) -> Option<AttributeType> {
        None
    }

    /// Whether `VALUE` is an element of a list.
    fn is_element(&self) -> bool {
        false
    }

    /// Whether the instant of the evaluation cannot be asked for.
    fn is_timeless(&self) -> bool {
        self.check_type().is_some()
    }

    /// Whether it is a query, which has functions of its own.
    fn asks(&self) -> bool {
        false
    }

    /// An expression for people; `None` if no text says what its names are.
    fn written(&self, expr: &Expr) -> Option<String> {
        Some(expr.to_string())
    }

    /// The type of an attribute, as far as it is known. Refuses attributes that there cannot be, such as unknown
    /// columns of a table.
    fn attribute(&self, _path: &Path, _span: Span) -> Result<Option<Type>> {
        Ok(None)
    }

    /// The type of a column, where names are columns: they are taken as they come where they are compared, and a
    /// column of texts or numbers is no condition.
    fn column(&self, _path: &Path) -> Option<Type> {
        None
    }

    /// Refuses a list of users, unless the condition may be about one.
    fn list(&self, _list: ListId, span: Span) -> Result<()> {
        Err(misplaced("`IN LIST`", LISTS_ARE_LOADED, span))
    }

    /// Refuses what is about a user, such as what they did, unless the condition is about one.
    fn user(&self, what: &str, span: Span) -> Result<()> {
        Err(misplaced(what, "this condition is not about a user", span))
    }
}

/// Names as a catalog has them, archived or not: the place of a segment's condition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CatalogScope<'a>(pub(crate) &'a Catalog);

impl Scope for CatalogScope<'_> {
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        let key = self.0.key_named(name.node.as_str());
        key.map(|key| (key.id, key.kind)).ok_or_else(|| {
            unknown(ObjectKind::Key, name)
                .suggest(name.node.as_str(), self.0.keys().map(|k| k.name.as_str()))
        })
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        let segment = self.0.segment_named(name.node.as_str());
        segment.map(|segment| segment.id).ok_or_else(|| {
            let names = self.0.segments().map(|s| s.name.as_str());
            unknown(ObjectKind::Segment, name).suggest(name.node.as_str(), names)
        })
    }

    /// What is in a catalog was let in.
    fn list(&self, _list: ListId, _span: Span) -> Result<()> {
        Ok(())
    }

    fn user(&self, _what: &str, _span: Span) -> Result<()> {
        Ok(())
    }
}

/// The `WHERE` of a function over events: names are properties.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventScope;

impl Scope for EventScope {
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        self.user("`KEY(…)`", name.span).and_then(|()| Err(unknown(ObjectKind::Key, name)))
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        self.user("`IN SEGMENT`", name.span).and_then(|()| Err(unknown(ObjectKind::Segment, name)))
    }

    fn user(&self, what: &str, span: Span) -> Result<()> {
        Err(misplaced(what, "a condition over events is over their properties", span))
    }
}

/// The `WHERE` of `ANY` and `EVERY`: names are members of the element.
#[derive(Clone, Copy, Debug)]
pub(super) struct ElementScope {
    pub(super) is_timeless: bool,
}

impl Scope for ElementScope {
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        self.user("`KEY(…)`", name.span).and_then(|()| Err(unknown(ObjectKind::Key, name)))
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        self.user("`IN SEGMENT`", name.span).and_then(|()| Err(unknown(ObjectKind::Segment, name)))
    }

    fn is_element(&self) -> bool {
        true
    }

    fn is_timeless(&self) -> bool {
        self.is_timeless
    }

    fn user(&self, what: &str, span: Span) -> Result<()> {
        Err(misplaced(what, "a condition over elements is over their members", span))
    }
}

/// The `CHECK` of a key or an attribute of a type: `VALUE` is all there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckScope(pub(crate) AttributeType);

impl Scope for CheckScope {
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        Err(unknown(ObjectKind::Key, name))
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        Err(unknown(ObjectKind::Segment, name))
    }

    fn check_type(&self) -> Option<AttributeType> {
        Some(self.0)
    }
}

fn misplaced(what: &str, why: &'static str, span: Span) -> Error {
    Error::new(ErrorKind::Misplaced { what: what.to_owned(), why }).at(span)
}

fn unknown(kind: ObjectKind, name: &Spanned<Name>) -> Error {
    Error::new(ErrorKind::Unknown { kind, name: name.node.clone() }).at(name.span)
}
