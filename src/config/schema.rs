//! Every key that may stand in a file, and what its value must be.
//!
//! The schema is data, so that files, environment variables and suggestions all go by the same
//! list. Names are `snake_case`; the camelCase spelling of each is accepted too. Keys of Action
//! Llama on which Herdgate does not act are listed, so that its projects load unchanged and
//! `check` can name what has no effect.
//!
//! Action Llama's keys are from its `shared/config/types.ts` and its configuration reference, in
//! the versions up to November 2026.

/// What a value must be.
#[derive(Debug)]
pub(super) enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Count {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// Seconds as a number, or a text like `800ms`.
    Span(Zero),
    /// Bytes as a number, or a text like `10MiB`.
    Size,
    /// A text.
    Text,
    /// One text or a list of them; empty texts stand for nothing.
    Texts,
    /// A list of texts, kept as they are.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Names of variables, or a table of them.
    Variables,
    /// A table with these keys.
    Table(&'static [Key]),
    /// A table of tables whose names the user chooses.
    Named(&'static [Key]),
    /// The `[[webhooks]]` of an agent.
    Triggers,
    /// A table that is kept as it is.
    Free,
    /// Anything at all, understood but not acted upon.
    Foreign,
}

/// Whether a span may be nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    /// It may.
    Allowed,
    /// It must be longer.
    Refused,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name in `snake_case`; in Action Llama's own spelling where it is foreign.
    pub(super) name: &'static str,
    /// Other names beside the camelCase one.
    pub(super) aliases: &'static [&'static str],
    /// What its value must be.
    pub(super) kind: Kind,
}

impl Key {
    /// Whether the user's spelling means this key.
    pub(super) fn is(&self, spelling: &str) -> bool {
        self.name == spelling || self.aliases.contains(&spelling) || is_camel_case_of(spelling, self.name)
    }
}

/// The key that `spelling` means.
pub(super) fn find(keys: &'static [Key], spelling: &str) -> Option<&'static Key> {
    keys.iter().find(|key| key.is(spelling))
}

fn is_camel_case_of(spelling: &str, name: &str) -> bool {
    let mut letters = spelling.chars();
    let mut upper = false;
    for expected in name.chars() {
        if expected == '_' {
            upper = true;
            continue;
        }
        let expected = if upper { expected.to_ascii_uppercase() } else { expected };
        upper = false;
        if letters.next() != Some(expected) {
            return false;
        }
    }
    letters.next().is_none()
}

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, aliases: &[], kind }
}

