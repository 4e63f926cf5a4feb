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
use crate::run::ReloadError;

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
    let visitor = operator.0;
    match visitor.admin.reload.run().await {
        Ok(reloaded) => {
            let changes = &reloaded.applied.changes;
            let of = |what: &str, names: &[herdgate_actors::domain::AgentName]| match names.len() {
                0 => String::new(),
                count => format!(" {} {what}.", plural(count as u64, "agent")),
            };
            let waiting = match reloaded.waiting.as_slice() {
                [] => String::new(),
                keys => format!(" These wait for the next start: {}.", keys.join("; ")),
            };
            let text = format!(
                "Revision {} is in force.{}{}{}{waiting}",
                reloaded.applied.revision,
                of("added", &changes.added),
                of("removed", &changes.removed),
                of("changed", &changes.changed),
            );
            Ok(page::went("/dashboard/configuration", &Flash::done(text)))
        }
        Err(ReloadError::Problems(_)) => {
            let flash =
                Flash::failed("Not reloaded: what was in force stays in force. What is wrong stands below.");
            Ok(page::went("/dashboard/configuration", &flash))
        }
        Err(error) => {
            Ok(page::went("/dashboard/configuration", &Flash::failed(format!("Not reloaded: {error}."))))
        }
    }
}
