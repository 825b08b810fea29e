//! Segments by what users did: events and profiles come in, and decide what a user gets, now and then.
//!
//! `cargo run --example behaviour`

use pcq::{Database, Event, Profile, Timestamp};

fn main() -> pcq::Result<()> {
    let start = Timestamp::parse("2026-03-01T00:00:00Z")?;
    let db = Database::builder().manual_clock(start).in_memory()?;
    db.execute(
        "CREATE KEY home STRING DEFAULT 'general';
         CREATE SEGMENT sports_fans
             WHERE FAVORITE(EVENT 'Video watched' OF category WITHIN 30 DAYS) = 'sports';
         CREATE CONFIG home SEGMENTS sports_fans KEY home = 'sports';
         PUBLISH CONFIG home;",
    )?;

    let watched = |category: &str, at: &str| {
        let at = Timestamp::parse(at)?;
        Ok::<_, pcq::Error>(Event::new("Video watched", "ada").with("category", category).at(at))
    };
    db.set_user(Profile::new("ada").with("city", "Pune"))?;
    let tracked = db.track_all([
        watched("news", "2026-02-20T10:00:00Z")?,
        watched("sports", "2026-02-21T10:00:00Z")?,
        watched("sports", "2026-02-22T10:00:00Z")?.id("view-3"),
        watched("sports", "2026-02-22T10:00:00Z")?.id("view-3"),
    ])?;
    println!("{} events are new, {} was seen before", tracked.added, tracked.repeated);

    // what is known of the user is loaded once
    let ada = db.context_for("ada")?;
    println!("ada sees {} today", db.get::<String>("home", &ada)?);

    // what was watched leaves the window by itself
    db.execute("ADVANCE CLOCK 30 DAYS;")?;
    println!("ada sees {} a month later", db.get::<String>("home", &db.context_for("ada")?)?);

    db.forget_user("ada")?;
    println!("of ada is known: {:?}", db.context_for("ada")?.attribute("city"));
    Ok(())
}
