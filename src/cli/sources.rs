//! `herdgate sources`.

use clap::Args;

use super::{
    gate::Gate,
    globals::{Globals, View},
    outcome::Outcome,
    palette::Tone,
    print::Out,
    table::{Cell, Column, Table},
    times::Times,
};
use crate::{
    api::sources::{Secret, Source},
    client::Api,
};

/// List sources: how they are verified, what they brought, what was refused.
#[derive(Debug, Args)]
pub(super) struct Sources {
    #[command(flatten)]
    view: View,
}

impl Sources {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let sources = Gate::of(globals)?.ask(Api::sources)?.items;
        let mut out = Out::new();
        if globals.json {
            out.each(&sources)?;
            return out.success();
        }
        if sources.is_empty() {
            out.line("no sources: [webhooks.<name>] in config.toml is one")?;
            return out.success();
        }
        let times = Times::new(self.view);
        let mut table = Table::new([
            Column::new("SOURCE").least(8),
            Column::new("TYPE"),
            Column::new("VERIFIED BY"),
            Column::new("MATCHED").right(),
            Column::new("UNWANTED").right().rank(2),
            Column::new("AGAIN").right().rank(1),
            Column::new("REFUSED").least(8),
            Column::new("LAST").rank(3),
            Column::new("URL").least(12).rank(0),
        ]);
        for source in &sources {
            let counted = &source.since_start;
            let refused = refused(source);
            let tone = if refused == "-" { Tone::Plain } else { Tone::Bad };
            table.row([
                source.name.to_string().into(),
                source.provider.as_str().into(),
                secret(source.secret),
                counted.matched.to_string().into(),
                counted.unmatched.to_string().into(),
                counted.duplicates.to_string().into(),
                Cell::toned(refused, tone),
                source
                    .last_delivery
                    .as_ref()
                    .map_or("never".to_owned(), |last| times.short(last.at.0))
                    .into(),
                source.url.as_deref().or(source.paths.last().map(String::as_str)).unwrap_or_default().into(),
            ]);
        }
        out.table(&table, self.view.wide)?;
        let mut told = std::collections::BTreeSet::new();
        for source in sources.iter().filter(|source| !source.since_start.refused_at_type.is_empty()) {
            if told.insert(&source.provider) {
                let refused = reasons(&source.since_start.refused_at_type);
                let path = source.paths.first().map(String::as_str).unwrap_or_default();
                out.toned(Tone::Bad, &format!("at {path} no source knew the sender of {refused}"))?;
            }
        }
        out.toned(Tone::Faint, "counted since the gate was started")?;
        out.success()
    }
}

fn secret(secret: Secret) -> Cell {
    match secret {
        Secret::Present => "its secret".into(),
        Secret::PresentAndPrevious => Cell::toned("its secret, or the one before", Tone::Waiting),
        Secret::Unsigned => Cell::toned("NOBODY", Tone::Bad),
    }
}

fn refused(source: &Source) -> String {
    let refused = &source.since_start.refused;
    if refused.is_empty() { "-".to_owned() } else { reasons(refused) }
}

fn reasons(refused: &std::collections::BTreeMap<String, u64>) -> String {
    refused.iter().map(|(why, count)| format!("{count} {why}")).collect::<Vec<_>>().join(", ")
}
