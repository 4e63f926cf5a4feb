//! How calls are answered: with JSON, or with a problem.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
    web::Json,
};
use herdgate_actors::{control::ControlError, store::StoreError};

use crate::api::problem::{Kind, MEDIA_TYPE, Problem};

/// What a call answers.
pub(in crate::http::admin) type Answer<T> = Result<Json<T>, Refused>;

/// A call that was not done, as it is told.
#[derive(Debug)]
pub(in crate::http::admin) struct Refused(pub(in crate::http::admin) Problem, Option<u64>);

impl Refused {
    /// Refused for something of this kind.
    pub(in crate::http::admin) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind, detail), None)
    }

    /// The same, to be tried again after so many seconds.
    pub(in crate::http::admin) fn after(self, seconds: u64) -> Self {
        Self(self.0, Some(seconds))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        if self.0.kind() == Some(Kind::Unauthorized) {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let is_for_now = self.status_code() == StatusCode::SERVICE_UNAVAILABLE;
        if let Some(seconds) = self.1.or(is_for_now.then_some(1)) {
            answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        let mut answer = answer.json(&self.0);
        answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(MEDIA_TYPE));
        answer
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem, None)
    }
}

impl From<ControlError> for Refused {
    fn from(error: ControlError) -> Self {
        Self(error.into(), None)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self(error.into(), None)
    }
}
