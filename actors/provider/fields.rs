//! Fields that several providers share. What people type goes without regard to case, what
//! providers define is compared exactly; a field that has no value in an event fails.

use crate::domain::{FIELD, FieldSpec, Matcher, Place, fact};

/// Event names.
pub(super) const EVENTS: FieldSpec =
    FieldSpec { name: "events", values: &[Place::Event], selectivity: 1, ..FIELD };

/// Actions.
pub(super) const ACTIONS: FieldSpec = FieldSpec { name: "actions", values: &[Place::Action], ..FIELD };

/// Repositories, with `*` as a glob.
pub(super) const REPOS: FieldSpec = FieldSpec {
    name: "repos",
    values: &[Place::Fact(fact::REPO), Place::Fact(fact::REPOS)],
    matcher: Matcher::GlobIgnoreCase,
    selectivity: 10,
    ..FIELD
};

/// Owners of repositories.
pub(super) const ORGS: FieldSpec = FieldSpec {
    name: "orgs",
    aliases: &["org"],
    values: &[Place::Fact(fact::ORG)],
    matcher: Matcher::IgnoreCase,
    selectivity: 3,
    ..FIELD
};

/// Projects.
pub(super) const PROJECTS: FieldSpec = FieldSpec {
    name: "projects",
    values: &[Place::Fact(fact::REPO), Place::Fact(fact::REPOS)],
    matcher: Matcher::IgnoreCase,
    selectivity: 9,
    ..FIELD
};

/// Labels; one must be there. On `unlabeled` the label is no longer among the subject's.
pub(super) const LABELS: FieldSpec = FieldSpec {
    name: "labels",
    values: &[Place::Fact(fact::LABEL), Place::Fact(fact::LABELS)],
    matcher: Matcher::IgnoreCase,
    selectivity: 6,
    ..FIELD
};

/// Any of the assignees.
pub(super) const ASSIGNEE: FieldSpec = FieldSpec {
    name: "assignee",
    aliases: &["assignees"],
    values: &[Place::Fact(fact::ASSIGNEE), Place::Fact(fact::ASSIGNEES)],
    matcher: Matcher::IgnoreCase,
    selectivity: 8,
    ..FIELD
};

/// Author of the subject or of the comment.
pub(super) const AUTHOR: FieldSpec = FieldSpec {
    name: "author",
    aliases: &["authors"],
    values: &[Place::Fact(fact::AUTHOR), Place::Fact(fact::COMMENTER), Place::Fact(fact::AUTHOR_ALIASES)],
    matcher: Matcher::IgnoreCase,
    selectivity: 7,
    ..FIELD
};

/// Who caused the event.
pub(super) const SENDER: FieldSpec = FieldSpec {
    name: "sender",
    aliases: &["senders"],
    values: &[Place::Sender],
    matcher: Matcher::IgnoreCase,
    selectivity: 5,
    ..FIELD
};

/// Branches, with `*` as a glob.
pub(super) const BRANCHES: FieldSpec = FieldSpec {
    name: "branches",
    values: &[Place::Fact(fact::BRANCH), Place::Fact(fact::BRANCHES)],
    matcher: Matcher::Glob,
    ..FIELD
};

/// Target branches of pull requests, with `*` as a glob.
pub(super) const BASE_BRANCHES: FieldSpec = FieldSpec {
    name: "base_branches",
    aliases: &["baseBranches"],
    values: &[Place::Fact(fact::BASE_BRANCH)],
    matcher: Matcher::Glob,
    ..FIELD
};

/// How something ended. Reviews of GitHub have come as `APPROVED` too.
pub(super) const CONCLUSIONS: FieldSpec = FieldSpec {
    name: "conclusions",
    values: &[Place::Fact(fact::CONCLUSION)],
    matcher: Matcher::IgnoreCase,
    ..FIELD
};
