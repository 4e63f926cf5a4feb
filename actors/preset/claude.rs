//! Claude Code, `claude -p`.
//!
//! Facts: <https://code.claude.com/docs/en/headless> and the types of its Agent SDK. With
//! `--output-format stream-json --verbose` each line is an event: `system` (`init` first, `api_retry`
//! while the service is asked again), `assistant`, `user`, `rate_limit_event`, and one `result` at the
//! end, whose `is_error` is true after API errors although its `subtype` may be `success`. Exit codes
//! do not tell these apart.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Ended, OptionKind, OptionSpec, Preset, PresetSpec, StreamReader, Verdict, lenient::or_default, text,
};
use crate::domain::{Cost, CostBasis, PresetName, RunReport, Timestamp, Tokens, Usd};

/// Claude Code.
#[derive(Debug)]
pub(super) struct Claude;

static CLAUDE: PresetSpec = PresetSpec {
    name: PresetName::new("claude"),
    program: "claude",
    first: &["-p", "--output-format", "stream-json", "--verbose"],
    last: &[],
    options: &OPTIONS,
    tells_progress: true,
};

static OPTIONS: [OptionSpec; 12] = [
    OptionSpec { name: "model", flag: "--model", kind: OptionKind::Text },
    OptionSpec { name: "fallback_model", flag: "--fallback-model", kind: OptionKind::Text },
    OptionSpec { name: "permission_mode", flag: "--permission-mode", kind: OptionKind::Text },
    OptionSpec { name: "allowed_tools", flag: "--allowedTools", kind: OptionKind::Texts },
    OptionSpec { name: "disallowed_tools", flag: "--disallowedTools", kind: OptionKind::Texts },
    OptionSpec { name: "max_turns", flag: "--max-turns", kind: OptionKind::Number },
    OptionSpec { name: "max_budget_usd", flag: "--max-budget-usd", kind: OptionKind::Text },
    OptionSpec { name: "mcp_config", flag: "--mcp-config", kind: OptionKind::Texts },
    OptionSpec { name: "add_dir", flag: "--add-dir", kind: OptionKind::Texts },
    OptionSpec { name: "append_system_prompt", flag: "--append-system-prompt", kind: OptionKind::Text },
    OptionSpec { name: "settings", flag: "--settings", kind: OptionKind::Text },
    OptionSpec { name: "args", flag: "", kind: OptionKind::Texts },
];

impl Preset for Claude {
    fn spec(&self) -> &'static PresetSpec {
        &CLAUDE
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Reader::default())
    }
}

/// What one run said so far.
#[derive(Debug, Default)]
struct Reader {
    report: RunReport,
    result: Option<Result>,
    /// When the service that limits it takes requests again.
    resets_at: Option<Timestamp>,
    /// The last text of the model, for runs that end without a result.
    said: Option<String>,
}

