//! Deliveries of all providers, for `send`, `demo` and first steps. Shaped like real ones, about
//! people and projects that do not exist.

use herdgate_actors::domain::Provider;

/// One delivery.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Who would send it.
    pub provider: Provider,
    /// `event.action`, as in `herdgate send github issues.labeled`.
    pub name: &'static str,
    /// What the provider's event header says.
    pub event: &'static str,
    /// The body.
    pub body: &'static str,
}

macro_rules! samples {
    ($($provider:ident $name:literal $event:literal;)*) => {
        /// Every sample, by provider.
        pub const ALL: &[Sample] = &[$(
            Sample {
                provider: Provider::$provider,
                name: $name,
                event: $event,
                body: include_str!(concat!(stringify!($provider), ".", $name, ".json")),
            },
        )*];
    };
}

samples! {
    Github "issues.labeled" "issues";
    Github "issue_comment.created" "issue_comment";
    Github "pull_request.opened" "pull_request";
    Github "push" "push";
    Github "workflow_run.completed" "workflow_run";
    Github "ping" "ping";
    Sentry "event_alert.triggered" "event_alert";
    Sentry "issue.created" "issue";
    Sentry "metric_alert.critical" "metric_alert";
    Linear "Issue.create" "Issue";
    Linear "Comment.create" "Comment";
    Mintlify "build.failed" "build";
}

/// The sample of that name.
pub fn find(provider: Provider, name: &str) -> Option<Sample> {
    of(provider).find(|sample| sample.name.eq_ignore_ascii_case(name))
}

/// The samples of a provider.
pub fn of(provider: Provider) -> impl Iterator<Item = Sample> {
    ALL.iter().copied().filter(move |sample| sample.provider == provider)
}

impl Sample {
    /// The headers that the provider would send, but for the signature. `id` makes it a delivery
    /// of its own.
    pub fn headers(&self, id: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        match self.provider {
            Provider::Github => headers.extend([
                ("x-github-event", self.event.to_owned()),
                ("x-github-delivery", id.to_owned()),
                ("x-github-hook-id", "4711".to_owned()),
                ("user-agent", "GitHub-Hookshot/herdgate".to_owned()),
            ]),
            Provider::Sentry => headers
                .extend([("sentry-hook-resource", self.event.to_owned()), ("request-id", id.to_owned())]),
            Provider::Linear => {
                headers.extend([("linear-event", self.event.to_owned()), ("linear-delivery", id.to_owned())]);
            }
            Provider::Mintlify => headers.push(("x-mintlify-delivery", id.to_owned())),
        }
        headers
    }
}
