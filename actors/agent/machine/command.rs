//! What the machine is told, and what it says.

use std::time::Duration;

use crate::{
    domain::{AttemptOutcome, Disposition, RetryPolicy, RunId, Timestamp},
    runner::StopMode,
    store::{Claimed, ClaimedJob},
};

/// The two clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// What the wall clock shows; it may be set.
    pub wall: Timestamp,
    /// How long the agent has existed; it only grows.
    pub elapsed: Duration,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Jobs may wait in the store.
    Woken,
    /// The gate gave places, as [`Command::Acquire`] asked; at least one.
    Granted(u32),
    /// The store gave jobs, as [`Command::Claim`] asked.
    Claimed(Claimed),
    /// The store could not answer a claim. Nothing was taken.
    ClaimFailed,
    /// A run is over.
    Ended(RunId, RunEnd),
    /// The end of a run is on disk, as [`Command::Finish`] asked.
    Recorded {
        /// Which run.
        run: RunId,
        /// What was claimed along, where that was asked for.
        claimed: Option<Claimed>,
    },
    /// The configuration has this agent, changed or again.
    Configured {
        /// How many runs at once.
        scale: u32,
        /// What happens after an attempt that did not complete.
        retry: RetryPolicy,
    },
    /// An operator sets how many runs there may be at once.
    Scaled(u32),
    /// An operator holds the agent's work back, or lets it go on.
    Paused(bool),
    /// An operator ends a run and its job with it.
    Cancel(RunId, StopMode),
    /// Later jobs of their keys stand for the jobs of these runs.
    Superseded(Vec<RunId>),
    /// The gate ends: its runs are to end like this, and are tried again in its next life.
    StopAll(StopMode),
    /// The gate ends: nothing new begins.
    Draining,
    /// The configuration has this agent no more: nothing new begins, and what runs may end.
    Removed,
    /// It is time to renew leases.
    LeasesDue,
    /// Leases were renewed, as [`Command::Renew`] asked, or could not be.
    Renewed {
        /// Runs that somebody else has by now.
        lost: Vec<RunId>,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEnd {
    /// What it means for the job.
    pub outcome: AttemptOutcome,
    /// Whether it never began for want of what every run needs.
    pub is_host_fault: bool,
    /// How long it asks to be left alone before its next attempt.
    pub retry_after: Option<Duration>,
    /// From 0 to 1; spreads the retries of jobs that failed together.
    pub jitter: f64,
    /// Whether nobody else waits for the place that it had in the gate.
    pub may_keep_place: bool,
}

/// What to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// Ask the gate for up to so many places, and wait until there is one.
    Acquire(u32),
    /// Give so many places back.
    Release(u32),
    /// Ask the store for up to so many jobs.
    Claim(u32),
    /// Start the run of a job.
    Start(Box<ClaimedJob>),
    /// End a run before its time.
    Stop(RunId, StopMode),
    /// Write down how a run ended, until that is on disk.
    Finish {
        /// Which run.
        run: RunId,
        /// How it ended.
        outcome: AttemptOutcome,
        /// What happens to its job.
        disposition: Disposition,
        /// How many jobs to claim along, for the place that gets free.
        then: u32,
    },
    /// Renew the leases of these runs.
    Renew(Vec<RunId>),
    /// Come back with [`Event::Woken`] after this time, at the latest.
    WakeIn(Duration),
    /// Nothing is left to do, ever.
    Done,
}