/// How it says that it ended.
#[derive(Debug)]
struct Result {
    subtype: String,
    is_error: bool,
    text: Option<String>,
    status: Option<u16>,
    terminal: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(deserialize_with = "or_default")]
    r#type: String,
    #[serde(deserialize_with = "or_default")]
    subtype: Option<String>,
    #[serde(deserialize_with = "or_default")]
    session_id: Option<String>,
    #[serde(deserialize_with = "or_default")]
    model: Option<String>,
    #[serde(deserialize_with = "or_default")]
    message: Option<Message>,
    #[serde(deserialize_with = "or_default")]
    rate_limit_info: Option<RateLimit>,
    /// Of another kind it makes the line none, so that no failure passes for a success.
    is_error: bool,
    #[serde(deserialize_with = "or_default")]
    result: Option<String>,
    #[serde(deserialize_with = "or_default")]
    errors: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    num_turns: Option<u32>,
    #[serde(deserialize_with = "or_default")]
    total_cost_usd: Option<f64>,
    #[serde(deserialize_with = "or_default")]
    usage: Option<Usage>,
    /// By the names of models; those of helpers that it asks are in here alone.
    #[serde(rename = "modelUsage", deserialize_with = "or_default")]
    model_usage: BTreeMap<String, ModelUsage>,
    #[serde(deserialize_with = "or_default")]
    permission_denials: Vec<Denial>,
    #[serde(deserialize_with = "or_default")]
    terminal_reason: Option<String>,
    #[serde(deserialize_with = "or_default")]
    api_error_status: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    #[serde(deserialize_with = "or_default")]
    content: Vec<Content>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    #[serde(deserialize_with = "or_default")]
    text: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RateLimit {
    #[serde(deserialize_with = "or_default")]
    status: String,
    /// Seconds since 1970.
    #[serde(rename = "resetsAt")]
    #[serde(deserialize_with = "or_default")]
    resets_at: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    #[serde(deserialize_with = "or_default")]
    input_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    output_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    cache_read_input_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    cache_creation_input_tokens: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ModelUsage {
    #[serde(deserialize_with = "or_default")]
    input_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    output_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    cache_read_input_tokens: u64,
    #[serde(deserialize_with = "or_default")]
    cache_creation_input_tokens: u64,
}

impl From<&ModelUsage> for Tokens {
    fn from(usage: &ModelUsage) -> Self {
        Self {
            input: usage.input_tokens,
            output: usage.output_tokens,
            cache_read: usage.cache_read_input_tokens,
            cache_write: usage.cache_creation_input_tokens,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Denial {
    #[serde(deserialize_with = "or_default")]
    tool_name: String,
}

impl StreamReader for Reader {
    fn line(&mut self, line: &[u8]) {
        let Ok(line) = serde_json::from_slice::<Line>(line) else { return };
        if let Some(session) = line.session_id.as_deref().and_then(text::name) {
            self.report.session = Some(session);
        }
        match line.r#type.as_str() {
            "system" if line.subtype.as_deref() == Some("init") => {
                self.report.model = line.model.as_deref().and_then(text::name);
            }
            "assistant" => {
                let texts = line.message.into_iter().flat_map(|message| message.content);
                self.said = texts.filter_map(|content| content.text).next_back().or(self.said.take());
            }
            "rate_limit_event" => {
                let refused = line.rate_limit_info.filter(|info| info.status == "rejected");
                self.resets_at =
                    refused.and_then(|info| info.resets_at?.checked_mul(1_000)).map(Timestamp::from_millis);
            }
            "result" => self.ended(line),
            _ => {}
        }
    }

    fn has_ended(&self) -> bool {
        self.result.is_some()
    }

    fn verdict(&self, ended: Ended) -> Verdict {
        let Some(result) = &self.result else {
            return match ended {
                Ended::Exit(0) | Ended::Lingering => {
                    Verdict::Failed("no result: it ended in the middle of its task".to_owned())
                }
                Ended::Exit(_) | Ended::Signal(_) => Verdict::ByExit,
            };
        };
        let is_limited = result.status == Some(429) || self.resets_at.is_some();
        match result.subtype.as_str() {
            "success" if !result.is_error => self.denied().map_or(Verdict::Done, Verdict::Final),
            "error_max_turns" => Verdict::Final("it used up its turns (`max_turns`)".to_owned()),
            "error_max_budget_usd" => Verdict::Final("it used up its budget (`max_budget_usd`)".to_owned()),
            _ if is_limited => Verdict::RateLimited { until: self.resets_at },
            _ => Verdict::Failed(result.why()),
        }
    }

    fn report(&self) -> RunReport {
        let summary = || self.said.as_deref().and_then(text::message);
        RunReport { summary: self.report.summary.clone().or_else(summary), ..self.report.clone() }
    }
}

impl Reader {
    fn ended(&mut self, line: Line) {
        let report = &mut self.report;
        report.summary = line.result.as_deref().and_then(text::message);
        report.turns = line.num_turns;
        report.tokens = line.usage.map(|usage| Tokens {
            input: usage.input_tokens,
            output: usage.output_tokens,
            cache_read: usage.cache_read_input_tokens,
            cache_write: usage.cache_creation_input_tokens,
        });
        let by_model = || line.model_usage.iter().map(|(name, usage)| (name, Tokens::from(usage)));
        if let Some((model, _)) = by_model().max_by_key(|(_, tokens)| tokens.output) {
            report.tokens = Some(by_model().fold(Tokens::default(), |sum, (_, tokens)| sum.plus(tokens)));
            report.model = text::name(model);
        }
        let usd = line.total_cost_usd.and_then(Usd::dollars);
        report.cost = usd.map(|usd| Cost { usd, basis: CostBasis::Reported });
        report.denied = text::denied(line.permission_denials.iter().map(|denial| denial.tool_name.as_str()));
        self.result = Some(Result {
            subtype: line.subtype.unwrap_or_default(),
            is_error: line.is_error,
            text: line.result.or_else(|| line.errors.into_iter().next()),
            status: line.api_error_status,
            terminal: line.terminal_reason,
        });
    }

    /// A run whose tools were denied says `success` and has not done what it was asked to.
    fn denied(&self) -> Option<String> {
        let denied = &self.report.denied;
        (!denied.is_empty()).then(|| format!("it was not allowed to use {}", denied.join(", ")))
    }
}

impl Result {
    fn why(&self) -> String {
        let said = self.text.as_deref().and_then(text::reason);
        let known = [said, self.terminal.clone(), Some(self.subtype.clone())];
        let why = known.into_iter().flatten().find(|text| !text.is_empty() && text != "success");
        let why = why.unwrap_or_else(|| "it says so itself".to_owned());
        self.status.map_or(why.clone(), |status| format!("API error {status}: {why}"))
    }
}
