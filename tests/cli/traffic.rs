//! `pcq traffic`: loading contexts.

use std::fs;
#[cfg(unix)]
use std::process::Command;

use super::{Place, Ran};

/// A context with all that there may be, and one with as little as there may be.
const GOOD: &str = r#"{"user": "u1", "attributes": {"city": "Oslo"}, "at": "2026-02-22T00:00:00Z", "count": 3}

{"attributes": {}}
"#;

impl Place {
    fn traffic(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["traffic", "t.pcdb"], arguments].concat())
    }

    /// The users that a preview of something finds, with their attributes and the sum of all.
    fn recorded(&self) -> (String, String) {
        let ask = |rest: &str| {
            let statement =
                format!("PREVIEW CREATE KEY seen BOOLEAN DEFAULT TRUE FOR TRAFFIC {rest}");
            self.run(&["t.pcdb", "--readonly", "--format", "csv", "-e", &statement]).out
        };
        (ask("BY USER"), ask(""))
    }
}

/// Where standard error says that something is wrong, and the codes.
fn places(ran: &Ran) -> Vec<String> {
    let heads = ran.err.lines().filter_map(|line| line.split_once("]: "));
    heads.map(|(head, _)| head.replace(" error[", " ")).collect()
}

#[test]
fn json_lines_are_contexts() {
    let place = Place::new();
    place.file("a.jsonl", GOOD);
    let ran = place.traffic(&["a.jsonl"]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "2 contexts recorded, 0 rejected\n", ""));
    let (by_user, sum) = place.recorded();
    let users: Vec<_> = by_user.lines().skip(1).map(|line| line.split(",seen,").next()).collect();
    assert_eq!(users, [Some(",{}"), Some(r#"u1,"{""city"":""Oslo""}""#)]);
    assert!(sum.lines().nth(1).unwrap().contains(",4,100.0,u1"), "{sum}");
    // once more it is counted once more
    let ran = place.run_with_input(&["traffic", "t.pcdb", "-", "--summary", "csv"], GOOD);
    assert_eq!((ran.code, &*ran.out), (0, "contexts,rejected\r\n2,0\r\n"));
    assert!(place.recorded().1.contains(",8,100.0,u1"));
    assert_eq!(place.traffic(&["a.jsonl", "--quiet"]).out, "");
    assert!(place.run(&["verify", "t.pcdb"]).out.contains("recorded contexts  2\n"));
}

#[test]
fn what_makes_no_sense_is_rejected_with_its_place() {
    let place = Place::new();
    let lines = [
        (r#"{"attributes": {"a": 1}, "at": 1771718400000}"#, None),
        (r#"{"user": "u"}"#, Some("syntax")),
        (r#"{"user": "u", "attributes": []}"#, Some("type-mismatch")),
        (r#"{"user": 7, "attributes": {}}"#, Some("type-mismatch")),
        (r#"{"user": "", "attributes": {}}"#, Some("bad-literal")),
        (r#"{"attributes": {}, "count": 0}"#, Some("bad-literal")),
        (r#"{"attributes": {}, "count": -1}"#, Some("bad-literal")),
        (r#"{"attributes": {}, "count": 1.5}"#, Some("type-mismatch")),
        (r#"{"attributes": {}, "count": 99999999999999999999}"#, Some("type-mismatch")),
        (r#"{"attributes": {}, "at": "yesterday"}"#, Some("bad-time")),
        (r#"{"attributes": {}, "at": 1771718400}"#, Some("bad-time")),
        (r#"{"attributes": {"user_id": "u"}}"#, Some("duplicate")),
        (r#"{"attributes": {"a": 1, "a": 2}}"#, Some("duplicate")),
        (r#"{"attributes": {}, "conut": 2}"#, Some("syntax")),
        (r#"[{"attributes": {}}]"#, Some("type-mismatch")),
        ("{\"attributes\": {\"a\": \"\u{1}\"}}", Some("bad-literal")),
        ("nonsense", Some("bad-literal")),
        ("", None),
    ];
    let text: Vec<_> = lines.iter().map(|(line, _)| *line).collect();
    place.file("a.jsonl", text.join("\n"));
    let ran = place.traffic(&["a.jsonl", "--rejected", "r.jsonl"]);
    let wanted: Vec<_> = (1..)
        .zip(lines)
        .filter_map(|(line, (_, code))| Some(format!("a.jsonl:{line} {}", code?)))
        .collect();
    let found: Vec<_> = places(&ran)
        .iter()
        .map(|place| {
            let (place, code) = place.split_once(' ').unwrap();
            let place: Vec<_> = place.split(':').take(2).collect();
            format!("{} {code}", place.join(":"))
        })
        .collect();
    assert_eq!(found, wanted, "{}", ran.err);
    assert_eq!((ran.code, &*ran.out), (1, "1 context recorded, 16 rejected\n"));
    let rejected = fs::read_to_string(place.path("r.jsonl")).unwrap();
    assert_eq!(rejected.lines().count(), 16);
    assert!(ran.err.contains("did you mean"), "{}", ran.err);
}

#[test]
fn a_count_that_is_none_is_told_with_what_one_is() {
    let place = Place::new();
    for wrong in ["0", "-1", "1.5", "99999999999999999999", "\"3\"", "null"] {
        let line = format!(r#"{{"attributes": {{}}, "count": {wrong}}}"#);
        let told = place.run_with_input(&["traffic", "t.pcdb", "-"], &line).err;
        let range = "a whole number from 1 to 9223372036854775807";
        assert!(told.contains("-:1: error[") && told.contains("`count`"), "{told}");
        assert!(told.contains(range), "{told}");
    }
}

/// The limit of the size of a file is the disk that is full.
#[cfg(unix)]
#[test]
fn batches_before_one_that_fails_are_counted() {
    const BATCH: usize = 16_384;
    let place = Place::new();
    let large = "x".repeat(60_000);
    let large = (0..200).map(|n| format!("{{\"attributes\": {{\"a\": \"{n}{large}\"}}}}\n"));
    let small = std::iter::repeat_n("{\"attributes\": {}}\n".to_owned(), BATCH);
    place.file("a.jsonl", small.chain(large).collect::<String>());
    let limited = "trap '' XFSZ; ulimit -f 8192; exec \"$0\" traffic t.pcdb a.jsonl";
    let mut command = Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_pcq")]).current_dir(place.path(""));
    let ran = Ran::from(command.output().unwrap());
    assert_eq!((ran.code, &*ran.out), (3, "16384 contexts recorded, 0 rejected\n"), "{ran:?}");
    assert!(ran.err.contains("error[io]"), "{ran:?}");
    assert!(place.recorded().1.contains(",16384,100.0,"), "{:?}", place.recorded());
}

#[test]
fn long_lines_and_bytes_that_are_no_text_are_rejected() {
    let place = Place::new();
    let long = format!(r#"{{"attributes": {{"a": "{}"}}}}"#, "x".repeat(70_000));
    let longer = format!(r#"{{"attributes": {{"a": "{}"}}}}"#, "x".repeat(5 << 20));
    let deep = format!(r#"{{"attributes": {{"a": {}1{}}}}}"#, "[".repeat(200), "]".repeat(200));
    let text =
        [long.as_bytes(), longer.as_bytes(), deep.as_bytes(), b"\xff{}", b"{\"attributes\": {}}"];
    place.file("a.jsonl", text.join(&b'\n'));
    let ran = place.traffic(&["a.jsonl"]);
    let codes: Vec<_> =
        places(&ran).iter().map(|p| p.split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(codes, ["limit", "limit", "limit", "syntax"], "{}", ran.err);
    assert_eq!((ran.code, &*ran.out), (1, "1 context recorded, 4 rejected\n"));
}

#[test]
fn usage_is_that_of_track() {
    let place = Place::new();
    place.file("a.jsonl", "x\ny\nz\n");
    let ran = place.traffic(&["a.jsonl", "--max-rejected", "2"]);
    assert!(ran.err.contains("stopped after 2 rejected lines"), "{ran:?}");
    assert_eq!(place.traffic(&["missing.jsonl"]).code, 2);
    assert_eq!(place.traffic(&["-", "-"]).code, 2);
    assert_eq!(place.traffic(&["a.jsonl", "--quiet", "--summary", "csv"]).code, 2);
    assert_eq!(place.run(&["traffic", "t.pcdb"]).code, 2);
    let seconds = r#"{"attributes": {}, "at": 1771718400}"#;
    let ran = place.run_with_input(&["traffic", "t.pcdb", "-", "--time-unit", "s"], seconds);
    assert_eq!((ran.code, &*ran.out), (0, "1 context recorded, 0 rejected\n"));
}
