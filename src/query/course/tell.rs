//! Tellers of commits: what each did that could have changed a value.

use std::sync::Arc;

use crate::error::Result;
use crate::model::{
    Attribute, Catalog, Change, ConfigHead, Key, ObjectKind, Publication, Revision, Segment,
    Timestamp,
};
use crate::query::log::{Logged, logged, object_of};
use crate::query::view::View;
use crate::store::Reader;

/// Something that could have made a difference, and the revision behind it with the comment that counts.
pub(super) struct Told {
    pub(super) text: String,
    pub(super) by: Option<(Arc<Revision>, Option<Arc<str>>)>,
}

/// What the revisions of an instant did to objects, and what the open transaction does if that counts, in order. Those
/// from `first` on are what came between the states of before and after.
pub(super) fn commits(
    view: &View<'_>,
    objects: &[(ObjectKind, u32)],
    (first, last): (u64, u64),
    at: Timestamp,
    with_pending: bool,
    catalog: &Catalog,
) -> Result<Vec<Told>> {
    let (reader, mut changes) = (view.reader()?, Vec::new());
    for (kind, id) in objects.iter().filter(|_| first <= last) {
        changes.extend(reader.object_changes(*kind, *id, (first, last))?);
    }
    changes.sort_by_key(|(position, _)| *position);
    if let Some(pending) = view.pending.as_ref().filter(|_| with_pending) {
        let is_one = |change: &Change| object_of(change).is_some_and(|one| objects.contains(&one));
        let own = (0..).zip(pending.changes).filter(|(_, change)| is_one(change));
        changes
            .extend(own.map(|(index, change)| ((pending.revision.number, index), change.clone())));
    }
    let changes = logged(view, changes)?;
    let teller = Teller { reader, catalog, first };
    let mut told = Vec::new();
    for (index, one) in changes.iter().enumerate().filter(|(_, one)| one.revision.time >= at) {
        let before = changes.get(..index).unwrap_or_default();
        told.extend(teller.tell(one, before)?);
    }
    Ok(told)
}

/// Teller of changes, by what was there before them.
struct Teller<'t> {
    reader: &'t Reader,
    /// The state after them.
    catalog: &'t Catalog,
    first: u64,
}

impl Teller<'_> {
    /// What a change did; `None` if nobody is given anything else by it.
    fn tell(&self, one: &Logged, before: &[Logged]) -> Result<Option<Told>> {
        let (text, comment) = match &one.change {
            Change::Key(key) => (self.key(key, before)?, None),
            Change::Segment(segment) => (self.segment(segment, before)?, None),
            Change::Config { head, comment } => (self.config(head, before)?, comment.as_ref()),
            Change::Attribute(attribute) => (self.attribute(attribute, before)?, None),
            Change::Publication(publication) => {
                let is_now = publication.effective <= one.revision.time;
                (is_now.then(|| self.publication(publication)), publication.comment.as_ref())
            }
            // what is to come, or nobody is given yet
            Change::Cancel { .. }
            | Change::Version(_)
            | Change::Salt { .. }
            | Change::Keep { .. }
            | Change::Strict(_)
            | Change::Record(_) => return Ok(None),
        };
        let comment = comment.or(one.revision.comment.as_ref()).cloned();
        Ok(text.map(|text| Told { text, by: Some((Arc::clone(&one.revision), comment)) }))
    }

    /// The revision before those that are told of.
    fn earlier(&self) -> u64 {
        self.first.saturating_sub(1)
    }

    fn key(&self, new: &Key, before: &[Logged]) -> Result<Option<String>> {
        let own = before.iter().rev().find_map(|one| match &one.change {
            Change::Key(old) if old.id == new.id => Some(Arc::clone(old)),
            _ => None,
        });
        let old =
            own.map_or_else(|| self.reader.key_at(new.id, self.earlier()), |old| Ok(Some(old)))?;
        Ok(match old {
            None => Some(told("key", &new.name, "created")),
            Some(old) if old.archived != new.archived => {
                Some(archived("key", &new.name, new.archived))
            }
            Some(old) if old.default.same(&new.default) => None,
            Some(_) => Some(told("key", &new.name, "changed")),
        })
    }

    fn segment(&self, new: &Segment, before: &[Logged]) -> Result<Option<String>> {
        let own = before.iter().rev().find_map(|one| match &one.change {
            Change::Segment(old) if old.id == new.id => Some(Arc::clone(old)),
            _ => None,
        });
        let old = own
            .map_or_else(|| self.reader.segment_at(new.id, self.earlier()), |old| Ok(Some(old)))?;
        Ok(match old {
            None => Some(told("segment", &new.name, "created")),
            Some(old) if old.archived != new.archived => {
                Some(archived("segment", &new.name, new.archived))
            }
            Some(old) if old.name != new.name => {
                Some(told("segment", &old.name, &format!("renamed to {}", new.name)))
            }
            // a condition that speaks of another segment by its new name has no new version
            Some(old) if old.version == new.version || old.condition == new.condition => None,
            Some(_) => Some(told("segment", &new.name, "changed")),
        })
    }

    fn config(&self, new: &ConfigHead, before: &[Logged]) -> Result<Option<String>> {
        let own = before.iter().rev().find_map(|one| match &one.change {
            Change::Config { head: old, .. } if old.id == new.id => Some(old.clone()),
            _ => None,
        });
        let old =
            own.map_or_else(|| self.reader.head_at(new.id, self.earlier()), |old| Ok(Some(old)))?;
        Ok(old.map(|old| {
            if old.archived != new.archived {
                archived("config", &new.name, new.archived)
            } else if old.disabled != new.disabled {
                told("config", &new.name, if new.disabled { "disabled" } else { "enabled" })
            } else {
                told("config", &old.name, &format!("renamed to {}", new.name))
            }
        }))
    }

    fn attribute(&self, new: &Attribute, before: &[Logged]) -> Result<Option<String>> {
        let own = before.iter().rev().find_map(|one| match &one.change {
            Change::Attribute(old) if old.id == new.id => Some(Arc::clone(old)),
            _ => None,
        });
        let old = own.map_or_else(
            || self.reader.attribute_at(new.id, self.earlier()),
            |old| Ok(Some(old)),
        )?;
        let declaration = "declaration of attribute";
        Ok(match old {
            None => Some(told("attribute", &new.name, "declared")),
            Some(old) if old.archived != new.archived => {
                Some(archived(declaration, &new.name, new.archived))
            }
            Some(old) if old.check == new.check => None,
            Some(_) => Some(told(declaration, &new.name, "changed")),
        })
    }

    fn publication(&self, publication: &Publication) -> String {
        let config = self.catalog.config(publication.config);
        let config = config.map_or_else(String::new, |config| config.head.name.to_string());
        format!("published version {} of config {config}", publication.version)
    }
}

fn told(kind: &str, name: &impl std::fmt::Display, what: &str) -> String {
    format!("{kind} {name} {what}")
}

fn archived(kind: &str, name: &impl std::fmt::Display, archived: bool) -> String {
    told(kind, name, if archived { "archived" } else { "restored" })
}
