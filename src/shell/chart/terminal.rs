//! Chart for a terminal: a line for the trend, and a bar for each value.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::NOTHING;
use super::label::labels;
use super::number::{Scale, compact, float, grouped, percent};
use super::statistics::{KeyStatistics, Statistics, ValueStatistics};
use crate::shell::width::{fit, pad, width as width_of};
use pcq::Rows;

/// The widths, in columns, between which a chart is fitted to its terminal.
const NARROWEST: usize = 40;
const WIDEST: usize = 120;

/// The lines of the trend, at the least.
const TREND_LINES: u64 = 8;

/// The columns to the left of the trend: a number, and the axis.
const MARGIN: usize = 8;

/// Draws statistics for a terminal of a width, in columns.
pub(in crate::shell) fn write(rows: &Rows, width: usize, to: &mut dyn Write) -> io::Result<()> {
    let width = width.clamp(NARROWEST, WIDEST);
    let Some(statistics) = Statistics::of(rows, width - MARGIN) else {
        return writeln!(to, "{NOTHING}");
    };
    let mut lines = vec![total(&statistics)];
    let bars = Bars::fit(statistics.shown(), width);
    for key in statistics.shown() {
        lines.push(String::new());
        lines.extend(bars.lines(key));
    }
    lines.extend(statistics.more().map(|more| format!("\n{more}")));
    lines.push(String::new());
    lines.extend(trend(&statistics, width - MARGIN));
    if statistics.is_summed {
        let keys = statistics.shown().iter();
        lines.extend(keys.flat_map(|key| spark_lines(&statistics, key, width)));
    }
    lines.iter().try_for_each(|line| writeln!(to, "{line}"))
}

/// `1,234 deliveries`
pub(super) fn total(statistics: &Statistics) -> String {
    let plural = if statistics.total == 1 { "y" } else { "ies" };
    format!("{} deliver{plural}", grouped(statistics.total))
}

/// The lines of the trend, with the axis of counts to the left and that of time below.
fn trend(statistics: &Statistics, columns: usize) -> Vec<String> {
    let scale = Scale::up_to(statistics.peak());
    let apart = TREND_LINES.div_ceil(scale.steps).max(2);
    let plotted = curve(&statistics.trend, scale, apart * scale.steps, columns);
    let below = (0..=apart * scale.steps).rev();
    let line = |(line, below): (&str, u64)| {
        let points: String = line.chars().skip(1).collect();
        let mark = below.is_multiple_of(apart).then(|| scale.mark(below / apart));
        format!("{}{points}", gutter(mark)).trim_end().to_owned()
    };
    let mut lines: Vec<_> = plotted.lines().zip(below).map(line).collect();
    lines.extend(caption(statistics, columns));
    lines
}

/// The axis of counts on a line, with its mark if it has one.
fn gutter(mark: Option<u64>) -> String {
    let axis = if mark.is_some() { '┤' } else { '│' };
    format!("{:>6} {axis}", mark.map(compact).unwrap_or_default())
}

/// The times below the axis, and the length of its steps.
fn caption(statistics: &Statistics, columns: usize) -> Vec<String> {
    let axis = &statistics.axis;
    let steps = format!("(UTC), {}", axis.per());
    let used = (columns / axis.len.max(1)).max(1) * axis.len;
    let ticks = axis.ticks(used);
    vec![format!("{:MARGIN$}{ticks}", ""), format!("{:MARGIN$}{steps}", "")]
}

/// A line of time for each value of a key, all of one scale.
fn spark_lines(statistics: &Statistics, key: &KeyStatistics, width: usize) -> Vec<String> {
    let label = (width / 2).saturating_sub(2 * Bars::INDENT);
    let labels = labels(key, label);
    let label = labels.iter().map(|text| width_of(text)).max().unwrap_or(0);
    let columns = width.saturating_sub(Bars::INDENT + label + Bars::GAP);
    let peak = key.shown().iter().flat_map(|value| value.trend.values()).max().copied();
    let line = |(label_text, value): (&String, &ValueStatistics)| {
        let line = sparks(&value.trend, statistics.axis.len, columns, peak.unwrap_or(0));
        format!("  {}  {line}", pad(label_text, label))
    };
    let lines = labels.iter().zip(key.shown()).map(line);
    [String::new(), fit(&key.name, width)].into_iter().chain(lines).collect()
}

