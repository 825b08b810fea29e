//! `SHOW STATS`: what was delivered, and how often.

use super::relation::{
    COUNT, ConfigStats, KEY_STATS, KeyStats, STATS_COLUMNS, count, rows_or_count, select,
};
use super::rows::{Column, Rows};
use super::view::View;
use crate::error::Result;
use crate::statement::find::{find_config, find_key, find_segment_id};
use crate::statement::{self, ShowStats, StatsOf};
use crate::store::{DeliveryQuery, Period};

/// The columns of what is counted.
pub(super) fn columns(show: &ShowStats) -> &'static [Column] {
    match &show.of {
        _ if show.count => COUNT,
        StatsOf::Config(_) => STATS_COLUMNS,
        StatsOf::Keys => KEY_STATS.columns,
    }
}

/// Counts deliveries of a config or of every key.
pub(super) fn stats(view: &View<'_>, show: &ShowStats) -> Result<Rows> {
    let period = period(view, show)?;
    match &show.of {
        StatsOf::Config(config) => {
            let query = query(view, config, period)?;
            let stats = ConfigStats { query, by: &config.by };
            if show.count {
                return count(&stats, view, &show.filter);
            }
            select(&stats, view, &show.filter)?.with_wholes()
        }
        StatsOf::Keys => rows_or_count(&KeyStats { period }, view, &show.filter, show.count),
    }
}

fn period(view: &View<'_>, show: &ShowStats) -> Result<Period> {
    let instant = |instant| view.parameters.instant(instant, view.now);
    let (since, until) = (show.since.as_ref(), show.until.as_ref());
    Ok(Period { since: since.map(instant).transpose()?, until: until.map(instant).transpose()? })
}

fn query(view: &View<'_>, asked: &statement::ConfigStats, period: Period) -> Result<DeliveryQuery> {
    let catalog = view.catalog();
    let config = find_config(catalog, &asked.config)?;
    let key = asked.key.as_ref().map(|key| find_key(catalog, key)).transpose()?;
    let segment = asked.segment.as_ref().map(|segment| find_segment_id(catalog, segment));
    let version = asked.version.as_ref();
    let version = version.map(|number| view.version_of(config, &view.parameters.whole(number)?));
    Ok(DeliveryQuery {
        config: Some(config.head.id),
        key: key.map(|key| key.id),
        segment: segment.transpose()?,
        version: version.transpose()?.map(|version| version.number),
        per: asked.per,
        period,
    })
}
