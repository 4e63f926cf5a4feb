//! Runs: those under way first, then the latest start.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::Trouble,
    links::link,
    listing::{Choice, Pages, choices, given, merged, spans, window},
    page,
    run_rows::RunLine,
    shell::{Place, Shell},
    visitor::Visitor,
};
use crate::api::{
    list::Listed,
    runs::{Run, RunsFilter, RunsQuery, State},
};

const PATH: &str = "/dashboard/runs";
/// The name of all outcomes together that nobody wants.
const BAD: &str = "bad";

/// Which of them, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    state: String,
    agent: String,
    source: String,
    since: String,
    after: String,
}

impl Filters {
    fn states(&self) -> Result<Vec<Option<State>>, Trouble> {
        match given(&self.state) {
            None => Ok(vec![None]),
            Some(BAD) => Ok(State::ALL.into_iter().filter(|state| state.is_failure()).map(Some).collect()),
            Some(wanted) => match State::ALL.into_iter().find(|state| state.as_str() == wanted) {
                Some(state) => Ok(vec![Some(state)]),
                None => Err(Trouble::Wrong(format!("`{wanted}` is not an outcome of runs"))),
            },
        }
    }

    fn query(&self, state: Option<State>, visitor: &Visitor) -> RunsQuery {
        let filter = RunsFilter {
            agent: given(&self.agent).map(Into::into),
            state,
            source: given(&self.source).map(Into::into),
            ..RunsFilter::default()
        };
        Listed { filter, window: window(&self.since, &self.after, visitor) }
    }

    fn link(&self, after: &str) -> String {
        let all = [
            ("state", self.state.as_str()),
            ("agent", &self.agent),
            ("source", &self.source),
            ("since", &self.since),
            ("after", after),
        ];
        link(PATH, all)
    }
}

#[derive(Template)]
#[template(path = "runs.html")]
struct Runs {
    shell: Shell,
    filters: Filters,
    states: Vec<Choice>,
    spans: Vec<Choice>,
    runs: Vec<RunLine>,
    pages: Pages,
    is_filtered: bool,
}

pub(super) async fn show(visitor: Visitor, filters: web::Query<Filters>) -> Result<HttpResponse, Trouble> {
    let filters = filters.into_inner();
    let backlog = visitor.store().backlog().await?;
    let mut found = Vec::new();
    for state in filters.states()? {
        found.push(visitor.reads().runs(&filters.query(state, &visitor)).await?);
    }
    let order =
        |run: &Run| (run.state != State::Executing, std::cmp::Reverse((run.started_at, run.id.to_string())));
    let page = merged(found, order, place);
    let names = [BAD].into_iter().chain(State::ALL.map(State::as_str));
    let shown = Runs {
        shell: Shell::new(&visitor, Place::Runs, "Runs", "runs", &backlog),
        states: choices(names, &filters.state),
        spans: spans(&filters.since),
        runs: page.items.iter().map(|run| RunLine::new(run, visitor.now)).collect(),
        pages: Pages::of(&page, filters.after.is_empty(), |after| filters.link(after)),
        is_filtered: filters.link("") != PATH,
        filters,
    };
    page::answer(&visitor, &shown)
}

/// Where in the list a run stands.
fn place(run: &Run) -> String {
    let state = if run.state == State::Executing { "executing" } else { "ended" };
    format!("{state}.{}.{}", run.started_at.0.as_millis(), run.id)
}
