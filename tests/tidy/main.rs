//! Style that can be tested: who may import whom, what every file says of itself, what documents cover.

mod import;
mod promise;
mod reference;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use import::{House, circles};
use pcq::ErrorCode;
use source::{Code, Source, files_below, read, relative, root, sources};

/// The modules of the library from the bottom up; those of one line never import each other, but for the bottom.
const LAYERS: [&[&str]; 10] = [
    &["error", "limits", "clock", "shard", "stack"],
    &["model"],
    &["stats", "behaviour", "listing"],
    &["syntax", "store", "eval"],
    &["statement"],
    &["script"],
    &["query", "transfer"],
    &["engine"],
    &["client"],
    &["fuzz"],
];

/// Crates that only one module may name.
const KEPT_APART: [(&str, &str); 7] = [
    ("redb", "store"),
    ("bincode", "store"),
    ("pest", "syntax"),
    ("pest_derive", "syntax"),
    ("datasketches", "model"),
    ("roaring", "listing"),
    ("stacker", "stack"),
];

/// The files that may import each other in a loop: an expression has functions over events in it, and those have
/// expressions.
const RECURSION: [&str; 5] = [
    "src/eval/evaluator.rs",
    "src/eval/field.rs",
    "src/eval/flow.rs",
    "src/eval/measure.rs",
    "src/eval/program.rs",
];

/// The codes that no script in memory can bring about: the program's own tests do.
const OUTSIDE_OF_SCRIPTS: [&str; 9] = [
    "not-a-state",
    "io",
    "read-only",
    "clock-not-manual",
    "no-value",
    "store-corrupt",
    "store-locked",
    "store-failed",
    "interrupted",
];

/// The code of what cannot happen.
const IMPOSSIBLE: &str = "bug";

