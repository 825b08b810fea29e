//! Sentences about changes: what each did, by what was there before it.

use std::sync::Arc;

use crate::error::Result;
use crate::model::{
    Attribute, AttributeId, Catalog, Change, ConfigHead, ConfigId, Key, KeyId, ObjectKind,
    Publication, Recording, RetentionPeriod, Secrets, Segment, SegmentId, Timestamp, Value,
};
use crate::query::log::{Logged, object_of};
use crate::query::value::{maybe, text};
use crate::store::Reader;

/// Sentence about a change, and the comment that the change has of its own.
type Told<'c> = (String, Option<&'c Arc<str>>);

/// Teller of what changes did.
pub(super) struct Sentences<'a> {
    pub(super) reader: &'a Reader,
    pub(super) catalog: &'a Catalog,
    /// What is not told.
    pub(super) secrets: Secrets<'a>,
}

impl Sentences<'_> {
    /// The kind and the name of what a change is about.
    pub(super) fn about(&self, change: &Change) -> (Value, Value) {
        match (object_of(change), change) {
            (Some((kind, id)), _) => (text(&kind.to_string()), self.name(kind, id)),
            (None, Change::Keep { event, .. }) => (text("event"), maybe(event.as_ref())),
            (None, Change::Strict(_)) => (text("attributes"), Value::Null),
            (None, Change::Record(_)) => (text("traffic"), Value::Null),
            (None, _) => (Value::Null, Value::Null),
        }
    }

    fn name(&self, kind: ObjectKind, id: u32) -> Value {
        let name = match kind {
            ObjectKind::Key => self.catalog.key(KeyId(id)).map(|key| &key.name),
            ObjectKind::Segment => self.catalog.segment(SegmentId(id)).map(|s| &s.name),
            ObjectKind::Config => self.catalog.config(ConfigId(id)).map(|c| &c.head.name),
            ObjectKind::Attribute => self.catalog.attribute(AttributeId(id)).map(|a| &a.name),
        };
        name.map_or(Value::Null, |name| text(name.as_str()))
    }

    /// What a change did. `before`: the changes before it in its revision. `None` for salts, and for
    /// conditions that only speak of a segment by another name.
    pub(super) fn tell<'c>(
        &self,
        Logged { revision, change }: &'c Logged,
        before: &[Logged],
    ) -> Result<Option<Told<'c>>> {
        let earlier = revision.number.saturating_sub(1);
        Ok(Some(match change {
            Change::Key(key) => {
                let own = last(before, |change| match change {
                    Change::Key(old) if old.id == key.id => Some(Arc::clone(old)),
                    _ => None,
                });
                let old = or_read(own, || self.reader.key_at(key.id, earlier))?;
                (tell_key(old.as_deref(), key, self.secrets), None)
            }
            Change::Segment(segment) => {
                let own = last(before, |change| match change {
                    Change::Segment(old) if old.id == segment.id => Some(Arc::clone(old)),
                    _ => None,
                });
                let old = or_read(own, || self.reader.segment_at(segment.id, earlier))?;
                let Some(told) = tell_segment(old.as_deref(), segment, self.secrets) else {
                    return Ok(None);
                };
                (told, None)
            }
            Change::Config { head, comment } => {
                let own = last(before, |change| match change {
                    Change::Config { head: old, .. } if old.id == head.id => Some(old.clone()),
                    _ => None,
                });
                let old = or_read(own, || self.reader.head_at(head.id, earlier))?;
                (tell_head(old.as_ref(), head), comment.as_ref())
            }
            Change::Version(version) => (format!("version {}", version.number), None),
            Change::Publication(publication) => {
                (tell_publication(publication, revision.time), publication.comment.as_ref())
            }
            Change::Cancel { config, sequence } => {
                (self.tell_cancel(*config, *sequence, before)?, None)
            }
            Change::Keep { keep, .. } => (format!("kept {}", RetentionPeriod(*keep)), None),
            Change::Attribute(attribute) => {
                let own = last(before, |change| match change {
                    Change::Attribute(old) if old.id == attribute.id => Some(Arc::clone(old)),
                    _ => None,
                });
                let old = or_read(own, || self.reader.attribute_at(attribute.id, earlier))?;
                (tell_attribute(old.as_deref(), attribute, self.secrets), None)
            }
            Change::Strict(true) => ("strict".to_owned(), None),
            Change::Strict(false) => ("open".to_owned(), None),
            Change::Record(Some(Recording { share, keep })) => {
                (format!("{share} is recorded, and kept for {keep}"), None)
            }
            Change::Record(None) => ("not recorded".to_owned(), None),
            Change::Salt { .. } => return Ok(None),
        }))
    }

    /// What a cancellation took back: of its own revision, or of an earlier one.
    fn tell_cancel(&self, config: ConfigId, sequence: u64, before: &[Logged]) -> Result<String> {
        let own = last(before, |change| match change {
            Change::Publication(p) if p.sequence == sequence => Some(p.clone()),
            _ => None,
        });
        let cancelled = own.map_or_else(|| self.reader.publication(config, sequence), Ok)?;
        Ok(format!("cancelled version {} at {}", cancelled.version, cancelled.effective))
    }
}

