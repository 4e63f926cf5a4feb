//! Dead letters: what will not be tried again by itself, by agent and reason, and what to do about it.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    bulk_ask::Which,
    error::Trouble,
    links::{encoded, link},
    listing::{Choice, given, since, spans},
    page,
    shell::{Place, Shell},
    visitor::Visitor,
    words::{When, counted},
};
use crate::api::dead_letters::DeadLettersQuery;

const PATH: &str = "/dashboard/dead-letters";

/// Which of them, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    agent: String,
    since: String,
}

impl Filters {
    /// The page that asks what to do to all of an agent, or of a reason, or both.
    fn ask(&self, agent: &str, reason: &str) -> String {
        let which = Which {
            of: "jobs".to_owned(),
            state: "discarded".to_owned(),
            agent: agent.to_owned(),
            reason: reason.to_owned(),
            since: self.since.clone(),
            ..Which::default()
        };
        which.link()
    }
}

/// The dead letters of an agent for a reason.
struct Cell {
    count: String,
    to: String,
    ask: String,
    newest: When,
}

struct Line {
    agent: String,
    link: String,
    cells: Vec<Option<Cell>>,
    total: String,
    ask: String,
}

#[derive(Template)]
#[template(path = "dead_letters.html")]
struct DeadLettersPage {
    shell: Shell,
    filters: Filters,
    spans: Vec<Choice>,
    reasons: Vec<String>,
    lines: Vec<Line>,
    total: String,
    /// Asks what to do to all that are shown.
    ask: String,
    is_filtered: bool,
}

pub(super) async fn show(visitor: Visitor, filters: web::Query<Filters>) -> Result<HttpResponse, Trouble> {
    let filters = filters.into_inner();
    let backlog = visitor.store().backlog().await?;
    let query = DeadLettersQuery {
        agent: given(&filters.agent).map(Into::into),
        since: since(&filters.since, visitor.now),
        until: None,
    };
    let groups = visitor.reads().dead_letters(&query).await?.items;
    let mut reasons: Vec<_> = groups.iter().map(|group| group.reason.clone()).collect();
    reasons.sort();
    reasons.dedup();
    let mut by_agent = BTreeMap::<String, (u64, Vec<Option<Cell>>)>::new();
    for group in &groups {
        let agent = group.agent.to_string();
        let (total, cells) =
            by_agent.entry(agent.clone()).or_insert_with(|| (0, reasons.iter().map(|_| None).collect()));
        *total += group.jobs;
        let to = [
            ("state", "discarded"),
            ("agent", agent.as_str()),
            ("reason", &group.reason),
            ("since", &filters.since),
        ];
        if let Ok(place) = reasons.binary_search(&group.reason) {
            cells[place] = Some(Cell {
                count: counted(group.jobs, None),
                to: link("/dashboard/jobs", to),
                ask: filters.ask(&agent, &group.reason),
                newest: When::new(group.newest.0, visitor.now),
            });
        }
    }
    let line = |(agent, (total, cells)): (String, (u64, Vec<Option<Cell>>))| Line {
        link: format!("/dashboard/agents/{}", encoded(&agent)),
        ask: filters.ask(&agent, ""),
        agent,
        cells,
        total: counted(total, None),
    };
    let total = groups.iter().map(|group| group.jobs).sum();
    let page = DeadLettersPage {
        shell: Shell::new(&visitor, Place::DeadLetters, "Dead letters", "jobs", &backlog),
        spans: spans(&filters.since),
        reasons: reasons.iter().map(|reason| reason.replace('_', " ")).collect(),
        lines: by_agent.into_iter().map(line).collect(),
        total: counted(total, None),
        ask: filters.ask(&filters.agent, ""),
        is_filtered: link(PATH, [("agent", filters.agent.as_str()), ("since", &filters.since)]) != PATH,
        filters,
    };
    page::answer(&visitor, &page)
}
