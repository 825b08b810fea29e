//! The examples of the documents: each is run, and must print what the page says it prints.
//!
//! What the blocks of a page are, by the word after their fence:
//!
//! - `pcq`: a script that runs with exit code 0, in memory, on a clock that stands at [`CLOCK`]. The block
//!   `text` right below is its output; without one it prints nothing.
//! - `pcq continue`: runs after the scripts above it in the same section (`##`), back to the last that is
//!   not `continue`; those that fail do not count.
//! - `pcq fails`: fails, and the block `text` below is its standard error.
//! - `console`: commands after `$`, run by `sh` in a directory that the section shares, and their output.
//! - `terminal`: a session in the shell, which `tests/cli/session.rs` types.
//! - `json`: the attributes of the user for whom the cells in columns headed `True` are true.
//!
//! `PCQ_RECORD=1 cargo test --test docs` writes the outputs there are into the pages.

#![cfg(feature = "cli")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pcq");
const CLOCK: &str = "2026-03-01T09:00:00Z";

#[test]
fn the_examples_of_the_readme_are_true() {
    check_page("README.md");
}

#[test]
fn the_examples_of_the_reference_are_true() {
    check_page("grammar/README.md");
}

#[test]
fn the_example_script_runs_as_the_readme_says() {
    let script = root().join("examples/dark_mode.pcq");
    let run = Command::new(PROGRAM).arg("run").arg(script).output().expect("the program starts");
    assert_eq!(text(&run.stderr), "12 assertions, 0 failed\n");
    assert!(run.status.success());
    let tables = text(&run.stdout).matches('┌').count();
    assert_eq!(tables, 3, "it ends with three tables");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// An output as a page shows it: CSV ends its lines with CR and LF.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).expect("the output is UTF-8");
    text.replace("\r\n", "\n")
}

fn check_page(name: &str) {
    let path = root().join(name);
    let source = fs::read_to_string(&path).expect("the page is there");
    let mut page = Page::new(name, &source);
    page.run();
    let record = env::var_os("PCQ_RECORD").is_some();
    if record {
        fs::write(&path, &page.written).expect("the page can be written");
    }
    let failures = if record { &page.broken } else { &page.failures };
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// A page that is read, run, and written again with the outputs there are.
struct Page<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
    at: usize,
    written: String,
    /// What is not as the page says.
    failures: Vec<String>,
    /// Of these, what recording does not mend.
    broken: Vec<String>,
    section: Section,
}

/// What the blocks of a section have in common.
struct Section {
    directory: TempDir,
    /// The scripts that `continue` goes on from, and what they print.
    scripts: Vec<String>,
    printed: String,
    /// The attributes for which conditions are true.
    attributes: String,
}

impl Section {
    fn new() -> Self {
        Self {
            directory: TempDir::new().expect("there is a temporary directory"),
            scripts: Vec::new(),
            printed: String::new(),
            attributes: "{}".to_owned(),
        }
    }

    /// Runs scripts one after the other on one store.
    fn run(&self, scripts: &[String]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.current_dir(self.directory.path()).args(["run", "--clock", CLOCK]);
        for (number, script) in scripts.iter().enumerate() {
            let last = number + 1 == scripts.len();
            let name = if last { "example.pcq".to_owned() } else { format!("before{number}.pcq") };
            fs::write(self.directory.path().join(&name), script)
                .expect("the script can be written");
            command.arg(name);
        }
        command.output().expect("the program starts")
    }
}

impl<'a> Page<'a> {
    fn new(name: &'a str, source: &'a str) -> Self {
        Self {
            name,
            lines: source.lines().collect(),
            at: 0,
            written: String::new(),
            failures: Vec::new(),
            broken: Vec::new(),
            section: Section::new(),
        }
    }

    fn run(&mut self) {
        while let Some(&line) = self.lines.get(self.at) {
            if line.starts_with("## ") {
                self.section = Section::new();
            }
            match line.strip_prefix("```") {
                Some(tag) => self.block(tag),
                None if line.starts_with('|') => self.table(),
                None => self.copy(line),
            }
        }
    }

    fn copy(&mut self, line: &str) {
        self.written.push_str(line);
        self.written.push('\n');
        self.at += 1;
    }

    /// Copies a block, and returns what is in it.
    fn copy_block(&mut self) -> String {
        let mut inside = String::new();
        self.copy(self.lines[self.at]);
        while let Some(&line) = self.lines.get(self.at) {
            self.copy(line);
            if line == "```" {
                return inside;
            }
            inside.push_str(line);
            inside.push('\n');
        }
        panic!("{}: a block has no end", self.name);
    }

    fn block(&mut self, tag: &str) {
        let line = self.at + 1;
        let words: Vec<_> = tag.split(' ').collect();
        match words[..] {
            ["pcq"] => self.script(line, false, false),
            ["pcq", "continue"] => self.script(line, true, false),
            ["pcq", "fails"] => self.script(line, false, true),
            ["pcq", "continue", "fails"] => self.script(line, true, true),
            ["console"] => self.console(line),
            ["json"] => self.section.attributes = self.copy_block(),
            ["rust" | "sh" | "toml" | "text" | "syntax" | "terminal"] => drop(self.copy_block()),
            _ => panic!("{}:{line}: nobody knows what a block `{tag}` is", self.name),
        }
    }

