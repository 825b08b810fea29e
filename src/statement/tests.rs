//! Every statement is read as it is written, and the builders make what the text would.

use super::*;
use crate::error::ObjectKind;
use crate::model::{Granularity, KeyType, Object, Share, Timestamp, Value};

fn parsed(text: &str) -> Statement {
    Statement::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

/// Checks that a statement is written as wanted, and that this is read as the same.
fn round_trip(text: &str) -> String {
    let statement = parsed(text);
    let written = statement.to_string();
    assert_eq!(parsed(&written), statement, "{written}");
    assert_eq!(parsed(&written).to_string(), written);
    written
}

#[test]
fn canonical_texts_stay_as_they_are() {
    for text in [
        "CREATE KEY k BOOLEAN DEFAULT FALSE",
        "CREATE KEY a.b JSON DEFAULT {\"a\":[1,null]} CHECK (VALUE.a IS NOT NULL) DESCRIPTION 'it''s'",
        "ALTER KEY k SET DEFAULT -1.5 SET DESCRIPTION :d SET CHECK (VALUE > 0) DROP CHECK",
        "CREATE SEGMENT \"a b\" DESCRIPTION 'x' WHERE country = 'US' AND NOT IN SEGMENT t",
        "ALTER SEGMENT s SET DESCRIPTION 'x'",
        "ALTER SEGMENT s WHERE a = 1",
        "ALTER SEGMENT s SET DESCRIPTION 'x' WHERE a = 1",
        "CREATE CONFIG c SEGMENTS s 12.5% SALT 'x', EVERYONE KEY k",
        "ALTER CONFIG c IF VERSION 3 SET \"description\" = 1, SET DESCRIPTION 'd', RENAME TO e",
        "ALTER CONFIG c SET SEGMENTS s 40%, t, EVERYONE, ADD KEY k = 1, DROP KEY l",
        "ALTER CONFIG c SET SEGMENTS \"set\", \"set\" 40%, SET set VALUES (s = BLANK, EVERYONE = 1)".replace("SET set ", "SET \"set\" ").as_str(),
        "ALTER CONFIG c ADD SEGMENT s 5% SALT 'q' BEFORE t, ADD SEGMENT u, MOVE SEGMENT s LAST",
        "ALTER CONFIG c MOVE SEGMENT s AFTER EVERYONE, DROP SEGMENT s, SET ROLLOUT s = 0%",
        "ALTER CONFIG c SET k = SPLIT (A: 50% 'x', \"null\": 25.125% :p, 24.875% {}) BY a.\"b c\"",
        "ARCHIVE KEY k", "ARCHIVE CONFIG c COMMENT 'x'", "RESTORE SEGMENT s",
        "PUBLISH CONFIG c", "PUBLISH CONFIG c VERSION 2 AT 'x' UNTIL 'y' COMMENT 'z'",
        "REVERT CONFIG c TO VERSION 1 COMMENT 'x'", "CANCEL SCHEDULE OF CONFIG c AT 'x'",
        "CANCEL SCHEDULE OF CONFIG c", "DISABLE CONFIG c COMMENT 'x'", "ENABLE CONFIG c",
        "GET a, b.c FOR USER :u WITH {\"a\":1} AS OF 'x' UNDER CONFIG c VERSION 2",
        "GET ALL", "GET CONFIG c FOR USER 'u'", "GET \"all\"", "GET \"config\"", "GET k WITH :a",
        "EXPLAIN GET ALL AS OF 'x'", "SHOW KEYS", "SHOW SCHEDULE",
        "SHOW CONFIGS WHERE a = 1 ORDER BY b DESC, c LIMIT 5",
        "SHOW VERSIONS OF KEY k LIMIT 1", "SHOW HISTORY", "SHOW HISTORY OF CONFIG c LIMIT 3",
        "SHOW STATS FOR CONFIG c",
        "SHOW STATS FOR CONFIG c KEY a.b SEGMENT s VERSION 2 BY HOUR SINCE 'x' UNTIL :u WHERE a > 1 ORDER BY b DESC LIMIT 5",
        "SHOW STATS FOR CONFIG \"null\" SEGMENT EVERYONE BY MINUTE", "SHOW STATS FOR KEYS",
        "SHOW STATS FOR KEYS SINCE 'x' UNTIL 'y' WHERE deliveries = 0 ORDER BY key LIMIT 1",
        "DESCRIBE SEGMENT s VERSION 1 AS OF 'x'", "DIFF CONFIG c VERSION 1 TO 2",
        "BEGIN", "COMMIT", "ROLLBACK", "SET ACTOR 'x'", "SET COMMENT :c", "SET CLOCK 'x'", "ADVANCE CLOCK 90 SECONDS",
        "ASSERT GET k FOR USER 'u' = NULL REASON 'SPLIT' SEGMENT EVERYONE VARIANT 'A'",
        "ASSERT ERROR 'x' ASSERT ERROR 'y' COMMIT",
        "ASSERT ERROR 'bad-split' ALTER  CONFIG c SET ROLLOUT s = 101 %",
        "LOAD STORE FORMAT 1 CLOCK MANUAL", "LOAD STORE FORMAT 1", "LOAD REVISION 12 AT 'x' ACTOR 'a' COMMENT 'b'",
        "LOAD KEY k BOOLEAN DEFAULT TRUE CHECK (VALUE) DESCRIPTION 'd' VERSION 2 ARCHIVED",
        "LOAD KEY k BOOLEAN DEFAULT TRUE VERSION 1",
        "LOAD SEGMENT s VERSION 1 ARCHIVED DESCRIPTION 'd' WHERE a", "LOAD CONFIG 3 c DISABLED ARCHIVED COMMENT 'x'",
        "LOAD CONFIG 3 c", "LOAD SALT OF CONFIG 3 SEGMENT EVERYONE 'x'", "LOAD VERSION 2 OF CONFIG 3",
        "LOAD VERSION 2 OF CONFIG 3 DESCRIPTION 'd' SEGMENTS s 40% SALT 'x', t KEY k, KEY l VALUES (s = 1)",
        "LOAD PUBLICATION 7 OF CONFIG 3 VERSION 2 AT 'x' UNTIL 'y' SCHEDULED COMMENT 'z'",
        "LOAD CANCEL 7 OF CONFIG 3", "LOAD END CLOCK 'x'", "LOAD END",
    ] {
        assert_eq!(round_trip(text), *text);
    }
}

#[test]
fn texts_are_read_leniently() {
    let cases = [
        (
            "create key \"Dark_Key\" boolean default true description 'd' check (value) ;",
            "CREATE KEY Dark_Key BOOLEAN DEFAULT TRUE CHECK (VALUE) DESCRIPTION 'd'",
        ),
        (
            "show stats for config keys by day since timestamp 'x'",
            "SHOW STATS FOR CONFIG keys SINCE 'x'",
        ),
        ("get all, config", "GET \"all\", \"config\""),
        ("get config for user 'x'", "GET \"config\" FOR USER 'x'"),
        ("get config as", "GET CONFIG \"as\""),
        (
            "alter config c set segments values (s = 1), set rollout = 5",
            "ALTER CONFIG c SET \"segments\" VALUES (s = 1), SET \"rollout\" = 5",
        ),
        (
            "alter config c set segments = 2, set description = 3",
            "ALTER CONFIG c SET \"segments\" = 2, SET \"description\" = 3",
        ),
        (
            "alter config c set segments a, drop, move segment b first",
            "ALTER CONFIG c SET SEGMENTS a, \"drop\", MOVE SEGMENT b FIRST",
        ),
        (
            "publish config c at timestamp '2026-01-01T00:00:00Z'",
            "PUBLISH CONFIG c AT '2026-01-01T00:00:00Z'",
        ),
        ("assert get config = 1", "ASSERT GET \"config\" = 1"),
        (
            "show keys where version > 1 order by version asc limit 1",
            "SHOW KEYS WHERE version > 1 ORDER BY version LIMIT 1",
        ),
        (
            "create config c segments s kEy k = split(1e1% 1, 90.0% - 2) by user",
            "CREATE CONFIG c SEGMENTS s KEY k = SPLIT (10% 1, 90% -2) BY user",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(round_trip(text), wanted);
    }
    for wrong in [
        "ASSERT GET ALL = 1",
        "ASSERT GET a, b = 1",
        "ASSERT GET CONFIG c = 1",
        "ALTER KEY k",
        "ALTER SEGMENT s",
        "CREATE KEY k JSON DEFAULT 1 CHECK (VALUE) CHECK (VALUE)",
        "ARCHIVE KEY k COMMENT 'x'",
        "GET a . b",
        "PUBLISH CONFIG c UNTIL 'x'",
        "SET SEGMENTS a",
        "GET where",
        "CREATE CONFIG c SEGMENTS s KEY k VALUES (s = BLANK)",
        "REVERT CONFIG c TO VERSION -1",
        "",
        ";",
    ] {
        assert_eq!(
            Parsed::parse(wrong).map(|p| p.text.to_string()).unwrap_err().code(),
            "syntax",
            "{wrong}"
        );
    }
}

#[test]
fn long_statements_are_broken_into_lines() {
    let text = round_trip(
        "create config dark_mode description 'Dark mode trial' segments \"New York\", Miami key dark = true, \
         key accent values (\"New York\" = '#112233', Miami = '#445566')",
    );
    let wanted = "CREATE CONFIG dark_mode\n    DESCRIPTION 'Dark mode trial'\n    SEGMENTS \"New York\", Miami\n    \
                  KEY dark = TRUE,\n    KEY accent VALUES (\"New York\" = '#112233', Miami = '#445566')";
    assert_eq!(text, wanted);
}

#[test]
fn examples_of_help_are_right() {
    for help in HELP {
        round_trip(help.example);
        assert!(help.example.starts_with(help.name), "{}", help.name);
        assert!(help.syntax.starts_with(help.name.split(' ').next().unwrap()), "{}", help.name);
    }
}

#[test]
fn parameters_are_found_once() {
    let statement = parsed("GET k FOR USER :u WITH :a AS OF :u");
    let names: Vec<_> = statement.parameters().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["u", "a"]);
}

#[test]
fn builders_make_what_the_text_would() -> Result<()> {
    let half = Share::from_thousandths(50_000).unwrap();
    let at = Timestamp::parse("2026-12-01T09:00:00Z")?;
    let members: Object = [("a".into(), Value::from(1))].into_iter().collect();
    let split = SplitSpec::new().arm("A", half, 1)?.unnamed(half, 2).by(["plan"])?;
    let column = ColumnSpec::blank("l")?.cell("ny", split)?.cell("EVERYONE", "x")?;
    let row = RowSpec::new("ny")?.rollout(half).salt("s");
    let built: Vec<Statement> = vec![
        CreateKey::new("k", KeyType::Integer, 5)?.check("VALUE > 0")?.description("d").into(),
        AlterKey::new("k")?.default(7).description("d").check("VALUE > 1")?.drop_check().into(),
        CreateSegment::new("s", "a = 1")?.description("d").into(),
        AlterSegment::new("s")?.condition("b")?.description("d").into(),
        CreateConfig::new("c")?
            .description("d")
            .segment(row.clone())?
            .segment("EVERYONE")?
            .key("k", true)?
            .column(column.clone())
            .into(),
        AlterConfig::new("c")?
            .if_version(2)
            .description("d")
            .rename("e")?
            .segments(["a", "EVERYONE"])?
            .add_segment(row, Some(Position::before("t")?))?
            .move_segment("t", Position::First)?
            .drop_segment("u")?
            .rollout("v", half)?
            .add_key(column.clone())
            .drop_key("w")?
            .key(column.blank_cell("z")?)
            .into(),
        Archive::new(ObjectKind::Config, "c")?.comment("x").into(),
        Archive::new(ObjectKind::Key, "c")?.comment("x").into(),
        Restore::new(ObjectKind::Segment, "a b")?.into(),
        Publish::new("c")?.version(2).at(at).until(at).comment("x").into(),
        Publish::new("c")?.until(at).into(),
        Revert::new("c", 1)?.comment("x").into(),
        Cancel::new("c")?.at(at).into(),
        Disable::new("c")?.comment("x").into(),
        Enable::new("c")?.into(),
        Get::keys(["a", "all"])?.user("u").with(members)?.as_of(at).under("c", 2)?.into(),
        Explain::new(Get::config("c")?).into(),
        Get::all().into(),
        ShowVersions::new(ObjectKind::Key, "k")?.into(),
        ShowHistory::of(ObjectKind::Config, "c")?.into(),
        ShowHistory::all().into(),
        ShowStats::config("c")?.since(at).into(),
        ShowStats::config("c")?
            .key("k")?
            .segment("EVERYONE")?
            .version(2)
            .per(Granularity::Hour)
            .since(at)
            .until(at)
            .into(),
        ShowStats::keys().key("k")?.until(at).into(),
        Show::new(Table::Keys, Filter::default()).into(),
        Describe::new(ObjectKind::Key, "k")?.version(1).as_of(at).into(),
        Diff::new("c", 1, 2)?.into(),
        SetActor::new("a").into(),
        SetComment::new("c").into(),
        SetClock::new(at).into(),
        AdvanceClock::new(crate::model::Duration::from_micros(60_000_000)).into(),
        AssertGet::new("k", 1)?.reason("r").segment("EVERYONE")?.variant("v").into(),
        AssertError::new("cycle", Commit).into(),
    ];
    for statement in built {
        assert_eq!(parsed(&statement.to_string()), statement, "{statement}");
    }
    Ok(())
}
