//! A project, resolved: all that the running system needs to know.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use chrono_tz::Tz;
use herdgate_actors::{
    domain::{AgentName, AgentSpec, Source, SourceName, Timestamp},
    schedule::{Calendar, CatchUp},
};
use ipnet::IpNet;

use super::{
    Origins, Warning, Watched,
    settings::{Log, Mailboxes, Telemetry},
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
    /// Where traces go.
    pub telemetry: Telemetry,
    /// How many runs at once in the whole project, where somebody said so.
    pub scale: Option<u32>,
    /// How many runs at once on this machine; never more than `scale`.
    pub max_runs: u32,
    /// How long receipts and finished jobs are kept.
    pub history_retention: Duration,
    /// How long a delivery is known as a duplicate.
    pub dedupe_window: Duration,
    /// Sources by name.
    pub sources: Vec<Source>,
    /// How each of them is checked.
    pub verification: BTreeMap<SourceName, Verification>,
    /// Agents by name; those with `scale = 0` too.
    pub agents: Vec<ResolvedAgent>,
    /// Whether changes of the files are put in force by themselves.
    pub reload_on_change: bool,
    /// The files that it was read from.
    pub watched: Watched,
    /// What was set elsewhere than in the project's file: key and origin.
    pub origins: Vec<(String, String)>,
    /// Where each key of the project was set.
    pub places: Origins,
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

/// How requests to a source are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Against a secret.
    Signed {
        /// Where it lies.
        path: PathBuf,
        /// Whether nobody named it, and it was there.
        by_default: bool,
        /// How old the secret before it is, where that is accepted too.
        previous: Option<Duration>,
    },
    /// Not at all.
    Unsigned,
    /// Nobody looked for its secret.
    NotRead {
        /// The type and the instance.
        instance: String,
        /// Whether nobody named it.
        by_default: bool,
    },
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
    /// Whether every source must be signed.
    pub require_signatures: bool,
    /// The networks whose word about the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// The names by which the admin listener may be asked, beside those of loopback; lower-case.
    pub admin_hosts: Vec<String>,
    /// When a delivery is answered at the latest.
    pub answer_within: Duration,
    /// The longest body, in bytes.
    pub body_limit: usize,
    /// How many connections at once.
    pub max_connections: usize,
    /// How long a client may take for a request.
    pub request_timeout: Duration,
    /// How long runs may go on after SIGTERM.
    pub shutdown_grace: Duration,
}

/// An agent, resolved.
#[derive(Debug)]
pub struct ResolvedAgent {
    /// What its actor needs to know.
    pub spec: Arc<AgentSpec>,
    /// When it runs by itself.
    pub schedule: Option<Schedule>,
    /// What happens to ticks that were missed.
    pub catch_up: CatchUp,
    /// Its folder.
    pub folder: PathBuf,
    /// Where each key of its own file was set.
    pub places: Origins,
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
