//! Runs of scripts: what becomes of a transaction in which something failed, and what is said.

use super::{Place, assert_fails};

const KEYS: &str = "CREATE KEY a INTEGER DEFAULT 1;\nCREATE KEY b INTEGER DEFAULT 2;\n";

/// Nobody has seen the error, so the transaction is not committed as if it had not been.
#[test]
fn a_transaction_with_a_failure_is_not_committed_when_a_script_goes_on() {
    let place = Place::new();
    for wrong in
        ["GET nothing", "ASSERT GET a = 2", "CREATE KEY a INTEGER DEFAULT 1", "PUBLISH CONFIG c"]
    {
        let script = format!("BEGIN;\n{KEYS}{wrong};\nCOMMIT;\nCREATE KEY c INTEGER DEFAULT 3;\n");
        place.file("s.pcq", script);
        let ran = place.run(&["run", "s.pcq", "--db", "s.pcdb", "--keep-going"]);
        assert_fails(
            &ran,
            1,
            "s.pcq:5:1: error[transaction-state]: a statement of the transaction failed",
        );
        let keys = place.run(&["s.pcdb", "-e", "SHOW KEYS", "--format", "csv"]).out;
        assert_eq!(keys.lines().count(), 2, "{wrong}: {keys}");
        std::fs::remove_file(place.path("s.pcdb")).unwrap();
    }
    // what is asserted to fail does not count, and a ROLLBACK ends the transaction as ever
    let script = format!(
        "BEGIN; {KEYS} ASSERT ERROR 'unknown-key' GET c; COMMIT; BEGIN; GET c; ROLLBACK; BEGIN; COMMIT;"
    );
    place.file("s.pcq", script);
    let ran = place.run(&["run", "s.pcq", "--db", "s.pcdb", "--keep-going"]);
    assert!(!ran.err.contains("transaction-state"), "{ran:?}");
    assert_eq!(place.run(&["s.pcdb", "-e", "GET a"]).code, 0);
}

/// Whoever looks around must not be found in the statistics.
#[test]
fn a_run_counts_deliveries_and_statements_on_the_side_only_when_asked() {
    let place = Place::new();
    place.file("s.pcq", format!("{KEYS}GET a;"));
    assert_eq!(place.run(&["run", "s.pcq", "--db", "s.pcdb"]).code, 0);
    let delivered = || {
        let question = "SHOW STATS FOR KEYS WHERE key = 'a'";
        let told = place.run(&["s.pcdb", "-e", question, "--format", "csv"]).out;
        told.lines().nth(1).and_then(|row| row.split(',').nth(3).map(str::to_owned)).unwrap()
    };
    assert_eq!(delivered(), "1");
    assert_eq!(place.run(&["s.pcdb", "-e", "GET a; GET ALL"]).code, 0);
    assert_eq!(delivered(), "1");
    assert_eq!(place.run(&["s.pcdb", "--count", "-e", "GET a; GET ALL"]).code, 0);
    assert_eq!(delivered(), "3");
}

#[test]
fn all_scripts_are_one_transaction() {
    let place = Place::new();
    place.file("one.pcq", KEYS);
    place.file("two.pcq", "CREATE SEGMENT s WHERE KEY(a) = 1;");
    place.file("wrong.pcq", "CREATE KEY c INTEGER DEFAULT 'x';");
    place.file("begins.pcq", "CREATE KEY d INTEGER DEFAULT 1;\nBEGIN;");
    let single = ["--db", "s.pcdb", "--single-transaction"];
    let run = |scripts: &[&str]| place.run(&[&["run"], scripts, &single].concat());
    assert_fails(&run(&["one.pcq", "wrong.pcq"]), 1, "error[type-mismatch]");
    assert_fails(
        &run(&["one.pcq", "wrong.pcq", "--keep-going"]),
        1,
        "wrong.pcq: error[transaction-state]: a statement of the transaction failed",
    );
    assert_fails(
        &run(&["begins.pcq"]),
        1,
        "begins.pcq:2:1: error[transaction-state]: all scripts are one",
    );
    assert_eq!(
        place.run(&["s.pcdb", "-e", "SHOW COUNT OF KEYS", "--format", "csv"]).out,
        "count\r\n0\r\n"
    );
    assert_eq!(run(&["one.pcq", "two.pcq"]).code, 0);
    let revisions = place.run(&["s.pcdb", "-e", "SHOW COUNT OF KEYS", "--format", "csv"]);
    assert_eq!(revisions.out, "count\r\n2\r\n");
    let history = place.run(&["s.pcdb", "-e", "SHOW HISTORY", "--format", "csv"]).out;
    assert!(history.lines().skip(1).all(|line| line.starts_with("1,")), "{history}");
}

