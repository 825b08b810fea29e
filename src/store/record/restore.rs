//! Records back to the model. A record that the model does not take is damaged: `Err` says why.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    ArmRecord, AttributeRecord, ByRecord, CellRecord, ChangeRecord, ChangeRecord1, ChangeRecord2,
    ColumnRecord, ConfigRecord, EditRecord, HeadRecord, KeyRecord, KeyRecord1, PublicationRecord,
    RecordingRecord, RevisionRecord, RowRecord, SegmentHeadRecord, SegmentRecord, VersionRecord,
    VersionRecord1,
};
use crate::limits::{CONFIG_KEYS, CONFIG_SEGMENTS};
use crate::model::{
    Arm, Attribute, AttributeId, Cell, Change, Column, Condition, ConditionParser, Config,
    ConfigHead, ConfigId, Duration, Key, KeyId, Name, Ordered, Publication, Recording, Reference,
    Revision, Row, Segment, SegmentId, Share, Split, Timeline, Timestamp, Value, Version,
};

pub(super) type Result<T> = std::result::Result<T, String>;

/// Becomes the model's type.
pub(in crate::store) trait Restore {
    /// The model's type.
    type Model;

    /// Becomes it, or says why it cannot.
    fn restore(self, parser: ConditionParser) -> Result<Self::Model>;
}

fn shared(text: Option<String>) -> Option<Arc<str>> {
    text.map(Arc::from)
}

fn name(text: &str) -> Result<Name> {
    Name::new(text).map_err(|e| e.to_string())
}

pub(super) fn value(text: &str) -> Result<Value> {
    match plain_value(text) {
        Some(value) => Ok(value),
        None => Value::from_json(text).map_err(|e| e.to_string()),
    }
}

/// The value of a text that most cells are like: a whole number as JSON writes it, or a truth value.
fn plain_value(text: &str) -> Option<Value> {
    match text.as_bytes() {
        b"true" => Some(Value::Boolean(true)),
        b"false" => Some(Value::Boolean(false)),
        b"0" | [b'1'..=b'9', ..] | [b'-', b'1'..=b'9', ..] => text.parse().ok().map(Value::Integer),
        _ => None,
    }
}

pub(super) fn time(micros: i64) -> Result<Timestamp> {
    Timestamp::from_micros(micros).ok_or_else(|| format!("no year has the microsecond {micros}"))
}

fn share(thousandths: u32) -> Result<Share> {
    Share::from_thousandths(thousandths).ok_or_else(|| format!("no share is {thousandths}/100000"))
}

fn all<R: Restore>(records: Vec<R>, parser: ConditionParser) -> Result<Vec<R::Model>> {
    records.into_iter().map(|record| record.restore(parser)).collect()
}

impl RevisionRecord {
    pub(in crate::store) fn restore(self, number: u64) -> Result<Revision> {
        let (actor, comment) = (shared(self.actor), shared(self.comment));
        Ok(Revision { number, time: time(self.time)?, actor, comment })
    }
}

impl Restore for ChangeRecord {
    type Model = Change;

    fn restore(self, parser: ConditionParser) -> Result<Change> {
        let mut change = self.change.restore(parser)?;
        if let Change::Version(version) = &mut change {
            self.by.put(Arc::make_mut(version))?;
        }
        Ok(change)
    }
}

impl ByRecord {
    /// Makes rollouts of a version go by what it says.
    fn put(self, version: &mut Version) -> Result<()> {
        for (number, steps) in self.0 {
            let row = version.rows.get_mut(number as usize);
            let row = row.ok_or_else(|| format!("there is no row {number}"))?;
            row.by = Some(steps.into_iter().map(Arc::from).collect());
        }
        Ok(())
    }
}

impl Restore for ChangeRecord2 {
    type Model = Change;

    fn restore(self, parser: ConditionParser) -> Result<Change> {
        match self.change {
            ChangeRecord1::Key(key) => {
                let record = KeyRecord { key, sensitive: self.sensitive };
                Ok(Change::Key(Arc::new(record.restore(parser)?)))
            }
            change => change.restore(parser),
        }
    }
}

impl Restore for ChangeRecord1 {
    type Model = Change;

    fn restore(self, parser: ConditionParser) -> Result<Change> {
        Ok(match self {
            Self::Key(key) => Change::Key(Arc::new(key.restore(parser)?)),
            Self::Segment(segment) => Change::Segment(Arc::new(segment.restore(parser)?)),
            Self::Config { head, comment } => {
                Change::Config { head: head.restore(parser)?, comment: shared(comment) }
            }
            Self::Salt { config, segment, salt } => Change::Salt {
                config: ConfigId(config),
                segment: SegmentId(segment),
                salt: salt.into(),
            },
            Self::Version(version) => Change::Version(Arc::new(version.restore(parser)?)),
            Self::Publication(publication) => Change::Publication(publication.restore(parser)?),
            Self::Cancel { config, sequence } => {
                Change::Cancel { config: ConfigId(config), sequence }
            }
            Self::Keep { event, keep } => {
                Change::Keep { event: shared(event), keep: keep.map(Duration::from_micros) }
            }
            Self::Attribute(attribute) => Change::Attribute(Arc::new(attribute.restore(parser)?)),
            Self::Strict(strict) => Change::Strict(strict),
            Self::Record(recording) => {
                Change::Record(recording.map(RecordingRecord::restore).transpose()?)
            }
        })
    }
}

