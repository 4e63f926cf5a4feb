//! `herdgate send`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use herdgate_actors::{domain::ProviderName, domain::Source};
use miette::IntoDiagnostic;

use super::{
    outcome::{Outcome, report},
    print::Out,
    project::Project,
};
use crate::{client, config::ResolvedConfig, credentials, run::addresses::ListenAddresses, samples};

/// Sign and deliver a sample, or a body of your own.
#[derive(Debug, Args)]
pub(super) struct Send {
    /// github, sentry, linear, mintlify, slack or standard.
    provider: ProviderName,
    /// Which sample, like `issues.labeled`; without it they are listed.
    sample: Option<String>,
    #[command(flatten)]
    project: Project,
    /// Sign for this source; without it for the first one of the type.
    #[arg(long)]
    source: Option<String>,
    /// Where the gate is, if not where the project says.
    #[arg(long)]
    url: Option<String>,
    /// Send this file instead of the sample's own body, with the sample's headers. The same bytes are
    /// the same event to most providers, whatever the id.
    #[arg(long)]
    body: Option<PathBuf>,
    /// The delivery id, which also stands in the sample's body; without it a new one, so that nothing
    /// is a duplicate.
    #[arg(long)]
    id: Option<String>,
}

impl Send {
    pub(super) fn run(self) -> Outcome {
        let Some(name) = &self.sample else {
            let mut out = Out::new();
            for sample in samples::of(self.provider) {
                out.line(sample.name)?;
            }
            return out.success();
        };
        let sample = samples::find(self.provider, name).ok_or_else(|| {
            let known: Vec<_> = samples::of(self.provider).map(|sample| sample.name).collect();
            report(format!(
                "there is no sample `{name}` of {}\nhelp: there are {}",
                self.provider,
                known.join(", ")
            ))
        })?;
        let plan = self.project.plan()?;
        let source = self.source(&plan)?;
        let id = match &self.id {
            Some(id) => id.clone(),
            None => credentials::random_hex().into_diagnostic()?,
        };
        let body = match &self.body {
            Some(path) => std::fs::read(path)
                .map_err(|error| report(format!("cannot read {}: {error}", path.display())))?,
            None => sample.body_of(&id).into_bytes(),
        };
        let url = self.url(&plan, source);
        let answered = super::runtime::block_on(client::deliver(&url, &sample.headers(&id), &body, source))
            .map_err(|error| report(format!("{error}\nhelp: is `herdgate serve` running?")))?;
        let mut out = Out::new();
        out.line(answered.to_string())?;
        out.flush()?;
        Ok(if answered.status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn source<'a>(&self, plan: &'a ResolvedConfig) -> miette::Result<Option<&'a Source>> {
        let mut of_type = plan.sources.iter().filter(|source| source.provider == self.provider);
        match &self.source {
            None => of_type
                .next()
                .map(Some)
                .ok_or_else(|| report(format!("the project has no source of type {}", self.provider))),
            Some(name) => of_type.find(|source| source.name.as_str() == name).map(Some).ok_or_else(|| {
                report(format!("the project has no source `{name}` of type {}", self.provider))
            }),
        }
    }

    fn url(&self, plan: &ResolvedConfig, source: Option<&Source>) -> String {
        let base = match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!(
                "http://{}",
                ListenAddresses::of(&plan.data_dir, plan.gateway.public, plan.gateway.admin).public
            ),
        };
        match (&self.source, source) {
            (Some(_), Some(source)) => format!("{base}/webhooks/{}/{}", self.provider, source.name),
            _ => format!("{base}/webhooks/{}", self.provider),
        }
    }
}
