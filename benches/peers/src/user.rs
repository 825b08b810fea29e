//! Users, what the rules say of them, and the rules as Rust.

use crate::Contender;

pub const USERS: usize = 1_024;
pub const COUNTRIES: [&str; 10] = ["US", "CA", "GB", "DE", "FR", "IN", "JP", "BR", "AU", "MX"];

/// A user as an app has one.
pub struct User {
    pub id: String,
    pub device: &'static str,
    pub city: &'static str,
    pub country: &'static str,
    pub version: String,
    parsed: semver::Version,
}

/// The same users in each run.
pub fn users() -> Vec<User> {
    let devices = ["iPhone", "Android", "iPhone", "iPad"];
    let cities = ["New York", "Miami", "London", "New York", "Pune", "Miami", "Berlin"];
    let countries = ["US", "GB", "CN", "DE", "ZA", "IN", "NO", "MX", "SE"];
    let user = |n: usize| {
        let version = format!("{}.{}.{}", 3 + n % 5, n % 11, n % 3);
        User {
            id: format!("user-{n}"),
            device: devices[n % 4],
            city: cities[n % 7],
            country: countries[n % 9],
            parsed: version.parse().expect("a version"),
            version,
        }
    };
    (0..USERS).map(user).collect()
}

impl User {
    /// The attributes that the rules look at.
    pub fn attributes(&self) -> [(&'static str, &str); 4] {
        [
            ("device", self.device),
            ("city", self.city),
            ("country", self.country),
            ("version", &self.version),
        ]
    }

    /// What every flag gives the user.
    pub fn outcome(&self) -> &'static str {
        if self.device == "iPhone" && self.city == "New York" {
            "v1"
        } else if self.device == "iPhone" && self.city == "Miami" {
            "v2"
        } else if COUNTRIES.contains(&self.country) && self.parsed >= semver::Version::new(5, 2, 0)
        {
            "v3"
        } else {
            "v0"
        }
    }
}

/// One look-up by a fast hash, and the rules as Rust, with versions that were parsed before.
pub fn native<'a>(users: &'a [User], names: &'a [String]) -> Contender<'a> {
    let numbers: ahash::AHashMap<&str, usize> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), n)).collect();
    Contender {
        name: "native",
        share: 1,
        answer: Box::new(|_, user| users[user].outcome().to_owned()),
        time: Box::new(move |flag, user| {
            numbers[names[flag].as_str()] + users[user].outcome().len()
        }),
    }
}
