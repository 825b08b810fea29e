//! Evaluations by pcq and by what a program in Rust could use instead, in one process.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml`. A thousand flags of three rules over a default, and
//! 1,024 users who meet all four outcomes. Who is timed has given the right answers before. Each figure is the median
//! of seven turns over the same random flags and users, in nanoseconds; the ratio is to the same rules as Rust.

mod flag;
mod ours;
mod peer;
mod user;

use std::hint::black_box;
use std::time::Instant;

use flag::{FLAGS, names};
use user::{USERS, User, users};

/// What is compared: answers for a flag and a user, by number.
pub struct Contender<'a> {
    name: &'static str,
    /// Part of the turns that it takes part in.
    share: usize,
    answer: Box<dyn Fn(usize, usize) -> String + 'a>,
    /// The same without making a text of the answer: its length.
    time: Box<dyn Fn(usize, usize) -> usize + 'a>,
}

impl Contender<'_> {
    /// Panics unless it gives each user what the rules say.
    fn check(&self, users: &[User]) {
        for (number, user) in users.iter().enumerate() {
            let answer = (self.answer)(number % FLAGS, number);
            assert_eq!(answer, user.outcome(), "{} for user {number}", self.name);
        }
    }

    /// The median of seven turns, in nanoseconds an evaluation.
    fn median(&self) -> f64 {
        let mut turns: Vec<f64> = (0..7).map(|turn| self.turn(turn)).collect();
        turns.sort_by(f64::total_cmp);
        turns[turns.len() / 2]
    }

    fn turn(&self, turn: u64) -> f64 {
        let rounds = 200_000 / self.share;
        let mut state = 12_345 + turn;
        let (start, mut sum) = (Instant::now(), 0);
        for _ in 0..rounds {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum += (self.time)((state >> 33) as usize % FLAGS, (state >> 20) as usize % USERS);
        }
        black_box(sum);
        start.elapsed().as_nanos() as f64 / rounds as f64
    }
}

fn main() {
    let (users, names) = (users(), names());
    let stores = ours::Stores::new(&names);
    let mut contenders = vec![user::native(&users, &names)];
    contenders.extend(ours::contenders(&stores, &users, &names));
    contenders.extend(peer::contenders(&users, &names));
    let mut native = None;
    println!("| ns an evaluation | median | to native |\n|---|---|---|");
    for contender in &contenders {
        contender.check(&users);
        let median = contender.median();
        let native = native.get_or_insert(median);
        println!("| {} | {median:.0} | {:.1} |", contender.name, median / *native);
    }
}
