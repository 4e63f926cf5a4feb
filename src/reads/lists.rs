//! What all lists have in common.

use herdgate_actors::{
    domain::{AgentName, SourceName},
    store::{CountOf, Span},
};

use super::Reads;
use crate::api::{
    page::{COUNTED, DEFAULT_LIMIT, MOST_ROWS, Page},
    problem::{Kind, Problem},
    time::Time,
};

/// The rows that a query asks for.
pub(super) fn limit(wanted: Option<u32>) -> Result<u32, Problem> {
    match wanted {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MOST_ROWS).contains(&limit) => Ok(limit),
        Some(limit) => {
            let text = format!("`limit` is {limit}: it goes from 1 to {MOST_ROWS}");
            Err(Problem::new(Kind::InvalidRequest, text))
        }
    }
}

/// The span of time that a query asks for.
pub(super) fn span(since: Option<Time>, until: Option<Time>) -> Span {
    Span { since: since.map(|time| time.0), until: until.map(|time| time.0) }
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
    pub(super) async fn check_agent(&self, agent: Option<&AgentName>) -> Result<(), Problem> {
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
