//! Report of a salvage: how much was saved, and what is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use redb::{ReadableTable, TableHandle as _};

use super::log::Kept;
use super::tables::Read;
use crate::error::Result;
use crate::model::{
    AttributeId, Catalog, ConfigId, KeyId, Name, ObjectKind, RevisionHash, SegmentId,
};
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::page::Source;
use crate::store::reader::Reader;
use crate::store::tables::{Facet, HISTORY, REVISIONS, SKETCHES};

/// The most losses that are told one by one.
const LOSSES: usize = 1_000;
/// The most names in one of them.
const NAMES: usize = 100;

/// Report of what was saved of a damaged store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Salvaged {
    pub(crate) revisions: Saved,
    pub(crate) users: Saved,
    /// Events and attributes.
    pub(crate) facts: Saved,
    /// Ids in lists.
    pub(crate) listed: Saved,
    /// Records of counts of deliveries.
    pub(crate) deliveries: Saved,
    /// Recorded contexts.
    pub(crate) contexts: Saved,
    /// The hash of the last revision that was saved.
    pub(crate) hash: Option<RevisionHash>,
    /// Which pages are damaged, in words; at most a hundred.
    pub(crate) damage: Vec<String>,
    /// What is lost, in words; at most a thousand.
    pub(crate) lost: Vec<String>,
}

/// How much was saved of something, and how much is known to be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) saved: u64,
    pub(crate) lost: u64,
}

impl Saved {
    /// What was saved of a total.
    pub(super) fn of(saved: u64, total: u64) -> Self {
        Self { saved, lost: total.saturating_sub(saved) }
    }
}

impl Salvaged {
    pub(super) fn lose(&mut self, what: impl Into<String>) {
        if self.lost.len() < LOSSES {
            self.lost.push(what.into());
        }
    }

    /// Tells what is missing of the file.
    pub(super) fn tell_file(&mut self, source: Source, read: &Read) {
        match source {
            Source::Newest => {}
            Source::Before => self.lose(
                "the newest commit: what is left is of the one before it, so later facts may be missing, and users may \
                 be there who were forgotten in it",
            ),
            Source::Older => self.lose(
                "the list of tables: by an older one that was found, later facts may be missing, and users may be \
                 there who were forgotten since",
            ),
        }
        if read.lacks_clock {
            self.lose("the clock: the new store has the system's");
        }
        if read.lacks_totals {
            self.lose("what is counted of users, without which no event or attribute can be read");
        }
    }

    /// Tells what is missing of the log, and of lists.
    pub(super) fn tell_log(&mut self, from: &Reader, kept: &Kept, newest: u64) -> Result<()> {
        let last = kept.last();
        (self.revisions, self.hash) = (Saved::of(last, newest.max(last)), kept.hash);
        if newest > last {
            let later = from.ask(|image| readable_after(image, last))?;
            let why = kept.why.as_deref().unwrap_or("it is not there");
            self.lose(format!("revisions {} to {newest}: {why}", last + 1));
            if later > 0 {
                self.lose(format!("{later} of these have records, which alone are no history"));
            }
            self.tell_objects(from, kept)?;
        }
        for (list, (left, whole)) in &kept.lists {
            let whole = whole.unwrap_or(*left);
            self.listed.saved += left;
            if whole > *left {
                self.listed.lost += whole - left;
                self.lose(format!("list {list}: {} of {whole} ids", whole - left));
            }
        }
        Ok(())
    }

    /// Tells the objects that later revisions made or changed, by name.
    fn tell_objects(&mut self, from: &Reader, kept: &Kept) -> Result<()> {
        let mut later: BTreeMap<_, Vec<String>> = BTreeMap::new();
        let changed = from.ask(|image| changed_after(image, kept.last()))?;
        for kind in ObjectKind::ALL {
            let names = from.names(kind).unwrap_or_default().into_iter();
            let names: BTreeMap<u32, Name> = names.map(|(name, id)| (id, name)).collect();
            for (_, id) in changed.range((kind, 0)..=(kind, u32::MAX)) {
                let name =
                    names.get(id).map_or_else(|| format!("{id}"), |name| format!("`{name}`"));
                later.entry((kind, has(&kept.catalog, kind, *id))).or_default().push(name);
            }
        }
        for ((kind, is_there), names) in later {
            let what = if is_there { "changed" } else { "made" };
            self.lose(format!("{kind}s that were {what} later: {}", some_of(&names)));
        }
        Ok(())
    }

    /// Tells what is missing of users.
    pub(super) fn tell_users(&mut self, incomplete: &BTreeSet<Arc<str>>) {
        if self.users.lost > 0 {
            self.lose(format!("{} users, of whom nothing is left", self.users.lost));
        }
        if self.facts.lost > 0 {
            self.lose(format!("{} events and attributes", self.facts.lost));
        }
        if !incomplete.is_empty() {
            let names: Vec<_> = incomplete.iter().map(|id| format!("`{id}`")).collect();
            self.lose(format!("maybe events and attributes of the users {}", some_of(&names)));
        }
    }

    /// Tells what is missing of deliveries.
    pub(super) fn tell_deliveries(&mut self, read: &Read) {
        let listed = self.deliveries.saved + self.deliveries.lost;
        if self.deliveries.lost > 0 {
            let lost = self.deliveries.lost;
            self.lose(format!("{lost} of {listed} records of how often something was delivered"));
        }
        let users = read.missing(SKETCHES.name());
        if users > 0 {
            let listed = read.listed(SKETCHES.name());
            self.lose(format!("{users} of {listed} records of to how many users it was"));
        }
        let contexts = self.contexts.lost;
        if contexts > 0 {
            let listed = self.contexts.saved + contexts;
            self.lose(format!("{contexts} of {listed} recorded contexts"));
        }
    }
}

/// Whether a catalog has an object.
fn has(catalog: &Catalog, kind: ObjectKind, id: u32) -> bool {
    match kind {
        ObjectKind::Key => catalog.key(KeyId(id)).is_some(),
        ObjectKind::Segment => catalog.segment(SegmentId(id)).is_some(),
        ObjectKind::Config => catalog.config(ConfigId(id)).is_some(),
        ObjectKind::Attribute => catalog.attribute(AttributeId(id)).is_some(),
    }
}

/// The first of some names, and how many more there are.
fn some_of(names: &[String]) -> String {
    let told = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => told,
        more => format!("{told}, and {more} more"),
    }
}

/// How many revisions after one have a record that can be read.
fn readable_after(image: &Image, last: u64) -> Result<u64> {
    let table = image.table(REVISIONS)?;
    let later = table.range(last.saturating_add(1)..).or_fail()?;
    later.map(|entry| entry.or_fail().map(|_| 1)).sum()
}

/// The objects that were changed after a revision, as far as the history of objects has them.
fn changed_after(image: &Image, last: u64) -> Result<BTreeSet<(ObjectKind, u32)>> {
    let mut changed = BTreeSet::new();
    for entry in image.table(HISTORY)?.iter().or_fail()? {
        let (facet, id, revision, _) = entry.or_fail()?.0.value();
        if let Some(facet) = Facet::numbered(facet).filter(|_| revision > last) {
            changed.insert((facet.kind(), id));
        }
    }
    Ok(changed)
}
