//! What came in, the newest first.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    bulk_ask::Which,
    error::Trouble,
    links::link,
    listing::{Choice, Pages, choices, given, spans, window},
    page,
    shell::{Place, Shell},
    visitor::Visitor,
    words::{ShortId, When},
};
use crate::api::{
    deliveries::{DeliveriesFilter, DeliveriesQuery, Delivery, Outcome},
    list::Listed,
};

const PATH: &str = "/dashboard/deliveries";
/// What can come of a delivery: its name in addresses, the class of the state, and the word.
const OUTCOMES: [(Outcome, &str, &str, &str); 7] = [
    (Outcome::Matched, "matched", "yes", "matched"),
    (Outcome::Unmatched, "unmatched", "filtered", "no match"),
    (Outcome::Duplicate, "duplicate", "filtered", "duplicate"),
    (Outcome::Unparsable, "unparsable", "unparsable", "unparsable"),
    (Outcome::Unrouted, "unrouted", "unrouted", "unrouted"),
    (Outcome::Gapped, "gapped", "gapped", "gapped"),
    (Outcome::Quarantined, "quarantined", "quarantined", "quarantined"),
];

/// Which of them, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    source: String,
    outcome: String,
    event: String,
    repo: String,
    agent: String,
    delivery: String,
    text: String,
    since: String,
    after: String,
}

impl Filters {
    fn query(&self, visitor: &Visitor) -> Result<DeliveriesQuery, Trouble> {
        let outcome = given(&self.outcome).map(|wanted| {
            let found = OUTCOMES.into_iter().find(|(_, name, ..)| *name == wanted);
            let unknown = || Trouble::Wrong(format!("`{wanted}` cannot come of a delivery"));
            found.map(|(outcome, ..)| outcome).ok_or_else(unknown)
        });
        let filter = DeliveriesFilter {
            source: given(&self.source).map(Into::into),
            outcome: outcome.transpose()?,
            event: given(&self.event).map(str::to_owned),
            repo: given(&self.repo).map(str::to_owned),
            agent: given(&self.agent).map(Into::into),
            delivery_id: given(&self.delivery).map(str::to_owned),
            text: given(&self.text).map(str::to_owned),
        };
        Ok(Listed { filter, window: window(&self.since, &self.after, visitor) })
    }

    /// The same filters from another place on.
    fn link(&self, after: &str) -> String {
        let all = [
            ("text", self.text.as_str()),
            ("source", &self.source),
            ("outcome", &self.outcome),
            ("event", &self.event),
            ("repo", &self.repo),
            ("agent", &self.agent),
            ("delivery", &self.delivery),
            ("since", &self.since),
            ("after", after),
        ];
        link(PATH, all)
    }
}

/// A delivery in a table.
struct Row {
    id: String,
    short: ShortId,
    at: When,
    event: String,
    repo: String,
    title: String,
    source: String,
    class: &'static str,
    word: &'static str,
    jobs: u32,
}

impl Row {
    fn new(delivery: &Delivery, visitor: &Visitor) -> Self {
        let known = OUTCOMES.into_iter().find(|(outcome, ..)| *outcome == delivery.outcome);
        let (class, word) = known.map_or(("", ""), |(_, _, class, word)| (class, word));
        let event = delivery.event.as_deref().unwrap_or_default();
        let action = delivery.action.as_ref().map(|action| format!("{event}.{action}"));
        Self {
            id: delivery.id.to_string(),
            short: ShortId::new(delivery.id),
            at: When::new(delivery.at.0, visitor.now),
            event: action.unwrap_or_else(|| event.to_owned()),
            repo: delivery.repo.clone().unwrap_or_default(),
            title: delivery.title.clone().unwrap_or_default(),
            source: delivery.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            class,
            word,
            jobs: delivery.matched,
        }
    }
}

#[derive(Template)]
#[template(path = "deliveries.html")]
struct Deliveries {
    shell: Shell,
    filters: Filters,
    sources: Vec<Choice>,
    outcomes: Vec<Choice>,
    spans: Vec<Choice>,
    rows: Vec<Row>,
    pages: Pages,
    is_filtered: bool,
    /// Asks about all that match, where they can be replayed together.
    all: Option<String>,
    example: String,
}

pub(super) async fn show(visitor: Visitor, filters: web::Query<Filters>) -> Result<HttpResponse, Trouble> {
    let filters = filters.into_inner();
    let backlog = visitor.store().backlog().await?;
    let found = visitor.reads().deliveries(&filters.query(&visitor)?).await?;
    let topology = visitor.control().topology();
    let sources: Vec<_> = topology.sources().iter().map(|source| source.name.to_string()).collect();
    let outcome = |(_, name, _, word): (Outcome, &str, &str, &str)| Choice {
        value: name.to_owned(),
        name: word.to_owned(),
        is_chosen: name == filters.outcome,
    };
    let all = Which {
        of: "deliveries".to_owned(),
        agent: filters.agent.clone(),
        source: filters.source.clone(),
        event: filters.event.clone(),
        repo: filters.repo.clone(),
        text: filters.text.clone(),
        outcome: filters.outcome.clone(),
        since: filters.since.clone(),
        ..Which::default()
    };
    // A delivery that is named by its id is replayed on its own page.
    let can_replay = !found.items.is_empty() && filters.delivery.is_empty();
    let page = Deliveries {
        shell: Shell::new(&visitor, Place::Deliveries, "Deliveries", "deliveries", &backlog),
        sources: choices(sources.iter().map(String::as_str), &filters.source),
        outcomes: OUTCOMES.map(outcome).into(),
        spans: spans(&filters.since),
        rows: found.items.iter().map(|delivery| Row::new(delivery, &visitor)).collect(),
        pages: Pages::of(&found, filters.after.is_empty(), |after| filters.link(after)),
        is_filtered: filters.link("") != PATH,
        all: can_replay.then(|| all.link()),
        example: topology.sources().first().map_or_else(
            || "github issues.labeled".to_owned(),
            |source| format!("{} <sample>", source.provider),
        ),
        filters,
    };
    page::answer(&visitor, &page)
}