/// Counts as blocks, neighbours joined until all fit: a block for the highest of them, and of none a blank.
fn sparks(trend: &BTreeMap<usize, u64>, len: usize, columns: usize, peak: u64) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let joined = len.div_ceil(columns.max(1)).max(1);
    let stretch = (columns / len.max(1)).clamp(1, 8);
    let level = |start: usize| {
        let counts = trend.range(start..start + joined).map(|(_, count)| *count);
        let highest = counts.max().filter(|count| *count > 0)?;
        let level = u128::from(highest) * 8 / u128::from(peak.max(1));
        LEVELS.get(usize::try_from(level).unwrap_or(0).clamp(1, 8) - 1)
    };
    let blocks = (0..len).step_by(joined).map(|start| level(start).copied().unwrap_or(' '));
    blocks
        .flat_map(|block| std::iter::repeat_n(block, stretch))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// Plots counts as steps; the first column is for the axis.
///
/// The numbers that are plotted are lines, from 0 to the height: then the crate has no scale to find,
/// which it cannot for numbers past 32 bits.
fn curve(counts: &[u64], scale: Scale, height: u64, columns: usize) -> String {
    let height = u32::try_from(height).unwrap_or(u32::MAX);
    let top = f64::from(height);
    let line = |count| float(count) / scale.top() * top;
    let stretch = (columns / counts.len().max(1)).max(1);
    let mut points: Vec<f64> =
        counts.iter().flat_map(|count| std::iter::repeat_n(line(*count), stretch)).collect();
    points.extend(points.last().copied()); // the crate draws from point to point
    let config = rasciigraph::Config::default().with_height(height).with_offset(1);
    rasciigraph::plot_many(vec![vec![0.0], vec![top], points], config)
}

/// The columns of the bars.
#[derive(Clone, Copy, Debug)]
struct Bars {
    label: usize,
    bar: usize,
    count: usize,
}

impl Bars {
    const INDENT: usize = 2;
    const GAP: usize = 2;
    const SHARE: usize = 6;
    const SHORTEST: usize = 10;

    /// Makes columns in which the bars of all keys stand below each other.
    fn fit(keys: &[KeyStatistics], width: usize) -> Self {
        let counts = keys.iter().map(|key| grouped(key.total).len());
        let count = counts.max().unwrap_or(0);
        let fixed = Self::INDENT + count + Self::SHARE + 3 * Self::GAP;
        let most = width.saturating_sub(fixed + Self::SHORTEST);
        let labels = keys.iter().flat_map(|key| labels(key, most));
        let label = labels.map(|text| width_of(&text)).max().unwrap_or(0).max(8);
        Self { label, bar: width.saturating_sub(fixed + label), count }
    }

    /// The name of a key, and for each value how often it was delivered, and where it is from if that is more than one place.
    fn lines(self, key: &KeyStatistics) -> Vec<String> {
        let mut lines = vec![self.line(&key.name, key.total, "")];
        let (totals, labels) = (key.totals(), labels(key, self.label));
        let peak = totals.iter().map(|(_, total, _)| *total).max().unwrap_or(0);
        let label = |of: &ValueStatistics| {
            let place = key.shown().iter().position(|value| std::ptr::eq(value, of));
            place.and_then(|place| labels.get(place)).cloned().unwrap_or_default()
        };
        for (value, total, origins) in totals {
            let share = |count| percent(count, key.whole);
            let bar = bar(total, peak, self.bar);
            if let [origin] = &*origins {
                let text = format!("  {}  {bar}", pad(&label(origin), self.label));
                lines.push(self.line(&text, total, &share(total)));
                continue;
            }
            let text = format!("  {}  {bar}", pad(&fit(value, self.label), self.label));
            lines.push(self.line(&text, total, &share(total)));
            let of_it = |origin: &&ValueStatistics| {
                let text = format!(
                    "  {}",
                    fit(&format!("  {}", origin.origin().trim_start()), self.label)
                );
                self.line(&text, origin.count, &share(origin.count))
            };
            lines.extend(origins.iter().map(of_it));
        }
        lines.extend(key.more().map(|(text, count)| {
            self.line(&format!("  {text}"), count, &percent(count, key.whole))
        }));
        lines
    }

    /// A text, a count and a share.
    fn line(self, text: &str, count: u64, share: &str) -> String {
        let columns = Self::INDENT + self.label + Self::GAP + self.bar;
        let text = pad(&fit(text, columns), columns);
        let line = format!("{text}  {:>count$}  {share:>6}", grouped(count), count = self.count);
        line.trim_end().to_owned()
    }
}

/// A bar of blocks, of which the last may be an eighth: whatever is there at all can be seen.
fn bar(count: u64, most: u64, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(count) * columns as u128 * 8 / u128::from(most.max(1));
    let eighths = usize::try_from(eighths).unwrap_or(0).max(1);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS.get(eighths % 8).copied().unwrap_or_default())
}
