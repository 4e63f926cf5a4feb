//! What is known of an event by name, so that filters, the index and keys can ask for it.
//!
//! A fact is data: several providers share those in [`fact`], any provider may have facts of its own.

use std::borrow::Cow;

use serde::Serialize;

use super::text::cut;

/// The name of a fact, with what kind of value it has and where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactName {
    pub(super) name: &'static str,
    pub(super) kind: FactKind,
    pub(super) place: FactPlace,
}

/// What kind of value a fact has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactKind {
    /// A name, a title, a link.
    Text,
    /// What people write: cut at [`BODY_LIMIT`](crate::domain::BODY_LIMIT).
    Prose,
    List,
    Number,
}

/// Where an event shows a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactPlace {
    /// Beside the name of the event: it means the same at several providers.
    Common,
    /// Among the details: one provider knows it.
    Own,
    /// It stands in the details anyhow, at the path that is its name.
    Within,
}

impl FactName {
    /// A text that one provider alone knows. It is shown among the details.
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: FactKind::Text, place: FactPlace::Own }
    }

    /// A list of texts that one provider alone knows.
    pub const fn list(name: &'static str) -> Self {
        Self { name, kind: FactKind::List, place: FactPlace::Own }
    }

    /// A whole number that one provider alone knows.
    pub const fn number(name: &'static str) -> Self {
        Self { name, kind: FactKind::Number, place: FactPlace::Own }
    }

    /// A text that stands deep in the details: `data.id` is the `id` in their `data`.
    pub const fn within(path: &'static str) -> Self {
        Self { name: path, kind: FactKind::Text, place: FactPlace::Within }
    }

    const fn common(name: &'static str, kind: FactKind) -> Self {
        Self { name, kind, place: FactPlace::Common }
    }

    /// As it is written.
    pub const fn as_str(&self) -> &'static str {
        self.name
    }
}

/// The facts that several providers share, by the keys that prompts show.
pub mod fact {
    use super::{
        FactKind::{List, Number, Prose, Text},
        FactName,
    };

