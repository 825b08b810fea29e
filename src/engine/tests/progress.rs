//! What long work tells of how far it has come.

use std::io::{self, Write};

use crate::{Database, DumpKind, Progress, ProgressHandle};

/// Output that remembers how far the work had come each time that something was written.
struct Seen {
    handle: ProgressHandle,
    seen: Vec<Progress>,
}

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.seen.extend(self.handle.progress());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_dump_tells_how_many_users_are_written() {
    const USERS: u64 = 500;
    let db = Database::in_memory().unwrap();
    let users = (0..USERS).map(|user| format!("SET USER 'u{user}' city = 'Oslo';"));
    let users = users.collect::<Vec<_>>().concat();
    db.execute(&format!("BEGIN; {users} COMMIT;")).unwrap();
    let handle = db.progress_handle();
    let mut output = Seen { handle: handle.clone(), seen: Vec::new() };
    db.dump(&mut output, DumpKind::History).unwrap();
    let users: Vec<_> = output.seen.iter().filter(|progress| progress.what == "users").collect();
    assert!(users.iter().all(|progress| progress.total == Some(USERS)), "{users:?}");
    assert!(users.is_sorted_by_key(|progress| progress.done), "{users:?}");
    assert_eq!(users.last().map(|progress| progress.done), Some(USERS));
    assert_eq!(handle.progress(), None);
    db.verify().unwrap();
    assert_eq!(handle.progress(), None);
}
