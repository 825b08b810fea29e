//! An app whose screens hold still: what is published shows when the app says so, not under the user's hands.
//!
//! ```text
//! cargo run --example client
//! ```

use pcq::{Context, Database, Fetch, Result, Source};

/// What is set up once: a title for all, and a color for testers.
const SETUP: &str = "
    CREATE KEY title STRING DEFAULT 'Welcome';
    CREATE KEY color STRING DEFAULT 'grey';
    CREATE SEGMENT testers WHERE email ENDS WITH '@example.com';
    CREATE CONFIG look SEGMENTS testers KEY color = 'green';
    PUBLISH CONFIG look;
";

fn main() -> Result<()> {
    let db = Database::in_memory()?;
    db.execute(SETUP)?;

    // The app's own defaults hold until something is activated, and for what the store does not have.
    let client = db.client(Context::new("ada").with("email", "ada@example.com"));
    client.set_defaults([("title", "…"), ("color", "black"), ("footer", "")])?;
    assert_eq!(client.get::<String>("color")?, "black");

    // Listeners are told what to draw again.
    let _redraw = client.on_activate(|activation| {
        let changed: Vec<_> = activation.changed.iter().map(ToString::to_string).collect();
        println!("revision {}: draw {}", activation.revision, changed.join(", "));
    });
    client.fetch_and_activate();
    assert_eq!(client.get::<String>("color")?, "green");

    // Somebody publishes while a screen is open: nothing moves on it.
    db.execute("ALTER CONFIG look SET color = 'blue'; PUBLISH CONFIG look;")?;
    assert!(client.is_stale());
    assert_eq!(client.get::<String>("color")?, "green");

    // Before the next screen, the whole set is replaced at once; each is drawn from one set.
    if let Fetch::Fetched { revision } = client.fetch() {
        println!("revision {revision} waits");
    }
    client.activate();
    let screen = client.active();
    for value in screen.all() {
        let text = value.value().map_or_else(String::new, ToString::to_string);
        println!("{} = {text} ({:?})", value.key(), value.source());
    }
    assert_eq!(screen.get::<String>("color")?, "blue");

    // Another user never sees what was the first one's.
    client.set_context(Context::new("ben"));
    assert_eq!(client.value("color").source(), Source::Default);
    assert_eq!(client.get::<String>("color")?, "black");
    client.fetch_and_activate();
    assert_eq!(client.get::<String>("color")?, "grey");

    db.close()
}
