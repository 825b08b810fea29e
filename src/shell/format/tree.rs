//! The tree that `EXPLAIN` tells, for a terminal: lines by depth, and a tick, a cross or a question mark for each verdict.

use std::collections::BTreeSet;

use super::super::layout::{Line, Shape, hung};
use super::super::text::{Cell, Medium};
use super::Sheet;
use pcq::{ColumnKind, Rows, Value};

/// What stands before a step for each level above it.
const GOES_ON: &str = "│  ";
const ENDS: &str = "   ";
const FORK: &str = "├─ ";
const CORNER: &str = "└─ ";
const STEP: usize = 3;

/// The lines of a tree for a terminal; `None` of rows that are none, and elsewhere.
pub(super) fn lines(rows: &Rows, sheet: &Sheet, shape: Shape) -> Option<Vec<Line>> {
    let width = width(rows, sheet, shape)?;
    let nodes = once((0..rows.len()).filter_map(|row| Node::of(rows, row)).collect());
    let lines = nodes.iter().zip(branches(&nodes)).flat_map(|(node, more)| {
        let (first, others) = prefixes(node, &more, width);
        hung(&first, &others, &node.text, width)
    });
    Some(lines.collect())
}

/// The width of a tree for a terminal; `None` of rows that are none, and elsewhere.
pub(super) fn width(rows: &Rows, sheet: &Sheet, shape: Shape) -> Option<usize> {
    let is_tree = rows.columns().get(1).is_some_and(|column| column.kind() == ColumnKind::Depth);
    let is_drawn = is_tree && shape == Shape::Fitting && !rows.is_empty();
    sheet.width.filter(|_| is_drawn).map(usize::from)
}

/// Step of an explanation.
struct Node {
    depth: usize,
    /// Whether it has a verdict.
    is_judged: bool,
    text: String,
}

impl Node {
    fn of(rows: &Rows, row: usize) -> Option<Self> {
        let cells: Vec<_> = Cell::row(rows, row).collect();
        let [key, depth, step, verdict, why] = cells.as_slice() else { return None };
        let depth = usize::try_from(depth.value.as_integer()?).ok()?;
        let line = |cell: &Cell<'_>| cell.line(Medium::Screen);
        let mut text = match verdict.value.as_str() {
            Some("wins" | "TRUE") => "✓ ".to_owned(),
            Some("passed over" | "FALSE") => "✗ ".to_owned(),
            Some(_) => "? ".to_owned(),
            None => String::new(),
        };
        let between = if depth == 0 { " = " } else { " – " };
        text += &line(if depth == 0 { key } else { step });
        if *why.value != Value::Null {
            text = text + between + &line(why);
        }
        Some(Self { depth, is_judged: *verdict.value != Value::Null, text })
    }
}

/// The nodes without those that say again, right below another key, what was said of the config there.
fn once(nodes: Vec<Node>) -> Vec<Node> {
    let mut said = BTreeSet::new();
    let mut is_below_key = false;
    let mut is_new = |node: &Node| {
        let is_of_config = is_below_key && node.depth == 1 && !node.is_judged;
        is_below_key = node.depth == 0;
        !is_of_config || said.insert(node.text.clone())
    };
    nodes.into_iter().filter(|node| is_new(node)).collect()
}

/// Of each node: on which levels, from 1 to its own, another one follows below the same parent.
fn branches(nodes: &[Node]) -> Vec<Vec<bool>> {
    let mut follows: Vec<bool> = Vec::new();
    let more = nodes.iter().rev().map(|node| {
        // what is deeper is below another node
        follows.resize(node.depth + 1, false);
        let more = follows.get(1..).unwrap_or_default().to_vec();
        if let Some(own) = follows.get_mut(node.depth) {
            *own = true;
        }
        more
    });
    let mut more: Vec<_> = more.collect();
    more.reverse();
    more
}

/// What stands before the first line of a node, and before its others. Levels that would take more than half of the width are not
/// drawn.
fn prefixes(node: &Node, more: &[bool], width: usize) -> (String, String) {
    let most = (width / 2 / STEP).max(1);
    let hidden = node.depth.saturating_sub(most);
    let shown = more.get(hidden..).unwrap_or_default();
    let Some((own, above)) = shown.split_last() else { return (String::new(), String::new()) };
    let above: String = above.iter().map(|more| if *more { GOES_ON } else { ENDS }).collect();
    let mark = if hidden > 0 { "…" } else { "" };
    let (fork, below) = if *own { (FORK, GOES_ON) } else { (CORNER, ENDS) };
    let blank = " ".repeat(mark.chars().count());
    (format!("{mark}{above}{fork}"), format!("{blank}{above}{below}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::width::width as width_of;

    fn drawn(depths: &[usize], width: u16) -> Vec<String> {
        let column = |name, kind| pcq::Column::new(name, kind);
        let text = ColumnKind::Text;
        let columns = vec![
            column("key", text),
            column("depth", ColumnKind::Depth),
            column("step", text),
            column("verdict", text),
            column("why", text),
        ];
        let row = |depth: &usize| {
            let depth = Value::Integer(i64::try_from(*depth).unwrap());
            vec!["k".into(), depth, "a step".into(), "TRUE".into(), "so it is".into()]
        };
        let rows = Rows::new(columns, depths.iter().map(row).collect());
        let sheet = Sheet { width: Some(width), ..Sheet::default() };
        lines(&rows, &sheet, Shape::Fitting).unwrap().iter().map(Line::to_string).collect()
    }

    #[test]
    fn lines_join_the_steps_of_a_parent() {
        let expected = [
            "✓ k = so it is",
            "├─ ✓ a step – so it is",
            "│  ├─ ✓ a step – so it is",
            "│  └─ ✓ a step – so it is",
            "│     └─ ✓ a step – so it is",
            "└─ ✓ a step – so it is",
            "✓ k = so it is",
            "└─ ✓ a step – so it is",
        ];
        assert_eq!(drawn(&[0, 1, 2, 2, 3, 1, 0, 1], 80), expected);
    }

    #[test]
    fn what_was_said_of_a_config_is_not_said_again() {
        let node = |depth, text: &str, is_judged| Node { depth, is_judged, text: text.to_owned() };
        let one = |key: &str, of: &str| {
            [node(0, key, false), node(1, of, false), node(1, "row 1", true), node(1, of, false)]
        };
        let nodes = [one("a", "config c"), one("b", "config c"), one("c", "config d")];
        let texts: Vec<_> =
            once(nodes.into_iter().flatten().collect()).into_iter().map(|node| node.text).collect();
        let expected = "a|config c|row 1|config c|b|row 1|config c|c|config d|row 1|config d";
        assert_eq!(texts.join("|"), expected);
    }

    #[test]
    fn a_tree_is_never_wider_than_asked() {
        let deep: Vec<_> = (0..200).collect();
        for width in [12, 20, 40, 80] {
            let lines = drawn(&deep, width);
            assert_eq!(lines.iter().find(|line| width_of(line) > width.into()), None);
            assert!(lines.iter().filter(|line| line.contains('✓')).count() == 200, "{lines:#?}");
        }
        let wrapped = drawn(&[0, 1, 1], 16);
        assert_eq!(
            wrapped,
            ["✓ k = so it is", "├─ ✓ a step – so", "│  it is", "└─ ✓ a step – so", "   it is"]
        );
    }
}
