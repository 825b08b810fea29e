//! Statistics of deliveries as charts: lines of text for a terminal, a picture, a page.
//!
//! `SHOW STATS FOR CONFIG` gives rows; [`Statistics`] sums them up, and each drawing is made of that.

mod axis;
mod label;
mod number;
mod page;
mod picture;
mod statistics;
mod terminal;
#[cfg(test)]
mod tests;

pub(super) use page::page;
pub(super) use picture::{MOST_POINTS, picture};
pub(super) use statistics::{Statistics, are_statistics};
pub(super) use terminal::write;

/// Message where there is nothing to draw.
const NOTHING: &str = "no deliveries were counted";
