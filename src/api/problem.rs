//! What went wrong, as RFC 9457 has it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Which kind of problem, where it is explained: `/api/v1/problems/unknown-agent`. Kinds do not
    /// change.
    pub r#type: String,
    /// The kind, in words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What was wrong this time, and what to do.
    pub detail: String,
    /// What would have been known, where a name or a parameter is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<String>,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $status:literal $slug:literal $title:literal;)*) => {
        /// The kinds of problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[doc = $doc])+ $kind,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The last step of its type.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)* }
            }

            /// What it is called.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }

            /// The status of answers that tell of it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$kind => $status,)* }
            }

            /// What it means, and what helps.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$kind => concat!($($doc, " ",)+),)* }
            }
        }
    };
}

kinds! {
    /// The request is not understood: a parameter or the body is not what is wanted.
    InvalidRequest = 400 "invalid-request" "The request is not understood";
    /// The call does not know a parameter. Those that it knows are listed: a mistyped one must not
    /// widen what is asked for.
    UnknownParameter = 400 "unknown-parameter" "The call does not know this parameter";
    /// A filter names an agent or a source that is not there. Those that are there are listed.
    UnknownName = 400 "unknown-name" "There is nothing of this name";
    /// The place in a list from which to go on is not one that the list gave.
    InvalidCursor = 400 "invalid-cursor" "Not a place in this list";
    /// The call wants `Authorization: Bearer <key>`, and the key was wrong or missing.
    Unauthorized = 401 "unauthorized" "A key is wanted";
    /// The key may look but not change anything.
    ReadOnlyKey = 403 "read-only-key" "This key may only look";
    /// There is no such call.
    UnknownPath = 404 "unknown-path" "There is no such call";
    /// No agent of this name runs. Those that run are listed.
    UnknownAgent = 404 "unknown-agent" "There is no such agent";
    /// No delivery of this id is kept.
    UnknownDelivery = 404 "unknown-delivery" "There is no such delivery";
    /// No job of this id is kept.
    UnknownJob = 404 "unknown-job" "There is no such job";
    /// No run of this id is kept, or it is not under way any more.
    UnknownRun = 404 "unknown-run" "There is no such run";
    /// No source of this name is configured. Those that are are listed.
    UnknownSource = 404 "unknown-source" "There is no such source";
    /// No bulk action of this id is known: the last hundred are.
    UnknownBulk = 404 "unknown-bulk" "There is no such bulk action";
    /// The path is known, but not with this method. `Allow` names those that are.
    MethodNotAllowed = 405 "method-not-allowed" "The call wants another method";
    /// What is asked for makes no sense in the state in which the thing is.
    WrongState = 409 "wrong-state" "Not in this state";
    /// The body is longer than any that makes sense.
    TooLarge = 413 "too-large" "The body is too large";
    /// The body is not declared as JSON.
    NotJson = 415 "not-json" "The body must be JSON";
    /// The range of bytes begins behind the end of the log.
    RangeNotSatisfiable = 416 "range-not-satisfiable" "The log has no such bytes";
    /// The admin listener was asked under a name that is not its own. `admin_hosts` in `[gateway]`
    /// lists further ones.
    UnknownHost = 421 "unknown-host" "Not under this name";
    /// The files of the project are wrong. What was in force stays in force.
    ConfigurationRefused = 422 "configuration-refused" "The configuration is wrong";
    /// Too many wrong keys came from this address. `Retry-After` says when another is looked at.
    TooManyFailures = 429 "too-many-failures" "Too many wrong keys";
    /// As many follow events as may.
    TooManyFollowers = 503 "too-many-followers" "Too many follow already";
    /// The gate cannot do it now: it is busy, its store does not answer, or it ends.
    Unavailable = 503 "unavailable" "Not now";
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            r#type: format!("{}/problems/{}", super::ROOT, kind.slug()),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: detail.into(),
            known: Vec::new(),
        }
    }

    /// The same, with what would have been known.
    #[must_use]
    pub fn knowing<T: ToString>(mut self, known: impl IntoIterator<Item = T>) -> Self {
        self.known = known.into_iter().map(|name| name.to_string()).collect();
        self
    }

    /// Which kind it is, where this program knows it.
    pub fn kind(&self) -> Option<Kind> {
        let slug = self.r#type.rsplit('/').next()?;
        Kind::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_type() {
        for kind in Kind::ALL {
            assert_eq!(Problem::new(*kind, "").kind(), Some(*kind));
            assert!(kind.meaning().trim_end().ends_with('.'), "{kind:?}");
        }
    }
}
