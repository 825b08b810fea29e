//! Notes as the program tells them, slips that are errors, and `pcq check`.

use super::{Place, assert_fails};

const BASE: &str = "CREATE KEY price INTEGER DEFAULT 1; CREATE SEGMENT vips WHERE spent > 100;
    CREATE CONFIG prices SEGMENTS vips KEY price = 2; PUBLISH CONFIG prices;";

#[test]
fn notes_are_told_with_place_and_hints() {
    let place = Place::new();
    place.file(
        "a.pcq",
        "CREATE KEY k INTEGER DEFAULT 1;\nCREATE SEGMENT s\n  WHERE device = \"iPhone\";\n",
    );
    let ran = place.run(&["run", "a.pcq"]);
    let told = "a.pcq:3:18: note[suspicious]: `iPhone` is the name of an attribute here, and no such attribute is known\n  |\n3 |   WHERE device = \"iPhone\"\n  |                  ^^^^^^^^\nhint: a text is in single quotes: `'iPhone'`\n";
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "", told));
    place.run(&["s.pcdb", "-e", BASE]);
    let ran =
        place.run(&["s.pcdb", "-e", "SHOW COUNT OF KEYS; ALTER SEGMENT vips WHERE spent > 50"]);
    assert_eq!(ran.err, "-e:1:21: note[in-force]: in force at once in the live config `prices`\n");
}

#[test]
fn how_many_cells_were_overwritten_is_told_with_the_sentence() {
    let place = Place::new();
    place.run(&["s.pcdb", "-e", BASE]);
    place.file("a.pcq", "ALTER CONFIG prices SET price = 3;");
    place.file("b.pcq", "ALTER CONFIG prices SET price = 4;");
    assert_eq!(place.run(&["run", "a.pcq", "--db", "s.pcdb"]).err, "");
    let ran = place.run(&["run", "b.pcq", "--db", "s.pcdb", "--echo"]);
    assert!(
        ran.err.contains("b.pcq:1:1: note[overwritten]: overwritten: 1 cell of `price`"),
        "{ran:?}"
    );
}

#[test]
fn errors_and_notes_are_json_if_that_is_wanted() {
    let place = Place::new();
    place.file(
        "a.pcq",
        "CREATE SEGMENT s WHERE device = \"iPhone\";\nASSERT ERROR 'limit' GET nope;\nGET nope;",
    );
    let ran = place.run(&["run", "a.pcq", "--errors", "json", "--keep-going"]);
    let lines: Vec<_> = ran.err.lines().collect();
    let expected = [
        r#"{"file":"a.pcq","line":1,"column":33,"code":"suspicious","message":"`iPhone` is the name of an attribute here, and no such attribute is known","hints":["a text is in single quotes: `'iPhone'`"]}"#,
        r#"{"file":"a.pcq","line":2,"column":14,"code":"assertion-failed","message":"expected an error `limit`, got `unknown-key`: key `nope` does not exist","hints":[]}"#,
        r#"{"file":"a.pcq","line":3,"column":5,"code":"unknown-key","message":"key `nope` does not exist","hints":["`SHOW KEYS` lists those that there are"]}"#,
        r#"{"file":null,"line":null,"column":null,"code":null,"message":"1 assertion, 1 failed","hints":[]}"#,
    ];
    assert_eq!((ran.code, lines), (1, expected.to_vec()));
}

#[test]
fn slips_are_errors_if_that_is_wanted() {
    let place = Place::new();
    let slip = "CREATE SEGMENT s WHERE age BETWEEN 20 AND 10;";
    place.file("a.pcq", slip);
    assert_fails(
        &place.run(&["run", "a.pcq", "--db", "s.pcdb", "--strict"]),
        1,
        "a.pcq:1:36: error[suspicious]",
    );
    assert_fails(&place.run(&["s.pcdb", "-e", slip, "--strict"]), 1, "-e:1:36: error[suspicious]");
    let none = place.run(&["s.pcdb", "-e", "SHOW COUNT OF SEGMENTS", "--format", "csv"]);
    assert_eq!(none.out, "count\r\n0\r\n");
    assert_fails(
        &place.run(&["plan", "s.pcdb", "a.pcq", "--strict"]),
        1,
        "a.pcq:1:36: error[suspicious]",
    );
    assert_fails(
        &place.run(&["apply", "s.pcdb", "a.pcq", "--yes", "--strict"]),
        1,
        "error[suspicious]",
    );
    let applied = place.run(&["apply", "s.pcdb", "a.pcq", "--yes"]);
    assert!(
        applied.err.starts_with("a.pcq:1:36: note[suspicious]: nothing is between 20 and 10"),
        "{applied:?}"
    );
    assert_eq!((applied.code, applied.err.matches("suspicious").count()), (0, 1));
}