const fn alias(name: &'static str, aliases: &'static [&'static str], kind: Kind) -> Key {
    Key { name, aliases, kind }
}

const fn foreign(name: &'static str) -> Key {
    Key { name, aliases: &[], kind: Kind::Foreign }
}

const PORT: Kind = Kind::Count { min: 0, max: 65_535 };
const COUNT: Kind = Kind::Count { min: 0, max: 1_000_000 };
const POSITIVE: Kind = Kind::Count { min: 1, max: 1_000_000 };
const SPAN: Kind = Kind::Span(Zero::Refused);
const PAUSE: Kind = Kind::Span(Zero::Allowed);
const CATCH_UP: Kind = Kind::Choice(&["skip", "once"]);

/// `config.toml`.
pub(super) const PROJECT: &[Key] = &[
    key("gateway", Kind::Table(GATEWAY)),
    key("webhooks", Kind::Named(WEBHOOK)),
    key("run", Kind::Table(RUN)),
    key("retry", Kind::Table(RETRY)),
    key("local", Kind::Table(LOCAL)),
    key("mailboxes", Kind::Table(MAILBOXES)),
    key("log", Kind::Table(LOG)),
    key("agents_dir", Kind::Text),
    key("credentials_dir", Kind::Text),
    key("data_dir", Kind::Text),
    key("timezone", Kind::Text),
    key("catch_up", CATCH_UP),
    key("scale", POSITIVE),
    key("default_agent_scale", COUNT),
    alias("work_queue_size", &["webhookQueueSize"], POSITIVE),
    key("history_retention_days", Kind::Count { min: 1, max: 36_500 }),
    key("dedupe_window", SPAN),
    foreign("models"),
    foreign("model"),
    foreign("harness"),
    foreign("projectName"),
    foreign("maxReruns"),
    foreign("maxCallDepth"),
    foreign("maxTriggerDepth"),
    foreign("resourceLockTimeout"),
    foreign("defaultWaitTimeout"),
    foreign("telemetry"),
    foreign("cloud"),
    foreign("vps"),
    foreign("server"),
    foreign("feedback"),
    foreign("preflight"),
    foreign("agents"),
];

const GATEWAY: &[Key] = &[
    key("host", Kind::Text),
    key("port", PORT),
    key("admin_host", Kind::Text),
    key("admin_port", PORT),
    key("url", Kind::Text),
    key("answer_within", SPAN),
    key("body_limit", Kind::Size),
    key("max_connections", POSITIVE),
    key("trusted_proxies", Kind::List),
    key("admin_hosts", Kind::List),
    key("request_timeout", SPAN),
    key("shutdown_grace", PAUSE),
    foreign("lockTimeout"),
    foreign("maxChatSessions"),
];

const WEBHOOK: &[Key] = &[
    key("type", Kind::Text),
    key("credential", Kind::Text),
    key("github_webhook_secret", Kind::Text),
    key("sentry_client_secret", Kind::Text),
    key("linear_webhook_secret", Kind::Text),
    key("mintlify_webhook_secret", Kind::Text),
    key("allow_unsigned", Kind::Flag),
    key("allow_sha1", Kind::Flag),
    key("tolerance", SPAN),
    key("signature_header", Kind::Text),
    key("signature_prefix", Kind::Text),
    key("rate_limit", Kind::Table(RATE_LIMIT)),
];

const RATE_LIMIT: &[Key] = &[key("per_second", POSITIVE), key("burst", POSITIVE)];

const RUN: &[Key] = &[
    key("command", Kind::List),
    key("cwd", Kind::Text),
    key("env", Kind::Variables),
    key("timeout", SPAN),
    key("kill_grace", PAUSE),
    key("output_limit", Kind::Size),
];

const RETRY: &[Key] = &[
    key("attempts", POSITIVE),
    key("backoff", PAUSE),
    key("backoff_max", PAUSE),
    key("retry_timeouts", Kind::Flag),
];

/// Only its timeout means something without containers.
const LOCAL: &[Key] =
    &[key("timeout", SPAN), foreign("enabled"), foreign("image"), foreign("memory"), foreign("cpus")];

const MAILBOXES: &[Key] = &[key("ingress", POSITIVE), key("parser", POSITIVE), key("agent", POSITIVE)];

const LOG: &[Key] = &[key("format", Kind::Choice(&["auto", "pretty", "json"])), key("filter", Kind::Text)];

/// `agent-config.toml`.
pub(super) const AGENT: &[Key] = &[
    key("schedule", Kind::Text),
    key("timezone", Kind::Text),
    key("catch_up", CATCH_UP),
    key("scale", COUNT),
    key("timeout", SPAN),
    alias("work_queue_size", &["maxWorkQueueSize", "max_work_queue_size"], POSITIVE),
    key("webhooks", Kind::Triggers),
    key("params", Kind::Free),
    key("env", Kind::Variables),
    key("run", Kind::Table(RUN)),
    key("retry", Kind::Table(RETRY)),
    foreign("source"),
    foreign("credentials"),
    foreign("models"),
    foreign("model"),
    foreign("harness"),
    foreign("hooks"),
    foreign("runtime"),
    foreign("waitTimeout"),
    foreign("name"),
    foreign("description"),
    foreign("license"),
    foreign("compatibility"),
    foreign("metadata"),
    foreign("preflight"),
    foreign("feedback"),
    foreign("repos"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_camel_case_and_its_older_names() {
        for spelling in ["work_queue_size", "workQueueSize", "webhookQueueSize"] {
            assert_eq!(find(PROJECT, spelling).map(|key| key.name), Some("work_queue_size"), "{spelling}");
        }
        assert_eq!(find(AGENT, "maxWorkQueueSize").map(|key| key.name), Some("work_queue_size"));
        assert!(find(PROJECT, "WorkQueueSize").is_none());
        assert!(find(PROJECT, "workqueuesize").is_none());
    }
}
