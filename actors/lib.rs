//! The running system of Herdgate.
//!
//! ```text
//!  POST /webhooks/github         verifies           headers + body         applies its own filters
//!        │                      signatures           -> one event          and drives its runs
//!        ▼                          │                    │                        │
//!      http ─ UnverifiedRequest ▶ IngressActor ─ ParseRequest ▶ ParserActor ─ FilterRequest ▶ AgentActor ─ RunRequest ▶ runner
//!                                                                                   ▲
//!      SchedulerActor (sleeps to the next due time) ───── wakes, once its job is on disk ┤
//!      ControlActor (configuration, scale, pause, cancel) ────────── AgentCommand ──────┘
//! ```
//!
//! Data flows one way. Nothing is sent upstream: an answer is a reply on a oneshot channel, never a
//! message. A sender knows the message it posts, not the actor that gets it.
//!
//! # The way of a delivery
//! 1. Its bytes can be read by verification alone, on the HTTP worker's own thread.
//! 2. A [`PendingReceipt`](domain::PendingReceipt) goes along with it, and with that the
//!    [`Topology`](domain::Topology) that judges it from here to its last filter.
//! 3. The parser writes the event on the receipt, each agent that may want it its verdict and its job.
//! 4. When the last hand lets go, receipt, dedupe keys and jobs are one change of the store. After the
//!    fsync that it shares with its neighbours the answer leaves, and the agents are woken.
//! 5. An agent's [`Machine`](agent::machine::Machine) claims what it has places for. Mailboxes carry
//!    wake-ups, never the record: one that is lost costs a few seconds.
//!
//! # Who owns what
//! | state | owner |
//! |---|---|
//! | who may send, rate limits | `IngressActor`, by the [`Admission`](ingress::Admission) in force |
//! | a provider's deliveries on one worker | `ParserActor` |
//! | an agent's runs, places, pauses | `AgentActor`, in its machine |
//! | which configuration is in force, who is there | `ControlActor` |
//! | what comes due when | `SchedulerActor` |
//! | lost leases, unrouted receipts, old history | the actors of [`upkeep`] |
//! | receipts, jobs, attempts | the [`Store`](store::Store): one writing thread |
//!
//! # Layout, from the bottom up
//! - [`domain`]: values only. [`telemetry`]: every fact that is told, logged, counted and streamed.
//! - [`store`]: five contracts over one set of pure rules. [`runtime`]: what carries actors.
//! - [`provider`]: what each webhook provider really sends; a folder and a line in the registry each.
//! - [`preset`]: what each agent program really says of its run; a file and a line in the registry each.
//! - [`ingress`], [`parser`]: the way in. [`runner`]: drives one run.
//! - [`agent`]: filters, backlog, retries, runs. [`schedule`] and [`upkeep`]: what happens by itself.
//! - [`control`]: the one hand that changes a running gate.
//!
//! Nothing imports what stands above it. Decisions are pure and lie beside the actor that uses them;
//! time and chance are arguments.

pub mod agent;
pub mod control;
pub mod domain;
pub mod failpoint;
pub mod ingress;
pub mod parser;
pub mod preset;
pub mod provider;
pub mod runner;
pub mod runtime;
pub mod schedule;
pub mod store;
pub mod telemetry;
pub mod upkeep;
