//! `SCHEDULE`: the publications to come and the windows in force, by time.

use super::{Relation, Scan};
use crate::error::Result;
use crate::model::{Config, Publication, Timestamp, Value};
use crate::query::rows::ColumnKind::{Integer, Text, Time};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{instant, maybe, text};
use crate::query::view::View;

const SCHEMA: Schema = Schema {
    name: "SCHEDULE",
    columns: &[
        Column::of("config", Text, "the config"),
        Column::of("version", Integer, "the version that is published"),
        Column::of("at", Time, "from when"),
        Column::of("until", Time, "until when"),
        Column::of("status", Text, "`to come` or `in force`"),
        Column::of("comment", Text, "the comment of the publication"),
    ],
};

/// Publications to come and windows in force, by time.
pub(super) struct Schedule;

impl Relation for Schedule {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let now = view.now;
        let unsettled =
            |p: &&Publication| p.effective > now || p.until.is_some_and(|until| until > now);
        let mut found: Vec<(&Config, &Publication)> = Vec::new();
        for config in view.catalog().configs() {
            let publications = config.timeline.publications().filter(unsettled);
            found.extend(publications.map(|p| (&**config, p)));
        }
        found.sort_by_key(|(_, p)| (p.effective, p.sequence));
        scan.take_all(found.into_iter().map(|(config, p)| row(config, p, now)));
        Ok(())
    }
}

fn row(config: &Config, publication: &Publication, now: Timestamp) -> Row {
    vec![
        text(config.head.name.as_str()),
        Value::from(publication.version),
        instant(publication.effective),
        publication.until.map_or(Value::Null, instant),
        text(if publication.in_force(now) { "in force" } else { "to come" }),
        maybe(publication.comment.as_ref()),
    ]
}
