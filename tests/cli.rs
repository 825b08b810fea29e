//! The program, run as people and scripts run it.
#![cfg(feature = "cli")]

#[path = "cli/file.rs"]
mod file;
#[path = "cli/fmt.rs"]
mod fmt;
#[cfg(unix)]
#[path = "cli/hidden.rs"]
mod hidden;
#[path = "cli/manual.rs"]
mod manual;
#[path = "cli/note.rs"]
mod note;
#[path = "cli/plan.rs"]
mod plan;
#[path = "cli/run.rs"]
mod run;
#[cfg(unix)]
#[path = "cli/session.rs"]
mod session;
#[cfg(unix)]
#[path = "cli/shell.rs"]
mod shell;
#[path = "cli/start.rs"]
mod start;
#[cfg(unix)]
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/track.rs"]
mod track;
#[path = "cli/traffic.rs"]
mod traffic;

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const SETUP: &str = "\
CREATE KEY banner STRING DEFAULT 'none';
CREATE KEY rate INTEGER DEFAULT 5;
CREATE SEGMENT us WHERE country = 'US';
CREATE CONFIG home SEGMENTS us KEY banner = 'hello';
PUBLISH CONFIG home;
";

/// A folder for the files of one test.
struct Place(TempDir);

/// What a run of the program gave.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pcq"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let file = fs::File::open(self.file("standard-input", input)).unwrap();
        self.command(arguments).stdin(file).output().unwrap().into()
    }

    /// A store with a key and a published config.
    fn store(&self) -> &'static str {
        self.file("setup.pcq", SETUP);
        let ran = self.run(&["run", "setup.pcq", "--db", "s.pcdb"]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
        "s.pcdb"
    }
}

#[track_caller]
fn assert_fails(ran: &Ran, code: i32, error: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.err.contains(error), "{ran:?}");
}

// -- what looks alike

