//! Drawings of rows that are made by hand.

use super::{Statistics, page, picture, write};
use crate::shell::text::is_unseen;
use pcq::{Context, Database, Rows, STATS_COLUMNS, Timestamp, Value};

/// 2026-03-02T00:00:00Z, in hours since 1970.
const START: i64 = 492_336;

/// What is delivered in an hour: key, segment, variant, value, reason.
type What<'a> = (&'a str, &'a str, &'a str, Value, &'a str);

fn row(per: &str, hour: i64, what: &What<'_>, count: i64) -> Vec<Value> {
    let time = Timestamp::clamped((START + hour) * 3_600_000_000).to_string();
    let (key, segment, variant, value, reason) = what.clone();
    let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    vec![
        time.into(),
        per.into(),
        key.into(),
        Value::Integer(1),
        text(segment),
        text(variant),
        value,
        reason.into(),
        Value::Integer(count),
        Value::Double(0.0),
        Value::Null,
    ]
}

fn rows(rows: Vec<Vec<Value>>) -> Rows {
    Rows::new(STATS_COLUMNS, rows)
}

/// Two days of a key with three origins and of one with two values; nobody is awake at night.
fn sample() -> Rows {
    let (dark, light) = (Value::from("dark"), Value::from("light"));
    let list = Value::from_json(r#"{"columns":2,"items":["news","scores"]}"#).unwrap();
    let mut made = Vec::new();
    for hour in (0..48_i64).filter(|hour| hour % 24 > 5) {
        let busy = 12 - (hour % 24 - 15).abs();
        made.push(row(
            "hour",
            hour,
            &("theme", "testers", "", dark.clone(), "TARGETING_MATCH"),
            busy * 31,
        ));
        made.push(row(
            "hour",
            hour,
            &("theme", "EVERYONE", "bold", dark.clone(), "SPLIT"),
            busy * 9,
        ));
        made.push(row(
            "hour",
            hour,
            &("theme", "", "", light.clone(), "DEFAULT"),
            busy * 17 + hour,
        ));
        made.push(row("hour", hour, &("home.layout", "", "", list.clone(), "DEFAULT"), busy * 3));
        made.push(row(
            "hour",
            hour,
            &("home.layout", "testers", "", Value::Null, "TARGETING_MATCH"),
            1,
        ));
    }
    rows(made)
}

fn of_theme(rows: &Rows) -> Rows {
    let kept = rows.rows().iter().filter(|row| row[2].as_str() == Some("theme"));
    self::rows(kept.cloned().collect())
}

fn drawn(rows: &Rows, width: usize) -> String {
    let mut bytes = Vec::new();
    write(rows, width, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_chart_fits_a_terminal_of_80_columns() {
    let expected = r#"17,190 deliveries

theme                                                             16,344
  dark                                               ███████████  10,800   66.1%
    · testers · TARGETING_MATCH                                    8,370   51.2%
    · EVERYONE (bold) · SPLIT                                      2,430   14.9%
  light · DEFAULT                                    █████▋        5,544   33.9%

home.layout                                                          846
  {"columns":2,"items":["news","scores"]} · DEFAULT  ███████████     810   95.7%
  NULL · testers · TARGETING_MATCH                   ▍                36    4.3%

   800 ┤                                ╭╮
       │       ╭──╮                    ╭╯╰╮
   600 ┤     ╭─╯  ╰─╮                ╭─╯  ╰─╮
       │    ╭╯      ╰╮             ╭─╯      ╰─╮
   400 ┤  ╭─╯        ╰─╮          ╭╯          ╰╮
       │ ╭╯            ╰─╮      ╭─╯            ╰──
   200 ┤─╯               │     ╭╯
       │                 │     │
     0 ┤                 ╰─────╯
        2026-03-02 06:00          2026-03-03 23:00
        (UTC), per hour
"#;
    let text = drawn(&sample(), 80);
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn a_chart_can_be_read_in_60_columns() {
    let expected = r#"17,190 deliveries

theme                                         16,344
  dark                            ██████████  10,800   66.1%
    · testers · TARGETING_MATCH                8,370   51.2%
    · EVERYONE (bold) · SPLIT                  2,430   14.9%
  light · DEFAULT                 █████▏       5,544   33.9%

home.layout                                      846
  {"columns":2,"items… · DEFAULT  ██████████     810   95.7%
  NULL · testers · TARGETING_MA…  ▍               36    4.3%

   800 ┤                                ╭╮
       │       ╭──╮                    ╭╯╰╮
   600 ┤     ╭─╯  ╰─╮                ╭─╯  ╰─╮
       │    ╭╯      ╰╮             ╭─╯      ╰─╮
   400 ┤  ╭─╯        ╰─╮          ╭╯          ╰╮
       │ ╭╯            ╰─╮      ╭─╯            ╰──
   200 ┤─╯               │     ╭╯
       │                 │     │
     0 ┤                 ╰─────╯
        2026-03-02 06:00          2026-03-03 23:00
        (UTC), per hour
"#;
    let text = drawn(&sample(), 60);
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let made = [(sample(), 40), (hostile(), 40), (many(), 40), (huge(), 60)];
    for (rows, narrowest) in &made {
        for width in [*narrowest, 61, 80, 120, 500] {
            let text = drawn(rows, width);
            let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max();
            assert!(widest.unwrap_or(0) <= width, "{width}:\n{text}");
        }
    }
}

#[test]
fn nothing_delivered_is_said() {
    let none = row("hour", 0, &("theme", "", "", Value::Null, "DEFAULT"), 0);
    for empty in [rows(vec![]), rows(vec![none])] {
        assert_eq!(drawn(&empty, 80), "no deliveries were counted\n");
        let statistics = Statistics::of(&empty, 200);
        let svg = picture("deliveries of home", statistics.as_ref()).unwrap();
        assert!(svg.contains("no deliveries were counted"), "{svg}");
        assert_well_formed(&svg);
        let page = page("deliveries of home", statistics.as_ref()).unwrap();
        assert!(page.contains("<p>no deliveries were counted</p>"), "{page}");
    }
}

#[test]
fn what_is_counted_by_the_day_is_not_told_by_the_hour() {
    let what = ("theme", "", "", Value::Null, "DEFAULT");
    let mixed = [("day", -24, 50), ("hour", 1, 2), ("minute", 2, 1), ("day", 48, 7)];
    let mixed = mixed.map(|(per, hour, count)| row(per, hour, &what, count));
    let statistics = Statistics::of(&rows(mixed.to_vec()), 200).unwrap();
    assert_eq!(statistics.trend, [50, 3, 0, 7]);
    assert_eq!(statistics.axis.caption(), "2026-03-01 – 2026-03-04 (UTC), per day");
}

#[test]
fn values_are_told_apart_by_all_that_a_label_shows() {
    let whats = [
        ("a", "", "", Value::Integer(1), "DEFAULT"),
        ("a", "", "", Value::from("1"), "DEFAULT"),
        ("a", "s", "", Value::from("1"), "DEFAULT"),
        ("a", "s", "v", Value::from("1"), "SPLIT"),
        ("b", "", "", Value::from(""), "DEFAULT"),
    ];
    let twice = whats.iter().chain(&whats).zip(1..);
    let made = twice.map(|(what, count)| row("hour", count, what, count)).collect();
    let statistics = Statistics::of(&rows(made), 200).unwrap();
    let [a, b] = statistics.keys.as_slice() else { panic!("{statistics:?}") };
    assert_eq!(a.values.iter().map(|value| value.count).collect::<Vec<_>>(), [13, 11, 9, 7]);
    assert_eq!((a.total, b.total, statistics.total), (40, 15, 55));
    assert_eq!(a.values[0].label(80), "1 · s (v) · SPLIT");
    assert_eq!(b.values[0].label(80), "'' · DEFAULT");
}

#[test]
fn shares_are_exact_however_few_rows_are_shown() {
    let start = Timestamp::clamped(START * 3_600_000_000);
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    let made = db.execute(
        "CREATE KEY theme STRING DEFAULT 'light'; CREATE SEGMENT rare WHERE plan = 'pro';
         CREATE CONFIG look SEGMENTS rare, EVERYONE
             KEY theme VALUES (rare = 'dark', EVERYONE = 'plain');
         PUBLISH CONFIG look;",
    );
    made.unwrap();
    let rare = || {
        let found = db.execute("SHOW STATS FOR CONFIG look SEGMENT rare BY DAY;").unwrap();
        found[0].rows().unwrap().clone()
    };
    let (pro, other) = (Context::new("u").with("plan", "pro"), Context::new("v"));
    let deliver = |to, times| (0..times).for_each(|_| drop(db.evaluate("theme", to)));
    deliver(&pro, 1);
    deliver(&other, 6_999);
    let rows = rare();
    assert_eq!(rows.value(0, "share"), Some(&Value::Double(0.014)), "as one of 7,143 has");
    assert_eq!(Statistics::of(&rows, 200).unwrap().keys[0].whole, 7_000);
    deliver(&other, 193_001);
    let rows = rare();
    assert_eq!(rows.value(0, "share"), Some(&Value::Double(0.0)), "as of nothing");
    let text = drawn(&rows, 80);
    assert!(text.contains(" 1   <0.1%\n"), "{text}");
}

#[test]
fn the_tail_is_counted() {
    let text = drawn(&many(), 80);
    assert!(text.contains("\n  … 3 more "), "{text}");
    assert!(text.contains("\n\n… 2 more keys\n\n"), "{text}");
    let svg = svg_of(&many());
    assert!(svg.contains("… 3 more") && svg.contains("… 2 more keys"), "{svg}");
}

#[test]
fn numbers_may_be_as_large_as_they_can() {
    let text = drawn(&huge(), 80);
    assert!(text.starts_with("18,446,744,073,709,551,615 deliveries\n"), "{text}");
    assert_well_formed(&svg_of(&huge()));
    let steady = row("hour", 0, &("a", "", "", Value::Null, "DEFAULT"), 5_000_000_000);
    assert!(drawn(&rows(vec![steady]), 80).contains(" 5G ┤──"));
}

#[test]
fn a_picture_has_the_numbers_and_needs_nothing_else() {
    for rows in [sample(), of_theme(&sample())] {
        let svg = svg_of(&rows);
        assert_well_formed(&svg);
        for text in ["deliveries of home", "16,344", "8,370", "51.2%", "light · DEFAULT", "18:00"]
        {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        assert_eq!(svg.matches("http").count(), 1, "{svg}");
        assert!(svg.contains("<title>2026-03-03 15:00: 7"), "{svg}");
    }
}

#[test]
fn a_page_has_all_the_numbers_and_needs_nothing_else() {
    let statistics = Statistics::of(&many(), 200);
    let page = page("deliveries of home", statistics.as_ref()).unwrap();
    assert_eq!(page.matches("<div>value ").count(), 22 * 15);
    assert_eq!(page.matches("http").count(), 1);
    assert!(page.contains("<div>value 14</div></td><td><div></div></td>"), "{page}");
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn hostile_text_stays_text() {
    let svg = svg_of(&hostile());
    assert_well_formed(&svg);
    let statistics = Statistics::of(&hostile(), 200);
    let page = page(HOSTILE, statistics.as_ref()).unwrap();
    for made in [&svg, &page] {
        assert!(!made.contains("<script") && !made.contains("\" onload"), "{made}");
        let is_forbidden =
            |c: char| c != '\n' && (is_unseen(c) || matches!(c, '\u{fffe}' | '\u{ffff}'));
        assert!(!made.contains(is_forbidden), "{made}");
        assert!(made.contains("&lt;script&gt;alert(&#39;"), "{made}");
    }
    assert!(svg.len() < 100_000, "{}", svg.len());
    assert!(page.contains(&"long ".repeat(20_000)));
    assert!(!drawn(&hostile(), 80).contains(|c: char| c != '\n' && is_unseen(c)));
}

/// What a name or a value must not bring about.
const HOSTILE: &str = "</title><script>alert('a' && \"b\")</script>\u{1b}[31m\0\r\n\u{fffe}\u{ffff}\u{301}日本\u{202e}\u{2066}\u{200b}";

fn hostile() -> Rows {
    let long = Value::from("long ".repeat(20_000));
    rows(vec![
        row("hour", 0, &(HOSTILE, HOSTILE, HOSTILE, HOSTILE.into(), HOSTILE), 3),
        row("hour", 1, &("key", "", "", long, "\" onload=\"alert(1)"), 2),
        row("hour", 1, &("key", "", "", "\u{301}".repeat(50_000).into(), "DEFAULT"), 1),
    ])
}

/// More keys and more values than are shown.
fn many() -> Rows {
    let one = |key: i64, value: i64| {
        let (key, value) = (format!("key{key:02}"), format!("value {value}"));
        row("day", 0, &(&*key, "", "", value.into(), "DEFAULT"), 5)
    };
    rows((0..22).flat_map(|key| (0..15).map(move |value| one(key, value))).collect())
}

/// Sums that no integer holds.
fn huge() -> Rows {
    let one = |hour: i64| row("hour", hour, &("a", "", "", hour.into(), "DEFAULT"), i64::MAX);
    rows((0..5).map(one).collect())
}

fn svg_of(rows: &Rows) -> String {
    picture("deliveries of home", Statistics::of(rows, 200).as_ref()).unwrap()
}

/// Checks that elements are closed in their order, and that no text has a bare `&` or `<`.
#[track_caller]
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    for piece in xml.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag has an end");
        assert!(!text.contains('>'), "{text}");
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        for entity in text.split('&').skip(1) {
            let (entity, _) = entity.split_once(';').expect("an entity has an end");
            assert!(["lt", "gt", "amp", "quot", "apos", "#39"].contains(&entity), "{entity}");
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// The rows of a store in which two long values that begin alike are delivered over three weeks.
fn delivered(by: &str) -> Rows {
    let now = pcq::Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = pcq::Database::builder().manual_clock(now).in_memory().unwrap();
    let value = |end: &str| {
        format!("{{\"primary\": \"#336699\", \"secondary\": \"#ffffff\", \"font\": \"{end}\"}}")
    };
    let script = format!(
        "CREATE KEY theme JSON DEFAULT {}; CREATE SEGMENT pro WHERE plan = 'pro'; \
         CREATE CONFIG look SEGMENTS pro KEY theme = {}; PUBLISH CONFIG look; \
         GET theme WITH plan = 'pro'; GET theme; GET theme; ADVANCE CLOCK 8 DAYS; GET theme WITH plan = 'pro'; \
         ADVANCE CLOCK 40 DAYS; GET theme WITH plan = 'pro'; \
         SHOW STATS FOR CONFIG look {by};",
        value("Inter"),
        value("Courier")
    );
    db.execute(&script).unwrap().last().unwrap().rows().unwrap().clone()
}

#[test]
fn values_that_begin_alike_are_told_apart_and_each_has_a_line() {
    let expected = r##"5 deliveries

theme                                                                  5
  {"primary":"#336699","secondary":"#ffffff","font":"Cou…  ██████████  3   60.0%
  {"primary":"#336699","secondary":"#ffffff","font":"Int…  ██████▋     2   40.0%

     3 ┤────────╮
       │        │
       │        │
     2 ┤        │
       │        │
       │        │
     1 ┤        │        ╭────────╮                                   ╭─────────
       │        │        │        │                                   │
       │        │        │        │                                   │
     0 ┤        ╰────────╯        ╰───────────────────────────────────╯
        2026-02-23                          2026-03-23                2026-04-13
        (UTC), per week

theme
  …t":"Courier"}  ▄▄▄▄▄▄▄       ▄▄▄▄▄▄▄                            ▄▄▄▄▄▄▄
  …t":"Inter"}    ███████
"##;
    let text = drawn(&delivered("BY VALUE, WEEK"), 80);
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn values_are_told_apart_by_what_differs_in_them_before_where_they_are_from() {
    let statistics = Statistics::of(&delivered(""), 72).unwrap();
    let labels = super::label::labels(&statistics.keys[0], 20);
    let starts: Vec<_> = labels.iter().map(|label| label.split(" · ").next().unwrap()).collect();
    assert_eq!(starts, ["…t\":\"Co…", "…t\":\"Inte…"]);
}

#[test]
fn no_two_labels_of_a_key_are_the_same() {
    for by in ["", "BY VALUE", "BY SEGMENT", "BY SEGMENT, VALUE, VERSION, MONTH", "BY VERSION"] {
        let rows = delivered(by);
        let statistics = Statistics::of(&rows, 72).unwrap();
        for columns in [8, 12, 20, 40, 80] {
            let labels = super::label::labels(&statistics.keys[0], columns);
            let distinct: std::collections::BTreeSet<_> = labels.iter().collect();
            assert_eq!(distinct.len(), labels.len(), "{by} {columns} {labels:?}");
        }
        assert_well_formed(&svg_of(&rows));
    }
}
