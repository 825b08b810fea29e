//! Picture of a chart: an SVG that needs nothing else, no script and no other file.

use std::fmt::Write as _;
use std::io;

use plotters::coord::Shift;
use plotters::coord::combinators::{BindKeyPoints, WithKeyPoints};
use plotters::coord::types::{RangedCoordi64, RangedCoordu64};
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, Color, DrawingArea, DrawingAreaErrorKind,
    IntoDrawingArea, IntoFont, Polygon, RGBColor, Rectangle, SVGBackend, TRANSPARENT, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::NOTHING;
use super::axis::Axis;
use super::label::labels;
use super::number::{Scale, compact, grouped, percent};
use super::statistics::{KeyStatistics, Statistics};
use super::terminal::total;
use crate::shell::text::{Medium, on_one_line};
use crate::shell::width::fit;

/// How many points of time a picture has room for.
pub(in crate::shell) const MOST_POINTS: usize = 200;

const WIDTH: i32 = 960;
const MARGIN: i32 = 28;
const HEAD: i32 = 76;
const TREND: i32 = 280;
const LINE: i32 = 26;
/// Left edge of the columns of the bars.
const BAR: i32 = 420;
const BAR_END: i32 = 760;
const COUNT: i32 = 866;
/// How many characters fit into the columns to the left of the bars, and into a whole line.
const LABEL_CHARS: usize = 54;
const LINE_CHARS: usize = 90;
/// The most characters of a value that its tooltip shows.
const TITLE_CHARS: usize = 2000;

const INK: RGBColor = RGBColor(31, 41, 51);
const MUTED: RGBColor = RGBColor(97, 110, 124);
const GRID: RGBColor = RGBColor(226, 230, 235);
const PAPER: RGBColor = RGBColor(255, 255, 255);
/// The values beyond the colours.
const OTHER: RGBColor = RGBColor(155, 165, 176);
const COLORS: [RGBColor; 8] = [
    RGBColor(78, 145, 224),
    RGBColor(236, 146, 70),
    RGBColor(66, 175, 138),
    RGBColor(221, 99, 126),
    RGBColor(148, 115, 205),
    RGBColor(201, 170, 56),
    RGBColor(60, 175, 192),
    RGBColor(157, 127, 104),
];

/// Colours for readers who prefer a dark page; pictures keep to their light colours elsewhere.
const STYLE: &str = "\
.pcq{max-width:100%;height:auto}\
@media(prefers-color-scheme:dark){\
.pcq [fill=\"#1F2933\"]{fill:#E4E7EB}\
.pcq [fill=\"#616E7C\"]{fill:#9AA5B1}\
.pcq [fill=\"#FFFFFF\"]{fill:#161B22}\
.pcq [stroke=\"#E2E6EB\"]{stroke:#323A45}}";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Minutes, Counts>>;
type Minutes = WithKeyPoints<RangedCoordi64>;
type Counts = WithKeyPoints<RangedCoordu64>;
type Drawn = Result<(), DrawingAreaErrorKind<io::Error>>;

/// Part of the picture with a tooltip.
#[derive(Debug)]
struct Hint {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
    text: String,
}

/// Draws statistics as SVG; without any, a picture that says so.
pub(in crate::shell) fn picture(
    title: &str,
    statistics: Option<&Statistics>,
) -> io::Result<String> {
    let height = statistics.map_or(HEAD, height);
    let mut drawn = String::new();
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    let hints = {
        let root = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        let hints = draw(&root, title, statistics).map_err(io::Error::other)?;
        root.present().map_err(io::Error::other)?;
        hints
    };
    Ok(assembled(title, height, inside(&drawn), &hints))
}

/// Escapes a text for SVG and HTML, and shows what neither may have in it.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in on_one_line(text, Medium::Screen).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(allowed(c)),
        }
    }
    escaped
}

/// XML cannot have two of the characters of Unicode.
fn allowed(c: char) -> char {
    if matches!(c, '\u{fffe}' | '\u{ffff}') { char::REPLACEMENT_CHARACTER } else { c }
}

/// What the crate drew, without its root, which has neither a title nor a style.
fn inside(drawn: &str) -> &str {
    let start = drawn.find(">\n").map_or(0, |at| at + 2);
    let end = drawn.rfind("</svg>").unwrap_or(drawn.len());
    drawn.get(start..end).unwrap_or_default()
}

fn assembled(title: &str, height: i32, inside: &str, hints: &[Hint]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pcq\" role=\"img\" width=\"{WIDTH}\" \
         height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n{inside}",
        escaped(title)
    );
    for Hint { x, y, width, height, text } in hints {
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill-opacity=\"0\">\
             <title>{}</title></rect>",
            escaped(text)
        );
    }
    svg + "</svg>\n"
}

