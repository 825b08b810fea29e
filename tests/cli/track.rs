//! `pcq track`: loading users and events.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::{Place, Ran, assert_fails};

/// Two events and a profile.
const GOOD: &str = r#"{"event": "Charged", "user": "u1", "at": "2026-02-22T00:00:00Z", "id": "e1", "properties": {"amount": 12.5}}
{"event": "Opened", "user": "u2", "at": 1771718400000, "id": "e2"}
{"user": "u1", "at": "2026-02-22T00:00:00Z", "attributes": {"city": "Pune"}}
"#;

const COUNTS: [&str; 2] = ["--summary", "csv"];

impl Place {
    /// Loads files, and returns what is said of how many.
    fn track(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["track", "t.pcdb"], arguments].concat())
    }

    /// Loads a text under a name, and returns events, profiles, repeated and rejected.
    fn counts(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        self.file(name, text);
        counts(&self.track(&[&[name][..], &COUNTS].concat()))
    }
}

/// The row of `--summary csv`.
fn counts(ran: &Ran) -> String {
    let row = ran.out.lines().nth(1);
    row.unwrap_or_else(|| panic!("{ran:?}")).to_owned()
}

/// Where standard error says that something is wrong, and the codes.
fn places(ran: &Ran) -> Vec<String> {
    let heads = ran.err.lines().filter_map(|line| line.split_once("]: "));
    heads.map(|(head, _)| head.replace(" error[", " ")).collect()
}

// -- both formats

#[test]
fn json_lines_are_events_and_profiles() {
    let place = Place::new();
    place.file("a.jsonl", GOOD);
    let ran = place.track(&["a.jsonl"]);
    let said = "2 events and 1 profile added, 0 seen before, 0 rejected\n";
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, said, ""));
    assert_eq!(place.run(&["verify", "t.pcdb"]).code, 0);
}

#[test]
fn csv_is_events_or_profiles() {
    let place = Place::new();
    let events = "event,user,at,id,amount:number,vip:boolean,tags:json,note\n\
                  Charged,u1,2026-02-22T00:00:00Z,e1,12.5,TRUE,\"[1, \"\"x\"\"]\",\"two\nlines\"\n\
                  Charged,u2,1771718400000,,,,,\n";
    assert_eq!(place.counts("a.csv", events), "2,0,0,0");
    assert_eq!(place.counts("b.csv", "user,city,age:number\nu1,Pune,30\nu2,,7\n"), "0,2,0,0");
    assert_eq!(place.counts("c.tsv", "user\tcity\nu1\tPune, India\n"), "0,1,0,0");
    assert_eq!(place.counts("empty.csv", ""), "0,0,0,0");
    assert_eq!(place.counts("header.csv", "event,user\n"), "0,0,0,0");
    place.file("d.txt", "user;city\nu1;Pune\n");
    let ran = place.track(&["d.txt", "--format", "csv", "--delimiter", ";", "--summary", "csv"]);
    assert_eq!(counts(&ran), "0,1,0,0");
}

#[test]
fn several_files_are_counted_together() {
    let place = Place::new();
    place.file("a.jsonl", GOOD);
    place.file("b.csv", "user,city\nu1,Pune\n");
    let ran = place.track(&["b.csv", "a.jsonl", "--summary", "jsonl"]);
    let row = r#"{"events":2,"profiles":2,"repeated":0,"rejected":0}"#;
    assert_eq!((ran.code, ran.out.trim_end()), (0, row));
    assert_eq!(place.track(&["b.csv", "--quiet"]).out, "");
}

#[test]
fn standard_input_is_json_lines_unless_said_otherwise() {
    let place = Place::new();
    let ran = place.run_with_input(&["track", "t.pcdb", "-", "--summary", "csv"], GOOD);
    assert_eq!((ran.code, &*counts(&ran)), (0, "2,1,0,0"));
    let csv = ["track", "t.pcdb", "-", "--summary", "csv", "--format", "csv"];
    let ran = place.run_with_input(&csv, "user,city\nu1\n");
    assert_eq!((ran.code, &*counts(&ran)), (1, "0,0,0,1"));
    assert!(ran.err.starts_with("-:2: error[syntax]: "), "{ran:?}");
}

