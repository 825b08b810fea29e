//! Every statement is read as it is written, and the builders make what the text would.

use super::*;
use crate::model::{
    AttributeType, Catalog, ConfigId, Entry, Granularity, KeyType, Object, ObjectKind, Share,
    Timestamp, Value, Version, VersionReader, What,
};
use binder::Origin;

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
        "CREATE KEY k BOOLEAN DEFAULT FALSE", "CREATE KEY k JSON SENSITIVE DEFAULT NULL DESCRIPTION 'x'",
        "ALTER KEY sensitive SET SENSITIVE SET DEFAULT 1",
        "CREATE KEY a.b JSON DEFAULT {\"a\":[1,null]} CHECK (VALUE.a IS NOT NULL) DESCRIPTION 'it''s'",
        "ALTER KEY k SET DEFAULT -1.5 SET DESCRIPTION :d SET CHECK (VALUE > 0)",
        "CREATE SEGMENT \"a b\" DESCRIPTION 'x' WHERE country = 'US' AND NOT IN SEGMENT t",
        "ALTER SEGMENT s SET DESCRIPTION 'x'",
        "ALTER SEGMENT s WHERE a = 1",
        "ALTER SEGMENT s SET DESCRIPTION 'x' WHERE a = 1",
        "CREATE ATTRIBUTE version SEMVER SENSITIVE CHECK (VALUE >= '5') DESCRIPTION 'x'",
        "CREATE OR ALTER ATTRIBUTE \"a.b\" JSON", "CREATE ATTRIBUTE IF NOT EXISTS \"where\" TIMESTAMP",
        "ALTER ATTRIBUTE key SET CHECK (VALUE > 0) SET DESCRIPTION :d SET SENSITIVE",
        "ARCHIVE ATTRIBUTE \"a.b\"", "RESTORE ATTRIBUTE version", "REVERT ATTRIBUTE \"a b\" TO VERSION :n",
        "DESCRIBE ATTRIBUTE \"a.b\" VERSION 1", "DIFF ATTRIBUTE \"a.b\" VERSION 1 TO 2", "SHOW ATTRIBUTES LIMIT 1",
        "SHOW VERSIONS OF ATTRIBUTE \"a.b\" LIMIT 1", "SHOW COUNT OF HISTORY OF ATTRIBUTE \"a.b\"",
        "ALTER ATTRIBUTES STRICT", "ALTER ATTRIBUTES OPEN",
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
        "SET USER 'u' city = 'New York', \"a.b\" = NULL, \"where\" = {\"a\":[1]}", "SET USER :u at = :v AT 'x'",
        "TRACK 'e' FOR USER 'u'", "TRACK :e FOR USER :u :p AT 'x' ID :i", "TRACK 'e' FOR USER 'u' {} ID 'i'",
        "TRACK 'it''s' FOR USER 'u' {\"a\":{\"b\":[1,null]}} AT 'x'", "FORGET USER 'u'", "FORGET USER :u",
        "CREATE SEGMENT s WHERE DID 'x' WITHIN 14 HOURS AND NOT DID :e SINCE 'x' OR DID 'y' FROM 'a' TO :b",
        "CREATE SEGMENT s WHERE DID(EVENT 'x' WHERE a OR b) OR COUNT(EVENT 'x' WHERE a WITHIN 1 WEEK) > 2",
        "CREATE SEGMENT s WHERE SHARE(EVENT :e OF a.\"b c\" = -0.5 WHERE c IS NULL SINCE 'x') >= 0.4",
        "CREATE SEGMENT s WHERE FAVORITE(EVENT 'x' OF \"where\") = SUM(EVENT 'x' OF a FROM 'a' TO 'b') + 1",
        "SHOW USERS WHERE DID 'x' WITHIN 1 WEEK AND IN SEGMENT s LIMIT 3", "SHOW EVENTS WHERE KEY(k) ORDER BY at DESC",
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
fn canonical_texts_of_later_clauses_stay_as_they_are() {
    for text in [
        "CREATE OR ALTER KEY k BOOLEAN DEFAULT TRUE",
        "CREATE KEY IF NOT EXISTS k BOOLEAN DEFAULT TRUE",
        "CREATE OR ALTER SEGMENT s WHERE a",
        "CREATE CONFIG IF NOT EXISTS c SEGMENTS s 5% BY a.\"b c\" SALT 'x' KEY k",
        "CREATE KEY \"if\" BOOLEAN DEFAULT TRUE",
        "ALTER CONFIG c SET ROLLOUT s = :p BY team, SET k = SPLIT (a: :p 1, :q 2) BY x KEEPING USERS",
        "ALTER CONFIG c IF VERSION :n SET k VALUES (s = SPLIT (100% 1) KEEPING USERS, t = BLANK)",
        "PUBLISH CONFIG c VERSION :n UNTIL NOW() + 2 HOURS",
        "PUBLISH CONFIG c AT NOW() UNTIL NOW() - :d",
        "REVERT CONFIG c",
        "REVERT CONFIG c COMMENT 'x'",
        "REVERT KEY k TO VERSION 3",
        "REVERT SEGMENT s TO VERSION :n",
        "DIFF CONFIG c",
        "DIFF SEGMENT s VERSION 1",
        "DIFF KEY k VERSION :a TO :b",
        "GET k AS OF NOW() UNDER CONFIG c",
        "SHOW KEYS LIMIT :n",
        "SET ACTOR NULL",
        "SET COMMENT NULL",
        "SET CLOCK NOW() + 1 DAY",
        "ADVANCE CLOCK :d",
        "ALTER EVENT 'x' KEEP :d",
        "SHOW STATS FOR KEYS SINCE NOW() - 1 WEEK",
        "ALTER SEGMENT s RENAME TO t",
        "LOAD SEGMENT s FROM t VERSION 1 WHERE a",
    ] {
        assert_eq!(round_trip(text), *text);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
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
        ("set user 'u' a=1,\"b\"=-2 at timestamp 'x'", "SET USER 'u' a = 1, b = -2 AT 'x'"),
        ("track 'e' for user 'u' {\"a\": 1} id 'x'", "TRACK 'e' FOR USER 'u' {\"a\":1} ID 'x'"),
        (
            "show users where did ( event 'x' since timestamp 'y' ) and count( event 'x' ) = 1",
            "SHOW USERS WHERE DID 'x' SINCE 'y' AND COUNT(EVENT 'x') = 1",
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
        "PUBLISH CONFIG c UNTIL 'x' AT 'y'",
        "PUBLISH CONFIG c AT NOW() + 5",
        "CREATE OR ALTER KEY IF NOT EXISTS k BOOLEAN DEFAULT TRUE",
        "CREATE CONFIG c SEGMENTS s BY team KEY k",
        "CREATE CONFIG c SEGMENTS s KEY k = SPLIT (100% 1) KEEPING USERS",
        "ALTER CONFIG c ADD KEY k = SPLIT (100% 1) KEEPING USERS",
        "CREATE SEGMENT s WHERE COUNT(EVENT 'x' SINCE NOW() - 7 DAYS) > 1",
        "REVERT KEY k",
        "REVERT SEGMENT s TO VERSION 1 COMMENT 'x'",
        "ALTER SEGMENT s RENAME TO t WHERE TRUE",
        "GET k WITH a = 1 b = 2",
        "SET SEGMENTS a",
        "GET where",
        "CREATE CONFIG c SEGMENTS s KEY k VALUES (s = BLANK)",
        "REVERT CONFIG c TO VERSION -1",
        "SET USER 'u'",
        "SET USER 'u' a.b = 1",
        "TRACK 'e'",
        "TRACK 'e' FOR USER 'u' 5",
        "TRACK 'e' FOR USER 'u' ID 'i' AT 'x'",
        "FORGET 'u'",
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
        let starts = first_words(help);
        assert_eq!(starts.last().copied(), help.name.split(' ').next(), "{}", help.name);
    }
}

#[test]
fn parameters_are_found_once() {
    let statement = parsed("GET k FOR USER :u WITH :a AS OF :u");
    let names: Vec<_> = statement.parameters().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["u", "a"]);
    let text = "CREATE SEGMENT s WHERE SHARE(EVENT :e OF a = :v WHERE b = :w FROM :f TO :t) > :x";
    let names: Vec<_> = parsed(text).parameters().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["e", "v", "w", "f", "t", "x"]);
}

