//! Formatted scripts: they mean what they meant, no comment is lost, and formatted again they stay as they are.

use std::fs;
use std::path::{Path, PathBuf};

use pcq::{Script, Tokens};
use proptest::collection::vec;
use proptest::prelude::*;

fn formatted(text: &str) -> String {
    Script::new(text.as_bytes()).formatted().collect::<Result<_, _>>().unwrap()
}

/// What the statements of a script say.
fn statements(text: &str) -> Vec<String> {
    let told = |statement: pcq::Result<pcq::ScriptStatement>| match statement.unwrap().result() {
        Ok(node) => node.to_string(),
        Err(error) => error.code().to_owned(),
    };
    Script::new(text.as_bytes()).map(told).collect()
}

/// The comments of a script, whatever their order.
fn comments(text: &str) -> Vec<&str> {
    let comments = Tokens::new(text).filter(|token| token.kind.is_comment());
    let mut comments: Vec<_> = comments.map(|token| token.text.trim_end()).collect();
    comments.sort_unstable();
    comments
}

/// Holds a script to all that is true of every script.
fn hold(text: &str) -> String {
    let once = formatted(text);
    assert_eq!(formatted(&once), once, "formatted twice:\n{text}");
    assert_eq!(comments(&once), comments(text), "{text}\n->\n{once}");
    assert_eq!(statements(&once), statements(text), "{text}\n->\n{once}");
    once
}

/// The scripts of the tests and the examples that parse.
fn scripts() -> Vec<String> {
    let mut scripts = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut todo: Vec<PathBuf> = vec![root.join("tests/scripts"), root.join("examples")];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|end| end == "pcq") {
                scripts.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    scripts.retain(|text| Script::new(text.as_bytes()).all(|statement| statement.is_ok()));
    scripts.sort();
    scripts
}

#[test]
fn scripts_mean_what_they_meant() {
    let scripts = scripts();
    assert!(scripts.len() > 100, "{}", scripts.len());
    for text in scripts {
        hold(&text);
    }
}

/// The statements of all scripts, without comments.
fn all_statements() -> Vec<String> {
    let mut all: Vec<_> = scripts().iter().flat_map(|text| statements(text)).collect();
    all.retain(|text| text.len() < 600 && text.contains(' '));
    all.sort();
    all.dedup();
    all
}

/// A statement with something in some of its gaps, by what is picked for each.
fn with_comments(statement: &str, picks: &[u8]) -> String {
    let mut picks = picks.iter().cycle().enumerate();
    let part = |token: pcq::Token<'_>| {
        let pick = if token.kind == pcq::TokenKind::Blank { picks.next() } else { None };
        format!("{}{}", token.text, pick.map(|(at, pick)| gap(at, *pick)).unwrap_or_default())
    };
    Tokens::new(statement).map(part).collect()
}

/// What stands in a gap.
fn gap(at: usize, pick: u8) -> String {
    match pick {
        0 => format!("/* {at} */ "),
        1 => format!("-- {at}\n"),
        2 => format!("\n-- {at}\n"),
        3 => format!("\n/* {at}\n {at} */\n"),
        4 => format!("/* {at}\n*/ -- more {at}\n\n"),
        5 => "\n".to_owned(),
        _ => String::new(),
    }
}

#[test]
fn comments_anywhere_in_a_statement_stay_and_change_nothing() {
    let all = all_statements();
    let cases = ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() };
    proptest!(cases, |(at in 0..all.len(), picks in vec(0_u8..30, 1..40), end in 0_u8..4)| {
        let end = ["", " -- end", "\n-- end\n", " /* end */ -- end"][usize::from(end)];
        let end = if end.ends_with("end") && end.contains("--") { format!("{end}\n") } else { end.to_owned() };
        hold(&format!("{}{end};\nGET a;\n", with_comments(&all[at], &picks)));
    });
}

/// The layout of a script.
fn assert_laid_out(written: &str, expected: &str) {
    assert_eq!(hold(written), expected);
}

