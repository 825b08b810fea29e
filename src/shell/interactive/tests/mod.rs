//! What a keystroke shows. The files are apart from what they test, which a benchmark has, too.

mod paint;
mod shape;
