//! Golden scripts: every script of `tests/scripts` is run, and what came of each statement is compared with
//! what the script itself records below it, in lines that begin with `--| `. So a script stays a program.
//!
//! `PCQ_RECORD=1 cargo test --test golden` writes what came of them into the scripts; the difference is then
//! reviewed like code. A script runs on a store in memory whose clock stands at `2026-03-01T09:00:00Z`, and
//! goes on after errors. Lines at its top may say otherwise or give parameters:
//!
//! ```text
//! -- clock: system
//! -- parameter: id = 'u1'
//! -- strict
//! ```
//!
//! A line `-- role: draft` begins a new session of that role, in which the statements below it are run.
//!
//! A text with an error of syntax is no script, so in `tests/scripts/syntax` the statements stand between
//! blank lines, and each is parsed on its own and not run.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pcq::statement::{HELP, Parsed};
use pcq::{
    Database, DumpKind, Error, Form, Outcome, Parameters, Place, Role, Rows, Script,
    ScriptStatement, Session, Timestamp, Value,
};

const MARK: &str = "--|";
const CLOCK: &str = "2026-03-01T09:00:00Z";

/// The codes that no script can cause.
const OUTSIDE: [&str; 9] = [
    "store-locked",
    "not-a-state",
    "store-failed",
    "store-corrupt",
    "io",
    "read-only",
    "no-value",
    "interrupted",
    "bug",
];

/// The codes of notes that no script can cause.
const OUTSIDE_NOTES: [&str; 2] = ["clock-behind", "left-as-is"];

/// The scripts with what is likely a slip, and meant here. The others have what people write, and no slip is found in it.
const WITH_SLIPS: [&str; 8] = [
    "errors/suspicious.pcq",
    "semantics/declared_late.pcq",
    "semantics/declared_types.pcq",
    "semantics/explain_unknown.pcq",
    "semantics/lists_and_ranges.pcq",
    "semantics/nothing_and_texts.pcq",
    "semantics/slips.pcq",
    "semantics/stored_meanings.pcq",
];

/// What all scripts together have shown.
#[derive(Default)]
struct Seen {
    codes: BTreeSet<&'static str>,
    notes: BTreeSet<&'static str>,
    /// The scripts with something that is likely a slip.
    slips: BTreeSet<String>,
    statements: BTreeSet<&'static str>,
}

#[test]
fn scripts_do_what_they_record() {
    let mut seen = Seen::default();
    let failures: Vec<_> = scripts().iter().filter_map(|path| check(path, &mut seen)).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    let codes = pcq::ErrorCode::ALL.iter().map(|code| code.as_str());
    let wanted = codes.filter(|code| !OUTSIDE.contains(code));
    let unseen: Vec<_> = wanted.filter(|code| !seen.codes.contains(code)).collect();
    assert!(unseen.is_empty(), "no script has an error of {unseen:?}");
    let codes = pcq::NoteCode::ALL.iter().map(|code| code.as_str());
    let wanted = codes.filter(|code| !OUTSIDE_NOTES.contains(code));
    let unseen: Vec<_> = wanted.filter(|code| !seen.notes.contains(code)).collect();
    assert!(unseen.is_empty(), "no script has a note of {unseen:?}");
    assert_eq!(seen.slips.iter().map(String::as_str).collect::<Vec<_>>(), WITH_SLIPS);
    let names = HELP.iter().map(|help| help.name);
    let missing: Vec<_> = names.filter(|name| !seen.statements.contains(name)).collect();
    assert!(missing.is_empty(), "no script has a statement {missing:?}");
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

/// The scripts, in the order of their paths.
fn scripts() -> Vec<PathBuf> {
    let (mut found, mut open) = (BTreeSet::new(), vec![directory()]);
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "pcq") {
                found.insert(path);
            }
        }
    }
    found.into_iter().collect()
}

