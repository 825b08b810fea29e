//! Check of recorded contexts.

use redb::{ReadableTable, ReadableTableMetadata};

use super::place::{digest, location, read};
use crate::error::Result;
use crate::store::codec::decode;
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::record::SweepRecord;
use crate::store::report::VerifyReport;
use crate::store::tables::{META, SWEPT_KEY, TRAFFIC};
use crate::store::watch::Watch;

/// Checks that each recorded context can be read, and is where its attributes say.
pub(in crate::store) fn check(
    image: &Image,
    report: &mut VerifyReport,
    watch: &Watch<'_>,
) -> Result<()> {
    let meta = image.table(META)?;
    if let Some(bytes) = meta.get(SWEPT_KEY).or_fail()? {
        let location = || "`traffic_swept` in table `pcq.meta`".to_owned();
        report.note(decode::<SweepRecord>(bytes.value(), location))?;
    }
    let Some(table) = image.optional_table(TRAFFIC)? else { return Ok(()) };
    watch.begin("recorded contexts", table.len().or_fail()?);
    for entry in table.iter().or_fail()? {
        let (key, bytes) = entry.or_fail()?;
        watch.step(1)?;
        report.contexts += 1;
        let context = report.note(read(key.value(), bytes.value()))?;
        if context.is_some_and(|context| digest(&context) != key.value().2) {
            report.problem(format!("{}: the attributes are of another", location(key.value())));
        }
    }
    Ok(())
}
