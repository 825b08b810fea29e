//! Ticks: the instants at which conditions that ask for the time may turn while nothing else happens.
//!
//! A comparison of the instant, moved by a duration, with what does not ask for the instant turns at most once while all
//! else stays: the time between two instants is halved until the turn is found, to the microsecond. Hours and days of a
//! zone end where its clocks say. What asks for the instant in any other way is looked at each full minute.

mod search;
mod step;
mod ticker;

pub(crate) use ticker::{Beside, Standing, Ticker};
