//! How calls are answered.

use actix_web::{HttpResponse, http::StatusCode};
use herdgate_actors::store::StoreError;
use serde_json::{Value, json};

use herdgate_actors::control::ControlError;

pub(super) fn listed<T: serde::Serialize>(rows: Result<Vec<T>, StoreError>) -> HttpResponse {
    match rows {
        Ok(rows) => HttpResponse::Ok().json(rows),
        Err(error) => store_error(&error),
    }
}

pub(super) fn done(outcome: Result<Value, ControlError>) -> HttpResponse {
    match outcome {
        Ok(value) => HttpResponse::Ok().json(value),
        Err(error) => not_done(&error),
    }
}

pub(super) fn not_done(error: &ControlError) -> HttpResponse {
    let status = match error {
        ControlError::UnknownAgent { .. }
        | ControlError::UnknownReceipt(_)
        | ControlError::UnknownJob(_)
        | ControlError::NoDeadLetter(_)
        | ControlError::NotRunning(_) => StatusCode::NOT_FOUND,
        ControlError::Configured(_) | ControlError::NotEnded { .. } | ControlError::Ended { .. } => {
            StatusCode::CONFLICT
        }
        ControlError::Store(_) | ControlError::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    HttpResponse::build(status).json(json!({ "error": error.to_string() }))
}

pub(super) fn missing(what: &str) -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": format!("there is no such {what}") }))
}

pub(super) fn bad_request(error: &str) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({ "error": error }))
}

pub(super) fn store_error(error: &StoreError) -> HttpResponse {
    HttpResponse::ServiceUnavailable().json(json!({ "error": error.to_string() }))
}
