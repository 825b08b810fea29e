//! Statistics: the rows of `SHOW STATS FOR CONFIG`, summed by key and value.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::axis::{Axis, MONTH, Span, WEEK};
use crate::shell::text::{Cell, Medium, on_one_line};
use crate::shell::width;
use pcq::{Rows, STATS_COLUMNS, Value};

/// How many values of a key are drawn: the others are only counted.
const VALUES_SHOWN: usize = 12;

/// How many keys are drawn.
const KEYS_SHOWN: usize = 20;

/// Statistics of a config: how often each value was delivered, and when.
#[derive(Debug)]
pub(in crate::shell) struct Statistics {
    /// How many deliveries there were.
    pub(super) total: u64,
    /// When they were.
    pub(super) axis: Axis,
    /// How many there were in each step of the axis.
    pub(super) trend: Vec<u64>,
    /// What was delivered, by the name of the key.
    pub(super) keys: Vec<KeyStatistics>,
    /// Whether the rows are summed up by something, so that each has a line of time of its own.
    pub(super) is_summed: bool,
}

/// What rows are summed up by.
#[derive(Clone, Copy, Debug)]
struct Groups {
    value: bool,
    segment: bool,
    version: bool,
}

/// Statistics of a key.
#[derive(Debug)]
pub(super) struct KeyStatistics {
    pub(super) name: String,
    /// How often it was delivered by the rows.
    pub(super) total: u64,
    /// How often it was delivered at all in the times of the rows: shares are of this.
    pub(super) whole: u64,
    /// The values, the most frequent first.
    pub(super) values: Vec<ValueStatistics>,
}

/// Statistics of a value from one origin: a segment, variant and reason.
#[derive(Debug)]
pub(super) struct ValueStatistics {
    /// The value on one line.
    pub(super) value: String,
    /// The segment of the row that gave it.
    pub(super) segment: String,
    /// The arm of a split that gave it.
    pub(super) variant: String,
    pub(super) reason: String,
    pub(super) count: u64,
    /// How often in each step of the axis; steps without any are left out.
    pub(super) trend: BTreeMap<usize, u64>,
}

/// Whether rows are those of `SHOW STATS FOR CONFIG`.
pub(in crate::shell) fn are_statistics(rows: &Rows) -> bool {
    rows.columns() == STATS_COLUMNS
}

impl Statistics {
    /// Sums rows up, with at most so many points of time; `None` if nothing was delivered.
    pub(in crate::shell) fn of(rows: &Rows, most_points: usize) -> Option<Self> {
        let row = |row| {
            let cells: Vec<_> = Cell::row(rows, row).collect();
            Counted::of(&cells, rows.whole(row))
        };
        let counted: Vec<_> = (0..rows.len()).filter_map(row).collect();
        let axis = Axis::over(counted.iter().map(|counted| counted.span), most_points)?;
        let groups = Groups::of(&counted);
        let mut trend = vec![0_u64; axis.len];
        let mut keys = BTreeMap::<&str, IndexMap<_, ValueStatistics>>::new();
        let mut wholes = BTreeMap::<&str, BTreeMap<_, u64>>::new();
        for row in &counted {
            // every row of a key in a bucket has the same whole
            wholes.entry(row.key).or_default().insert(row.span, row.whole);
            let step = axis.index(row.span.start);
            if let Some(counted) = trend.get_mut(step) {
                *counted = counted.saturating_add(row.count);
            }
            let values = keys.entry(row.key).or_default();
            values
                .entry(row.identity())
                .or_insert_with(|| row.delivered(groups))
                .add(step, row.count);
        }
        let whole = |name| sum(wholes.get(name).into_iter().flatten().map(|(_, whole)| *whole));
        let keys = keys.into_iter();
        let mut keys: Vec<_> = keys
            .map(|(name, values)| KeyStatistics::new(name, values.into_values(), whole(name)))
            .collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.total));
        let (total, is_summed) = (sum(trend.iter().copied()), groups.is_some());
        Some(Self { total, axis, trend, keys, is_summed })
    }

    /// How many there were in the step that had the most.
    pub(super) fn peak(&self) -> u64 {
        self.trend.iter().copied().max().unwrap_or(0)
    }

    /// The keys that are drawn.
    pub(super) fn shown(&self) -> &[KeyStatistics] {
        self.keys.get(..KEYS_SHOWN).unwrap_or(&self.keys)
    }

    /// What is said of the other keys.
    pub(super) fn more(&self) -> Option<String> {
        match self.keys.len().checked_sub(KEYS_SHOWN)? {
            0 => None,
            1 => Some("… 1 more key".to_owned()),
            count => Some(format!("… {count} more keys")),
        }
    }
}

