//! Programs that print for people, so that only their exit codes tell how they ended.
//!
//! Facts: <https://block.github.io/goose/docs/guides/goose-cli-commands> (`-i -` reads instructions from
//! standard input) and <https://aider.chat/docs/scripting.html> (`--message-file`, `--yes-always`).

use super::{Ended, OptionKind, OptionSpec, Preset, PresetSpec, StreamReader, Verdict};
use crate::domain::{PresetName, RunReport};

/// Goose.
#[derive(Debug)]
pub(super) struct Goose;

static GOOSE: PresetSpec = PresetSpec {
    name: PresetName::new("goose"),
    program: "goose",
    first: &["run", "--no-session", "-i", "-"],
    last: &[],
    options: &GOOSE_OPTIONS,
    tells_progress: false,
};

static GOOSE_OPTIONS: [OptionSpec; 5] = [
    OptionSpec { name: "provider", flag: "--provider", kind: OptionKind::Text },
    OptionSpec { name: "model", flag: "--model", kind: OptionKind::Text },
    OptionSpec { name: "max_turns", flag: "--max-turns", kind: OptionKind::Number },
    OptionSpec { name: "with_builtin", flag: "--with-builtin", kind: OptionKind::Each },
    OptionSpec { name: "args", flag: "", kind: OptionKind::Texts },
];

impl Preset for Goose {
    fn spec(&self) -> &'static PresetSpec {
        &GOOSE
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Silent)
    }
}

/// Aider.
#[derive(Debug)]
pub(super) struct Aider;

static AIDER: PresetSpec = PresetSpec {
    name: PresetName::new("aider"),
    program: "aider",
    first: &[
        "--yes-always",
        "--no-pretty",
        "--no-stream",
        "--no-check-update",
        "--message-file",
        "/dev/stdin",
    ],
    last: &[],
    options: &AIDER_OPTIONS,
    tells_progress: false,
};

static AIDER_OPTIONS: [OptionSpec; 5] = [
    OptionSpec { name: "model", flag: "--model", kind: OptionKind::Text },
    OptionSpec { name: "weak_model", flag: "--weak-model", kind: OptionKind::Text },
    OptionSpec { name: "test_cmd", flag: "--test-cmd", kind: OptionKind::Text },
    OptionSpec { name: "auto_test", flag: "--auto-test", kind: OptionKind::Flag },
    OptionSpec { name: "args", flag: "", kind: OptionKind::Texts },
];

impl Preset for Aider {
    fn spec(&self) -> &'static PresetSpec {
        &AIDER
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Silent)
    }
}

/// Reads nothing out of what is printed.
#[derive(Debug)]
struct Silent;

impl StreamReader for Silent {
    fn line(&mut self, _: &[u8]) {}

    fn has_ended(&self) -> bool {
        false
    }

    fn verdict(&self, _: Ended) -> Verdict {
        Verdict::ByExit
    }

    fn report(&self) -> RunReport {
        RunReport::default()
    }
}
