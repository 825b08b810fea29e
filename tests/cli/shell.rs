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
        let mut terminal = Terminal::run(&mut place.command(&[store]));
        for typed in ["BEGIN;\r", "ALTER KEY rate SET DEFAULT 6;\r", "ALTER KEY rate\r"] {
            terminal.wait_for("> ");
            terminal.press(typed);
        }
        terminal.wait_for(" ..*> ");
        terminal.press(bad);
        terminal.wait_for("error[syntax]");
        let told = terminal.wait_for(" ..*> ");
        assert!(told.contains("expected UTF-8, found other bytes"), "{told}");
        // what was typed before the line stays
        terminal.press(" SET DEFAULT 7; COMMIT;\r");
        terminal.wait_for("pcq> ");
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
