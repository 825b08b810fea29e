//! The program `pcq`: see [`pcq::shell`].

use std::process::ExitCode;

fn main() -> ExitCode {
    pcq::shell::main()
}
