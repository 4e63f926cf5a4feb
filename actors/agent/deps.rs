//! What agents work with; the same for all of them.

use std::{sync::Arc, time::Duration};

use super::RunLimiter;
use crate::{
    domain::{Clock, DeliveryPanicked, NodeLife},
    runner::Runner,
    runtime::MailboxSender,
    store::Store,
};

/// How long a run may go without its lease being renewed. A lost node is noticed after this.
pub const LEASE: Duration = Duration::from_secs(60);

/// What agents work with.
#[derive(Clone)]
pub struct AgentDeps {
    /// Where jobs are.
    pub store: Arc<dyn Store>,
    /// What drives runs.
    pub runner: Arc<dyn Runner>,
    /// The places for runs of all agents.
    pub limiter: Arc<RunLimiter>,
    /// Who counts the panics of a delivery.
    pub panics: MailboxSender<DeliveryPanicked>,
    /// The time.
    pub clock: Clock,
    /// Who executes the runs.
    pub by: NodeLife,
}
