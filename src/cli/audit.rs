//! `herdgate audit`.

use clap::Args;
use serde_json::Value;

use super::{
    gate::Gate,
    globals::{Globals, View},
    lists::{Rows, Window},
    outcome::Outcome,
    palette::Tone,
    print::Out,
    table::{Cell, Column, Table},
    times::Times,
};
use crate::api::audit::{AuditFilter, Change};

/// List who changed what, the newest first.
#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Only by this key.
    #[arg(long)]
    by: Option<String>,
    /// Only of this kind, like `agent.pause`.
    #[arg(long)]
    action: Option<String>,
    /// Only of this thing: an agent's name, an id.
    #[arg(long)]
    subject: Option<String>,
    #[command(flatten)]
    window: Window,
    #[command(flatten)]
    view: View,
}

impl Audit {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let filter = AuditFilter { by: self.by, action: self.action, subject: self.subject };
        let gate = Gate::of(globals)?;
        let found = Rows::read(&gate, &self.window, filter, async |api, query| api.audit(query).await)?;
        let mut out = Out::new();
        if globals.json {
            out.each(&found.rows)?;
            return out.success();
        }
        if found.rows.is_empty() {
            out.line("nobody changed anything")?;
            return out.success();
        }
        out.table(&table(&found.rows, Times::new(self.view)), self.view.wide)?;
        found.tell_more(&mut out)?;
        out.success()
    }
}

fn table(changes: &[Change], times: Times) -> Table {
    let mut table = Table::new([
        Column::new("WHEN"),
        Column::new("BY").least(6),
        Column::new("FROM").rank(0),
        Column::new("WHAT"),
        Column::new("OF").least(8),
        Column::new("BEFORE").least(8).rank(1),
        Column::new("AFTER").least(8).rank(2),
    ]);
    for change in changes {
        let after = match &change.problem {
            Some(problem) => Cell::toned(format!("not done: {problem}"), Tone::Bad),
            None => short(change.after.as_ref()).into(),
        };
        table.row([
            times.short(change.at.0).into(),
            change.by.as_str().into(),
            change.from.as_deref().unwrap_or("-").into(),
            change.action.as_str().into(),
            change.subject.as_deref().unwrap_or("-").into(),
            short(change.before.as_ref()).into(),
            after,
        ]);
    }
    table
}

fn short(value: Option<&Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