#[test]
fn a_pipe_can_be_loaded() {
    let place = Place::new();
    let arguments = ["track", "t.pcdb", "/dev/stdin", "--format", "csv", "--rejected", "r.jsonl"];
    let mut command = place.command(&arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"user,city\nu1,Pune\n").unwrap();
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.out, "0 events and 1 profile added, 0 seen before, 0 rejected\n");
}

#[test]
fn files_of_windows_are_files_too() {
    let place = Place::new();
    let marked = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    assert_eq!(place.counts("a.jsonl", marked), "2,1,0,0");
    let csv = "\u{feff}event,user,note\r\nCharged,u1,x\r\n\r\nCharged\r\n";
    place.file("a.csv", csv);
    let ran = place.track(&[&["a.csv"][..], &COUNTS].concat());
    assert_eq!(counts(&ran), "1,0,0,1");
    assert_eq!(places(&ran), ["a.csv:4: syntax"]);
}

#[test]
fn seconds_are_no_milliseconds_unless_that_is_said() {
    let place = Place::new();
    let lines = r#"{"event": "a", "user": "u", "at": 1771718400}
{"user": "u", "at": 1771718400.5, "attributes": {"b": 1}}
"#;
    place.file("a.jsonl", lines);
    place.file("a.csv", "event,user,at\na,u,1771718400\na,u,1771718401000\n");
    let ran = place.track(&["a.jsonl", "a.csv", "--summary", "csv"]);
    assert_eq!((ran.code, &*counts(&ran)), (1, "1,0,0,3"));
    assert_eq!(places(&ran), ["a.jsonl:1: bad-time", "a.jsonl:2: bad-time", "a.csv:2: bad-time"]);
    assert!(ran.err.contains("`1771718400` milliseconds since 1970 are before 1980"), "{ran:?}");
    assert!(ran.err.contains("hint: `--time-unit s` takes numbers for seconds"), "{ran:?}");
    let ran = place.track(&["a.jsonl", "a.csv", "--time-unit", "s", "--summary", "csv"]);
    assert_eq!((ran.code, &*counts(&ran)), (1, "2,1,0,1"));
    assert_eq!(places(&ran), ["a.csv:3: bad-time"]);
    let ran = place.track(&["a.jsonl", "--time-unit", "ms", "--summary", "csv"]);
    assert_eq!((ran.code, &*counts(&ran)), (0, "1,1,0,0"));
    let times = place.run(&["t.pcdb", "--format", "csv", "-e", "SHOW EVENTS"]).out;
    let years: Vec<_> = times.lines().skip(1).map(|row| &row[..4]).collect();
    assert_eq!(years, ["1970", "2026", "2026", "2026"], "{times}");
}

// -- what is rejected

