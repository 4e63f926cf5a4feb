//! Which agents may want a delivery.
//!
//! Every trigger is filed under its source and under the values of one of its clauses, the one that
//! is likely to be rarest. A delivery is looked up by what it has, so an agent that cannot match
//! costs nothing. Those that are found apply their own filters; this only ever lets too many
//! through.

use std::{borrow::Cow, collections::HashMap};

use crate::{
    domain::{Clause, Field, SourceName, Trigger, WebhookContext},
    provider::protocol,
};

/// The fields by which triggers are filed, those with the rarest values first. Filters compare all
/// of them whole, if not by case; a delivery that lacks one is refused.
const INDEXED: [Field; 9] = [
    Field::Repos,
    Field::Projects,
    Field::Assignee,
    Field::Author,
    Field::Labels,
    Field::Sender,
    Field::Organizations,
    Field::Orgs,
    Field::Resources,
];

/// An index of all triggers of all agents. Agents are known by their place in the order in which
/// they were given.
#[derive(Debug, Default)]
pub struct SubscriptionIndex {
    sources: HashMap<SourceName, SourceIndex>,
}

/// The triggers of one source.
#[derive(Debug, Default)]
struct SourceIndex {
    /// For each of [`INDEXED`]: agents by wanted value in lower case.
    indexed: [HashMap<String, Vec<usize>>; INDEXED.len()],
    /// Agents by the event that they want. Events have other names too, so each is asked; there are
    /// never many.
    events: Vec<(String, Vec<usize>)>,
    /// Those whose filters name nothing that can be looked up.
    others: Vec<usize>,
}

impl SubscriptionIndex {
    /// Files the triggers of agents, which are counted in the order in which they come.
    pub fn build<'a>(agents: impl IntoIterator<Item = &'a [Trigger]>) -> Self {
        let mut subscriptions = Self::default();
        for (agent, triggers) in agents.into_iter().enumerate() {
            for trigger in triggers {
                subscriptions.sources.entry(trigger.source.clone()).or_default().file(agent, trigger);
            }
        }
        subscriptions
    }

    /// Puts the agents that may want a delivery into `found`, each once, in their order. What was in
    /// there is gone.
    pub fn candidates(&self, sources: &[SourceName], context: &WebhookContext, found: &mut Vec<usize>) {
        found.clear();
        for shelf in sources.iter().filter_map(|source| self.sources.get(source)) {
            shelf.look_up(context, found);
        }
        found.sort_unstable();
        found.dedup();
    }
}

impl SourceIndex {
    fn file(&mut self, agent: usize, trigger: &Trigger) {
        let clause = |field| trigger.filter.clauses.iter().find(|clause| clause.field == field);
        for (field, values) in INDEXED.into_iter().zip(&mut self.indexed) {
            if let Some(clause) = clause(field).filter(|clause| is_whole(clause)) {
                for wanted in &clause.wanted {
                    push(values.entry(wanted.to_ascii_lowercase()).or_default(), agent);
                }
                return;
            }
        }
        match clause(Field::Events) {
            Some(clause) => clause.wanted.iter().for_each(|event| self.file_event(event, agent)),
            None => push(&mut self.others, agent),
        }
    }

    fn file_event(&mut self, event: &str, agent: usize) {
        match self.events.iter_mut().find(|(known, _)| known == event) {
            Some((_, agents)) => push(agents, agent),
            None => self.events.push((event.to_owned(), vec![agent])),
        }
    }

    fn look_up(&self, context: &WebhookContext, found: &mut Vec<usize>) {
        found.extend(&self.others);
        for (field, agents) in INDEXED.into_iter().zip(&self.indexed) {
            if agents.is_empty() {
                continue;
            }
            for value in context.values(field) {
                found.extend(agents.get(lower(value).as_ref()).into_iter().flatten());
            }
        }
        let protocol = protocol(context.source);
        for (event, agents) in &self.events {
            if protocol.is_event(event, context) {
                found.extend(agents);
            }
        }
    }
}

/// Agents come in their order, so the same one stands last.
fn push(agents: &mut Vec<usize>, agent: usize) {
    if agents.last() != Some(&agent) {
        agents.push(agent);
    }
}

/// Whether a clause wants whole values. Only in repositories `*` has a meaning.
fn is_whole(clause: &Clause) -> bool {
    clause.field != Field::Repos || !clause.wanted.iter().any(|wanted| wanted.contains('*'))
}

