//! Why a delivery did, or did not, trigger: the way of a delivery without actors and store.
//!
//! Every decision is made by the very functions that serve.

mod question;

pub use question::{Line, Question};

use herdgate_actors::{
    agent::prompt::{self, Delivered},
    agent::{MatchResult, evaluate, match_triggers},
    domain::{
        Event, Filter, GroupKey, Headers, ProviderName, RejectReason, SourceName, SourceSelector, Timestamp,
        Trigger, TriggerId, Verdict,
    },
    domain::{Secret, Source},
    ingress::Sources,
    provider::{self, FORM},
    store::JobTrigger,
};
use serde::Serialize;

use crate::config::{self, ResolvedAgent, ResolvedConfig};

/// What would become of it.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The HTTP status.
    pub status: u16,
    /// Why it is not 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The sources that vouch for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceName>,
    /// What it says.
    pub context: Option<Event>,
    /// What each trigger decides.
    pub verdicts: Vec<TriggerVerdict>,
    /// What the first agent that wants it would be told.
    pub prompt: Option<String>,
}

/// What one trigger decides.
#[derive(Debug, Clone, Serialize)]
pub struct TriggerVerdict {
    /// Whose; absent for a trigger of the question.
    pub agent: Option<String>,
    /// Its index in the agent's `[[webhooks]]`.
    pub trigger: usize,
    /// Whether it holds.
    pub matched: bool,
    /// Every clause that says no.
    pub failed: Vec<herdgate_actors::domain::FailedClause>,
    /// What the job would be about, where the trigger has a `key` and the delivery its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<GroupKey>,
    /// The fields of the `key` that the delivery lacks, for which it gets none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_lacks: Vec<String>,
}

/// Answers questions about one project, or about none.
pub struct Explainer<'a> {
    resolved: Option<&'a ResolvedConfig>,
    sources: Sources,
    now: Timestamp,
    body_limit: usize,
}

/// GitHub sends no more, and no other provider says.
const DEFAULT_BODY_LIMIT: usize = 25 << 20;

impl<'a> Explainer<'a> {
    /// An explainer that takes `now` for the time of every question.
    pub fn new(resolved: Option<&'a ResolvedConfig>, now: Timestamp) -> Self {
        Self {
            sources: Sources::new(resolved.iter().flat_map(|resolved| resolved.sources.iter().cloned())),
            body_limit: resolved.map_or(DEFAULT_BODY_LIMIT, |resolved| resolved.gateway.body_limit),
            resolved,
            now,
        }
    }

    /// What would become of a request.
    pub fn answer(&self, question: &Question) -> Explanation {
        let Ok(provider) = question.provider.parse::<ProviderName>() else {
            return Explanation::refused(404, "no such webhook type or source");
        };
        let mut headers: Headers =
            question.headers.iter().map(|(name, value)| (name, value.clone())).collect();
        if question.body.len() > limit(&headers, self.body_limit) {
            return Explanation::refused(413, "the body is too large");
        }
        let own = self.own_sources(question, provider);
        let sources = own.as_ref().unwrap_or(&self.sources);
        let selector = question
            .source
            .as_deref()
            .map_or(SourceSelector::Any, |name| SourceSelector::Source(name.into()));
        if !sources.has(provider, &selector) {
            return Explanation::refused(404, "no such webhook type or source");
        }
        let verified_by = match sources.verify(provider, &selector, &headers, &question.body, self.now) {
            Ok(vouchers) => vouchers.into_iter().map(|voucher| voucher.source).collect(),
            Err(_) if question.trust => self.all_of(provider),
            Err(RejectReason::RateLimited) => {
                return Explanation::refused(429, "too many deliveries from this source");
            }
            Err(refusal) => {
                let why = format!("signature validation failed ({})", refusal.as_str());
                return Explanation::refused(401, &why);
            }
        };
        headers.retain(provider::spec(provider).kept_headers);
        match provider::provider(provider).read(&headers, &question.body) {
            Ok(event) => self.judged(question, provider, verified_by, event),
            Err(problem) => Explanation { sources: verified_by, ..Explanation::refused(400, &problem.0) },
        }
    }

    fn judged(
        &self,
        question: &Question,
        provider: ProviderName,
        sources: Vec<SourceName>,
        event: Event,
    ) -> Explanation {
        let mut answer = Explanation {
            status: 200,
            error: None,
            sources,
            context: None,
            verdicts: Vec::new(),
            prompt: None,
        };
        match &question.trigger {
            Some(table) => match config::filter_of_json(provider, table) {
                Ok(filter) => answer.judge_trigger(&filter, &event),
                Err(problems) => {
                    let problems: Vec<_> =
                        problems.iter().map(|(key, problem)| format!("{key}: {problem}")).collect();
                    answer.error = Some(format!("the trigger is wrong: {}", problems.join("; ")));
                }
            },
            None => {
                for agent in self.resolved.iter().flat_map(|resolved| &resolved.agents) {
                    answer.judge_agent(agent, &event);
                }
            }
        }
        answer.context = Some(event);
        answer
    }

