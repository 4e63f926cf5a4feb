//! Jobs, by where they stand, and what can be done to many of them.

use actix_web::{HttpResponse, web};
use askama::Template;
use herdgate_actors::domain::{JobId, JobState};
use serde::Deserialize;

use super::{
    bulk_ask::Which,
    error::Trouble,
    job_action::JobAction,
    job_rows::JobLine,
    links::{link, own_page},
    listing::{Choice, Pages, ROWS, given, merged, named, spans, window},
    page,
    shell::{Place, Shell},
    visitor::{Flash, Operator, Visitor},
    words::{counted, plural},
};
use crate::api::{
    jobs::{JobsFilter, JobsQuery},
    list::Listed,
};

const PATH: &str = "/dashboard/jobs";
/// The name of all states together in which a job waits.
const WAITING: &str = "waiting";

/// Which of them, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    state: String,
    agent: String,
    source: String,
    event: String,
    repo: String,
    reason: String,
    since: String,
    after: String,
}

impl Filters {
    /// The states that are meant; `None` is any.
    fn states(&self) -> Result<Vec<Option<JobState>>, Trouble> {
        match given(&self.state) {
            None => Ok(vec![None]),
            Some(WAITING) => {
                Ok(JobState::ALL.into_iter().filter(|state| state.is_waiting()).map(Some).collect())
            }
            Some(state) => {
                let state = state.parse::<JobState>().map_err(|error| Trouble::Wrong(error.to_string()))?;
                Ok(vec![Some(state)])
            }
        }
    }

    fn query(&self, state: Option<JobState>, visitor: &Visitor) -> JobsQuery {
        let filter = JobsFilter {
            agent: given(&self.agent).map(Into::into),
            state: state.map(Into::into),
            reason: given(&self.reason).map(str::to_owned),
            source: given(&self.source).map(Into::into),
            event: given(&self.event).map(str::to_owned),
            repo: given(&self.repo).map(str::to_owned),
            ..JobsFilter::default()
        };
        Listed { filter, window: window(&self.since, &self.after, visitor) }
    }

    fn link(&self, state: &str, after: &str) -> String {
        let all = [
            ("state", state),
            ("agent", &self.agent),
            ("source", &self.source),
            ("event", &self.event),
            ("repo", &self.repo),
            ("reason", &self.reason),
            ("since", &self.since),
            ("after", after),
        ];
        link(PATH, all)
    }
}

/// A state, with how many jobs are in it.
struct Tab {
    name: &'static str,
    to: String,
    count: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "jobs.html")]
struct Jobs {
    shell: Shell,
    filters: Filters,
    tabs: Vec<Tab>,
    spans: Vec<Choice>,
    jobs: Vec<JobLine>,
    pages: Pages,
    is_filtered: bool,
    clear: String,
    here: String,
    /// Asks about all that match, where something can be done to them.
    all: Option<String>,
}

pub(super) async fn show(visitor: Visitor, filters: web::Query<Filters>) -> Result<HttpResponse, Trouble> {
    let filters = filters.into_inner();
    let backlog = visitor.store().backlog().await?;
    let mut found = Vec::new();
    for state in filters.states()? {
        found.push(visitor.reads().jobs(&filters.query(state, &visitor)).await?);
    }
    let page = merged(found, |job| std::cmp::Reverse(job.id), |job| job.id.to_string());
    let count = |of: &dyn Fn(JobState) -> bool| -> u64 {
        let of_agent = |agent: &str| given(&filters.agent).is_none_or(|wanted| wanted == agent);
        let counted = backlog.iter().filter(|entry| of(entry.state) && of_agent(entry.agent.as_str()));
        counted.map(|entry| entry.jobs).sum()
    };
    let tab = |name: &'static str, state: &'static str, jobs: u64| Tab {
        name,
        to: filters.link(state, ""),
        count: counted(jobs, None),
        is_here: filters.state == state,
    };
    let mut tabs =
        vec![tab("all", "", count(&|_| true)), tab(WAITING, WAITING, count(&JobState::is_waiting))];
    tabs.extend(
        JobState::ALL.map(|state| tab(state.as_str(), state.as_str(), count(&|other| other == state))),
    );
    let clear = link(PATH, [("state", filters.state.as_str())]);
    let here = filters.link(&filters.state, &filters.after);
    let all = Which {
        of: "jobs".to_owned(),
        state: filters.state.clone(),
        agent: filters.agent.clone(),
        source: filters.source.clone(),
        event: filters.event.clone(),
        repo: filters.repo.clone(),
        reason: filters.reason.clone(),
        since: filters.since.clone(),
        ..Which::default()
    };
    let shown = Jobs {
        shell: Shell::new(&visitor, Place::Jobs, "Jobs", "jobs", &backlog),
        tabs,
        spans: spans(&filters.since),
        jobs: page.items.iter().map(|job| JobLine::new(job, visitor.now)).collect(),
        pages: Pages::of(&page, filters.after.is_empty(), |after| filters.link(&filters.state, after)),
        is_filtered: filters.link(&filters.state, "") != clear,
        clear,
        here,
        all: (!all.actions().is_empty()).then(|| all.link()),
        filters,
    };
    page::answer(&visitor, &shown)
}

/// What is done to the jobs that were chosen.
#[derive(Debug, Default)]
struct Chosen {
    action: String,
    next: String,
    ids: Vec<JobId>,
}

impl Chosen {
    /// The form names `id` once for each; more than a page of them is nobody's.
    fn of(fields: Vec<(String, String)>) -> Self {
        let mut chosen = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "action" => chosen.action = value,
                "next" => chosen.next = value,
                "id" if chosen.ids.len() < ROWS as usize => chosen.ids.extend(value.parse::<JobId>()),
                _ => {}
            }
        }
        chosen
    }

    fn action(&self) -> Result<JobAction, Trouble> {
        named(&self.action)?.ok_or_else(|| Trouble::Wrong("say what is to be done to the jobs".to_owned()))
    }
}

/// `POST /dashboard/jobs`: cancel, retry or dismiss those that were chosen.
pub(super) async fn act(
    operator: Operator,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Trouble> {
    let chosen = Chosen::of(fields.into_inner());
    let action = chosen.action()?;
    let (mut done, mut refused) = (0_u64, Vec::new());
    for id in &chosen.ids {
        match action.on(&operator, *id).await {
            Ok(_) => done += 1,
            Err(error) => refused.push(error),
        }
    }
    let word = action.word();
    let flash = match refused.first() {
        _ if chosen.ids.is_empty() => Flash::failed("No job was chosen, so nothing was done."),
        None => Flash::done(format!("{} {word}.", plural(done, "job"))),
        Some(first) => {
            Flash::failed(format!("{} {word}, {} not: {first}.", plural(done, "job"), refused.len()))
        }
    };
    Ok(page::went(own_page(Some(&chosen.next)), &flash))
}
