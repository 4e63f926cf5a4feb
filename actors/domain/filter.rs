//! What an agent wants to hear of.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::domain::SourceName;

/// One `[[webhooks]]` table of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Only deliveries of this source count.
    pub source: SourceName,
    /// What they must be like.
    pub filter: Filter,
}

/// All clauses must hold; without any, everything matches but GitHub's `ping`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In the order in which refusals name them; each field at most once.
    pub clauses: Vec<Clause>,
}

/// Holds when the field has one of the wanted values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What is looked at.
    pub field: Field,
    /// Any of these will do; never empty.
    pub wanted: Vec<String>,
}

/// What a clause can look at, named as in configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Event names.
    Events,
    /// Actions.
    Actions,
    /// Sentry's resources: the event by its own name.
    Resources,
    /// Repositories, with `*` as a glob.
    Repos,
    /// Owners of repositories; `org` is an alias.
    Orgs,
    /// Linear organizations, by id or workspace slug.
    Organizations,
    /// Projects of Mintlify and Sentry.
    Projects,
    /// Labels; one must be there.
    Labels,
    /// Any of the assignees.
    Assignee,
    /// Author of the subject or of the comment.
    Author,
    /// Who caused the event.
    Sender,
    /// Branches, with `*` as a glob.
    Branches,
    /// Target branches of pull requests, with `*` as a glob.
    BaseBranches,
    /// Conclusions.
    Conclusions,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 14] = [
        Self::Events,
        Self::Actions,
        Self::Resources,
        Self::Repos,
        Self::Orgs,
        Self::Organizations,
        Self::Projects,
        Self::Labels,
        Self::Assignee,
        Self::Author,
        Self::Sender,
        Self::Branches,
        Self::BaseBranches,
        Self::Conclusions,
    ];

    /// The key in a `[[webhooks]]` table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Actions => "actions",
            Self::Resources => "resources",
            Self::Repos => "repos",
            Self::Orgs => "orgs",
            Self::Organizations => "organizations",
            Self::Projects => "projects",
            Self::Labels => "labels",
            Self::Assignee => "assignee",
            Self::Author => "author",
            Self::Sender => "sender",
            Self::Branches => "branches",
            Self::BaseBranches => "base_branches",
            Self::Conclusions => "conclusions",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key that names no filter field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a filter field")]
pub struct UnknownField(pub String);

impl FromStr for Field {
    type Err = UnknownField;

    /// Knows the aliases `org`, `baseBranches` and the plural or singular of `assignee`, `author`
    /// and `sender` too.
    fn from_str(key: &str) -> Result<Self, UnknownField> {
        match key {
            "org" => Ok(Self::Orgs),
            "assignees" => Ok(Self::Assignee),
            "authors" => Ok(Self::Author),
            "senders" => Ok(Self::Sender),
            "baseBranches" => Ok(Self::BaseBranches),
            _ => Self::ALL
                .into_iter()
                .find(|field| field.as_str() == key)
                .ok_or_else(|| UnknownField(key.to_owned())),
        }
    }
}
