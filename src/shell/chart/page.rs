//! Page of a chart: the picture, and tables of all its numbers.

use std::fmt::Write as _;
use std::io;

use super::NOTHING;
use super::number::{grouped, percent};
use super::picture::{escaped, picture};
use super::statistics::{KeyStatistics, Statistics};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
.tables{overflow-x:auto}\
table{border-collapse:collapse;margin:1rem 0 2rem;width:100%}\
caption{text-align:left;font-weight:bold;overflow-wrap:anywhere}\
th,td{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid #8884;\
unicode-bidi:isolate}\
td{overflow-wrap:anywhere}\
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
.long{max-height:9rem;overflow-y:auto}\
@media(prefers-color-scheme:dark){body{background:#161B22;color:#E4E7EB}}";

/// A text of more characters can be scrolled, so that it does not take the whole page.
const LONG: usize = 400;

/// Makes a page of statistics that needs nothing else: no scripts, no fonts, no other files.
pub(in crate::shell) fn page(title: &str, statistics: Option<&Statistics>) -> io::Result<String> {
    let picture = picture(title, statistics)?;
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{picture}<div class=\"tables\">\n",
        escaped(title)
    );
    let tables = statistics.map_or_else(
        || {
            format!(
                "<p>{NOTHING}</p>
"
            )
        },
        tables,
    );
    page.push_str(&tables);
    Ok(page + "</div>\n</body>\n</html>\n")
}

fn tables(statistics: &Statistics) -> String {
    let keys: String = statistics.keys.iter().map(values).collect();
    keys + &times(statistics)
}

/// The table of the values of a key: all of them, in full.
fn values(key: &KeyStatistics) -> String {
    let mut table =
        opened(&key.name, &["value", "segment", "variant", "reason"], &["deliveries", "share"]);
    for value in &key.values {
        let texts = [&value.value, &value.segment, &value.variant, &value.reason];
        row(
            &mut table,
            texts.map(String::as_str),
            [grouped(value.count), percent(value.count, key.whole)],
        );
    }
    table + "</tbody>\n</table>\n"
}

/// The table of the trend.
fn times(statistics: &Statistics) -> String {
    let mut table = opened(&statistics.axis.caption(), &["time"], &["deliveries"]);
    for (step, count) in statistics.trend.iter().enumerate() {
        row(&mut table, [&*statistics.axis.time(step)], [grouped(*count)]);
    }
    table + "</tbody>\n</table>\n"
}

/// The start of a table, with its columns of texts and then of numbers.
fn opened(caption: &str, texts: &[&str], numbers: &[&str]) -> String {
    let mut table = format!("<table>\n<caption>{}</caption>\n<thead><tr>", escaped(caption));
    for name in texts {
        let _ = write!(table, "<th scope=\"col\">{name}</th>");
    }
    for name in numbers {
        let _ = write!(table, "<th scope=\"col\" class=\"n\">{name}</th>");
    }
    table + "</tr></thead>\n<tbody>\n"
}

fn row<const T: usize, const N: usize>(table: &mut String, texts: [&str; T], numbers: [String; N]) {
    table.push_str("<tr>");
    for text in texts {
        let class = if text.chars().nth(LONG).is_some() { " class=\"long\"" } else { "" };
        let _ = write!(table, "<td><div{class}>{}</div></td>", escaped(text));
    }
    for number in numbers {
        let _ = write!(table, "<td class=\"n\">{}</td>", escaped(&number));
    }
    table.push_str("</tr>\n");
}