impl RecordingRecord {
    /// Becomes the model's type, or says why it cannot.
    pub(in crate::store) fn restore(self) -> Result<Recording> {
        let share = Share::from_thousandths(self.share).ok_or("a share is more than all")?;
        Ok(Recording { share, keep: Duration::from_micros(self.keep) })
    }
}

impl Restore for KeyRecord {
    type Model = Key;

    fn restore(self, parser: ConditionParser) -> Result<Key> {
        Ok(Key { sensitive: self.sensitive, ..self.key.restore(parser)? })
    }
}

impl Restore for KeyRecord1 {
    type Model = Key;

    fn restore(self, parser: ConditionParser) -> Result<Key> {
        let kind = super::v1::kind_numbered(self.kind);
        let check = self.check.map(|text| Condition::stored(text.into(), true, parser));
        Ok(Key {
            id: KeyId(self.id),
            name: name(&self.name)?,
            kind: kind.ok_or_else(|| format!("no type has the number {}", self.kind))?,
            default: value(&self.default)?,
            check,
            sensitive: false,
            description: shared(self.description),
            archived: self.archived,
            version: self.version,
        })
    }
}

impl Restore for AttributeRecord {
    type Model = Attribute;

    fn restore(self, parser: ConditionParser) -> Result<Attribute> {
        let kind = super::v1::attribute_kind_numbered(self.kind);
        Ok(Attribute {
            id: AttributeId(self.id),
            name: name(&self.name)?,
            kind: kind.ok_or_else(|| format!("no type has the number {}", self.kind))?,
            check: self.check.map(|text| Condition::stored(text.into(), true, parser)),
            sensitive: self.sensitive,
            description: shared(self.description),
            archived: self.archived,
            version: self.version,
        })
    }
}

impl Restore for SegmentRecord {
    type Model = Segment;

    fn restore(self, parser: ConditionParser) -> Result<Segment> {
        Ok(Segment {
            id: SegmentId(self.id),
            name: name(&self.name)?,
            condition: Condition::stored(self.condition.into(), false, parser),
            description: shared(self.description),
            archived: self.archived,
            version: self.version,
        })
    }
}

impl SegmentHeadRecord {
    /// The segment, and the keys and segments that its condition refers to, sorted.
    pub(in crate::store) fn restore(
        self,
        parser: ConditionParser,
    ) -> Result<(Segment, Vec<Reference>)> {
        let references = self.head.references();
        let mut segment = self.head.segment.restore(parser)?;
        if let Some(reads) = self.reads {
            segment.condition = segment.condition.known_to_read(reads.into());
        }
        Ok((segment, references))
    }
}

impl Restore for HeadRecord {
    type Model = ConfigHead;

    fn restore(self, _: ConditionParser) -> Result<ConfigHead> {
        let (id, name) = (ConfigId(self.id), name(&self.name)?);
        Ok(ConfigHead { id, name, disabled: self.disabled, archived: self.archived })
    }
}

impl ConfigRecord {
    /// The config with its kept publications and versions, which must all be there.
    pub(in crate::store) fn restore(
        self,
        mut publications: Vec<Publication>,
        mut versions: Vec<Arc<Version>>,
        parser: ConditionParser,
    ) -> Result<Config> {
        let salts = self.salts.into_iter().map(|(id, salt)| (SegmentId(id), salt.into())).collect();
        for version in &mut versions {
            share_salts(&salts, Arc::make_mut(version));
        }
        publications.extend(all(self.timeline, parser)?);
        let timeline = Timeline::new(publications);
        let config = Config {
            head: self.head.restore(parser)?,
            newest: self.newest,
            salts,
            timeline,
            versions: versions.into_iter().collect(),
        };
        let missing = config.needed_numbers().into_iter().find(|n| !config.versions.contains(*n));
        missing.map_or(Ok(config), |number| Err(format!("its version {number} is not kept")))
    }
}

/// Makes the salts of rows and those of their config the same texts in memory.
fn share_salts(salts: &Ordered<SegmentId, Arc<str>>, version: &mut Version) {
    for row in &mut version.rows {
        if let Some(salt) = salts.get(&row.segment).filter(|salt| **salt == row.salt) {
            row.salt = Arc::clone(salt);
        }
    }
}

impl Restore for VersionRecord {
    type Model = Version;

    fn restore(self, parser: ConditionParser) -> Result<Version> {
        let mut version = self.version.restore(parser)?;
        self.by.put(&mut version)?;
        Ok(version)
    }
}

