//! Names in what a query asks of users: keys as they were at its instant, segments as they are called today.

use crate::error::Result;
use crate::eval::{CatalogScope, Scope};
use crate::model::{Catalog, KeyId, KeyType, Name, SegmentId, Span, Spanned};

/// Scope of what is asked of the user of a row.
pub(super) struct PeopleScope<'c> {
    pub(super) then: &'c Catalog,
    pub(super) today: &'c Catalog,
}

impl Scope for PeopleScope<'_> {
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        CatalogScope(self.then).key(name)
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        CatalogScope(self.today).segment(name)
    }

    fn user(&self, _what: &str, _span: Span) -> Result<()> {
        Ok(())
    }
}
