//! `/dead-letters`: how many there are, and what is done to many at once.

use actix_web::web::{Data, Json};
use herdgate_actors::{domain::AgentName, store::BulkAction};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::{
    answer::{Answer, Refused},
    audit::{Deed, audited},
    doc::Refusals,
    params::Params,
};
use crate::{
    api::{
        dead_letters::{DeadLetters, DeadLettersMoved, DeadLettersQuery},
        page::Page,
        problem::Kind,
    },
    http::admin::{Admin, auth::Caller},
};

/// Whose: exactly one of these must be there.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct Scope {
    /// Those of this agent.
    #[param(value_type = Option<String>)]
    agent: Option<AgentName>,
    /// Those of all agents.
    all: Option<bool>,
}

impl Scope {
    fn agent(self) -> Result<Option<AgentName>, Refused> {
        match (self.agent, self.all) {
            (Some(agent), None) if !agent.as_str().is_empty() => Ok(Some(agent)),
            (None, Some(true)) => Ok(None),
            _ => Err(Refused::new(Kind::InvalidRequest, "say whose: either `agent=<name>` or `all=true`")),
        }
    }
}

/// How many dead letters there are, by agent and reason.
#[utoipa::path(get, path = "/dead-letters", tag = "dead letters", params(DeadLettersQuery),
    responses((status = 200, body = Page<DeadLetters>), Refusals))]
pub(super) async fn list(
    admin: Data<Admin>,
    Params(query): Params<DeadLettersQuery>,
) -> Answer<Page<DeadLetters>> {
    Ok(Json(admin.reads.dead_letters(&query).await?))
}

/// Runs dead letters again: either those of one agent, or all.
#[utoipa::path(post, path = "/dead-letters/retry", tag = "dead letters", params(Scope),
    responses((status = 200, body = DeadLettersMoved), Refusals))]
pub(super) async fn retry(
    admin: Data<Admin>,
    caller: Caller,
    Params(scope): Params<Scope>,
) -> Answer<DeadLettersMoved> {
    each(&admin, caller, scope, "dead_letters.retry", BulkAction::Retry).await
}

/// Marks dead letters as seen to: either those of one agent, or all.
#[utoipa::path(post, path = "/dead-letters/dismiss", tag = "dead letters", params(Scope),
    responses((status = 200, body = DeadLettersMoved), Refusals))]
pub(super) async fn dismiss(
    admin: Data<Admin>,
    caller: Caller,
    Params(scope): Params<Scope>,
) -> Answer<DeadLettersMoved> {
    each(&admin, caller, scope, "dead_letters.dismiss", BulkAction::Dismiss).await
}

async fn each(
    admin: &Data<Admin>,
    caller: Caller,
    scope: Scope,
    action: &'static str,
    then: BulkAction,
) -> Answer<DeadLettersMoved> {
    let (agent, gate) = (scope.agent()?, admin.clone());
    let deed = Deed::to(action, agent.as_ref().map_or("all", AgentName::as_str));
    audited(admin, caller, deed, async move {
        let jobs = gate.control().each_dead_letter(agent, then).await?;
        let after = json!({ "jobs": jobs.len() });
        Ok((DeadLettersMoved { jobs }, Some(after)))
    })
    .await
}