#[test]
fn a_line_that_says_nothing_is_rejected_with_its_place() {
    let lines = [
        (r#"{"event": "a", "user": "u"}"#, None),
        ("", None),
        ("  \t", None),
        ("nope", Some(":2 bad-literal")),
        (r#"{"event": "é", "user": nope}"#, Some(":25 bad-literal")),
        (r#"{"event": "a", "user": "u"} {}"#, Some(":29 bad-literal")),
        (r#"{"event": "a", "event": "b", "user": "u"}"#, Some(" duplicate")),
        (r#"{"event": "a", "user": "u", "properties": {"x": 1, "x": 2}}"#, Some(" duplicate")),
        (r#"["event"]"#, Some(" type-mismatch")),
        (r#"{"event": "a", "user": "u", "attributes": {}}"#, Some(" syntax")),
        (r#"{"user": "u"}"#, Some(" syntax")),
        (r#"{"event": "a"}"#, Some(" syntax")),
        (r#"{"event": "a", "user": "u", "usr": 1}"#, Some(" syntax")),
        (r#"{"user": "u", "id": "x", "attributes": {}}"#, Some(" syntax")),
        (r#"{"event": 1, "user": "u"}"#, Some(" type-mismatch")),
        (r#"{"event": "a", "user": null}"#, Some(" type-mismatch")),
        (r#"{"event": "a", "user": "u", "id": 7}"#, Some(" type-mismatch")),
        (r#"{"event": "a", "user": "u", "at": true}"#, Some(" type-mismatch")),
        (r#"{"event": "a", "user": "u", "at": "today"}"#, Some(" bad-time")),
        (r#"{"event": "a", "user": "u", "at": 1e300}"#, Some(" bad-time")),
        (r#"{"event": "a", "user": "u", "properties": [1]}"#, Some(" type-mismatch")),
        (r#"{"user": "u", "attributes": {"user_id": "v"}}"#, Some(" duplicate")),
        (r#"{"event": "", "user": "u"}"#, Some(" bad-literal")),
        (r#"{"event": "a", "user": ""}"#, Some(" bad-literal")),
        (r#"{"user": "u", "attributes": {}}"#, Some(" bad-literal")),
    ];
    let place = Place::new();
    place.file("a.jsonl", lines.map(|(line, _)| line).join("\n"));
    let arguments = ["a.jsonl", "--show-rejected", "100", "--summary", "csv"];
    let ran = place.track(&arguments);
    let expected: Vec<_> = (1..)
        .zip(lines)
        .filter_map(|(number, (_, found))| Some(format!("a.jsonl:{number}{}", found?)))
        .map(|place| place.replacen(' ', ": ", 1))
        .collect();
    assert_eq!(places(&ran), expected);
    assert_eq!((ran.code, counts(&ran)), (1, format!("1,0,0,{}", expected.len())));
    assert!(ran.err.contains("hint: did you mean `user`?"), "{}", ran.err);
}

#[test]
fn a_row_that_says_nothing_is_rejected_with_its_place() {
    let text = "event,user,at,n:number,b:boolean,j:json\n\
                a,u,,,,\n\
                a,u,,1,true\n\
                a,u,,\"1\n2\",,\n\
                a,u,,,yes,\n\
                a,u,,,,{\n\
                a,u,today,,,\n\
                ,u,,,,\n\
                a,,,,,\n\
                a,u,,1e999,,,\n\
                a,u,,1,,1\n";
    let place = Place::new();
    place.file("a.csv", text);
    let ran = place.track(&[&["a.csv"][..], &COUNTS].concat());
    let expected = [
        "a.csv:3: syntax",
        "a.csv:4: bad-literal",
        "a.csv:6: bad-literal",
        "a.csv:7: bad-literal",
        "a.csv:8: bad-time",
        "a.csv:9: bad-literal",
        "a.csv:10: bad-literal",
        "a.csv:11: syntax",
    ];
    assert_eq!(places(&ran), expected, "{}", ran.err);
    assert_eq!((ran.code, &*counts(&ran)), (1, "2,0,0,8"));
    assert!(ran.err.contains("column `b` wants true or false"), "{}", ran.err);
}

#[test]
fn what_is_no_text_is_rejected() {
    let place = Place::new();
    place.file(
        "a.jsonl",
        b"{\"event\": \"\xff\", \"user\": \"u\"}\n{\"event\": \"a\", \"user\": \"u\"}\n",
    );
    place.file("a.csv", b"user,a\nu,\xff\nu,b\n");
    let ran = place.track(&["a.jsonl", "a.csv", "--summary", "csv", "--rejected", "r.jsonl"]);
    assert_eq!(places(&ran), ["a.jsonl:1: syntax", "a.csv:2: syntax"]);
    assert_eq!(counts(&ran), "1,1,0,2");
    assert!(fs::read_to_string(place.path("r.jsonl")).unwrap().contains("\"text\":\"u,\u{fffd}\""));
}

#[test]
fn a_huge_line_is_rejected_and_the_next_is_read() {
    let place = Place::new();
    let huge = "x".repeat(3 << 20);
    let good = r#"{"event": "a", "user": "u"}"#;
    place.file("a.jsonl", format!("{good}\n{{\"event\": \"{huge}\"}}\n{good}\n"));
    let arguments = ["a.jsonl", "--summary", "csv", "--rejected", "r.jsonl"];
    let ran = place.track(&arguments);
    assert_eq!((places(&ran), &*counts(&ran)), (vec!["a.jsonl:2: limit".to_owned()], "2,0,0,1"));
    let rejected = fs::read_to_string(place.path("r.jsonl")).unwrap();
    assert!(rejected.ends_with("\"text\":null}\n"), "{rejected}");
    place.file("a.csv", format!("user,a\nu,\"{huge}\n\"\"\",\nu,\"{huge},\n\"\nu,b\n"));
    let ran = place.track(&[&["a.csv"][..], &COUNTS].concat());
    assert_eq!(places(&ran), ["a.csv:2: limit", "a.csv:4: limit"]);
    assert_eq!(counts(&ran), "0,1,0,2");
}

#[test]
fn a_quote_without_an_end_takes_no_rows_in_silence() {
    let place = Place::new();
    place.file("a.csv", "user,a\nu,x\nu,\"y\nu,z\n");
    let ran = place.track(&[&["a.csv"][..], &COUNTS].concat());
    assert_eq!((places(&ran), &*counts(&ran)), (vec!["a.csv:3:3: syntax".to_owned()], "0,1,0,1"));
    assert!(ran.err.contains("a cell in quotes has no end"), "{}", ran.err);
}

#[test]
fn rows_do_not_melt_into_one_user() {
    let place = Place::new();
    let at = "2026-01-01T00:00:00Z";
    let rows =
        format!("user,event,at\n\"ada,E,{at}\nben,E,{at}\ncarl \"the king\",E,{at}\ndora,E,{at}\n");
    place.file("a.csv", rows);
    let ran = place.track(&["a.csv", "--summary", "csv", "--rejected", "r.jsonl"]);
    assert_eq!((ran.code, places(&ran)), (1, vec!["a.csv:4:7: syntax".to_owned()]), "{ran:?}");
    assert_eq!(counts(&ran), "1,0,0,1");
    let users = place.run(&["t.pcdb", "-e", "SHOW USERS;", "--format", "line"]);
    assert!(users.out.starts_with("user = dora\n") && !users.out.contains("ada"), "{users:?}");
    let rejected = fs::read_to_string(place.path("r.jsonl")).unwrap();
    let record = r#"{"file":"a.csv","line":4,"column":7,"code":"syntax","reason":"expected the end of the cell behind its closing quote, found text","text":"\"ada,E,"#;
    assert!(rejected.starts_with(record), "{rejected}");
    assert!(ran.err.contains("hint: the row begins in line 2\n"), "{}", ran.err);
    // every second row ends the cell that the one before it began
    place.file("b.csv", format!("user,event,a,b,c\n{}", "\"u,E,,,\n".repeat(1000)));
    assert_eq!(counts(&place.track(&[&["b.csv"][..], &COUNTS].concat())), "0,0,0,500");
}

#[test]
fn csv_is_as_its_standard_has_it() {
    let place = Place::new();
    place.file("a.csv", "user,a\nu,x\"y\nu, \"x\"\nu,x\ry\nu,\"x\"\r\n\"u\",\"\"\"\"\n");
    let ran = place.track(&[&["a.csv"][..], &COUNTS].concat());
    let expected = ["a.csv:2:4: syntax", "a.csv:3:4: syntax", "a.csv:4:4: syntax"];
    assert_eq!((places(&ran), &*counts(&ran)), (expected.map(str::to_owned).into(), "0,2,0,3"));
    place.file("old.csv", "user,a\ru,x\ru,y\r");
    assert_fails(&place.track(&["old.csv"]), 2, "old.csv:1:7: error[syntax]: expected a line feed");
}

#[test]
fn the_first_rejected_lines_are_told_and_all_are_kept() {
    let place = Place::new();
    place.file("a.jsonl", "{}\n".repeat(25));
    place.file("b.csv", "user,n:number\nu,\"x\r\n\"\n");
    let arguments = ["a.jsonl", "b.csv", "--summary", "csv", "--rejected", "r.jsonl"];
    let ran = place.track(&arguments);
    assert_eq!((places(&ran).len(), &*counts(&ran)), (20, "0,0,0,26"));
    assert!(ran.err.ends_with("and 6 more rejected\n"), "{}", ran.err);
    let rejected = fs::read_to_string(place.path("r.jsonl")).unwrap();
    let lines: Vec<_> = rejected.lines().collect();
    assert_eq!(lines.len(), 26);
    let first = r#"{"file":"a.jsonl","line":1,"column":null,"code":"syntax","reason":"expected `event` or `attributes`, found neither","text":"{}"}"#;
    assert_eq!(lines[0], first);
    assert!(lines[25].contains(r#""line":2"#), "{}", lines[25]);
    assert!(lines[25].ends_with(r#""text":"u,\"x\r\n\""}"#), "{}", lines[25]);
    let ran = place.track(&["a.jsonl", "--show-rejected", "0", "--quiet"]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (1, "", "25 rejected\n"));
}

#[test]
fn too_many_rejected_lines_stop_it() {
    let place = Place::new();
    let good = r#"{"event": "a", "user": "u"}"#;
    place.file("a.jsonl", format!("{good}\n{{}}\n{good}\n{{}}\n{good}\n"));
    place.file("b.jsonl", good);
    let arguments = ["a.jsonl", "b.jsonl", "--max-rejected", "2", "--summary", "csv"];
    let ran = place.track(&arguments);
    assert_eq!((ran.code, &*counts(&ran)), (1, "2,0,0,2"));
    assert!(
        ran.err.ends_with("stopped after 2 rejected lines: the rest was not read\n"),
        "{ran:?}"
    );
    assert_eq!(counts(&place.track(&[&arguments[..2], &COUNTS].concat())), "4,0,0,2");
}

// -- exit codes

#[test]
fn a_file_that_cannot_be_read_is_2_and_nothing_is_loaded() {
    let place = Place::new();
    place.file("good.jsonl", GOOD);
    place.file("text.txt", "");
    place.file("untyped.csv", "user,a:float\nu,1\n");
    place.file("nobody.csv", "event,amount\na,1\n");
    place.file("open.csv", "event,\"user\na,1\n");
    fs::create_dir(place.path("folder.jsonl")).unwrap();
    for (file, error) in [
        ("nothing.jsonl", "error[io]: nothing.jsonl: "),
        ("folder.jsonl", "error[io]: folder.jsonl: "),
        ("text.txt", "--format"),
        ("untyped.csv", "untyped.csv:1: error[syntax]: expected `string`"),
        ("nobody.csv", "nobody.csv:1: error[syntax]: expected a column `user`"),
        ("open.csv", "open.csv:1:7: error[syntax]: a cell in quotes has no end"),
    ] {
        assert_fails(&place.track(&["good.jsonl", file]), 2, error);
    }
    assert!(!place.path("t.pcdb").exists());
}

#[test]
fn arguments_that_make_no_sense_are_2() {
    let place = Place::new();
    place.file("a.jsonl", GOOD);
    for arguments in [
        &[][..],
        &["-", "-"],
        &["a.jsonl", "--delimiter", ";"],
        &["a.jsonl", "--format", "csv", "--delimiter", "::"],
        &["a.jsonl", "--format", "csv", "--delimiter", "\""],
        &["a.jsonl", "--max-rejected", "0"],
        &["a.jsonl", "--quiet", "--summary", "json"],
        &["a.jsonl", "--rejected", "a.jsonl"],
        &["a.jsonl", "--rejected", "no/r.jsonl"],
    ] {
        assert_eq!(place.track(arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(place.path("a.jsonl")).unwrap(), GOOD);
}

#[test]
fn a_store_that_is_none_is_3_and_is_not_overwritten() {
    let place = Place::new();
    place.file("a.jsonl", GOOD);
    let text = "this is no store ".repeat(500);
    place.file("t.pcdb", &text);
    assert_fails(&place.track(&["a.jsonl"]), 3, "error[store-corrupt]: ");
    assert_eq!(fs::read_to_string(place.path("t.pcdb")).unwrap(), text);
    let store = place.store();
    assert_fails(&place.run(&["track", store, "a.jsonl", "--rejected", store]), 1, "it is a store");
    assert_eq!(place.run(&["verify", store]).code, 0);
}

// -- the same again

#[test]
fn loading_again_adds_what_is_missing() {
    let place = Place::new();
    assert_eq!(place.counts("a.jsonl", GOOD), "2,1,0,0");
    let more = format!("{GOOD}{{\"event\": \"Opened\", \"user\": \"u1\", \"id\": \"e3\"}}\n");
    assert_eq!(place.counts("a.jsonl", &more), "1,1,2,0");
    let csv = "event,user,id\nOpened,u1,e3\nOpened,u1,e4\n";
    assert_eq!(place.counts("a.csv", csv), "1,0,1,0");
    let without_id = "event,user\nOpened,u1\n";
    assert_eq!(place.counts("b.csv", without_id), "1,0,0,0");
    assert_eq!(place.counts("b.csv", without_id), "1,0,0,0");
}

#[test]
fn loading_goes_on_where_it_was_interrupted() {
    let place = Place::new();
    let line = |n| format!("{{\"event\": \"a\", \"user\": \"u{}\", \"id\": \"e{n}\"}}\n", n % 100);
    // when more than two batches have been read the first one is durable
    let many: String = (0..200_000).map(line).collect();
    let mut command = place.command(&["track", "t.pcdb", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&many.as_bytes()[..many.len() * 3 / 4]).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    drop(input);
    place.file("all.jsonl", &many);
    let row = counts(&place.track(&[&["all.jsonl"][..], &COUNTS].concat()));
    let row: Vec<u64> = row.split(',').map(|count| count.parse().unwrap()).collect();
    assert_eq!((row[0] + row[2], row[1], row[3]), (200_000, 0, 0), "{row:?}");
    assert!(row[2] > 0, "the batches before it are kept: {row:?}");
    let again = counts(&place.track(&[&["all.jsonl"][..], &COUNTS].concat()));
    assert_eq!(again, "0,0,200000,0");
    assert_eq!(place.run(&["verify", "t.pcdb"]).code, 0);
}

#[test]
fn what_was_read_before_a_bad_header_is_kept() {
    let place = Place::new();
    place.file("users.csv", "user,city\nu1,Pune\n");
    let bad = place.file("standard-input", "event,amount\na,1\n");
    let arguments = ["track", "t.pcdb", "users.csv", "-", "--format", "csv"];
    let input = fs::File::open(bad).unwrap();
    let ran: Ran = place.command(&arguments).stdin(input).output().unwrap().into();
    assert_fails(&ran, 2, "-:1: error[syntax]: expected a column `user`");
    assert_eq!(ran.out, "0 events and 1 profile added, 0 seen before, 0 rejected\n");
}

#[test]
fn the_help_has_an_example() {
    let ran = Place::new().run(&["track", "--help"]);
    assert_eq!(ran.code, 0);
    for part in ["event,user,at,id,amount:number", "\"properties\"", "Examples:", "--rejected"] {
        assert!(ran.out.contains(part), "{part}");
    }
}

#[test]
fn a_rejected_cell_of_a_sensitive_attribute_is_not_shown() {
    let place = Place::new();
    let declared = "CREATE ATTRIBUTE n INTEGER SENSITIVE; CREATE ATTRIBUTE j JSON SENSITIVE";
    assert_eq!(place.run(&["t.pcdb", "-e", declared]).code, 0);
    place.file(
        "a.csv",
        "user,n:number,m:number,j:json\nu,topsecret,,\nu,,shown,\nu,,,\"{\"\"topsecret\"\":1,\"\"topsecret\"\":2}\"\nu,1.5,,\n",
    );
    let ran = place.track(&["a.csv"]);
    assert!(!ran.err.contains("topsecret") && !ran.err.contains("1.5"), "{}", ran.err);
    for message in [
        "cell `***` is not valid: column `n` wants a number as JSON writes it",
        "cell `shown` is not valid: column `m` wants a number as JSON writes it",
        "cell `***` is not valid: column `j` wants JSON",
        "attribute `n` is INTEGER, and *** is not",
    ] {
        assert!(ran.err.contains(message), "{message}: {}", ran.err);
    }
}
