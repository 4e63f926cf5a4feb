//! What the store holds.

use std::collections::{BTreeMap, HashMap};

use crate::{
    domain::{AgentName, DeliveryKey, JobId, ReceiptId, SourceName, Timestamp},
    store::{AttemptRow, History, JobRow, JobState, JobTrigger, Reason, StoredReceipt},
};

#[derive(Default)]
pub(super) struct State {
    pub(super) receipts: BTreeMap<ReceiptId, Receipt>,
    pub(super) jobs: BTreeMap<JobId, Job>,
    pub(super) cursors: HashMap<(SourceName, DeliveryKey), (ReceiptId, Timestamp)>,
    pub(super) schedules: BTreeMap<AgentName, Timestamp>,
    pub(super) closed: bool,
}

pub(super) struct Receipt {
    /// Its jobs are filled in when it is read.
    pub(super) stored: StoredReceipt,
    pub(super) routings: u32,
    pub(super) matched: u32,
    /// Whether a disk would hold its body only once, with the original.
    pub(super) shares_body: bool,
}

pub(super) struct Job {
    pub(super) row: JobRow,
    pub(super) key: Option<String>,
    pub(super) history: History,
    pub(super) lease_until: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) attempts: Vec<AttemptRow>,
}

impl Job {
    /// A job that waits.
    pub(super) fn new(
        id: JobId,
        agent: AgentName,
        cause: JobTrigger,
        now: Timestamp,
        due: Timestamp,
    ) -> Self {
        let state = if due > now { JobState::Scheduled } else { JobState::Available };
        let row = JobRow {
            id,
            agent,
            cause,
            state,
            reason: None,
            receipt: None,
            attempts: 0,
            created_at: now,
            due_at: due,
        };
        let history = History::default();
        Self { row, key: None, history, lease_until: None, ended_at: None, attempts: Vec::new() }
    }

    pub(super) fn end(&mut self, state: JobState, reason: Option<Reason>, at: Timestamp) {
        self.row.state = state;
        self.row.reason = reason;
        self.ended_at = Some(at);
    }
}

impl State {
    pub(super) fn waiting<'a>(&'a self, agent: &'a AgentName) -> impl Iterator<Item = &'a Job> {
        self.jobs.values().filter(move |job| job.row.agent == *agent && job.row.state.is_waiting())
    }
}
