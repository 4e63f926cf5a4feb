//! The values that travel, in the order in which they travel.
//!
//! ```text
//! Arrival ─ verify ─▶ Delivery ─ open ─▶ OpenReceipt ─▶ Record
//!                                          │  ▲
//!                                  Context │  │ Verdict (Trigger, Filter)
//!                                          ▼  │
//!                                         Offer
//! ```
//!
//! The types carry the promises: an [`Arrival`] has no way to its body but verification, only
//! verification makes a [`Delivery`], and a receipt that nobody holds any more records itself.

mod arrival;
mod context;
mod delivery;
mod headers;
mod receipt;
mod sweep;
mod trigger;
mod values;
mod verdict;

pub use arrival::{Answer, Arrival, Door, Recorded, Refusal, Reply, ReplyEnd, Verified};
pub use context::{BODY_LIMIT, Carries, WebhookContext, cut};
pub use delivery::Delivery;
pub use headers::Headers;
pub use receipt::{
    Committed, Created, Done, Offer, OpenReceipt, Origin, Parse, Parsed, Record, RecordError, Recorder,
    Unparsable, Wake,
};
pub use sweep::{Housekeeping, Sweep};
pub use trigger::{Clause, Field, Filter, Trigger};
pub use verdict::{Actual, FailedClause, Match, TriggerRefusal, Verdict};
