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
    let mut lines = vec![rule(widths, ['┌', '┬', '┐'])];
    let names = grid.heads.iter().zip(widths);
    let names: Vec<_> = names.map(|(head, width)| named(head, *width)).collect();
    let plain = vec![false; names.len()];
    lines.extend(row(&grid.heads, widths, &names, &plain));
    lines.push(rule(widths, ['├', '┼', '┤']));
    for (index, cells) in grid.rows.iter().enumerate() {
        if grid.has_foot && index > 0 && index + 1 == grid.rows.len() {
            lines.push(rule(widths, ['├', '┼', '┤']));
        }
        let parts = |(cell, width): (&Content, &usize)| wrapped(&cell.text, *width, most);
        let texts: Vec<_> = cells.iter().zip(widths).map(parts).collect();
        let faint: Vec<_> = cells.iter().map(|cell| cell.is_faint).collect();
        lines.extend(row(&grid.heads, widths, &texts, &faint));
    }
    lines.push(rule(widths, ['└', '┴', '┘']));
    lines
}

/// The lines of the name of a column.
fn named(head: &Head, width: usize) -> Vec<String> {
    if head.wraps { wrapped(&head.name, width, MOST_LINES) } else { vec![fit(&head.name, width)] }
}

fn rule(widths: &[usize], [left, middle, right]: [char; 3]) -> Line {
    let parts: Vec<_> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
    Line::of(format!("{left}{}{right}", parts.join(&middle.to_string())))
}

fn row(heads: &[Head], widths: &[usize], cells: &[Vec<String>], faint: &[bool]) -> Vec<Line> {
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |index| {
        let mut line = Line::of("│");
        for (((cell, head), width), faint) in cells.iter().zip(heads).zip(widths).zip(faint) {
            let text = cell.get(index).map_or("", String::as_str);
            line =
                line.with(" ", false).with_cell(text, *faint, head.side, *width).with(" │", false);
        }
        line
    };
    (0..height).map(line).collect()
}
