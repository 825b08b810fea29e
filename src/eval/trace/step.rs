//! Steps of a trace, and what each of them is.

use std::sync::Arc;

use super::sight::Sight;
use crate::eval::evaluation::Evaluation;
use crate::eval::operand::Truth;
use crate::model::{KeyId, Name, Share};

/// Step of a trace. Those below it follow it, one deeper.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) depth: usize,
    pub(crate) what: What,
}

/// What a step is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Key(KeyTrace),
    Row(RowTrace),
    Part(Part),
    Rollout(RolloutTrace),
    Split(SplitTrace),
}

/// The value of a key, and what gave it.
#[derive(Clone, Debug)]
pub(crate) struct KeyTrace {
    pub(crate) id: KeyId,
    pub(crate) evaluation: Evaluation<'static>,
    /// The number of the row that gave it, from 1 at the top.
    pub(crate) row: Option<u32>,
    /// Whether how it came about stands further up.
    pub(crate) is_above: bool,
}

/// A row that was looked at, from the top to the one that won.
#[derive(Clone, Debug)]
pub(crate) struct RowTrace {
    /// From 1 at the top.
    pub(crate) number: u32,
    pub(crate) segment: Name,
    pub(crate) verdict: RowVerdict,
    /// Whether the condition of its segment stands further up.
    pub(crate) is_above: bool,
}

/// Why a row won or lost: the first thing that decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowVerdict {
    /// Its cell for the key is blank.
    Blank,
    /// The condition of its segment is false.
    False,
    /// The condition of its segment is unknown.
    Unknown,
    /// Its rollout does not cover the user.
    Uncovered,
    /// What its split goes by has no bucket.
    Unsplit,
    Wins,
}

/// A part of a condition, or the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The part as it is written, cut off if it is long.
    pub(crate) text: String,
    /// Whether it is true or false; `None` is unknown.
    pub(crate) truth: Truth,
    /// What it looked at. If it is unknown, and not because a part below it is, at least one of them is why.
    pub(crate) sights: Vec<Sight>,
    /// The segment that it asks for, if it is `IN SEGMENT`.
    pub(crate) segment: Option<Condition>,
}

/// The condition of a segment that a part asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) truth: Truth,
    /// Whether it stands further up, or else below.
    pub(crate) is_above: bool,
}

/// A rollout, and whether it covers the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RolloutTrace {
    pub(crate) share: Share,
    pub(crate) hashed: Hashed,
    pub(crate) covered: bool,
}

/// A split, and the arm of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SplitTrace {
    /// The pieces in order, each with the first bucket after its own.
    pub(crate) pieces: Vec<(Arc<str>, u32)>,
    pub(crate) hashed: Hashed,
    /// The number of the piece of the user.
    pub(crate) piece: Option<u32>,
}

/// What a share goes by, and its bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hashed {
    /// The attribute, if it is not the id of the user.
    pub(crate) by: Option<String>,
    /// The bucket, or why there is none.
    pub(crate) bucket: Result<u32, Sight>,
}
