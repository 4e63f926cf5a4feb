//! Values only: what things are called, and what travels, in the order in which it travels.
//!
//! ```text
//! UnverifiedRequest ─ verify ─▶ Delivery ─ open ─▶ PendingReceipt ─▶ ReceiptBatch
//!                                                    │  ▲
//!                                              Event │  │ Verdict (Trigger, Filter)
//!                                                    ▼  │
//!                                               FilterRequest
//! ```
//!
//! The types carry the promises: an [`UnverifiedRequest`] has no way to its body but verification,
//! and a [`PendingReceipt`] that nobody holds any more sends itself to the [`ReceiptSink`].

mod agent;
mod attempt;
mod bounds;
mod clock;
mod clock_watch;
mod delivery;
mod digest;
mod event;
mod event_json;
mod facts;
mod filter;
mod group;
mod headers;
mod ids;
mod job;
mod key_template;
mod names;
mod new_job;
mod preset_name;
mod prices;
mod provider_name;
mod receipt;
mod reject;
mod request;
mod revision;
mod run_report;
mod scheme;
mod signature;
mod source;
mod text;
mod topology;
mod trace;
mod trigger_id;
mod values;
mod verdict;
mod voucher;

pub use agent::{AgentSpec, EnvVar, KeepWork, RetryPolicy, RunSpec};
pub use attempt::{AttemptOutcome, Disposition, History};
pub use clock::{Clock, ManualClock, Timestamp};
pub use clock_watch::{ClockJump, ClockWatch};
pub use delivery::{Delivery, DeliveryParts, NoSource};
pub use digest::{Digest, DigestWriter};
pub use event::{Details, Event, Header, KindFields};
pub(crate) use event_json::{StoredEvent, entry};
pub use facts::{Fact, FactName, Facts, fact};
pub use filter::{Clause, FIELD, FieldSpec, Filter, JobPolicy, Matcher, Place, Trigger, WhenAbsent};
pub use group::{Debounce, GroupKey, StandsFor, StoodFor, WhenBusy};
pub use headers::Headers;
pub use ids::{AnyId, Attempt, IdSource, InvalidId, JobId, NodeId, NodeLife, ReceiptId, RunId};
pub use job::{JobState, JobTrigger, Reason, UnknownState};
pub use key_template::{BadKey, KeyField, KeyTemplate};
pub use names::{AgentName, DedupeKey, DeliveryKey, KeyWindow, SourceName};
pub use new_job::{Input, NewJob, OnConflict, Unique};
pub use preset_name::PresetName;
pub use prices::{Price, Prices};
pub use provider_name::{ProviderName, UnknownProvider};
pub use receipt::{
    CommitResult, Created, DeliveryPanicked, FilterRequest, LedgerError, OnCommit, Origin, ParseRequest,
    Parsed, PendingReceipt, ReceiptBatch, ReceiptSink, Unparsable, WakeUp,
};
pub use reject::RejectReason;
pub use request::{
    Answer, DeliveryAck, HttpReply, Reply, ReplyEnd, SourceSelector, UnverifiedRequest, VerifiedRequest,
};
pub use revision::{NameChanges, Parts, Revision, RevisionChanges};
pub use run_report::{Cost, CostBasis, RunReport, Spent, Tokens, Usd};
pub use scheme::{Encoding, Hash, KeyForm, Part, Scheme, Signature};
pub(crate) use signature::feed;
pub use signature::{BadSecret, Check, Secret, fingerprint};
pub use source::{RateLimit, Source};
pub(crate) use text::push_escape;
pub use text::{BODY_LIMIT, cut, cut_at, escape_unseen, is_unseen};
pub use topology::{Changes, SubscriptionIndex, Topology};
pub use trace::{DeliveryTrace, InvalidTraceParent, SpanId, TRACE_HEADER, TraceParent};
pub use trigger_id::TriggerId;
pub use verdict::{Actual, FailedClause, Match, TriggerMismatch, Verdict};
pub use voucher::{VerifiedBy, Voucher};
