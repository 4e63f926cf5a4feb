//! A gate for a herd of AI agents.

use std::process::ExitCode;

fn main() -> ExitCode {
    herdgate::cli::main()
}
