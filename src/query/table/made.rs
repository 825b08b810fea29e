//! Revisions that versions were made in.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Result;
use crate::model::{Change, ObjectKind, Revision};
use crate::query::log::{Logged, object_history};
use crate::query::view::View;

/// The versions of an object with the changes that made them, oldest first: archiving and restoring make none.
pub(super) fn versions(view: &View<'_>, kind: ObjectKind, id: u32) -> Result<Vec<(u32, Logged)>> {
    let mut made: BTreeMap<u32, Logged> = BTreeMap::new();
    for logged in object_history(view, kind, id)? {
        let number = match &logged.change {
            Change::Key(key) => key.version,
            Change::Segment(segment) => segment.version,
            Change::Version(version) => version.number,
            _ => continue,
        };
        made.entry(number).or_insert(logged);
    }
    Ok(made.into_iter().collect())
}

/// The revision that made the newest version of an object.
pub(super) fn newest(view: &View<'_>, kind: ObjectKind, id: u32) -> Result<Option<Arc<Revision>>> {
    Ok(versions(view, kind, id)?.pop().map(|(_, logged)| logged.revision))
}
