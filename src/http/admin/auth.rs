//! Who may use the control API.

use std::sync::Arc;

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web};
use herdgate_actors::{control::Control, store::Store};
use serde_json::json;

use super::state::Admin;

/// A request with the right key; without it nothing behind it runs.
pub(super) struct Authenticated(web::Data<Admin>);

impl FromRequest for Authenticated {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admin = request.app_data::<web::Data<Admin>>().cloned();
        let given = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        std::future::ready(match (admin, given) {
            (Some(admin), Some(given)) if admin.key.admits(given) => Ok(Self(admin)),
            _ => Err(actix_web::error::InternalError::from_response(
                "no key",
                HttpResponse::Unauthorized()
                    .json(json!({ "error": "the API wants `Authorization: Bearer <key>`" })),
            )
            .into()),
        })
    }
}

impl Authenticated {
    pub(super) fn admin(&self) -> &Admin {
        &self.0
    }

    pub(super) fn control(&self) -> &Control {
        &self.0.control
    }

    pub(super) fn engine(&self) -> &Arc<dyn Store> {
        &self.0.store
    }
}
