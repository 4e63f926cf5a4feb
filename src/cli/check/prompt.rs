//! `herdgate check --prompt <agent>`: what a run would be told, and how it would be started.

use std::path::Path;

use clap::Args;
use herdgate_actors::{
    agent::{
        MatchResult, match_triggers,
        prompt::{self, Delivered},
    },
    domain::{self, Headers, ProviderName, Trigger},
    provider,
    store::JobTrigger,
};
use serde_json::{Value, json};

use crate::{
    cli::{
        explain::{clause_words, ordinal},
        globals::Globals,
        outcome::{Outcome, report, usage},
        print::{Out, note},
        send::event::{Event, Wanted},
    },
    config::{ResolvedAgent, ResolvedConfig},
};

/// What every run finds in its environment.
const GIVEN: &str = "PATH, HOME, LANG, TZ, HERDGATE_*";

/// What is shown of one agent.
#[derive(Debug, Args)]
pub(super) struct Prompt {
    /// Print the exact prompt and command line of a run of this agent: by hand, or with `--fixture` by
    /// a delivery.
    #[arg(long, value_name = "AGENT")]
    pub(super) prompt: Option<String>,
    /// The delivery: a file with a body, or a sample like `issues.labeled`.
    #[arg(long, requires = "prompt", value_name = "FILE OR SAMPLE")]
    fixture: Option<String>,
    /// Whose it is, where the agent listens to several providers.
    #[arg(long, requires = "fixture")]
    provider: Option<ProviderName>,
    /// What it is about; where a file is called `issues.labeled.json` its name says it.
    #[arg(long, requires = "fixture")]
    event: Option<String>,
    /// A header of it, like `X-GitHub-Event: issues`. Can be repeated.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", requires = "fixture")]
    headers: Vec<String>,
}

impl Prompt {
    /// Shows the run of one agent.
    pub(super) fn show(&self, name: &str, config: &ResolvedConfig, globals: &Globals) -> Outcome {
        let agent = config.agent(name).ok_or_else(|| {
            let there: Vec<_> = config.agents.iter().map(|agent| agent.name().as_str()).collect();
            report(format!("there is no agent `{name}`; there are: {}", there.join(", ")))
        })?;
        let run = match &self.fixture {
            None => Run { text: render(agent, &JobTrigger::Manual, None), why: Vec::new(), matched: None },
            Some(fixture) => self.by_delivery(fixture, agent, config)?,
        };
        let mut out = Out::new();
        if globals.json {
            out.pretty(&run.json(agent))?;
            return out.success();
        }
        for line in run.about(agent) {
            note(&line);
        }
        out.bytes(run.text.as_bytes())?;
        out.success()
    }

    fn by_delivery(
        &self,
        fixture: &str,
        agent: &ResolvedAgent,
        config: &ResolvedConfig,
    ) -> miette::Result<Run> {
        let triggers = &agent.spec.triggers;
        let provider = self.provider(triggers, config)?;
        let sent = self.event(fixture, provider)?;
        let headers: Headers = sent.headers.into_iter().collect();
        let event = provider::provider(provider)
            .read(&headers, &sent.body)
            .map_err(|problem| report(format!("{fixture} is no event of {provider}: {problem}")))?;
        let of_provider = config.sources.iter().filter(|source| source.provider == provider);
        let sources: Vec<_> = of_provider.map(|source| source.name.clone()).collect();
        let id = provider::provider(provider).delivery_id(&headers);
        let told = |index: usize, event: &domain::Event| {
            let source = triggers.get(index).map(|trigger| &trigger.source);
            let delivered = Delivered { event, source, receipt: None, delivery_id: id, stands_for: None };
            let name = source.cloned().unwrap_or_else(|| "".into());
            let cause = JobTrigger::Webhook { source: name, trigger: index, trigger_id: None };
            render(agent, &cause, Some(&delivered))
        };
        Ok(match match_triggers(triggers, &sources, &event) {
            MatchResult::Matched(index) => {
                let why = format!("wanted by the {} trigger, on {}", ordinal(index), triggers[index].source);
                Run { text: told(index, &event), why: vec![why], matched: Some(true) }
            }
            MatchResult::NotMatched(mismatches) => {
                let mut why =
                    vec!["not wanted, so no run would start; this is what it would be told".to_owned()];
                for mismatch in &mismatches {
                    for clause in &mismatch.failed {
                        why.push(format!(
                            "  {} trigger: {}",
                            ordinal(mismatch.trigger),
                            clause_words(clause)
                        ));
                    }
                }
                let first = mismatches.first().map_or(0, |mismatch| mismatch.trigger);
                Run { text: told(first, &event), why, matched: Some(false) }
            }
        })
    }