fn height(statistics: &Statistics) -> i32 {
    let more = if statistics.more().is_some() { 2 * LINE } else { 0 };
    let keys: i32 = statistics.shown().iter().map(key_height).sum();
    HEAD + TREND + keys + more + MARGIN
}

/// A blank line, the name, the values, and what is said of the others.
fn key_height(key: &KeyStatistics) -> i32 {
    let lines = 2 + key.shown().len() + usize::from(key.more().is_some());
    LINE.saturating_mul(i32::try_from(lines).unwrap_or(i32::MAX))
}

fn draw(
    root: &Area<'_>,
    title: &str,
    statistics: Option<&Statistics>,
) -> Result<Vec<Hint>, DrawingAreaErrorKind<io::Error>> {
    root.fill(&PAPER)?;
    write(root, title, (MARGIN, 32), Font::Title, HPos::Left)?;
    let Some(statistics) = statistics else {
        write(root, NOTHING, (MARGIN, 56), Font::Muted, HPos::Left)?;
        return Ok(Vec::new());
    };
    let subtitle = format!("{} · {}", total(statistics), statistics.axis.caption());
    write(root, &subtitle, (MARGIN, 56), Font::Muted, HPos::Left)?;
    let area = root.clone().shrink((MARGIN, HEAD), (WIDTH - 2 * MARGIN, TREND));
    let mut hints = trend(&area, statistics)?;
    keys(root, statistics, &mut hints)?;
    Ok(hints)
}

/// Font of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Font {
    Title,
    Key,
    Plain,
    Muted,
}

impl Font {
    fn style(self) -> TextStyle<'static> {
        const CRATE: f64 = 1.24; // by which it divides what it is given
        let (size, color) = match self {
            Self::Title => (20.0, &INK),
            Self::Key => (15.0, &INK),
            Self::Plain => (13.0, &INK),
            Self::Muted => (13.0, &MUTED),
        };
        let font = ("sans-serif", size * CRATE).into_font();
        let bold = matches!(self, Self::Title | Self::Key);
        let font = if bold { font.style(plotters::style::FontStyle::Bold) } else { font };
        TextStyle::from(font).color(color)
    }
}

/// Writes a text on one line, as long as there is room for.
fn write(root: &Area<'_>, text: &str, at: (i32, i32), font: Font, side: HPos) -> Drawn {
    let text: String =
        fit(&on_one_line(text, Medium::Screen), LINE_CHARS).chars().map(allowed).collect();
    root.draw_text(&text, &font.style().pos(Pos::new(side, VPos::Center)), at)
}

/// Draws the counts over time: stacked by value if there is one key, else their sum.
fn trend(
    area: &Area<'_>,
    statistics: &Statistics,
) -> Result<Vec<Hint>, DrawingAreaErrorKind<io::Error>> {
    let mut chart = frame(area, statistics)?;
    for (outline, color) in layers(statistics) {
        chart.draw_series([Polygon::new(outline, color)])?;
    }
    let (x, y) = chart.plotting_area().get_pixel_range();
    Ok(step_hints(statistics, (x.start, x.end), (y.start, y.end)))
}

/// Draws the axes. Their numbers are whole and their marks are given, so that the crate has none to find.
fn frame<'a, 'b>(
    area: &'a Area<'b>,
    statistics: &Statistics,
) -> Result<Chart<'a, 'b>, DrawingAreaErrorKind<io::Error>> {
    let scale = Scale::up_to(statistics.peak());
    let levels = (0..=scale.steps).map(|index| scale.mark(index)).collect();
    let marks = statistics.axis.marks(8);
    let minutes = statistics.axis.minute(0)..statistics.axis.minute(statistics.axis.len);
    let minutes = minutes.with_key_points(marks.iter().map(|mark| mark.0).collect());
    let counts = (0..scale.mark(scale.steps)).with_key_points(levels);
    let mut builder = ChartBuilder::on(area);
    builder.x_label_area_size(34).y_label_area_size(56).margin_top(10).margin_right(32);
    let mut chart = builder.build_cartesian_2d(minutes, counts)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(GRID)
        .set_all_tick_mark_size(4)
        .label_style(Font::Muted.style())
        .x_label_formatter(&|minute| text_at(&marks, *minute))
        .y_label_formatter(&|level| compact(*level))
        .draw()?;
    Ok(chart)
}

fn text_at(marks: &[(i64, String)], minute: i64) -> String {
    let mark = marks.iter().find(|mark| mark.0 == minute);
    mark.map_or_else(String::new, |mark| mark.1.clone())
}

/// Counts over time, as a line or an outline.
type Points = Vec<(i64, u64)>;

