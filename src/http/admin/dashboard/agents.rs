//! Every agent.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    agent_rows::{self, AgentRow},
    error::Trouble,
    links::link,
    listing::{Choice, choices, given},
    page,
    shell::{Place, Shell},
    visitor::Visitor,
    words::counted,
};

const PATH: &str = "/dashboard/agents";
/// Agents of a page.
const ROWS: usize = 100;
/// What an agent can be.
const STATES: [&str; 7] = ["executing", "open", "paused", "held_off", "disabled", "failed", "unconfigured"];

/// Which of them, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    name: String,
    state: String,
    page: usize,
}

impl Filters {
    fn link(&self, page: usize) -> String {
        let page = if page == 0 { String::new() } else { page.to_string() };
        link(PATH, [("name", self.name.as_str()), ("state", &self.state), ("page", &page)])
    }

    fn wants(&self, row: &AgentRow) -> bool {
        let name = given(&self.name).map(str::to_lowercase);
        name.is_none_or(|name| row.name.as_str().to_lowercase().contains(&name))
            && given(&self.state).is_none_or(|state| row.state == state)
    }
}

#[derive(Template)]
#[template(path = "agents.html")]
struct Agents {
    shell: Shell,
    filters: Filters,
    states: Vec<Choice>,
    agents: Vec<AgentRow>,
    total: String,
    before: Option<String>,
    after: Option<String>,
    is_filtered: bool,
}

pub(super) async fn show(visitor: Visitor, filters: web::Query<Filters>) -> Result<HttpResponse, Trouble> {
    let filters = filters.into_inner();
    let backlog = visitor.store().backlog().await?;
    let mut agents = agent_rows::rows(&visitor).await?;
    agents.retain(|row| filters.wants(row));
    let total = agents.len();
    let start = filters.page.saturating_mul(ROWS).min(total);
    let agents: Vec<_> = agents.into_iter().skip(start).take(ROWS).collect();
    let page = Agents {
        shell: Shell::new(&visitor, Place::Agents, "Agents", "agents jobs runs schedule config", &backlog),
        states: choices(STATES, &filters.state),
        total: counted(total as u64, None),
        before: (filters.page > 0).then(|| filters.link(filters.page - 1)),
        after: (start + ROWS < total).then(|| filters.link(filters.page + 1)),
        is_filtered: filters.link(0) != PATH,
        agents,
        filters,
    };
    page::answer(&visitor, &page)
}
