//! What `config.toml` can say, with its defaults. `config.example.toml` tells it to users.
//!
//! Action Llama's keys are from its `shared/config/types.ts` and its configuration reference, in
//! the versions up to November 2026.

use std::collections::BTreeMap;

use herdgate_actors::preset;
use serde::Deserialize;

use super::{
    schema::{Key, Kind, choice, count, flag, inner, pause, port, positive, size, span, text, texts},
    table::table,
    value::Span,
    variables::Variables,
};

table! {
    /// `config.toml`.
    pub(crate) Settings, PROJECT {
        /// Listeners and limits.
        gateway: Gateway = Gateway::default() => inner(GATEWAY).shared();
        /// Sources by name.
        webhooks: BTreeMap<String, Webhook> = BTreeMap::new() => Key::of(Kind::Named(WEBHOOK)).shared();
        /// How runs are driven.
        run: Run = Run::default() => inner(RUN);
        /// What happens to runs that fail.
        retry: Retry = Retry::default() => inner(RETRY);
        /// Action Llama's settings of containers.
        local: Local = Local::default() => inner(LOCAL).shared();
        /// How many messages wait for an actor.
        mailboxes: Mailboxes = Mailboxes::default() => inner(MAILBOXES);
        /// What is logged.
        log: Log = Log::default() => inner(LOG);
        /// Where traces go.
        telemetry: Telemetry = Telemetry::default() => inner(TELEMETRY).shared();
        /// Where agents lie.
        agents_dir: String = "agents".to_owned() => text();
        /// Where secrets lie.
        credentials_dir: String = "~/.action-llama/credentials".to_owned() => text();
        /// Where the store lies.
        data_dir: String = ".herdgate".to_owned() => text();
        /// The zone of schedules whose agent names none.
        timezone: String = "UTC".to_owned() => text();
        /// What happens to ticks that were missed.
        catch_up: MissedTicks = MissedTicks::Skip => choice(CATCH_UP);
        /// How many runs at once in the whole project.
        scale: Option<u32> = None => positive().shared();
        /// How many runs at once on this machine; by its cores where absent.
        max_runs: Option<u32> = None => positive();
        /// How many runs at once of an agent that does not say.
        default_agent_scale: u32 = 1 => count(0, 1_000_000).shared();
        /// How many jobs may wait for an agent that does not say.
        work_queue_size: u32 = 10_000 => positive().also(&["webhookQueueSize"]).shared();
        /// How long receipts and finished jobs are kept, in days.
        history_retention_days: u32 = 14 => count(1, 36_500).shared();
        /// How long a delivery is known as a duplicate.
        dedupe_window: Span = Span::days(7) => span();
        /// Whether changes of the files are put in force by themselves.
        reload_on_change: bool = true => flag();
    }
    foreign "models", "model", "harness", "projectName", "environment", "maxReruns", "maxCallDepth",
        "maxTriggerDepth", "resourceLockTimeout", "defaultWaitTimeout", "cloud", "vps",
        "server", "feedback", "preflight", "agents",
}

table! {
    /// `[gateway]`.
    pub(crate) Gateway, GATEWAY {
        /// Address of the public listener.
        host: String = "0.0.0.0".to_owned() => text();
        /// Its port; 0 takes a free one.
        port: u16 = 8080 => port().shared();
        /// Address of the admin listener.
        admin_host: String = "127.0.0.1".to_owned() => text();
        /// Its port; 0 takes a free one.
        admin_port: u16 = 8081 => port();
        /// The names by which the admin listener may be asked, beside those of loopback.
        admin_hosts: Vec<String> = Vec::new() => texts();
        /// How the world reaches the public listener.
        url: Option<String> = None => text().shared();
        /// Whether every source must be signed.
        require_signatures: bool = false => flag();
        /// The addresses whose word about the client's address is taken.
        trusted_proxies: Vec<String> = Vec::new() => texts();
        /// When a delivery is answered at the latest.
        answer_within: Span = Span::millis(800) => span();
        /// The longest body, in bytes.
        body_limit: u64 = 25 << 20 => size();
        /// How many connections at once.
        max_connections: u32 = 10_000 => positive();
        /// How long a client may take for a request.
        request_timeout: Span = Span::seconds(30) => span();
        /// How long runs may go on after SIGTERM.
        shutdown_grace: Span = Span::seconds(30) => pause();
    }
    foreign "lockTimeout", "maxChatSessions",
}

