//! What operators asked for, and what they did.

use super::state::State;
use crate::store::{AgentOverride, BULKS_KEPT, BulkRow, ChangeQuery, ChangeRow};

impl State {
    pub(super) fn set_override(&mut self, wish: AgentOverride) {
        if wish.is_paused || wish.scale.is_some() {
            self.overrides.insert(wish.agent.clone(), wish);
        } else {
            self.overrides.remove(&wish.agent);
        }
    }

    pub(super) fn changes_by<'a>(&'a self, query: &'a ChangeQuery) -> impl Iterator<Item = &'a ChangeRow> {
        self.changes.values().rev().filter(|change| {
            query.by.as_ref().is_none_or(|by| *by == change.by)
                && query.action.as_ref().is_none_or(|action| *action == change.action)
                && query.subject.as_ref().is_none_or(|subject| change.subject.as_ref() == Some(subject))
                && query.span.has(change.at)
                && query.before.is_none_or(|before| change.id < before)
        })
    }

    pub(super) fn save_bulk(&mut self, task: BulkRow) {
        self.bulks.insert(task.id, task.record);
        while self.bulks.len() > BULKS_KEPT as usize {
            self.bulks.pop_first();
        }
    }

    pub(super) fn list_bulks(&self) -> Vec<BulkRow> {
        let rows = self.bulks.iter().rev();
        rows.map(|(id, record)| BulkRow { id: *id, record: record.clone() }).collect()
    }
}