impl KeyStatistics {
    fn new(name: &str, values: impl Iterator<Item = ValueStatistics>, whole: u64) -> Self {
        let mut values: Vec<_> = values.collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        let total = sum(values.iter().map(|value| value.count));
        Self { name: plain(name), total, whole: whole.max(total), values }
    }

    /// The values that are drawn, each with how often it was delivered at all, the most frequent first, and with where
    /// it is from.
    pub(super) fn totals(&self) -> Vec<(&str, u64, Vec<&ValueStatistics>)> {
        let mut totals: IndexMap<&str, (u64, Vec<&ValueStatistics>)> = IndexMap::new();
        for value in self.shown() {
            totals.entry(&value.value).or_default().1.push(value);
        }
        for value in &self.values {
            if let Some((total, _)) = totals.get_mut(&*value.value) {
                *total = total.saturating_add(value.count);
            }
        }
        let mut totals: Vec<_> =
            totals.into_iter().map(|(value, (total, origins))| (value, total, origins)).collect();
        totals.sort_by_key(|(_, total, _)| std::cmp::Reverse(*total));
        totals
    }

    /// How often the most frequent value was delivered.
    pub(super) fn peak(&self) -> u64 {
        self.values.first().map_or(0, |value| value.count)
    }

    /// The values that are drawn.
    pub(super) fn shown(&self) -> &[ValueStatistics] {
        self.values.get(..VALUES_SHOWN).unwrap_or(&self.values)
    }

    /// What is said of the other values, and how often they were delivered.
    pub(super) fn more(&self) -> Option<(String, u64)> {
        let hidden = self.values.get(VALUES_SHOWN..).filter(|hidden| !hidden.is_empty())?;
        Some((format!("… {} more", hidden.len()), sum(hidden.iter().map(|value| value.count))))
    }
}

impl ValueStatistics {
    /// The value and where it is from. Where there is little room, the value is cut first: the rest
    /// tells values with the same start apart.
    pub(super) fn label(&self, columns: usize) -> String {
        self.label_of(&self.value, columns)
    }

    /// The same, with a text in place of the value.
    pub(super) fn label_of(&self, value: &str, columns: usize) -> String {
        let value = width::fit(value, self.room(columns));
        width::fit(&format!("{value}{}", self.origin()), columns)
    }

    /// How much room there is for the value before where it is from.
    pub(super) fn room(&self, columns: usize) -> usize {
        const SHORTEST_VALUE: usize = 8;
        columns.saturating_sub(width::width(&self.origin())).max(SHORTEST_VALUE)
    }

    /// ` · testers (new) · SPLIT`: the segment, the variant and the reason.
    pub(super) fn origin(&self) -> String {
        if self.reason.is_empty() {
            return String::new();
        }
        let variant =
            if self.variant.is_empty() { String::new() } else { format!("({})", self.variant) };
        let row = format!("{} {variant}", self.segment);
        match row.trim() {
            "" => format!(" · {}", self.reason),
            row => format!(" · {row} · {}", self.reason),
        }
    }

    fn add(&mut self, step: usize, count: u64) {
        self.count = self.count.saturating_add(count);
        let at = self.trend.entry(step).or_default();
        *at = at.saturating_add(count);
    }
}

