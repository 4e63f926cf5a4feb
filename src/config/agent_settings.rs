//! What `agent-config.toml` can say.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    schema::{Key, Kind, choice, count, inner, positive, span, text},
    settings::{CATCH_UP, MissedTicks, RETRY, RUN, RetryOverride, RunOverride},
    table::table,
    value::Span,
    variables::Variables,
};

table! {
    /// `agent-config.toml`.
    pub(crate) AgentSettings, AGENT {
        /// When it runs.
        schedule: Option<String> = None => text().shared();
        /// The zone of its schedule.
        timezone: Option<String> = None => text();
        /// What happens to ticks that were missed.
        catch_up: Option<MissedTicks> = None => choice(CATCH_UP);
        /// How many runs at once.
        scale: Option<u32> = None => count(0, 1_000_000).shared();
        /// How long a run may take.
        timeout: Option<Span> = None => span().shared();
        /// How many jobs may wait.
        work_queue_size: Option<u32> = None => positive().also(&["maxWorkQueueSize", "max_work_queue_size"]).shared();
        /// What it wants to hear of.
        webhooks: Vec<TriggerTable> = Vec::new() => Key::of(Kind::Triggers).shared();
        /// What it is told beside its instructions.
        params: toml::Table = toml::Table::new() => Key::of(Kind::Free).shared();
        /// Variables of its runs, added to those of `[run]`.
        env: Variables = Variables::new() => Key::of(Kind::Variables);
        /// How its runs are driven.
        run: RunOverride = RunOverride::default() => inner(RUN);
        /// What happens to its runs that fail.
        retry: RetryOverride = RetryOverride::default() => inner(RETRY);
    }
    foreign "source", "credentials", "models", "model", "harness", "hooks", "runtime", "waitTimeout", "name",
        "description", "license", "compatibility", "metadata", "preflight", "feedback", "repos",
}

/// One `[[webhooks]]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TriggerTable {
    /// The name of a source.
    pub(crate) source: Option<String>,
    /// Filter fields, as the user spelled them, and the values any of which will do.
    pub(crate) filters: BTreeMap<String, Vec<String>>,
    /// What kind of jobs it makes.
    pub(crate) jobs: TriggerJobs,
}

table! {
    /// The keys of a `[[webhooks]]` that are no filters.
    pub(crate) TriggerJobs, TRIGGER_JOBS {
        /// What its deliveries are about, like `{repo}#{number}`.
        key: Option<String> = None => text();
        /// What happens while others of that key wait or execute.
        when_busy: Option<Busy> = None => choice(WHEN_BUSY);
        /// How long it must be quiet before a burst becomes a run.
        debounce: Option<Span> = None => span();
        /// How long a burst is waited for at most.
        debounce_max: Option<Span> = None => span();
        /// Which runs come first: those of higher numbers.
        priority: i8 = 0 => count(-100, 100);
    }
}

/// The words of [`Busy`].
const WHEN_BUSY: &[&str] = &["queue", "replace", "cancel", "drop"];

/// What happens to a delivery while others of its key wait or execute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Busy {
    /// It waits for its turn.
    Queue,
    /// It stands for those that wait.
    Replace,
    /// It stands for all, and the run is stopped.
    Cancel,
    /// Nothing comes of it.
    Drop,
}