    /// GitHub: `owner/name`. Sentry: project slug. Linear: organization id. Mintlify: project.
    pub const REPO: FactName = FactName::common("repo", Text);
    /// Every repository of an event that is about several (GitHub App installations), or every
    /// project of a Sentry alert.
    pub const REPOS: FactName = FactName::common("repos", List);
    /// Organization login, slug or id.
    pub const ORG: FactName = FactName::common("org", Text);
    /// Number of the issue, pull request, discussion or alert.
    pub const NUMBER: FactName = FactName::common("number", Number);
    /// Title of the subject.
    pub const TITLE: FactName = FactName::common("title", Text);
    /// Text of the subject.
    pub const BODY: FactName = FactName::common("body", Prose);
    /// Where a person reads it.
    pub const URL: FactName = FactName::common("url", Text);
    /// Who wrote the subject.
    pub const AUTHOR: FactName = FactName::common("author", Text);
    /// Other names of the author by which a filter may know them, like an e-mail address. No prompt
    /// shows them.
    pub const AUTHOR_ALIASES: FactName = FactName::common("author_aliases", List);
    /// The first assignee, or the one that was just assigned.
    pub const ASSIGNEE: FactName = FactName::common("assignee", Text);
    /// All assignees, under every name by which a filter may know them.
    pub const ASSIGNEES: FactName = FactName::common("assignees", List);
    /// The label that was just added or removed.
    pub const LABEL: FactName = FactName::common("label", Text);
    /// Labels of the subject.
    pub const LABELS: FactName = FactName::common("labels", List);
    /// The branch; for a pull request its head.
    pub const BRANCH: FactName = FactName::common("branch", Text);
    /// The branch a pull request goes to.
    pub const BASE_BRANCH: FactName = FactName::common("base_branch", Text);
    /// All branches, where the event names several.
    pub const BRANCHES: FactName = FactName::common("branches", List);
    /// The tag, where the event is about one.
    pub const TAG: FactName = FactName::common("tag", Text);
    /// How something ended: `failure`, `success`, `approved`.
    pub const CONCLUSION: FactName = FactName::common("conclusion", Text);
    /// Text of the comment or review.
    pub const COMMENT: FactName = FactName::common("comment", Prose);
    /// Who wrote the comment or review.
    pub const COMMENTER: FactName = FactName::common("commenter", Text);
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Fact {
    /// One text.
    Text(String),
    /// Several texts, at least one.
    List(Vec<String>),
    /// A whole number.
    Number(i64),
}

/// As many facts as an event commonly has, so that they are put in one piece of memory.
const ROOM: usize = 16;

/// The facts of an event, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(Vec<(FactName, Fact)>);

impl Facts {
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.name.cmp(name))
    }

    /// What is known under a name.
    pub fn get(&self, name: FactName) -> Option<&Fact> {
        self.place(name.name).ok().map(|place| &self.0[place].1)
    }

    /// The text under a name.
    pub fn text(&self, name: FactName) -> Option<&str> {
        match self.get(name) {
            Some(Fact::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The texts under the name of a list.
    pub fn list(&self, name: FactName) -> &[String] {
        match self.get(name) {
            Some(Fact::List(list)) => list,
            _ => &[],
        }
    }

    /// The number under a name.
    pub fn number(&self, name: FactName) -> Option<i64> {
        match self.get(name) {
            Some(Fact::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// Writes a text down, or that there is none.
    pub fn set<'t>(&mut self, name: FactName, text: Option<impl Into<Cow<'t, str>>>) {
        let text = text.map(|text| match (name.kind, text.into()) {
            (FactKind::Prose, text) => match cut(&text) {
                Cow::Owned(short) => short,
                Cow::Borrowed(_) => text.into_owned(),
            },
            (_, text) => text.into_owned(),
        });
        self.put(name, text.map(Fact::Text));
    }

    /// Writes a text down where there is none: what is known already comes from a better place.
    pub fn keep<'t>(&mut self, name: FactName, text: Option<impl Into<Cow<'t, str>>>) {
        if text.is_some() && self.get(name).is_none() {
            self.set(name, text);
        }
    }

    /// Writes a list down; an empty one is none.
    pub fn set_list(&mut self, name: FactName, list: Vec<String>) {
        self.put(name, (!list.is_empty()).then_some(Fact::List(list)));
    }

    /// Writes a number down, or that there is none.
    pub fn set_number(&mut self, name: FactName, number: Option<i64>) {
        self.put(name, number.map(Fact::Number));
    }

    pub(super) fn put(&mut self, name: FactName, fact: Option<Fact>) {
        match (self.place(name.name), fact) {
            (Ok(place), Some(fact)) => self.0[place].1 = fact,
            (Err(place), Some(fact)) => {
                if self.0.is_empty() {
                    self.0.reserve(ROOM);
                }
                self.0.insert(place, (name, fact));
            }
            (Ok(place), None) => drop(self.0.remove(place)),
            (Err(_), None) => {}
        }
    }

    /// The texts under a name, be it of a text, a list or a number.
    pub fn values(&self, name: FactName) -> impl Iterator<Item = Cow<'_, str>> + Clone {
        let (one, many): (Option<Cow<'_, str>>, &[String]) = match self.get(name) {
            Some(Fact::Text(text)) => (Some(Cow::Borrowed(text)), &[]),
            Some(Fact::List(list)) => (None, list),
            Some(Fact::Number(number)) => (Some(Cow::Owned(number.to_string())), &[]),
            None => (None, &[]),
        };
        one.into_iter().chain(many.iter().map(|text| Cow::Borrowed(text.as_str())))
    }

    /// The facts of one provider alone that stand nowhere else, in the order of their names.
    pub(super) fn own(&self) -> impl Iterator<Item = (&'static str, &Fact)> {
        let own = self.0.iter().filter(|(name, _)| name.place == FactPlace::Own);
        own.map(|(name, fact)| (name.name, fact))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (FactName, &mut Fact)> {
        self.0.iter_mut().map(|(name, fact)| (*name, fact))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_known_by_its_name_until_it_is_taken_back() {
        let mut facts = Facts::default();
        facts.set(fact::REPO, Some("acme/app"));
        facts.keep(fact::REPO, Some("acme/other"));
        facts.keep(fact::TITLE, Some("first".to_owned()));
        facts.set_list(fact::LABELS, vec!["a".into(), "b".into()]);
        facts.set_list(fact::REPOS, Vec::new());
        facts.set_number(fact::NUMBER, Some(7));
        assert_eq!((facts.text(fact::REPO), facts.text(fact::TITLE)), (Some("acme/app"), Some("first")));
        assert_eq!(facts.values(fact::LABELS).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(facts.values(fact::NUMBER).collect::<Vec<_>>(), ["7"]);
        assert_eq!(facts.get(fact::REPOS), None);
        facts.set(fact::REPO, None::<&str>);
        assert_eq!(facts.text(fact::REPO), None);
    }

    #[test]
    fn prose_is_cut_once() {
        let mut facts = Facts::default();
        facts.set(fact::BODY, Some("ü".repeat(100_000)));
        let body = facts.text(fact::BODY).unwrap();
        assert_eq!(body.matches("[cut at").count(), 1);
        assert!(body.len() < 20_000);
    }

    #[test]
    fn the_order_in_which_facts_come_is_of_no_matter() {
        let (mut one, mut other) = (Facts::default(), Facts::default());
        one.set(fact::REPO, Some("r"));
        one.set(fact::AUTHOR, Some("a"));
        other.set(fact::AUTHOR, Some("a"));
        other.set(fact::REPO, Some("r"));
        assert_eq!(one, other);
    }
}