/// What the last change has that has it.
fn last<T>(changes: &[Logged], find: impl Fn(&Change) -> Option<T>) -> Option<T> {
    changes.iter().rev().find_map(|logged| find(&logged.change))
}

fn or_read<T>(own: Option<T>, read: impl FnOnce() -> Result<Option<T>>) -> Result<Option<T>> {
    own.map_or_else(read, |own| Ok(Some(own)))
}

fn tell_key(old: Option<&Key>, new: &Key, secrets: Secrets<'_>) -> String {
    let written = |value| secrets.literal(new.id, value);
    let Some(old) = old else {
        let sensitive = if new.sensitive { " SENSITIVE" } else { "" };
        return format!("created: {}{sensitive} DEFAULT {}", new.kind, written(&new.default));
    };
    if old.archived != new.archived {
        return archived(new.archived);
    }
    let mut told = Vec::new();
    if old.default != new.default {
        told.push(format!("default {} → {}", written(&old.default), written(&new.default)));
    }
    if old.check != new.check {
        let check = new.check.as_ref().map(|check| secrets.check(new.id, check));
        told.push(format!("check {}", check.as_deref().unwrap_or("none")));
    }
    if old.sensitive != new.sensitive {
        told.push((if new.sensitive { "sensitive" } else { "no longer sensitive" }).to_owned());
    }
    if old.description != new.description {
        told.push("description".to_owned());
    }
    format!("version {}: {}", new.version, told.join(", "))
}

fn tell_attribute(old: Option<&Attribute>, new: &Attribute, secrets: Secrets<'_>) -> String {
    let Some(old) = old else {
        let sensitive = if new.sensitive { " SENSITIVE" } else { "" };
        return format!("declared: {}{sensitive}", new.kind);
    };
    if old.archived != new.archived {
        return archived(new.archived);
    }
    let mut told = Vec::new();
    if old.check != new.check {
        let check = new.check.as_ref().map(|check| secrets.attribute_check(new, check).to_string());
        told.push(format!("check {}", check.as_deref().unwrap_or("none")));
    }
    if old.sensitive != new.sensitive {
        told.push((if new.sensitive { "sensitive" } else { "no longer sensitive" }).to_owned());
    }
    if old.description != new.description {
        told.push("description".to_owned());
    }
    format!("version {}: {}", new.version, told.join(", "))
}

fn tell_segment(old: Option<&Segment>, new: &Segment, secrets: Secrets<'_>) -> Option<String> {
    let condition = secrets.condition(&new.condition);
    Some(match old {
        None => format!("created: {condition}"),
        Some(old) if old.archived != new.archived => archived(new.archived),
        Some(old) if old.name != new.name => {
            format!("renamed from `{}` to `{}`", old.name.as_str(), new.name.as_str())
        }
        Some(old) if old.version == new.version => return None,
        Some(old) if old.condition == new.condition => {
            format!("version {}: description", new.version)
        }
        Some(_) => format!("version {}: {condition}", new.version),
    })
}

fn tell_head(old: Option<&ConfigHead>, new: &ConfigHead) -> String {
    match old {
        None => "created".to_owned(),
        Some(old) if old.archived != new.archived => archived(new.archived),
        Some(old) if old.disabled != new.disabled => {
            (if new.disabled { "disabled" } else { "enabled" }).to_owned()
        }
        Some(old) => format!("renamed from `{}` to `{}`", old.name.as_str(), new.name.as_str()),
    }
}

fn tell_publication(publication: &Publication, committed: Timestamp) -> String {
    let number = publication.version;
    if publication.effective <= committed && publication.until.is_none() {
        return format!("published version {number}");
    }
    match (publication.scheduled, publication.until) {
        (false, None) => format!("published version {number}"),
        (false, Some(until)) => format!("published version {number} until {until}"),
        (true, None) => format!("scheduled version {number} at {}", publication.effective),
        (true, Some(until)) => {
            format!("scheduled version {number} from {} until {until}", publication.effective)
        }
    }
}

fn archived(archived: bool) -> String {
    (if archived { "archived" } else { "restored" }).to_owned()
}
