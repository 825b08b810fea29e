//! Lists of users, read from the store as far as segments refer to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Result;
use crate::listing::Lists;
use crate::model::{Catalog, Entry, ListId, UserIds, What};
use crate::store::Reader;

/// The lists that segments of a catalog refer to, archived ones too: what refers to them is still in force.
pub(crate) fn referred(catalog: &Catalog) -> BTreeSet<ListId> {
    catalog.segments().flat_map(|segment| segment.condition.lists()).collect()
}

/// The lists that segments of a catalog refer to, read from the store.
pub(crate) fn read(reader: &Reader, catalog: &Catalog) -> Result<Arc<Lists>> {
    with_missing(Lists::default(), &referred(catalog), reader).map(Arc::new)
}

/// Lists, and those that lack of the ones that are wanted, read from the store.
pub(crate) fn with_missing(
    mut lists: Lists,
    wanted: &BTreeSet<ListId>,
    reader: &Reader,
) -> Result<Lists> {
    for list in wanted.difference(&lists.numbers()) {
        let mut ids = UserIds::default();
        reader.each_listed(*list, |id| ids.push(id))?;
        lists = lists.with(*list, &ids)?;
    }
    Ok(lists)
}

/// The lists without the users whom entries forget, if one of them is in any.
pub(crate) fn without_forgotten(lists: &Arc<Lists>, entries: &[Entry]) -> Option<Arc<Lists>> {
    let forgotten = entries.iter().filter(|entry| entry.what == What::Forget);
    let mut left: Option<Arc<Lists>> = None;
    for entry in forgotten {
        let without = left.as_ref().unwrap_or(lists).without(&entry.user);
        left = without.map(Arc::new).or(left);
    }
    left
}
