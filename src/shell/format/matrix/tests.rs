//! Matrices of any content, in any width.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::shell::width::{CUT, width as width_of};

const TEXTS: &[&str] =
    &["", "a", "list", "·", "日本語のテキスト", "two words", "NULL", "e\u{301}", "a, b / c"];

/// A value as a statement writes it.
fn literal() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(TEXTS), 0..20);
    let text = prop_oneof![
        prop::sample::select(TEXTS).prop_map(str::to_owned),
        words.prop_map(|words| words.join(" "))
    ];
    prop_oneof![
        text.prop_map(|text| format!("'{text}'")),
        Just("{\"primary\": \"#336699\", \"font\": {\"size\": 14}}".to_owned()),
        Just("12.5".to_owned()),
    ]
}

/// A cell as a statement writes it; none if it is blank.
fn cell() -> impl Strategy<Value = Option<String>> {
    let split = (literal(), literal(), any::<bool>()).prop_map(|(a, b, is_named)| {
        let name = if is_named { "new: " } else { "" };
        format!("SPLIT ({name}12.5% {a}, 87.5% {b})")
    });
    prop_oneof![3 => Just(None), 3 => literal().prop_map(Some), 1 => split.prop_map(Some)]
}

/// What `DESCRIBE CONFIG` gives of some config.
fn described() -> impl Strategy<Value = Rows> {
    (0_usize..7, 1_usize..7).prop_flat_map(|(segments, keys)| {
        let cells = prop::collection::vec(prop::collection::vec(cell(), segments + 1), keys);
        (prop::collection::vec(any::<bool>(), segments), cells)
            .prop_map(|(rollouts, cells)| rows(&rollouts, &cells))
    })
}

fn rows(rollouts: &[bool], cells: &[Vec<Option<String>>]) -> Rows {
    let mut script = String::new();
    let names: Vec<_> =
        (0..rollouts.len()).map(|n| format!("\"{} {n}\"", "色 long".repeat(n + 1))).collect();
    for (name, number) in names.iter().zip(0..) {
        let _ = write!(script, "CREATE SEGMENT {name} WHERE n = {number}; ");
    }
    for (key, number) in cells.iter().zip(0..) {
        let default = key.iter().flatten().find(|cell| !cell.starts_with("SPLIT"));
        let default = default.map_or("NULL", String::as_str);
        let _ = write!(script, "CREATE KEY some.key_{number} JSON DEFAULT {default}; ");
    }
    let with_share = |(name, share): (&String, &bool)| {
        if *share { format!("{name} 12.5% SALT 'x'") } else { name.clone() }
    };
    let segments: Vec<_> =
        names.iter().zip(rollouts).map(with_share).chain(["EVERYONE".to_owned()]).collect();
    let _ = write!(script, "CREATE CONFIG c SEGMENTS {} ", segments.join(", "));
    let names: Vec<_> = names.iter().map(String::as_str).chain(["EVERYONE"]).collect();
    let keys = cells.iter().zip(0..).map(|(key, number)| {
        let given = names
            .iter()
            .zip(key)
            .filter_map(|(name, cell)| Some(format!("{name} = {}", cell.as_ref()?)));
        let given: Vec<_> = given.collect();
        let values = if given.is_empty() {
            String::new()
        } else {
            format!(" VALUES ({})", given.join(", "))
        };
        format!("KEY some.key_{number}{values}")
    });
    let _ = write!(script, "{}; DESCRIBE CONFIG c;", keys.collect::<Vec<_>>().join(", "));
    let outcomes = pcq::Database::in_memory().unwrap().execute(&script).unwrap();
    outcomes.last().unwrap().rows().unwrap().clone()
}

fn sheet(width: Option<u16>) -> Sheet {
    Sheet { width, ..Sheet::default() }
}