/// Runs a script, and compares or records; what is different is returned.
fn check(path: &Path, seen: &mut Seen) -> Option<String> {
    let recorded = fs::read_to_string(path).unwrap();
    let source = stripped(&recorded);
    let result = if path.parent().is_some_and(|parent| parent.ends_with("syntax")) {
        parsed(&source, seen)
    } else {
        run(&source, seen)
    };
    let name = path.strip_prefix(directory()).unwrap_or(path).display().to_string();
    if result.as_ref().is_ok_and(|told| told.contains("[suspicious]")) {
        seen.slips.insert(name.clone());
    }
    match result {
        Err(problem) => Some(format!("{name}: {problem}")),
        Ok(actual) if actual == recorded => None,
        Ok(actual) if std::env::var_os("PCQ_RECORD").is_some() => {
            fs::write(path, actual).unwrap();
            None
        }
        Ok(actual) => Some(difference(&name, &recorded, &actual)),
    }
}

/// A script without what it records.
fn stripped(recorded: &str) -> String {
    recorded.split_inclusive('\n').filter(|line| !line.starts_with(MARK)).collect()
}

/// Runs a script, and gives it with what came of each statement.
fn run(source: &str, seen: &mut Seen) -> Result<String, String> {
    let mut session = session(source)?;
    let db = session.database().clone();
    let mut lines = source.split_inclusive('\n');
    let (mut written, mut done) = (String::new(), 0);
    for statement in Script::new(source.as_bytes()) {
        let statement = statement.map_err(|error| format!("{error:?}"))?;
        let end = last_line(&statement);
        let above: String = lines.by_ref().take(end.saturating_sub(done)).collect();
        if let Some(role) = role(&above)? {
            session = db.session().with_role(role);
        }
        written.push_str(&above);
        done = done.max(end);
        look_at(&statement, seen)?;
        let told = match session.run_parsed(&statement) {
            Ok(outcome) => told(&outcome, seen),
            Err(error) => told_error(&error, seen),
        };
        record(&mut written, &told);
    }
    written.extend(lines);
    hold_to_rules(&db).map_err(|problem| format!("the store it made: {problem}"))?;
    Ok(written)
}

/// Checks of the store that a script made that it is sound, and that its dumps make it again.
fn hold_to_rules(db: &Database) -> Result<(), String> {
    let problems = db.verify().map_err(|error| format!("{error:?}"))?.problems;
    let history = dump(db, DumpKind::History)?;
    for text in [&history, &dump(db, DumpKind::Current)?] {
        let formatted = Script::new(text.as_bytes()).formatted().collect::<Result<String, _>>();
        let formatted = formatted.map_err(|error| format!("{error:?}"))?;
        if formatted != *text {
            return Err(format!(
                "its dump is not canonical:\n{}",
                difference("dump", text, &formatted)
            ));
        }
    }
    let copy = dump(&made_of(&history, db)?, DumpKind::History)?;
    let current = made_of(&dump(db, DumpKind::Current)?, db)?;
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    if copy != history {
        return Err(format!("its dump makes another:\n{}", difference("dump", &history, &copy)));
    }
    match (values(db)?, values(&current)?) {
        (own, other) if own == other => Ok(()),
        (own, other) => {
            Err(format!("what stands today is another:\n{}", difference("values", &own, &other)))
        }
    }
}

fn dump(db: &Database, kind: DumpKind) -> Result<String, String> {
    let mut text = Vec::new();
    db.dump(&mut text, kind).map_err(|error| format!("{error:?}"))?;
    String::from_utf8(text).map_err(|error| error.to_string())
}

/// A store that a script makes, at the instant of another and with a clock like its.
fn made_of(script: &str, of: &Database) -> Result<Database, String> {
    let builder = Database::builder();
    let builder = if of.is_clock_manual() { builder.manual_clock(of.now()) } else { builder };
    let db = builder.in_memory().unwrap();
    db.execute(script).map_err(|error| format!("its dump fails with {error:?}\n{script}"))?;
    Ok(db)
}

/// The values that a user has.
fn values(db: &Database) -> Result<String, String> {
    let outcomes = db.execute("GET ALL FOR USER 'u1' WITH {\"n\": 1, \"country\": \"US\"};");
    let rows = outcomes.map_err(|error| format!("{error:?}"))?;
    let keep = |row: &Vec<Value>| format!("{} = {}", told_value(&row[0]), told_value(&row[1]));
    let rows = rows.iter().filter_map(Outcome::rows).flat_map(|rows| rows.rows().iter().map(keep));
    Ok(rows.collect::<Vec<_>>().join("\n"))
}

