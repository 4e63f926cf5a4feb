//! Who may use the control API. It is asked before anything else of the API runs.

use std::{
    future::{Ready, ready},
    net::IpAddr,
};

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web::Data,
};
use herdgate_actors::telemetry::{Event, emit};

use super::{api::Refused, state::Admin};
use crate::{api::problem::Kind, keys::Access};

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The name of the key.
    pub(super) by: String,
    /// The address.
    pub(super) from: Option<IpAddr>,
}

impl FromRequest for Caller {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Self>().cloned();
        ready(caller.ok_or_else(|| Refused::new(Kind::Unauthorized, "nobody has asked for a key")))
    }
}

/// Lets requests with a right key pass.
pub(super) async fn authenticate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match admit(&request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        }
        Err(refused) => Ok(request.error_response(refused).map_into_right_body()),
    }
}

fn admit(request: &ServiceRequest) -> Result<Caller, Refused> {
    let admin = request
        .app_data::<Data<Admin>>()
        .ok_or_else(|| Refused::new(Kind::Unavailable, "the door is not open yet"))?;
    let given = request.headers().get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    let from = request.peer_addr().map(|peer| peer.ip());
    let Some((by, access)) = given.and_then(|given| admin.keys.find(given)) else {
        return Err(refuse(admin, from));
    };
    let looks = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if access == Access::ReadOnly && !looks {
        return Err(Refused::new(Kind::ReadOnlyKey, format!("the key `{by}` may only look")));
    }
    Ok(Caller { by: by.to_owned(), from })
}

fn refuse(admin: &Admin, from: Option<IpAddr>) -> Refused {
    let Some(from) = from else {
        return Refused::new(Kind::Unauthorized, "the API wants `Authorization: Bearer <key>`");
    };
    emit(Event::KeyRefused { from: from.to_string() });
    match admin.failed(from) {
        None => Refused::new(Kind::Unauthorized, "the API wants `Authorization: Bearer <key>`"),
        Some(wait) => {
            let seconds = wait.as_secs().saturating_add(1);
            let detail = format!("too many wrong keys came from {from}: try again in {seconds} s");
            Refused::new(Kind::TooManyFailures, detail).after(seconds)
        }
    }
}
