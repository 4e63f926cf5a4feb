//! Every number and every event of the system, named in one place.
//!
//! - `series`: handles on metric series, made once at start and kept by whoever counts, so that
//!   the hot path never looks a name up.
//! - [`events`]: what is worth a log line, as structs with `emit`.

pub mod events;
mod series;

pub use series::{AgentSeries, MailboxSeries, RestartSeries, SourceSeries, StoreSeries, describe, refused};
