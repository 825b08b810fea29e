//! Style that can be tested: who may import whom, what production code leaves out, what documents cover.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the bottom up; those of one line never import each other, but for the bottom.
const LAYERS: [&[&str]; 8] = [
    &["error", "limits", "clock", "shard"],
    &["model"],
    &["syntax", "store", "eval", "stats", "behaviour", "listing"],
    &["statement"],
    &["query", "transfer"],
    &["engine"],
    &["client"],
    &["shell"],
];

/// Crates that only one module may name.
const KEPT_APART: [(&str, &str); 6] = [
    ("redb", "store"),
    ("bincode", "store"),
    ("pest", "syntax"),
    ("pest_derive", "syntax"),
    ("datasketches", "model"),
    ("roaring", "listing"),
];

/// What is for tests and for work that is not done yet.
const UNFINISHED: [&str; 6] =
    ["todo!", "unimplemented!", "dbg!", ".unwrap()", ".expect(", "panic!"];

/// What only the program does.
const PRINTING: [&str; 4] = ["println!", "eprintln!", "print!(", "eprint!("];

/// The codes that no script in memory can bring about: the program's own tests do.
const OUTSIDE_OF_SCRIPTS: [&str; 7] = [
    "io",
    "read-only",
    "clock-not-manual",
    "no-value",
    "store-corrupt",
    "store-locked",
    "interrupted",
];

/// The code of what cannot happen.
const IMPOSSIBLE: &str = "bug";

