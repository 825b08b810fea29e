//! `DESCRIBE` and `DIFF`: one object whole, and two versions side by side.

use std::collections::BTreeSet;

use super::past::Wanted;
use super::read::{optional, text};
use super::table::{instant, maybe};
use super::{Outcome, Rows, Session};
use crate::error::{Error, ErrorKind, ObjectKind, Result};
use crate::model::{
    Catalog, Cell, Change, Condition, Config, Key, KeyId, Row, Segment, SegmentId, Share, Spanned,
    Timestamp, Value, Version,
};
use crate::statement::definition::{
    cell_spec, create_config, create_key, create_segment, key_name,
};
use crate::statement::find::{find_config, find_key, find_segment};
use crate::statement::{Describe, Diff};

const DESCRIBE: &[&str] = &["property", "value"];
const DIFF: &[&str] = &["item", "segment", "key", "from", "to"];

/// The properties of an object, in order.
type Properties = Vec<(&'static str, Value)>;

impl Session {
    pub(super) fn describe(&self, describe: &Describe) -> Result<Outcome> {
        let wanted = Wanted::Object(describe.kind, &describe.name);
        let view = self.view(describe.as_of.as_ref(), &wanted)?;
        let catalog = view.catalog();
        let properties = match describe.kind {
            ObjectKind::Key => {
                let key = find_key(catalog, &describe.name)?;
                self.describe_object(describe, key.id.0, key.version, key_properties(key))?
            }
            ObjectKind::Segment => {
                let s = find_segment(catalog, &describe.name)?;
                self.describe_object(describe, s.id.0, s.version, segment_properties(s))?
            }
            ObjectKind::Config => {
                let config = find_config(catalog, &describe.name)?;
                self.describe_config(catalog, config, describe, view.at)?
            }
        };
        let rows = properties.into_iter().map(|(name, value)| vec![text(name), value]).collect();
        Ok(Outcome::Rows(Rows::new(DESCRIBE, rows)))
    }

    /// A key or segment as it is in the view, or one of its versions up to that.
    fn describe_object(
        &self,
        describe: &Describe,
        id: u32,
        newest: u32,
        current: Properties,
    ) -> Result<Properties> {
        let Some(number) = &describe.version else { return Ok(current) };
        let history = self.object_history(describe.kind, id)?;
        let wanted = |version: u32| version <= newest && u64::from(version) == number.node;
        let found = history.iter().find_map(|(_, change)| match change {
            Change::Key(key) if wanted(key.version) => Some(key_properties(key)),
            Change::Segment(s) if wanted(s.version) => Some(segment_properties(s)),
            _ => None,
        });
        found.ok_or_else(|| {
            let (kind, name) = (describe.kind, describe.name.node.clone());
            let error = ErrorKind::UnknownObjectVersion { kind, name, number: number.node, newest };
            Error::from(error).at(number.span)
        })
    }

    fn describe_config(
        &self,
        catalog: &Catalog,
        config: &Config,
        describe: &Describe,
        at: Timestamp,
    ) -> Result<Properties> {
        let newest = Spanned::unplaced(u64::from(config.newest));
        let version = self.version_of(config, describe.version.as_ref().unwrap_or(&newest))?;
        // what a version of the past refers to may not be among what was read of the past
        let state = self.state();
        let names =
            if catalog.revision == state.catalog.revision { catalog } else { &state.catalog };
        // a draft that lost all its segments or keys is nothing that `CREATE CONFIG` can say
        let whole = !version.rows.is_empty() && !version.columns.is_empty();
        let definition =
            whole.then(|| create_config(names, &config.head.name, &version).to_string());
        let live = config.timeline.live(at);
        let next = config.timeline.changes_after(at).into_iter().next();
        Ok(vec![
            ("config", text(config.head.name.as_str())),
            ("status", text(config.status(at))),
            ("version", Value::from(version.number)),
            ("newest", Value::from(config.newest)),
            ("live", live.map_or(Value::Null, Value::from)),
            ("next", next.map_or(Value::Null, instant)),
            ("description", maybe(version.description.as_ref())),
            ("definition", optional(definition.as_deref())),
        ])
    }

    pub(super) fn diff(&self, diff: &Diff) -> Result<Outcome> {
        let state = self.state();
        let config = find_config(&state.catalog, &diff.config)?;
        let old = self.version_of(config, &diff.from)?;
        let new = self.version_of(config, &diff.to)?;
        let rows = Comparison { catalog: &state.catalog, old: &old, new: &new }.rows();
        Ok(Outcome::Rows(Rows::new(DIFF, rows)))
    }
}

fn key_properties(key: &Key) -> Properties {
    vec![
        ("key", text(key.name.as_str())),
        ("status", text(if key.archived { "archived" } else { "active" })),
        ("version", Value::from(key.version)),
        ("type", text(key.kind.keyword())),
        ("default", key.default.clone()),
        ("check", maybe(key.check.as_ref().map(Condition::text))),
        ("description", maybe(key.description.as_ref())),
        ("definition", text(&create_key(key).to_string())),
    ]
}

fn segment_properties(segment: &Segment) -> Properties {
    vec![
        ("segment", text(segment.name.as_str())),
        ("status", text(if segment.archived { "archived" } else { "active" })),
        ("version", Value::from(segment.version)),
        ("condition", text(segment.condition.text())),
        ("description", maybe(segment.description.as_ref())),
        ("definition", text(&create_segment(segment).to_string())),
    ]
}

/// Two versions of a config side by side.
struct Comparison<'a> {
    catalog: &'a Catalog,
    old: &'a Version,
    new: &'a Version,
}

