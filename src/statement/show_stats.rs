//! `SHOW STATS`: what was delivered, and how often.

use std::fmt;

use super::canonical::{count_of, optional, segment as written};
use super::{Filter, Help, SegmentRef, When, given, named, segment, when};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Given, Granularity, Name, Spanned, Timestamp};
use crate::syntax::{Cursor, Node, Rule};

/// `SHOW STATS FOR CONFIG name … | KEYS [SINCE timestamp] [UNTIL timestamp] …`
#[derive(Clone, Debug, PartialEq)]
pub struct ShowStats {
    /// Of what.
    pub of: StatsOf,
    /// The first instant that counts; `None` is the beginning.
    pub since: Option<When>,
    /// The first instant that counts no more; `None` is the end.
    pub until: Option<When>,
    /// Which of the rows.
    pub filter: Filter,
    /// Whether the rows are only counted.
    pub count: bool,
}

/// Subject of statistics.
#[derive(Clone, Debug, PartialEq)]
pub enum StatsOf {
    /// A config, by buckets of time.
    Config(ConfigStats),
    /// Every key.
    Keys,
}

/// `CONFIG name [KEY name] [SEGMENT name] [VERSION n] [BY SEGMENT | VALUE | VERSION | MINUTE | HOUR | DAY | WEEK | MONTH, …]`
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigStats {
    /// Which config.
    pub config: Spanned<Name>,
    /// Which of its keys; `None` is all.
    pub key: Option<Spanned<Name>>,
    /// The segment of the rows that gave the value; `None` is all, and what no row gave.
    pub segment: Option<SegmentRef>,
    /// Which of its versions; `None` is all.
    pub version: Option<Spanned<Given<u64>>>,
    /// The size of the buckets of time.
    pub per: Granularity,
    /// What deliveries of a key in a bucket are summed up by; by nothing at all, if nothing is said: then each row has all
    /// that is known of its deliveries.
    pub by: Vec<StatsGroup>,
}

/// What deliveries of a key in a bucket of time are summed up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatsGroup {
    /// The segment of the row that gave the value.
    Segment,
    /// The value.
    Value,
    /// The version of the config.
    Version,
}

impl StatsGroup {
    fn keyword(self) -> &'static str {
        match self {
            Self::Segment => "SEGMENT",
            Self::Value => "VALUE",
            Self::Version => "VERSION",
        }
    }
}

impl ShowStats {
    /// Counts what a config delivered, by day.
    pub fn config<N>(config: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let (config, per) = (named(config)?, Granularity::Day);
        let (key, segment, version, by) = (None, None, None, Vec::new());
        let config = ConfigStats { config, key, segment, version, per, by };
        Ok(Self::of(StatsOf::Config(config)))
    }

    /// Counts how often each key was delivered.
    #[must_use]
    pub fn keys() -> Self {
        Self::of(StatsOf::Keys)
    }

    fn of(of: StatsOf) -> Self {
        Self { of, since: None, until: None, filter: Filter::default(), count: false }
    }

    /// Counts a key only; without an effect on the statistics of all keys.
    pub fn key<N>(mut self, key: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let key = named(key)?;
        self.narrow(|config| config.key = Some(key));
        Ok(self)
    }

    /// Counts what the rows of a segment gave only; without an effect on the statistics of all keys.
    pub fn segment<N>(mut self, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let name = segment(name)?;
        self.narrow(|config| config.segment = Some(name));
        Ok(self)
    }

    /// Counts a version only; without an effect on the statistics of all keys.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.narrow(|config| config.version = Some(given(version)));
        self
    }

    /// The size of the buckets of time; without an effect on the statistics of all keys.
    #[must_use]
    pub fn per(mut self, per: Granularity) -> Self {
        self.narrow(|config| config.per = per);
        self
    }

    /// Sums up by something, beside what was said before; without an effect on the statistics of all keys.
    #[must_use]
    pub fn by(mut self, group: StatsGroup) -> Self {
        self.narrow(|config| {
            config.by.retain(|known| *known != group);
            config.by.push(group);
        });
        self
    }

    /// The first instant that counts.
    #[must_use]
    pub fn since(mut self, since: Timestamp) -> Self {
        self.since = Some(when(since));
        self
    }

    /// The first instant that counts no more.
    #[must_use]
    pub fn until(mut self, until: Timestamp) -> Self {
        self.until = Some(when(until));
        self
    }

    fn narrow(&mut self, narrow: impl FnOnce(&mut ConfigStats)) {
        if let StatsOf::Config(config) = &mut self.of {
            narrow(config);
        }
    }

    /// Only counts the rows.
    #[must_use]
    pub fn counted(self) -> Self {
        Self { count: true, ..self }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let count = children.counts();
        let of = StatsOf::build(&mut children)?;
        let since = children.instant_after(Rule::k_since)?;
        let until = children.instant_after(Rule::k_until)?;
        Ok(Self { of, since, until, filter: Filter::build(&mut children)?, count })
    }
}

