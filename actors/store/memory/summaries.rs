//! What many rows come to together.

use std::collections::BTreeMap;

use super::state::State;
use crate::{
    domain::{AgentName, JobState, Reason, ReceiptId, SourceName, Spent, Timestamp},
    store::{DeadLetters, JobQuery, OutcomeCount, RunQuery, RunRow, Span},
};

impl State {
    pub(super) fn outcomes(&self, since: Timestamp) -> Vec<OutcomeCount> {
        let span = Span { since: Some(since), until: None };
        let mut counts: BTreeMap<(AgentName, &'static str), (u64, Spent)> = BTreeMap::new();
        for run in self.runs_by(&RunQuery { span, ..RunQuery::default() }) {
            if let Some(outcome) = run.attempt.outcome {
                let (runs, spent) = counts.entry((run.agent, outcome.as_str())).or_default();
                *runs += 1;
                *spent = spent.plus(Spent::of(&run.attempt.report));
            }
        }
        let counted = counts.into_iter();
        counted
            .map(|((agent, outcome), (runs, spent))| {
                let outcome = outcome.to_owned();
                OutcomeCount { agent, outcome, runs, spent }
            })
            .collect()
    }

    pub(super) fn last_runs(&self, agents: &[AgentName]) -> Vec<RunRow> {
        let last = |agent: &AgentName| {
            let query = RunQuery {
                agent: Some(agent.clone()),
                executing: Some(false),
                limit: 1,
                ..RunQuery::default()
            };
            self.list_runs(&query).pop()
        };
        agents.iter().filter_map(last).collect()
    }

    pub(super) fn dead_letters(&self, query: &JobQuery) -> Vec<DeadLetters> {
        let query = JobQuery { state: Some(JobState::Discarded), ..query.clone() };
        let mut groups: BTreeMap<(AgentName, &'static str), DeadLetters> = BTreeMap::new();
        for row in self.jobs_by(&query) {
            let reason = row.reason.as_ref().map_or("unreadable", Reason::as_str);
            let at = row.created_at;
            let group = groups.entry((row.agent.clone(), reason)).or_insert_with(|| DeadLetters {
                agent: row.agent.clone(),
                reason: reason.to_owned(),
                jobs: 0,
                oldest: at,
                newest: at,
            });
            group.jobs += 1;
            (group.oldest, group.newest) = (group.oldest.min(at), group.newest.max(at));
        }
        groups.into_values().collect()
    }

    pub(super) fn last_receipts(&self) -> Vec<(SourceName, ReceiptId)> {
        let mut last = BTreeMap::new();
        for (id, receipt) in &self.receipts {
            for source in receipt.stored.delivery.sources() {
                last.insert(source.clone(), *id);
            }
        }
        last.into_iter().collect()
    }
}
