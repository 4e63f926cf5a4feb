//! `herdgate config`.

use clap::Args;
use serde_json::Value;

use super::{
    gate::Gate,
    globals::Globals,
    outcome::{Outcome, report},
    palette::Tone,
    print::Out,
    table::{Cell, Column, Table},
};
use crate::client::Api;

/// Show the configuration that the gate has in force, key by key, with where each is set. Secrets are
/// never shown.
#[derive(Debug, Args)]
pub(super) struct Config {
    /// Only keys that begin so, like `gateway` or `agents.dev`.
    key: Option<String>,
    /// Cut nothing to fit the terminal.
    #[arg(long)]
    wide: bool,
}

impl Config {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let value: Value = Gate::of(globals)?.ask(Api::config)?;
        let mut out = Out::new();
        if globals.json {
            out.pretty(&value)?;
            return out.success();
        }
        let mut settings = Vec::new();
        collect("", &value, &mut settings);
        let wanted = |path: &str| self.key.as_deref().is_none_or(|key| path.starts_with(key));
        settings.retain(|(path, ..)| wanted(path));
        if settings.is_empty() {
            let key = self.key.unwrap_or_default();
            return Err(report(format!(
                "no key in force begins with `{key}`\nhelp: `herdgate config` shows all"
            )));
        }
        let mut table = Table::new([
            Column::new("KEY").least(16),
            Column::new("VALUE").least(16),
            Column::new("SET BY").least(8).rank(1),
        ]);
        for (path, value, origin) in settings {
            let tone = if origin == "default" { Tone::Faint } else { Tone::Plain };
            table.row([path.into(), value.into(), Cell::toned(origin, tone)]);
        }
        out.table(&table, self.wide)?;
        out.success()
    }
}

/// The keys, their values and where they are set, wherever they stand in what is in force.
fn collect(path: &str, value: &Value, settings: &mut Vec<(String, String, String)>) {
    let Value::Object(members) = value else { return };
    if let (Some(set), Some(origin)) = (members.get("value"), members.get("origin")) {
        let hidden = members.get("secret") == Some(&Value::Bool(true));
        let shown = if hidden { "(a secret)".to_owned() } else { short(set) };
        settings.push((path.to_owned(), shown, short(origin)));
        return;
    }
    for (name, member) in members {
        let name = if name == "settings" && path.is_empty() { "" } else { name };
        let inner = if path.is_empty() || name.is_empty() {
            format!("{path}{name}")
        } else {
            format!("{path}.{name}")
        };
        collect(&inner, member, settings);
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        // An origin may have parts, like a file and a line.
        Value::Object(parts) if !parts.is_empty() => parts.values().map(short).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
