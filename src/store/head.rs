//! Heads: each object as it stands now. They make the whole catalog, without a look at the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use redb::{ReadOnlyTable, ReadableTable, ReadableTableMetadata};

use super::codec::{Record as _, decode, decode_either, schema};
use super::failure::{OrFail, corrupt};
use super::image::Image;
use super::object::Object;
use super::record::{
    AttributeRecord, ConfigRecord, ConfigRecord1, KeepRecord, KeyRecord, KeyRecord1,
    LoggedVersionRecord, MaybeRecordingRecord, PublicationRecord, RecordingRecord, Restore,
    SegmentHeadRecord, SegmentHeadRecord1, StrictRecord, VersionRecord, VersionRecord1,
};
use super::tables::{
    Bytes, HEADS, KEPT, KEPT_PUBLICATIONS, META, NAMES, PUBLICATIONS, PublicationKey,
    RECORDING_KEY, RETENTION, REVISIONS, STRICT_KEY, kind_number,
};
use crate::error::Result;
use crate::model::{
    Catalog, ConfigId, Duration, ObjectKind, Publication, Recording, Retention, SegmentId, Version,
    VersionReader as _,
};

/// What configs keep, by config.
#[derive(Default)]
struct Kept(BTreeMap<u32, KeptOfConfig>);

/// The versions and publications of a config that matter now.
#[derive(Default)]
struct KeptOfConfig {
    versions: Vec<Arc<Version>>,
    publications: Vec<Publication>,
}

/// Calls a function with each head of a kind, by number.
fn each_head(
    table: &ReadOnlyTable<(u8, u32), Bytes>,
    kind: ObjectKind,
    mut take: impl FnMut(u32, &[u8]) -> Result<()>,
) -> Result<()> {
    let number = kind_number(kind);
    for entry in table.range((number, 0)..=(number, u32::MAX)).or_fail()? {
        let (key, bytes) = entry.or_fail()?;
        take(key.value().1, bytes.value())?;
    }
    Ok(())
}

/// An object as it stands now.
pub(super) fn find(image: &Image, kind: ObjectKind, id: u32) -> Result<Option<Object>> {
    let found = image.table(HEADS)?.get((kind_number(kind), id)).or_fail()?;
    let Some(bytes) = found else { return Ok(None) };
    let kept = match kind {
        ObjectKind::Config => Kept::read(image, id, id)?.of(id),
        ObjectKind::Key | ObjectKind::Segment | ObjectKind::Attribute => KeptOfConfig::default(),
    };
    object(image, kind, id, bytes.value(), kept).map(Some)
}

fn object(
    image: &Image,
    kind: ObjectKind,
    id: u32,
    bytes: &[u8],
    kept: KeptOfConfig,
) -> Result<Object> {
    let location = || format!("table `pcq.heads`, {kind} {id}");
    let parser = image.parser();
    let object = match kind {
        ObjectKind::Key => {
            let record = decode_either::<KeyRecord, KeyRecord1>(bytes, location)?;
            record.restore(parser).map(|key| Object::Key(key.into()))
        }
        ObjectKind::Segment => {
            decode_either::<SegmentHeadRecord, SegmentHeadRecord1>(bytes, location)?
                .restore(parser)
                .map(|(segment, references)| Object::Segment(segment.into(), references))
        }
        ObjectKind::Config => decode_either::<ConfigRecord, ConfigRecord1>(bytes, location)?
            .restore(kept.publications, kept.versions, parser)
            .map(|config| Object::Config(config.into())),
        ObjectKind::Attribute => decode::<AttributeRecord>(bytes, location)?
            .restore(parser)
            .map(|attribute| Object::Attribute(attribute.into())),
    };
    let damaged = |why: &str| corrupt(format!("{}: {why}", location()));
    let object = object.map_err(|why| damaged(&why))?;
    if object.id() == id { Ok(object) } else { Err(damaged("it is another")) }
}

