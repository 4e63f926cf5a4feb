//! A request that might be sent, and how it is written in a line of JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A request that might be sent.
#[derive(Debug, Clone)]
pub struct Question {
    /// The type in the URL.
    pub provider: String,
    /// The source in the URL, if any.
    pub source: Option<String>,
    /// All its headers.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
    /// A `[[webhooks]]` table to be asked instead of the project's agents.
    pub trigger: Option<Map<String, Value>>,
    /// Secrets by instance, instead of the project's sources.
    pub secrets: Option<BTreeMap<String, String>>,
    /// Take the signature for good.
    pub trust: bool,
}

/// One line of `explain --jsonl`.
#[derive(Debug, Deserialize)]
pub struct Line {
    /// Comes back with the answer.
    #[serde(default)]
    pub id: Value,
    provider: String,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_b64: Option<String>,
    #[serde(default)]
    trigger: Option<Map<String, Value>>,
    #[serde(default)]
    secrets: Option<BTreeMap<String, String>>,
}

impl Line {
    /// The question behind the line.
    ///
    /// # Errors
    /// A body that is no Base64.
    pub fn question(&mut self) -> Result<Question, String> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let body = match (self.body_b64.take(), self.body.take()) {
            (Some(encoded), _) => {
                STANDARD.decode(encoded.trim()).map_err(|error| format!("body_b64 is no Base64: {error}"))?
            }
            (None, Some(text)) => text.into_bytes(),
            (None, None) => Vec::new(),
        };
        let headers = std::mem::take(&mut self.headers);
        Ok(Question {
            provider: std::mem::take(&mut self.provider),
            source: self.source.take(),
            headers: headers.into_iter().filter_map(|(name, value)| Some((name, text(&value)?))).collect(),
            body,
            trigger: self.trigger.take(),
            secrets: self.secrets.take(),
            trust: false,
        })
    }
}

/// A header as the tools write it: a text, a number, or a list of which the first counts.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(values) => values.first().and_then(text),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}
