//! What happens, told from one place.
//!
//! - [`Event`]: everything worth telling, as one enum; [`emit`] logs, counts and publishes it.
//! - `log`, `line`, `damp`: which facts get a log line, what it says, how many of a kind.
//! - `metrics`: handles on series, made once; [`describe`] names them all.
//! - [`trace`]: which facts end spans of a distributed trace.
//! - [`bus`]: where facts can be followed while they happen.

pub mod bus;
mod damp;
mod emit;
mod event;
mod line;
mod log;
mod metrics;
mod millis;
mod operator;
pub mod trace;
mod words;

pub use emit::emit;
pub use event::{Answered, Event, RunEnded};
pub use log::{tell_left_out, tell_rest};
pub use metrics::{
    DiskUse, DoorSeries, MailboxSeries, Metrics, OpenConnection, RestartSeries, SourceCounts, SpanSeries,
    SseClient, StoreSeries, describe, disk, metrics, ready, unconfigured_jobs,
};
pub use millis::Millis;
pub use operator::{BulkProgress, OperatorChange};
