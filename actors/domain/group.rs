//! Jobs of one agent that are about the same subject: they share a key, and one of them runs at a time.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize, Serializer};

use super::{JobId, ReceiptId, Timestamp};

/// Jobs of one agent that share this run one at a time, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupKey(pub String);

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What happens to a new job while others of its key wait or execute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenBusy {
    /// It waits for its turn.
    #[default]
    Queue,
    /// It stands for those that wait.
    Replace,
    /// It stands for those that wait, and for the one that executes, which is stopped.
    Cancel,
    /// It is not made.
    Drop,
}

impl WhenBusy {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Queue, Self::Replace, Self::Cancel, Self::Drop];

    /// The word in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Replace => "replace",
            Self::Cancel => "cancel",
            Self::Drop => "drop",
        }
    }
}

/// How long a burst is waited for, so that it becomes one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debounce {
    /// This long after its latest delivery.
    pub quiet: Duration,
    /// And at most this long after its first.
    pub max: Duration,
}

/// What a job stands for beside its own delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StandsFor {
    /// How many jobs it supersedes.
    pub count: u64,
    /// The latest of them, oldest first.
    pub deliveries: Vec<StoodFor>,
}

impl StandsFor {
    /// So many are listed: a prompt needs no more, and a burst may have thousands.
    pub const LISTED: usize = 20;
}

/// A job that another one stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoodFor {
    /// Under which id it is kept.
    #[serde(skip)]
    pub job: JobId,
    /// The receipt that caused it.
    #[serde(rename = "receiptId", skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptId>,
    /// The event, where it was a delivery's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Its action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// When it came.
    #[serde(rename = "timestamp", serialize_with = "as_text")]
    pub at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}
