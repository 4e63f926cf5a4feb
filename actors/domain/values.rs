//! What a delivery has in the fields that filters name.
//!
//! Filters judge by these values and the parsers' index looks up by them; they must never disagree
//! about what a field is.

use super::{Field, WebhookContext};
use crate::domain::Provider;

impl WebhookContext {
    /// The values of a field, in no order; none where the delivery has nothing there.
    pub fn values(&self, field: Field) -> impl Iterator<Item = &str> + Clone {
        let (one, other, many): (Option<&str>, Option<&str>, &[String]) = match field {
            Field::Events | Field::Resources => (Some(&self.event), None, &[]),
            Field::Actions => (self.action.as_deref(), None, &[]),
            Field::Repos | Field::Projects => (self.repo.as_deref(), None, &self.repos),
            Field::Orgs => (self.org.as_deref().or_else(|| self.owner()), None, &[]),
            // Linear's id, or the slug in its URLs.
            Field::Organizations => (self.repo.as_deref(), self.org.as_deref(), &[]),
            // On `unlabeled` the label is no longer among the subject's.
            Field::Labels => (self.label.as_deref(), None, &self.labels),
            Field::Assignee => (self.assignee.as_deref(), None, &self.assignees),
            Field::Author => (self.author.as_deref(), self.commenter.as_deref(), &self.author_aliases),
            Field::Sender => (self.sender.as_deref(), None, &[]),
            Field::Branches => (self.branch.as_deref(), None, &self.branches),
            Field::BaseBranches => (self.base_branch.as_deref(), None, &[]),
            Field::Conclusions => (self.conclusion.as_deref(), None, &[]),
        };
        one.into_iter().chain(other).chain(many.iter().map(String::as_str))
    }

    /// Whether events of this kind, with or without a value in this one, have a place for `field`.
    /// A filter on a field that a kind knows nothing of lets all its events pass; on the others a
    /// value that is missing fails.
    pub fn kind_has(&self, field: Field) -> bool {
        match field {
            Field::Branches => self.kind_fields.branch,
            Field::Conclusions => self.kind_fields.conclusion,
            // What goes to a branch is a pull request, its reviews and comments, or a queue of them.
            Field::BaseBranches => self.event.starts_with("pull_request") || self.event == "merge_group",
            _ => true,
        }
    }

    /// The owner of a repository of GitHub.
    fn owner(&self) -> Option<&str> {
        let repo = self.repo.as_deref().filter(|_| self.source == Provider::Github)?;
        repo.split_once('/').map(|(owner, _)| owner)
    }
}
