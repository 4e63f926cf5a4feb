//! `herdgate deliveries`.

use clap::Args;
use herdgate_actors::domain::{AgentName, SourceName};

use super::{
    gate::Gate,
    globals::{Globals, View},
    lists::{Rows, Window, one_of},
    outcome::Outcome,
    print::Out,
    table::{Cell, Column, Table},
    times::Times,
    words::{outcome_tone, spelled},
};
use crate::api::deliveries::{self, DeliveriesFilter, Delivery};

/// List deliveries, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
herdgate deliveries --repo acme/app --since 1d
herdgate deliveries --delivery-id 72d3162e-cc78-11e3-81ab-4c9367dc0958
herdgate deliveries --outcome unmatched --event issues")]
pub(super) struct Deliveries {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    view: View,
}

/// Which deliveries.
#[derive(Debug, Clone, Args)]
pub(super) struct Filter {
    /// Only of this source.
    #[arg(long)]
    pub(super) source: Option<String>,
    /// Only those of which this came: `matched`, `unmatched`, `duplicate`, `unparsable`, `unrouted`,
    /// `gapped` or `quarantined`.
    #[arg(long, value_parser = one_of::<deliveries::Outcome>)]
    pub(super) outcome: Option<deliveries::Outcome>,
    /// Only of this event.
    #[arg(long)]
    pub(super) event: Option<String>,
    /// Only of this repository, like `acme/app`.
    #[arg(long)]
    pub(super) repo: Option<String>,
    /// Only those that made a job of this agent.
    #[arg(long)]
    pub(super) agent: Option<String>,
    /// Only with this id of the provider, as `X-GitHub-Delivery` has it.
    #[arg(long)]
    pub(super) delivery_id: Option<String>,
    /// Only those that say this somewhere: in a title, a name, a comment.
    #[arg(long)]
    pub(super) text: Option<String>,
    #[command(flatten)]
    pub(super) window: Window,
}

impl Filter {
    /// Reads the deliveries that match, the newest first.
    pub(super) fn find(&self, gate: &Gate) -> miette::Result<Rows<Delivery>> {
        let filter = DeliveriesFilter {
            source: self.source.as_deref().map(SourceName::from),
            outcome: self.outcome,
            event: self.event.clone(),
            repo: self.repo.clone(),
            agent: self.agent.as_deref().map(AgentName::from),
            delivery_id: self.delivery_id.clone(),
            text: self.text.clone(),
        };
        Rows::read(gate, &self.window, filter, async |api, query| api.deliveries(query).await)
    }
}

impl Deliveries {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let found = self.filter.find(&Gate::of(globals)?)?;
        let mut out = Out::new();
        if globals.json {
            out.each(&found.rows)?;
            return out.success();
        }
        if found.rows.is_empty() {
            out.line("no deliveries")?;
            return out.success();
        }
        let times = Times::new(self.view);
        let mut table = Table::new([
            Column::new("RECEIPT"),
            Column::new("ARRIVED"),
            Column::new("SOURCE").least(6).rank(1),
            Column::new("EVENT").least(12),
            Column::new("OUTCOME"),
            Column::new("JOBS").right().rank(0),
            Column::new("REPO").least(8).rank(2),
            Column::new("TITLE").least(10).rank(3),
        ]);
        for row in &found.rows {
            table.row([
                row.id.to_string().into(),
                times.short(row.at.0).into(),
                sources(row).into(),
                event(row).into(),
                Cell::toned(spelled(row.outcome), outcome_tone(row.outcome)),
                row.matched.to_string().into(),
                row.repo.as_deref().unwrap_or("-").into(),
                row.title.as_deref().unwrap_or_default().into(),
            ]);
        }
        out.table(&table, self.view.wide)?;
        found.tell_more(&mut out)?;
        out.success()
    }
}

/// Who vouched for it.
pub(super) fn sources(delivery: &Delivery) -> String {
    delivery.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// `issues.labeled`, as it is also sent.
pub(super) fn event(delivery: &Delivery) -> String {
    match (&delivery.event, &delivery.action) {
        (Some(event), Some(action)) => format!("{event}.{action}"),
        (Some(event), None) => event.clone(),
        (None, _) => format!("{} event", delivery.provider),
    }
}