    /// The sources that the question brings along. Without secrets of its own and without a
    /// project there is one unsigned source.
    fn own_sources(&self, question: &Question, provider: ProviderName) -> Option<Sources> {
        let source = |name: &str, secrets: Vec<Secret>| Source {
            name: name.into(),
            provider,
            secrets,
            signatures: provider::spec(provider).signatures.to_vec(),
            tolerance: None,
            rate_limit: None,
            dedupe_window: None,
        };
        match &question.secrets {
            None if self.resolved.is_some() => None,
            None => Some(Sources::new([source(provider.as_str(), Vec::new())])),
            Some(secrets) if secrets.is_empty() => {
                Some(Sources::new([source(provider.as_str(), Vec::new())]))
            }
            Some(secrets) => Some(Sources::new(secrets.iter().map(|(instance, secret)| {
                // An empty secret verifies nothing, as if the instance were not there.
                match Secret::new(secret.trim().as_bytes()) {
                    Ok(secret) => source(instance, vec![secret]),
                    Err(_) => source(instance, vec![unguessable()]),
                }
            }))),
        }
    }

    fn all_of(&self, provider: ProviderName) -> Vec<SourceName> {
        let sources = self.resolved.iter().flat_map(|resolved| &resolved.sources);
        sources.filter(|source| source.provider == provider).map(|source| source.name.clone()).collect()
    }
}

/// What a stored event would trigger today, agent by agent.
pub fn verdicts<'a>(
    agents: impl Iterator<Item = (&'a str, &'a [Trigger])>,
    sources: &[SourceName],
    event: &Event,
) -> Vec<Verdict> {
    agents
        .filter(|(_, triggers)| triggers.iter().any(|trigger| sources.contains(&trigger.source)))
        .map(|(agent, triggers)| match match_triggers(triggers, sources, event) {
            MatchResult::Matched(trigger) => Verdict::Matched(herdgate_actors::domain::Match {
                agent: agent.into(),
                trigger,
                trigger_id: Some(TriggerId::of(&triggers[trigger])),
                source: triggers[trigger].source.clone(),
            }),
            MatchResult::NotMatched(mismatches) => Verdict::NotMatched { agent: agent.into(), mismatches },
        })
        .collect()
}

/// A secret that nobody has.
fn unguessable() -> Secret {
    let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(32).collect();
    Secret::new(&bytes).expect("32 bytes are not empty")
}

/// As at the public listener: a form may be three times as long as its JSON.
fn limit(headers: &Headers, body_limit: usize) -> usize {
    let is_form = headers.get("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with(FORM));
    if is_form { body_limit.saturating_mul(3) } else { body_limit }
}

impl Explanation {
    fn refused(status: u16, why: &str) -> Self {
        Self {
            status,
            error: Some(why.to_owned()),
            sources: Vec::new(),
            context: None,
            verdicts: Vec::new(),
            prompt: None,
        }
    }

    fn judge_trigger(&mut self, filter: &Filter, event: &Event) {
        let failed = evaluate(filter, event).err().unwrap_or_default();
        let matched = failed.is_empty();
        let (key, key_lacks) = (None, Vec::new());
        self.verdicts.push(TriggerVerdict { agent: None, trigger: 0, matched, failed, key, key_lacks });
        if matched {
            self.prompt = Some(rendered("", "{}", event, self.sources.first(), 0));
        }
    }

    /// Asks every trigger that listens to one of the sources, also behind one that holds.
    fn judge_agent(&mut self, agent: &ResolvedAgent, event: &Event) {
        for (index, trigger) in agent.spec.triggers.iter().enumerate() {
            if !self.sources.contains(&trigger.source) {
                continue;
            }
            let failed = evaluate(&trigger.filter, event).err().unwrap_or_default();
            let matched = failed.is_empty();
            if matched && self.prompt.is_none() {
                let spec = &agent.spec;
                let (instructions, params) = (&spec.run.instructions, &spec.params);
                self.prompt = Some(rendered(instructions, params, event, Some(&trigger.source), index));
            }
            let agent = Some(agent.name().to_string());
            let template = trigger.jobs.key.as_ref().filter(|_| matched);
            let lacks = template.map(|key| key.missing_in(event)).unwrap_or_default();
            self.verdicts.push(TriggerVerdict {
                agent,
                trigger: index,
                matched,
                failed,
                key: template.and_then(|key| key.key_of(event)),
                key_lacks: lacks.into_iter().map(str::to_owned).collect(),
            });
        }
    }
}

fn rendered(
    instructions: &str,
    params: &str,
    event: &Event,
    source: Option<&SourceName>,
    trigger: usize,
) -> String {
    let cause = JobTrigger::Webhook {
        source: source.cloned().unwrap_or_else(|| "".into()),
        trigger,
        trigger_id: None,
    };
    let delivered = Delivered { event, source, receipt: None, delivery_id: None, stands_for: None };
    prompt::render(instructions, params, &cause, Some(&delivered))
}
