//! The page of promises: each line names the tests that hold it, and they are there.

use std::collections::BTreeSet;
use std::fs;

use super::assert_none;
use super::source::{files_below, is_rust, read, root};

const PAGE: &str = "grammar/promises.md";

#[test]
fn every_promise_names_tests_that_are_there() {
    let (page, tests) = (read(PAGE), tests());
    let rows: Vec<_> = promises(&page).collect();
    assert!(rows.len() > 40, "the page has so few promises: {}", rows.len());
    let mut wrong = Vec::new();
    for (promise, named) in rows {
        if named.is_empty() {
            wrong.push(format!("no test holds: {promise}"));
        }
        let missing = named.iter().filter(|name| !tests.contains(**name));
        wrong.extend(missing.map(|name| format!("there is no test `{name}`: {promise}")));
    }
    assert_none(&wrong);
}

#[test]
fn promises_are_read_from_their_tables() {
    let page = "| Promise | Tests |\n|---|---|\n| A `b` is. | `one`, `two` |\n| C. | |\n\n| What | How |\n|---|---|\n| d | `e` |\n";
    let found: Vec<_> = promises(page).collect();
    assert_eq!(found, [("A `b` is.", vec!["one", "two"]), ("C.", vec![])]);
}

#[test]
fn tests_are_found_by_their_mark() {
    let text = "#[test]\nfn one() {}\nfn two() {}\np! {\n    #[test]\n    #[expect(a)]\n    fn three(a in b) {}\n}";
    assert_eq!(tests_of(text).collect::<Vec<_>>(), ["one", "three"]);
}

/// The promises of a page, each with the tests that its row names.
fn promises(page: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let tables = page.split("| Promise | Tests |\n|---|---|\n").skip(1);
    let rows = tables.flat_map(|table| table.lines().take_while(|line| line.starts_with('|')));
    rows.map(|row| {
        let cells = row.trim_start_matches("| ").trim_end_matches(" |");
        let (promise, tests) = cells.rsplit_once(" |").unwrap_or((cells, ""));
        (promise, tests.split('`').skip(1).step_by(2).collect())
    })
}

/// The names of all functions that are tests, those in macros, too.
fn tests() -> BTreeSet<String> {
    let folders = ["src", "tests"].map(|folder| files_below(&root().join(folder)));
    let files = folders.into_iter().flatten().filter(|path| is_rust(path));
    let texts = files.map(|path| fs::read_to_string(path).expect("the file is text"));
    texts.flat_map(|text| tests_of(&text).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn tests_of(text: &str) -> impl Iterator<Item = &str> {
    let marked = text.split("#[test]\n").skip(1);
    marked.filter_map(|rest| rest.split_once("fn ")?.1.split(['(', '<']).next())
}
