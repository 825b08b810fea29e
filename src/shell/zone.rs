//! Zones in which people are shown times.

use jiff::tz::TimeZone;

use pcq::Timestamp;

/// Time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Zone(TimeZone);

impl Zone {
    /// The zone of a name; `None` if there is none.
    pub(super) fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The zone of the system; `None` if it is not known.
    pub(super) fn local() -> Option<Self> {
        TimeZone::try_system().ok().map(Self)
    }

    pub(super) fn name(&self) -> &str {
        self.0.iana_name().unwrap_or(if self.0 == TimeZone::UTC { "UTC" } else { "local" })
    }

    /// The names of all zones, in byte order.
    pub(super) fn names() -> Vec<String> {
        let mut names: Vec<_> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
        names.sort();
        names
    }

    /// A time in the zone, with its offset there; `None` if the text is none.
    pub(super) fn shown(&self, time: &str) -> Option<String> {
        let time = Timestamp::parse(time).ok()?;
        let time = jiff::Timestamp::from_microsecond(time.as_micros()).ok()?;
        let local = time.to_zoned(self.0.clone());
        Some(local.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string())
    }
}

/// What the clock of the system says, to the second, in a zone or in UTC.
pub(super) fn now(zone: Option<&Zone>) -> String {
    let seconds = jiff::Timestamp::now().as_second();
    let now = jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string();
    zone.and_then(|zone| zone.shown(&now)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_offset_of_their_zone() {
        let zone = Zone::named("europe/paris").unwrap();
        assert_eq!(zone.name(), "Europe/Paris");
        for (time, shown) in [
            ("2026-03-01T09:00:00Z", "2026-03-01T10:00:00+01:00"),
            ("2026-07-01T22:30:00.25Z", "2026-07-02T00:30:00.25+02:00"),
        ] {
            assert_eq!(zone.shown(time).as_deref(), Some(shown));
        }
        assert_eq!(zone.shown("soon"), None);
        assert_eq!(Zone::named("Nowhere/Town"), None);
        assert!(Zone::names().contains(&"Asia/Tokyo".to_owned()));
    }
}