#[test]
fn texts_of_json_null_blanks_and_empty_texts_are_told_apart() {
    let place = Place::new();
    let keys = "CREATE KEY j JSON DEFAULT 'null'; CREATE KEY n JSON DEFAULT NULL; \
                CREATE KEY s STRING DEFAULT ''; CREATE KEY t STRING DEFAULT 'NULL'; GET j, n, s, t";
    let values = |format: &str, start: &str, end: &str| -> Vec<String> {
        let out = place.run(&["--format", format, "-e", keys]).out + "\n";
        let value = |line: &str| Some(line.split_once(start)?.1.split_once(end)?.0.to_owned());
        out.split_inclusive('\n').filter_map(value).collect()
    };
    let shown = ["\"null\"", "NULL", "''", "'NULL'"];
    assert_eq!(values("line", "value = ", "\n"), shown);
    assert_eq!(values("markdown", " | ", " | STATIC"), shown);
    assert_eq!(values("csv", ",", ",STATIC"), [r#""""null""""#, "", r#""""#, "NULL"]);
    let json = [r#""null""#, "null", r#""""#, r#""NULL""#];
    assert_eq!(values("jsonl", "\"value\":", ",\"reason\""), json);

    let diff = "CREATE KEY j JSON DEFAULT 1; CREATE KEY s STRING DEFAULT 'x'; \
                CREATE CONFIG c SEGMENTS EVERYONE KEY j, KEY s = 'BLANK'; \
                ALTER CONFIG c SET j = NULL, SET s VALUES (EVERYONE = BLANK); \
                DIFF CONFIG c VERSION 1 TO 2";
    let diff = |format: &str| place.run(&["--format", format, "-e", diff]).out.replace('\r', "");
    let csv = "item,segment,key,path,from,to\ncell,EVERYONE,j,,BLANK,\ncell,EVERYONE,s,,\"BLANK\",BLANK\n";
    assert_eq!(diff("csv"), csv);
    let json = r#"{"item":"cell","segment":"EVERYONE","key":"j","path":null,"to":null}
{"item":"cell","segment":"EVERYONE","key":"s","path":null,"from":"BLANK"}
"#;
    assert_eq!(diff("jsonl"), json);
    let lines = diff("line");
    assert!(lines.contains("from = BLANK\nto = NULL\n"), "{lines}");
    assert!(lines.contains("from = 'BLANK'\nto = BLANK\n"), "{lines}");

    let diff = "CREATE KEY j JSON DEFAULT {\"a\": null}; ALTER KEY j SET DEFAULT {\"b\": \"(absent)\"}; DIFF KEY j";
    let diff = |format: &str| place.run(&["--format", format, "-e", diff]).out.replace('\r', "");
    let csv = diff("csv");
    assert!(
        csv.ends_with("\ndefault,,,.b,(absent),\"\"\"(absent)\"\"\"\ndefault,,,.a,,(absent)\n"),
        "{csv}"
    );
    let json = r#"{"item":"default","segment":null,"key":null,"path":".b","to":"(absent)"}
{"item":"default","segment":null,"key":null,"path":".a","from":null}
"#;
    assert_eq!(diff("jsonl"), json);
    let lines = diff("line");
    assert!(lines.contains("from = (absent)\nto = \"(absent)\"\n"), "{lines}");
}

// -- exit codes

#[test]
fn usage_is_2() {
    let place = Place::new();
    for arguments in [
        &["run"][..],
        &["dump"],
        &["--nonsense"],
        &["run", "-", "-"],
        &["check", "a", "--format", "json"],
        &["-e", "GET a", "-v", "x=1", "-v", "x=2"],
        &["-e", "GET a", "-v", "1=no name"],
        &["-e", "GET a", "--clock", "2026-01-01T00:00:00"],
        &["-e", "GET a", "--readonly"],
        &["-e", "GET a", "--dry-run"],
        &["fmt", "--write", "-"],
        &["stats", "s.pcdb"],
        &["stats", "s.pcdb", ""],
        &["stats", "s.pcdb", "home", "--by", "year"],
        &["stats", "s.pcdb", "home", "--since", "2026-01-01T00:00:00"],
        &["stats", "s.pcdb", "home", "--of-version", "-1"],
        &["stats", "s.pcdb", "home", "--svg", "a.svg", "--html", "a.html"],
        &["stats", "s.pcdb", "home", "--svg", "a.svg", "--format", "json"],
    ] {
        assert_eq!(place.run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_0() {
    let place = Place::new();
    let help = place.run(&["--help"]);
    assert_eq!((help.code, help.out.contains("Examples:")), (0, true));
    let version = format!("pcq {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(place.run(&["--version"]).out, version);
}

#[test]
fn a_script_that_cannot_be_read_is_2() {
    let place = Place::new();
    assert_fails(&place.run(&["run", "nothing.pcq"]), 2, "error[io]: nothing.pcq: ");
    fs::create_dir(place.path("folder")).unwrap();
    assert_fails(&place.run(&["check", "folder"]), 2, "error[io]: folder: ");
}

#[test]
fn a_statement_that_fails_is_1_and_stops_the_script() {
    let place = Place::new();
    place.file("a.pcq", "CREATE KEY a INTEGER DEFAULT 1;\nGET nope;\nGET a;\n");
    let ran = place.run(&["run", "a.pcq"]);
    assert_fails(&ran, 1, "a.pcq:2:5: error[unknown-key]: ");
    assert_eq!(ran.out, "");
}

#[test]
fn a_script_that_does_not_parse_is_4_and_nothing_of_any_script_runs() {
    let place = Place::new();
    place.file("good.pcq", "CREATE KEY a INTEGER DEFAULT 1; GET a;");
    place.file("bad.pcq", "GET a;\n  GRT a;");
    let ran = place.run(&["run", "good.pcq", "bad.pcq", "--db", "s.pcdb"]);
    assert_fails(&ran, 4, "bad.pcq:2:3: error[syntax]: ");
    assert_eq!(ran.out, "");
    assert!(!place.path("s.pcdb").exists());
    assert_eq!(place.run(&["check", "good.pcq"]).code, 0);
    assert_fails(&place.run(&["check", "good.pcq", "bad.pcq"]), 4, "bad.pcq:2:3: ");
}

#[test]
fn what_is_wrong_with_a_value_is_an_error_of_its_statement() {
    let place = Place::new();
    let text = "CREATE KEY a INTEGER DEFAULT 1; GET a AS OF 'yesterday'; GET a;";
    place.file("a.pcq", text);
    assert_fails(&place.run(&["check", "a.pcq"]), 1, "a.pcq:1:45: error[bad-time]: ");
    let ran = place.run(&["run", "a.pcq", "--keep-going", "--format", "jsonl"]);
    assert_fails(&ran, 1, "error[bad-time]: ");
    assert_eq!(ran.out.lines().count(), 1);
}

#[test]
fn a_store_that_cannot_be_opened_is_3() {
    let place = Place::new();
    place.file("text.pcdb", "this is no store, however long it may be ".repeat(500));
    fs::create_dir(place.path("folder")).unwrap();
    for command in ["dump", "verify"] {
        assert_eq!(place.run(&[command, "nothing.pcdb"]).code, 3, "{command}");
        assert_fails(&place.run(&[command, "text.pcdb"]), 3, "error[store-corrupt]: ");
        assert_eq!(place.run(&[command, "folder"]).code, 3, "{command}");
    }
    assert_eq!(place.run(&["folder", "-e", "SHOW KEYS"]).code, 3);
    assert_eq!(place.run(&["nothing.pcdb", "--readonly", "-e", "SHOW KEYS"]).code, 3);
    assert!(!place.path("nothing.pcdb").exists());
}

#[test]
fn a_readonly_store_refuses_writes() {
    let place = Place::new();
    let store = place.store();
    let before = fs::read(place.path(store)).unwrap();
    let text = "GET banner; CREATE KEY b INTEGER DEFAULT 1";
    let ran = place.run(&[store, "--readonly", "-e", text]);
    assert_fails(&ran, 1, "error[read-only]: ");
    assert!(ran.out.contains("banner"));
    assert_eq!(fs::read(place.path(store)).unwrap(), before);
}

// -- running

#[test]
fn a_store_called_run_does_not_hide_the_command() {
    let place = Place::new();
    place.file("a.pcq", "SHOW KEYS;");
    assert_eq!(place.run(&["./run", "-e", "CREATE KEY a INTEGER DEFAULT 1"]).code, 0);
    let ran = place.run(&["run", "a.pcq", "--db", "./run", "--format", "jsonl"]);
    assert_eq!(ran.out.lines().count(), 1);
}

#[test]
fn keep_going_runs_the_rest_and_still_fails() {
    let place = Place::new();
    let text = "GET nope; CREATE KEY a INTEGER DEFAULT 1; GET a; GET nope2;";
    let ran = place.run(&["-e", text, "--keep-going", "--format", "jsonl"]);
    assert_eq!((ran.code, ran.out.lines().count()), (1, 1), "{ran:?}");
    assert_eq!(ran.err.matches("error[unknown-key]").count(), 2);
}

#[test]
fn several_statements_of_e_are_one_script() {
    let place = Place::new();
    let create = "CREATE KEY a INTEGER DEFAULT 1";
    let arguments = ["-e", "BEGIN", "-e", create, "-e", "COMMIT; GET a", "--format", "jsonl"];
    let ran = place.run(&arguments);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 1), "{ran:?}");
    assert_fails(&place.run(&["-e", "GET", "-e", "BEGIN"]), 4, "-e:1:");
}

#[test]
fn a_transaction_that_a_script_leaves_open_is_rolled_back_and_told() {
    let place = Place::new();
    let store = place.store();
    place.file("open.pcq", "\nBEGIN;\nCREATE KEY lost INTEGER DEFAULT 1;\n");
    place.file("next.pcq", "GET lost;");
    let ran = place.run(&["run", "open.pcq", "next.pcq", "--db", store, "--keep-going"]);
    assert_fails(&ran, 1, "open.pcq:2:1: error[transaction-state]: ");
    assert_fails(&ran, 1, "next.pcq:1:5: error[unknown-key]: ");
}

#[test]
fn each_script_has_an_actor_of_its_own() {
    let place = Place::new();
    let store = place.store();
    place.file("a.pcq", "SET ACTOR 'ann'; CREATE KEY a INTEGER DEFAULT 1;");
    place.file("b.pcq", "CREATE KEY b INTEGER DEFAULT 1; SHOW HISTORY LIMIT 2;");
    let arguments = ["run", "a.pcq", "b.pcq", "--db", store, "--format", "jsonl"];
    let ran = place.run(&[&arguments[..], &["--actor", "all", "--comment", "why"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines: Vec<_> = ran.out.lines().collect();
    assert!(lines[0].contains("\"all\"") && lines[1].contains("\"ann\""), "{ran:?}");
    assert!(lines[0].contains("\"why\""), "{ran:?}");
}

#[test]
fn standard_input_is_a_script() {
    let place = Place::new();
    let text = format!("{SETUP}GET rate;");
    let ran = place.run_with_input(&["run", "-", "--format", "jsonl"], &text);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 1), "{ran:?}");
    let wrong = place.run_with_input(&["run", "-"], "SHOW KEYS;\n oops;");
    assert_fails(&wrong, 4, "-:2:2: error[syntax]");
    assert_fails(&place.run_with_input(&["check", "-"], "oops;"), 4, "-:1:1: error[syntax]");
    let shell = place.run_with_input(&["--format", "jsonl"], &text);
    assert_eq!((shell.code, shell.out), (0, ran.out));
}

#[test]
fn a_pipe_that_is_no_file_can_be_run_too() {
    let place = Place::new();
    let mut command = place.command(&["run", "/dev/stdin", "--format", "jsonl"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let text = format!("{SETUP}GET rate;");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.out.lines().count(), 1);
}

#[test]
fn parameters_are_given_by_the_caller() {
    let place = Place::new();
    let store = place.store();
    let get = "GET banner FOR USER :id WITH :attributes";
    let arguments = [store, "-e", get, "--format", "jsonl", "-v", "id='u1'"];
    let attributes = ["-v", r#"attributes={"country": "US"}"#];
    let ran = place.run(&[&arguments[..], &attributes].concat());
    assert!(ran.out.contains(r#""value":"hello""#), "{ran:?}");
    assert_fails(&place.run(&arguments), 1, "error[unknown-parameter]: ");
}

#[test]
fn dry_run_leaves_the_store_as_it_was() {
    let place = Place::new();
    let store = place.store();
    let before = fs::read(place.path(store)).unwrap();
    let text = "CREATE KEY b INTEGER DEFAULT 7; GET b";
    let ran = place.run(&[store, "--dry-run", "-e", text, "--format", "jsonl"]);
    assert_eq!((ran.code, ran.out.contains(r#""value":7"#)), (0, true), "{ran:?}");
    assert_eq!(fs::read(place.path(store)).unwrap(), before);
    assert_eq!(place.run(&["new.pcdb", "--dry-run", "-e", text]).code, 0);
    assert!(!place.path("new.pcdb").exists());
}

#[test]
fn a_clock_stands_where_it_is_put() {
    let place = Place::new();
    let text = "CREATE KEY a INTEGER DEFAULT 1; ADVANCE CLOCK 1 DAY;
                CREATE KEY b INTEGER DEFAULT 1; SHOW HISTORY";
    let clock = ["--clock", "2026-01-01T01:00:00[Europe/Paris]"];
    let ran = place.run(&[&["s.pcdb", "-e", text, "--format", "jsonl"][..], &clock].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("2026-01-01T00:00:00Z"), "{ran:?}");
    assert!(ran.out.contains("2026-01-02T00:00:00Z"), "{ran:?}");
    assert_fails(&place.run(&["-e", "ADVANCE CLOCK 1 DAY"]), 1, "error[clock-not-manual]: ");
}

// -- errors

#[test]
fn an_error_shows_its_place() {
    let place = Place::new();
    place.file("a.pcq", "-- é\nSHOW KEYS; GET\n\t'日本', bannr;\n");
    let err = place.run(&["run", "a.pcq"]).err;
    assert!(err.starts_with("a.pcq:3:2: error[syntax]: "), "{err}");
    place.file("a.pcq", "SHOW KEYS;\nASSERT GET \"日本\"\n\tFOR USER 'x' = '';\n");
    let err = place.run(&["run", "a.pcq"]).err;
    let lines: Vec<_> = err.lines().collect();
    assert!(lines[0].starts_with("a.pcq:2:12: error[unknown-key]: "), "{err}");
    let snippet = ["  |", "2 | ASSERT GET \"日本\"", "  |            ^^^^^^"];
    assert_eq!(&lines[1..4], snippet);
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let place = Place::new();
    let has_color =
        |when: &[&str]| place.run(&[&["-e", "GET nope"], when].concat()).err.contains('\u{1b}');
    assert!(!has_color(&[]));
    assert!(has_color(&["--color", "always"]));
    assert!(!has_color(&["--color", "never"]));
}

#[test]
fn errors_and_tables_come_in_order() {
    let place = Place::new();
    place.file("a.pcq", format!("{SETUP}GET rate; GET nope; GET rate;"));
    let both = fs::File::create(place.path("both")).unwrap();
    let mut command = place.command(&["run", "a.pcq", "--keep-going", "--format", "jsonl"]);
    command.stdout(both.try_clone().unwrap()).stderr(both).status().unwrap();
    let both = fs::read_to_string(place.path("both")).unwrap();
    let first = both.find("\"rate\"").unwrap();
    let error = both.find("error[unknown-key]").unwrap();
    assert!(first < error && both[error..].contains("\"rate\""), "{both}");
}

// -- formats

#[test]
fn formats_write_what_they_say() {
    let place = Place::new();
    let store = place.store();
    let text = "GET rate, banner; CREATE KEY x JSON DEFAULT NULL; SHOW CONFIGS LIMIT 0";
    let run = |format| place.run(&[store, "-e", text, "--dry-run", "--format", format]).out;
    let rate = r#"{"key":"rate","value":5,"reason":"STATIC","config":null,"version":null,"segment":null,"variant":null}"#;
    assert_eq!(run("json").lines().count(), 2);
    assert!(run("json").starts_with(&format!("[{rate},{{")), "{}", run("json"));
    assert!(run("json").ends_with("}]\n[]\n"), "{}", run("json"));
    assert!(run("jsonl").starts_with(&format!("{rate}\n{{")), "{}", run("jsonl"));
    assert_eq!(run("jsonl").lines().count(), 2);
    let csv = "key,value,reason,config,version,segment,variant\r\nrate,5,STATIC,,,,\r\n";
    assert!(run("csv").starts_with(csv), "{}", run("csv"));
    assert!(run("line").starts_with("key = rate\nvalue = 5\n"), "{}", run("line"));
    assert!(run("markdown").starts_with("| key | value |"), "{}", run("markdown"));
    assert!(run("table").starts_with('┌'), "{}", run("table"));
}

#[test]
fn tables_do_not_run_into_each_other() {
    let place = Place::new();
    let text = "SHOW KEYS; CREATE KEY a INTEGER DEFAULT 1; GET a; SHOW CONFIGS; GET a";
    let blank_lines = |format| {
        let ran = place.run(&["-e", text, "--format", format]);
        ran.out.lines().filter(|line| line.is_empty()).count()
    };
    assert_eq!((blank_lines("markdown"), blank_lines("line"), blank_lines("jsonl")), (3, 1, 0));
}

// -- a closed pipe

#[test]
fn a_closed_pipe_ends_quietly() {
    let place = Place::new();
    let store = place.store();
    let create = |i| format!("CREATE KEY k{i} INTEGER DEFAULT {i};\n");
    let many: String = (0..5000).map(create).collect();
    place.file("many.pcq", format!("BEGIN;\n{many}COMMIT;\n"));
    assert_eq!(place.run(&["run", "many.pcq", "--db", store]).code, 0);
    let show = [store, "-e", "SHOW KEYS; SHOW KEYS; GET ALL"];
    for arguments in [&["dump", store][..], &["fmt", "many.pcq"], &show] {
        let mut command = place.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

// -- fmt

const UNTIDY: &str = "\
#!/usr/bin/env -S pcq run
-- about everything


/* a key */ create   key \"a\" integer   default 1 ;  -- the key
create segment s -- who
    where x = 1 /* one */ and y = 2; /* end */

get a;get
  b; get c as of 'when?';
-- the end
";

#[test]
fn fmt_is_canonical_keeps_comments_and_is_its_own_fixed_point() {
    let place = Place::new();
    place.file("a.pcq", UNTIDY);
    let ran = place.run(&["fmt", "a.pcq"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let start = "\
#!/usr/bin/env -S pcq run
-- about everything

/* a key */
CREATE KEY a INTEGER DEFAULT 1; -- the key
CREATE SEGMENT s -- who
    WHERE x = 1
        /* one */
        AND y = 2; /* end */

GET a;
GET b;
";
    assert!(ran.out.starts_with(start), "{}", ran.out);
    assert!(ran.out.ends_with("'when?';\n-- the end\n"), "{}", ran.out);
    assert_eq!(place.run_with_input(&["fmt", "-"], &ran.out).out, ran.out);
}

#[test]
fn fmt_checks_and_rewrites() {
    let place = Place::new();
    let path = place.file("a.pcq", UNTIDY);
    let good = place.run(&["fmt", "a.pcq"]).out;
    place.file("good.pcq", &good);
    let ran = place.run(&["fmt", "--check", "a.pcq", "good.pcq"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "a.pcq\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), UNTIDY);
    assert_eq!(place.run(&["fmt", "--write", "a.pcq", "good.pcq"]).code, 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), good);
    assert_eq!(place.run(&["fmt", "--check", "a.pcq", "good.pcq"]).code, 0);
}

#[test]
fn fmt_leaves_alone_what_does_not_parse() {
    let place = Place::new();
    let path = place.file("a.pcq", "get a; oops;");
    let ran = place.run(&["fmt", "--write", "a.pcq"]);
    assert_fails(&ran, 4, "a.pcq:1:8: error[syntax]");
    assert_eq!(fs::read_to_string(path).unwrap(), "get a; oops;");
    let long = format!("set comment '{}';", "x".repeat(2 << 20));
    let path = place.file("long.pcq", &long);
    assert_fails(&place.run(&["fmt", "--write", "long.pcq"]), 1, "error[limit]");
    assert_eq!(fs::read_to_string(path).unwrap(), long);
}

/// A source without an end is read as far as a statement may be long.
#[test]
#[cfg(unix)]
fn a_statement_without_an_end_is_not_read_for_ever() {
    let place = Place::new();
    for command in [&["run"][..], &["check"], &["fmt"], &["fmt", "--check"]] {
        let ran = place.run(&[command, &["/dev/zero"]].concat());
        assert_fails(&ran, 1, "/dev/zero:1:1: error[limit]: a statement has at most 1048576 bytes");
        assert!(ran.err.len() < 1_000, "{}", ran.err.len());
    }
    place.file("a.pcq", format!("CREATE KEY a INTEGER DEFAULT 1; GET {}", "a, ".repeat(1 << 20)));
    let ran = place.run(&["run", "a.pcq", "--db", "a.pcdb", "--keep-going"]);
    assert_fails(&ran, 1, "a.pcq:1:33: error[limit]");
    assert!(!place.path("a.pcdb").exists(), "nothing is run of what is not known to its end");
    let text = format!("CREATE KEY a INTEGER DEFAULT 1; GET {}", "a, ".repeat(1 << 20));
    assert_fails(&place.run_with_input(&["run", "-"], &text), 1, "-:1:33: error[limit]");
}

/// What can be read only once is read once, checked, and run from its copy.
#[test]
fn a_long_script_of_standard_input_is_run_to_its_end() {
    let place = Place::new();
    let comment = format!("-- {}\n", "x".repeat(1 << 18));
    let script = (0..12).map(|n| format!("{comment}CREATE KEY k{n} INTEGER DEFAULT {n};\n"));
    let script = script.collect::<String>() + "SHOW COUNT OF KEYS;";
    let ran = place.run_with_input(&["run", "-", "--format", "csv"], &script);
    assert_eq!((ran.code, &*ran.err, &*ran.out), (0, "", "count\r\n12\r\n"));
    let ran = place.run_with_input(&["run", "-"], &(script + " oops;"));
    assert_fails(&ran, 4, "error[syntax]");
}

// -- whole stores

#[test]
fn a_dump_rebuilds_the_store() {
    let place = Place::new();
    let store = place.store();
    let dump = place.run(&["dump", store]);
    assert_eq!((dump.code, dump.err.as_str()), (0, ""));
    let loaded = place.run_with_input(&["run", "-", "--db", "copy.pcdb"], &dump.out);
    assert_eq!((loaded.code, loaded.err.as_str()), (0, ""));
    assert_eq!(place.run(&["dump", "copy.pcdb"]).out, dump.out);
    assert_eq!(place.run(&["dump", store, "--current"]).code, 0);
}

#[test]
fn verify_says_what_it_checked() {
    let place = Place::new();
    let store = place.store();
    let ran = place.run(&["verify", store]);
    assert_eq!((ran.code, ran.err.as_str(), ran.out.is_empty()), (0, "", false));
}

#[test]
fn verify_proves_that_the_history_goes_on_from_a_hash() {
    let place = Place::new();
    let store = place.store();
    let hash = |store| {
        let out = place.run(&["verify", store]).out;
        let line = out.lines().find_map(|line| line.strip_prefix("newest hash"));
        line.unwrap().trim().to_owned()
    };
    let kept = hash(store);
    assert_eq!(kept.len(), 64);
    let history = place.run(&[store, "--format", "csv", "-e", "SHOW HISTORY LIMIT 1"]).out;
    assert!(history.trim_end().ends_with(&kept[..16]), "{history}");
    let dump = place.run(&["dump", store]).out;
    assert_eq!(place.run(&[store, "-e", "CREATE KEY later INTEGER DEFAULT 1"]).code, 0);
    assert_ne!(hash(store), kept);
    let ran = place.run(&["verify", store, "--from", &kept[..20].to_uppercase()]);
    assert!(ran.code == 0 && ran.out.contains("the history goes on from revision"), "{ran:?}");
    assert_eq!(place.run_with_input(&["run", "-", "--db", "copy.pcdb"], &dump).code, 0);
    assert_eq!(hash("copy.pcdb"), kept);
    // somebody else's history
    let other = dump.replacen("hello", "hullo", 1);
    assert_ne!(other, dump);
    assert_eq!(place.run_with_input(&["run", "-", "--db", "other.pcdb"], &other).code, 0);
    let ran = place.run(&["verify", "other.pcdb", "--from", &kept]);
    assert_fails(&ran, 3, "error[store-corrupt]: ");
    assert_fails(&place.run(&["verify", store, "--from", "12"]), 1, "error[bad-literal]: ");
}

#[test]
fn verify_finds_a_damaged_store() {
    let place = Place::new();
    let mut bytes = fs::read(place.path(place.store())).unwrap();
    bytes.iter_mut().skip(4096).for_each(|byte| *byte ^= 0x5a);
    place.file("damaged.pcdb", bytes);
    assert_fails(&place.run(&["verify", "damaged.pcdb"]), 3, "error[store-corrupt]: ");
}

#[test]
fn a_backup_is_a_store() {
    let place = Place::new();
    let store = place.store();
    let ran = place.run(&["backup", store, "copy.pcdb"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(place.run(&["dump", "copy.pcdb"]).out, place.run(&["dump", store]).out);
    assert_fails(&place.run(&["backup", store, "copy.pcdb"]), 1, "error[io]: ");
}

#[test]
fn compact_drops_what_is_kept_no_longer() {
    let place = Place::new();
    let track = |n: u32| {
        let (day, note) = (1 + n % 20, "x".repeat(2_000));
        let at = format!("AT '2025-01-{day:02}T00:00:00Z' ID 'id{n}'");
        format!("TRACK 'Seen' FOR USER 'u{n}' {{\"note\": \"{note}\"}} {at};")
    };
    let events: String = (0..200).map(track).collect();
    place.file("seed.pcq", format!("BEGIN; {events} COMMIT;"));
    let clock = "2025-02-01T00:00:00Z";
    let seeded = place.run(&["run", "seed.pcq", "--db", "seen.pcdb", "--clock", clock]);
    assert_eq!((seeded.code, seeded.err.as_str()), (0, ""));
    assert!(place.run(&["compact", "seen.pcdb"]).out.starts_with("events dropped  0\n"));
    place.run(&["seen.pcdb", "-e", "ALTER EVENT 'Seen' KEEP 14 DAYS"]);
    let ran = place.run(&["compact", "seen.pcdb"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let numbers = ran.out.lines().filter_map(|line| line.split_whitespace().last()?.parse().ok());
    let numbers: Vec<u64> = numbers.collect();
    assert_eq!(numbers[0], 170, "{}", ran.out);
    assert!(numbers[2] < numbers[1], "{}", ran.out);
    assert_eq!(fs::metadata(place.path("seen.pcdb")).unwrap().len(), numbers[2]);
    let left = place.run(&["seen.pcdb", "-e", "SHOW COUNT OF EVENTS", "--format", "csv"]);
    assert_eq!(left.out.lines().last(), Some("30"));
    assert_eq!(place.run(&["verify", "seen.pcdb"]).code, 0);
}

#[test]
fn what_is_not_there_is_not_compacted() {
    let place = Place::new();
    assert_fails(&place.run(&["compact", "nothing.pcdb"]), 3, "error[");
    assert!(!place.path("nothing.pcdb").exists());
}

// -- lists

#[test]
fn a_list_is_loaded_into_a_segment() {
    let place = Place::new();
    let store = place.store();
    place.file("ids.txt", "u1\r\n\nu2\nu1");
    let ran = place.run(&["list", store, "us", "ids.txt", "--actor", "ann", "--comment", "why"]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "loaded 2 ids into segment us\n", ""));
    let get = |user| {
        place.run(&[store, "--format", "csv", "-e", &format!("GET banner FOR USER '{user}'")])
    };
    assert!(get("u2").out.contains("hello") && !get("u3").out.contains("hello"));
    let ran = place.run_with_input(&["list", store, "new segment", "-"], "u3\n");
    assert_eq!((ran.code, &*ran.out), (0, "loaded 1 id into segment \"new segment\"\n"), "{ran:?}");
    let history = place.run(&[store, "--format", "csv", "-e", "SHOW HISTORY OF SEGMENT us"]).out;
    assert!(history.contains("ann") && history.contains("why"), "{history}");
    let verified = place.run(&["verify", store]);
    assert!(verified.out.contains("lists") && verified.code == 0, "{verified:?}");
    let dump = place.run(&["dump", store]).out;
    let ran = place.run_with_input(&["run", "-", "--db", "copy.pcdb"], &dump);
    assert_eq!((ran.code, place.run(&["dump", "copy.pcdb"]).out), (0, dump));
}

#[test]
fn a_list_with_a_wrong_line_changes_nothing() {
    let place = Place::new();
    let store = place.store();
    let before = place.run(&["dump", store]).out;
    place.file("long.txt", format!("u1\n\n{}\n", "x".repeat(2_000)));
    place.file("bytes.txt", b"u1\nu2\nu\xff\n");
    place.file("edge.txt", format!("\u{feff}u1\r\n{0}\r\n{0}x\r\n", "é".repeat(512)));
    for (file, error) in [
        ("long.txt", "long.txt:3: error[limit]: a user id has at most 1024 bytes"),
        ("edge.txt", "edge.txt:3: error[limit]: a user id has at most 1024 bytes"),
        ("bytes.txt", "bytes.txt:3: error[syntax]: "),
    ] {
        let ran = place.run(&["list", store, "us", file, "--max-rejected", "1"]);
        assert_fails(&ran, 1, error);
        assert!(ran.err.ends_with("nothing was loaded\n"), "{ran:?}");
    }
    #[cfg(unix)]
    assert_fails(&place.run(&["list", store, "us", "/dev/zero"]), 1, "/dev/zero:1: error[limit]");
    assert_eq!(place.run(&["dump", store]).out, before);
    assert_fails(&place.run(&["list", store, "EVERYONE", "-"]), 1, "error[already-exists]: ");
    assert_eq!(place.run(&["list", store, "us", "nothing.txt"]).code, 2);
    assert_eq!(place.run(&["list", "nothing.pcdb", "us", "nothing.txt"]).code, 2);
    assert!(!place.path("nothing.pcdb").exists());
}

/// What a list came to: the exit code, what was said, the users in it.
fn listed(place: &Place, arguments: &[&str]) -> (i32, String, String) {
    let ran = place.run(&[&["list", "l.pcdb", "us"], arguments].concat());
    let users = "SHOW USERS WHERE IN SEGMENT us";
    let users = place.run(&["l.pcdb", "--format", "jsonl", "-e", users]).out;
    let users: Vec<_> = users.lines().filter_map(|row| row.split('"').nth(3)).collect();
    (ran.code, ran.err, users.join("|"))
}

#[test]
fn a_list_is_what_a_spreadsheet_makes() {
    let place = Place::new();
    place.file(
        "crm.csv",
        "\u{feff}Name;User_ID;City\r\n\"Lovelace; Ada\"; ada ;London\r\nBob;bob;\r\nNo one;;\r\n",
    );
    place.file("one.txt", "user_id\n ada \n\nbob\n");
    place.file("quoted.txt", "\"ada\"\n\"b \"\"o\"\" b\"\n");
    place.file("tabs", "ada\tx\nbob\ty\n");
    place.file("ids.txt", "  ada\t\r\n   \r\nAda Lovelace\r\n");
    place.file("signs.txt", "a,b\n\"c\"\n");
    let below = |number: u32, name: &str| {
        format!("note: read as CSV: the ids are in column {number}, `{name}`, below its name\n")
    };
    let alone = "note: read as CSV of one column, without a header\n".to_owned();
    let second = "note: read as CSV: the ids are in column 2, without a header\n".to_owned();
    // who is in a row and has no id is told
    let nobody = "crm.csv:4: error[bad-literal]: a user id `` is not valid: it is empty, and other cells of the row are not\n\
                  hint: give the row an id, or leave it out\n";
    let told = nobody.to_owned() + &below(2, "User_ID");
    assert_eq!(listed(&place, &["crm.csv"]), (1, told, "ada|bob".to_owned()));
    for (arguments, note, users) in [
        (&["crm.csv", "--column", "name"][..], below(1, "Name"), "Bob|Lovelace; Ada|No one"),
        (&["one.txt"], below(1, "user_id"), "ada|bob"),
        (&["one.txt", "--format", "lines"], String::new(), "ada|bob|user_id"),
        (&["quoted.txt"], alone, "ada|b \\"),
        (&["tabs", "--column", "2"], second, "x|y"),
        (&["ids.txt"], String::new(), "Ada Lovelace|ada"),
        (&["signs.txt", "--format", "lines"], String::new(), "\\|a,b"),
    ] {
        assert_eq!(listed(&place, arguments), (0, note, users.to_owned()), "{arguments:?}");
    }
    assert_eq!(place.run(&["verify", "l.pcdb"]).code, 0);
}

#[test]
fn a_list_whose_column_is_not_known_is_not_read() {
    let place = Place::new();
    place.file("crm.csv", "name,mail\nAda,ada@b.c\n");
    for (column, error) in [
        (&[][..], "crm.csv:1: error[syntax]: expected a column called `user`, "),
        (
            &["--column", "e-mail"],
            "crm.csv:1: error[syntax]: expected `name` or `mail`, found `e-mail`",
        ),
        (&["--column", "3"], "crm.csv:1: error[syntax]: expected a column from 1 to 2, found 3"),
        (&["--column", "0"], "error: invalid value '0' for '--column <NAME|N>'"),
        (&["--column", "2", "--format", "lines"], "error: --column and --delimiter are for CSV"),
    ] {
        let arguments = [&["list", "l.pcdb", "us", "crm.csv"], column].concat();
        assert_fails(&place.run(&arguments), 2, error);
    }
    assert!(!place.path("l.pcdb").exists());
}

#[test]
fn lines_that_look_wrong_are_rejected_and_told() {
    let place = Place::new();
    place.file("ids.txt", "ada\nbob,x\n1.23457E+15\n#N/A\nz\u{200b}\neve\n");
    let (code, err, users) = listed(&place, &["ids.txt", "--rejected", "r.jsonl"]);
    assert_eq!((code, &*users), (1, "ada|eve"), "{err}");
    let heads: Vec<_> =
        err.lines().filter(|line| line.starts_with("ids.txt")).map(|line| &line[..29]).collect();
    let places = ["ids.txt:2", "ids.txt:3", "ids.txt:4", "ids.txt:5"];
    assert_eq!(
        heads,
        places
            .map(|place| format!("{place}: error[bad-literal]"))
            .map(|head| head[..29].to_owned())
    );
    assert!(
        err.contains("hint: `--format csv` reads cells, and `--format lines` takes each"),
        "{err}"
    );
    let rejected = std::fs::read_to_string(place.path("r.jsonl")).unwrap();
    assert_eq!(rejected.lines().count(), 4);
    assert!(
        rejected.starts_with(r#"{"file":"ids.txt","line":2,"column":null,"code":"bad-literal""#)
    );
    place.file("rows.csv", "id,city\nu1,x\nu2\nu3,\"y\" z\nu4,w\n");
    let (code, err, users) = listed(&place, &["rows.csv", "--show-rejected", "1"]);
    assert_eq!((code, &*users), (1, "u1|u4"));
    assert!(
        err.contains("rows.csv:3: error[syntax]: expected 2 cells")
            && err.contains("and 1 more rejected")
    );
    place.file("bad.txt", "#REF!\n");
    let ran = place.run(&["list", "l.pcdb", "us", "bad.txt"]);
    assert!(ran.code == 1 && ran.err.ends_with("nothing was loaded\n"), "{ran:?}");
    let said = place.run(&["list", "l.pcdb", "us", "ids.txt"]).out;
    assert_eq!(said, "loaded 2 ids into segment us, 4 rejected\n");
}

// -- statistics

#[test]
fn statistics_of_no_store_and_of_no_config_fail_and_write_nothing() {
    let place = Place::new();
    assert_fails(&place.run(&["stats", "nothing.pcdb", "home"]), 3, "error[");
    assert!(!place.path("nothing.pcdb").exists());
    let store = place.store();
    for options in [&[][..], &["--svg", "a.svg"], &["--html", "-"], &["--by", "day"]] {
        let ran = place.run(&[&["stats", store, "nope"], options].concat());
        assert_fails(&ran, 1, "error[");
        assert_eq!(ran.out, "", "{options:?}");
    }
    assert!(!place.path("a.svg").exists());
}

/// The script that counts: two users over two hours.
const DELIVERIES: &str = "\
GET banner FOR USER 'u1' WITH {\"country\": \"US\"};
GET banner FOR USER 'u2';
ADVANCE CLOCK 90 MINUTES;
GET banner FOR USER 'u2';
";

impl Place {
    /// A store in which something was delivered.
    fn counted(&self) -> &'static str {
        self.file("count.pcq", [SETUP, DELIVERIES].concat());
        let clock = ["--clock", "2026-03-01T09:00:00Z"];
        let ran = self.run(&[&["run", "count.pcq", "--db", "c.pcdb"], &clock[..]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        "c.pcdb"
    }
}

#[test]
fn statistics_are_those_of_the_statement() {
    let place = Place::new();
    let store = place.counted();
    let said = place.run(&[store, "--format", "jsonl", "-e", "SHOW STATS FOR CONFIG home;"]);
    let bytes = fs::read(place.path(store)).unwrap();
    let lines = place.run(&["stats", store, "home", "--format", "jsonl"]);
    assert_eq!((lines.code, &lines.out), (0, &said.out));
    assert!(lines.out.contains(r#""value":"hello","reason":"TARGETING_MATCH","deliveries":1"#));
    let hours = place.run(&["stats", store, "home", "--by", "hour", "--format", "csv"]);
    assert_eq!(hours.out.lines().count(), 4, "{}", hours.out);
    let options = ["--key", "banner", "--segment", "EVERYONE", "--of-version", "1"];
    let none = place.run(&[&["stats", store, "home", "--format", "jsonl"], &options[..]].concat());
    assert_eq!((none.code, &*none.out), (0, ""));
    let since = ["--since", "2026-03-01T10:00:00Z", "--by", "hour", "--format", "jsonl"];
    let late = place.run(&[&["stats", store, "home"], &since[..]].concat());
    assert_eq!(late.out.lines().count(), 1, "{}", late.out);
    assert!(fs::read(place.path(store)).unwrap() == bytes, "looking changed the store");
}

#[test]
fn statistics_show_sensitive_values_when_asked() {
    let place = Place::new();
    let store = place.counted();
    let hide = "ALTER KEY banner SET SENSITIVE;";
    assert_eq!(place.run(&[store, "-e", hide]).code, 0);
    let shown = place.run(&["stats", store, "home", "--format", "jsonl", "--show-sensitive"]);
    assert!(shown.out.contains(r#""value":"hello""#), "{}", shown.out);
    for options in [&["--format", "jsonl"][..], &["--html", "-"], &["--svg", "-"]] {
        let hidden = place.run(&[&["stats", store, "home"], options].concat());
        assert!(!hidden.out.contains("hello") && hidden.out.contains("***"), "{}", hidden.out);
    }
    let page = place.run(&["stats", store, "home", "--html", "-", "--show-sensitive"]);
    assert!(page.out.contains("hello"), "{}", page.out);
}

#[test]
fn statistics_are_drawn() {
    let place = Place::new();
    let store = place.counted();
    let chart = place.run(&["stats", store, "home", "--format", "chart"]);
    assert!(chart.out.starts_with("3 deliveries"), "{}", chart.out);
    assert!(chart.out.contains("█") && chart.out.contains("hello"), "{}", chart.out);
    for (option, file, begin) in [("--svg", "a.svg", "<svg"), ("--html", "a.html", "<!DOCTYPE")] {
        place.file(file, "old");
        assert_eq!(place.run(&["stats", store, "home", option, file]).code, 0);
        let drawn = fs::read_to_string(place.path(file)).unwrap();
        assert!(drawn.to_lowercase().starts_with(&begin.to_lowercase()), "{drawn:.60}");
        assert_eq!(place.run(&["stats", store, "home", option, "-"]).out, drawn);
        assert_fails(&place.run(&["stats", store, "home", option, "no/a"]), 1, "error[io]");
        // never in the place of a store
        assert_fails(&place.run(&["stats", store, "home", option, store]), 1, "error[io]");
        assert_eq!(place.run(&["verify", store]).code, 0);
    }
    place.run(&[store, "-e", "CREATE CONFIG idle SEGMENTS us KEY rate = 6;"]);
    let idle = place.run(&["stats", store, "idle", "--format", "chart"]);
    assert_eq!((idle.code, &*idle.out), (0, "no deliveries were counted\n"));
    let keys = place.run(&[store, "--format", "chart", "-e", "SHOW STATS FOR KEYS;"]);
    assert!(keys.out.contains("│ banner"), "{}", keys.out);
}

#[cfg(unix)]
#[test]
fn no_file_is_written_through_a_link() {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    let store = place.counted();
    let mine = place.file("mine", "mine");
    symlink(&mine, place.path("link")).unwrap();
    symlink(place.path("nothing"), place.path("dangling")).unwrap();
    symlink("/dev/null", place.path("null")).unwrap();
    place.file("a.jsonl", "{}\n");
    for file in ["link", "dangling"] {
        let error = format!("error[io]: {file}: it is a link, through which no file is written");
        assert_fails(&place.run(&["stats", store, "home", "--svg", file]), 1, &error);
        assert_fails(&place.run(&["stats", store, "home", "--html", file]), 1, &error);
        let ran = place.run(&["track", "t.pcdb", "a.jsonl", "--rejected", file]);
        assert_fails(&ran, 2, &error);
    }
    assert_eq!(fs::read_to_string(mine).unwrap(), "mine");
    assert!(!place.path("nothing").exists());
    assert_eq!(place.run(&["stats", store, "home", "--svg", "null"]).code, 0);
    assert_eq!(place.run(&["track", "t.pcdb", "a.jsonl", "--rejected", "null"]).code, 1);
    assert!(fs::symlink_metadata(place.path("null")).unwrap().is_symlink());
    place.file("r.jsonl", "longer than what comes of it, by far: ".repeat(9));
    assert_eq!(place.run(&["track", "t.pcdb", "a.jsonl", "--rejected", "r.jsonl"]).code, 1);
    assert_eq!(fs::read_to_string(place.path("r.jsonl")).unwrap().lines().count(), 1);
}

#[test]
fn statistics_of_what_is_not_there_are_errors_of_the_statement() {
    let place = Place::new();
    let store = place.counted();
    for (options, code) in [
        (&["nope"][..], "error[unknown-config]"),
        (&["home", "--key", "nope"], "error[unknown-key]"),
        (&["home", "--segment", "nope"], "error[unknown-segment]"),
        (&["home", "--of-version", "99"], "error[unknown-version]"),
    ] {
        assert_fails(&place.run(&[&["stats", store], options].concat()), 1, code);
    }
}
