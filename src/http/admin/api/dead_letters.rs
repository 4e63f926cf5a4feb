//! `/dead-letters`: how many there are, and what is done to many at once.

use actix_web::web::{Data, Json};
use herdgate_actors::{domain::AgentName, store::BulkAction};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    answer::{Answer, Refused},
    params::Params,
};
use crate::{
    api::{
        dead_letters::{DeadLetters, DeadLettersMoved, DeadLettersQuery},
        page::Page,
        problem::Kind,
    },
    http::admin::Admin,
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

pub(super) async fn list(
    admin: Data<Admin>,
    Params(query): Params<DeadLettersQuery>,
) -> Answer<Page<DeadLetters>> {
    Ok(Json(admin.reads.dead_letters(&query).await?))
}

pub(super) async fn retry(admin: Data<Admin>, Params(scope): Params<Scope>) -> Answer<DeadLettersMoved> {
    let jobs = admin.control().each_dead_letter(scope.agent()?, BulkAction::Retry).await?;
    Ok(Json(DeadLettersMoved { jobs }))
}

pub(super) async fn dismiss(admin: Data<Admin>, Params(scope): Params<Scope>) -> Answer<DeadLettersMoved> {
    let jobs = admin.control().each_dead_letter(scope.agent()?, BulkAction::Dismiss).await?;
    Ok(Json(DeadLettersMoved { jobs }))
}
