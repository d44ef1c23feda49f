//! The program; everything is in the library, where tests and the demonstration find it too.

use std::process::ExitCode;

fn main() -> ExitCode {
    isoloir::run_process()
}
