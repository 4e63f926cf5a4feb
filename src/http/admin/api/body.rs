//! JSON bodies. A call whose fields all have defaults may come without one.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Bytes};
use serde::de::DeserializeOwned;

use super::answer::Refused;
use crate::api::problem::Kind;

/// The most that makes sense: a prompt of 64 KiB, all of it escaped.
const MOST_BYTES: usize = 512 * 1024;

/// What a call is told in its body.
pub(in crate::http::admin) struct Body<T>(pub(in crate::http::admin) T);

impl<T: DeserializeOwned> FromRequest for Body<T> {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind =
            request.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or("").to_owned());
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let too_long = length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|n| n > MOST_BYTES);
        let bytes = actix_web::web::Payload::from_request(request, payload);
        Box::pin(async move {
            let too_large =
                || Refused::new(Kind::TooLarge, format!("the body is longer than {MOST_BYTES} bytes"));
            if too_long {
                return Err(too_large());
            }
            let broken =
                |error: &dyn std::fmt::Display| Refused::new(Kind::InvalidRequest, error.to_string());
            let payload = bytes.await.map_err(|error| broken(&error))?;
            let bytes = match payload.to_bytes_limited(MOST_BYTES).await {
                Ok(Ok(bytes)) => bytes,
                Ok(Err(error)) => return Err(broken(&error)),
                Err(_) => return Err(too_large()),
            };
            read(kind.as_deref(), &bytes).map(Self)
        })
    }
}

fn read<T: DeserializeOwned>(kind: Option<&str>, bytes: &Bytes) -> Result<T, Refused> {
    if bytes.is_empty() {
        return serde_json::from_str("{}").map_err(|error| {
            Refused::new(Kind::InvalidRequest, format!("the call wants a body of JSON: {error}"))
        });
    }
    let is_json = kind.is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or(kind).trim();
        kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
    });
    if !is_json {
        return Err(Refused::new(Kind::NotJson, "say `Content-Type: application/json`"));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Refused::new(Kind::InvalidRequest, format!("the body is not understood: {error}")))
}
