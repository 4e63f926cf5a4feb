//! `herdgate mcp`: a server of the Model Context Protocol on standard input and output, over the control
//! API of a gate. So an assistant can look after the herd.
//!
//! Facts: <https://modelcontextprotocol.io/specification/2025-06-18>. Messages are JSON-RPC 2.0, one a
//! line; what is not a message of the protocol never goes to standard output.
//!
//! - `protocol`: messages in, answers out; pure but for the tools. `tools`: what can be called.

mod protocol;
mod tools;

use std::io::{self, BufRead, Read};

use clap::Args;

use super::{
    gate::Gate,
    globals::Globals,
    outcome::{Outcome, report},
    print::Out,
};
use protocol::Session;

/// The longest message that is read, in bytes: a prompt of 64 KiB has room in it, all of it escaped.
const LONGEST: u64 = 1024 * 1024;

/// Serve the Model Context Protocol on standard input and output, so that an assistant can look after
/// the herd.
#[derive(Debug, Args)]
#[command(after_help = "\
claude mcp add herdgate -- herdgate mcp --gate home
With `--read-only` the assistant can look, and change nothing.")]
pub(super) struct Mcp {
    /// Offer only what changes nothing.
    #[arg(long)]
    read_only: bool,
}

impl Mcp {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let session = Session::new(self.read_only);
        let mut input = io::stdin().lock();
        let mut out = Out::new();
        loop {
            let mut line = Vec::new();
            let read = input.by_ref().take(LONGEST).read_until(b'\n', &mut line).map_err(report)?;
            if read == 0 {
                return out.success();
            }
            if line.last() != Some(&b'\n') && read as u64 == LONGEST {
                return Err(report("a message is longer than 1 MiB"));
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            if let Some(answer) = session.answer(&line, |tool, arguments| tools::call(&gate, tool, arguments))
            {
                out.json(&answer)?;
                out.flush()?;
            }
        }
    }
}
