//! What is in force, and putting the files in force again.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    error::Trouble,
    links::encoded,
    page,
    shell::{Place, Shell},
    visitor::{Flash, Operator, Visitor},
    words::{When, plural},
};
use crate::{
    api::problem::Kind,
    http::admin::api::{NoParams, Params, config},
};

struct AgentLine {
    name: String,
    link: String,
    scale: u32,
    triggers: String,
}

#[derive(Template)]
#[template(path = "configuration.html")]
struct ConfigurationPage {
    shell: Shell,
    revision: u64,
    sources: Vec<(String, String)>,
    agents: Vec<AgentLine>,
    since: When,
    waiting: String,
    refused: Option<Refused>,
}

/// Files that were not taken.
struct Refused {
    problems: String,
    tried: When,
    report: String,
}

pub(super) async fn show(visitor: Visitor) -> Result<HttpResponse, Trouble> {
    let state = visitor.admin.reload.state();
    let backlog = visitor.store().backlog().await?;
    let topology = visitor.control().topology();
    let agent = |agent: &std::sync::Arc<herdgate_actors::domain::AgentSpec>| AgentLine {
        name: agent.name.to_string(),
        link: format!("/dashboard/agents/{}", encoded(agent.name.as_str())),
        scale: agent.scale,
        triggers: plural(agent.triggers.len() as u64, "trigger"),
    };
    let page = ConfigurationPage {
        shell: Shell::new(&visitor, Place::Configuration, "Configuration", "config", &backlog),
        revision: state.revision.0,
        sources: topology
            .sources()
            .iter()
            .map(|one| (one.name.to_string(), one.provider.to_string()))
            .collect(),
        agents: topology.agents().iter().take(AGENTS).map(agent).collect(),
        since: When::new(state.since, visitor.now),
        waiting: state.waiting.join("; "),
        refused: state.refused.map(|refused| Refused {
            problems: plural(refused.problems as u64, "problem"),
            tried: When::new(refused.tried_at, visitor.now),
            report: refused.report.clone(),
        }),
    };
    page::answer(&visitor, &page)
}

/// Agents that are listed; the others are found by their names.
const AGENTS: usize = 200;

/// `POST /dashboard/configuration`: all or nothing.
pub(super) async fn reload(operator: Operator) -> Result<HttpResponse, Trouble> {
    let (admin, caller) = operator.asks();
    let flash = match config::reload(admin, caller, Params(NoParams {})).await {
        Err(refused) if refused.0.kind() == Some(Kind::ConfigurationRefused) => {
            Flash::failed("Not reloaded: what was in force stays in force. What is wrong stands below.")
        }
        answer => page::told(answer, |reloaded| {
            let waits = reloaded.waits_for_restart.join("; ");
            let waits =
                if waits.is_empty() { waits } else { format!(" These wait for the next start: {waits}.") };
            format!("Revision {} is in force: {}.{waits}", reloaded.revision, reloaded.differences)
        }),
    };
    Ok(page::went("/dashboard/configuration", &flash))
}
