//! What Herdgate knows of agent programs: how they are started without a person before them, and what
//! really happened in a run, which their exit codes do not say.
//!
//! Claude Code ends with 0 after an API error, after a denied tool and in the middle of a task, and some
//! versions never end after their result. So a preset reads the stream of events that such a program
//! prints, and its verdict goes by the last event first and by the exit code second.
//!
//! - [`Preset`]: the contract. A preset is a file here and a line in [`registry`].
//! - [`Options`]: what the configuration may say to one, as data.
//! - [`StreamReader`]: reads the lines of one run; pure.
//! - [`Lines`]: from bytes to lines, in bounded memory.
//!
//! Facts about a program stand at the top of its file, with where they are from.

mod claude;
mod codex;
mod contract;
mod gemini;
mod lenient;
mod lines;
mod opencode;
mod plain;
mod registry;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub use contract::{
    Ended, OptionKind, OptionSpec, OptionValue, Options, Preset, PresetSpec, StreamReader, Verdict,
};
pub use lines::Lines;
pub use registry::{NAMES, find, presets};