/// The outlines of the areas, the lowest last: each hides what is below it of those before.
fn layers(statistics: &Statistics) -> Vec<(Points, RGBColor)> {
    let all = || outline(&statistics.axis, &statistics.trend);
    let [key] = statistics.keys.as_slice() else {
        return vec![(all(), COLORS[0])];
    };
    let mut counts = vec![0_u64; statistics.trend.len()];
    let mut layers = Vec::new();
    for (value, color) in key.values.iter().zip(COLORS) {
        for (step, count) in &value.trend {
            if let Some(below) = counts.get_mut(*step) {
                *below = below.saturating_add(*count);
            }
        }
        layers.push((outline(&statistics.axis, &counts), color));
    }
    if key.values.len() > COLORS.len() {
        layers.push((all(), OTHER));
    }
    layers.reverse();
    layers
}

/// The area below counts.
fn outline(axis: &Axis, counts: &[u64]) -> Points {
    let [start, end] = [0, axis.len].map(|index| (axis.minute(index), 0));
    [start].into_iter().chain(staircase(axis, counts)).chain([end]).collect()
}

/// Counts as a line that is level over each step.
fn staircase(axis: &Axis, counts: &[u64]) -> impl Iterator<Item = (i64, u64)> {
    counts
        .iter()
        .enumerate()
        .flat_map(|(step, count)| [step, step + 1].map(|edge| (axis.minute(edge), *count)))
}

/// Tells the time and the count of each step.
fn step_hints(statistics: &Statistics, x: (i32, i32), y: (i32, i32)) -> Vec<Hint> {
    let steps = i32::try_from(statistics.trend.len()).unwrap_or(i32::MAX).max(1);
    let left = |step: i32| x.0 + (x.1 - x.0) * step / steps;
    let hint = |(step, (index, count)): (i32, (usize, &u64))| Hint {
        x: left(step),
        y: y.0,
        width: left(step + 1) - left(step),
        height: y.1 - y.0,
        text: format!("{}: {}", statistics.axis.time(index), grouped(*count)),
    };
    (0..steps).zip(statistics.trend.iter().enumerate()).map(hint).collect()
}

/// Draws the bars of all keys below the trend.
fn keys(root: &Area<'_>, statistics: &Statistics, hints: &mut Vec<Hint>) -> Drawn {
    let mut y = HEAD + TREND;
    let is_stacked = statistics.keys.len() == 1;
    for key in statistics.shown() {
        bars(root, key, y, is_stacked, hints)?;
        y += key_height(key);
    }
    let more = statistics.more().unwrap_or_default();
    write(root, &more, (MARGIN, y + LINE), Font::Muted, HPos::Left)
}

/// Draws the name of a key, and a bar for each value: in the colours of the trend, if that shows them.
fn bars(
    root: &Area<'_>,
    key: &KeyStatistics,
    top: i32,
    is_stacked: bool,
    hints: &mut Vec<Hint>,
) -> Drawn {
    let mut y = top + LINE + LINE / 2;
    write(root, &key.name, (MARGIN, y), Font::Key, HPos::Left)?;
    write(root, &grouped(key.total), (COUNT, y), Font::Muted, HPos::Right)?;
    for (index, (value, label)) in key.shown().iter().zip(labels(key, LABEL_CHARS)).enumerate() {
        y += LINE;
        let color =
            if is_stacked { COLORS.get(index).copied().unwrap_or(OTHER) } else { COLORS[0] };
        let end = BAR + length_of_bar(value.count, key.peak());
        root.draw(&Rectangle::new([(BAR, y - 8), (end, y + 8)], color.filled()))?;
        write(root, &label, (MARGIN, y), Font::Plain, HPos::Left)?;
        numbers(root, value.count, key.whole, y)?;
        let text = fit(&value.label(usize::MAX), TITLE_CHARS);
        let text = format!("{text}: {}", grouped(value.count));
        hints.push(Hint { x: MARGIN, y: y - 13, width: WIDTH - 2 * MARGIN, height: LINE, text });
    }
    if let Some((text, count)) = key.more() {
        write(root, &text, (MARGIN, y + LINE), Font::Muted, HPos::Left)?;
        numbers(root, count, key.whole, y + LINE)?;
    }
    Ok(())
}

/// Writes a count and its share of a whole.
fn numbers(root: &Area<'_>, count: u64, whole: u64, y: i32) -> Drawn {
    write(root, &grouped(count), (COUNT, y), Font::Plain, HPos::Right)?;
    write(root, &percent(count, whole), (WIDTH - MARGIN, y), Font::Muted, HPos::Right)
}

fn length_of_bar(count: u64, most: u64) -> i32 {
    let length =
        u128::from(count) * u128::from((BAR_END - BAR).unsigned_abs()) / u128::from(most.max(1));
    i32::try_from(length).unwrap_or(BAR_END - BAR).clamp(1, BAR_END - BAR)
}