/// A row, taken apart.
#[derive(Debug)]
struct Counted<'a> {
    span: Span,
    key: &'a str,
    version: &'a Value,
    segment: &'a Value,
    variant: &'a Value,
    value: Cell<'a>,
    reason: &'a Value,
    count: u64,
    /// How often the key was delivered in the same time; 0 if that is not known.
    whole: u64,
}

impl<'a> Counted<'a> {
    /// Takes a row apart; `None` if it counts nothing.
    fn of(row: &[Cell<'a>], whole: Option<u64>) -> Option<Self> {
        let [time, per, key, version, segment, variant, value, reason, count, ..] = row else {
            return None;
        };
        let value = *value;
        let [time, per, key, version, segment, variant, reason, count] =
            [time, per, key, version, segment, variant, reason, count].map(|cell| cell.value);
        let time = pcq::Timestamp::parse(time.as_str()?).ok()?;
        let start = time.as_micros().div_euclid(60_000_000);
        let span = Span { start, minutes: minutes(per.as_str()?) };
        let count = u64::try_from(count.as_integer()?).ok().filter(|count| *count > 0)?;
        let whole = whole.unwrap_or_default();
        let key = key.as_str()?;
        Some(Self { span, key, version, segment, variant, value, reason, count, whole })
    }

    /// What makes it another value than the next one: the text `1` is not the number.
    fn identity(&self) -> [String; 5] {
        // rows with all that is known of them are of one value, whatever the version
        let version = if self.is_summed() { self.version } else { &Value::Null };
        let parts = [self.value.value, self.segment, self.variant, self.reason, version];
        parts.map(ToString::to_string)
    }

    fn is_summed(&self) -> bool {
        *self.reason == Value::Null
    }

    /// What a row is called that is summed up: by the value, if it is by that, and by the rest, which is never cut off first.
    fn names(&self, groups: Groups) -> (String, String) {
        let segment = self.segment.as_str().map_or_else(|| "no segment".to_owned(), plain);
        let version = groups.version.then(|| format!("version {}", self.version));
        let rest: Vec<_> = groups.segment.then_some(segment).into_iter().chain(version).collect();
        let rest = rest.join(" · ");
        if groups.value { (self.value.line(Medium::Screen), rest) } else { (rest, String::new()) }
    }

    fn delivered(&self, groups: Option<Groups>) -> ValueStatistics {
        let (count, trend) = (0, BTreeMap::new());
        if let Some(groups) = groups {
            let (value, reason) = self.names(groups);
            let [segment, variant] = [(); 2].map(|()| String::new());
            return ValueStatistics { value, segment, variant, reason, count, trend };
        }
        let text = |value: &Value| plain(value.as_str().unwrap_or_default());
        ValueStatistics {
            value: self.value.line(Medium::Screen),
            segment: text(self.segment),
            variant: text(self.variant),
            reason: text(self.reason),
            count,
            trend,
        }
    }
}

impl Groups {
    /// What rows are summed up by; `None` if they have all that is known of them.
    fn of(rows: &[Counted<'_>]) -> Option<Self> {
        let any = |of: fn(&Counted<'_>) -> bool| rows.iter().any(of);
        if !rows.iter().any(Counted::is_summed) {
            return None;
        }
        let (value, version) =
            (any(|row| *row.value.value != Value::Null), any(|row| *row.version != Value::Null));
        // by nothing that can be seen: by segments, of which none gave anything
        let segment = any(|row| *row.segment != Value::Null) || !value && !version;
        Some(Self { value, segment, version })
    }
}

/// How many minutes a bucket has, at the most.
fn minutes(per: &str) -> i64 {
    match per {
        "month" => MONTH,
        "week" => WEEK,
        "day" => 24 * 60,
        "hour" => 60,
        _ => 1,
    }
}

/// A name, or nothing. Whatever a chart is drawn on, it is looked at.
fn plain(name: &str) -> String {
    on_one_line(name, Medium::Screen).into_owned()
}

fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}
