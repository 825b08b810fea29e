//! The session in the README: it is typed at a terminal of 80 columns, and what is shown must be what the page shows.
//!
//! It is the block `terminal`. `PCQ_RECORD=1 cargo test --test cli session` writes what is shown into the page.

use std::path::Path;
use std::{env, fs};

use super::Place;
use super::terminal::Terminal;

const PROMPT: &str = "pcq shop> ";

/// The end of a question, which is answered with `y`.
const QUESTION: &str = "[y/N] ";

#[test]
fn the_session_of_the_readme_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("```terminal\n").unwrap();
    let (block, after) = rest.split_once("```\n").unwrap();
    let shown = session(block);
    if env::var_os("PCQ_RECORD").is_some() {
        fs::write(path, format!("{before}```terminal\n{shown}```\n{after}")).unwrap();
    } else {
        assert_eq!(shown, block);
    }
}

/// What a terminal shows in which the lines of a block are typed.
fn session(block: &str) -> String {
    let place = Place::new();
    let (first, rest) = block.split_once('\n').unwrap();
    let arguments: Vec<_> = first.strip_prefix("$ pcq ").unwrap().split(' ').collect();
    let mut command = place.command(&arguments);
    command.env("USER", "ada").env("TERM", "dumb");
    let mut terminal = Terminal::run_at(&mut command, Path::new("/dev/null"), 80);
    let mut shown = format!("{first}\n{}", terminal.wait_for(PROMPT));
    let mut typed = typed(rest).into_iter().peekable();
    let mut prompt = PROMPT;
    while let Some(text) = typed.next() {
        terminal.press(format!("{text}\n"));
        let next = if typed.peek().is_some_and(|next| next == "y") { QUESTION } else { PROMPT };
        shown += &(prompt.to_owned() + &terminal.wait_for(next));
        prompt = next;
    }
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), 0);
    plain(&shown)
}

/// What is typed at the prompts of a block, statements up to their `;`, and at its questions.
fn typed(block: &str) -> Vec<String> {
    let mut typed = Vec::new();
    let mut lines = block.lines();
    while let Some(line) = lines.next() {
        if line.ends_with(&format!("{QUESTION}y")) {
            typed.push("y".to_owned());
        }
        let Some(start) = line.strip_prefix(PROMPT) else { continue };
        let mut text = start.to_owned();
        while !text.ends_with(';') && !text.starts_with('.') {
            text.push('\n');
            text.push_str(lines.next().expect("the statement has an end"));
        }
        typed.push(text);
    }
    typed
}

/// A text without what steers a terminal.
pub(super) fn plain(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let first = pieces.next().unwrap_or_default().to_owned();
    let text = pieces.fold(first, |plain, piece| {
        plain + piece.split_once('m').map_or(piece, |(_, after)| after)
    });
    text.replace("\r\n", "\n")
}
