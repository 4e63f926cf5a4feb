//! Writes down what is changed from a page, like what is changed by the API.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};

use super::visitor::{FLASH, Flash, Visitor};
use crate::http::admin::{
    api::{Deed, note},
    auth::Caller,
};

/// What is asked for by `POST` and changes nothing of the gate.
const HARMLESS: [&str; 4] =
    ["/dashboard/sign-in", "/dashboard/sign-out", "/dashboard/theme", "/dashboard/try"];

/// Notes who changed what, and what came of it.
pub(in crate::http::admin) async fn audited(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let changes = request.method() == Method::POST && !HARMLESS.contains(&request.path());
    let visitor = if changes { Visitor::of(request.request()).ok() } else { None };
    let Some(visitor) = visitor else { return next.call(request).await };
    let subject = request.path().trim_start_matches("/dashboard/").to_owned();
    let caller = Caller { by: visitor.by.clone(), from: request.peer_addr().map(|peer| peer.ip()) };
    let answer = next.call(request).await?;
    let flash = answer.response().cookies().find(|cookie| cookie.name() == FLASH);
    let told = flash.and_then(|cookie| Flash::read(cookie.value()));
    let (after, problem) = match told {
        Some(flash) if flash.class == "ok" => (Some(flash.text.into()), None),
        Some(flash) => (None, Some(flash.text)),
        None if answer.status().is_client_error() || answer.status().is_server_error() => {
            (None, Some(format!("answered {}", answer.status())))
        }
        None => (None, None),
    };
    note(&visitor.admin, caller, Deed::to("dashboard", &subject), after, problem).await;
    Ok(answer)
}
