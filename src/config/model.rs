//! What a user can write, with its defaults.
//!
//! The values are canonical already: `walk` has read spellings and units. An unknown field
//! here means that schema and model have drifted apart, and a test would tell.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::value::{Variables, maybe_millis, millis};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// `config.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Project {
    /// Listeners and limits.
    pub gateway: Gateway,
    /// Sources by name.
    pub webhooks: BTreeMap<String, Webhook>,
    /// How runs are driven.
    pub run: Run,
    /// What happens to runs that fail.
    pub retry: Retry,
    /// How many messages wait for an actor.
    pub mailboxes: Mailboxes,
    /// What is logged.
    pub log: Log,
    /// Where agents lie.
    pub agents_dir: String,
    /// Where secrets lie.
    pub credentials_dir: String,
    /// Where the store lies.
    pub data_dir: String,
    /// The zone of schedules whose agent names none.
    pub timezone: String,
    /// What happens to ticks that were missed.
    pub catch_up: MissedTicks,
    /// How many runs at once in the whole project; no cap where absent.
    pub scale: Option<u32>,
    /// How many runs at once of an agent that does not say.
    pub default_agent_scale: u32,
    /// How many jobs may wait for an agent that does not say.
    pub work_queue_size: u32,
    /// How long receipts and finished jobs are kept, in days.
    pub history_retention_days: u32,
    /// How long a delivery is known as a duplicate.
    #[serde(deserialize_with = "millis")]
    pub dedupe_window: Duration,
}

impl Default for Project {
    fn default() -> Self {
        Self {
            gateway: Gateway::default(),
            webhooks: BTreeMap::new(),
            run: Run::default(),
            retry: Retry::default(),
            mailboxes: Mailboxes::default(),
            log: Log::default(),
            agents_dir: "agents".to_owned(),
            credentials_dir: "~/.action-llama/credentials".to_owned(),
            data_dir: ".herdgate".to_owned(),
            timezone: "UTC".to_owned(),
            catch_up: MissedTicks::Skip,
            scale: None,
            default_agent_scale: 1,
            work_queue_size: 10_000,
            history_retention_days: 14,
            dedupe_window: 7 * DAY,
        }
    }
}

/// `[gateway]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Address of the public listener.
    pub host: String,
    /// Its port; 0 takes a free one.
    pub port: u16,
    /// Address of the admin listener.
    pub admin_host: String,
    /// Its port; 0 takes a free one.
    pub admin_port: u16,
    /// How the world reaches the public listener.
    pub url: Option<String>,
    /// When a delivery is answered at the latest.
    #[serde(deserialize_with = "millis")]
    pub answer_within: Duration,
    /// The longest body, in bytes.
    pub body_limit: u64,
    /// How many connections at once.
    pub max_connections: u32,
    /// Networks whose word about their clients counts.
    pub trusted_proxies: Vec<String>,
    /// Names under which the admin listener answers.
    pub admin_hosts: Vec<String>,
    /// How long a client may take for a request.
    #[serde(deserialize_with = "millis")]
    pub request_timeout: Duration,
    /// How long runs may go on after SIGTERM.
    #[serde(deserialize_with = "millis")]
    pub shutdown_grace: Duration,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            host: "0.0.0.0".to_owned(),
            port: 8080,
            admin_host: "127.0.0.1".to_owned(),
            admin_port: 8081,
            url: None,
            answer_within: Duration::from_millis(800),
            body_limit: 25 << 20,
            max_connections: 10_000,
            trusted_proxies: Vec::new(),
            admin_hosts: Vec::new(),
            request_timeout: Duration::from_secs(30),
            shutdown_grace: Duration::from_secs(30),
        }
    }
}

/// `[webhooks.<name>]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhook {
    /// The provider.
    pub r#type: Option<String>,
    /// The instance of its credential.
    pub credential: Option<String>,
    /// The same, as Action Llama names it for GitHub.
    pub github_webhook_secret: Option<String>,
    /// The same for Sentry.
    pub sentry_client_secret: Option<String>,
    /// The same for Linear.
    pub linear_webhook_secret: Option<String>,
    /// The same for Mintlify.
    pub mintlify_webhook_secret: Option<String>,
    /// Whether the source may go without a credential.
    pub allow_unsigned: Option<bool>,
    /// Whether a signature with SHA-1 will do where there is no better one.
    pub allow_sha1: Option<bool>,
    /// How far a signed timestamp may lie from now.
    #[serde(deserialize_with = "maybe_millis")]
    pub tolerance: Option<Duration>,
    /// Where the signature stands, if not where the provider puts it.
    pub signature_header: Option<String>,
    /// What precedes the digits there.
    pub signature_prefix: Option<String>,
    /// How many deliveries it may bring.
    pub rate_limit: Option<Rate>,
}