#[test]
fn check_tells_all_errors_of_all_scripts() {
    let place = Place::new();
    place.file(
        "a.pcq",
        "CREATE KEY k INTEGER DEFAULT 'x';\nCREATE;\nCREATE SEGMENT s WHERE IN SEGMENT other AND city MATCHES '(';\n\
         ALTER CONFIG nowhere SET k = SPLIT (50% 1, 60% 2);\nPUBLISH CONFIG nowhere AT 'soon';\n\
         CREATE SEGMENT t WHERE KEY(there) = 1 AND NOPE(1);\nALTER KEY there SET DEFAULT :n;\nBEGIN;\n",
    );
    place.file("b.pcq", "GET k;\nTRACK 'x' FOR USER 'u' {\"a\": 1} AT 'never';\nSHOW KEYS WHERE nope = 1;\nDROP KEY k;");
    let ran = place.run(&["check", "a.pcq", "b.pcq"]);
    let heads: Vec<_> = ran
        .err
        .lines()
        .filter_map(|line| line.split("]: ").next().filter(|head| head.contains("error[")))
        .collect();
    let expected = [
        "a.pcq:1:30: error[type-mismatch",
        "a.pcq:2:7: error[syntax",
        "a.pcq:3:58: error[bad-literal",
        "a.pcq:4:30: error[bad-split",
        "a.pcq:5:27: error[bad-time",
        "a.pcq:6:43: error[unknown-function",
        "a.pcq: error[transaction-state",
        "b.pcq:2:36: error[bad-time",
        "b.pcq:3:17: error[unknown-column",
        "b.pcq:4:1: error[syntax",
    ];
    assert_eq!((ran.code, heads), (4, expected.to_vec()), "{}", ran.err);
}

#[test]
fn check_knows_names_by_a_store_or_by_scripts() {
    let place = Place::new();
    place.run(&["s.pcdb", "-e", BASE]);
    place.file("base.pcq", BASE);
    place.file("a.pcq", "ALTER KEY prise SET DEFAULT 2;\nALTER KEY price SET DEFAULT 'x';\nCREATE SEGMENT t WHERE spend > 1;\n");
    place.file("b.pcq", "ALTER SEGMENT t WHERE spent = 2;\nASSERT GET price = 77;\n");
    for known in [["--db", "s.pcdb"], ["--after", "base.pcq"]] {
        let ran = place.run(&[&["check", "a.pcq", "b.pcq"][..], &known].concat());
        let expected = [
            "a.pcq:1:11: error[unknown-key]",
            "a.pcq:2:29: error[type-mismatch]",
            "a.pcq:3:24: note[suspicious]",
        ];
        let heads: Vec<_> = ran
            .err
            .lines()
            .filter(|line| line.starts_with("a.") || line.starts_with("b."))
            .collect();
        assert_eq!((ran.code, heads.len()), (1, expected.len()), "{}", ran.err);
        assert!(
            heads.iter().zip(expected).all(|(head, start)| head.starts_with(start)),
            "{}",
            ran.err
        );
    }
    // nothing of it is in the store
    let none = place.run(&["s.pcdb", "-e", "SHOW COUNT OF SEGMENTS", "--format", "csv"]);
    assert_eq!(none.out, "count\r\n1\r\n");
    assert_fails(&place.run(&["check", "a.pcq", "--db", "none.pcdb"]), 3, "none.pcdb");
    assert_fails(
        &place.run(&["check", "b.pcq", "--after", "a.pcq"]),
        1,
        "a.pcq:1:11: error[unknown-key]",
    );
}

#[test]
fn check_of_slips_is_0_unless_they_are_errors() {
    let place = Place::new();
    place.file(
        "a.pcq",
        "CREATE SEGMENT s WHERE age > '18';\nCREATE SEGMENT t WHERE device = \"iPhone\";",
    );
    let ran = place.run(&["check", "a.pcq"]);
    assert_eq!((ran.code, ran.err.matches("note[suspicious]").count()), (0, 2), "{ran:?}");
    let ran = place.run(&["check", "a.pcq", "--strict"]);
    assert_eq!((ran.code, ran.err.matches("error[suspicious]").count()), (1, 2), "{ran:?}");
}

#[test]
fn what_people_write_rightly_is_no_slip() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let paths = std::fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path());
    let scripts: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|is| is == "pcq")).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let ran = Place::new().run(&["check", script.to_str().unwrap(), "--strict"]);
        assert_eq!((ran.code, &*ran.err), (0, ""), "{script:?}");
    }
}

#[test]
fn check_finds_rows_in_a_wrong_order_without_a_store() {
    let place = Place::new();
    for (text, told) in [
        ("CREATE CONFIG c SEGMENTS EVERYONE, a KEY k = 1", "error[bad-order]"),
        ("ALTER CONFIG c SET SEGMENTS a, EVERYONE, b", "error[bad-order]"),
        ("CREATE CONFIG c SEGMENTS a, b, a KEY k = 1", "error[duplicate]"),
    ] {
        place.file("a.pcq", format!("{text};"));
        assert_fails(&place.run(&["check", "a.pcq"]), 1, told);
    }
    place.file("a.pcq", "ALTER CONFIG c ADD SEGMENT a, ADD SEGMENT b, SET SEGMENTS a, EVERYONE;");
    assert_eq!(place.run(&["check", "a.pcq"]).code, 0);
}