    fn provider(&self, triggers: &[Trigger], config: &ResolvedConfig) -> miette::Result<ProviderName> {
        if let Some(provider) = self.provider {
            return Ok(provider);
        }
        let sources = triggers.iter().filter_map(|trigger| config.source(trigger.source.as_str()));
        let mut providers: Vec<_> = sources.map(|source| source.provider).collect();
        providers.sort();
        providers.dedup();
        match providers[..] {
            [provider] => Ok(provider),
            [] => Err(report("the agent listens to no source, so no delivery starts it")),
            _ => {
                let names: Vec<_> = providers.iter().map(|name| name.as_str()).collect();
                Err(usage(&format!("the agent listens to several: say `--provider` {}", names.join(" or "))))
            }
        }
    }

    fn event(&self, fixture: &str, provider: ProviderName) -> miette::Result<Event> {
        let path = Path::new(fixture);
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let is_file = path.is_file();
        let name = if is_file { stem } else { Some(fixture) };
        let wanted = Wanted { provider, name, event: self.event.as_deref() };
        let mut event = match wanted.find("fixture") {
            Ok(event) => event,
            // Headers may say it all, or the body.
            Err(_) if is_file => {
                Wanted { name: None, event: Some(""), ..wanted }.find("fixture").map_err(report)?
            }
            Err(error) => {
                return Err(report(format!("there is no file {fixture}, and {error}")));
            }
        };
        if is_file {
            event.body = read(path)?;
        }
        for header in &self.headers {
            event.header(header).map_err(|why| usage(&why))?;
        }
        Ok(event)
    }
}

fn read(path: &Path) -> miette::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| report(format!("cannot read {}: {error}", path.display())))
}

fn render(agent: &ResolvedAgent, cause: &JobTrigger, delivered: Option<&Delivered<'_>>) -> String {
    prompt::render(&agent.spec.run.instructions, &agent.spec.params, cause, delivered)
}

/// A run that might be.
struct Run {
    text: String,
    why: Vec<String>,
    matched: Option<bool>,
}

impl Run {
    fn about(&self, agent: &ResolvedAgent) -> Vec<String> {
        let run = &agent.spec.run;
        let folder =
            run.cwd.as_ref().map_or("a folder of the run's own".to_owned(), |cwd| cwd.display().to_string());
        let env: Vec<_> = run.env.iter().map(|variable| variable.name.as_str()).collect();
        let env = if env.is_empty() { String::new() } else { format!(", {}", env.join(", ")) };
        let mut lines = vec![
            format!(
                "command  {}",
                run.command.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
            ),
            format!("in       {folder}"),
            format!("with     {GIVEN}{env}"),
        ];
        lines.extend(self.why.iter().cloned());
        lines.push("prompt, on its standard input:".to_owned());
        lines
    }

    fn json(&self, agent: &ResolvedAgent) -> Value {
        let run = &agent.spec.run;
        let env: Vec<_> = run.env.iter().map(|variable| variable.name.as_str()).collect();
        json!({
            "agent": agent.name(),
            "matched": self.matched,
            "why": self.why,
            "command": run.command,
            "cwd": run.cwd,
            "env": env,
            "prompt": self.text,
        })
    }
}

/// A word as a shell takes it, so that the line can be tried by hand.
fn shell_word(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_pasted_into_a_shell() {
        assert_eq!(shell_word("--model=x"), "--model=x");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("it's $HOME"), "'it'\\''s $HOME'");
    }
}
