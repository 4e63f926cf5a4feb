//! What all lists have in common.

use std::{fmt::Display, str::FromStr};

use herdgate_actors::{
    domain::{AgentName, SourceName},
    store::{CountOf, Span},
};

use super::Reads;
use crate::api::{
    list::Window,
    page::{COUNTED, DEFAULT_LIMIT, MOST_ROWS, Page},
    problem::{Kind, Problem},
};

/// The rows that a query asks for.
pub(super) fn limit(window: &Window) -> Result<u32, Problem> {
    match window.limit {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MOST_ROWS).contains(&limit) => Ok(limit),
        Some(limit) => {
            let text = format!("`limit` is {limit}: it goes from 1 to {MOST_ROWS}");
            Err(Problem::new(Kind::InvalidRequest, text))
        }
    }
}

/// The span of time that a query asks for.
pub(super) fn span(window: &Window) -> Span {
    Span { since: window.since.map(|time| time.0), until: window.until.map(|time| time.0) }
}

/// The place behind which a query goes on.
pub(super) fn place<T: FromStr<Err: Display>>(window: &Window) -> Result<Option<T>, Problem> {
    let place = window.after.as_deref().map(str::parse).transpose();
    place.map_err(|error: T::Err| Problem::new(Kind::InvalidCursor, error.to_string()))
}

impl Reads {
    /// A page of what was found, and how much is behind it: `count` asks for that, from the last row on.
    pub(super) async fn page<T>(
        &self,
        items: Vec<T>,
        limit: u32,
        count: impl FnOnce(&T) -> (String, CountOf),
    ) -> Result<Page<T>, Problem> {
        let last = items.last().filter(|_| items.len() >= limit as usize);
        let Some((next, of)) = last.map(count) else { return Ok(Page::whole(items)) };
        let more = self.store.count(of, COUNTED).await?;
        let next = (more > 0).then_some(next);
        Ok(Page { items, next, more, more_is_capped: more >= COUNTED })
    }

    /// An agent that a filter names must be there, or have been; only asked where nothing was found.
    ///
    /// # Errors
    /// It is not and was not, or the store does not answer.
    pub async fn check_agent(&self, agent: Option<&AgentName>) -> Result<(), Problem> {
        let Some(agent) = agent else { return Ok(()) };
        let topology = self.control.topology();
        if topology.agent(agent).is_some() {
            return Ok(());
        }
        let mut known: Vec<_> = topology.agents().iter().map(|spec| spec.name.clone()).collect();
        known.extend(self.store.backlog().await?.into_iter().map(|entry| entry.agent));
        if known.contains(agent) {
            return Ok(());
        }
        known.sort();
        known.dedup();
        let text = format!("there is no agent {agent}; `known` lists those that are there");
        Err(Problem::new(Kind::UnknownName, text).knowing(known))
    }

    /// A source that a filter names must be configured; only asked where nothing was found.
    pub(super) fn check_source(&self, source: Option<&SourceName>) -> Result<(), Problem> {
        let Some(source) = source else { return Ok(()) };
        let topology = self.control.topology();
        if topology.source(source).is_some() {
            return Ok(());
        }
        let text = format!("there is no source {source}; `known` lists those that are there");
        let known = topology.sources().iter().map(|source| source.name.clone());
        Err(Problem::new(Kind::UnknownName, text).knowing(known))
    }
}
