//! Codex, `codex exec`.
//!
//! Facts: <https://developers.openai.com/codex/noninteractive> and the events of its SDK. With `--json`
//! each line is an event: `thread.started`, `turn.started`, `item.*`, and `turn.completed` with what was
//! used, or `turn.failed`; `error` for what ends the stream. It prints no cost, and hangs on a standard
//! input that stays open.

use serde::Deserialize;

use super::{
    Ended, OptionKind, OptionSpec, Preset, PresetSpec, StreamReader, Verdict, lenient::or_default, text,
};
use crate::domain::{PresetName, RunReport, Tokens};

/// Codex.
#[derive(Debug)]
pub(super) struct Codex;

static CODEX: PresetSpec = PresetSpec {
    name: PresetName::new("codex"),
    program: "codex",
    first: &["exec", "--json", "--skip-git-repo-check"],
    last: &["-"],
    options: &OPTIONS,
    tells_progress: true,
};

static OPTIONS: [OptionSpec; 7] = [
    OptionSpec { name: "model", flag: "-m", kind: OptionKind::Text },
    OptionSpec { name: "sandbox", flag: "--sandbox", kind: OptionKind::Text },
    OptionSpec { name: "profile", flag: "--profile", kind: OptionKind::Text },
    OptionSpec { name: "add_dir", flag: "--add-dir", kind: OptionKind::Each },
    OptionSpec { name: "config", flag: "-c", kind: OptionKind::Each },
    OptionSpec { name: "full_auto", flag: "--full-auto", kind: OptionKind::Flag },
    OptionSpec { name: "args", flag: "", kind: OptionKind::Texts },
];

impl Preset for Codex {
    fn spec(&self) -> &'static PresetSpec {
        &CODEX
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Reader::default())
    }
}

#[derive(Debug, Default)]
struct Reader {
    report: RunReport,
    end: Option<End>,
    /// What went wrong on the way: it may have been got over.
    problem: Option<String>,
}

#[derive(Debug)]
enum End {
    Completed,
    Failed(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(deserialize_with = "or_default")]
    r#type: String,
    #[serde(deserialize_with = "or_default")]
    thread_id: Option<String>,
    #[serde(deserialize_with = "or_default")]
    item: Option<Item>,
    #[serde(deserialize_with = "or_default")]
    usage: Option<Usage>,
    #[serde(deserialize_with = "or_default")]
    error: Option<Problem>,
    #[serde(deserialize_with = "or_default")]
    message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    #[serde(deserialize_with = "or_default")]
    r#type: String,
    #[serde(deserialize_with = "or_default")]
    text: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    /// Those from a cache included.
    #[serde(deserialize_with = "or_default")]
    input_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    cached_input_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    output_tokens: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(deserialize_with = "or_default")]
    message: String,
}

impl StreamReader for Reader {
    fn line(&mut self, line: &[u8]) {
        let Ok(line) = serde_json::from_slice::<Line>(line) else { return };
        match line.r#type.as_str() {
            "thread.started" => self.report.session = line.thread_id.as_deref().and_then(text::name),
            // Of several turns the last one counts.
            "turn.started" => self.end = None,
            "item.completed" => {
                let said = line.item.filter(|item| item.r#type == "agent_message").and_then(|item| item.text);
                self.report.summary = said.as_deref().and_then(text::message).or(self.report.summary.take());
            }
            "turn.completed" => {
                self.used(line.usage);
                self.end = Some(End::Completed);
            }
            "turn.failed" => {
                self.used(line.usage);
                self.end = Some(End::Failed(line.error.map(|error| error.message).unwrap_or_default()));
            }
            "error" => self.problem = line.message.as_deref().and_then(text::reason),
            _ => {}
        }
    }

    fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    fn verdict(&self, ended: Ended) -> Verdict {
        match &self.end {
            Some(End::Completed) => Verdict::Done,
            Some(End::Failed(why)) => failed(why),
            None => match (&self.problem, ended) {
                (Some(problem), _) => failed(problem),
                (None, Ended::Exit(0) | Ended::Lingering) => {
                    Verdict::Failed("no result: its turn was not completed".to_owned())
                }
                (None, Ended::Exit(_) | Ended::Signal(_)) => Verdict::ByExit,
            },
        }
    }

    fn report(&self) -> RunReport {
        self.report.clone()
    }
}

impl Reader {
    fn used(&mut self, usage: Option<Usage>) {
        let Some(usage) = usage else { return };
        let tokens = Tokens {
            input: usage.input_tokens.saturating_sub(usage.cached_input_tokens),
            output: usage.output_tokens,
            cache_read: usage.cached_input_tokens,
            cache_write: 0,
        };
        self.report.tokens = Some(self.report.tokens.unwrap_or_default().plus(tokens));
        self.report.turns = Some(self.report.turns.unwrap_or_default().saturating_add(1));
    }
}

/// It has no event for limits: the service's own words say it.
fn failed(why: &str) -> Verdict {
    let lower = why.to_ascii_lowercase();
    if lower.contains("usage limit") || lower.contains("rate limit") || lower.contains("429") {
        return Verdict::RateLimited { until: None };
    }
    Verdict::Failed(text::reason(why).unwrap_or_else(|| "its turn failed".to_owned()))
}
