//! The shell, as a person at a terminal has it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::Place;
use super::terminal::Terminal;

#[test]
fn a_line_that_is_no_text_is_refused_and_the_transaction_goes_on() {
    let place = Place::new();
    let store = place.store();
    for bad in [
        &b"GET rate; CREATE KEY \xff INTEGER DEFAULT 1; CREATE KEY d INTEGER DEFAULT 1;\r"[..],
        // pasted as a whole, with more than the editor reads at once behind it
        &[
            b"\x1b[200~GET ba\xc3(nner;\n".as_slice(),
            &b"CREATE KEY d INTEGER DEFAULT 1;\n".repeat(500),
            b"\x1b[201~\r",
        ]
        .concat(),
    ] {
        let mut terminal = Terminal::run(&mut place.command(&[store, "--color", "never"]));
        for typed in ["BEGIN;\r", "ALTER KEY rate SET DEFAULT 6;\r", "ALTER KEY rate\r"] {
            terminal.wait_for("> ");
            terminal.press(typed);
        }
        terminal.wait_for("ALTER KEY rate\r\n");
        terminal.press(bad);
        terminal.wait_for("error[syntax]");
        let told = terminal.wait_for("pcq s*> ");
        assert!(told.contains("expected UTF-8, found other bytes"), "{told}");
        // what was typed before the line stays
        terminal.press(" SET DEFAULT 7; COMMIT;\r");
        terminal.wait_for("pcq s> ");
        terminal.press("\x04");
        assert_eq!(terminal.end(), 0, "{}", terminal.text());
        let keys = place
            .run(&[store, "-e", "SHOW KEYS; ALTER KEY rate SET DEFAULT 5", "--format", "csv"])
            .out;
        assert!(keys.contains("\nrate,INTEGER,false,7,") && !keys.contains("\nd,"), "{keys}");
    }
}