#[test]
fn parameters_stand_anywhere_in_functions_over_events() -> Result<()> {
    let written = "SHARE(EVENT :e OF a = :v WHERE b = :w FROM :f TO :t) > 1 AND DID :e SINCE :f";
    let expr = syntax::condition(written, false)?;
    let all = Parameters::from([
        ("e", Value::from("it's")),
        ("v", Value::from(1)),
        ("w", Value::from(true)),
        ("f", Value::from("x")),
        ("t", Value::from("y")),
    ]);
    let wanted = "SHARE(EVENT 'it''s' OF a = 1 WHERE b = TRUE FROM 'x' TO 'y') > 1 AND DID 'it''s' SINCE 'x'";
    assert_eq!(all.bind(&expr)?.to_string(), wanted);
    assert_eq!(Parameters::new().bind(&expr).unwrap_err().code(), "unknown-parameter");
    let only = syntax::condition("COUNT(EVENT 'x' WHERE a = :w) > 1", false)?;
    assert_eq!(all.bind(&only)?.to_string(), "COUNT(EVENT 'x' WHERE a = TRUE) > 1");
    Ok(())
}

#[test]
fn places_in_functions_over_events_are_those_of_the_parts() {
    let catalog = Catalog::default();
    let cases = [
        ("COUNT(EVENT '') > 1", "''"),
        ("DID 'e' SINCE '2026'", "'2026'"),
        ("DID 'e' FROM '2026-01-01T00:00:00Z' TO 'x'", "'x'"),
        ("SHARE(EVENT 'e' OF a = NULL) > 0.5", "NULL"),
        ("COUNT(EVENT 'e' WHERE a = 1 AND b = NULL) > 1", "NULL"),
        ("a = 1 OR COUNT(EVENT 'e') > 'x'", "COUNT(EVENT 'e') > 'x'"),
        ("NOT COUNT(EVENT 'e' WHERE LENGTH(a))", "LENGTH(a)"),
        ("DID :e", ":e"),
    ];
    for (text, part) in cases {
        let condition = syntax::condition(text, false).unwrap();
        let error =
            crate::eval::compile(&condition, &crate::eval::CatalogScope(&catalog)).unwrap_err();
        let span = error.span().unwrap();
        assert_eq!(&text[span.start as usize..span.end as usize], part, "{text}: {error}");
    }
}