/// The line of the script, from 1, at which a statement ends.
fn last_line(statement: &ScriptStatement) -> usize {
    statement.line() as usize + statement.text().matches('\n').count()
}

/// Cuts a text at its blank lines, and gives it with what came of parsing each piece.
fn parsed(source: &str, seen: &mut Seen) -> Result<String, String> {
    let mut pieces = Vec::new();
    for piece in source.trim_end().split("\n\n") {
        let mut written = format!("{piece}\n");
        if piece.lines().any(|line| !line.starts_with("--")) {
            let told = match Parsed::parse(piece).and_then(|parsed| parsed.result) {
                Ok(statement) => vec![printed(&statement.to_string())?],
                Err(error) => told_error(&error, seen),
            };
            record(&mut written, &told);
        }
        pieces.push(written);
    }
    Ok(pieces.join("\n"))
}

/// A session on an empty store, as the lines at the top of the script want it.
fn session(source: &str) -> Result<Session, String> {
    let manual = !source.starts_with("-- clock: system\n");
    let start = Timestamp::parse(CLOCK).unwrap();
    let builder = Database::builder();
    let builder = if manual { builder.manual_clock(start) } else { builder };
    let builder = builder.strict(source.starts_with("-- strict\n"));
    let given = source.lines().filter_map(|line| line.strip_prefix("-- parameter: "));
    let parameters = given.map(parameter).collect::<Result<Vec<_>, _>>()?;
    let parameters: Parameters = parameters.into_iter().collect();
    Ok(builder.in_memory().unwrap().session().with_parameters(parameters))
}

/// The role that the last of the lines above a statement says, if one does.
fn role(above: &str) -> Result<Option<Role>, String> {
    let mut names = above.lines().filter_map(|line| line.strip_prefix("-- role: "));
    let known = |name| Role::ALL.into_iter().find(|role| role.as_str() == name);
    names.next_back().map(|name| known(name).ok_or(format!("no role is `{name}`"))).transpose()
}

fn parameter(text: &str) -> Result<(String, Value), String> {
    let (name, literal) = text.split_once(" = ").ok_or("a parameter is `name = literal`")?;
    let value = pcq::parse_value(literal).map_err(|error| format!("{error:?}"))?;
    Ok((name.to_owned(), value))
}

/// Notes what a statement is, and holds its canonical text to what it must be.
fn look_at(statement: &ScriptStatement, seen: &mut Seen) -> Result<(), String> {
    let Ok(node) = statement.result() else { return Ok(()) };
    let text = printed(&node.to_string())?;
    let names = HELP.iter().map(|help| help.name);
    seen.statements.extend(names.filter(|name| starts_with_words(&text, name)));
    let again = Parsed::parse(&text).ok().and_then(|parsed| parsed.result.ok());
    let same = again.as_ref() == Some(node);
    same.then_some(()).ok_or_else(|| format!("this is read as another statement: {text}"))
}

/// Checks that a canonical text is the canonical text of what it says.
fn printed(text: &str) -> Result<String, String> {
    match Parsed::parse(text).and_then(|parsed| parsed.result) {
        Ok(again) if again.to_string() == text => Ok(text.to_owned()),
        Ok(again) => Err(format!("this is written anew as another text: {text}\n{again}")),
        Err(error) => Err(format!("what was written cannot be read: {text}\n{error:?}")),
    }
}

fn starts_with_words(text: &str, words: &str) -> bool {
    text.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n']))
}

/// Adds lines to a script as a record.
fn record(script: &mut String, told: &[String]) {
    if !script.is_empty() && !script.ends_with('\n') {
        script.push('\n');
    }
    for line in told.iter().flat_map(|text| text.lines()) {
        writeln!(script, "{MARK} {line}").unwrap();
    }
}