impl StatsOf {
    fn build(children: &mut Cursor<'_>) -> Result<Self> {
        children.saw(Rule::k_stats);
        children.saw(Rule::k_for);
        if children.saw(Rule::k_keys) {
            return Ok(Self::Keys);
        }
        ConfigStats::build(children.node()?.children()).map(Self::Config)
    }
}

impl ConfigStats {
    fn build(mut children: Cursor<'_>) -> Result<Self> {
        let config = children.name()?;
        let key = if children.saw(Rule::k_key) { Some(children.name()?) } else { None };
        let of_segment = children.saw(Rule::k_segment);
        let segment = if of_segment { Some(children.segment()?) } else { None };
        let version = children.whole_after(Rule::k_version)?;
        let (per, by) = groups(&mut children)?;
        Ok(Self { config, key, segment, version, per, by })
    }
}

/// What deliveries are summed up by, in any order: the size of buckets, and anything else once.
fn groups(children: &mut Cursor<'_>) -> Result<(Granularity, Vec<StatsGroup>)> {
    let (mut per, mut by) = (None, Vec::new());
    let Some(said) = children.accept(Rule::stats_by) else {
        return Ok((Granularity::default(), by));
    };
    for group in said.children().filter(|child| child.rule() == Rule::stats_group) {
        let word = group.children().node()?.rule();
        let (what, is_again) = match word {
            Rule::k_segment => ("group", add(&mut by, StatsGroup::Segment)),
            Rule::k_value => ("group", add(&mut by, StatsGroup::Value)),
            Rule::k_version => ("group", add(&mut by, StatsGroup::Version)),
            size => ("size of the buckets", per.replace(granularity(size)).is_some()),
        };
        if is_again {
            let name = group.trimmed().to_owned();
            return Err(group.error(ErrorKind::Duplicate { what, name }));
        }
    }
    Ok((per.unwrap_or_default(), by))
}

/// Adds a group; whether it is there already.
fn add(by: &mut Vec<StatsGroup>, group: StatsGroup) -> bool {
    let is_again = by.contains(&group);
    by.push(group);
    is_again
}

fn granularity(word: Rule) -> Granularity {
    match word {
        Rule::k_minute => Granularity::Minute,
        Rule::k_hour => Granularity::Hour,
        Rule::k_week => Granularity::Week,
        Rule::k_month => Granularity::Month,
        _ => Granularity::Day,
    }
}

impl fmt::Display for ConfigStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CONFIG {}", self.config)?;
        optional(f, "KEY", self.key.as_ref())?;
        optional(f, "SEGMENT", self.segment.as_ref().map(written).as_ref())?;
        optional(f, "VERSION", self.version.as_ref())?;
        let unit = self.per.as_str().to_uppercase();
        let unit = (self.per != Granularity::default()).then_some(&*unit);
        let groups: Vec<_> = self.by.iter().map(|group| group.keyword()).chain(unit).collect();
        if groups.is_empty() { Ok(()) } else { write!(f, " BY {}", groups.join(", ")) }
    }
}

impl fmt::Display for StatsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(config) => config.fmt(f),
            Self::Keys => f.write_str("KEYS"),
        }
    }
}

impl fmt::Display for ShowStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHOW {}STATS FOR {}", count_of(self.count), self.of)?;
        optional(f, "SINCE", self.since.as_ref())?;
        optional(f, "UNTIL", self.until.as_ref())?;
        self.filter.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "SHOW STATS",
    syntax: "SHOW [COUNT OF] STATS FOR CONFIG <name> [KEY <key>] [SEGMENT <segment>] [VERSION <n>] [BY SEGMENT | VALUE | VERSION | MINUTE | HOUR | DAY | WEEK | MONTH [, …]] [SINCE <timestamp>] [UNTIL <timestamp>] [WHERE …] [ORDER BY …] [LIMIT <n>]; \
             SHOW [COUNT OF] STATS FOR KEYS [SINCE <timestamp>] [UNTIL <timestamp>] [WHERE …] [ORDER BY …] [LIMIT <n>]",
    summary: "counts what was delivered, of a config by time, segment, value or version, or of every key",
    example: "SHOW STATS FOR CONFIG dark_mode KEY Dark_Key BY HOUR SINCE '2026-03-01T00:00:00Z'",
};
