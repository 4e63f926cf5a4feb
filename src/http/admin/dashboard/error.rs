//! What a page says when there is nothing to show.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use askama::Template;
use herdgate_actors::{control::ControlError, store::StoreError};

use super::{answer, assets};
use crate::api::problem::Problem;

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// Nobody is signed in; afterwards this page is wanted.
    #[error("sign in first")]
    SignIn(String),
    /// Nobody is signed in, and there is nowhere to go back to.
    #[error("you are signed out: sign in again, then repeat what you did")]
    SignedOut,
    /// The request comes from a page that is not ours.
    #[error("this was asked for by a page of another site, so nothing was done")]
    Foreign,
    /// The key of this name may look and no more.
    #[error("the key `{0}` may only look, so nothing was done")]
    MayOnlyLook(String),
    /// Nothing is known by that name.
    #[error("there is no {0}")]
    Missing(String),
    /// The same, in a whole sentence.
    #[error("{0}")]
    Gone(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Wrong(String),
    /// The store does not answer.
    #[error("the store does not answer: {0}")]
    Store(String),
    /// The page could not be written.
    #[error("the page could not be written: {0}")]
    Page(String),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        let known = problem.known.join(", ");
        let text = if known.is_empty() { problem.detail } else { format!("{} ({known})", problem.detail) };
        match problem.status {
            404 => Self::Gone(text),
            503 => Self::Store(text),
            _ => Self::Wrong(text),
        }
    }
}

impl From<ControlError> for Trouble {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Store(error) => error.into(),
            other => Self::Wrong(other.to_string()),
        }
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage<'a> {
    css: String,
    icon: String,
    title: &'a str,
    text: String,
    help: &'a str,
}

impl ResponseError for Trouble {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn(_) => StatusCode::SEE_OTHER,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Foreign | Self::MayOnlyLook(_) => StatusCode::FORBIDDEN,
            Self::Missing(_) | Self::Gone(_) => StatusCode::NOT_FOUND,
            Self::Wrong(_) => StatusCode::BAD_REQUEST,
            Self::Store(_) | Self::Page(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::SignIn(next) = self {
            let next = super::links::encoded(next);
            let to = format!("/dashboard/sign-in?next={next}");
            return answer::guarded(StatusCode::SEE_OTHER).insert_header((header::LOCATION, to)).finish();
        }
        let (title, help) = match self {
            Self::SignIn(_) | Self::SignedOut => ("Signed out", "Sessions last a day, and end with the key."),
            Self::Foreign => ("Not done", "Open the dashboard itself and do it there."),
            Self::MayOnlyLook(_) => ("Not done", "Sign in with a key that may do everything."),
            Self::Missing(_) | Self::Gone(_) => {
                ("Not found", "It may be older than `history_retention_days`, or the address is mistyped.")
            }
            Self::Wrong(_) => ("Not understood", "Go back, change it, and try again."),
            Self::Store(_) | Self::Page(_) => (
                "Cannot be shown now",
                "Deliveries and runs may go on. `/readyz` and the log say more; try again in a moment.",
            ),
        };
        let page = TroublePage {
            css: assets::address("app.css"),
            icon: assets::address("icon.svg"),
            title,
            text: self.to_string(),
            help,
        };
        answer::plain(self.status_code(), &page)
    }
}