#[test]
fn what_writes_do_is_said() {
    let place = Place::new();
    place.file("s.pcq", format!("{KEYS}CREATE KEY IF NOT EXISTS a INTEGER DEFAULT 1;\nGET a;\n"));
    let ran = place.run(&["run", "s.pcq", "--db", "s.pcdb", "--dry-run", "--format", "csv"]);
    let said =
        ["1:1: created key a", "2:1: created key b", "3:1: nothing changed: key a exists already"];
    let lines = said.map(|line| format!("dry run: s.pcq:{line}\n")).concat();
    assert_eq!((ran.code, ran.err), (0, lines));
    let ran = place.run(&["run", "s.pcq", "--db", "s.pcdb", "--echo", "--format", "csv"]);
    assert_eq!((ran.code, ran.err), (0, said.map(|line| format!("s.pcq:{line}\n")).concat()));
    assert_eq!(place.run(&["run", "s.pcq"]).code, 0);
    assert_eq!(place.run(&["run", "s.pcq"]).err, "");
}

#[test]
fn assertions_are_counted() {
    let place = Place::new();
    let right = "ASSERT GET a = 1; ASSERT ERROR 'unknown-key' GET c; ASSERT GET b = 2;";
    place.file("right.pcq", format!("{KEYS}{right}"));
    assert_eq!(place.run(&["run", "right.pcq"]).err, "3 assertions, 0 failed\n");
    place.file("asked.pcq", format!("{KEYS}ASSERT (SELECT COUNT(*) FROM keys) = 2;"));
    assert_eq!(place.run(&["run", "asked.pcq"]).err, "1 assertion, 0 failed\n");
    place.file("wrong.pcq", format!("{KEYS}ASSERT GET a = 2; {right}"));
    let ran = place.run(&["run", "wrong.pcq"]);
    assert!(ran.code == 1 && ran.err.ends_with("\n1 assertion, 1 failed\n"), "{ran:?}");
    let ran = place.run(&["run", "wrong.pcq", "--keep-going"]);
    assert!(ran.err.ends_with("\n4 assertions, 1 failed\n"), "{ran:?}");
}

/// A value that is no literal is the text as it is.
#[test]
fn a_parameter_is_a_literal_or_a_text() {
    let place = Place::new();
    let script = "CREATE KEY k STRING DEFAULT :who; CREATE SEGMENT s WHERE TRUE;
        CREATE CONFIG c SEGMENTS s :share KEY k = 'x'; DESCRIBE CONFIG c; ADVANCE CLOCK :wait; GET k;";
    place.file("s.pcq", script);
    let clock = ["--clock", "2026-01-01T00:00:00Z", "--format", "csv"];
    let given = ["-v", "who=ada", "-v", "share=50%", "-v", "wait=7 DAYS"];
    let ran = place.run(&[&["run", "s.pcq"][..], &clock, &given].concat());
    assert!(ran.code == 0 && ran.out.contains("s 50%") && ran.out.contains("k,ada,"), "{ran:?}");
}

#[test]
fn scripts_that_were_not_run_are_named() {
    let place = Place::new();
    place.file("bad.pcq", "GET nope;");
    place.file("good.pcq", "SHOW KEYS;");
    let ran = place.run(&["run", "bad.pcq", "good.pcq", "good.pcq"]);
    assert_fails(&ran, 1, "not run: good.pcq, good.pcq\n");
    assert!(!place.run(&["run", "good.pcq", "bad.pcq"]).err.contains("not run"));
    assert!(!place.run(&["-e", "GET nope", "-e", "SHOW KEYS"]).err.contains("not run"));
}

