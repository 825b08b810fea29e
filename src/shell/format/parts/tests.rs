//! Tables in parts: what programs read is as it would be as a whole, and people lose nothing.

use pcq::{Column, ColumnKind, Value};

use super::*;

fn columns(names: &[&'static str]) -> Vec<Column> {
    names.iter().map(|name| Column::new(*name, ColumnKind::Value)).collect()
}

fn table(columns: &[Column], rows: &[Vec<Value>]) -> Rows {
    Rows::new(columns.to_vec(), rows.to_vec())
}

/// What is written of rows that come in pieces.
fn written(
    format: Format,
    width: Option<u16>,
    columns: &[Column],
    pieces: &[Vec<Vec<Value>>],
) -> String {
    let sheet = Sheet { width, ..Sheet::default() };
    let mut parts = Parts::new(format, sheet, false);
    let (mut text, mut rows) = (String::new(), Vec::new());
    for (index, piece) in pieces.iter().enumerate() {
        rows.extend(piece.iter().cloned());
        loop {
            let is_last = index + 1 == pieces.len();
            let (part, count) = parts.write(&table(columns, &rows), is_last).unwrap();
            text.push_str(&String::from_utf8_lossy(part.bytes()));
            rows.drain(..count);
            if rows.is_empty() || !is_last {
                break;
            }
        }
    }
    text
}

#[test]
fn what_programs_read_is_as_it_would_be_as_a_whole() {
    let columns = columns(&["a", "b"]);
    let row = |n: i64| vec![Value::Integer(n), Value::from(format!("x{n}, \"y\"\n|z|"))];
    let pieces: Vec<Vec<_>> =
        vec![vec![row(1)], vec![row(2), row(3)], vec![], vec![row(4)], vec![]];
    let whole = Rows::new(columns.clone(), pieces.concat());
    for format in [Format::Json, Format::Jsonl, Format::Csv, Format::Line, Format::Markdown] {
        let mut bytes = Vec::new();
        format.write(&whole, &Sheet::default(), &mut bytes).unwrap();
        let expected = String::from_utf8(bytes).unwrap();
        assert_eq!(written(format, None, &columns, &pieces), expected, "{format:?}");
    }
}

#[test]
fn json_that_is_cut_short_does_not_look_whole() {
    let mut parts = Parts::new(Format::Json, Sheet::default(), false);
    let part = |n: i64| table(&columns(&["a"]), &[vec![n.into()]]);
    let mut text = parts.write(&part(1), false).unwrap().0.bytes().to_vec();
    parts.end(false);
    text.extend(parts.write(&part(2), true).unwrap().0.bytes());
    assert_eq!(String::from_utf8(text).unwrap(), "[{\"a\":1},{\"a\":2}");
}

#[test]
fn the_widths_of_a_table_go_by_its_first_rows() {
    let columns = columns(&["key", "n"]);
    let row = |key: &str, n: i64| vec![Value::from(key), Value::Integer(n)];
    let pieces = [vec![row("one", 1), row("two", 22)], vec![row("three and four", 333)]];
    let on_terminal = "\
┌─────┬────┐
│ key │  n │
├─────┼────┤
│ one │  1 │
│ two │ 22 │
│ thr │ 33 │
│ ee  │  3 │
│ and │    │
│ fou │    │
│ r   │    │
└─────┴────┘
";
    assert_eq!(written(Format::Auto, Some(80), &columns, &pieces), on_terminal);
    // in a file nothing is broken
    let in_file = "\
┌─────┬────┐
│ key │  n │
├─────┼────┤
│ one │  1 │
│ two │ 22 │
│ three and four │ 333 │
└─────┴────┘
";
    assert_eq!(written(Format::Table, None, &columns, &pieces), in_file);
}

#[test]
fn a_column_that_was_left_out_begins_a_new_table_when_it_has_a_value() {
    let columns = columns(&["a", "b", "c"]);
    let row = |a: i64, b: Value, c: Value| vec![Value::Integer(a), b, c];
    let null = || Value::Null;
    let pieces = [
        vec![row(1, null(), null())],
        vec![row(2, null(), null()), row(3, "x".into(), null()), row(4, null(), null())],
        vec![row(5, null(), "y".into())],
    ];
    let table = "\
┌───┐
│ a │
├───┤
│ 1 │
│ 2 │
└───┘
NULL in all rows: b, c
┌───┬──────┐
│ a │ b    │
├───┼──────┤
│ 3 │ x    │
│ 4 │ NULL │
└───┴──────┘
NULL in all rows: c
┌───┬──────┬───┐
│ a │ b    │ c │
├───┼──────┼───┤
│ 5 │ NULL │ y │
└───┴──────┴───┘
";
    // rows that are given back come with the next ones
    let mut parts = pieces.to_vec();
    parts.insert(2, Vec::new());
    assert_eq!(written(Format::Auto, Some(80), &columns, &parts), table);
}

#[test]
fn records_are_numbered_on() {
    let row = |n: i64| vec![Value::Integer(n)];
    let pieces = [vec![row(7)], vec![row(8), row(9)]];
    let text = written(Format::Record, Some(20), &columns(&["a"]), &pieces);
    let expected =
        "─ 1 ────────────────\na │ 7\n─ 2 ────────────────\na │ 8\n─ 3 ────────────────\na │ 9\n";
    assert_eq!(text, expected);
}