#[test]
fn comments_stay_at_the_row_the_key_and_the_cell() {
    assert_laid_out(
        "\
create config c -- the config
  segments
    -- who pays
    paying 50%, -- half of them
    staff -- all of them
    , everyone
  key theme values (
    paying = 'dark', -- they asked for it
    /* not yet */ staff = 'light'
    -- no others
  ), -- theme
  -- how many
  key n = 1;
",
        "\
CREATE CONFIG c -- the config
    SEGMENTS
        -- who pays
        paying 50%, -- half of them
        staff, -- all of them
        EVERYONE
    KEY theme VALUES (
        paying = 'dark', -- they asked for it
        /* not yet */
        staff = 'light'
        -- no others
    ), -- theme
    -- how many
    KEY n = 1;
",
    );
}

#[test]
fn comments_stay_at_the_part_of_a_condition_and_the_action() {
    assert_laid_out(
        "\
create segment s where a = 1 -- one
  and (b = 2 or c = 3) and -- two
  -- the third
  d between 1 and 2;
alter config c
  -- faster
  set rollout s = 20%, -- was 10
  set k values (s = 1); -- last
get a -- first
  , b /* second */;
get a, -- one
  b, -- two
  c;
",
        "\
CREATE SEGMENT s
    WHERE a = 1 -- one
        AND (b = 2 OR c = 3) -- two
        -- the third
        AND d BETWEEN 1 AND 2;
ALTER CONFIG c
    -- faster
    SET ROLLOUT s = 20%, -- was 10
    SET k VALUES (s = 1); -- last
-- first
GET a, b; /* second */
-- one
GET a, b, c; -- two
",
    );
}

#[test]
fn what_is_too_long_has_a_line_for_each_item() {
    let segments: Vec<_> = (1..=12).map(|n| format!("segment_{n}")).collect();
    let (cells, joined) = (segments.join(" = 'something', "), segments.join(", "));
    let lines = |between: &str| segments.join(between);
    assert_laid_out(
        &format!("create config c segments {joined} key a = 1, key b values ({cells} = 'x');"),
        &format!(
            "CREATE CONFIG c\n    SEGMENTS\n        {}\n    KEY a = 1,\n    KEY b VALUES (\n        {} = 'x'\n    );\n",
            lines(",\n        "),
            lines(" = 'something',\n        ")
        ),
    );
    assert_laid_out(
        &format!("alter config c set segments {joined}, set a values ({cells} = BLANK);"),
        &format!(
            "ALTER CONFIG c\n    SET SEGMENTS\n        {},\n    SET a VALUES (\n        {} = BLANK\n    );\n",
            lines(",\n        "),
            lines(" = 'something',\n        ")
        ),
    );
    assert_laid_out(
        &format!("create segment s where {} = 1;", segments.join(" = 1 or ")),
        &format!("CREATE SEGMENT s\n    WHERE {} = 1;\n", lines(" = 1\n        OR ")),
    );
    // what fits on a line of its own stays on it
    assert_laid_out(
        &format!(
            "create config c segments a, b key k = 1 , key b values ({cells} = 'x') , key l values (a = 1);"
        ),
        &format!(
            "CREATE CONFIG c\n    SEGMENTS a, b\n    KEY k = 1,\n    KEY b VALUES (\n        {} = 'x'\n    ),\n    KEY l VALUES (a = 1);\n",
            lines(" = 'something',\n        ")
        ),
    );
}

#[test]
fn lists_that_are_written_with_a_line_for_each_item_stay_so() {
    let written =
        "CREATE CONFIG c\n    SEGMENTS\n        a\n    KEY k VALUES (\n        a = 1\n    );\n";
    assert_laid_out(written, written);
    assert_laid_out(
        "create config c\nsegments a\nkey k values (a = 1);",
        "CREATE CONFIG c SEGMENTS a KEY k VALUES (a = 1);\n",
    );
    assert_laid_out(
        "create config c segments a key k values (\n a = 1, b = 2);",
        "CREATE CONFIG c\n    SEGMENTS a\n    KEY k VALUES (\n        a = 1,\n        b = 2\n    );\n",
    );
}