#[test]
fn what_is_typed_is_kept_for_its_owner_and_never_through_a_link() {
    let place = Place::new();
    let typed = |file: &str| {
        let mut command = place.command(&[]);
        let mut terminal = Terminal::run_with_history(&mut command, &place.path(file));
        terminal.wait_for("pcq> ");
        terminal.press("GET secret;\r");
        terminal.wait_for("unknown-key");
        terminal.wait_for("pcq> ");
        terminal.press("\x04");
        assert_eq!(terminal.end(), 0);
        terminal.text()
    };
    typed("history");
    let file = place.path("history");
    assert_eq!(fs::read_to_string(&file).unwrap(), "#V2\nGET secret;\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let other = place.file("other", "mine");
    symlink(&other, place.path("link")).unwrap();
    symlink(place.path("nothing"), place.path("dangling")).unwrap();
    for link in ["link", "dangling"] {
        let told = typed(link);
        assert!(
            told.contains("what is typed is not kept: `") && told.contains("` is a link"),
            "{told}"
        );
    }
    assert_eq!(fs::read_to_string(other).unwrap(), "mine");
    assert!(!place.path("nothing").exists());
}

/// What a terminal is told when the editor begins to read: typed before that, it would be the terminal that shows it.
const READY: &str = "\u{1b}[?2004h";

/// A shell on a store, without colours.
struct Typist {
    place: Place,
    store: &'static str,
}

impl Typist {
    fn new() -> Self {
        let place = Place::new();
        let store = place.store();
        Self { place, store }
    }

    fn at(&self, columns: u16, more: &[&str]) -> Terminal {
        let arguments = [&[self.store, "--color", "never"][..], more].concat();
        let history = self.place.path("history");
        let mut terminal = Terminal::run_at(&mut self.place.command(&arguments), &history, columns);
        terminal.wait_for(READY);
        terminal
    }

    fn sit_down(&self) -> Terminal {
        self.at(100, &[])
    }
}

/// Leaves a shell that has something to say yet before it reads on.
fn leave(mut terminal: Terminal) -> String {
    terminal.wait_for(READY);
    terminal.press("\x04");
    assert_eq!(terminal.end(), 0, "{}", terminal.text());
    terminal.text()
}

#[test]
fn what_is_typed_is_completed_and_hinted_at() {
    let mut terminal = Typist::new().sit_down();
    terminal.press("GET ra\t;\r");
    terminal.wait_for("│ rate ");
    terminal.wait_for(READY);
    terminal.press("PUBLISH CONFIG ");
    terminal.wait_for("<name> [VERSION <n>] [AT <timestamp>]");
    terminal.press("\x03");
    terminal.wait_for(READY);
    terminal.press("DESCR\x1b[C KEY rate;\r");
    terminal.wait_for("│ definition");
    terminal.wait_for(READY);
    terminal.press(".kyes\r");
    terminal.wait_for("did you mean `.keys`?");
    leave(terminal);
}

#[test]
fn a_line_above_can_be_mended() {
    let mut terminal = Typist::new().sit_down();
    terminal.press("GET rat\rFOR\rUSER 'u'");
    terminal.wait_for("USER 'u'");
    // up twice to the first line, to its end, and down again
    terminal.press("\x1b[A\x1b[A\x05e\x1b[B\x1b[B\x05;\r");
    terminal.wait_for("│ rate ");
    leave(terminal);
}

#[test]
fn statements_that_are_pasted_are_all_run() {
    let mut terminal = Typist::new().sit_down();
    terminal.press("\x1b[200~GET rate;\nDESCRIBE KEY rate;\x1b[201~\r");
    terminal.wait_for("│ rate ");
    terminal.wait_for("│ definition");
    leave(terminal);
}

#[test]
fn what_was_typed_is_found_again_in_this_run_and_the_next() {
    let typist = Typist::new();
    let mut terminal = typist.sit_down();
    terminal.press("GET rate;\r");
    terminal.wait_for("│ rate ");
    terminal.wait_for(READY);
    terminal.press("\x12rat");
    terminal.wait_for("reverse-i-search");
    terminal.press("\r");
    terminal.wait_for("│ rate ");
    leave(terminal);
    let mut terminal = typist.sit_down();
    terminal.press("\x1b[A\r");
    terminal.wait_for("│ rate ");
    leave(terminal);
}

#[test]
fn the_prompt_and_the_greeting_say_where_one_is() {
    let typist = Typist::new();
    let mut terminal = typist.sit_down();
    terminal.press("BEGIN;\r");
    terminal.wait_for("pcq s*> ");
    terminal.press("GET rate\rquit\r");
    terminal.wait_for("`quit` is in the statement");
    terminal.press("\x03");
    assert!(leave(terminal).contains("the open transaction was rolled back"));
    for (option, prompt) in [("--readonly", "pcq s(ro)> "), ("--dry-run", "pcq s(dry)> ")] {
        let mut terminal = typist.at(100, &[option]);
        terminal.press("\r");
        assert!(leave(terminal).contains(prompt), "{option}");
    }
    let mut command = typist.place.command(&["--color", "never", "--actor", "mia"]);
    let mut terminal = Terminal::run(&mut command);
    let greeting = terminal.wait_for(READY);
    assert!(greeting.contains("in memory: nothing is kept · actor mia"), "{greeting}");
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn tables_fit_the_terminal() {
    let typist = Typist::new();
    for (columns, begin) in [(40, "─ 1 "), (80, "┌──")] {
        let mut terminal = typist.at(columns, &[]);
        terminal.press("SHOW KEYS;\r");
        terminal.wait_for(begin);
        terminal.wait_for("NULL in all rows");
        leave(terminal);
    }
}

#[test]
fn commands_of_the_shell_set_what_they_say() {
    let typist = Typist::new();
    let read = typist.place.file("read.pcq", "GET rate;\n.mode csv\nGET\n rate;\n");
    let mut terminal = typist.sit_down();
    let mut ask = |typed: &str, shown: &str| {
        terminal.press(format!("{typed}\r"));
        terminal.wait_for(shown);
        terminal.wait_for(READY);
    };
    ask(".null nothing", "");
    ask("DESCRIBE KEY rate;", "nothing");
    ask(".width 20", "");
    ask("GET rate;", "─ 1 ");
    ask(".width", "");
    ask(".param set n 7", "");
    ask(".param", ":n = 7");
    ask("GET rate WITH x = :n;", "│ rate ");
    ask(&format!(".read {}", read.display()), "rate,");
    ask(".mode table", "");
    ask(".once out.csv", "");
    ask("GET rate;", "1 row");
    ask(".last", "│ rate ");
    ask(".verify", "the store is sound");
    ask(".open", "in memory: nothing is kept");
    terminal.press("\r");
    leave(terminal);
}