/// `rate_limit`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rate {
    /// Deliveries per second in the long run.
    pub per_second: Option<u32>,
    /// How many may come at once; as many as `per_second` where absent.
    pub burst: Option<u32>,
}

/// `[run]` of a project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Where it runs; a folder per run where absent.
    pub cwd: Option<String>,
    /// Variables beside those which every run gets.
    pub env: Variables,
    /// How long it may take.
    #[serde(deserialize_with = "millis")]
    pub timeout: Duration,
    /// Between TERM and KILL.
    #[serde(deserialize_with = "millis")]
    pub kill_grace: Duration,
    /// How many bytes of output are kept.
    pub output_limit: u64,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            cwd: None,
            env: Variables::new(),
            timeout: 15 * MINUTE,
            kill_grace: Duration::from_secs(10),
            output_limit: 10 << 20,
        }
    }
}

/// `[run]` of an agent: what differs from the project's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunOverride {
    /// See [`Run::command`].
    pub command: Vec<String>,
    /// See [`Run::cwd`].
    pub cwd: Option<String>,
    /// Added to [`Run::env`].
    pub env: Variables,
    /// See [`Run::timeout`].
    #[serde(deserialize_with = "maybe_millis")]
    pub timeout: Option<Duration>,
    /// See [`Run::kill_grace`].
    #[serde(deserialize_with = "maybe_millis")]
    pub kill_grace: Option<Duration>,
    /// See [`Run::output_limit`].
    pub output_limit: Option<u64>,
}

/// `[retry]` of a project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// How many attempts may fail before the job is a dead letter.
    pub attempts: u32,
    /// The pause after the first failure; doubles with each further one.
    #[serde(deserialize_with = "millis")]
    pub backoff: Duration,
    /// The longest pause.
    #[serde(deserialize_with = "millis")]
    pub backoff_max: Duration,
    /// Whether a timeout is tried again.
    pub retry_timeouts: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 3,
            backoff: Duration::from_secs(10),
            backoff_max: 10 * MINUTE,
            retry_timeouts: false,
        }
    }
}

/// `[retry]` of an agent: what differs from the project's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryOverride {
    /// See [`Retry::attempts`].
    pub attempts: Option<u32>,
    /// See [`Retry::backoff`].
    #[serde(deserialize_with = "maybe_millis")]
    pub backoff: Option<Duration>,
    /// See [`Retry::backoff_max`].
    #[serde(deserialize_with = "maybe_millis")]
    pub backoff_max: Option<Duration>,
    /// See [`Retry::retry_timeouts`].
    pub retry_timeouts: Option<bool>,
}

/// `[mailboxes]`: how many messages wait for one actor before its sender must do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mailboxes {
    /// Arrivals before each `IngressActor`.
    pub ingress: usize,
    /// Deliveries before each `ParserActor`.
    pub parser: usize,
    /// Offers and firings before each `AgentActor`.
    pub agent: usize,
}

impl Default for Mailboxes {
    fn default() -> Self {
        Self { ingress: 1_024, parser: 1_024, agent: 1_024 }
    }
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// Which events are logged, in the syntax of `tracing`'s `EnvFilter`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Auto, filter: "info".to_owned() }
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Pretty,
    /// One object a line.
    Json,
}

/// What happens to ticks that came while the gate was down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MissedTicks {
    /// Nothing.
    Skip,
    /// One run for all of them.
    Once,
}

/// `agent-config.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agent {
    /// When it runs.
    pub schedule: Option<String>,
    /// The zone of its schedule.
    pub timezone: Option<String>,
    /// What happens to ticks that were missed.
    pub catch_up: Option<MissedTicks>,
    /// How many runs at once.
    pub scale: Option<u32>,
    /// How long a run may take.
    #[serde(deserialize_with = "maybe_millis")]
    pub timeout: Option<Duration>,
    /// How many jobs may wait.
    pub work_queue_size: Option<u32>,
    /// What it wants to hear of.
    pub webhooks: Vec<TriggerTable>,
    /// What it is told beside its instructions.
    pub params: toml::Table,
    /// Variables of its runs, added to those of `[run]`.
    pub env: Variables,
    /// How its runs are driven.
    pub run: RunOverride,
    /// What happens to its runs that fail.
    pub retry: RetryOverride,
}

/// One `[[webhooks]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TriggerTable {
    /// The name of a source.
    pub source: Option<String>,
    /// Filter fields, as the user spelled them, and the values any of which will do.
    pub filters: BTreeMap<String, Vec<String>>,
}