fn told(outcome: &Outcome, seen: &mut Seen) -> Vec<String> {
    let mut lines = match outcome {
        Outcome::Rows(rows) => told_rows(rows),
        _ => vec![outcome.message().unwrap_or_default()],
    };
    for note in outcome.notes() {
        seen.notes.insert(note.code());
        lines.push(format!("note[{}]: {note}", note.code()));
        let place = note.place().filter(|_| note.span().is_some());
        lines.extend(place.map(|place| format!("  at: {}", told_place(place))));
        lines.extend(note.hints().iter().map(|hint| format!("  hint: {hint}")));
    }
    lines
}

fn told_rows(rows: &Rows) -> Vec<String> {
    let row = |(index, row): (usize, &Vec<Value>)| {
        let cell = |(column, value)| match rows.form(index, column) {
            Some(Form::Blank) => "BLANK".to_owned(),
            Some(Form::JsonText) => serde_json::to_string(value).unwrap(),
            _ => told_value(value),
        };
        row.iter()
            .enumerate()
            .map(|(column, value)| cell((column, value)))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    let header = std::iter::once(
        rows.columns().iter().map(pcq::Column::name).collect::<Vec<_>>().join(" | "),
    );
    header.chain(rows.rows().iter().enumerate().map(row)).collect()
}

/// A value as JSON; a text without quotes, if it could be nothing else.
fn told_value(value: &Value) -> String {
    let json = serde_json::to_string(value).unwrap();
    let Some(text) = value.as_str() else { return json };
    let plain = !text.is_empty() && text == text.trim_end() && !text.contains(['|', '\n']);
    let other = text == "BLANK" || serde_json::from_str::<serde_json::Value>(text).is_ok();
    if plain && !other { text.to_owned() } else { json }
}

fn told_error(error: &Error, seen: &mut Seen) -> Vec<String> {
    seen.codes.insert(error.code());
    let mut lines = vec![format!("error[{}]: {error}", error.code())];
    lines.extend(error.place().map(|place| format!("  at: {}", told_place(place))));
    lines.extend(error.hints().iter().map(|hint| format!("  hint: {hint}")));
    lines
}

/// The part of the statement that an error or a note points at, on one line.
fn told_place(place: &Place) -> String {
    let (start, end) = (place.span.start as usize, place.span.end as usize);
    let Some(text) = place.statement.get(start..end) else {
        return format!("outside the statement, {start}..{end}");
    };
    let words: Vec<_> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(100) {
        _ if text.is_empty() => "the end".to_owned(),
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// What a script records and what came of it, where they differ.
fn difference(name: &str, recorded: &str, actual: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (recorded.lines().collect(), actual.lines().collect());
    let mut text = format!("{name}: `-` is recorded, `+` is what came\n");
    let (mut at, mut of) = (0, 0);
    while at < old.len() || of < new.len() {
        if old.get(at) == new.get(of) {
            (at, of) = (at + 1, of + 1);
            continue;
        }
        let (gone, come) = until_same(&old[at..], &new[of..]);
        writeln!(text, "{}", place_of(&old, at)).unwrap();
        old[at..at + gone].iter().for_each(|line| writeln!(text, "- {line}").unwrap());
        new[of..of + come].iter().for_each(|line| writeln!(text, "+ {line}").unwrap());
        (at, of) = (at + gone, of + come);
    }
    text
}

/// How many lines of each there are before the two go on alike; as few as possible.
fn until_same(old: &[&str], new: &[&str]) -> (usize, usize) {
    let pairs = |sum: usize| (0..=sum.min(old.len())).map(move |gone| (gone, sum - gone));
    let mut candidates = (1..=old.len() + new.len()).flat_map(pairs);
    let same = |&(gone, come): &(usize, usize)| come <= new.len() && old.get(gone) == new.get(come);
    candidates.find(same).unwrap_or((old.len(), new.len()))
}

/// The line of a difference, and the statement before it.
fn place_of(old: &[&str], at: usize) -> String {
    let statement = old[..at].iter().rfind(|line| !line.starts_with(MARK));
    format!("line {}: {}", at + 1, statement.unwrap_or(&""))
}
