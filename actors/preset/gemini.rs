//! Gemini CLI, `gemini`.
//!
//! Facts: <https://geminicli.com/docs/cli/headless/> and its list of exit codes. Without a terminal it
//! reads the prompt from standard input. With `--output-format stream-json` each line is an event: `init`,
//! `message` (in pieces), `tool_use`, `tool_result`, `error`, and `result` at the end. What ended it before
//! its first event is told by the exit code alone.

use serde::Deserialize;

use super::{
    Ended, OptionKind, OptionSpec, Preset, PresetSpec, StreamReader, Verdict, lenient::or_default, text,
};
use crate::domain::{PresetName, RunReport, Tokens};

/// Gemini CLI.
#[derive(Debug)]
pub(super) struct Gemini;

static GEMINI: PresetSpec = PresetSpec {
    name: PresetName::new("gemini"),
    program: "gemini",
    first: &["--output-format", "stream-json"],
    last: &[],
    options: &OPTIONS,
    tells_progress: true,
};

static OPTIONS: [OptionSpec; 7] = [
    OptionSpec { name: "model", flag: "--model", kind: OptionKind::Text },
    OptionSpec { name: "approval_mode", flag: "--approval-mode", kind: OptionKind::Text },
    OptionSpec { name: "sandbox", flag: "--sandbox", kind: OptionKind::Flag },
    OptionSpec { name: "allowed_tools", flag: "--allowed-tools", kind: OptionKind::Each },
    OptionSpec { name: "extensions", flag: "--extensions", kind: OptionKind::Each },
    OptionSpec { name: "add_dir", flag: "--include-directories", kind: OptionKind::Each },
    OptionSpec { name: "args", flag: "", kind: OptionKind::Texts },
];

impl Preset for Gemini {
    fn spec(&self) -> &'static PresetSpec {
        &GEMINI
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Reader::default())
    }
}

#[derive(Debug, Default)]
struct Reader {
    report: RunReport,
    said: String,
    end: Option<End>,
    problem: Option<String>,
}

#[derive(Debug)]
enum End {
    Success,
    Error(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(deserialize_with = "or_default")]
    r#type: String,
    #[serde(deserialize_with = "or_default")]
    session_id: Option<String>,
    #[serde(deserialize_with = "or_default")]
    model: Option<String>,
    #[serde(deserialize_with = "or_default")]
    role: Option<String>,
    #[serde(deserialize_with = "or_default")]
    content: Option<String>,
    #[serde(deserialize_with = "or_default")]
    delta: bool,
    #[serde(deserialize_with = "or_default")]
    status: Option<String>,
    #[serde(deserialize_with = "or_default")]
    message: Option<String>,
    #[serde(deserialize_with = "or_default")]
    error: Option<Problem>,
    #[serde(deserialize_with = "or_default")]
    stats: Option<Stats>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(deserialize_with = "or_default")]
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stats {
    /// Those from a cache included.
    #[serde(deserialize_with = "or_default")]
    input_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    output_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    cached: u64,
}

/// A message comes in pieces; no more of it is gathered than is kept.
const GATHERED: usize = 16 << 10;

impl StreamReader for Reader {
    fn line(&mut self, line: &[u8]) {
        let Ok(line) = serde_json::from_slice::<Line>(line) else { return };
        match line.r#type.as_str() {
            "init" => {
                self.report.session = line.session_id.as_deref().and_then(text::name);
                self.report.model = line.model.as_deref().and_then(text::name);
            }
            "message" if line.role.as_deref() == Some("assistant") => {
                if !line.delta {
                    self.said.clear();
                }
                let piece = line.content.unwrap_or_default();
                if self.said.len() + piece.len() <= GATHERED {
                    self.said.push_str(&piece);
                }
            }
            // What it says before a tool is not its last message.
            "tool_use" => self.said.clear(),
            "error" => self.problem = line.message.as_deref().and_then(text::reason),
            "result" => {
                self.report.tokens = line.stats.map(|stats| Tokens {
                    input: stats.input_tokens.saturating_sub(stats.cached),
                    output: stats.output_tokens,
                    cache_read: stats.cached,
                    cache_write: 0,
                });
                self.end = Some(match line.status.as_deref() {
                    Some("success") => End::Success,
                    _ => End::Error(line.error.map(|error| error.message).unwrap_or_default()),
                });
            }
            _ => {}
        }
    }

    fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    fn verdict(&self, ended: Ended) -> Verdict {
        if let Ended::Exit(code) = ended
            && let Some(why) = of_exit(code)
        {
            return Verdict::Final(why.to_owned());
        }
        match (&self.end, ended) {
            (Some(End::Success), _) => Verdict::Done,
            (Some(End::Error(why)), _) => self.failed(why),
            (None, Ended::Exit(0) | Ended::Lingering) => {
                Verdict::Failed("no result: it ended in the middle of its task".to_owned())
            }
            (None, Ended::Exit(_) | Ended::Signal(_)) => match &self.problem {
                Some(problem) => self.failed(problem),
                None => Verdict::ByExit,
            },
        }
    }

    fn report(&self) -> RunReport {
        RunReport { summary: text::message(&self.said), ..self.report.clone() }
    }
}

impl Reader {
    fn failed(&self, why: &str) -> Verdict {
        let why = text::reason(why).or_else(|| self.problem.clone());
        let why = why.unwrap_or_else(|| "it says so itself".to_owned());
        let lower = why.to_ascii_lowercase();
        if lower.contains("quota") || lower.contains("rate limit") || lower.contains("429") {
            return Verdict::RateLimited { until: None };
        }
        Verdict::Failed(why)
    }
}

/// Codes of its own, all of them for what another attempt would meet again.
fn of_exit(code: i32) -> Option<&'static str> {
    Some(match code {
        41 => "it is not signed in (exit code 41)",
        42 => "it does not understand its arguments or its input (exit code 42)",
        44 => "its sandbox cannot be used (exit code 44)",
        52 => "its settings are wrong (exit code 52)",
        53 => "it used up its turns (exit code 53)",
        54 => "a tool could not be run (exit code 54)",
        55 => "it does not trust the folder it works in (exit code 55)",
        _ => return None,
    })
}
