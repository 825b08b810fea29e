//! Tables as they are laid out at several widths: `tests/layout/WIDTH.txt` has what the program prints.
//!
//! `PCQ_RECORD=1 cargo test --test layout` writes what is printed into the files; the difference is then reviewed
//! like code.
#![cfg(feature = "cli")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use unicode_width::UnicodeWidthStr;

const WIDTHS: [&str; 4] = ["40", "60", "80", "120"];

/// What is asked of the store that `tests/layout/store.pcq` makes.
const QUESTIONS: &[&str] = &[
    "SHOW KEYS",
    "SHOW SEGMENTS",
    "SHOW CONFIGS",
    "SHOW SCHEDULE",
    "SHOW USERS",
    "SHOW EVENTS",
    "SHOW ATTRIBUTES",
    "SHOW HISTORY LIMIT 4",
    "SHOW VERSIONS OF CONFIG checkout",
    "SHOW VERSIONS OF KEY checkout.banner",
    "SHOW COUNT OF KEYS",
    "DESCRIBE CONFIG checkout",
    "DESCRIBE CONFIG checkout VERSION 1",
    "DESCRIBE KEY checkout.theme AS STATEMENT",
    "DESCRIBE KEY checkout.theme",
    "DESCRIBE SEGMENT \"Premium US\"",
    "DIFF CONFIG checkout VERSION 1 TO 2",
    "GET CONFIG checkout FOR USER 'ada'",
    "GET ALL WITH city = '日本'",
    "EXPLAIN GET checkout.layout FOR USER 'ada'",
    "EXPLAIN GET checkout.theme WITH city = 1, country = '日本'",
    "SHOW CHANGES OF checkout.theme FOR USER 'ada'",
    "SHOW STATS FOR KEYS",
    "SHOW STATS FOR CONFIG checkout",
    "SHOW STATS FOR CONFIG checkout KEY checkout.layout BY VALUE",
    "SHOW STATS FOR CONFIG checkout KEY checkout.theme BY SEGMENT, VALUE, WEEK",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout")
}

/// The output of one question at a width.
fn asked(store: &Path, width: &str, question: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pcq"));
    command.arg(store).args(["--readonly", "--format", "auto", "--width", width, "-e", question]);
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{question}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn tables_fit_their_width_and_look_as_recorded() {
    let scratch = tempfile::tempdir().unwrap();
    let store = scratch.path().join("layout.pcdb");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pcq"));
    let clock = ["--clock", "2026-03-01T09:00:00.123456Z"];
    let made =
        command.arg("run").arg(folder().join("store.pcq")).arg("--db").arg(&store).args(clock);
    let made = made.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for width in WIDTHS {
        let mut found = String::new();
        for question in QUESTIONS {
            let answer = asked(&store, width, question);
            let most = width.parse().unwrap();
            let is_wide = |line: &&str| UnicodeWidthStr::width(*line) > most;
            assert_eq!(answer.lines().find(is_wide), None, "{question}");
            let _ = write!(found, "pcq> {question};\n{answer}\n");
        }
        let file = folder().join(format!("{width}.txt"));
        if std::env::var_os("PCQ_RECORD").is_some() {
            fs::write(&file, &found).unwrap();
        }
        let recorded = fs::read_to_string(&file).unwrap_or_default();
        assert!(found == recorded, "{}:\n{found}", file.display());
    }
}