#[test]
fn imports_point_down() {
    let sources = sources();
    let house = House::new(&sources);
    let mut wrong = Vec::new();
    for from in &sources {
        for (to, path) in house.imports(from).into_values() {
            if !may_import(from, to) {
                wrong.push(format!("{} names `{}` of {}", from.path, path.join("::"), to.path));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_module_has_a_layer() {
    let sources = sources();
    let modules: BTreeSet<_> =
        sources.iter().filter(|file| file.root == "lib").filter_map(Source::top).collect();
    let stray = modules.into_iter().filter(|module| rank(module).is_none());
    assert_none(&stray.map(str::to_owned).collect::<Vec<_>>());
}

#[test]
fn no_file_imports_itself_through_others() {
    let sources = sources();
    let circles = circles(&House::new(&sources), &sources);
    let new = circles.iter().filter(|circle| **circle != RECURSION);
    assert_none(&new.map(|circle| circle.join(", ")).collect::<Vec<_>>());
}

#[test]
fn crates_stay_behind_their_module() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (name, module) in KEPT_APART {
            let is_named =
                file.code.paths.iter().any(|path| path.first().is_some_and(|p| p == name));
            if is_named && file.top() != Some(module) {
                wrong.push(format!("{} names {name}", file.path));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = |file: &Source| !file.text.starts_with("//!");
    let silent: Vec<_> = sources().into_iter().filter(silent).map(|file| file.path).collect();
    assert_none(&silent);
}

#[test]
fn text_is_clean() {
    let forbidden =
        [concat!("..", "/shared"), concat!("/work", "/"), concat!("acceptance", "/seed")];
    let mut wrong = Vec::new();
    for path in tracked() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = relative(&path);
        if !text.is_empty() && !text.ends_with('\n') {
            wrong.push(format!("{name}: no line break at the end"));
        }
        for (number, line) in text.lines().enumerate() {
            wrong.extend(
                unclean(line, &forbidden).map(|what| format!("{name}:{}: {what}", number + 1)),
            );
        }
    }
    assert_none(&wrong);
}

fn unclean(line: &str, forbidden: &[&str]) -> Option<String> {
    if line.ends_with([' ', '\t', '\r']) {
        return Some("blanks at the end of the line".to_owned());
    }
    // a tab in quotes is what some script is about
    if line.contains('\t') && !line.contains('\'') {
        return Some("a tab".to_owned());
    }
    forbidden.iter().find(|word| line.contains(**word)).map(|word| format!("`{word}`"))
}

#[test]
fn every_statement_is_in_the_reference() {
    let reference = read("grammar/README.md");
    let missing = pcq::statement::HELP.iter().filter(|help| !reference.contains(help.name));
    assert_none(&missing.map(|help| help.name.to_owned()).collect::<Vec<_>>());
}

#[test]
fn every_column_is_in_the_reference() {
    let reference = read("grammar/README.md");
    let missing = pcq::tables().filter(|table| {
        let start = format!("| `SHOW {}` | ", table.name());
        let row = reference.lines().find_map(|line| line.strip_prefix(&start));
        let named = row.map(quoted_outside_of_brackets);
        named.is_none_or(|named| !table.columns().iter().map(pcq::Column::name).eq(named))
    });
    assert_none(&missing.map(|table| table.name().to_owned()).collect::<Vec<_>>());
}

/// The words in backquotes that stand in no brackets, where examples of values are.
fn quoted_outside_of_brackets(row: &str) -> Vec<&str> {
    let outside = row.split('(').map(|part| part.rsplit(')').next().unwrap_or(part));
    outside.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_error_code_is_in_the_reference() {
    let reference = read("grammar/README.md");
    let reference = without_links(&reference);
    let row = |code: &ErrorCode| format!("\n| `{code}` | {} | {} |\n", code.cause(), code.cure());
    let missing = ErrorCode::ALL.iter().map(row).filter(|row| !reference.contains(row));
    assert_none(&missing.collect::<Vec<_>>());
}

/// A text in which links are their words.
fn without_links(text: &str) -> String {
    let mut pieces = text.split("](#");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |mut plain, piece| {
        let (_, after) = piece.split_once(')').unwrap_or(("", piece));
        let start = plain.rfind('[').unwrap_or(plain.len());
        plain.remove(start);
        plain + after
    })
}

#[test]
fn every_note_code_is_in_the_reference() {
    let reference = read("grammar/README.md");
    let row = |code: &pcq::NoteCode| format!("\n| `{code}` | {} |\n", code.when());
    let missing = pcq::NoteCode::ALL.iter().map(row).filter(|row| !reference.contains(row));
    assert_none(&missing.collect::<Vec<_>>());
}

#[test]
fn every_error_code_is_tested() {
    let (mut scripts, mut tests) = (String::new(), String::new());
    for path in tracked().iter().filter(|path| path.starts_with(root().join("tests"))) {
        let text = fs::read_to_string(path).unwrap_or_default();
        let golden = path.extension().is_some_and(|extension| extension == "pcq");
        if golden {
            scripts.push_str(&text);
        } else if !path.starts_with(root().join("tests/tidy")) {
            tests.push_str(&text);
        }
    }
    let shown = |text: &str, code: &str| {
        text.contains(&format!("[{code}]")) || text.contains(&format!("'{code}'"))
    };
    let tested = |code: &str| {
        code == IMPOSSIBLE
            || shown(&scripts, code)
            || OUTSIDE_OF_SCRIPTS.contains(&code)
                && (shown(&tests, code) || tests.contains(&format!("\"{code}\"")))
    };
    let untested = ErrorCode::ALL.iter().map(|code| code.as_str()).filter(|code| !tested(code));
    assert_none(&untested.map(str::to_owned).collect::<Vec<_>>());
}

#[test]
fn the_reader_sees_what_it_should() {
    let code = Code::of(
        "//! Doc\nuse crate::{error::{self, Error as E}, model::Name};\npub use super::a::*;\n\
         fn f() { let b = \"crate::shell\"; g!(crate::limits::NESTING, x); E::new() }\n\
         #[cfg(test)]\nmod tests { use crate::store; }\nstruct S;",
    );
    let named = |path: &str| code.paths.contains(&words(path));
    assert!(named("crate::error") && named("crate::error::Error") && named("crate::model::Name"));
    assert!(named("crate::limits::NESTING") && named("E::new"));
    assert!(!named("crate::store") && !named("crate::shell"));
    assert_eq!(code.imports.get("E"), Some(&words("crate::error::Error")));
    assert_eq!(code.globs, [words("super::a")]);
    assert_eq!(code.items, ["S", "f"].map(str::to_owned).into());
}

#[test]
fn the_house_knows_where_names_are_defined() {
    let file = |path: &str, module: &str, text: &str| Source {
        path: path.to_owned(),
        root: "lib",
        module: words(module),
        text: text.to_owned(),
        code: Code::of(text),
    };
    let files = [
        file("lib", "", "pub use a::A;"),
        file("a", "a", "mod b; pub use b::B as A; fn f() { super::c::g() }"),
        file("b", "a::b", "pub struct B; use crate::c::C;"),
        file("c", "c", "use crate::A; pub struct C; pub fn g() {} use crate::d;"),
        file("d", "d", "fn h() { crate::c::g() }"),
    ];
    let house = House::new(&files);
    let imports = |n: usize| house.imports(&files[n]).into_keys().collect::<Vec<_>>();
    assert_eq!(imports(1), ["c"]);
    assert_eq!(imports(3), ["b"]);
    assert_eq!(imports(4), ["c"]);
    assert_eq!(circles(&house, &files), [["b", "c"]]);
}

#[test]
fn layers_let_imports_point_down_only() {
    let may = |from: &str, to: &str| {
        let [from, to] = [from, to].map(|module| Source {
            path: String::new(),
            root: "lib",
            module: words(module),
            text: String::new(),
            code: Code::default(),
        });
        may_import(&from, &to)
    };
    assert!(may("engine", "store") && may("error", "model") && may("eval", "eval::run"));
    assert!(!may("model", "store") && !may("eval", "syntax") && !may("model", "stray"));
}

fn words(path: &str) -> Vec<String> {
    path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Whether a file may import another. The program imports what the library exports, which stands above all of it;
/// an error names what is wrong, so the bottom may name the model.
fn may_import(from: &Source, to: &Source) -> bool {
    if from.root == "main" || from.top() == to.top() {
        return from.root == to.root || to.root == "lib";
    }
    // `lib.rs` may name all, and so may what the fuzzer feeds
    let Some(module) = from.top().filter(|module| *module != "fuzz") else { return true };
    match (rank(module), to.top().and_then(rank)) {
        (Some(upper), Some(lower)) => lower < upper || upper == 0 && lower <= 1,
        _ => false,
    }
}

/// What people write: sources, tests, scripts and documents.
fn tracked() -> Vec<PathBuf> {
    let folders = ["src", "tests", "grammar", "examples", "benches", ".ci", ".github"];
    let mut found: Vec<_> =
        folders.iter().flat_map(|folder| files_below(&root().join(folder))).collect();
    let top = fs::read_dir(root()).expect("the directory can be read");
    let top = top.filter_map(|entry| Some(entry.ok()?.path()));
    found.extend(top.filter(|path| path.extension().is_some_and(|e| e == "md" || e == "toml")));
    found
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn all_that_is_printed_is_made_visible() {
    const OUTLETS: [&str; 3] =
        ["src/shell/screen.rs", "src/shell/report.rs", "src/shell/args/check.rs"];
    let writes = |file: &Source| {
        let text = ["io::stdout()", "io::stderr()"]
            .iter()
            .fold(file.text.clone(), |text, of| text.replace(&format!("{of}.is_terminal()"), ""));
        ["io::stdout()", "io::stderr()", "print!(", "println!("].iter().any(|w| text.contains(w))
    };
    let shell = sources().into_iter().filter(|file| file.path.starts_with("src/shell"));
    let wrong = shell.filter(|file| !OUTLETS.contains(&&*file.path) && writes(file));
    assert_none(&wrong.map(|file| file.path).collect::<Vec<_>>());
}
