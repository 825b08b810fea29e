//! What configs keep: the versions and publications that matter now, in tables of their own, of which each commit
//! writes what it changed.

use redb::{ReadableTable, WriteTransaction};

use super::codec::{decode, encode};
use super::failure::OrFail;
use super::lazy::Lazy;
use super::record::{LoggedVersionRecord, PublicationRecord, encode_version};
use super::tables::{Bytes, KEPT, KEPT_PUBLICATIONS, PublicationKey};
use crate::error::Result;
use crate::model::{Config, Publication, Timestamp, Version};

/// The tables, to be written to.
pub(super) struct Kept<'t> {
    versions: Lazy<'t, (u32, u32), Bytes>,
    publications: Lazy<'t, PublicationKey, Bytes>,
}

impl<'t> Kept<'t> {
    pub(super) fn new(transaction: &'t WriteTransaction) -> Self {
        Self {
            versions: Lazy::new(transaction, KEPT),
            publications: Lazy::new(transaction, KEPT_PUBLICATIONS),
        }
    }

    /// Makes those that are not there.
    pub(super) fn make(&mut self) -> Result<()> {
        self.versions.open()?;
        self.publications.open().map(drop)
    }

    /// Brings some versions of a config up to date. A version never changes: what is there stays. Of those that are large
    /// in the log nothing more is written than that it has them.
    pub(super) fn keep_versions(
        &mut self,
        config: &Config,
        numbers: impl IntoIterator<Item = u32>,
        is_large: impl Fn(&Version) -> Result<bool>,
    ) -> Result<()> {
        let id = config.head.id.0;
        // those that go first: a large one would be copied when another comes beside it
        let (stay, go): (Vec<_>, Vec<_>) =
            numbers.into_iter().partition(|number| config.versions.contains(*number));
        for number in go {
            self.versions.open()?.remove((id, number)).or_fail()?;
        }
        for version in stay.into_iter().filter_map(|number| config.versions.get(number)) {
            let key = (id, version.number);
            if self.versions.open()?.get(key).or_fail()?.is_none() {
                let record = if is_large(version)? {
                    encode(&LoggedVersionRecord)
                } else {
                    encode_version(version)
                };
                self.versions.open()?.insert(key, record?.as_slice()).or_fail()?;
            }
        }
        Ok(())
    }

    pub(super) fn keep_publication(&mut self, publication: &Publication) -> Result<()> {
        self.put_publication(&publication.into())
    }

    pub(super) fn put_publication(&mut self, record: &PublicationRecord) -> Result<()> {
        let bytes = encode(record)?;
        self.publications.open()?.insert(record.key(), bytes.as_slice()).or_fail().map(drop)
    }

    pub(super) fn drop_publication(&mut self, record: &PublicationRecord) -> Result<()> {
        self.publications.open()?.remove(record.key()).or_fail().map(drop)
    }

    /// Drops the publications of a config whose time has come and that its timeline has no longer; gives their
    /// versions. The time of those that it keeps has come for few.
    pub(super) fn drop_begun(&mut self, config: &Config, now: Timestamp) -> Result<Vec<u32>> {
        let id = config.head.id.0;
        let mut gone = Vec::new();
        let begun = (id, i64::MIN, 0)..=(id, now.as_micros(), u64::MAX);
        for entry in self.publications.open()?.range(begun).or_fail()? {
            let (key, bytes) = entry.or_fail()?;
            let key = key.value();
            if config.timeline.get(key.2).is_none() {
                let location = || format!("table `pcq.kept_publications`, record {key:?}");
                gone.push(decode::<PublicationRecord>(bytes.value(), location)?);
            }
        }
        for record in &gone {
            self.drop_publication(record)?;
        }
        Ok(gone.into_iter().map(|record| record.version).collect())
    }
}
