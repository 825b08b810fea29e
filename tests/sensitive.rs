//! Sensitive keys and attributes: their values are in nothing that is shown, unless a session asks for them that may.

use pcq::{Context, Database, DumpKind, Role, Session, Timestamp};

/// Part of every value of the sensitive key, and of all that is compared with one.
const SECRET: &str = "s3cret";

/// A store in which a sensitive key has values wherever a key can have some.
fn store() -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    db.execute(
        "CREATE KEY token STRING DEFAULT 's3cret-0';
         CREATE KEY seen JSON DEFAULT {\"a\": 1};
         ALTER KEY token SET DEFAULT 's3cret-1' SET CHECK (VALUE MATCHES '^s3cret' OR VALUE = 's3cret' \
         OR VALUE IN ('s3cret') OR VALUE BETWEEN 's3cret' AND 's3cret-9' OR SUBSTR(VALUE, 1, 6) || 's3cret' = 'x');
         CREATE SEGMENT oslo WHERE city = 'Oslo';
         CREATE SEGMENT asks WHERE NOT (KEY(token) = 's3cret-2' AND city = 'Oslo')
            OR LOWER(KEY(token)) || 's3cret' = 's3cret' OR KEY(token) MATCHES 's3cret' AND KEY(token) STARTS WITH ('s3cret', 'x');
         CREATE CONFIG maps SEGMENTS oslo, EVERYONE KEY token
            VALUES (oslo = 's3cret-2', EVERYONE = SPLIT (a: 50% 's3cret-3', b: 50% 's3cret-4'));
         PUBLISH CONFIG maps;
         ALTER CONFIG maps SET token = 's3cret-5';
         PUBLISH CONFIG maps AT '2026-04-01T00:00:00Z';
         CREATE CONFIG others SEGMENTS asks KEY seen = {\"b\": 2};
         PUBLISH CONFIG others;
         GET token FOR USER 'ada' WITH {\"city\": \"Oslo\"}; GET token FOR USER 'ben'; GET seen FOR USER 'ada';
         ADVANCE CLOCK 1 DAY;
         ALTER KEY token SET SENSITIVE;
         ALTER KEY token SET DEFAULT 's3cret-6' SET DESCRIPTION 'd';",
    )
    .unwrap();
    db
}

/// Statements that show what there is, and those that fail with a value.
const SHOWING: &[&str] = &[
    "SHOW KEYS",
    "SHOW KEYS ORDER BY default",
    "SHOW SEGMENTS",
    "SHOW VERSIONS OF KEY token",
    "SHOW VERSIONS OF SEGMENT asks",
    "SHOW HISTORY",
    "SHOW HISTORY OF CONFIG maps",
    "DESCRIBE KEY token",
    "DESCRIBE KEY token VERSION 1",
    "DESCRIBE KEY token AS OF '2026-03-01T10:00:00Z'",
    "DESCRIBE SEGMENT asks",
    "DESCRIBE SEGMENT asks VERSION 1",
    "DESCRIBE CONFIG maps",
    "DESCRIBE CONFIG maps VERSION 1",
    "DIFF CONFIG maps VERSION 1 TO 2",
    "EXPLAIN GET token FOR USER 'ada' WITH {\"city\": \"Oslo\"}",
    "EXPLAIN GET token FOR USER 'ben'",
    "EXPLAIN GET token FOR USER 'ben' AS OF '2026-05-01T00:00:00Z'",
    "EXPLAIN GET seen FOR USER 'ada' WITH {\"city\": \"Oslo\"}",
    "SHOW STATS FOR CONFIG maps",
    "SHOW STATS FOR CONFIG maps BY MINUTE",
    "SHOW STATS FOR CONFIG maps BY VALUE, SEGMENT, MONTH",
    "DIFF CONFIG maps",
    "PREVIEW DISABLE CONFIG maps FOR USER 'ben' BY USER",
    "PREVIEW DISABLE CONFIG maps FOR CONTEXTS [{\"city\": \"Oslo\"}, {}]",
    "PREVIEW AS OF '2026-03-01T10:00:00Z' TO '2026-05-01T00:00:00Z' FOR USER 'ben'",
    "DESCRIBE CONFIG maps AS STATEMENT",
    "SHOW HISTORY OF CONFIG maps WHERE change CONTAINS 'token'",
];

const FAILING: &[&str] = &[
    "ALTER KEY token SET DEFAULT {\"s3cret\": 1}",
    "ALTER KEY token SET DEFAULT 'an s3cret'",
    "ALTER KEY token SET CHECK (VALUE = 'x')",
    "ALTER CONFIG maps SET token = 'an s3cret'",
    "ALTER CONFIG maps SET token = SPLIT (50% 's3cret-1', 50% 'an s3cret')",
    "CREATE KEY other INTEGER SENSITIVE DEFAULT 's3cret'",
    "CREATE KEY other STRING SENSITIVE DEFAULT 's3cret' CHECK (VALUE = 's3crets')",
    "ALTER KEY seen SET SENSITIVE SET CHECK (VALUE = 's3cret')",
    "ALTER KEY token SET DEFAULT 's3cret-7' SET CHECK (VALUE = 'x')",
    "ALTER CONFIG maps SET token = 's3cret-7', seen = 4",
    "ALTER CONFIG maps SET \"token\" = 's3cret-7' SET nothing = 'x'",
    "ALTER CONFIG maps SET token 's3cret-7'",
    "CREATE KEY map_secret STRING SENSITIVE DEFAULT 's3cret' CHECK (VALU = 'x')",
    "CREATE CONFIG more SEGMENTS nowhere KEY token VALUES (nowhere = {\"s3cret\": 1})",
    "CREATE SEGMENT again WHERE KEY(token) = 's3cret-1' AND IN SEGMENT nowhere",
    "SHOW USERS WHERE KEY(token) IN ('s3cret-1') AND nothing = KEY(nobody)",
    "ASSERT GET token FOR USER 'ben' = 's3cret'",
    "ASSERT GET token FOR USER 'ben' AS OF '2026-05-01T00:00:00Z' = 's3cret-5' REASON 'x'",
    "ALTER KEY token SET CHECK (VALUE MATCHES '(s3cret')",
    "ALTER KEY token SET CHECK (VALUE = \"s3cret\")",
    "ALTER KEY token SET DEFAULT \"s3cret\"",
    "CREATE KEY other DOUBLE SENSITIVE DEFAULT 1e999s3cret",
    "CREATE KEY other JSON SENSITIVE DEFAULT {\"s3cret\": 1, \"s3cret\": 2}",
    "ALTER CONFIG maps SET seen = {\"s3cret\": 1, \"s3cret\": 2}, token = 'x'",
    "CREATE SEGMENT x WHERE KEY(token) = 'a' AND VERSION 's3cret' > city",
    "CREATE SEGMENT x WHERE KEY(token) = 'a' AND IP_IN(ip, 's3cret')",
    "CREATE SEGMENT x WHERE KEY(token) = 'a' AND TO_TIMESTAMP(day, 's3cret') < NOW()",
    "CREATE SEGMENT x WHERE KEY(token) = 'a' AND s > TIMESTAMP 's3cret'",
    "CREATE SEGMENT x WHERE KEY(token) = 'a' AND s > TIMESTAMP '2026-12-01T09:00:00[s3cret]'",
    "ASSERT ERROR 'limit' ALTER KEY token SET CHECK (VALUE MATCHES '(s3cret')",
];

/// All that a statement says, its errors with the line that they show.
fn said(session: &mut Session, statement: &str) -> String {
    match session.execute(&format!("{statement};")) {
        Ok(outcomes) => format!("{outcomes:?}"),
        Err(error) => {
            let place = error.place().unwrap();
            let (start, end) = (place.span.start as usize, place.span.end as usize);
            let pointed = place.statement.get(start..end).unwrap();
            let shown = &place.statement;
            format!("{error} {:?} {:?} {shown} ^{pointed}^", error.kind(), error.hints())
        }
    }
}

#[test]
fn nothing_shows_a_sensitive_value() {
    for role in [Role::Read, Role::Admin] {
        let mut session = store().session().with_role(role);
        for statement in SHOWING {
            let said = said(&mut session, statement);
            assert!(!said.contains(SECRET), "{statement}: {said}");
        }
    }
    let mut session = store().session();
    for statement in FAILING {
        let said = said(&mut session, statement);
        assert!(!said.contains(SECRET) && !said.contains("Ok"), "{statement}: {said}");
    }
}

#[test]
fn who_may_and_asks_is_shown_them() {
    let mut session = store().session().show_sensitive(true).unwrap();
    for statement in SHOWING {
        let said = said(&mut session, statement);
        assert!(said.contains(SECRET) && !said.contains("***"), "{statement}: {said}");
    }
    // not any more in a smaller role
    let mut session = session.with_role(Role::Publish);
    assert!(!said(&mut session, "SHOW KEYS").contains(SECRET));
    let refused = session.show_sensitive(true).unwrap_err();
    assert_eq!(refused.code(), "not-allowed");
    assert!(store().session().with_role(Role::Values).show_sensitive(false).is_ok());
}

#[test]
fn the_app_gets_them_in_every_role() {
    let db = store();
    let ben = Context::new("ben");
    for role in Role::ALL {
        let db = db.with_role(role);
        assert!(db.get::<String>("token", &ben).unwrap().starts_with(SECRET));
        assert!(said(&mut db.session(), "GET token FOR USER 'ben'").contains(SECRET));
    }
    let error = db.get::<bool>("token", &ben).unwrap_err();
    assert_eq!(error.to_string(), "key `token` wants a boolean, and this is a string");
    assert!(!format!("{error:?}").contains(SECRET));
}

#[test]
fn a_transaction_hides_what_it_made_sensitive() {
    let db = Database::in_memory().unwrap();
    let mut session = db.session();
    session
        .execute("CREATE KEY pin STRING DEFAULT 's3cret'; BEGIN; ALTER KEY pin SET SENSITIVE;")
        .unwrap();
    assert!(!said(&mut session, "SHOW HISTORY").contains(SECRET));
    assert!(said(&mut db.session(), "SHOW HISTORY").contains(SECRET));
    session.execute("COMMIT;").unwrap();
    assert!(!said(&mut db.session(), "SHOW HISTORY").contains(SECRET));
}

#[test]
fn a_dump_has_them_and_says_so() {
    let db = store();
    let dump = |db: &Database, kind| {
        let mut bytes = Vec::new();
        db.dump(&mut bytes, kind).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let history = dump(&db, DumpKind::History);
    let note = "-- This has the values of sensitive keys.\n";
    assert!(history.starts_with(note) && history.contains("s3cret-5"), "{history}");
    let copy = Database::in_memory().unwrap();
    let copied = Database::builder().manual_clock(db.now()).in_memory().unwrap();
    copied.execute(&history).unwrap();
    assert_eq!(dump(&copied, DumpKind::History), history);
    assert!(!said(&mut copied.session(), "SHOW KEYS").contains(SECRET));
    assert!(copied.verify().unwrap().is_sound());
    // one of keys that are archived is not in a dump of what stands today
    copy.execute("CREATE KEY pin STRING SENSITIVE DEFAULT 's3cret'; ARCHIVE KEY pin;").unwrap();
    assert_eq!(dump(&copy, DumpKind::Current), "");
    copy.execute("RESTORE KEY pin;").unwrap();
    let current =
        format!("{note}BEGIN;\nCREATE KEY pin STRING SENSITIVE DEFAULT 's3cret';\nCOMMIT;\n");
    assert_eq!(dump(&copy, DumpKind::Current), current);
}

#[test]
fn they_are_hidden_after_reopening_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.pcdb");
    let script =
        "CREATE KEY pin STRING SENSITIVE DEFAULT 's3cret'; ALTER KEY pin SET DEFAULT 's3cret-2';";
    Database::open(&path).unwrap().execute(script).unwrap();
    let db = Database::open(&path).unwrap();
    for statement in ["SHOW KEYS", "SHOW HISTORY", "SHOW VERSIONS OF KEY pin"] {
        let said = said(&mut db.session(), statement);
        assert!(said.contains("***") && !said.contains(SECRET), "{said}");
    }
    assert!(db.verify().unwrap().is_sound());
}

#[test]
fn what_is_hidden_cannot_be_stored_in_place_of_what_it_hides() {
    let db = store();
    let outcomes = db.execute("DESCRIBE KEY token;").unwrap();
    let rows = outcomes[0].rows().unwrap();
    let definition = rows.rows().iter().find(|row| row[0].as_str() == Some("definition")).unwrap();
    let definition = definition[1].as_str().unwrap();
    assert!(
        definition.starts_with("CREATE KEY token STRING SENSITIVE DEFAULT ***"),
        "{definition}"
    );
    assert_eq!(db.execute(&format!("{definition};")).unwrap_err().code(), "syntax");
}

/// A store in which a sensitive attribute has values, and conditions that compare it with some.
fn store_of_users() -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    db.execute(
        "CREATE SEGMENT some WHERE tax IN ('s3cret-1', 's3cret-2') OR tax.a STARTS WITH 's3cret' AND city = 'Oslo'
            OR ANY(tax WHERE VALUE = 's3cret') OR ANY(tax) MATCHES 's3cret';
         CREATE ATTRIBUTE tax STRING; CREATE ATTRIBUTE version SEMVER SENSITIVE; CREATE ATTRIBUTE paid TIMESTAMP SENSITIVE;
         ALTER ATTRIBUTE tax SET CHECK (VALUE MATCHES '^s3cret');
         CREATE KEY seen BOOLEAN DEFAULT FALSE;
         SET USER 'ada' tax = 's3cret-1', city = 'Oslo';
         ALTER SEGMENT some WHERE tax BETWEEN 's3cret-1' AND 's3cret-3' AND city = 'Oslo';
         CREATE CONFIG c SEGMENTS some KEY seen = TRUE;
         PUBLISH CONFIG c;
         ADVANCE CLOCK 1 DAY;
         ALTER ATTRIBUTE tax SET SENSITIVE;",
    )
    .unwrap();
    db
}

const SHOWING_USERS: &[&str] = &[
    "SHOW ATTRIBUTES",
    "SHOW USERS",
    "SHOW USERS WHERE user = 'ada'",
    "SHOW SEGMENTS",
    "SHOW VERSIONS OF SEGMENT some",
    "SHOW VERSIONS OF ATTRIBUTE tax",
    "SHOW HISTORY",
    "SHOW HISTORY OF ATTRIBUTE tax",
    "DESCRIBE ATTRIBUTE tax",
    "DESCRIBE ATTRIBUTE tax VERSION 2",
    "DESCRIBE SEGMENT some",
    "DESCRIBE SEGMENT some VERSION 1",
    "DESCRIBE SEGMENT some AS OF '2026-03-01T10:00:00Z'",
    "DIFF SEGMENT some",
    "EXPLAIN GET seen FOR USER 'ada'",
    "EXPLAIN GET seen WITH {\"tax\": \"s3cret-2\"}",
];

const FAILING_USERS: &[&str] = &[
    "SET USER 'ada' tax = 's3cret', tax = 'x'",
    "CREATE SEGMENT others WHERE tax = 's3cret' AND IN SEGMENT nowhere",
    "CREATE SEGMENT others WHERE \"tax\" = 's3cret' AND IN SEGMENT nowhere",
    "CREATE SEGMENT others WHERE tax.a = 's3cret' AND IN SEGMENT nowhere",
    "GET nothing WITH {\"tax\": \"s3cret\"}",
    "GET nothing WITH {\"t\\u0061x\": \"s3cret\"}",
    "ALTER ATTRIBUTE tax SET CHECK (VALUE = 's3cret' AND VALUE > 1)",
    "CREATE ATTRIBUTE other INTEGER SENSITIVE CHECK (VALUE = 's3cret')",
    "SHOW USERS WHERE tax = 's3cret' AND KEY(nobody)",
    "CREATE SEGMENT others WHERE tax MATCHES '(s3cret'",
    "CREATE SEGMENT others WHERE tax = \"s3cret\" AND IN SEGMENT nowhere",
    "CREATE SEGMENT others WHERE version < 's3cret'",
    "CREATE SEGMENT others WHERE paid < 's3cret'",
];

#[test]
fn nothing_shows_what_is_sensitive_of_users() {
    let mut session = store_of_users().session().with_role(Role::Read);
    for statement in SHOWING_USERS {
        let said = said(&mut session, statement);
        assert!(!said.contains(SECRET) && !said.contains("Err"), "{statement}: {said}");
    }
    let mut session = store_of_users().session();
    for statement in FAILING_USERS {
        let said = said(&mut session, statement);
        assert!(!said.contains(SECRET) && !said.contains("Ok"), "{statement}: {said}");
    }
}

#[test]
fn who_may_sees_what_is_sensitive_of_users() {
    let mut session = store_of_users().session().show_sensitive(true).unwrap();
    for statement in SHOWING_USERS {
        let said = said(&mut session, statement);
        assert!(said.contains(SECRET) && !said.contains("***"), "{statement}: {said}");
    }
    let db = store_of_users();
    assert!(db.get::<bool>("seen", &db.context_for("ada").unwrap()).unwrap());
}

#[test]
fn dumps_have_what_is_sensitive_of_users_and_say_so() {
    let db = store_of_users();
    for kind in [DumpKind::History, DumpKind::Current, DumpKind::State] {
        let mut dump = Vec::new();
        db.dump(&mut dump, kind).unwrap();
        let dump = String::from_utf8(dump).unwrap();
        let warning = "-- This has the values of sensitive attributes.\n";
        assert!(dump.starts_with(warning) && dump.contains("s3cret-1"), "{kind:?}: {dump}");
        let copy = Database::in_memory().unwrap();
        copy.execute(&dump).unwrap();
        assert!(!said(&mut copy.session(), "SHOW SEGMENTS").contains(SECRET));
    }
    db.execute("ALTER ATTRIBUTE tax DROP SENSITIVE").unwrap();
    assert!(said(&mut db.session(), "SHOW USERS").contains(SECRET));
}

/// What is likely a slip is told as a note, and with `strict` as an error.
#[test]
fn slips_do_not_show_what_may_be_sensitive() {
    for (condition, code) in [
        ("tax = \"s3cret\"", "suspicious"),
        ("city = \"s3cret\" AND tax = \"s3cret 2\"", "suspicious"),
        ("tax BETWEEN 's3cret-2' AND 's3cret-1'", "suspicious"),
        ("tax = 's3cret-1' AND tax = 's3cret-2'", "suspicious"),
    ] {
        let mut session = store_of_users().session();
        let statement = format!("CREATE SEGMENT others WHERE {condition}");
        let outcomes = session.execute(&statement).unwrap();
        let [note, ..] = outcomes[0].notes() else { panic!("{condition}: no note") };
        assert_eq!(note.code(), code);
        let told = format!("{:?}", outcomes[0].notes());
        assert!(told.contains("***") && !told.contains(SECRET), "{condition}: {told}");
        let mut strict = store_of_users().session().strict(true);
        let refused = said(&mut strict, &statement);
        assert!(refused.contains("***") && !refused.contains(SECRET), "{condition}: {refused}");
    }
}

/// An error still says what is wrong, and names what it is about.
#[test]
fn errors_say_what_they_can() {
    let db = store_of_users();
    for (statement, message, line, hints) in [
        (
            "CREATE SEGMENT x WHERE version < 's3cret'",
            "semantic version `***` is not valid: ***",
            "CREATE SEGMENT x WHERE version < ***",
            &[][..],
        ),
        (
            "CREATE SEGMENT x WHERE tax = \"s3cret\" AND IN SEGMENT \"no where\"",
            "segment `no where` does not exist",
            "CREATE SEGMENT x WHERE tax = *** AND IN SEGMENT \"no where\"",
            &["`SHOW SEGMENTS` lists those that there are"],
        ),
        (
            "ASSERT ERROR 'limit' CREATE SEGMENT x WHERE paid < 's3cret'",
            "expected an error `limit`, got `bad-time`: `***` is not a timestamp",
            "ASSERT ERROR *** CREATE SEGMENT x WHERE paid < ***",
            &[],
        ),
    ] {
        let error = db.execute(statement).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(&*error.place().unwrap().statement, line);
        assert_eq!(error.hints(), hints, "{error:?}");
    }
}
