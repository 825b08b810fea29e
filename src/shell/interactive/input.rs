//! Lines that a person types, and what they ask for.

use pcq::is_complete;
use pcq::limits::STATEMENT_BYTES;

/// The lines of a statement that has not ended yet.
#[derive(Debug, Default)]
pub(super) struct Input {
    text: String,
}

/// Request of a person, made by a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// More lines: a statement has not ended.
    Wait,
    /// To run statements.
    Run(String),
    /// To explain a statement, or everything if none is named.
    Help(String),
    /// To print tables in another format.
    Format(String),
    /// To leave.
    Leave,
    /// Something that the shell does not know.
    Unknown(String),
}

impl Input {
    /// Whether nothing waits for its end.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Forgets the lines so far.
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    /// Takes a line. The words of the shell itself are known only where a statement could begin.
    pub(super) fn add(&mut self, line: &str) -> Request {
        if self.is_empty() {
            if line.trim().is_empty() {
                return Request::Wait;
            }
            if let Some(request) = command(line) {
                return request;
            }
        }
        self.text.push_str(line);
        // a line can end a statement or a comment only by one of these; a text that is too long ends in any case
        let may_end = line.contains([';', '*']) || self.text.len() > STATEMENT_BYTES;
        if may_end && is_complete(&self.text) {
            return Request::Run(std::mem::take(&mut self.text));
        }
        self.text.push('\n');
        Request::Wait
    }
}

/// A command of the shell: a word that begins with a dot, or one of those that people try first.
fn command(line: &str) -> Option<Request> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim().to_owned();
    match word.to_lowercase().as_str() {
        ".help" | "help" => Some(Request::Help(rest)),
        ".format" => Some(Request::Format(rest)),
        ".quit" | ".exit" => Some(Request::Leave),
        "quit" | "exit" if rest.is_empty() => Some(Request::Leave),
        _ if line.starts_with('.') => Some(Request::Unknown(word.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> Request {
        Request::Run(text.to_owned())
    }

    #[test]
    fn lines_are_gathered_until_a_statement_ends() {
        let mut input = Input::default();
        assert_eq!(input.add(""), Request::Wait);
        assert!(input.is_empty());
        assert_eq!(input.add("GET a"), Request::Wait);
        assert!(!input.is_empty());
        assert_eq!(input.add("  FOR USER 'u';"), run("GET a\n  FOR USER 'u';"));
        assert!(input.is_empty());
        assert_eq!(input.add("GET a; GET b;"), run("GET a; GET b;"));
    }

    #[test]
    fn quotes_and_comments_go_over_lines() {
        let mut input = Input::default();
        assert_eq!(input.add("SET COMMENT 'a;"), Request::Wait);
        assert_eq!(input.add(".quit"), Request::Wait);
        assert_eq!(input.add("b';"), run("SET COMMENT 'a;\n.quit\nb';"));
        assert_eq!(input.add("/* ;"), Request::Wait);
        input.clear();
        assert!(input.is_empty());
    }

    #[test]
    fn a_statement_without_an_end_is_run_when_it_is_too_long() {
        let mut input = Input::default();
        let line = "x".repeat(1 << 10);
        assert!((1..1 << 10).all(|_| input.add(&line) == Request::Wait));
        assert!(matches!(input.add(&line), Request::Run(text) if text.len() > STATEMENT_BYTES));
        assert!(input.is_empty());
        assert_eq!(input.add("GET a; /* x"), Request::Wait);
        assert_eq!(input.add("*/"), run("GET a; /* x\n*/"));
    }

    #[test]
    fn commands_are_known_where_a_statement_could_begin() {
        let mut input = Input::default();
        for (line, request) in [
            (".help", Request::Help(String::new())),
            (" .help create key ", Request::Help("create key".into())),
            ("help;", Request::Help(String::new())),
            ("help get", Request::Help("get".into())),
            ("EXIT", Request::Leave),
            ("quit;", Request::Leave),
            (".quit", Request::Leave),
            (".format json", Request::Format("json".into())),
            (".tables", Request::Unknown(".tables".into())),
        ] {
            assert_eq!(input.add(line), request, "{line}");
        }
    }
}
