//! `herdgate config`.

use clap::Args;
use serde_json::Value;

use super::{
    gate::Gate,
    globals::{Globals, View},
    lists::{Rows, Window},
    outcome::{Outcome, report},
    palette::Tone,
    print::Out,
    table::{Cell, Column, Table},
    times::Times,
};
use crate::{
    api::config::{NameChanges, RevisionsFilter},
    client::Api,
};

/// Show the configuration that the gate has in force, key by key, with where each is set. Secrets are
/// never shown.
#[derive(Debug, Args)]
pub(super) struct Config {
    /// Only keys that begin so, like `gateway` or `agents.dev`.
    #[arg(conflicts_with = "revisions")]
    key: Option<String>,
    /// List the configurations that were in force instead, each with what was different from the one
    /// before, the newest first.
    #[arg(long)]
    revisions: bool,
    #[command(flatten)]
    window: Window,
    #[command(flatten)]
    view: View,
}

impl Config {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        if self.revisions {
            return revisions(globals, &self.window, self.view);
        }
        let value = serde_json::to_value(Gate::of(globals)?.ask(Api::config)?).map_err(report)?;
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
        out.table(&table, self.view.wide)?;
        out.success()
    }
}

fn revisions(globals: &Globals, window: &Window, view: View) -> Outcome {
    let (gate, filter) = (Gate::of(globals)?, RevisionsFilter::default());
    let found = Rows::read(&gate, window, filter, async |api, query| api.revisions(query).await)?;
    let mut out = Out::new();
    if globals.json {
        out.each(&found.rows)?;
        return out.success();
    }
    let times = Times::new(view);
    let mut table = Table::new([
        Column::new("REVISION").right(),
        Column::new("SINCE"),
        Column::new("KEYS").least(8),
        Column::new("SOURCES").least(8),
        Column::new("AGENTS").least(8),
    ]);
    for revision in &found.rows {
        table.row([
            revision.number.to_string().into(),
            times.short(revision.at.0).into(),
            changes(&revision.settings).into(),
            changes(&revision.sources).into(),
            changes(&revision.agents).into(),
        ]);
    }
    out.table(&table, view.wide)?;
    found.tell_more(&mut out)?;
    out.success()
}

/// `+dev -ops ~triage`
fn changes(changes: &NameChanges) -> String {
    let NameChanges { added, removed, changed } = changes;
    let marked = [("+", added), ("-", removed), ("~", changed)];
    let all =
        marked.into_iter().flat_map(|(mark, names)| names.iter().map(move |name| format!("{mark}{name}")));
    let all: Vec<_> = all.collect();
    if all.is_empty() { "-".to_owned() } else { all.join(" ") }
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
