//! Keeping the store in order: lost runs, old history, and whether it still works.

use std::time::Duration;

use tokio::sync::watch;

use super::{Pending, StoreError, StoreState};
use crate::domain::{AgentName, JobState, NodeLife, RunId, Timestamp};

/// The store's own upkeep.
pub trait Upkeep: Send + Sync + 'static {
    /// Ends attempts whose process is gone as interrupted.
    fn rescue(&self, rescue: Rescue) -> Pending<Vec<Rescued>>;

    /// Brings the times of jobs that wait for one back to a clock that was set back, so that none waits
    /// longer than it was to. Says how many it moved.
    fn follow_clock(&self, back: ClockBack) -> Pending<u64>;

    /// Deletes one step of what is older than it needs to be kept.
    ///
    /// A job goes when it ended `retention` ago and the dedupe keys that name it have expired; a
    /// receipt when it is as old and no job or duplicate needs it. "Ago" is counted from `now`, or,
    /// where the clock has leapt beyond both, from the newest time in the store or from `trusted`.
    fn prune(&self, prune: Prune) -> Pending<Pruned>;

    /// Proves that the store can write, by writing, and that its files are still the ones that it
    /// opened.
    fn probe(&self) -> Pending<()>;

    /// How the store fares, whenever that changes.
    fn state(&self) -> watch::Receiver<StoreState>;

    /// Why the store will not work again in this process, if so.
    fn broken(&self) -> Option<StoreError> {
        self.state().borrow().broken()
    }

    /// Commits what is queued and closes; later calls answer
    /// [`StoreError::Unavailable`].
    fn close(&self) -> Pending<()>;
}

/// Whose runs may be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RescueScope {
    /// At a start: those of earlier lives of this node. None of their processes can be alive.
    EarlierLives(NodeLife),
    /// While it runs: those whose lease ran out, but for those of the life that asks. It knows its own
    /// runs, whatever the clock says.
    ExpiredLeases {
        /// Who asks.
        except: NodeLife,
    },
}

/// A search for runs whose process is gone.
#[derive(Debug, Clone, Copy)]
pub struct Rescue {
    /// The current time.
    pub now: Timestamp,
    /// Among which runs.
    pub scope: RescueScope,
    /// From this many interruptions on a job is a dead letter.
    pub max_interruptions: u32,
}

/// A job whose attempt was ended as interrupted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescued {
    /// The attempt.
    pub run: RunId,
    /// Whose.
    pub agent: AgentName,
    /// `Available` or `Discarded`.
    pub state: JobState,
}

/// How a clock was set back.
#[derive(Debug, Clone, Copy)]
pub struct ClockBack {
    /// What it says now.
    pub now: Timestamp,
    /// By how much; `None` where nobody saw it happen. Then what was last written of a job, in what is
    /// now the future, tells how long it was to wait.
    pub by: Option<Duration>,
}

/// One step of pruning.
#[derive(Debug, Clone, Copy)]
pub struct Prune {
    /// The current time.
    pub now: Timestamp,
    /// Up to when the clock is known to be right, whatever is stored: a store that nothing is written
    /// to grows old as well.
    pub trusted: Option<Timestamp>,
    /// How long ended work is kept.
    pub retention: Duration,
    /// At most so many receipts, jobs and keys each, so that a long history never stalls the writer.
    pub limit: u32,
}

/// What was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many receipts.
    pub receipts: u64,
    /// Runs whose files can go.
    pub runs: Vec<RunId>,
    /// Whether the limit was hit and more is left.
    pub more: bool,
    /// The newest time that the store knew of.
    pub newest: Option<Timestamp>,
}