table! {
    /// `[webhooks.<name>]`.
    pub(crate) Webhook, WEBHOOK {
        /// The provider.
        r#type: Option<String> = None => text().shared();
        /// The instance of its credential.
        credential: Option<String> = None => text().shared();
        /// The same, by the type of the credential, as Action Llama spells it.
        credentials: BTreeMap<String, String> = BTreeMap::new() => Key::of(Kind::Credentials);
        /// Whether the source may go without a credential.
        allow_unsigned: Option<bool> = None => flag().shared();
        /// Whether signatures of SHA-1 are taken where there are none of SHA-256.
        allow_sha1: bool = false => flag();
        /// How far a signed timestamp may lie from now.
        tolerance: Option<Span> = None => span();
        /// How long its deliveries are known as duplicates, if not as long as the project's.
        dedupe_window: Option<Span> = None => span();
        /// Where the signature stands, if not where the provider puts it.
        signature_header: Option<String> = None => text();
        /// What precedes the digits there.
        signature_prefix: Option<String> = None => text();
        /// How many deliveries it may bring.
        rate_limit: Option<Rate> = None => inner(RATE_LIMIT);
    }
}

table! {
    /// `rate_limit`.
    #[derive(Copy)]
    pub(crate) Rate, RATE_LIMIT {
        /// Deliveries per second in the long run.
        per_second: Option<u32> = None => positive();
        /// How many may come at once; as many as `per_second` where absent.
        burst: Option<u32> = None => positive();
    }
}

table! {
    /// `[run]`.
    pub(crate) Run, RUN, override RunOverride {
        /// Program and arguments.
        command: Vec<String> = Vec::new() => Key::of(Kind::List);
        /// The agent program that Herdgate knows; its command line where there is no `command`.
        preset: Option<String> = None => choice(&preset::NAMES);
        /// What is said to it.
        options: toml::Table = toml::Table::new() => Key::of(Kind::Free);
        /// What a million tokens of models cost, for programs that do not say what they cost.
        prices: toml::Table = toml::Table::new() => Key::of(Kind::Free);
        /// How long it may be silent; 0 for ever. Five minutes where a preset tells its progress.
        stall_timeout: Option<Span> = None => pause();
        /// Where it runs; a folder per run where absent.
        cwd: Option<String> = None => text();
        /// Variables beside those which every run gets.
        env: Variables = Variables::new() => Key::of(Kind::Variables);
        /// How long it may take.
        timeout: Span = Span::minutes(15) => span();
        /// Between TERM and KILL.
        kill_grace: Span = Span::seconds(10) => pause();
        /// How many bytes of output are kept.
        output_limit: u64 = 10 << 20 => size();
        /// Whose working folders outlive their runs.
        keep_work: KeepWork = KeepWork::Failed => choice(&["never", "failed", "always"]);
    }
}

table! {
    /// `[retry]`.
    pub(crate) Retry, RETRY, override RetryOverride {
        /// How many attempts may fail before the job is a dead letter.
        attempts: u32 = 3 => positive();
        /// The pause after the first failure; doubles with each further one.
        backoff: Span = Span::seconds(10) => pause();
        /// The longest pause.
        backoff_max: Span = Span::minutes(10) => pause();
        /// Whether a timeout is tried again.
        retry_timeouts: bool = false => flag();
        /// How often a run may ask for more time before its job is a dead letter.
        snoozes: u32 = 1_000 => count(0, 1_000_000);
    }
}

table! {
    /// `[local]`: only its timeout means something without containers.
    pub(crate) Local, LOCAL {
        /// The [`Run::timeout`] of a project that has none.
        timeout: Option<Span> = None => span().shared();
    }
    foreign "enabled", "image", "memory", "cpus",
}

table! {
    /// `[mailboxes]`: how many messages wait for one actor before its sender must do without.
    #[derive(Copy)]
    pub Mailboxes, MAILBOXES {
        /// Requests before each `IngressActor`.
        ingress: usize = 1_024 => positive();
        /// Deliveries before each `ParserActor`.
        parser: usize = 1_024 => positive();
        /// Questions before each `AgentActor`.
        agent: usize = 1_024 => positive();
    }
}

table! {
    /// `[log]`.
    pub Log, LOG {
        /// The form of a line.
        format: LogFormat = LogFormat::Auto => choice(&["auto", "pretty", "json"]);
        /// Which events are logged, in the syntax of `tracing`'s `EnvFilter`.
        filter: String = "info".to_owned() => text();
    }
}

table! {
    /// `[telemetry]`.
    pub Telemetry, TELEMETRY {
        /// Where traces are sent, by OTLP over HTTP.
        otlp_endpoint: Option<String> = None => text();
        /// The name of this gate in traces.
        service_name: Option<String> = None => text().shared();
        /// How many of a hundred traces that begin here are recorded.
        sample_percent: u32 = 100 => count(0, 100);
    }
    foreign "enabled", "provider", "endpoint", "headers", "samplingRate",
}

/// The words of [`MissedTicks`].
pub(super) const CATCH_UP: &[&str] = &["skip", "once"];

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
pub(crate) enum MissedTicks {
    /// Nothing.
    Skip,
    /// One run for all of them.
    Once,
}

/// Whose working folders outlive their runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeepWork {
    /// Nobody's.
    Never,
    /// Those of runs that did not complete.
    Failed,
    /// Everybody's.
    Always,
}