/// Nearly all values are in lower case already.
fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Filter, Provider};

    fn clause(field: Field, wanted: &[&str]) -> Clause {
        Clause { field, wanted: wanted.iter().map(|text| (*text).to_owned()).collect() }
    }

    fn trigger(clauses: &[(Field, &[&str])]) -> Trigger {
        let clauses = clauses.iter().map(|(field, wanted)| clause(*field, wanted)).collect();
        Trigger { source: "github".into(), filter: Filter { clauses } }
    }

    fn context(repo: &str, labels: &[&str]) -> WebhookContext {
        let mut context = WebhookContext::new(Provider::Github, "issues");
        context.repo = Some(repo.to_owned());
        context.labels = labels.iter().map(|text| (*text).to_owned()).collect();
        context
    }

    fn found(agents: &[Vec<Trigger>], source: &str, context: &WebhookContext) -> Vec<usize> {
        let mut found = vec![77];
        SubscriptionIndex::build(agents.iter().map(Vec::as_slice)).candidates(
            &[source.into()],
            context,
            &mut found,
        );
        found
    }

    #[test]
    fn only_agents_that_may_match_are_found_each_once_and_in_their_order() {
        let agents = [
            vec![trigger(&[(Field::Repos, &["acme/app", "ACME/app"])])],
            vec![trigger(&[(Field::Repos, &["acme/other"])])],
            vec![trigger(&[(Field::Repos, &["acme/*"])])],
            vec![trigger(&[(Field::Labels, &["agent"])]), trigger(&[(Field::Labels, &["bug"])])],
            vec![],
            vec![trigger(&[(Field::Events, &["issues"])]), trigger(&[])],
            vec![trigger(&[(Field::Events, &["push"])])],
        ];
        assert_eq!(found(&agents, "github", &context("Acme/App", &["bug", "AGENT"])), [0, 2, 3, 5]);
        assert_eq!(found(&agents, "github", &context("acme/third", &[])), [2, 5]);
        assert_eq!(found(&agents, "elsewhere", &context("acme/app", &[])), [0_usize; 0]);
    }

    #[test]
    fn a_glob_is_passed_over_for_the_next_rare_clause() {
        let agents = [
            vec![trigger(&[(Field::Repos, &["acme/*"]), (Field::Labels, &["agent"])])],
            vec![trigger(&[(Field::Repos, &["acme/*"]), (Field::Events, &["push"])])],
        ];
        assert_eq!(found(&agents, "github", &context("acme/app", &[])), [0_usize; 0]);
        assert_eq!(found(&agents, "github", &context("acme/app", &["Agent"])), [0]);
    }

    #[test]
    fn an_event_is_found_by_the_name_its_provider_gives_it() {
        let agents = [vec![trigger(&[(Field::Events, &["Issue"])])]];
        assert_eq!(found(&agents, "github", &WebhookContext::new(Provider::Linear, "issues")), [0]);
        assert_eq!(found(&agents, "github", &WebhookContext::new(Provider::Github, "issues")), [0_usize; 0]);
    }

    #[test]
    fn an_agent_that_listens_to_two_sources_of_one_delivery_is_found_once() {
        let mut second = trigger(&[]);
        second.source = "mirror".into();
        let agents = [vec![trigger(&[]), second]];
        let subscriptions = SubscriptionIndex::build(agents.iter().map(Vec::as_slice));
        let mut found = Vec::new();
        subscriptions.candidates(&["mirror".into(), "github".into()], &context("acme/app", &[]), &mut found);
        assert_eq!(found, [0]);
    }

    fn text() -> impl Strategy<Value = String> {
        let texts = vec!["a", "b", "A", "a/b", "A/B", "a/*", "*", "Issue", "issues"];
        prop::sample::select(texts).prop_map(str::to_owned)
    }

    fn some() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(text(), 0..3)
    }

    prop_compose! {
        fn contexts()(
            source in prop::sample::select(Provider::ALL.to_vec()),
            event in text(),
            ones in prop::collection::vec(prop::option::of(text()), 7),
            (repos, labels, assignees, author_aliases) in (some(), some(), some(), some()),
        ) -> WebhookContext {
            let context = WebhookContext::new(source, event);
            let mut context = WebhookContext { assignees, labels, repos, author_aliases, ..context };
            let fields = [
                &mut context.repo, &mut context.org, &mut context.label, &mut context.assignee,
                &mut context.author, &mut context.commenter, &mut context.sender,
            ];
            for (field, one) in fields.into_iter().zip(ones) {
                *field = one;
            }
            context
        }
    }

    fn triggers() -> impl Strategy<Value = Vec<Trigger>> {
        let clause = (prop::sample::select(Field::ALL.to_vec()), prop::collection::vec(text(), 1..3))
            .prop_map(|(field, wanted)| Clause { field, wanted });
        let trigger = (prop::sample::select(vec!["x", "y", "z"]), prop::collection::vec(clause, 0..3))
            .prop_map(|(source, clauses)| Trigger { source: source.into(), filter: Filter { clauses } });
        prop::collection::vec(trigger, 0..3)
    }

    proptest! {
        #[test]
        fn nobody_who_would_match_is_missed(
            agents in prop::collection::vec(triggers(), 0..8),
            contexts in prop::collection::vec(contexts(), 8),
        ) {
            let subscriptions = SubscriptionIndex::build(agents.iter().map(Vec::as_slice));
            let sources = ["x".into(), "z".into()];
            let mut found = Vec::new();
            for context in contexts {
                subscriptions.candidates(&sources, &context, &mut found);
                prop_assert!(found.is_sorted_by(|one, next| one < next));
                for (agent, triggers) in agents.iter().enumerate() {
                    let wants = triggers.iter().any(|trigger| {
                        sources.contains(&trigger.source)
                            && crate::agent::matches(&trigger.filter, &context)
                    });
                    prop_assert!(!wants || found.contains(&agent), "{agent} wants {context:?}");
                }
            }
        }
    }
}
