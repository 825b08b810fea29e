//! An app that keeps its product configs in a store of its own.
//!
//! ```text
//! cargo run --example embed
//! ```

use pcq::{Context, Database, Parameters, Result};

/// What is set up once: a key, who is meant, and what they get.
const SETUP: &str = "
    CREATE KEY search.page_size INTEGER DEFAULT 20 CHECK (VALUE BETWEEN 5 AND 100);
    CREATE SEGMENT tablets WHERE device = 'tablet';
    CREATE CONFIG search SEGMENTS tablets, EVERYONE
        KEY search.page_size VALUES (
            tablets = 50,
            EVERYONE = SPLIT (short: 50% 10, long: 50% 30)
        );
    PUBLISH CONFIG search COMMENT 'page sizes';
";

fn main() -> Result<()> {
    // `Database::open("app.pcdb")` keeps it in a file.
    let db = Database::in_memory()?;
    db.session().with_actor("setup").execute(SETUP)?;

    // Reading is cheap: no lock, no I/O, and it cannot fail.
    for (id, device) in [("ada", "tablet"), ("ben", "phone"), ("mia", "phone")] {
        let user = Context::new(id).with("device", device);
        let size = db.evaluate("search.page_size", &user);
        println!("{id} on a {device}: {} ({})", size.value(), size.reason());
    }

    // As a type of Rust; a key that is missing or of another type is an error.
    let size: i64 = db.get("search.page_size", &Context::new("ada").with("device", "tablet"))?;
    assert_eq!(size, 50);

    // What users type is a parameter, never part of a statement.
    let why = db.prepare("EXPLAIN GET search.page_size FOR USER :id")?;
    let outcome = why.run(&Parameters::new().with("id", "ben"))?;
    println!("{} steps explain it", outcome.rows().map_or(0, pcq::Rows::len));

    db.close()
}
