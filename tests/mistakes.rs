//! Mistakes that people make, and what the program says of each: it is recorded below them.
//!
//! A file of `tests/mistakes` has cases. A case begins with `=== ` and what it is about; then stands what is run, up to a
//! line `---`, and below that what came of it. That is a script, which is run on the store that `base.pcq` makes, or lines
//! that begin with `$ `: commands for a shell, in a folder with `base.pcq`, which is run on `base.pcdb` before.
//!
//! `PCQ_RECORD=1 cargo test --test mistakes` writes what came of them into the files, whose difference is reviewed like code.
#![cfg(feature = "cli")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pcq");
const CLOCK: &str = "2026-03-01T09:00:00Z";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes")
}

/// A case with what came of it.
struct Case<'c> {
    title: &'c str,
    input: &'c str,
    told: &'c str,
}

impl<'c> Case<'c> {
    fn of(text: &'c str) -> Self {
        let (title, rest) = text.split_once('\n').unwrap();
        let (input, told) = rest.split_once("\n---\n").unwrap_or((rest.trim_end(), ""));
        Self { title, input, told }
    }

    /// Runs it, and gives it with what comes of it.
    fn run(&self) -> String {
        let told =
            if self.input.starts_with("$ ") { commands(self.input) } else { script(self.input) };
        format!("=== {}\n{}\n---\n{}\n", self.title, self.input, told.trim_end())
    }
}

/// Runs a script after the base. A `;` may be missing at its end.
fn script(text: &str) -> String {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("case.pcq"), format!("{text};")).unwrap();
    let base = folder().join("base.pcq");
    let run =
        pcq(&place).arg("run").arg(base).args(["case.pcq", "--clock", CLOCK, "--echo"]).output();
    let told = text_of(&run.unwrap());
    let lines: Vec<_> = told.lines().filter(|line| !line.contains("base.pcq:")).collect();
    lines.join("\n")
}

/// Runs commands as a person would.
fn commands(lines: &str) -> String {
    let place = TempDir::new().unwrap();
    fs::copy(folder().join("base.pcq"), place.path().join("base.pcq")).unwrap();
    let made = pcq(&place).args(["run", "base.pcq", "--db", "base.pcdb"]).output().unwrap();
    assert!(made.status.success(), "{}", text_of(&made));
    let commands = lines.lines().filter_map(|line| line.strip_prefix("$ "));
    commands.map(|command| shell(&place, command)).collect()
}

fn shell(place: &TempDir, command: &str) -> String {
    let programs = Path::new(PROGRAM).parent().unwrap();
    let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap_or_default());
    let mut sh = Command::new("sh");
    sh.args(["-c", command]).env("PATH", path).current_dir(place.path());
    let run = sh.stdin(std::process::Stdio::null()).output().unwrap();
    let exit = run.status.code().unwrap();
    format!("{}exit code {exit}\n", text_of(&run))
}

fn pcq(place: &TempDir) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(place.path());
    command
}

fn text_of(output: &Output) -> String {
    [&output.stderr, &output.stdout].map(|text| String::from_utf8_lossy(text)).concat()
}

/// The files with cases.
fn files() -> Vec<PathBuf> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|is| is == "txt")).collect();
    files.sort();
    files
}

#[test]
fn what_is_said_of_mistakes_is_recorded() {
    let mut wrong = Vec::new();
    for path in files() {
        let recorded = fs::read_to_string(&path).unwrap();
        let actual: String =
            recorded.split("=== ").skip(1).map(|case| Case::of(case).run() + "\n").collect();
        let actual = actual.trim_end().to_owned() + "\n";
        if actual == recorded {
            continue;
        }
        if env::var_os("PCQ_RECORD").is_some() {
            fs::write(&path, actual).unwrap();
            continue;
        }
        let pairs = recorded.split("=== ").zip(actual.split("=== "));
        wrong.extend(
            pairs
                .filter(|(old, new)| old.trim() != new.trim())
                .map(|(old, new)| format!("recorded:\n{old}\ncame:\n{new}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever made a mistake is told what to do.
#[test]
fn all_that_is_wrong_has_a_hint() {
    let mut without = Vec::new();
    for path in files() {
        let recorded = fs::read_to_string(&path).unwrap();
        for case in recorded.split("=== ").skip(1).map(Case::of) {
            let is_wrong =
                ["error[", "error:", "[suspicious]"].iter().any(|is| case.told.contains(is));
            let has_hint = [
                "hint: ",
                "did you mean",
                "`pcq ",
                "write ",
                "it begins here",
                "here it is first",
                " -- ",
            ];
            if is_wrong && !has_hint.iter().any(|hint| case.told.contains(hint)) {
                without.push(case.title.to_owned());
            }
        }
    }
    assert!(without.is_empty(), "no hint: {without:?}");
}
