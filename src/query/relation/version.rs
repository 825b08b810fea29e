//! `VERSIONS`: the versions of an object.

use super::{Relation, Scan};
use crate::error::Result;
use crate::model::{
    Attribute, Catalog, Change, Key, KeyId, ObjectKind, Secrets, Segment, Timestamp, Value, Version,
};
use crate::query::log::{find, object_history};
use crate::query::rows::ColumnKind::{Boolean, Integer, List, Text, Time, Value as Any};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{instant, is_json, maybe, optional, text, texts};
use crate::query::view::View;
use crate::statement::ShowVersions;

const VERSION: Column = Column::of("version", Integer, "its number");
const TIME: Column = Column::of("time", Time, "when it was committed");
const ACTOR: Column = Column::of("actor", Text, "who committed it");
const COMMENT: Column = Column::of("comment", Text, "why");
const DESCRIPTION: Column = Column::of("description", Text, "its description");

/// The columns of each kind of object.
pub(super) const SCHEMAS: [Schema; 4] = [KEY, SEGMENT, CONFIG, ATTRIBUTE];

const KEY: Schema = Schema {
    name: "VERSIONS OF KEY",
    columns: &[
        VERSION,
        TIME,
        ACTOR,
        COMMENT,
        Column::of("sensitive", Boolean, "whether the values were for apps alone"),
        Column::of("default", Any, "the default"),
        Column::of("check", Text, "the condition that values meet"),
        DESCRIPTION,
    ],
};

const SEGMENT: Schema = Schema {
    name: "VERSIONS OF SEGMENT",
    columns: &[
        VERSION,
        TIME,
        ACTOR,
        COMMENT,
        Column::of("condition", Text, "who is in it"),
        DESCRIPTION,
    ],
};

const ATTRIBUTE: Schema = Schema {
    name: "VERSIONS OF ATTRIBUTE",
    columns: &[
        VERSION,
        TIME,
        ACTOR,
        COMMENT,
        Column::of("sensitive", Boolean, "whether the values were for apps alone"),
        Column::of("check", Text, "the condition that values meet"),
        DESCRIPTION,
    ],
};

const CONFIG: Schema = Schema {
    name: "VERSIONS OF CONFIG",
    columns: &[
        VERSION,
        TIME,
        ACTOR,
        COMMENT,
        Column::of("status", Text, "`live`, `scheduled`, `newest` or none"),
        Column::of("segments", List, "its segments"),
        Column::of("keys", List, "its keys"),
        DESCRIPTION,
    ],
};

/// Versions of an object, oldest first.
pub(in crate::query) struct Versions {
    kind: ObjectKind,
    id: u32,
}

impl Versions {
    pub(in crate::query) fn new(view: &View<'_>, show: &ShowVersions) -> Result<Self> {
        Ok(Self { kind: show.kind, id: find(view.catalog(), show.kind, &show.name)? })
    }
}

impl Relation for Versions {
    fn schema(&self) -> &'static Schema {
        match self.kind {
            ObjectKind::Key => &KEY,
            ObjectKind::Segment => &SEGMENT,
            ObjectKind::Config => &CONFIG,
            ObjectKind::Attribute => &ATTRIBUTE,
        }
    }

    fn json_text(&self, view: &View<'_>, row: &Row) -> Option<usize> {
        const DEFAULT: usize = 5;
        let key = view.catalog().key(KeyId(self.id)).filter(|_| self.kind == ObjectKind::Key)?;
        row.get(DEFAULT)?.as_str()?;
        (is_json(Some(key)) && !view.secrets().hide(key.id)).then_some(DEFAULT)
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let (mut last, secrets) = (0, view.secrets());
        for logged in object_history(view, self.kind, self.id)? {
            let (number, cells) = match &logged.change {
                Change::Key(key) => (key.version, key_cells(key, secrets)),
                Change::Segment(s) => (s.version, segment_cells(view.catalog(), s, secrets)),
                Change::Attribute(a) => (a.version, attribute_cells(a, secrets)),
                Change::Version(v) => (v.number, version_cells(view.catalog(), v, view.now)),
                _ => continue,
            };
            if number <= last {
                continue; // archived or restored, which makes no version
            }
            last = number;
            let revision = &logged.revision;
            let mut row = vec![Value::from(number), instant(revision.time)];
            row.extend([maybe(revision.actor.as_ref()), maybe(revision.comment.as_ref())]);
            row.extend(cells);
            if scan.take(row).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn key_cells(key: &Key, secrets: Secrets<'_>) -> Row {
    let check = key.check.as_ref().map(|check| secrets.check(key.id, check));
    vec![
        Value::from(key.sensitive),
        secrets.value(key.id, &key.default),
        optional(check.as_deref()),
        maybe(key.description.as_ref()),
    ]
}

fn attribute_cells(attribute: &Attribute, secrets: Secrets<'_>) -> Row {
    let check = attribute.check.as_ref();
    let check = check.map(|check| secrets.attribute_check(attribute, check).to_string());
    vec![
        Value::from(attribute.sensitive),
        optional(check.as_deref()),
        maybe(attribute.description.as_ref()),
    ]
}

fn segment_cells(catalog: &Catalog, segment: &Segment, secrets: Secrets<'_>) -> Row {
    let condition = catalog.named_today(&segment.condition);
    vec![text(&secrets.condition(&condition)), maybe(segment.description.as_ref())]
}

fn version_cells(catalog: &Catalog, version: &Version, now: Timestamp) -> Row {
    let segments = version.rows.iter().map(|row| catalog.segment_name(row.segment).to_arc());
    let keys = version.columns.iter().filter_map(|column| catalog.key(column.key));
    vec![
        optional(status(catalog, version, now)),
        texts(segments),
        texts(keys.map(|key| key.name.to_arc())),
        maybe(version.description.as_ref()),
    ]
}

/// The status of a version of a config now.
fn status(catalog: &Catalog, version: &Version, now: Timestamp) -> Option<&'static str> {
    let config = catalog.config(version.config)?;
    if config.timeline.live(now) == Some(version.number) {
        Some("live")
    } else if config.timeline.uses(version.number, now) {
        Some("scheduled")
    } else {
        (config.newest == version.number).then_some("newest")
    }
}