impl Comparison<'_> {
    fn rows(&self) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        let (from, to) = (self.old.description.as_ref(), self.new.description.as_ref());
        if from != to {
            rows.push(vec![text("description"), Value::Null, Value::Null, maybe(from), maybe(to)]);
        }
        rows.extend(self.segments().into_iter().flat_map(|segment| self.segment(segment)));
        rows.extend(self.order());
        rows.extend(self.keys().into_iter().flat_map(|key| self.key(key)));
        rows
    }

    /// The segments of either version: those of the new one in its order, then those that went.
    fn segments(&self) -> Vec<SegmentId> {
        in_order(self.new.rows.iter().map(|r| r.segment), self.old.rows.iter().map(|r| r.segment))
    }

    fn keys(&self) -> Vec<KeyId> {
        in_order(self.new.columns.iter().map(|c| c.key), self.old.columns.iter().map(|c| c.key))
    }

    fn segment(&self, segment: SegmentId) -> Vec<Vec<Value>> {
        let find = |version: &Version| version.rows.iter().find(|r| r.segment == segment).cloned();
        let row = |item, from, to| vec![text(item), self.name(segment), Value::Null, from, to];
        match (find(self.old), find(self.new)) {
            (None, Some(new)) => vec![row("segment", Value::Null, text(&rollout(&new)))],
            (Some(old), None) => vec![row("segment", text(&rollout(&old)), Value::Null)],
            (Some(old), Some(new)) => {
                let mut rows = Vec::new();
                if old.rollout != new.rollout {
                    rows.push(row("rollout", text(&rollout(&old)), text(&rollout(&new))));
                }
                if old.salt != new.salt {
                    rows.push(row("salt", text(&old.salt), text(&new.salt)));
                }
                rows
            }
            (None, None) => Vec::new(),
        }
    }

    /// The order of the segments that are in both, if it changed.
    fn order(&self) -> Option<Vec<Value>> {
        let order = |version: &Version, other: &Version| -> Vec<SegmentId> {
            let both = version.rows.iter().map(|row| row.segment);
            both.filter(|segment| other.row_of(*segment).is_some()).collect()
        };
        let (old, new) = (order(self.old, self.new), order(self.new, self.old));
        let told = |order: &[SegmentId]| {
            super::table::texts(order.iter().map(|s| self.catalog.segment_name(*s).to_arc()))
        };
        let row = || vec![text("order"), Value::Null, Value::Null, told(&old), told(&new)];
        (old != new).then(row)
    }

    fn key(&self, key: KeyId) -> Vec<Vec<Value>> {
        let name = || text(key_name(self.catalog, key).as_str());
        let is_there = |version: &Version| Value::from(version.column(key).is_some());
        let mut rows = Vec::new();
        if self.old.column(key).is_some() != self.new.column(key).is_some() {
            let (from, to) = (is_there(self.old), is_there(self.new));
            rows.push(vec![text("key"), Value::Null, name(), from, to]);
        }
        for segment in self.segments() {
            let (old, new) = (cell(self.old, key, segment), cell(self.new, key, segment));
            if old != new {
                rows.push(vec![
                    text("cell"),
                    self.name(segment),
                    name(),
                    told_cell(old),
                    told_cell(new),
                ]);
            }
        }
        rows
    }

    fn name(&self, segment: SegmentId) -> Value {
        text(self.catalog.segment_name(segment).as_str())
    }
}

/// The items of one list in its order, then those that only the other has.
fn in_order<T: Copy + Ord>(
    first: impl Iterator<Item = T>,
    then: impl Iterator<Item = T>,
) -> Vec<T> {
    let mut seen = BTreeSet::new();
    first.chain(then).filter(|item| seen.insert(*item)).collect()
}

fn rollout(row: &Row) -> String {
    row.rollout.unwrap_or(Share::FULL).to_string()
}

fn cell(version: &Version, key: KeyId, segment: SegmentId) -> Option<&Cell> {
    let row = version.row_of(segment)?;
    version.column(key)?.cells.get(row)?.as_ref()
}

/// A cell as a value: a split as it is written, a blank as `NULL`.
fn told_cell(cell: Option<&Cell>) -> Value {
    match cell {
        None => Value::Null,
        Some(Cell::Value(value)) => value.clone(),
        Some(split) => text(&cell_spec(split).to_string()),
    }
}
