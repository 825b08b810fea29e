//! Records: each row is a block, each column a line or more of it.

use super::wrap::wrapped;
use super::{Content, Grid, Head, Line, left};
use crate::shell::width::{fit, width as width_of};

/// How many lines a cell has at the most.
const MOST_LINES: usize = 50;

/// The narrowest that there is room for.
const NARROWEST: usize = 12;

/// What stands between names and values.
const BETWEEN: &str = " │ ";

/// The widest rule, where there is no width to keep to.
const WIDEST_RULE: usize = 80;

/// The lines of a table as records.
pub(super) fn lines(grid: &Grid, width: Option<usize>) -> Vec<Line> {
    if grid.rows.is_empty() {
        return columns(grid, width);
    }
    more(&grid.heads, 1, &grid.rows, width)
}

/// The records of rows, of which the first has a number.
pub(super) fn more(
    heads: &[Head],
    first: u64,
    rows: &[Vec<Content>],
    width: Option<usize>,
) -> Vec<Line> {
    let longest = heads.iter().map(|head| width_of(&head.name)).max().unwrap_or(0);
    let names = width.map_or(longest, |width| longest.min(width / 2));
    let room = width.map(|width| width.saturating_sub(names + BETWEEN.chars().count()));
    let values = room.map_or(usize::MAX, |room| room.max(NARROWEST));
    let whole = width.unwrap_or(WIDEST_RULE);
    let mut lines = Vec::new();
    for (number, row) in (first..).zip(rows) {
        lines.push(rule(number, names, whole));
        let told = heads.iter().zip(row).filter(|(_, cell)| !cell.is_blank);
        for (head, cell) in told {
            let name = fit(&head.name, names);
            for (index, part) in wrapped(&cell.text, values, MOST_LINES).iter().enumerate() {
                let name = if index == 0 { name.as_str() } else { "" };
                let between = if part.is_empty() { BETWEEN.trim_end() } else { BETWEEN };
                lines.push(left(name, names).with(between, false).with(part, cell.is_faint));
            }
        }
    }
    lines
}

/// The columns of a table without rows.
fn columns(grid: &Grid, width: Option<usize>) -> Vec<Line> {
    let names: Vec<_> = grid.heads.iter().map(|head| head.name.as_str()).collect();
    let text = format!("columns: {}", names.join(", "));
    wrapped(&text, width.unwrap_or(usize::MAX), usize::MAX).into_iter().map(Line::of).collect()
}

/// The rule above a record, with its number.
fn rule(number: u64, names: usize, whole: usize) -> Line {
    let head = format!("─ {number} ");
    let dashes = |count: usize| "─".repeat(count);
    let before = dashes((names + 1).saturating_sub(width_of(&head)));
    let cross = if before.is_empty() { "─" } else { "┬" };
    let after = whole.saturating_sub(width_of(&head) + width_of(&before) + 1);
    Line::of(format!("{head}{before}{cross}{}", dashes(after)))
}