/// Reader of versions where there are none.
struct NoVersions;

impl VersionReader for NoVersions {
    fn version(&self, _config: ConfigId, _number: u32) -> Result<Option<Arc<Version>>> {
        Ok(None)
    }
}

/// The entry of a write about a user, at the start of 1970.
fn entry(text: &str, parameters: &Parameters) -> Result<Entry> {
    let (catalog, now) = (Catalog::default(), Timestamp::from_micros(0).unwrap());
    let (versions, role, origin) = (&NoVersions, Role::Admin, Origin::Writer);
    let binder = Binder { catalog: &catalog, now, parameters, versions, role, origin };
    match parsed(text) {
        Statement::SetUser(node) => node.entry(&binder),
        Statement::Track(node) => node.entry(&binder),
        Statement::ForgetUser(node) => node.entry(&binder),
        other => panic!("{other}"),
    }
}

#[test]
fn writes_about_users_are_entries() -> Result<()> {
    let (now, at) = (Timestamp::from_micros(0).unwrap(), Timestamp::parse("2026-12-01T09:00:00Z")?);
    let members = |text: &str| match Value::from_json(text) {
        Ok(Value::Object(members)) => members,
        other => panic!("{other:?}"),
    };
    let none = Parameters::new();
    let found = entry("SET USER 'u' a = 1, b = NULL AT '2026-12-01T09:00:00Z'", &none)?;
    let profile = What::Profile(members(r#"{"a": 1, "b": null}"#));
    assert_eq!(found, Entry { user: "u".into(), at, what: profile });
    let given = Parameters::from([
        ("p", Value::Object(members(r#"{"x": 1.5}"#))),
        ("u", "v".into()),
        ("i", "id".into()),
    ]);
    let found = entry("TRACK 'e' FOR USER :u :p ID :i", &given)?;
    let event = |properties, id| What::Event { name: "e".into(), properties, id };
    let what = event(members(r#"{"x": 1.5}"#), Some("id".into()));
    assert_eq!(found, Entry { user: "v".into(), at: now, what });
    let found = entry("TRACK 'e' FOR USER 'u' AT '2026-12-01T09:00:00Z'", &none)?;
    assert_eq!(found, Entry { user: "u".into(), at, what: event(Arc::default(), None) });
    let found = entry("FORGET USER 'u'", &none)?;
    assert_eq!(found, Entry { user: "u".into(), at: now, what: What::Forget });
    Ok(())
}

#[test]
fn wrong_writes_about_users_are_refused_where_they_are_wrong() {
    let long = "x".repeat(1_025);
    let large = Value::from("x".repeat(crate::limits::VALUE_BYTES));
    let parameters = Parameters::from([("n", Value::from(1)), ("l", large)]);
    let cases = [
        ("SET USER '' a = 1", "bad-literal", "''"),
        ("SET USER :n a = 1", "type-mismatch", ":n"),
        ("SET USER :gone a = 1", "unknown-parameter", ":gone"),
        ("SET USER 'u' user_id = 1", "duplicate", "user_id"),
        ("SET USER 'u' a = 1, b = 2, \"a\" = 3", "duplicate", "\"a\""),
        ("SET USER 'u' a = 1, b = :l", "limit", ":l"),
        ("SET USER 'u' a = 1 AT '2026'", "bad-time", "'2026'"),
        ("TRACK '' FOR USER 'u'", "bad-literal", "''"),
        ("TRACK :n FOR USER 'u'", "type-mismatch", ":n"),
        ("TRACK 'e' FOR USER ''", "bad-literal", "''"),
        ("TRACK 'e' FOR USER 'u' [1]", "type-mismatch", "[1]"),
        ("TRACK 'e' FOR USER 'u' :n", "type-mismatch", ":n"),
        ("TRACK 'e' FOR USER 'u' :l", "limit", ":l"),
        ("TRACK 'e' FOR USER 'u' ID ''", "bad-literal", "''"),
        ("TRACK 'e' FOR USER 'u' AT 'x' ID 'i'", "bad-time", "'x'"),
        ("FORGET USER ''", "bad-literal", "''"),
        (
            &format!("TRACK '{}' FOR USER 'u'", &long[..257]),
            "limit",
            &format!("'{}'", &long[..257]),
        ),
        (&format!("FORGET USER '{long}'"), "limit", &format!("'{long}'")),
        (&format!("TRACK 'e' FOR USER 'u' ID '{long}'"), "limit", &format!("'{long}'")),
    ];
    for (text, code, part) in cases {
        let error = entry(text, &parameters).expect_err(text);
        let span = error.span().unwrap_or_else(|| panic!("{text}: {error:?}"));
        let place = &text[span.start as usize..span.end as usize];
        assert_eq!((error.code(), place), (code, part), "{text}");
    }
    assert!(entry(&format!("FORGET USER '{}'", &long[1..]), &parameters).is_ok());
    assert!(entry(&format!("TRACK '{}' FOR USER 'u'", &long[..256]), &parameters).is_ok());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn builders_make_what_the_text_would() -> Result<()> {
    let half = Share::from_thousandths(50_000).unwrap();
    let at = Timestamp::parse("2026-12-01T09:00:00Z")?;
    let members: Object = [("a".into(), Value::from(1))].into_iter().collect();
    let split = SplitSpec::new().arm("A", half, 1)?.unnamed(half, 2).by(["plan"])?;
    let column = ColumnSpec::blank("l")?.cell("ny", split)?.cell("EVERYONE", "x")?;
    let row = RowSpec::new("ny")?.rollout(half).salt("s");
    let built: Vec<Statement> = vec![
        CreateKey::new("k", KeyType::Integer, 5)?.check("VALUE > 0")?.description("d").into(),
        CreateKey::new("k", KeyType::Json, Value::Null)?.mode(CreateMode::OrAlter).into(),
        CreateSegment::new("s", "a = 1")?.mode(CreateMode::IfNotExists).into(),
        CreateAttribute::new("a.b", AttributeType::Semver)?
            .check("VALUE > 'a'")?
            .sensitive()
            .into(),
        CreateAttribute::new("a", AttributeType::Json)?
            .mode(CreateMode::OrAlter)
            .description("d")
            .into(),
        AlterAttribute::new("a.b")?.check("VALUE > 1")?.description("d").sensitive().into(),
        AlterAttribute::new("a")?.drop_check().drop_sensitive().into(),
        AlterAttributes::strict().into(),
        AlterAttributes::open().into(),
        Revert::object(ObjectKind::Attribute, "a.b", 2)?.into(),
        ShowVersions::new(ObjectKind::Attribute, "a.b")?.into(),
        CreateConfig::new("c")?
            .mode(CreateMode::OrAlter)
            .segment(RowSpec::new("ny")?.rollout(RolloutSpec::new(half).by(["team"])?))?
            .key("k", 1)?
            .into(),
        AlterConfig::new("c")?
            .rollout("v", RolloutSpec::new(half).by(["a b", "c"])?)?
            .key(ColumnSpec::all("k", SplitSpec::new().unnamed(half, 1).keeping_users())?)
            .into(),
        Revert::back("c")?.into(),
        Revert::object(ObjectKind::Key, "k", 2)?.into(),
        Diff::object(ObjectKind::Segment, "s")?.from(2).into(),
        SetActor::new(Value::Null).into(),
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
        SetUser::new("u").attribute("a b", 1)?.attribute("c", Value::Null)?.at(at).into(),
        Track::new("e", "u").into(),
        Track::new("e", "u").properties(members.clone()).at(at).id("i").into(),
        ForgetUser::new("u").into(),
        AlterEvent::new("e", crate::model::Duration::from_units(30, 86_400)).into(),
        AlterEvent::others(None).into(),
        RecordTraffic::of(half).into(),
        RecordTraffic::of(half).keep(crate::model::Recording::KEEP).into(),
        RecordTraffic::off().into(),
        Show::new(Table::Users, Filter::default()).into(),
        Get::keys(["a", "all"])?.user("u").with(members)?.as_of(at).under("c", 2)?.into(),
        Explain::new(Get::config("c")?).into(),
        Get::all().into(),
        ShowVersions::new(ObjectKind::Key, "k")?.into(),
        ShowHistory::of(ObjectKind::Config, "c")?.into(),
        ShowHistory::all().into(),
        ShowChanges::keys(["k", "l"], "u")?.since(at).until(at).counted().into(),
        ShowChanges::config("c", "u")?.into(),
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
        Preview::of(Publish::new("c")?.at(at)).population(Population::users()).by_user().into(),
        Preview::of(Commit).population(Population::user("u")).as_of(at).limit(5).into(),
        Preview::of(Commit).population(Population::traffic()).into(),
        Preview::between(at, at).population(Population::contexts(Value::from(Vec::new()))?).into(),
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

#[test]
fn the_word_that_a_statement_starts_with_is_one_that_is_suggested() {
    let words: std::collections::BTreeSet<_> =
        HELP.iter().flat_map(|help| first_words(help)).collect();
    assert_eq!(words, syntax::FIRST_WORDS.iter().copied().collect());
}

/// The words that a statement can start with: that of a part that may be left out, and the one after it.
fn first_words(help: &Help) -> Vec<&'static str> {
    let word = |text: &'static str| text.split(' ').next().unwrap_or_default();
    match help.syntax.strip_prefix('[').and_then(|part| part.split_once("] ")) {
        Some((part, rest)) => vec![word(part), word(rest)],
        None => vec![word(help.syntax)],
    }
}

#[test]
fn help_names_all_kinds_that_a_statement_takes() {
    for (text, name) in [
        ("SHOW VERSIONS OF ATTRIBUTE a", "SHOW VERSIONS"),
        ("SHOW HISTORY OF ATTRIBUTE a", "SHOW HISTORY"),
        ("DESCRIBE ATTRIBUTE a", "DESCRIBE"),
        ("DIFF ATTRIBUTE a", "DIFF"),
        ("ARCHIVE ATTRIBUTE a", "ARCHIVE"),
        ("RESTORE ATTRIBUTE a", "RESTORE"),
        ("REVERT ATTRIBUTE a TO VERSION 1", "REVERT"),
    ] {
        assert!(Statement::parse(text).is_ok(), "{text}");
        let help = HELP.iter().find(|help| help.name == name).unwrap();
        for kind in ["CONFIG", "SEGMENT", "KEY", "ATTRIBUTE"] {
            assert!(help.syntax.contains(kind), "{name} {kind}");
        }
    }
}
