//! What can go wrong between a client and a gate.

use crate::api::problem::{Kind, Problem};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens, or the connection broke.
    #[error("cannot reach {url}: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why not.
        why: String,
    },
}

/// Why a call of the control API came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody listens, or the connection broke.
    #[error("cannot reach the gate at {base}: {why}")]
    Unreachable {
        /// Where it should be.
        base: String,
        /// Why not.
        why: String,
    },
    /// The gate says why not.
    #[error("{}", words(.0))]
    Refused(Problem),
    /// What listens there does not speak as a gate does.
    #[error("what listens at {base} is no control API of a gate: it answered {status}")]
    NoGate {
        /// Where.
        base: String,
        /// The status of its answer.
        status: u16,
    },
    /// An answer that another version made.
    #[error("the gate at {base} answers as another version does: {why}")]
    Unreadable {
        /// Where.
        base: String,
        /// What is not understood.
        why: String,
    },
}

impl ApiError {
    /// The kind of problem that the gate told of.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Refused(problem) => problem.kind(),
            _ => None,
        }
    }
}

/// What was wrong, and what would have been known, unless the gate has said that already.
fn words(problem: &Problem) -> String {
    let Problem { detail, known, title, .. } = problem;
    if problem.kind() == Some(Kind::UnknownPath) {
        return "the gate is of another version and does not know this call".to_owned();
    }
    let detail = if detail.is_empty() { title } else { detail };
    // What is known stands below, and not in a field that nobody sees here.
    let detail = detail.split("; `known`").next().unwrap_or(detail);
    if known.is_empty() || known.iter().all(|name| detail.contains(name.as_str())) {
        return detail.to_owned();
    }
    format!("{detail}; there are: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_told_once() {
        let problem = Problem::new(Kind::UnknownAgent, "there is no agent nobody");
        assert_eq!(ApiError::Refused(problem.clone()).to_string(), "there is no agent nobody");
        let known = problem.knowing(["dev", "ops"]);
        assert_eq!(ApiError::Refused(known).to_string(), "there is no agent nobody; there are: dev, ops");
        let hidden =
            Problem::new(Kind::UnknownName, "there is no agent x; `known` lists those that are there");
        assert_eq!(
            ApiError::Refused(hidden.knowing(["dev"])).to_string(),
            "there is no agent x; there are: dev"
        );
        let told = Problem::new(Kind::UnknownAgent, "there is no agent x: there are dev").knowing(["dev"]);
        assert_eq!(ApiError::Refused(told).to_string(), "there is no agent x: there are dev");
    }
}
