//! Frames: a row is as high as its highest cell.

use super::wrap::wrapped;
use super::{Content, Grid, Head, Line};
use crate::shell::width::fit;

/// How many lines a cell may have in a table of many rows.
const MOST_LINES: usize = 10;

/// How many lines a table of few rows may have, if all cells are as high as they may be.
const HIGHEST: usize = 200;

/// The lines of a table in a frame. `is_cut`: whether a cell that is too high is cut off.
pub(super) fn lines(grid: &Grid, widths: &[usize], is_cut: bool) -> Vec<Line> {
    let room = (HIGHEST / grid.rows.len().max(1)).max(MOST_LINES);
    let most = if is_cut { room } else { usize::MAX };
    let mut lines = top(&grid.heads, widths);
    for (index, cells) in grid.rows.iter().enumerate() {
        if grid.has_foot && index > 0 && index + 1 == grid.rows.len() {
            lines.push(rule(widths, ['├', '┼', '┤']));
        }
        let parts = |(cell, width): (&Content, &usize)| wrapped(&cell.text, *width, most);
        let texts: Vec<_> = cells.iter().zip(widths).map(parts).collect();
        lines.extend(row(&grid.heads, widths, &texts, cells));
    }
    lines.push(bottom(widths));
    lines
}

/// The lines above the rows.
pub(super) fn top(heads: &[Head], widths: &[usize]) -> Vec<Line> {
    let names = heads.iter().zip(widths);
    let names: Vec<_> = names.map(|(head, width)| named(head, *width)).collect();
    let mut lines = vec![rule(widths, ['┌', '┬', '┐'])];
    lines.extend(row(heads, widths, &names, &vec![Content::of(""); names.len()]));
    lines.push(rule(widths, ['├', '┼', '┤']));
    lines
}

/// The lines of rows of a table whose widths were found before they came. Where nothing is wrapped, a cell that is wider than its
/// column moves those behind it.
pub(super) fn more(
    heads: &[Head],
    widths: &[usize],
    rows: &[Vec<Content>],
    is_cut: bool,
) -> Vec<Line> {
    let parts = |(cell, width): (&Content, &usize)| {
        if is_cut {
            wrapped(&cell.text, *width, MOST_LINES)
        } else {
            cell.text.split('\n').map(str::to_owned).collect()
        }
    };
    let lines = rows.iter().flat_map(|cells| {
        let texts: Vec<_> = cells.iter().zip(widths).map(parts).collect();
        row(heads, widths, &texts, cells)
    });
    lines.collect()
}

/// The line below the rows.
pub(super) fn bottom(widths: &[usize]) -> Line {
    rule(widths, ['└', '┴', '┘'])
}

/// The lines of the name of a column.
fn named(head: &Head, width: usize) -> Vec<String> {
    if head.wraps { wrapped(&head.name, width, MOST_LINES) } else { vec![fit(&head.name, width)] }
}

fn rule(widths: &[usize], [left, middle, right]: [char; 3]) -> Line {
    let parts: Vec<_> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
    Line::of(format!("{left}{}{right}", parts.join(&middle.to_string())))
}

/// The lines of a row, whose cells have these texts.
fn row(heads: &[Head], widths: &[usize], texts: &[Vec<String>], cells: &[Content]) -> Vec<Line> {
    let height = texts.iter().map(Vec::len).max().unwrap_or(0);
    let line = |index| {
        let mut line = Line::of("│");
        for (((text, head), width), cell) in texts.iter().zip(heads).zip(widths).zip(cells) {
            let text = text.get(index).map_or("", String::as_str);
            let cell = line.with(" ", false).with_cell(text, cell.is_faint, head.side, *width);
            line = cell.with(" │", false);
        }
        line
    };
    (0..height).map(line).collect()
}
