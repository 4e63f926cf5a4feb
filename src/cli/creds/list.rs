//! `herdgate creds ls`.

use clap::Args;
use serde_json::json;

use super::kind::{Users, credentials};
use crate::cli::{
    globals::{Globals, View},
    outcome::{Outcome, report},
    palette::Tone,
    print::Out,
    table::{Cell, Column, Table},
    times::Times,
};

/// List what is there, and which sources use it. No secret is read.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    view: View,
}

impl List {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let credentials = credentials(globals)?;
        let root = credentials.root().display();
        let stored = credentials.list().map_err(|error| report(format!("cannot read {root}: {error}")))?;
        let mut out = Out::new();
        let users = Users::of(globals);
        let rows = stored.iter().map(|stored| (stored, users.sources(&stored.r#type, &stored.instance)));
        if globals.json {
            for (stored, users) in rows {
                out.json(&json!({
                    "type": stored.r#type,
                    "instance": stored.instance,
                    "field": stored.field,
                    "path": stored.path,
                    "changed_at": stored.changed_at.to_string(),
                    "exposed": stored.is_exposed,
                    "sources": users,
                }))?;
            }
            return out.success();
        }
        if stored.is_empty() {
            out.line(format!("no credentials in {root}\n`herdgate creds add github` adds a webhook secret"))?;
            return out.success();
        }
        let times = Times::new(self.view);
        let mut table = Table::new([
            Column::new("TYPE").least(12),
            Column::new("INSTANCE").least(8),
            Column::new("FIELD"),
            Column::new("CHANGED").rank(1),
            Column::new("OPEN TO"),
            Column::new("USED BY").least(8).rank(2),
        ]);
        for (stored, users) in rows {
            let exposure = if stored.is_exposed {
                Cell::toned("others: chmod 600", Tone::Bad)
            } else {
                Cell::from("its owner")
            };
            table.row([
                stored.r#type.as_str().into(),
                stored.instance.as_str().into(),
                stored.field.as_str().into(),
                times.short(stored.changed_at).into(),
                exposure,
                if users.is_empty() { "no source".into() } else { users.join(", ").into() },
            ]);
        }
        out.table(&table, self.view.wide)?;
        out.success()
    }
}