/// Calls a function with the tables that the matrix of rows may be.
fn with_tables<T>(rows: &Rows, ask: impl FnOnce(&Tables<'_>) -> T) -> T {
    let matrix = rows.value(rows.len() - 2, "value").unwrap();
    let segments: Vec<_> = items(member(matrix, "segments")).iter().map(Row::of).collect();
    let keys: Vec<_> = items(member(matrix, "keys")).iter().map(Key::of).collect();
    ask(&Tables { rows: &segments, keys: &keys, notes: Vec::new(), medium: Medium::Screen })
}

/// The texts of a table, from the cells of some columns.
fn texts(grid: &Grid, columns: impl Fn(usize) -> std::ops::Range<usize>) -> Vec<Vec<String>> {
    let cells =
        |row: &Vec<Content>| row[columns(row.len())].iter().map(|cell| cell.text.clone()).collect();
    grid.rows.iter().map(cells).collect()
}

/// The characters of a text that are no blanks, in order.
fn ink(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_matrix_is_never_wider_than_asked(rows in described(), width in 40_u16..160) {
        for shape in [Shape::Fitting, Shape::Records] {
            for line in lines(&rows, &sheet(Some(width)), shape).unwrap() {
                prop_assert!(width_of(&line.to_string()) <= width.into(), "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_matrix_that_is_turned_has_the_same_cells(rows in described()) {
        with_tables(&rows, |tables| {
            let (upright, turned) = (tables.upright(), tables.turned());
            let first = upright.heads.len() - tables.keys.len();
            let upright = texts(&upright, |len| first..len);
            let turned = texts(&turned, |len| 1..len);
            for (row, cells) in upright.iter().enumerate() {
                for (column, cell) in cells.iter().enumerate() {
                    assert_eq!(cell, &turned[column][row]);
                }
            }
            assert_eq!(turned.concat().len(), upright.concat().len());
        });
    }

    #[test]
    fn no_cell_of_a_matrix_is_lost_without_a_mark(rows in described(), width in 40_u16..160) {
        let shown: Vec<_> = lines(&rows, &sheet(Some(width)), Shape::Fitting).unwrap().iter().map(Line::to_string).collect();
        let all = shown.join("\n");
        let is_cut = all.contains(CUT);
        let blanks_are_left_out = all.contains("blank cells are left out");
        let in_frame = shown.iter().any(|line| line.starts_with('┌'));
        let letters: String = shown.iter().flat_map(|line| line.chars()).filter(|c| !c.is_whitespace() && !"│─┌┐└┘├┤┬┴┼".contains(*c)).collect();
        with_tables(&rows, |tables| {
            for cell in tables.upright().rows.iter().flatten() {
                let is_left_out = cell.is_blank && blanks_are_left_out && !in_frame;
                let is_short = width_of(&cell.text) <= 8;
                assert!(is_cut || is_left_out || !is_short || letters.contains(&ink(&cell.text)), "{}\n{all}", cell.text);
                assert!(cell.is_blank || in_frame || is_cut || letters.contains(&ink(&cell.text)), "{}\n{all}", cell.text);
            }
        });
    }
}

#[test]
fn without_a_width_nothing_is_cut() {
    let long = format!("'{}'", "word ".repeat(100).trim());
    let rows = rows(&[true, false], &[vec![Some(long.clone()), None, Some("'x'".into())]]);
    let shown: Vec<_> =
        lines(&rows, &sheet(None), Shape::Fitting).unwrap().iter().map(Line::to_string).collect();
    assert!(shown.iter().any(|line| line.contains(&long.replace('\'', "\""))), "{shown:#?}");
    assert!(!shown.join("").contains(CUT));
}

#[test]
fn a_split_names_its_arms_where_they_are_not_their_values() {
    let cell = |split: &str| {
        let rows = rows(&[], &[vec![Some(split.to_owned())]]);
        with_tables(&rows, |tables| tables.cell(&tables.keys[0], 0).text)
    };
    assert_eq!(cell("SPLIT (50% 1, 50% 2)"), "50 1 / 50 2");
    assert_eq!(cell("SPLIT (a: 12.5% 1, b: 87.5% 2) BY team"), "a: 12.5 1 / b: 87.5 2 by team");
    assert_eq!(cell("SPLIT (a: 40% 1, b: 50% 2, a: 10% 1)"), "a: 50 1 / b: 50 2");
    assert_eq!(cell("SPLIT (\"1\": 50% 1, b: 50% 2)"), "1: 50 1 / b: 50 2");
}
