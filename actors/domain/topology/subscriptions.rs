//! Which agents may want a delivery.
//!
//! Every trigger is filed under its source and under the values of one of its clauses, the one that
//! is likely to be rarest. A delivery is looked up by what it has, so an agent that cannot match
//! costs nothing. Those that are found apply their own filters; this only ever lets too many
//! through.

use std::{borrow::Cow, collections::HashMap};

use crate::domain::{Clause, Event, FieldSpec, Matcher, SourceName, Trigger};

/// An index of all triggers of all agents. Agents are known by their place in the order in which
/// they were given.
#[derive(Debug, Default)]
pub struct SubscriptionIndex {
    sources: HashMap<SourceName, SourceIndex>,
}

/// The triggers of one source.
#[derive(Debug, Default)]
struct SourceIndex {
    /// Only fields under which something is filed.
    indexed: Vec<FieldIndex>,
    /// Those whose filters name nothing that can be looked up.
    unindexed: Vec<usize>,
}

/// The triggers that are filed under one field.
#[derive(Debug)]
struct FieldIndex {
    field: &'static FieldSpec,
    /// Agents by wanted value in lower case.
    agents: HashMap<String, Vec<usize>>,
}

impl SubscriptionIndex {
    /// Files the triggers of agents, which are counted in the order in which they come.
    pub fn build<'a>(agents: impl IntoIterator<Item = &'a [Trigger]>) -> Self {
        let mut subscriptions = Self::default();
        for (agent, triggers) in agents.into_iter().enumerate() {
            for trigger in triggers {
                subscriptions.sources.entry(trigger.source.clone()).or_default().insert(agent, trigger);
            }
        }
        subscriptions
    }

    /// Puts the agents that may want a delivery into `found`, each once, in their order. What was in
    /// there is gone.
    pub fn candidates(&self, sources: &[SourceName], event: &Event, found: &mut Vec<usize>) {
        found.clear();
        for index in sources.iter().filter_map(|source| self.sources.get(source)) {
            index.look_up(event, found);
        }
        found.sort_unstable();
        found.dedup();
    }
}

impl SourceIndex {
    fn insert(&mut self, agent: usize, trigger: &Trigger) {
        let rarest = trigger.filter.clauses.iter().filter(|clause| is_indexed(clause));
        let Some(clause) = rarest.max_by_key(|clause| clause.field.selectivity) else {
            push(&mut self.unindexed, agent);
            return;
        };
        let agents = self.of_field(clause.field);
        for wanted in &clause.wanted {
            push(agents.entry(wanted.to_ascii_lowercase()).or_default(), agent);
            for (_, value) in clause.field.synonyms.iter().filter(|(name, _)| name == wanted) {
                push(agents.entry(value.to_ascii_lowercase()).or_default(), agent);
            }
        }
    }

    fn of_field(&mut self, field: &'static FieldSpec) -> &mut HashMap<String, Vec<usize>> {
        let at = self.indexed.iter().position(|index| index.field == field).unwrap_or_else(|| {
            self.indexed.push(FieldIndex { field, agents: HashMap::new() });
            self.indexed.len() - 1
        });
        &mut self.indexed[at].agents
    }

