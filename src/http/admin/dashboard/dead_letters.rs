//! Dead letters: what will not be tried again by itself, by agent and reason, and what to do about it.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::Trouble,
    links::{encoded, link},
    listing::{Choice, given, since, spans, window},
    page,
    shell::{Place, Shell},
    visitor::{Flash, Operator, Visitor},
    words::{When, counted, plural},
};
use crate::api::{
    dead_letters::DeadLettersQuery,
    jobs::{JobsFilter, JobsQuery, State},
    list::{Listed, Window},
};

const PATH: &str = "/dashboard/dead-letters";
/// So many are acted on at a press of the button; it says how many are left.
const AT_ONCE: usize = 1_000;
/// Rows asked for at once.
const ROWS: u32 = 200;

/// Which of them, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    agent: String,
    since: String,
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
        let of = |path: &str, state: &str| {
            link(
                path,
                [
                    ("state", state),
                    ("agent", agent.as_str()),
                    ("reason", &group.reason),
                    ("since", &filters.since),
                ],
            )
        };
        if let Ok(place) = reasons.binary_search(&group.reason) {
            cells[place] = Some(Cell {
                count: counted(group.jobs, None),
                to: of("/dashboard/jobs", "discarded"),
                ask: of("/dashboard/dead-letters/act", ""),
                newest: When::new(group.newest.0, visitor.now),
            });
        }
    }
    let line = |(agent, (total, cells)): (String, (u64, Vec<Option<Cell>>))| Line {
        link: format!("/dashboard/agents/{}", encoded(&agent)),
        ask: link("/dashboard/dead-letters/act", [("agent", agent.as_str()), ("since", &filters.since)]),
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
        is_filtered: link(PATH, [("agent", filters.agent.as_str()), ("since", &filters.since)]) != PATH,
        filters,
    };
    page::answer(&visitor, &page)
}

/// Which of them something is done to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    agent: String,
    reason: String,
    since: String,
    action: String,
}

impl Which {
    fn query(&self, visitor: &Visitor, after: &str) -> JobsQuery {
        let filter = JobsFilter {
            agent: given(&self.agent).map(Into::into),
            state: Some(State::Discarded),
            reason: given(&self.reason).map(str::to_owned),
            ..JobsFilter::default()
        };
        Listed { filter, window: Window { limit: Some(ROWS), ..window(&self.since, after, visitor) } }
    }

    fn words(&self) -> String {
        let mut words =
            given(&self.agent).map_or_else(|| "of all agents".to_owned(), |agent| format!("of {agent}"));
        if let Some(reason) = given(&self.reason) {
            words = format!("{words}, {}", reason.replace('_', " "));
        }
        match spans(&self.since).into_iter().find(|span| span.is_chosen) {
            Some(span) => format!("{words}, made in the {}", span.name),
            None => words,
        }
    }
}

#[derive(Template)]
#[template(path = "dead_letters_act.html")]
struct ActPage {
    shell: Shell,
    which: Which,
    words: String,
    count: String,
    is_any: bool,
}

/// Says how many are meant before anything is done to them.
pub(super) async fn ask(visitor: Visitor, which: web::Query<Which>) -> Result<HttpResponse, Trouble> {
    let which = which.into_inner();
    let backlog = visitor.store().backlog().await?;
    let page = visitor.reads().jobs(&which.query(&visitor, "")).await?;
    let count = page.items.len() as u64 + u64::from(page.more);
    let cap = if page.more_is_capped { "or more " } else { "" };
    let shown = ActPage {
        shell: Shell::new(&visitor, Place::DeadLetters, "Dead letters", "jobs", &backlog),
        words: which.words(),
        count: format!(
            "{} {cap}{}",
            counted(count, None),
            if count == 1 { "dead letter" } else { "dead letters" }
        ),
        is_any: count > 0,
        which,
    };
    page::answer(&visitor, &shown)
}

/// Does it, to a bounded number at once.
pub(super) async fn act(operator: Operator, which: web::Form<Which>) -> Result<HttpResponse, Trouble> {
    let visitor = operator.0;
    let (mut done, mut refused, mut after) = (0_u64, None, String::new());
    let left = loop {
        let page = visitor.reads().jobs(&which.query(&visitor, &after)).await?;
        for job in &page.items {
            let outcome = match which.action.as_str() {
                "retry" => visitor.control().retry(job.id).await,
                "dismiss" => visitor.control().dismiss(job.id).await,
                other => return Err(Trouble::Wrong(format!("`{other}` cannot be done to dead letters"))),
            };
            match outcome {
                Ok(()) => done += 1,
                Err(error) => refused = Some(error),
            }
        }
        match page.next {
            Some(next) if done < AT_ONCE as u64 => after = next,
            _ => break u64::from(page.more),
        }
    };
    let word = if which.action == "retry" { "run again" } else { "dismissed" };
    let rest =
        if left > 0 { format!(" {} are left: press again.", counted(left, None)) } else { String::new() };
    let flash = match refused {
        None => Flash::done(format!("{} {word}.{rest}", plural(done, "dead letter"))),
        Some(error) => {
            Flash::failed(format!("{} {word}; some were not: {error}.{rest}", plural(done, "dead letter")))
        }
    };
    Ok(page::went(&link(PATH, [("since", which.since.as_str())]), &flash))
}
