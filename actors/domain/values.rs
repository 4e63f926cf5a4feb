//! What a delivery has in the fields that filters name.
//!
//! Filters judge by these values and the parsers' index looks up by them; they must never disagree
//! about what a field is.

use super::{FieldSpec, Place, WebhookContext};

impl WebhookContext {
    /// The values of a field, in no order; none where the delivery has nothing there.
    pub fn values<'a>(&'a self, field: &'static FieldSpec) -> impl Iterator<Item = &'a str> + Clone {
        field.values.iter().flat_map(|place| self.at(*place))
    }

    /// Like [`Self::values`], with those that match though they are not told.
    pub fn matched_values<'a>(&'a self, field: &'static FieldSpec) -> impl Iterator<Item = &'a str> + Clone {
        field.values.iter().chain(field.also).flat_map(|place| self.at(*place))
    }

    fn at(&self, place: Place) -> impl Iterator<Item = &str> + Clone {
        let (one, many): (Option<&str>, &[String]) = match place {
            Place::Event => (Some(&self.event), &[]),
            Place::Action => (self.action.as_deref(), &[]),
            Place::Detail(name) => (self.details.get(name).and_then(serde_json::Value::as_str), &[]),
            Place::Fact(name) => match name {
                "repo" => (self.repo.as_deref(), &[]),
                "repos" => (None, &self.repos),
                "org" => (self.org.as_deref(), &[]),
                "label" => (self.label.as_deref(), &[]),
                "labels" => (None, &self.labels),
                "assignee" => (self.assignee.as_deref(), &[]),
                "assignees" => (None, &self.assignees),
                "author" => (self.author.as_deref(), &[]),
                "author_aliases" => (None, &self.author_aliases),
                "commenter" => (self.commenter.as_deref(), &[]),
                "sender" => (self.sender.as_deref(), &[]),
                "branch" => (self.branch.as_deref(), &[]),
                "branches" => (None, &self.branches),
                "base_branch" => (self.base_branch.as_deref(), &[]),
                "conclusion" => (self.conclusion.as_deref(), &[]),
                _ => (None, &[]),
            },
        };
        one.into_iter().chain(many.iter().map(String::as_str))
    }
}
