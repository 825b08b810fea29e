//! The program `pcq`: a user of the library.

// what production code leaves out; tests may have it
#![cfg_attr(
    not(test),
    warn(
        clippy::dbg_macro,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
    )
)]

mod shell;

use std::process::ExitCode;

fn main() -> ExitCode {
    shell::main()
}
