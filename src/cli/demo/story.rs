//! What the demo sends, and how it shows what became of it.

use std::time::Duration;

use herdgate_actors::{
    domain::AgentSpec,
    domain::{Parsed, ProviderName, ReceiptId, Verdict},
    domain::{Secret, Source},
    store::{RunQuery, RunRow},
};
use miette::miette;
use serde_json::json;

use crate::{
    cli::{explain::ordinal, outcome::report, print},
    client::{self, Answered},
    explain,
    run::Gate,
    samples::{self, Sample},
};

/// Prints a line, and ends the demo where nobody reads it any more.
macro_rules! say {
    ($($text:tt)*) => {
        print::line(&format!($($text)*))?
    };
}

/// How often the store is asked whether a run has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a run of the demo may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much of a run's output is shown.
const TAIL: u64 = 4096;

/// Sends, waits and prints.
pub(super) async fn tell(system: &Gate, sources: &[Source], agents: &[AgentSpec]) -> miette::Result<()> {
    let teller = Teller { system, sources, agents };
    say!("A gate on {} with these agents: {}\n", system.servers.public(), names(agents));
    for (title, provider, name) in [
        ("An issue gets a label on GitHub", ProviderName::new("github"), "issues.labeled"),
        ("An alert fires in Sentry", ProviderName::new("sentry"), "event_alert.triggered"),
        ("A ticket is made in Linear", ProviderName::new("linear"), "Issue.create"),
        ("A docs build fails in Mintlify", ProviderName::new("mintlify"), "build.failed"),
    ] {
        teller.show(title, &sample(provider, name)?, provider.as_str()).await?;
    }
    let labeled = sample(ProviderName::new("github"), "issues.labeled")?;
    teller.show("GitHub delivers the first one again", &labeled, "github").await?;
    teller
        .show("A push, which no agent wants", &sample(ProviderName::new("github"), "push")?, "push")
        .await?;
    teller.show_forged(&labeled).await?;
    teller.show_scheduled().await?;
    say!("\nmetrics  http://{}/metrics", system.servers.admin());
    say!("health   http://{}/readyz", system.servers.admin());
    Ok(())
}

struct Teller<'a> {
    system: &'a Gate,
    sources: &'a [Source],
    agents: &'a [AgentSpec],
}

fn names(agents: &[AgentSpec]) -> String {
    agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn sample(provider: ProviderName, name: &str) -> miette::Result<Sample> {
    samples::find(provider, name).ok_or_else(|| miette!("no sample {provider} {name}"))
}

impl Teller<'_> {
    /// Delivers a sample and follows it to the end of its runs.
    async fn show(&self, title: &str, sample: &Sample, id: &str) -> miette::Result<()> {
        say!("== {title}");
        let source = self.sources.iter().find(|source| source.provider == sample.provider);
        let answered = self.deliver(sample, &format!("demo-{id}"), source).await?;
        say!("   {answered}");
        let answer = answered.json();
        let receipt: ReceiptId = answer["receipt"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| miette!("the gate gave no receipt: {answered}"))?;
        self.show_verdicts(receipt).await?;
        if answer["matched"] != 0 {
            for run in self.ended(receipt).await? {
                self.show_run(&run)?;
            }
        }
        say!("");
        Ok(())
    }

    async fn show_forged(&self, sample: &Sample) -> miette::Result<()> {
        say!("== Somebody forges a delivery");
        let forged = self.sources.iter().find(|source| source.provider == sample.provider).map(|source| {
            Source { secrets: Secret::new(b"a guess").into_iter().collect(), ..source.clone() }
        });
        say!("   {}\n", self.deliver(sample, "demo-forged", forged.as_ref()).await?);
        Ok(())
    }

    async fn show_scheduled(&self) -> miette::Result<()> {
        say!("== A clock ticks");
        let watchman = self.agents.iter().find(|agent| agent.triggers.is_empty());
        let query = || RunQuery { agent: watchman.map(|agent| agent.name.clone()), ..RunQuery::default() };
        let runs = self.until_ended(query).await?;
        if let Some(run) = runs.last() {
            self.show_run(run)?;
        }
        Ok(())
    }

    async fn deliver(&self, sample: &Sample, id: &str, source: Option<&Source>) -> miette::Result<Answered> {
        let url = format!("http://{}/webhooks/{}", self.system.servers.public(), sample.provider);
        let body = sample.body_of(id);
        let mut headers: Vec<_> =
            sample.headers(id).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if let Some(source) = source
            && let (Some(secret), Some(signature)) = (source.secrets.first(), source.signatures.first())
            && let Some(value) = secret.sign(signature, &headers.iter().cloned().collect(), body.as_bytes())
        {
            headers.push((signature.header.to_string(), value));
        }
        client::deliver(&url, &headers, body.as_bytes()).await.map_err(report)
    }

    /// What every agent said of it, also those that were not even asked.
    async fn show_verdicts(&self, id: ReceiptId) -> miette::Result<()> {
        let stored = self.system.store.receipt(id).await.map_err(report)?;
        let Some(stored) = stored else {
            return Err(miette!("receipt {id} is gone"));
        };
        let Some(Parsed::Event(event)) = &stored.parsed else {
            say!("   no event: {:?}", stored.parsed);
            return Ok(());
        };
        let agents = self.agents.iter().map(|agent| (agent.name.as_str(), agent.triggers.as_slice()));
        for verdict in explain::verdicts(agents, stored.delivery.sources(), event) {
            match verdict {
                Verdict::Matched(matched) => {
                    say!("   {}: yes ({} trigger)", matched.agent, ordinal(matched.trigger));
                }
                Verdict::NotMatched { agent, mismatches } => {
                    for clause in mismatches.iter().flat_map(|refusal| &refusal.failed) {
                        let (wanted, actual) = (json!(clause.wanted), json!(clause.actual));
                        say!("   {agent}: no, {} should be {wanted} and is {actual}", clause.field);
                    }
                }
            }
        }
        Ok(())
    }

    async fn ended(&self, receipt: ReceiptId) -> miette::Result<Vec<RunRow>> {
        self.until_ended(|| RunQuery { receipt: Some(receipt), ..RunQuery::default() }).await
    }

    /// Waits until there is a run and all are over.
    async fn until_ended(&self, query: impl Fn() -> RunQuery) -> miette::Result<Vec<RunRow>> {
        let waiting = async {
            loop {
                let runs = self.system.store.runs(query()).await.map_err(report)?;
                if !runs.is_empty() && runs.iter().all(|run| run.attempt.finished_at.is_some()) {
                    return Ok(runs);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .map_err(|_| miette!("no run ended within {PATIENCE:?}"))?
    }

    fn show_run(&self, run: &RunRow) -> miette::Result<()> {
        let outcome = run.attempt.outcome.as_ref().map_or("executing", |outcome| outcome.as_str());
        say!("   run {} of {}: {outcome}", run.run, run.agent);
        if let Ok(slice) = self.system.folders.tail(run.run, TAIL) {
            for line in String::from_utf8_lossy(&slice.bytes).lines() {
                say!("   | {line}");
            }
        }
        Ok(())
    }
}
