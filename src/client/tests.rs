//! The throttle of a client, on a clock that moves only when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::throttle::Throttle;
use super::{Client, Fetch};
use crate::engine::Database;
use crate::model::{Context, Object};

const MINUTE: Duration = Duration::from_secs(60);

/// A client of a store with the key `title`, and the seconds that its clock shows.
fn client() -> (Database, Client, Arc<AtomicU64>) {
    let db = Database::in_memory().unwrap();
    db.execute("CREATE KEY title STRING DEFAULT 'one';").unwrap();
    let seconds = Arc::new(AtomicU64::new(1000));
    let clock = Arc::clone(&seconds);
    let throttle = Throttle::new(move || Duration::from_secs(clock.load(Ordering::Relaxed)));
    let client = Client::new(db.clone(), Context::new("ada"), throttle);
    client.set_minimum_fetch_interval(MINUTE);
    (db, client, seconds)
}

fn throttled(seconds: u64) -> Fetch {
    Fetch::Throttled { retry_after: Duration::from_secs(seconds) }
}

#[test]
fn a_fetch_waits_until_the_interval_has_passed() {
    let (_db, client, seconds) = client();
    assert_eq!(client.fetch(), Fetch::Fetched { revision: 1 });
    assert_eq!(client.fetch(), throttled(60));
    seconds.store(1059, Ordering::Relaxed);
    assert_eq!(client.fetch(), throttled(1));
    seconds.store(1060, Ordering::Relaxed);
    assert_eq!(client.fetch(), Fetch::Unchanged { revision: 1 });
    assert_eq!(client.fetch(), throttled(60));
}

#[test]
fn a_throttled_fetch_does_not_put_off_the_next() {
    let (_db, client, seconds) = client();
    client.fetch();
    for second in 1001..1060 {
        seconds.store(second, Ordering::Relaxed);
        assert_eq!(client.fetch(), throttled(1060 - second));
    }
    seconds.store(1060, Ordering::Relaxed);
    assert!(!client.fetch().is_throttled());
}

#[test]
fn a_throttled_fetch_still_activates_what_was_fetched() {
    let (db, client, _seconds) = client();
    client.fetch();
    db.execute("ALTER KEY title SET DEFAULT 'two';").unwrap();
    let done = client.fetch_and_activate();
    assert_eq!(done.fetch, throttled(60));
    assert_eq!(done.activation.unwrap().revision, 1);
    assert_eq!(client.get::<String>("title").unwrap(), "one");
    assert_eq!(client.fetch_and_activate().activation, None);
}

#[test]
fn the_interval_holds_at_once() {
    let (_db, client, seconds) = client();
    client.fetch();
    seconds.store(1090, Ordering::Relaxed);
    client.set_minimum_fetch_interval(MINUTE * 2);
    assert_eq!(client.fetch(), throttled(30));
    client.set_minimum_fetch_interval(Duration::ZERO);
    assert!(!client.fetch().is_throttled());
    assert!(!client.fetch().is_throttled());
    client.set_minimum_fetch_interval(Duration::MAX);
    assert_eq!(client.fetch(), Fetch::Throttled { retry_after: Duration::MAX });
}

#[test]
fn a_clock_that_goes_back_lengthens_no_wait() {
    let (_db, client, seconds) = client();
    client.fetch();
    seconds.store(0, Ordering::Relaxed);
    assert_eq!(client.fetch(), throttled(60));
}

#[test]
fn another_user_other_attributes_and_a_reset_lift_the_throttle() {
    let (_db, client, _seconds) = client();
    client.fetch();
    client.set_context(Context::new("ada"));
    assert!(client.fetch().is_throttled(), "the same user");
    client.set_context(Context::new("ben"));
    assert!(!client.fetch().is_throttled(), "another user");
    client.set_attributes(&Object::from([("plan".into(), "pro".into())]));
    assert!(!client.fetch().is_throttled(), "other attributes");
    client.reset();
    assert!(!client.fetch().is_throttled(), "a reset");
    assert_eq!(client.minimum_fetch_interval(), Duration::ZERO);
}
