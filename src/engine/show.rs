//! `SHOW KEYS | SEGMENTS | CONFIGS | SCHEDULE | RETENTION`: the objects as tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::read::{optional, text};
use super::show_users::COUNT;
use super::table::{instant, maybe, texts};
use super::{Outcome, Rows, Session};
use crate::error::Result;
use crate::eval::Needs;
use crate::model::{
    Catalog, Condition, Config, Duration, Key, Publication, Reference, Referrer, Segment,
    Timestamp, Value,
};
use crate::statement::{Show, Table, usage};

const KEYS: &[&str] =
    &["key", "type", "default", "check", "config", "status", "version", "description"];
const SEGMENTS: &[&str] =
    &["segment", "condition", "status", "version", "configs", "segments", "description"];
const CONFIGS: &[&str] =
    &["config", "status", "live", "newest", "next", "segments", "keys", "description"];
const SCHEDULE: &[&str] = &["config", "version", "at", "until", "status", "comment"];
const RETENTION: &[&str] = &["event", "keep", "needed", "segments"];

impl Session {
    pub(super) fn show(&self, show: &Show) -> Result<Outcome> {
        let listed = self.list(show)?;
        let users = matches!(show.table, Table::Users | Table::Events);
        match listed {
            // these count as they go: there may be millions
            Outcome::Rows(rows) if show.count && !users => {
                let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
                Ok(Outcome::Rows(Rows::new(COUNT, vec![vec![Value::from(count)]])))
            }
            listed => Ok(listed),
        }
    }

    fn list(&self, show: &Show) -> Result<Outcome> {
        let (state, now) = (self.state(), self.now());
        let catalog = &state.catalog;
        match show.table {
            Table::Keys => {
                let rows = catalog.keys().map(|key| key_row(catalog, key, now)).collect();
                self.table(KEYS, rows, &show.filter)
            }
            Table::Segments => {
                let rows = catalog.segments().map(|s| segment_row(catalog, s, now)).collect();
                self.table(SEGMENTS, rows, &show.filter)
            }
            Table::Configs => {
                let mut configs: Vec<_> = catalog.configs().collect();
                configs.sort_by(|a, b| a.head.name.cmp(&b.head.name));
                let rows = configs.into_iter().map(|c| config_row(catalog, c, now)).collect();
                self.table(CONFIGS, rows, &show.filter)
            }
            Table::Schedule => self.table(SCHEDULE, schedule(catalog, now), &show.filter),
            Table::Users | Table::Events => self.show_users(show),
            Table::Retention => self.table(RETENTION, retention(catalog, now), &show.filter),
        }
    }
}

fn key_row(catalog: &Catalog, key: &Key, now: Timestamp) -> Vec<Value> {
    let owners = usage::configs_with(catalog, Reference::Key(key.id), now);
    vec![
        text(key.name.as_str()),
        text(key.kind.keyword()),
        key.default.clone(),
        maybe(key.check.as_ref().map(Condition::text)),
        owners.first().map_or(Value::Null, |config| text(config.head.name.as_str())),
        status(key.archived),
        Value::from(key.version),
        maybe(key.description.as_ref()),
    ]
}

fn segment_row(catalog: &Catalog, segment: &Segment, now: Timestamp) -> Vec<Value> {
    let reference = Reference::Segment(segment.id);
    let configs = usage::configs_with(catalog, reference, now);
    let segments = catalog.referrers(reference).filter_map(|referrer| match referrer {
        Referrer::Segment(id) => catalog.segment(id).map(|s| s.name.to_arc()),
        Referrer::Config(_) => None,
    });
    let segments: BTreeSet<_> = segments.collect();
    vec![
        text(segment.name.as_str()),
        text(segment.condition.text()),
        status(segment.archived),
        Value::from(segment.version),
        texts(configs.iter().map(|config| config.head.name.to_arc())),
        texts(segments),
        maybe(segment.description.as_ref()),
    ]
}

/// Whether something is archived, as tables tell it.
pub(super) fn status(archived: bool) -> Value {
    text(if archived { "archived" } else { "active" })
}

fn config_row(catalog: &Catalog, config: &Config, now: Timestamp) -> Vec<Value> {
    let newest = config.newest();
    let rows = newest.into_iter().flat_map(|v| &v.rows);
    let columns = newest.into_iter().flat_map(|v| &v.columns);
    let keys = columns.filter_map(|column| catalog.key(column.key)).map(|key| key.name.to_arc());
    let live = config.timeline.live(now).filter(|_| !config.head.archived);
    let next = config.timeline.changes_after(now).into_iter().next();
    vec![
        text(config.head.name.as_str()),
        text(config.status(now)),
        live.map_or(Value::Null, Value::from),
        Value::from(config.newest),
        next.map_or(Value::Null, instant),
        texts(rows.map(|row| catalog.segment_name(row.segment).to_arc())),
        texts(keys),
        maybe(newest.and_then(|v| v.description.as_ref())),
    ]
}

/// The publications to come and the windows in force, by time.
fn schedule(catalog: &Catalog, now: Timestamp) -> Vec<Vec<Value>> {
    let mut found: Vec<(&Config, &Publication)> = Vec::new();
    for config in catalog.configs() {
        let unsettled =
            |p: &&Publication| p.effective > now || p.until.is_some_and(|until| until > now);
        let publications = config.timeline.publications().iter().filter(unsettled);
        found.extend(publications.map(|p| (&**config, p)));
    }
    found.sort_by_key(|(_, p)| (p.effective, p.sequence));
    found.into_iter().map(|(config, p)| schedule_row(config, p, now)).collect()
}

fn schedule_row(config: &Config, publication: &Publication, now: Timestamp) -> Vec<Value> {
    vec![
        text(config.head.name.as_str()),
        Value::from(publication.version),
        instant(publication.effective),
        publication.until.map_or(Value::Null, instant),
        text(if publication.in_force(now) { "in force" } else { "to come" }),
        maybe(publication.comment.as_ref()),
    ]
}

/// The events that have a rule or are looked at, by name, then the rule of all others if there is one.
fn retention(catalog: &Catalog, now: Timestamp) -> Vec<Vec<Value>> {
    let (rules, needs) = (&catalog.retention, Needs::of(catalog));
    let events: BTreeSet<_> = rules.own().map(|(event, _)| event).chain(needs.events()).collect();
    let row = |event: &Arc<str>| {
        let needed = needs.reach(event).map(|reach| reach.at(now).to_string());
        vec![
            Value::String(Arc::clone(event)),
            duration(rules.of(event)),
            optional(needed.as_deref()),
            texts(needs.segments(event).map(|(segment, _)| segment.to_arc())),
        ]
    };
    let rows = events.into_iter().map(row);
    let others = rules.others().map(|keep| {
        vec![Value::Null, duration(Some(keep)), Value::Null, Value::from(Vec::<Value>::new())]
    });
    rows.chain(others).collect()
}

/// A duration as a value; `NULL` is for ever.
fn duration(duration: Option<Duration>) -> Value {
    optional(duration.map(|duration| duration.to_string()).as_deref())
}