    fn script(&mut self, line: usize, goes_on: bool, fails: bool) {
        let script = self.copy_block();
        if !goes_on {
            self.section.scripts.clear();
            self.section.printed.clear();
        }
        let mut scripts = self.section.scripts.clone();
        scripts.push(script);
        let run = self.section.run(&scripts);
        if run.status.success() == fails {
            let what = if fails { "does not fail" } else { "fails" };
            self.broken(line, &format!("the script {what}\n{}", text(&run.stderr)));
        }
        let stdout = text(&run.stdout);
        let own = stdout.strip_prefix(&self.section.printed).unwrap_or(&stdout).to_owned();
        if fails {
            self.output(line, &text(&run.stderr));
        } else {
            self.section.scripts = scripts;
            self.section.printed = stdout;
            self.output(line, &own);
        }
    }

    /// Compares an output with the block `text` that follows, and writes the one there is.
    fn output(&mut self, line: usize, got: &str) {
        let expected = self.skip_text();
        self.compare(line, &expected, got);
        if !got.is_empty() {
            let _ = write!(self.written, "\n```text\n{got}```\n");
        }
    }

    /// Goes past a block `text` that follows at once, and returns what is in it.
    fn skip_text(&mut self) -> String {
        let follows = self.lines.get(self.at..self.at + 2) == Some(&["", "```text"]);
        if !follows {
            return String::new();
        }
        let rest = &self.lines[self.at + 2..];
        let length = rest.iter().position(|line| *line == "```").expect("the block has an end");
        self.at += length + 3;
        lines(&rest[..length])
    }

    fn console(&mut self, line: usize) {
        let start = self.written.len();
        let block = self.copy_block();
        self.written.truncate(start);
        let commands = block.lines().filter_map(|line| line.strip_prefix("$ "));
        let got: String = commands.map(|command| self.command(command)).collect();
        self.compare(line, &block, &got);
        let _ = write!(self.written, "```console\n{got}```\n");
    }

    /// Runs a command as a person would, and returns both as they are seen.
    fn command(&self, command: &str) -> String {
        let programs = Path::new(PROGRAM).parent().expect("the program is in a directory");
        let path = env::var("PATH").unwrap_or_default();
        let run = Command::new("sh")
            .args(["-c", &format!("{{ {command}; }} 2>&1")])
            .env("PATH", format!("{}:{path}", programs.display()))
            .current_dir(self.section.directory.path())
            .output();
        format!("$ {command}\n{}", text(&run.expect("there is a shell").stdout))
    }

    /// Holds a table to what its column `True` says, if it has one.
    fn table(&mut self) {
        let column = cells(self.lines[self.at]).iter().position(|cell| cell == "True");
        while let Some(&line) = self.lines.get(self.at).filter(|line| line.starts_with('|')) {
            let condition = column.and_then(|column| cells(line).get(column).and_then(|c| code(c)));
            if let Some(condition) = condition {
                self.holds(&condition);
            }
            self.copy(line);
        }
    }

    fn holds(&mut self, condition: &str) {
        let attributes = self.section.attributes.trim();
        let script = format!(
            "CREATE KEY k BOOLEAN DEFAULT FALSE;\nCREATE SEGMENT s WHERE {condition};\n\
             CREATE CONFIG c SEGMENTS s KEY k = TRUE;\nPUBLISH CONFIG c;\n\
             ASSERT GET k FOR USER 'ada' WITH {attributes} = TRUE;\n"
        );
        let run = self.section.run(&[script]);
        if !run.status.success() {
            self.broken(self.at + 1, &format!("not true: {condition}\n{}", text(&run.stderr)));
        }
    }

    fn compare(&mut self, line: usize, expected: &str, got: &str) {
        if expected != got {
            self.failures.push(format!(
                "{}:{line}: the output differs\n{}",
                self.name,
                diff(expected, got)
            ));
        }
    }

    fn broken(&mut self, line: usize, what: &str) {
        let message = format!("{}:{line}: {what}", self.name);
        self.failures.push(message.clone());
        self.broken.push(message);
    }
}

fn lines(lines: &[&str]) -> String {
    lines.iter().fold(String::new(), |all, line| all + line + "\n")
}

/// The cells of a row of a Markdown table.
fn cells(line: &str) -> Vec<String> {
    let escaped = line.replace("\\|", "\u{0}");
    let inner = escaped.trim_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// The code that a cell is.
fn code(cell: &str) -> Option<String> {
    cell.strip_prefix('`')?.strip_suffix('`').map(str::to_owned)
}

/// Two texts, what they have in common at their start and end left out.
fn diff(expected: &str, got: &str) -> String {
    let (a, b): (Vec<_>, Vec<_>) = (expected.lines().collect(), got.lines().collect());
    let common =
        |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let start = common(&mut a.iter().zip(&b));
    let (a, b) = (&a[start..], &b[start..]);
    let end = common(&mut a.iter().rev().zip(b.iter().rev()));
    let side = |sign: char, side: &[&str]| {
        let differing = &side[..side.len() - end];
        differing.iter().fold(String::new(), |all, line| format!("{all}  {sign} {line}\n"))
    };
    side('-', a) + &side('+', b)
}
