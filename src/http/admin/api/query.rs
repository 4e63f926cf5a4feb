//! Query parameters. One that a call does not know is an error that names it: a mistyped `agent=`
//! must not widen what is done to everything.

use actix_web::{error::InternalError, web};
use herdgate_actors::{
    domain::{AgentName, JobId},
    store::Page,
};
use serde::Deserialize;

use super::answers::bad_request;

/// The most rows of one listing.
const MOST_ROWS: u32 = 1000;

/// Says what is wrong with a query, as JSON.
pub(in crate::http::admin) fn query_config() -> web::QueryConfig {
    web::QueryConfig::default().error_handler(|error, _| {
        let text = match &error {
            actix_web::error::QueryPayloadError::Deserialize(why) => {
                format!("the query is not understood: {why}")
            }
            other => other.to_string(),
        };
        InternalError::from_response(error, bad_request(&text)).into()
    })
}

/// Of calls that have no parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParameters {}

/// Of what is done to many at once: exactly one of its parameters must be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scope {
    agent: Option<String>,
    all: Option<bool>,
}

/// Neither one agent nor all, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("say whose: either `agent=<name>` or `all=true`")]
pub(super) struct UnclearScope;

impl Scope {
    /// Whose is meant: one agent's, or everybody's.
    pub(super) fn agent(&self) -> Result<Option<AgentName>, UnclearScope> {
        match (&self.agent, self.all) {
            (Some(agent), None) if !agent.is_empty() => Ok(Some(agent.as_str().into())),
            (None, Some(true)) => Ok(None),
            _ => Err(UnclearScope),
        }
    }
}

/// A page of a listing.
pub(super) fn page(limit: Option<u32>, before: Option<JobId>) -> Page {
    let limit = limit.unwrap_or(Page::default().limit).min(MOST_ROWS);
    Page { limit, before: before.map(JobId::get) }
}
