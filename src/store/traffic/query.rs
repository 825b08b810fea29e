//! Queries of recorded contexts.

use std::ops::ControlFlow;

use redb::ReadableTableMetadata as _;

use super::place::{read, within};
use crate::error::Result;
use crate::model::{Recorded, Timestamp};
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::tables::{ContextKey, TRAFFIC};
use crate::store::watch::Watch;

/// Which recorded contexts are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContextRange<'u> {
    /// Those of the users from one on, up to another one if it is said; `None`: all, those without a user too.
    pub(crate) users: Option<(&'u str, Option<&'u str>)>,
    /// Only those that were not seen last before this.
    pub(crate) oldest: Option<Timestamp>,
}

/// Taker of contexts, until no more are wanted.
pub(crate) type ContextTaker<'t> = dyn FnMut(Recorded) -> Result<ControlFlow<()>> + 't;

/// Hands over recorded contexts: first those without a user, then by user.
pub(in crate::store) fn each(
    image: &Image,
    range: ContextRange<'_>,
    watch: &Watch<'_>,
    take: &mut ContextTaker<'_>,
) -> Result<()> {
    let Some(table) = image.optional_table(TRAFFIC)? else { return Ok(()) };
    let found = match range.users {
        Some((first, Some(last))) if last < first => return Ok(()),
        Some((first, last)) => {
            let end = last.map_or((u8::MAX, "", 0), |last| *within(Some(last)).end());
            table.range::<(u8, &str, u128)>(*within(Some(first)).start()..=end)
        }
        None => table.range::<ContextKey>(..),
    };
    for entry in found.or_fail()? {
        watch.check()?;
        let (key, bytes) = entry.or_fail()?;
        let context = read(key.value(), bytes.value())?;
        let is_kept = range.oldest.is_none_or(|oldest| context.last >= oldest);
        if is_kept && take(context)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Whether there is any context, kept any longer or not.
pub(in crate::store) fn has_any(image: &Image) -> Result<bool> {
    let table = image.optional_table(TRAFFIC)?;
    table.map_or(Ok(false), |table| table.is_empty().or_fail().map(|is_empty| !is_empty))
}

/// Whether there is a context of a user, kept any longer or not.
pub(in crate::store) fn has_user(image: &Image, user: &str) -> Result<bool> {
    let Some(table) = image.optional_table(TRAFFIC)? else { return Ok(false) };
    let mut found = table.range::<(u8, &str, u128)>(within(Some(user))).or_fail()?;
    Ok(found.next().transpose().or_fail()?.is_some())
}
