//! Widths of columns: what each needs, or a fair share of what there is.

use super::{Content, Grid, Head};
use crate::shell::width::width as width_of;

/// The narrowest that a column may get which has to give.
const NARROWEST: usize = 12;

/// The widest that a word, a number or a time may be that is never broken.
const WIDEST_WORD: usize = 27;

/// What a frame takes for each column, and once more.
const BESIDE: usize = 3;
const AROUND: usize = 1;

/// The widths of the columns in a frame; `None` if a column would get too narrow to be read.
pub(super) fn widths(grid: &Grid, width: Option<usize>) -> Option<Vec<usize>> {
    let columns = needs(grid, usize::MAX);
    let Some(width) = width else { return Some(columns.iter().map(|c| c.width).collect()) };
    let room = width.checked_sub(BESIDE * columns.len() + AROUND)?;
    let fits = |columns: &[Need]| columns.iter().map(|c| c.width).sum::<usize>() <= room;
    if fits(&columns) {
        return Some(columns.iter().map(|c| c.width).collect());
    }
    let columns = needs(grid, NARROWEST);
    if fits(&columns) {
        return Some(columns.iter().map(|c| c.width).collect());
    }
    let keeps: fn(&Need) -> bool = |column| !column.gives();
    let keeps_most: fn(&Need) -> bool = |column| !column.gives() && !column.is_dotted;
    [keeps, keeps_most].into_iter().find_map(|keeps| shared(&columns, room, keeps))
}

/// The widths of columns of which some keep what they need, and the others share the rest.
fn shared(columns: &[Need], room: usize, keeps: fn(&Need) -> bool) -> Option<Vec<usize>> {
    let kept: usize = columns.iter().filter(|c| keeps(c)).map(|c| c.width).sum();
    let giving: Vec<_> = columns.iter().filter(|c| !keeps(c)).map(|c| c.width).collect();
    let (cap, mut over) = cap(giving, room.checked_sub(kept)?)?;
    let share = |column: &Need| {
        if keeps(column) || column.width <= cap {
            return column.width;
        }
        let one = usize::from(over > 0);
        over -= one;
        cap + one
    };
    (cap >= NARROWEST).then(|| columns.iter().map(share).collect())
}

/// What the columns need. `head`: how wide a name is at the most that may take several lines.
fn needs(grid: &Grid, head: usize) -> Vec<Need> {
    (0..grid.heads.len()).map(|index| Need::of(grid, index, head)).collect()
}

/// What a column needs.
struct Need {
    width: usize,
    /// Whether each cell is a word, which is better not broken.
    is_words: bool,
    /// Whether those words that are long are names with dots, which may be broken there before the table becomes records.
    is_dotted: bool,
}

impl Need {
    fn of(grid: &Grid, index: usize, most: usize) -> Self {
        let head = grid.heads.get(index);
        let name =
            |head: &Head| width_of(&head.name).min(if head.wraps { most } else { usize::MAX });
        let mut need = Self { width: head.map_or(0, name), is_words: true, is_dotted: true };
        for cell in grid.rows.iter().filter_map(|row| row.get(index)) {
            let width = widest(cell);
            need.width = need.width.max(width);
            let is_name =
                cell.text.contains('.') && !cell.text.starts_with(|c: char| c.is_ascii_digit());
            need.is_dotted &= width <= NARROWEST || is_name;
            need.is_words &= width <= WIDEST_WORD && !cell.text.contains([' ', '\n']);
        }
        need.is_dotted &= need.width > NARROWEST;
        need
    }

    fn gives(&self) -> bool {
        !self.is_words && self.width > NARROWEST
    }
}

/// The width of the widest line.
fn widest(cell: &Content) -> usize {
    cell.text.split('\n').map(width_of).max().unwrap_or(0)
}

/// The width up to which columns get what they need so that all have room, and how many columns are left over.
fn cap(mut needs: Vec<usize>, mut room: usize) -> Option<(usize, usize)> {
    needs.sort_unstable();
    let mut left = needs.len();
    for need in needs {
        let share = room / left;
        if need > share {
            return Some((share, room % left));
        }
        room -= need;
        left -= 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_gets_what_it_needs_or_an_equal_share() {
        assert_eq!(cap(vec![10, 90, 20], 100), Some((70, 0)));
        assert_eq!(cap(vec![90, 90, 20], 101), Some((40, 1)));
        assert_eq!(cap(vec![1, 2], 3), None);
        assert_eq!(cap(vec![], 3), None);
    }
}
