//! What every engine does alike: decided here, over what an engine can look up.
//!
//! - `dedupe`: what is a duplicate, and who owns a delivery's keys.
//! - `placement`: which job may exist.
//! - `group`: what a new job is to others of its key.
//! - `transitions`: how a job moves.
//! - `retention`: what is old, whatever the clock says.

mod dedupe;
mod group;
mod placement;
mod retention;
mod transitions;

pub(super) use dedupe::{Dedupe, Owners, dedupe};
pub(super) use group::Takeover;
pub(super) use placement::{JobKey, Placement, coalesces, key_of, place};
pub(super) use retention::trusted_now;
pub(super) use transitions::{after_attempt, after_loss};

use std::convert::Infallible;

use crate::domain::{AgentName, DeliveryKey, GroupKey, JobId, JobState, ReceiptId, SourceName, Timestamp};

/// Who owns a dedupe key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyOwner {
    /// The first receipt that came with it.
    pub(super) receipt: ReceiptId,
    /// The last moment at which it is remembered.
    pub(super) until: Timestamp,
}

/// A job that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KnownJob {
    pub(super) id: JobId,
    pub(super) state: JobState,
}

/// A job that waits or executes, as others of its key see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: JobId,
    pub(super) state: JobState,
    pub(super) created_at: Timestamp,
    pub(super) due: Timestamp,
    pub(super) receipt: Option<ReceiptId>,
    /// It had an attempt: what it is about is part of its history.
    pub(super) is_tried: bool,
    /// It executes and is to be stopped, because another job stands for it.
    pub(super) is_superseded: bool,
}

/// So many jobs of a key that wait are looked at: there are more only where they are queued one by
/// one, or were before the configuration changed.
pub(super) const MOST_MEMBERS: u32 = 256;

/// What an engine can look up, inside the change that is being decided.
pub(super) trait LookUp {
    /// Why it cannot.
    type Error;

    /// Who owns a key, also one that has expired.
    fn key_owner(&self, source: &SourceName, key: &DeliveryKey) -> Result<Option<KeyOwner>, Self::Error>;

    /// The agent's job of that unique key.
    fn job_of_key(&self, agent: &AgentName, key: &str) -> Result<Option<KnownJob>, Self::Error>;

    /// A job of the agent's schedule that waits.
    fn waiting_schedule(&self, agent: &AgentName) -> Result<Option<KnownJob>, Self::Error>;

    /// How many jobs of the agent wait.
    fn waiting(&self, agent: &AgentName) -> Result<u64, Self::Error>;

    /// The job of the agent and that key that executes, and those that wait, oldest first: the latest
    /// [`MOST_MEMBERS`] of them.
    fn members(&self, agent: &AgentName, key: &GroupKey) -> Result<Vec<Member>, Self::Error>;
}

/// What an engine that is empty can look up.
pub(super) struct NothingKnown;

impl LookUp for NothingKnown {
    type Error = Infallible;

    fn key_owner(&self, _: &SourceName, _: &DeliveryKey) -> Result<Option<KeyOwner>, Infallible> {
        Ok(None)
    }

    fn job_of_key(&self, _: &AgentName, _: &str) -> Result<Option<KnownJob>, Infallible> {
        Ok(None)
    }

    fn waiting_schedule(&self, _: &AgentName) -> Result<Option<KnownJob>, Infallible> {
        Ok(None)
    }

    fn waiting(&self, _: &AgentName) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn members(&self, _: &AgentName, _: &GroupKey) -> Result<Vec<Member>, Infallible> {
        Ok(Vec::new())
    }
}
