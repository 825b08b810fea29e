//! The shell, as a person at a terminal has it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::Place;
use super::terminal::Terminal;

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
