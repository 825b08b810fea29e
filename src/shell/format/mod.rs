//! How tables are written, one format a file.

mod csv;
mod json;
mod jsonl;
mod line;
mod markdown;
mod matrix;
mod parts;
mod table;
mod tree;

use std::borrow::Cow;
use std::io::{self, Write};

use clap::ValueEnum;

use super::chart;
use super::layout::Shape;
use super::text::NULL;
pub(super) use super::zone::Zone;
pub(super) use csv::Formulas;
pub(super) use parts::{HELD, Parts, WRITTEN, Written};
use pcq::Rows;

/// The width of a chart where there is no terminal to fit it to.
const CHART_WIDTH: u16 = 80;

/// What a table is written for.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    /// The width of the terminal, if it is for one: tables for people are fitted to it.
    pub(super) width: Option<u16>,
    /// What people are shown for a value that there is not.
    pub(super) null: String,
    /// The zone in which people are shown times; UTC if none is said.
    pub(super) zone: Option<Zone>,
    pub(super) formulas: Formulas,
}

impl Sheet {
    /// A time as people are shown it.
    fn local<'t>(&self, time: Cow<'t, str>) -> Cow<'t, str> {
        let local = self.zone.as_ref().and_then(|zone| zone.shown(&time));
        local.map_or(time, Cow::Owned)
    }
}

impl Default for Sheet {
    fn default() -> Self {
        let (width, zone, formulas) = (None, None, Formulas::default());
        Self { width, null: NULL.to_owned(), zone, formulas }
    }
}

/// Part of a table: which end of it the rows have.
#[derive(Clone, Copy, Debug)]
struct Part {
    is_first: bool,
    is_last: bool,
}

impl Part {
    /// All of a table.
    const WHOLE: Self = Self { is_first: true, is_last: true };
}

/// A format of tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table for people; on a terminal, statistics of a config as a chart
    #[default]
    Auto,
    /// A table for people
    Table,
    /// Statistics of a config as a chart, and anything else as a table
    Chart,
    /// One array of objects on one line for each statement
    Json,
    /// One object on one line for each row
    Jsonl,
    /// Comma-separated values with a header (RFC 4180); --csv-guard for spreadsheets
    Csv,
    /// A column on each line, for people: `column │ value`
    Record,
    /// One `column = value` on each line, and a blank line between rows
    Line,
    /// A table of Markdown
    Markdown,
}

impl Format {
    /// Writes a table.
    pub(super) fn write(self, rows: &Rows, sheet: &Sheet, to: &mut dyn Write) -> io::Result<()> {
        if self.draws(rows, sheet.width) {
            return chart::write(rows, sheet.width.unwrap_or(CHART_WIDTH).into(), to);
        }
        self.write_part(rows, Part::WHOLE, sheet, to)
    }

    /// Writes a part of a table, which is the whole of one for people.
    fn write_part(
        self,
        rows: &Rows,
        part: Part,
        sheet: &Sheet,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        match self {
            Self::Auto | Self::Table | Self::Chart | Self::Record => {
                table::write(rows, sheet, self.shape(), to)
            }
            Self::Json => json::write(rows, part, to),
            Self::Jsonl => jsonl::write(rows, to),
            Self::Csv => csv::write(rows, part, sheet.formulas, to),
            Self::Line => line::write(rows, part, &sheet.null, to),
            Self::Markdown => markdown::write(rows, part, to),
        }
    }

    /// Whether the rows are shown as such, and not as a drawing that has other lines.
    pub(super) fn lists(self, rows: &Rows, sheet: &Sheet) -> bool {
        let is_drawn = self.is_for_people() && table::is_drawn(rows, sheet, self.shape());
        !is_drawn && !self.draws(rows, sheet.width)
    }

    fn shape(self) -> Shape {
        if self == Self::Record { Shape::Records } else { Shape::Fitting }
    }

    /// The table for a terminal that shows more than characters do, if it is one.
    pub(super) fn dimmed(self, rows: &Rows, sheet: &Sheet) -> Option<String> {
        let is_table = self.is_for_people() && !self.draws(rows, sheet.width);
        is_table.then(|| table::dimmed(rows, sheet, self.shape()))
    }

