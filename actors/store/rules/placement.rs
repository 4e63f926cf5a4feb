//! Which job may exist.

use super::{
    KeyOwner, KnownJob, LookUp, Owners, Takeover,
    group::{Group, among},
};
use crate::domain::{Delivery, JobId, JobState, NewJob, OnConflict, Reason, ReceiptId, Timestamp, Unique};

/// What becomes of a [`NewJob`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Placement {
    /// It is made.
    Create {
        /// `Available`, `Scheduled`, or `Discarded` where the queue is full.
        state: JobState,
        /// From when it may start.
        due: Timestamp,
        /// Why it is a dead letter at once. Its key then stays free for a redelivery.
        reason: Option<Reason>,
        /// A job of the same [`Unique`] that waits and gives way to it.
        supersedes: Option<JobId>,
        /// What it is to others of its key.
        takeover: Takeover,
    },
    /// A job of its key that waits stands for both.
    Merge {
        /// That one.
        into: JobId,
        /// Whether that one goes by the new delivery from now on; otherwise it has a later one.
        takes_over: bool,
        /// How the job waits.
        state: JobState,
        /// And for when.
        due: Timestamp,
        /// What the job is to others of its key.
        takeover: Takeover,
    },
    /// It is not made: this job of its key is there.
    Suppress(JobId),
    /// There is one already, and it stays.
    Exists(JobId),
    /// There is one already, which takes over what this one is about.
    Replace(JobId, JobState, Timestamp),
}

/// Under which key a job is filed, and until when that key must be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) struct JobKey {
    pub(in crate::store) text: Option<String>,
    pub(in crate::store) keep_until: Option<Timestamp>,
    /// It is named after the receipt that is being written, so that nobody can have it.
    pub(in crate::store) is_fresh: bool,
}

/// The key of a job; `delivery` is the receipt that it belongs to, where there is one.
pub(in crate::store) fn key_of<L: LookUp>(
    job: &NewJob,
    delivery: Option<(ReceiptId, &Delivery, &Owners)>,
    look: &L,
) -> Result<JobKey, L::Error> {
    let named = |text: String| JobKey { text: Some(text), ..JobKey::default() };
    Ok(match (&job.unique, delivery) {
        (None | Some(Unique::Schedule), _) => JobKey::default(),
        (Some(Unique::Text(text)), _) => named(format!("text:{text}")),
        (Some(Unique::Delivery { source }), Some((receipt, delivery, owners))) => {
            match owners.of(receipt, source, delivery, look)? {
                None => named(format!("replay:{receipt}")),
                Some(KeyOwner { receipt: owner, until }) => JobKey {
                    text: Some(format!("{source}/{owner}")),
                    keep_until: Some(until),
                    is_fresh: matches!(owners, Owners::Known(_)) && owner == receipt,
                },
            }
        }
        // Without its delivery it is told apart by the receipt alone.
        (Some(Unique::Delivery { source }), None) => match job.receipt {
            Some(receipt) => named(format!("{source}/{receipt}")),
            None => JobKey::default(),
        },
    })
}

/// Decides over a job; `is_alone` says that no other job of the same change can have its key.
pub(in crate::store) fn place<L: LookUp>(
    job: &NewJob,
    key: &JobKey,
    is_alone: bool,
    look: &L,
) -> Result<Placement, L::Error> {
    let due = job.not_before.map_or(job.created_at, |not_before| not_before.max(job.created_at));
    let state = if due > job.created_at { JobState::Scheduled } else { JobState::Available };
    let known = match (&job.unique, &key.text) {
        (Some(Unique::Schedule), _) => look.waiting_schedule(&job.agent)?,
        (_, Some(_)) if key.is_fresh && is_alone => None,
        (_, Some(text)) => look.job_of_key(&job.agent, text)?,
        (_, None) => None,
    };
    let mut supersedes = None;
    if let Some(KnownJob { id, state: known }) = known {
        match job.on_conflict {
            OnConflict::Replace if known.is_waiting() => return Ok(Placement::Replace(id, state, due)),
            OnConflict::Supersede if known.is_waiting() => supersedes = Some(id),
            OnConflict::Keep | OnConflict::Replace | OnConflict::Supersede => {
                return Ok(Placement::Exists(id));
            }
        }
    }
    let group = among(job, due, look)?;
    let (state, due, takeover) = match group {
        Group::Alone => (state, due, Takeover::default()),
        Group::Suppressed { by } => return Ok(Placement::Suppress(by)),
        Group::Merged { into, takes_over, state, due, takeover } => {
            return Ok(Placement::Merge { into, takes_over, state, due, takeover });
        }
        Group::Joined { due, takeover } => {
            let state = if due > job.created_at { JobState::Scheduled } else { JobState::Available };
            (state, due, takeover)
        }
    };
    if let Some(limit) = job.limit {
        let leave = u64::from(supersedes.is_some()) + takeover.ended.len() as u64;
        let waiting = look.waiting(&job.agent)?.saturating_sub(leave);
        if waiting >= u64::from(limit) {
            let reason = Some(Reason::QueueFull { limit });
            let (state, takeover) = (JobState::Discarded, Takeover::default());
            return Ok(Placement::Create { state, due, reason, supersedes: None, takeover });
        }
    }
    Ok(Placement::Create { state, due, reason: None, supersedes, takeover })
}

/// Whether a schedule's firing makes no job: the same time twice is a change that was committed
/// although its answer got lost.
pub(in crate::store) fn coalesces(last_fired: Option<Timestamp>, due: Timestamp) -> bool {
    last_fired == Some(due)
}
