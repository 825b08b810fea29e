//! `pcq fmt` of several scripts: folders, differences, and scripts that do not parse.

use std::fs;

use super::{Place, assert_fails};

const UGLY: &str = "create key a integer default 1;\nGET a;\n";
const TIDY: &str = "CREATE KEY a INTEGER DEFAULT 1;\nGET a;\n";

/// A place with folders of scripts.
fn folders() -> Place {
    let place = Place::new();
    fs::create_dir_all(place.path("all/below/.hidden")).unwrap();
    place.file("all/b.pcq", UGLY);
    place.file("all/a.pcq", TIDY);
    place.file("all/notes.txt", "no script");
    place.file("all/below/c.pcq", UGLY);
    place.file("all/below/.hidden/d.pcq", "no script");
    place
}

#[test]
fn the_scripts_of_folders_are_formatted_and_checked() {
    let place = folders();
    let ran = place.run(&["fmt", "--check", "all"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "all/b.pcq\nall/below/c.pcq\n"), "{ran:?}");
    assert_eq!(place.run(&["fmt", "all"]).out, [TIDY, TIDY, TIDY].concat());
    assert_eq!(place.run(&["check", "all"]).code, 0);
    assert_eq!(place.run(&["fmt", "--write", "all"]).code, 0);
    assert_eq!(place.run(&["fmt", "--check", "all"]).code, 0);
    place.file("all/below/e.pcq", "GET a;;\nGETT b;\n");
    assert_fails(&place.run(&["check", "all"]), 4, "all/below/e.pcq:2:1: error[syntax]");
    fs::create_dir(place.path("none")).unwrap();
    for command in ["fmt", "check"] {
        assert_fails(&place.run(&[command, "none"]), 2, "no file in it is called *.pcq");
    }
}

#[test]
fn what_does_not_parse_is_told_and_the_others_are_formatted() {
    let place = folders();
    place.file("all/bad.pcq", "get a; oops; get b; also wrong;");
    let ran = place.run(&["fmt", "--check", "all"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, "all/b.pcq\nall/below/c.pcq\n"), "{ran:?}");
    for error in ["all/bad.pcq:1:8: error[syntax]", "all/bad.pcq:1:21: error[syntax]"] {
        assert!(ran.err.contains(error), "{}", ran.err);
    }
    assert_fails(&place.run(&["fmt", "--write", "all"]), 4, "all/bad.pcq:1:8: error[syntax]");
    assert_eq!(fs::read_to_string(place.path("all/below/c.pcq")).unwrap(), TIDY);
    assert_eq!(
        fs::read_to_string(place.path("all/bad.pcq")).unwrap(),
        "get a; oops; get b; also wrong;"
    );
}

#[test]
fn differences_are_shown_as_a_unified_diff() {
    let place = folders();
    let ran = place.run(&["fmt", "--diff", "all"]);
    let of = |name: &str| {
        format!(
            "--- {name}\n+++ {name}\n@@ -1,2 +1,2 @@\n-create key a integer default 1;\n+CREATE KEY a INTEGER DEFAULT 1;\n GET a;\n"
        )
    };
    assert_eq!(ran.out, of("all/b.pcq") + &of("all/below/c.pcq"));
    assert_eq!(ran.code, 1);
    let ran = place.run(&["fmt", "--diff", "all/a.pcq"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
}

#[test]
fn a_script_that_runs_by_its_first_line_still_does() {
    let place = Place::new();
    let first = "#!/usr/bin/env -S pcq run\n";
    place.file("s.pcq", format!("{first}-- about\n{UGLY}"));
    assert_eq!(place.run(&["fmt", "--write", "s.pcq"]).code, 0);
    let text = fs::read_to_string(place.path("s.pcq")).unwrap();
    assert_eq!(text, format!("{first}-- about\n{TIDY}"));
    assert_eq!(place.run(&["run", "s.pcq"]).code, 0);
}

#[test]
fn what_a_store_is_written_as_is_formatted() {
    let place = Place::new();
    let script = "CREATE KEY a JSON DEFAULT 1; CREATE SEGMENT s WHERE x = 1; CREATE ATTRIBUTE y SEMVER CHECK (VALUE > '1');
        CREATE CONFIG c SEGMENTS s 50% BY y, EVERYONE KEY a VALUES (s = SPLIT (50% {\"b\": 1}, 50% 2), EVERYONE = 3);
        PUBLISH CONFIG c; ALTER CONFIG c SET a = 4; ALTER SEGMENT s WHERE y >= '2.0' AND x IN (1, 2, 3);";
    place.file("s.pcq", script);
    assert_eq!(place.run(&["run", "s.pcq", "--db", "s.pcdb"]).code, 0);
    for options in [&[][..], &["--current"]] {
        let dump = place.run(&[&["dump", "s.pcdb"], options].concat()).out;
        let ran = place.run_with_input(&["fmt", "--check", "-"], &dump);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{dump}");
    }
}