impl Kept {
    /// Reads what the configs of a range keep.
    fn read(image: &Image, first: u32, last: u32) -> Result<Self> {
        let mut kept = Self::default();
        for entry in image.table(KEPT)?.range((first, 0)..=(last, u32::MAX)).or_fail()? {
            let (key, bytes) = entry.or_fail()?;
            let (config, number) = key.value();
            let version = kept_version(image, config, number, bytes.value())?;
            kept.0.entry(config).or_default().versions.push(version);
        }
        let Some(table) = image.optional_table(KEPT_PUBLICATIONS)? else { return Ok(kept) };
        let range = (first, i64::MIN, 0)..=(last, i64::MAX, u64::MAX);
        for entry in table.range(range).or_fail()? {
            let (key, bytes) = entry.or_fail()?;
            let publication = kept_publication(image, key.value(), bytes.value())?;
            kept.0.entry(publication.config.0).or_default().publications.push(publication);
        }
        Ok(kept)
    }

    /// Refuses tables from which not all was read that they count.
    fn counted(&self, image: &Image) -> Result<()> {
        let versions = self.0.values().map(|kept| kept.versions.len() as u64).sum();
        counted(&image.table(KEPT)?, "pcq.kept_versions", versions)?;
        let Some(table) = image.optional_table(KEPT_PUBLICATIONS)? else { return Ok(()) };
        let publications = self.0.values().map(|kept| kept.publications.len() as u64).sum();
        counted(&table, "pcq.kept_publications", publications)
    }

    fn of(&mut self, config: u32) -> KeptOfConfig {
        self.0.remove(&config).unwrap_or_default()
    }
}

fn kept_publication(image: &Image, key: PublicationKey, bytes: &[u8]) -> Result<Publication> {
    let location = || format!("table `pcq.kept_publications`, record {key:?}");
    let damaged = |why: &str| corrupt(format!("{}: {why}", location()));
    let found = decode::<PublicationRecord>(bytes, location)?.restore(image.parser());
    let found = found.map_err(|why| damaged(&why))?;
    let own = (found.config.0, found.effective.as_micros(), found.sequence);
    if own == key { Ok(found) } else { Err(damaged("it is another")) }
}

fn kept_version(image: &Image, config: u32, number: u32, bytes: &[u8]) -> Result<Arc<Version>> {
    let location = || format!("table `pcq.kept_versions`, record ({config}, {number})");
    if schema(bytes) == Some(LoggedVersionRecord::SCHEMA) {
        decode::<LoggedVersionRecord>(bytes, location)?;
        let version = image.version(ConfigId(config), number)?;
        return version.ok_or_else(|| corrupt(format!("{}: the log has none", location())));
    }
    let version =
        decode_either::<VersionRecord, VersionRecord1>(bytes, location)?.restore(image.parser());
    match version {
        Ok(found) if (found.config.0, found.number) == (config, number) => Ok(found.into()),
        Ok(_) => Err(corrupt(format!("{}: it is another", location()))),
        Err(why) => Err(corrupt(format!("{}: {why}", location()))),
    }
}

/// How long events are kept now.
pub(super) fn retention(image: &Image) -> Result<Retention> {
    let mut retention = Retention::default();
    let Some(table) = image.optional_table(RETENTION)? else { return Ok(retention) };
    for entry in table.iter().or_fail()? {
        let (event, bytes) = entry.or_fail()?;
        let location = || format!("table `pcq.retention`, event `{}`", event.value());
        let KeepRecord(keep) = decode(bytes.value(), location)?;
        let event = Some(Arc::from(event.value())).filter(|event: &Arc<str>| !event.is_empty());
        retention.set(event.as_ref(), keep.map(Duration::from_micros));
    }
    Ok(retention)
}

/// Whether conditions may only read declared attributes.
pub(super) fn strict(image: &Image) -> Result<bool> {
    let meta = image.table(META)?;
    let Some(bytes) = meta.get(STRICT_KEY).or_fail()? else { return Ok(false) };
    let location = || "`strict` in table `pcq.meta`".to_owned();
    decode::<StrictRecord>(bytes.value(), location).map(|StrictRecord(strict)| strict)
}

