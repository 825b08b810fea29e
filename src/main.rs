//! The program `pcq`.

fn main() {}