#[test]
fn imports_point_down() {
    let exports = exports();
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| rank(&file.module).is_some()) {
        for name in crate_paths(&file.code) {
            let target = exports.get(&name).unwrap_or(&name);
            if !may_name(&file.module, target) {
                wrong.push(format!("{}: `{}` names `crate::{name}`", file.path, file.module));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_module_has_a_layer() {
    let modules: BTreeSet<_> = sources().into_iter().map(|file| file.module).collect();
    let stray =
        modules.iter().filter(|m| rank(m).is_none() && !["lib", "main"].contains(&m.as_str()));
    assert_none(&stray.cloned().collect::<Vec<_>>());
}

#[test]
fn crates_stay_behind_their_module() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (name, module) in KEPT_APART {
            if file.module != module && words(&file.code).any(|word| word == name) {
                wrong.push(format!("{} names {name}", file.path));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn production_code_is_finished() {
    let mut wrong = Vec::new();
    for file in sources() {
        let printing = PRINTING.iter().filter(|_| file.module != "shell" && file.module != "main");
        for pattern in UNFINISHED.iter().chain(printing) {
            let lines = file.code.lines().enumerate().filter(|(_, line)| line.contains(pattern));
            wrong
                .extend(lines.map(|(n, line)| format!("{}:{}: {}", file.path, n + 1, line.trim())));
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
fn every_error_code_is_in_the_reference() {
    let reference = read("grammar/README.md");
    let rows = reference.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let (codes, rows) = (codes(), rows.map(|(code, _)| code.to_owned()).collect::<BTreeSet<_>>());
    let missing: Vec<_> = codes.difference(&rows).cloned().collect();
    assert_none(&missing);
}

#[test]
fn every_error_code_is_tested() {
    let (mut scripts, mut tests) = (String::new(), String::new());
    for path in tracked().iter().filter(|path| path.starts_with(root().join("tests"))) {
        let text = fs::read_to_string(path).unwrap_or_default();
        let golden = path.extension().is_some_and(|extension| extension == "pcq");
        if golden {
            scripts.push_str(&text);
        } else if !path.ends_with("tidy.rs") {
            tests.push_str(&text);
        }
    }
    let shown = |text: &str, code: &str| {
        text.contains(&format!("[{code}]")) || text.contains(&format!("'{code}'"))
    };
    let tested = |code: &String| {
        code == IMPOSSIBLE
            || shown(&scripts, code)
            || OUTSIDE_OF_SCRIPTS.contains(&code.as_str())
                && (shown(&tests, code) || tests.contains(&format!("\"{code}\"")))
    };
    assert_none(&codes().into_iter().filter(|code| !tested(code)).collect::<Vec<_>>());
}

#[test]
fn the_scanner_sees_what_it_should() {
    let source = "//! Doc with todo!\nuse crate::{error::{Error, Result}, model::Name};\n\
        fn a() { let b = \"crate::shell\"; crate::limits::NESTING }\n\
        #[cfg(test)]\nmod tests { fn b() { panic!(\"{\") } }\nfn c() {}\n";
    let code = production(source);
    assert_eq!(crate_paths(&code), ["error", "limits", "model"].map(str::to_owned).into());
    assert!(!code.contains("panic!") && !code.contains("todo!"), "{code}");
    assert!(code.contains("fn c()"), "{code}");
    assert_eq!(code.lines().count(), source.lines().count());
    assert!(
        !may_name("model", "store") && !may_name("eval", "syntax") && may_name("error", "model")
    );
}

// ---- the sources

/// A file of production code.
struct Source {
    path: String,
    module: String,
    text: String,
    /// The text without comments, texts and tests; lines stay lines.
    code: String,
}

fn sources() -> Vec<Source> {
    let files = files_below(&root().join("src"));
    let rust = files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs") && !is_test(path));
    rust.map(|path| {
        let text = fs::read_to_string(&path).expect("the file is text");
        Source { module: module(&path), path: relative(&path), code: production(&text), text }
    })
    .collect()
}

fn is_test(path: &Path) -> bool {
    relative(path).split('/').any(|part| part == "tests" || part == "tests.rs")
}

/// The module at the top of the crate that a file is part of.
fn module(path: &Path) -> String {
    let below = relative(path).replace("src/", "");
    below.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Whether a module may name another. An error names what is wrong, so the bottom may name the model.
fn may_name(module: &str, target: &str) -> bool {
    let (Some(from), Some(to)) = (rank(module), rank(target)) else { return false };
    module == target || to < from || from == 0 && to <= 1
}

/// What `lib.rs` exports, by the module it comes from.
fn exports() -> BTreeMap<String, String> {
    let code = production(&read("src/lib.rs"));
    let mut exports = BTreeMap::new();
    for item in code.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next()) {
        let Some((module, names)) = item.split_once("::") else { continue };
        for name in words(names) {
            exports.insert(name.to_owned(), module.trim().to_owned());
        }
    }
    // what the file defines itself stands above everything that it may use
    let own = code.split("pub fn ").skip(1).filter_map(|rest| words(rest).next());
    exports.extend(own.map(|name| (name.to_owned(), "engine".to_owned())));
    exports
}

/// The first names after `crate::`, those in braces too.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => found.extend(words(rest).next().map(str::to_owned)),
            Some(list) => found.extend(first_names(list)),
        }
    }
    found
}

/// The first name of each item of a list up to its closing brace.
fn first_names(list: &str) -> Vec<String> {
    let (mut depth, mut item, mut found) = (0, String::new(), Vec::new());
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => found.push(std::mem::take(&mut item)),
            _ => item.push(c),
        }
    }
    found.push(item);
    found.iter().filter_map(|item| words(item).next().map(str::to_owned)).collect()
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The code without comments, texts and tests; what is left out becomes blanks.
fn production(source: &str) -> String {
    let code = without_comments(source);
    let mut kept = String::with_capacity(code.len());
    let mut rest = code.as_str();
    while let Some(start) = rest.find("#[cfg(test)]") {
        let (before, test) = rest.split_at(start);
        let (test, after) = test.split_at(item_length(test));
        kept.push_str(before);
        kept.extend(test.chars().map(blank));
        rest = after;
    }
    kept + rest
}

/// The length of an item: up to its `;`, or to the end of its braces.
fn item_length(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

fn without_comments(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let hidden = hidden_length(rest);
        if hidden > 0 {
            code.extend(rest[..hidden].chars().map(blank));
            rest = &rest[hidden..];
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    code
}

/// How much of a text is a comment, a text or a character; 0 if it begins with none.
fn hidden_length(rest: &str) -> usize {
    let to = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return to("*/");
    }
    if let Some(hashes) = raw_hashes(rest) {
        let open = 2 + hashes;
        let end = format!("\"{}", "#".repeat(hashes));
        return rest[open..].find(&end).map_or(rest.len(), |at| open + at + end.len());
    }
    if rest.starts_with('"') { quoted_length(rest) } else { character_length(rest) }
}

fn raw_hashes(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn quoted_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of `'x'` or `'\n'`; a lifetime is none.
fn character_length(rest: &str) -> usize {
    let Some(inner) = rest.strip_prefix('\'') else { return 0 };
    let mut chars = inner.char_indices();
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, c))) => {
            let from = at + c.len_utf8();
            inner[from..].find('\'').map_or(0, |end| from + end + 2)
        }
        (Some(_), Some((at, '\''))) => at + 2,
        _ => 0,
    }
}

fn blank(c: char) -> char {
    if c == '\n' { '\n' } else { ' ' }
}

/// The codes of all errors, as `error.rs` has them.
fn codes() -> BTreeSet<String> {
    let source = read("src/error.rs");
    let (_, function) = source.split_once("fn code(&self) -> &'static str {").expect("it is there");
    let (function, _) = function.split_once("\n    }\n").expect("it has an end");
    let texts = function.split('"').skip(1).step_by(2);
    let codes: BTreeSet<_> = texts.map(str::to_owned).collect();
    assert!(codes.len() > 25, "{codes:?}");
    codes
}

// ---- files

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("the file is there")
}

fn relative(path: &Path) -> String {
    let below = path.strip_prefix(root()).unwrap_or(path);
    below.display().to_string().replace('\\', "/")
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let files = |path: PathBuf| if path.is_dir() { files_below(&path) } else { vec![path] };
    paths.into_iter().flat_map(files).collect()
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
