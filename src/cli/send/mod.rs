//! `herdgate send`: a delivery as its provider would send it, or as somebody else would.
//!
//! - `event`: headers and body of any event. `edit`: what the command line changes in a body.
//! - `signing`: by which secret, if any. `answer`: what the gate says, in words.

mod answer;
mod edit;
pub(super) mod event;
mod signing;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use herdgate_actors::domain::{ProviderName, Source};
use miette::IntoDiagnostic;

use super::{
    globals::Globals,
    outcome::{Outcome, report, usage},
    print::{Out, note},
};
use crate::{client, config::ResolvedConfig, credentials, run::addresses::ListenAddresses};
use edit::Edit;
use event::{Event, Wanted};
use signing::Signing;

/// Deliver an event of any provider: a sample, one of its other events, or a body of your own.
#[derive(Debug, Args)]
#[command(after_help = "\
herdgate send github                          lists samples and known events
herdgate send github issues.labeled           a signed sample
herdgate send github issues.closed --set repository.full_name=acme/shop
herdgate send github --event deployment_status --body status.json
herdgate send github push --tampered          must be refused with 401
herdgate send github push --to https://hooks.example --secret-file hook.secret")]
pub(super) struct Send {
    /// The provider, like `github`.
    provider: ProviderName,
    /// A sample like `issues.labeled`, or an event with or without its action; without it they are
    /// listed.
    name: Option<String>,
    /// The event, also one that is not known.
    #[arg(long)]
    event: Option<String>,
    /// Change a header or add one, like `X-GitHub-Hook-ID: 7`. Can be repeated.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Change a value of the body, like `issue.title=Broken` or `issue.labels.0.name=bug`; JSON is
    /// taken as such. Can be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    edits: Vec<Edit>,
    /// Send this file as the body. The same bytes are the same event to most providers, whatever the
    /// id.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// The delivery id, which also stands in the sample's body; without it a new one, so that nothing
    /// is a duplicate.
    #[arg(long)]
    id: Option<String>,
    /// Sign for this source, and send to its own URL; without it for the first one of the type.
    #[arg(long)]
    source: Option<String>,
    /// Where webhooks are taken, like `https://hooks.example`, if not where the project says.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

impl Send {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        if globals.url.is_some() {
            return Err(usage("`--url` names the control API; say `--to` for where webhooks are taken"));
        }
        if self.name.is_none() && self.event.is_none() {
            return self.list(globals);
        }
        let id = match &self.id {
            Some(id) => id.clone(),
            None => credentials::random_hex().into_diagnostic()?,
        };
        let event = self.event(&id)?;
        // Without a project there may be all it takes on the command line.
        let config = match (&self.to, self.signing.needs_project()) {
            (Some(_), false) => None,
            _ => Some(globals.project().plan()?),
        };
        let source = config.as_ref().map(|config| self.source(config)).transpose()?;
        let signer = self.signing.signer(self.provider, source)?;
        if signer.is_nobody() && !self.signing.is_deliberate() {
            note("the source has no secret: this is sent unsigned");
        }
        let url = self.url(config.as_ref());
        let (headers, body) = signer.sign(event);
        let answered = super::runtime::block_on(client::deliver(&url, &headers, &body))
            .map_err(|error| report(format!("{error}\nhelp: is `herdgate serve` running?")))?;
        let mut out = Out::new();
        if globals.json {
            out.json(&answer::json(&url, &id, &answered))?;
        } else {
            for line in answer::lines(&answered, self.signing.is_refused_by_design()) {
                out.line(line)?;
            }
        }
        out.flush()?;
        Ok(if answered.status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn list(&self, globals: &Globals) -> Outcome {
        let mut out = Out::new();
        if globals.json {
            out.pretty(&event::known_json(self.provider))?;
            return out.success();
        }
        for line in event::known(self.provider) {
            out.line(line)?;
        }
        out.success()
    }

    fn event(&self, id: &str) -> miette::Result<Event> {
        let wanted =
            Wanted { provider: self.provider, name: self.name.as_deref(), event: self.event.as_deref() };
        let mut event = wanted.find(id).map_err(report)?;
        if let Some(path) = &self.body {
            let body = std::fs::read(path)
                .map_err(|error| report(format!("cannot read {}: {error}", path.display())))?;
            event.body = body;
        }
        for header in &self.headers {
            event.header(header).map_err(|why| usage(&why))?;
        }
        edit::apply(&self.edits, &mut event.body).map_err(report)?;
        Ok(event)
    }

    fn source<'a>(&self, config: &'a ResolvedConfig) -> miette::Result<&'a Source> {
        let mut of_type = config.sources.iter().filter(|source| source.provider == self.provider);
        let found = match &self.source {
            None => of_type.next(),
            Some(name) => of_type.find(|source| source.name.as_str() == name),
        };
        found.ok_or_else(|| {
            let there: Vec<_> = config
                .sources
                .iter()
                .map(|source| format!("{} ({})", source.name, source.provider))
                .collect();
            let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
            let called = self.source.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            report(format!(
                "the project has no source{called} of type {}\nhelp: its sources are: {there}",
                self.provider
            ))
        })
    }

    fn url(&self, config: Option<&ResolvedConfig>) -> String {
        let base = match (&self.to, config) {
            (Some(to), _) => to.trim_end_matches('/').to_owned(),
            (None, Some(config)) => {
                let gateway = &config.gateway;
                let there = ListenAddresses::of(&config.data_dir, gateway.public, gateway.admin);
                format!("http://{}", there.public)
            }
            (None, None) => String::new(),
        };
        match self.source.as_deref() {
            Some(name) => format!("{base}/webhooks/{}/{name}", self.provider),
            None => format!("{base}/webhooks/{}", self.provider),
        }
    }
}