/// How traffic is recorded.
pub(super) fn recording(image: &Image) -> Result<Option<Recording>> {
    let meta = image.table(META)?;
    let Some(bytes) = meta.get(RECORDING_KEY).or_fail()? else { return Ok(None) };
    let location = || "`recording` in table `pcq.meta`".to_owned();
    let MaybeRecordingRecord(record) = decode(bytes.value(), location)?;
    let restored = record.map(RecordingRecord::restore).transpose();
    restored.map_err(|why| corrupt(format!("{}: {why}", location())))
}

/// The current catalog: from the heads and what configs keep alone, so that it costs no more with more
/// history.
pub(super) fn catalog(image: &Image) -> Result<Catalog> {
    let mut catalog = Catalog::default();
    catalog.revision = image.newest()?;
    counted(&image.table(REVISIONS)?, "pcq.revisions", catalog.revision)?;
    catalog.time = image.revision(catalog.revision)?.map(|revision| revision.time);
    let last = image.table(PUBLICATIONS)?;
    catalog.sequence = last.last().or_fail()?.map_or(0, |(sequence, _)| sequence.value());
    catalog.retention = retention(image)?;
    catalog.strict = strict(image)?;
    catalog.recording = recording(image)?;
    put_objects(image, &mut catalog)?;
    let config_names = put_config_names(image, &mut catalog)?;
    put_segment_names(image, &mut catalog, config_names)?;
    Ok(catalog)
}

fn put_objects(image: &Image, catalog: &mut Catalog) -> Result<()> {
    let mut kept = Kept::read(image, 0, u32::MAX)?;
    kept.counted(image)?;
    let (heads, mut objects) = (image.table(HEADS)?, 0);
    for kind in ObjectKind::ALL {
        each_head(&heads, kind, |id, bytes| {
            let is_config = kind == ObjectKind::Config;
            let kept = if is_config { kept.of(id) } else { KeptOfConfig::default() };
            object(image, kind, id, bytes, kept)?.put(catalog);
            objects += 1;
            Ok(())
        })?;
    }
    counted(&heads, "pcq.heads", objects)
}

/// The names that configs had earlier; and each that has a name now must be found by it.
/// Returns how many names there are.
fn put_config_names(image: &Image, catalog: &mut Catalog) -> Result<usize> {
    let (mut own, names) = (0, image.names(ObjectKind::Config)?);
    let count = names.len();
    for (name, id) in names {
        match catalog.config_named(name.as_str()) {
            Some(config) if config.head.id.0 == id => own += 1,
            Some(_) => return Err(corrupt(format!("table `pcq.names`: `{name}` is another's"))),
            None => catalog.put_former_name(name, ConfigId(id)),
        }
    }
    if own == catalog.configs().count() {
        Ok(count)
    } else {
        Err(corrupt("table `pcq.names` lacks the name of a config"))
    }
}

/// The names that segments had earlier. They are looked for only if there are more names than objects need.
fn put_segment_names(image: &Image, catalog: &mut Catalog, config_names: usize) -> Result<()> {
    let others = catalog.keys().count() + catalog.attributes().count();
    let objects = others + catalog.segments().count() + config_names;
    if image.table(NAMES)?.len().or_fail()? <= objects as u64 {
        return Ok(());
    }
    for (name, id) in image.names(ObjectKind::Segment)? {
        match catalog.segment_named(name.as_str()) {
            Some(segment) if segment.id.0 == id => {}
            Some(_) => return Err(corrupt(format!("table `pcq.names`: `{name}` is another's"))),
            None => catalog.put_former_segment_name(name, SegmentId(id)),
        }
    }
    Ok(())
}

/// Refuses a table from which not all was read that it counts.
fn counted(table: &impl ReadableTableMetadata, name: &str, read: u64) -> Result<()> {
    match table.len().or_fail()? {
        len if len == read => Ok(()),
        len => Err(corrupt(format!("table `{name}` has {len} entries, and {read} were found"))),
    }
}