    fn look_up(&self, event: &Event, found: &mut Vec<usize>) {
        found.extend(&self.unindexed);
        for index in &self.indexed {
            for value in event.matched_values(index.field) {
                found.extend(index.agents.get(lower(&value).as_ref()).into_iter().flatten());
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

/// Whether agents can be found by what a clause wants: a field of the index, and no glob.
fn is_indexed(clause: &Clause) -> bool {
    let is_glob = match clause.field.matcher {
        Matcher::Exact | Matcher::IgnoreCase => false,
        Matcher::Glob | Matcher::GlobIgnoreCase => clause.wanted.iter().any(|wanted| wanted.contains('*')),
    };
    clause.field.selectivity > 0 && !is_glob
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
    use crate::{
        domain::{Filter, Place, ProviderName, fact},
        provider,
    };

    /// Every field, those of GitHub first.
    fn fields() -> impl Iterator<Item = &'static FieldSpec> {
        provider::all().iter().flat_map(|provider| provider.spec().fields)
    }

    fn clause(name: &str, wanted: &[&str]) -> Clause {
        let field = fields().find(|field| field.name == name).unwrap();
        Clause { field, wanted: wanted.iter().map(|text| (*text).to_owned()).collect() }
    }

    fn trigger(clauses: &[(&str, &[&str])]) -> Trigger {
        let clauses = clauses.iter().map(|(field, wanted)| clause(field, wanted)).collect();
        Trigger::new("github".into(), Filter { clauses })
    }

    fn event(repo: &str, labels: &[&str]) -> Event {
        let mut event = Event::new(ProviderName::new("github"), "issues");
        event.facts.set(fact::REPO, Some(repo));
        event.facts.set_list(fact::LABELS, labels.iter().map(|text| (*text).to_owned()).collect());
        event
    }

    fn found(agents: &[Vec<Trigger>], source: &str, event: &Event) -> Vec<usize> {
        let mut found = vec![77];
        SubscriptionIndex::build(agents.iter().map(Vec::as_slice)).candidates(
            &[source.into()],
            event,
            &mut found,
        );
        found
    }

    #[test]
    fn only_agents_that_may_match_are_found_each_once_and_in_their_order() {
        let agents = [
            vec![trigger(&[("repos", &["acme/app", "ACME/app"])])],
            vec![trigger(&[("repos", &["acme/other"])])],
            vec![trigger(&[("repos", &["acme/*"])])],
            vec![trigger(&[("labels", &["agent"])]), trigger(&[("labels", &["bug"])])],
            vec![],
            vec![trigger(&[("events", &["issues"])]), trigger(&[])],
            vec![trigger(&[("events", &["push"])])],
        ];
        assert_eq!(found(&agents, "github", &event("Acme/App", &["bug", "AGENT"])), [0, 2, 3, 5]);
        assert_eq!(found(&agents, "github", &event("acme/third", &[])), [2, 5]);
        assert_eq!(found(&agents, "elsewhere", &event("acme/app", &[])), [0_usize; 0]);
    }

    #[test]
    fn a_glob_is_passed_over_for_the_next_rare_clause() {
        let agents = [
            vec![trigger(&[("repos", &["acme/*"]), ("labels", &["agent"])])],
            vec![trigger(&[("repos", &["acme/*"]), ("events", &["push"])])],
        ];
        assert_eq!(found(&agents, "github", &event("acme/app", &[])), [0_usize; 0]);
        assert_eq!(found(&agents, "github", &event("acme/app", &["Agent"])), [0]);
    }

    #[test]
    fn an_event_is_found_by_the_name_its_provider_gives_it() {
        let linear = ProviderName::new("linear");
        let field = provider::spec(linear).field("events").unwrap();
        let clause = |name: &str| Clause { field, wanted: vec![name.to_owned()] };
        let trigger = |name: &str| Trigger::new("linear".into(), Filter { clauses: vec![clause(name)] });
        let mut project = Event::new(linear, "projectupdate");
        let of_type = field.also[0];
        let Place::Fact(r#type) = of_type else { unreachable!() };
        project.facts.set(r#type, Some("ProjectUpdate"));
        let agents = [vec![trigger("Issue")], vec![trigger("ProjectUpdate")], vec![trigger("issues")]];
        assert_eq!(found(&agents, "linear", &Event::new(linear, "issues")), [0, 2]);
        assert_eq!(found(&agents, "linear", &project), [1]);
    }

    #[test]
    fn an_agent_that_listens_to_two_sources_of_one_delivery_is_found_once() {
        let mut second = trigger(&[]);
        second.source = "mirror".into();
        let agents = [vec![trigger(&[]), second]];
        let subscriptions = SubscriptionIndex::build(agents.iter().map(Vec::as_slice));
        let mut found = Vec::new();
        subscriptions.candidates(&["mirror".into(), "github".into()], &event("acme/app", &[]), &mut found);
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
        fn events()(
            source in prop::sample::select(provider::all().iter().map(|provider| provider.spec().name).collect::<Vec<_>>()),
            name in text(),
            ones in prop::collection::vec(prop::option::of(text()), 7),
            (repos, labels, assignees, author_aliases) in (some(), some(), some(), some()),
        ) -> Event {
            let mut event = Event::new(source, name);
            let lists = [
                (fact::REPOS, repos), (fact::LABELS, labels), (fact::ASSIGNEES, assignees),
                (fact::AUTHOR_ALIASES, author_aliases),
            ];
            for (name, list) in lists {
                event.facts.set_list(name, list);
            }
            let texts = [
                fact::REPO, fact::ORG, fact::LABEL, fact::ASSIGNEE, fact::AUTHOR, fact::COMMENTER,
            ];
            let mut ones = ones.into_iter();
            event.header.sender = ones.next().flatten();
            for (name, one) in texts.into_iter().zip(ones) {
                event.facts.set(name, one);
            }
            event
        }
    }

    fn triggers() -> impl Strategy<Value = Vec<Trigger>> {
        let clause =
            (prop::sample::select(fields().collect::<Vec<_>>()), prop::collection::vec(text(), 1..3))
                .prop_map(|(field, wanted)| Clause { field, wanted });
        let trigger = (prop::sample::select(vec!["x", "y", "z"]), prop::collection::vec(clause, 0..3))
            .prop_map(|(source, clauses)| Trigger::new(source.into(), Filter { clauses }));
        prop::collection::vec(trigger, 0..3)
    }

    proptest! {
        #[test]
        fn nobody_who_would_match_is_missed(
            agents in prop::collection::vec(triggers(), 0..8),
            events in prop::collection::vec(events(), 8),
        ) {
            let subscriptions = SubscriptionIndex::build(agents.iter().map(Vec::as_slice));
            let sources = ["x".into(), "z".into()];
            let mut found = Vec::new();
            for event in events {
                subscriptions.candidates(&sources, &event, &mut found);
                prop_assert!(found.is_sorted_by(|one, next| one < next));
                for (agent, triggers) in agents.iter().enumerate() {
                    let wants = triggers.iter().any(|trigger| {
                        sources.contains(&trigger.source)
                            && crate::agent::matches(&trigger.filter, &event)
                    });
                    prop_assert!(!wants || found.contains(&agent), "{agent} wants {event:?}");
                }
            }
        }
    }
}
