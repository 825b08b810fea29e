//! Layouts of tables of any content, in any width.

use proptest::prelude::*;

use super::*;

const LETTERS: &[&str] =
    &["a", "Zz", " ", "  ", ",", "日本", "e\u{301}", "\n", "12", "{\"k\":", "😀", "ไท"];

fn text() -> impl Strategy<Value = String> {
    let long = prop::collection::vec(prop::sample::select(LETTERS), 0..120);
    let short = prop::collection::vec(prop::sample::select(LETTERS), 0..6);
    prop_oneof![long, short].prop_map(|parts| parts.concat())
}

fn grid() -> impl Strategy<Value = Grid> {
    (1_usize..7, 0_usize..5).prop_flat_map(|(columns, rows)| {
        let row = prop::collection::vec(text(), columns);
        let heads = prop::collection::vec("[a-z]{1,14}", columns);
        (heads, prop::collection::vec(row, rows)).prop_map(|(heads, rows)| made(&heads, &rows))
    })
}

fn made<T: AsRef<str>>(heads: &[T], rows: &[Vec<T>]) -> Grid {
    let text = |text: &T| text.as_ref().to_owned();
    let side = |index| if index % 2 == 0 { Side::Left } else { Side::Right };
    let head = |(index, name): (usize, &T)| Head {
        name: text(name),
        side: side(index),
        wraps: index % 3 == 2,
    };
    let cell = |found: &T| Content::of(text(found));
    Grid {
        heads: heads.iter().enumerate().map(head).collect(),
        rows: rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
        has_foot: rows.len() % 2 == 1,
        notes: Vec::new(),
    }
}

fn laid_out(grid: &Grid, width: usize, shape: Shape) -> Vec<String> {
    lay_out(grid, Some(width), shape).iter().map(Line::to_string).collect()
}

/// The characters of a text that are no blanks, in order.
fn ink(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What is in the cells of a laid out table, column by column in a frame, and cell by cell in records.
fn read_back(lines: &[String], columns: usize) -> Vec<String> {
    let mut found = vec![String::new(); columns];
    let is_rule = |line: &str| line.starts_with(['┌', '├', '└']);
    for line in lines.iter().filter(|line| !is_rule(line)) {
        for (cell, found) in line.trim_matches('│').split('│').zip(&mut found) {
            found.push_str(&ink(cell));
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_line_is_wider_than_asked(grid in grid(), width in 40_usize..130) {
        for shape in [Shape::Fitting, Shape::Records] {
            for line in laid_out(&grid, width, shape) {
                prop_assert!(super::width(&line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn no_cell_is_lost_without_a_mark(grid in grid(), width in 40_usize..130) {
        let lines = laid_out(&grid, width, Shape::Fitting);
        let is_frame = lines.first().is_some_and(|line| line.starts_with('┌'));
        prop_assume!(is_frame);
        let found = read_back(&lines, grid.heads.len());
        for (index, head) in grid.heads.iter().enumerate() {
            let column = grid.rows.iter().map(|row| ink(&row[index].text)).collect::<String>();
            let whole = format!("{}{column}", head.name);
            prop_assert!(found[index] == whole || found[index].contains(crate::shell::width::CUT), "{lines:#?}");
        }
    }

    #[test]
    fn a_record_has_every_cell(grid in grid(), width in 40_usize..130) {
        let lines = laid_out(&grid, width, Shape::Records);
        let values: String = lines.iter().filter_map(|line| line.split_once('│')).map(|(_, v)| ink(v)).collect();
        let all: String = grid.rows.iter().flatten().map(|cell| ink(&cell.text)).collect();
        prop_assert!(values == all || values.contains(crate::shell::width::CUT), "{lines:#?}");
    }

    #[test]
    fn without_a_width_nothing_is_cut(grid in grid()) {
        let text: String = lay_out(&grid, None, Shape::Fitting).iter().map(Line::to_string).collect();
        prop_assert!(!text.contains(crate::shell::width::CUT));
    }
}

#[test]
fn what_fits_is_a_frame_and_what_would_be_too_narrow_is_records() {
    let long = "words that go on and on for much longer than anybody would like to read them";
    let grid = made(&["key", "n", "text"], &[vec!["banner", "5", long], vec!["x", "12", "short"]]);
    let frame = "\
┌────────┬────┬────────────────────────┐
│ key    │  n │ text                   │
├────────┼────┼────────────────────────┤
│ banner │  5 │ words that go on and   │
│        │    │ on for much longer     │
│        │    │ than anybody would     │
│        │    │ like to read them      │
│ x      │ 12 │ short                  │
└────────┴────┴────────────────────────┘";
    assert_eq!(laid_out(&grid, 40, Shape::Fitting).join("\n"), frame);
    let records = "\
─ 1 ─┬──────────────────────────────────
key  │ banner
n    │ 5
text │ words that go on and on for much
     │ longer than anybody would like to
     │ read them
─ 2 ─┬──────────────────────────────────
key  │ x
n    │ 12
text │ short";
    assert_eq!(laid_out(&grid, 40, Shape::Records).join("\n"), records);
    let narrow = made(&["key", "n", "text"], &[vec!["a_very_long_key", "5000", long]]);
    assert!(laid_out(&narrow, 37, Shape::Fitting)[0].starts_with("─ 1 "));
    let empty = made::<&str>(&["a_very_long_key", "another_very_long_key"], &[]);
    let columns = ["columns: a_very_long_key,", "another_very_long_key"];
    assert_eq!(laid_out(&empty, 25, Shape::Fitting), columns);
    assert!(laid_out(&narrow, 42, Shape::Fitting)[0].starts_with('┌'));
}
