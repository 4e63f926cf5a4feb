//! The running system of Herdgate.
//!
//! ```text
//!  POST /webhooks/github     verifies           headers + body        applies its own filters
//!        │                  signatures          -> one context        and drives its runs
//!        ▼                      │                    │                       │
//!      http ── Arrival ──▶ IngressActor ─ Delivery ─▶ ParserActor ── Offer ─▶ AgentActor ─ RunRequest ─▶ run
//!                                                                             ▲
//!      heartbeat ── Sweep ──▶ SchedulerActor ───────────── Firing ────────────┘
//! ```
//!
//! Data flows one way. Nothing is sent upstream: an answer is a reply on a oneshot channel, never a
//! message. A sender knows the message it posts, not the actor that gets it. Decisions are pure
//! functions that lie beside the actor that uses them.
//!
//! # Layout
//!
//! Under all, knowing no actor:
//! - [`names`]: identifiers and the names that users give.
//! - [`clock`]: the only source of the current time.
//! - [`flow`]: the values that travel, in the order in which they travel.
//! - [`provider`]: what each webhook provider really sends; one file each.
//! - [`store`]: the durable record of receipts, jobs and attempts.
//! - [`telemetry`]: every metric and structured event.
//! - [`supervise`] and [`mailbox`]: actors that survive panics, mailboxes that are bounded and measured.
//!
//! Along the flow, each importing only what lies before it:
//! - [`ingress`]: verifies unverified bytes.
//! - [`parser`]: turns a delivery into a context and offers it to the agents that may want it.
//! - [`run`]: drives one command to its end.
//! - [`agent`]: one supervised actor per agent: filter, backlog, retries, runs.
//! - [`scheduler`]: cron calendars, catch-up and the sweep.

pub mod agent;
pub mod control;
pub mod domain;
pub mod failpoint;
pub mod ingress;
pub mod parser;
pub mod provider;
pub mod runner;
pub mod runtime;
pub mod schedule;
pub mod store;
pub mod telemetry;
pub mod upkeep;
