//! Chart for a terminal: a line for the trend, and a bar for each value.

use std::io::{self, Write};

use super::NOTHING;
use super::number::{Scale, compact, float, grouped, percent};
use super::statistics::{KeyStatistics, Statistics};
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
    writeln!(to, "{}", total(&statistics))?;
    trend(&statistics, width - MARGIN).iter().try_for_each(|line| writeln!(to, "{line}"))?;
    let bars = Bars::fit(statistics.shown(), width);
    for key in statistics.shown() {
        writeln!(to)?;
        bars.lines(key).iter().try_for_each(|line| writeln!(to, "{line}"))?;
    }
    statistics.more().map_or(Ok(()), |more| writeln!(to, "\n{more}"))
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

/// What the axis of time shows: on one line, or two if there is little room.
fn caption(statistics: &Statistics, columns: usize) -> Vec<String> {
    let caption = statistics.axis.caption();
    if width_of(&caption) <= columns {
        return vec![format!("{:MARGIN$}{caption}", "")];
    }
    caption.split_inclusive("– ").map(|part| part.trim_end().to_owned()).collect()
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
        let labels = keys.iter().flat_map(KeyStatistics::shown).map(|value| value.label(most));
        let label = labels.map(|text| width_of(&text)).max().unwrap_or(0).max(8);
        Self { label, bar: width.saturating_sub(fixed + label), count }
    }

    /// The name of a key, and a line for each value.
    fn lines(self, key: &KeyStatistics) -> Vec<String> {
        let mut lines = vec![self.line(&key.name, key.total, "")];
        lines.extend(key.shown().iter().map(|value| {
            let label = pad(&value.label(self.label), self.label);
            let bar = bar(value.count, key.peak(), self.bar);
            self.line(&format!("  {label}  {bar}"), value.count, &percent(value.count, key.whole))
        }));
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
