//! What the store holds.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
};

use super::revisions::Revisions;
use crate::{
    domain::{
        AgentName, DeliveryKey, GroupKey, History, Input, JobId, NewJob, NodeLife, ReceiptId, SourceName,
        Timestamp, TraceParent,
    },
    store::{
        AgentOverride, AttemptRow, ChangeRow, JobRow, JobState, JobTrigger, Reason, StoredReceipt,
        rules::{KeyOwner, KnownJob, LookUp, MOST_MEMBERS, Member},
    },
};

#[derive(Default)]
pub(super) struct State {
    pub(super) receipts: BTreeMap<ReceiptId, Receipt>,
    pub(super) jobs: BTreeMap<JobId, Job>,
    pub(super) keys: HashMap<(SourceName, DeliveryKey), KeyOwner>,
    pub(super) cursors: BTreeMap<AgentName, Timestamp>,
    pub(super) revisions: Revisions,
    pub(super) overrides: BTreeMap<AgentName, AgentOverride>,
    pub(super) changes: BTreeMap<JobId, ChangeRow>,
    pub(super) bulks: BTreeMap<JobId, String>,
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
    pub(super) keep_until: Option<Timestamp>,
    pub(super) input: Option<Input>,
    pub(super) trace: Option<TraceParent>,
    pub(super) priority: i8,
    pub(super) history: History,
    pub(super) lease: Option<(Timestamp, NodeLife)>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) attempts: Vec<AttemptRow>,
}

impl Job {
    pub(super) fn new(job: &NewJob, state: JobState, due: Timestamp) -> Self {
        Self {
            row: JobRow {
                id: job.id,
                agent: job.agent.clone(),
                trigger: job.trigger.clone(),
                state,
                reason: None,
                receipt: job.receipt,
                attempts: 0,
                created_at: job.created_at,
                due_at: due,
                held_by: None,
                key: job.group_key.clone(),
                stand_in: None,
            },
            key: None,
            keep_until: None,
            input: job.input.clone(),
            trace: job.trace,
            priority: job.priority,
            history: History::default(),
            lease: None,
            ended_at: None,
            attempts: Vec::new(),
        }
    }

    pub(super) fn end(&mut self, state: JobState, reason: Option<Reason>, at: Timestamp) {
        self.row.state = state;
        self.row.reason = reason;
        self.row.held_by = None;
        self.ended_at = Some(at);
    }

    fn member(&self) -> Member {
        Member {
            id: self.row.id,
            state: self.row.state,
            created_at: self.row.created_at,
            due: self.row.due_at,
            receipt: self.row.receipt,
            is_tried: self.row.attempts > 0,
            is_superseded: self.row.stand_in.is_some(),
        }
    }

    fn known(&self) -> KnownJob {
        KnownJob { id: self.row.id, state: self.row.state }
    }
}

impl State {
    pub(super) fn of_agent<'a>(&'a self, agent: &'a AgentName) -> impl Iterator<Item = &'a Job> {
        self.jobs.values().filter(move |job| job.row.agent == *agent)
    }

    pub(super) fn waiting_of<'a>(&'a self, agent: &'a AgentName) -> impl Iterator<Item = &'a Job> {
        self.of_agent(agent).filter(|job| job.row.state.is_waiting())
    }
}

impl LookUp for State {
    type Error = Infallible;

    fn key_owner(&self, source: &SourceName, key: &DeliveryKey) -> Result<Option<KeyOwner>, Infallible> {
        Ok(self.keys.get(&(source.clone(), key.clone())).copied())
    }

    fn job_of_key(&self, agent: &AgentName, key: &str) -> Result<Option<KnownJob>, Infallible> {
        Ok(self.of_agent(agent).find(|job| job.key.as_deref() == Some(key)).map(Job::known))
    }

    fn waiting_schedule(&self, agent: &AgentName) -> Result<Option<KnownJob>, Infallible> {
        let scheduled = |job: &&Job| matches!(job.row.trigger, JobTrigger::Schedule { .. });
        Ok(self.waiting_of(agent).find(scheduled).map(Job::known))
    }

    fn waiting(&self, agent: &AgentName) -> Result<u64, Infallible> {
        Ok(self.waiting_of(agent).count() as u64)
    }

    fn members(&self, agent: &AgentName, key: &GroupKey) -> Result<Vec<Member>, Infallible> {
        let of_key = || self.of_agent(agent).filter(|job| job.row.key.as_ref() == Some(key));
        let waiting: Vec<_> = of_key().filter(|job| job.row.state.is_waiting()).collect();
        let latest = waiting.len().saturating_sub(MOST_MEMBERS as usize);
        let executing = of_key().filter(|job| job.row.state == JobState::Executing);
        let mut members: Vec<_> =
            executing.chain(waiting[latest..].iter().copied()).map(Job::member).collect();
        members.sort_unstable_by_key(|member| member.id);
        Ok(members)
    }
}