impl Restore for VersionRecord1 {
    type Model = Version;

    fn restore(self, parser: ConditionParser) -> Result<Version> {
        let (rows, columns) = (all(self.rows, parser)?, all(self.columns, parser)?);
        let (config, description) = (ConfigId(self.config), shared(self.description));
        whole(Version { config, number: self.number, description, rows, columns })
    }
}

/// Whoever serves a version takes the cell of a row by the index of the row.
fn whole(version: Version) -> Result<Version> {
    if version.columns.iter().any(|column| column.cells().len() != version.rows.len()) {
        return Err("a column has not one cell for each row".to_owned());
    }
    if version.columns.len() > CONFIG_KEYS || version.rows.len() > CONFIG_SEGMENTS {
        return Err("it has more keys or segments than a config may have".to_owned());
    }
    Ok(version)
}

impl EditRecord {
    /// The version, with the rows and columns that it shares with the one before it.
    pub(in crate::store) fn restore(
        self,
        base: &Version,
        parser: ConditionParser,
    ) -> Result<Version> {
        let (config, number) = (ConfigId(self.config), self.number);
        if (base.config, base.number.checked_add(1)) != (config, Some(number)) {
            return Err("it stands on a version that is not the one before it".to_owned());
        }
        let columns = edited(base, self.keys, &all(self.columns, parser)?)?;
        let (rows, description) = (base.rows.clone(), shared(self.description));
        let mut version = Version { config, number, description, rows, columns };
        if let Some((rows, by)) = self.rows {
            version.rows = all(rows, parser)?;
            by.put(&mut version)?;
        }
        whole(version)
    }
}

/// The columns of a version with some instead of its own; `keys` says in which order, if that is another.
fn edited(base: &Version, keys: Option<Vec<u32>>, new: &[Column]) -> Result<Vec<Column>> {
    let columns: BTreeMap<_, _> =
        base.columns.iter().chain(new).map(|column| (column.key, column)).collect();
    let keys: Vec<_> = match keys {
        Some(keys) if keys.len() > columns.len() => return Err("it has a key twice".to_owned()),
        Some(keys) => keys.into_iter().map(KeyId).collect(),
        None => base.columns.iter().map(|column| column.key).collect(),
    };
    let column = |key| columns.get(&key).copied().cloned().ok_or_else(|| no_column(key));
    keys.into_iter().map(column).collect()
}

fn no_column(key: KeyId) -> String {
    format!("neither it nor the version before it has a column of key {key}")
}

impl Restore for RowRecord {
    type Model = Row;

    fn restore(self, _: ConditionParser) -> Result<Row> {
        let (segment, salt) = (SegmentId(self.segment), self.salt.into());
        Ok(Row { segment, rollout: self.rollout.map(share).transpose()?, by: None, salt })
    }
}

impl Restore for ColumnRecord {
    type Model = Column;

    fn restore(self, parser: ConditionParser) -> Result<Column> {
        let cells = self.cells.into_iter().map(|cell| cell.map(|c| c.restore(parser)).transpose());
        Ok(Column::new(KeyId(self.key), cells.collect::<Result<_>>()?))
    }
}

impl Restore for CellRecord {
    type Model = Cell;

    fn restore(self, parser: ConditionParser) -> Result<Cell> {
        Ok(match self {
            Self::Value(text) => Cell::Value(value(&text)?),
            Self::Split { arms, by } => {
                let by = by.map(|steps| steps.into_iter().map(Arc::from).collect());
                Cell::Split(Split { arms: all(arms, parser)?, by })
            }
        })
    }
}

impl Restore for ArmRecord {
    type Model = Arm;

    fn restore(self, _: ConditionParser) -> Result<Arm> {
        Ok(Arm { name: shared(self.name), share: share(self.share)?, value: value(&self.value)? })
    }
}

impl Restore for PublicationRecord {
    type Model = Publication;

    fn restore(self, _: ConditionParser) -> Result<Publication> {
        Ok(Publication {
            config: ConfigId(self.config),
            sequence: self.sequence,
            version: self.version,
            effective: time(self.effective)?,
            until: self.until.map(time).transpose()?,
            scheduled: self.scheduled,
            comment: shared(self.comment),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_value_is_what_json_says(
            text in prop_oneof!["[-+]?[0-9]{0,21}", "-?[0-9]{1,3}[.eE]?[0-9]?", "true|false|null|tru"],
        ) {
            if let Some(plain) = plain_value(&text) {
                prop_assert_eq!(Ok(plain), Value::from_json(&text));
            }
        }
    }

    #[test]
    fn whole_numbers_and_truth_values_are_plain() {
        for text in ["0", "7", "-12", "9223372036854775807", "true", "false"] {
            assert!(plain_value(text).is_some(), "{text}");
        }
        for text in ["-0", "007", "+1", "1.0", "9223372036854775808", "null", "\"a\""] {
            assert!(plain_value(text).is_none(), "{text}");
        }
    }
}
