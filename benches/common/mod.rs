//! What the benches have in common.

#![allow(dead_code, reason = "each bench needs a part of it")]
#![allow(unreachable_pub, reason = "it is as public as a module of a bench can be")]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]
#![allow(clippy::cast_possible_truncation, reason = "what is drawn at random may lose a part")]

pub mod behaving;
pub mod evaluating;
pub mod pace;
pub mod stores;
pub mod storing;
pub mod table;
pub mod workload;
