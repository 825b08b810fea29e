//! `publications`: what was published, by the instants at which it begins.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{About, Flow, Reading, Sink, Table, hand_over, wanted};
use crate::error::Result;
use crate::model::{Change, Config, Datum, ObjectKind, Publication, Revision, Timestamp, Value};
use crate::query::log::object_history;
use crate::query::rows::Column;
use crate::query::rows::ColumnKind::{Integer, Text, Time};
use crate::query::value::{count, maybe, text};

pub(super) static PUBLICATIONS: Table = Table {
    name: "publications",
    columns: &[
        Column::of("config", Text, "the config"),
        Column::of("version", Integer, "the version of it"),
        Column::of("at", Time, "from when on it decides"),
        Column::of("until", Time, "until when; none for ever"),
        Column::of("committed", Time, "when it was published"),
        Column::of("revision", Integer, "the revision that did it"),
        Column::of("actor", Text, "who committed that"),
        Column::of("comment", Text, "why"),
        Column::of("status", Text, "`live`, `in force`, `to come`, `over` or `cancelled`"),
    ],
    looked_up: |_| &["config"],
    tested: &["version"],
    about: About::Objects,
    sorted_by: &[],
    in_order: false,
    scan: publications,
};

/// Publication of a config, and what it is at an instant.
struct Published<'c> {
    config: &'c Config,
    publication: Publication,
    revision: Arc<Revision>,
    status: &'static str,
}

fn publications(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let mut all = Vec::new();
    for config in wanted::configs(reading) {
        let published = of_config(reading, config)?.into_iter();
        let is_wanted =
            |p: &Published<'_>| reading.lookups.wants_number("version", p.publication.version);
        all.extend(published.filter(is_wanted));
    }
    all.sort_by_key(|published| (published.publication.effective, published.publication.sequence));
    let row = |published: Published<'_>| {
        let Published { config, publication, revision, status } = &published;
        let comment = publication.comment.as_ref().or(revision.comment.as_ref());
        reading.row([
            &|| text(config.head.name.as_str()).into(),
            &|| Value::from(publication.version).into(),
            &|| publication.effective.into(),
            &|| publication.until.map_or(Datum::NULL, Datum::from),
            &|| revision.time.into(),
            &|| count(revision.number).into(),
            &|| maybe(revision.actor.as_ref()).into(),
            &|| maybe(comment).into(),
            &|| text(status).into(),
        ])
    };
    hand_over(all.into_iter().map(row), sink)
}

fn of_config<'c>(reading: &Reading<'_>, config: &'c Config) -> Result<Vec<Published<'c>>> {
    let (mut found, mut cancelled) = (Vec::new(), BTreeSet::new());
    for logged in object_history(reading.view, ObjectKind::Config, config.head.id.0)? {
        match &logged.change {
            Change::Publication(publication) => found.push((publication.clone(), logged.revision)),
            Change::Cancel { sequence, .. } => drop(cancelled.insert(*sequence)),
            _ => {}
        }
    }
    let now = reading.view.now();
    let decides = |p: &&Publication| is_in_force(p, now) && !cancelled.contains(&p.sequence);
    let live = found.iter().map(|(publication, _)| publication).filter(decides);
    let live = live.max_by_key(|p| (p.effective, p.sequence)).map(|p| p.sequence);
    let status = |publication: &Publication| match () {
        () if cancelled.contains(&publication.sequence) => "cancelled",
        () if publication.effective > now => "to come",
        () if !is_in_force(publication, now) => "over",
        () if live == Some(publication.sequence) => "live",
        () => "in force",
    };
    let publish = |(publication, revision): (Publication, _)| {
        let status = status(&publication);
        Published { config, publication, revision, status }
    };
    Ok(found.into_iter().map(publish).collect())
}

fn is_in_force(publication: &Publication, now: Timestamp) -> bool {
    publication.effective <= now && publication.until.is_none_or(|until| now < until)
}