#[test]
fn the_last_semicolon_may_be_left_out_where_statements_are_piped_into_the_shell() {
    let place = Place::new();
    place.file("a.pcq", "SHOW KEYS");
    assert_eq!(place.run_with_input(&[], "SHOW KEYS").code, 0);
    // in a file it shows that nothing was cut off
    assert_fails(&place.run(&["run", "a.pcq"]), 4, "found the end of the script");
    assert_fails(
        &place.run_with_input(&["run", "-"], "SHOW KEYS"),
        4,
        "found the end of the script",
    );
}

#[test]
fn a_parameter_that_stands_nowhere_is_told() {
    let place = Place::new();
    let told = |text: &str| place.run(&["-e", text, "-v", "n=1", "-v", "m=2"]).err;
    let note = "note[suspicious]: the parameter `:m` stands in no statement\n\
                hint: a statement uses it as `:m`\n";
    assert_eq!(told("SHOW KEYS LIMIT :n"), note);
    assert_eq!(told("SHOW KEYS LIMIT :n; SHOW CONFIGS LIMIT :m"), "");
    assert_eq!(told("SHOW KEYS WHERE key = ':m' LIMIT :n"), note);
    let strict = place.run(&["-e", "CREATE KEY k INTEGER DEFAULT 1", "-v", "m=2", "--strict"]);
    assert_eq!((strict.code, &*strict.err), (1, &*note.replacen("note", "error", 1)));
}

/// Fifty keys, of which there are 2,500 pairs.
fn fifty_keys() -> String {
    let keys = (10..60).map(|key| format!("CREATE KEY k{key} INTEGER DEFAULT 1;\n"));
    keys.collect::<Vec<_>>().concat()
}

#[test]
fn a_table_is_the_same_whether_its_rows_are_held_or_written_as_they_come() {
    let place = Place::new();
    let pairs = "SELECT a.key AS a, b.key AS b FROM keys a, keys b";
    let ask = |format: &str, query: &str| {
        place.file("s.pcq", format!("{}{query};", fifty_keys()));
        let ran = place.run(&["run", "s.pcq", "--format", format]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        ran.out
    };
    for format in ["json", "jsonl", "csv", "line", "markdown", "table"] {
        let (few, all) = (ask(format, &format!("{pairs} LIMIT 7")), ask(format, pairs));
        let lines = match format {
            // one line
            "json" => all.matches("},{").count() + 1,
            "line" => (all.lines().count() + 1) / 3,
            "csv" => all.lines().count() - 1,
            "markdown" => all.lines().count() - 2,
            "table" => all.lines().count() - 4,
            _ => all.lines().count(),
        };
        assert_eq!(lines, 2_500, "{format}");
        let alike = few.trim_end_matches(['\n', ']', '└', '─', '┴', '┘']);
        assert!(all.starts_with(alike), "{format}: {few}");
        assert_eq!(few.ends_with("]\n"), all.ends_with("]\n"), "{format}");
    }
}

#[test]
fn an_error_is_told_after_the_rows_before_it_and_no_json_looks_whole() {
    let place = Place::new();
    let query =
        "SELECT CASE WHEN a.key || b.key = 'k50k10' THEN (SELECT key FROM keys) ELSE a.key END AS k
        FROM keys a, keys b;";
    place.file("s.pcq", fifty_keys() + query);
    let ask = |format: &str| {
        let ran = place.run(&["run", "s.pcq", "--format", format]);
        assert_fails(&ran, 1, "error[too-many-rows]");
        ran.out
    };
    assert_eq!(ask("jsonl").lines().count(), 2_000);
    let json = ask("json");
    assert!(json.starts_with("[{\"k\":\"k10\"},") && json.ends_with("{\"k\":\"k49\"}"), "{json}");
    let table = ask("table");
    assert_eq!(table.lines().count(), 2_004);
    assert!(table.ends_with("│ k49 │\n└─────┘\n"), "{table}");
}
