//! The coding agent `opencode run`.
//!
//! Facts: <https://opencode.ai/docs/cli/> and its source. With `--format json` each line is an event of a
//! session: `step_start`, `text`, `tool_use`, `step_finish` with tokens and cost, `error`. The last
//! `step_finish` has another reason than `tool-calls`; there is no event for the end of a run.

use serde::Deserialize;

use super::{
    Ended, OptionKind, OptionSpec, Preset, PresetSpec, StreamReader, Verdict, lenient::or_default, text,
};
use crate::domain::{Cost, CostBasis, PresetName, RunReport, Tokens, Usd};

/// The program `opencode`.
#[derive(Debug)]
pub(super) struct OpenCode;

static OPENCODE: PresetSpec = PresetSpec {
    name: PresetName::new("opencode"),
    program: "opencode",
    first: &["run", "--format", "json"],
    last: &[],
    options: &OPTIONS,
    tells_progress: true,
};

static OPTIONS: [OptionSpec; 4] = [
    OptionSpec { name: "model", flag: "--model", kind: OptionKind::Text },
    OptionSpec { name: "agent", flag: "--agent", kind: OptionKind::Text },
    OptionSpec { name: "variant", flag: "--variant", kind: OptionKind::Text },
    OptionSpec { name: "args", flag: "", kind: OptionKind::Texts },
];

impl Preset for OpenCode {
    fn spec(&self) -> &'static PresetSpec {
        &OPENCODE
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Reader::default())
    }
}

#[derive(Debug, Default)]
struct Reader {
    report: RunReport,
    micros: Option<u64>,
    /// Why the last step ended.
    reason: Option<String>,
    problem: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(deserialize_with = "or_default")]
    r#type: String,
    #[serde(rename = "sessionID")]
    #[serde(deserialize_with = "or_default")]
    session_id: Option<String>,
    #[serde(deserialize_with = "or_default")]
    part: Option<Part>,
    #[serde(deserialize_with = "or_default")]
    error: Option<serde_json::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(deserialize_with = "or_default")]
    text: Option<String>,
    #[serde(deserialize_with = "or_default")]
    reason: Option<String>,
    #[serde(deserialize_with = "or_default")]
    cost: Option<f64>,
    #[serde(deserialize_with = "or_default")]
    tokens: Option<Used>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Used {
    #[serde(deserialize_with = "or_default")]
    input: u64,
    #[serde(deserialize_with = "or_default")]
    output: u64,
    #[serde(deserialize_with = "or_default")]
    reasoning: u64,
    #[serde(deserialize_with = "or_default")]
    cache: Cached,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cached {
    #[serde(deserialize_with = "or_default")]
    read: u64,
    #[serde(deserialize_with = "or_default")]
    write: u64,
}

impl StreamReader for Reader {
    fn line(&mut self, line: &[u8]) {
        let Ok(line) = serde_json::from_slice::<Line>(line) else { return };
        if let Some(session) = line.session_id.as_deref().and_then(text::name) {
            self.report.session = Some(session);
        }
        let part = line.part.unwrap_or_default();
        match line.r#type.as_str() {
            // It went on, so it got over what was wrong before.
            "step_start" => (self.reason, self.problem) = (None, None),
            "text" => self.report.summary = part.text.as_deref().and_then(text::message),
            "step_finish" => self.finished(part),
            "error" => {
                let error = line.error.unwrap_or_default();
                let told = error.pointer("/data/message").or_else(|| error.get("message"));
                let told = told.and_then(serde_json::Value::as_str).or_else(|| error.as_str());
                self.problem = Some(told.and_then(text::reason).unwrap_or_else(|| "an error".to_owned()));
            }
            _ => {}
        }
    }

    /// A step may be followed by another one.
    fn has_ended(&self) -> bool {
        false
    }

    fn verdict(&self, ended: Ended) -> Verdict {
        match (&self.problem, self.reason.as_deref(), ended) {
            (Some(problem), ..) if problem.to_ascii_lowercase().contains("rate limit") => {
                Verdict::RateLimited { until: None }
            }
            (Some(problem), ..) => Verdict::Failed(problem.clone()),
            (None, Some("stop"), Ended::Exit(_)) => Verdict::Done,
            (None, _, Ended::Exit(0) | Ended::Lingering) => {
                Verdict::Failed("no result: it ended in the middle of its task".to_owned())
            }
            (None, _, Ended::Exit(_) | Ended::Signal(_)) => Verdict::ByExit,
        }
    }

    fn report(&self) -> RunReport {
        let cost = self.micros.map(|micros| Cost { usd: Usd::micros(micros), basis: CostBasis::Reported });
        RunReport { cost, ..self.report.clone() }
    }
}

impl Reader {
    fn finished(&mut self, part: Part) {
        self.reason = part.reason;
        self.report.turns = Some(self.report.turns.unwrap_or_default().saturating_add(1));
        if let Some(used) = part.tokens {
            let tokens = Tokens {
                input: used.input,
                output: used.output.saturating_add(used.reasoning),
                cache_read: used.cache.read,
                cache_write: used.cache.write,
            };
            self.report.tokens = Some(self.report.tokens.unwrap_or_default().plus(tokens));
        }
        if let Some(usd) = part.cost.and_then(Usd::dollars) {
            self.micros = Some(self.micros.unwrap_or_default().saturating_add(usd.as_micros()));
        }
    }
}