    /// Whether a chart is drawn instead of a table, in a width if there is a terminal.
    pub(super) fn draws(self, rows: &Rows, width: Option<u16>) -> bool {
        let wants_chart = self == Self::Chart || self == Self::Auto && width.is_some();
        wants_chart && chart::are_statistics(rows)
    }

    /// Whether it is for people, who may be told more than the rows.
    pub(super) fn is_for_people(self) -> bool {
        matches!(self, Self::Auto | Self::Table | Self::Chart | Self::Record)
    }

    /// Whether anything is written for a table: one without rows may show no more than its columns.
    pub(super) fn shows(self, rows: &Rows) -> bool {
        !rows.is_empty() || !matches!(self, Self::Jsonl | Self::Line | Self::Record)
    }

    /// Whether two tables in a row would run into each other.
    pub(super) fn wants_blank_line_between_tables(self) -> bool {
        matches!(self, Self::Line | Self::Markdown)
    }
}

#[cfg(test)]
mod tests {
    use pcq::{Column, ColumnKind, Value};

    use super::*;

    /// A table with everything that a format can get wrong.
    fn sample() -> Rows {
        let object = Value::from_json(r#"{"a|b":[1,"x,\"y\""]}"#).unwrap();
        let rows = vec![
            vec!["one".into(), Value::Integer(5), object],
            vec!["a|b,\"c\"\n\u{1b}".into(), Value::Double(12.5), Value::Null],
            vec!["".into(), Value::Null, "日本".into()],
        ];
        table(&["key", "n", "value"], rows)
    }

    fn table(columns: &[&'static str], rows: Vec<Vec<Value>>) -> Rows {
        let column = |name: &&'static str| Column::new(*name, ColumnKind::Value);
        Rows::new(columns.iter().map(column).collect::<Vec<_>>(), rows)
    }

    fn written(format: Format, rows: &Rows, width: Option<u16>) -> String {
        let mut bytes = Vec::new();
        let sheet = Sheet { width, ..Sheet::default() };
        format.write(rows, &sheet, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_is_one_array_with_real_values() {
        let expected = r#"[{"key":"one","n":5,"value":{"a|b":[1,"x,\"y\""]}},{"key":"a|b,\"c\"\n\u001b","n":12.5,"value":null},{"key":"","n":null,"value":"日本"}]
"#;
        assert_eq!(written(Format::Json, &sample(), None), expected);
        assert_eq!(written(Format::Json, &table(&["a"], vec![]), None), "[]\n");
    }

    #[test]
    fn jsonl_is_an_object_a_row() {
        let expected = r#"{"key":"one","n":5,"value":{"a|b":[1,"x,\"y\""]}}
{"key":"a|b,\"c\"\n\u001b","n":12.5,"value":null}
{"key":"","n":null,"value":"日本"}
"#;
        assert_eq!(written(Format::Jsonl, &sample(), None), expected);
        assert_eq!(written(Format::Jsonl, &table(&["a"], vec![]), None), "");
    }

    #[test]
    fn csv_quotes_what_must_be_and_tells_null_from_no_text() {
        let expected = "key,n,value\r\none,5,\"{\"\"a|b\"\":[1,\"\"x,\\\"\"y\\\"\"\"\"]}\"\r\n\"a|b,\"\"c\"\"\n\u{1b}\",12.5,\r\n\"\",,日本\r\n";
        assert_eq!(written(Format::Csv, &sample(), None), expected);
        assert_eq!(written(Format::Csv, &table(&["a", "b"], vec![]), None), "a,b\r\n");
    }

    #[test]
    fn lines_name_each_column() {
        let expected = "key = one\nn = 5\nvalue = {\"a|b\":[1,\"x,\\\"y\\\"\"]}\n\nkey = a|b,\"c\"\\n\\u{1b}\nn = 12.5\nvalue = NULL\n\nkey = ''\nn = NULL\nvalue = 日本\n";
        assert_eq!(written(Format::Line, &sample(), None), expected);
    }

    #[test]
    fn markdown_escapes_pipes() {
        let expected = "| key | n | value |\n| --- | ---: | --- |\n| one | 5 | {\"a\\|b\":\\[1,\"x,\\\\\"y\\\\\"\"\\]} |\n| a\\|b,\"c\"<br>\\\\u{1b} | 12.5 | NULL |\n| '' | NULL | 日本 |\n";
        assert_eq!(written(Format::Markdown, &sample(), None), expected);
    }

    #[test]
    fn a_table_aligns_wide_text_and_numbers() {
        let expected = "\
┌─────────┬──────┬───────────────────────┐
│ key     │    n │ value                 │
├─────────┼──────┼───────────────────────┤
│ one     │    5 │ {\"a|b\":[1,\"x,\\\"y\\\"\"]} │
│ a|b,\"c\" │ 12.5 │ NULL                  │
│ \\u{1b}  │      │                       │
│ ''      │ NULL │ 日本                  │
└─────────┴──────┴───────────────────────┘
";
        let text = written(Format::Table, &sample(), None);
        assert_eq!(text, expected, "\n{text}");
    }

    #[test]
    fn statistics_are_charts_for_people_at_a_terminal() {
        let rows = Rows::new(pcq::STATS_COLUMNS, vec![]);
        let is_chart = |format, width| written(format, &rows, width).starts_with("no deliveries");
        assert!(is_chart(Format::Auto, Some(80)) && !is_chart(Format::Auto, None));
        assert!(is_chart(Format::Chart, Some(80)) && is_chart(Format::Chart, None));
        assert!(!is_chart(Format::Table, Some(80)) && !is_chart(Format::Csv, Some(80)));
        let table = written(Format::Table, &sample(), None);
        assert_eq!(written(Format::Auto, &sample(), None), table);
        assert_eq!(written(Format::Chart, &sample(), None), table);
    }

    #[test]
    fn null_is_dim_on_a_terminal() {
        let sheet = Sheet { width: Some(80), ..Sheet::default() };
        let table = Format::Auto.dimmed(&sample(), &sheet).unwrap();
        let plain = written(Format::Table, &sample(), Some(80));
        assert_eq!(table.matches("\u{1b}[2mNULL\u{1b}[22m").count(), 2);
        assert_eq!(table.replace("\u{1b}[2m", "").replace("\u{1b}[22m", ""), plain);
        let narrow = super::table::dimmed(
            &sample(),
            &Sheet { width: Some(18), ..Sheet::default() },
            Shape::Fitting,
        );
        assert!(!narrow.contains(['\u{1}', '\u{2}', '\u{3}', '\u{4}']), "{narrow}");
        assert_eq!(Format::Csv.dimmed(&sample(), &sheet), None);
        let rows = Rows::new(pcq::STATS_COLUMNS, vec![]);
        assert!(
            Format::Auto.dimmed(&rows, &sheet).is_none()
                && Format::Table.dimmed(&rows, &sheet).is_some()
        );
    }

    #[test]
    fn people_are_shown_times_in_their_zone() {
        let columns = [Column::new("at", ColumnKind::Time), Column::new("v", ColumnKind::Value)];
        let row = vec!["2026-03-01T09:00:00.5Z".into(), "2026-03-01T09:00:00Z".into()];
        let rows = Rows::new(columns.to_vec(), vec![row, vec![Value::Null, Value::Null]]);
        let zone = Zone::named("Asia/Tokyo");
        let shown = |format: Format, width| {
            let sheet = Sheet { width, zone: zone.clone(), ..Sheet::default() };
            let mut bytes = Vec::new();
            format.write(&rows, &sheet, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let table = shown(Format::Table, Some(80));
        assert!(table.contains(" 2026-03-01T18:00:00+09:00 │ 2026-03-01T09:00:00Z "), "{table}");
        assert!(shown(Format::Record, None).contains("2026-03-01T18:00:00.5+09:00"));
        assert!(shown(Format::Csv, None).contains("2026-03-01T09:00:00.5Z"));
    }

    #[test]
    fn a_table_is_wrapped_to_the_width_of_the_terminal_only() {
        let rows = table(&["value"], vec![vec!["x ".repeat(100).trim_end().into()]]);
        assert_eq!(written(Format::Table, &rows, None).lines().count(), 5);
        let wrapped = written(Format::Table, &rows, Some(40));
        assert!(wrapped.lines().all(|line| line.chars().count() <= 40), "{wrapped}");
        assert!(wrapped.lines().count() > 5, "{wrapped}");
    }
}
