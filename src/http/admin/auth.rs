//! Who may use the control API. It is asked before anything else of the API runs.

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web,
};

use super::{api::Refused, state::Admin};
use crate::api::problem::Kind;

/// Lets requests with the right key pass.
pub(super) async fn authenticate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let admin = request.app_data::<web::Data<Admin>>();
    match (admin, given) {
        (Some(admin), Some(given)) if admin.key.admits(given) => {
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        }
        _ => {
            let refused = Refused::new(Kind::Unauthorized, "the API wants `Authorization: Bearer <key>`");
            Ok(request.error_response(refused).map_into_right_body())
        }
    }
}
