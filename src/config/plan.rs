//! A project, resolved: all that the running system needs to know.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use chrono_tz::Tz;
use herdgate_actors::{
    domain::AgentSpec,
    domain::Source,
    domain::{AgentName, Timestamp},
    schedule::{Calendar, CatchUp},
};
use ipnet::IpNet;

use super::{
    Warning,
    model::{Log, Mailboxes},
};
use crate::credentials::Credentials;

/// What `serve` serves.
#[derive(Debug)]
pub struct ResolvedConfig {
    /// The file it was read from; it need not exist.
    pub file: PathBuf,
    /// Where agents lie.
    pub agents_dir: PathBuf,
    /// Where the store lies; absolute.
    pub data_dir: PathBuf,
    /// Where secrets lie.
    pub credentials: Credentials,
    /// Listeners and limits.
    pub gateway: ResolvedGateway,
    /// How many messages wait for each kind of actor.
    pub mailboxes: Mailboxes,
    /// What is logged.
    pub log: Log,
    /// How many runs at once in the whole project; no cap where absent.
    pub scale: Option<u32>,
    /// How long receipts and finished jobs are kept.
    pub history_retention: Duration,
    /// How long a delivery is known as a duplicate.
    pub dedupe_window: Duration,
    /// Sources by name.
    pub sources: Vec<Source>,
    /// Agents by name; those with `scale = 0` too.
    pub agents: Vec<ResolvedAgent>,
    /// What should be looked at.
    pub warnings: Vec<Warning>,
}

impl ResolvedConfig {
    /// The agent of that name.
    pub fn agent(&self, name: &str) -> Option<&ResolvedAgent> {
        self.agents.iter().find(|agent| agent.name().as_str() == name)
    }

    /// The source of that name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name.as_str() == name)
    }
}

/// `[gateway]`, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedGateway {
    /// Where webhooks are taken.
    pub public: SocketAddr,
    /// Where operators come in.
    pub admin: SocketAddr,
    /// How the world reaches the public listener, without a slash at the end.
    pub url: Option<String>,
    /// When a delivery is answered at the latest.
    pub answer_within: Duration,
    /// The longest body, in bytes.
    pub body_limit: usize,
    /// How many connections at once.
    pub max_connections: usize,
    /// Networks whose word about their clients counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Names under which the admin listener answers, beside loopback and its own address.
    pub admin_hosts: Vec<String>,
    /// How long a client may take for a request.
    pub request_timeout: Duration,
    /// How long runs may go on after SIGTERM.
    pub shutdown_grace: Duration,
}

/// An agent, resolved.
#[derive(Debug)]
pub struct ResolvedAgent {
    /// What its actor needs to know.
    pub spec: AgentSpec,
    /// When it runs by itself.
    pub schedule: Option<Schedule>,
    /// What happens to ticks that were missed.
    pub catch_up: CatchUp,
    /// Its folder.
    pub folder: PathBuf,
}

impl ResolvedAgent {
    /// The name of its folder.
    pub fn name(&self) -> &AgentName {
        &self.spec.name
    }
}

/// A schedule that fires.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// As the user wrote it.
    pub expression: String,
    /// The zone it is meant in.
    pub zone: Tz,
    /// Its times.
    pub calendar: Calendar,
}

impl Schedule {
    /// The next `count` times after `now`.
    pub fn upcoming(&self, now: Timestamp, count: usize) -> Vec<Timestamp> {
        self.calendar.upcoming(now).take(count).collect()
    }
}
