//! What the API is: the `OpenAPI` document, and what its problems mean. Read without a key.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web::Path};
use utoipa::{
    IntoResponses, Modify, OpenApi,
    openapi::{
        Content, Ref, RefOr, Response, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    agents, answer::Refused, audit, bulk, config, dead_letters, deliveries, events, jobs, log, nodes, runs,
    schedule, sources,
};
use crate::api::problem::{Kind, MEDIA_TYPE, Problem};

/// What any call may answer beside what it is for.
pub(super) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = Ref::from_schema_name("Problem");
        let content = Content::new(Some(problem));
        let response = ResponseBuilder::new()
            .description("What went wrong; `type` says where it is explained.")
            .content(MEDIA_TYPE, content)
            .build();
        BTreeMap::from([("default".to_owned(), response.into())])
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Herdgate control API",
        version = "1",
        description = "What operators see and do of a running gate. Times are RFC 3339 in UTC with \
            milliseconds, ids sort by time, lists come in pages: give `next` as `after`. Wrong calls are \
            answered with a problem of RFC 9457.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/api/v1")),
    paths(
        agents::list, agents::show, agents::pause, agents::resume, agents::scale, agents::trigger,
        agents::hand_over, agents::discard,
        deliveries::list, deliveries::show, deliveries::body, deliveries::replay,
        jobs::list, jobs::show, jobs::retry, jobs::dismiss, jobs::cancel,
        runs::list, runs::show, log::show, runs::kill,
        dead_letters::list, dead_letters::retry, dead_letters::dismiss,
        sources::list, sources::show, schedule::list, nodes::list, config::in_force,
        config::revisions, config::reload,
        bulk::list, bulk::show, bulk::start, bulk::cancel,
        audit::list, events::follow,
    ),
    components(schemas(Problem)),
    security(("key" = [])),
    modifiers(&Bearer)
)]
struct Document;

/// Calls want a key.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A key of the gate: `gateway_api_key` may do everything, `gateway_read_key` may look.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(bearer));
    }
}

/// The document as JSON.
fn json() -> String {
    let mut document = Document::openapi().to_pretty_json().unwrap_or_default();
    document.push('\n');
    document
}

/// `/openapi.json`
pub(super) async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(json())
}

/// `/problems/{kind}`: where the `type` of a problem leads.
pub(super) async fn problem(slug: Path<String>) -> Result<HttpResponse, Refused> {
    let kind = Kind::ALL.iter().find(|kind| kind.slug() == slug.as_str()).ok_or_else(|| {
        let kinds = Kind::ALL.iter().map(|kind| kind.slug());
        Refused::from(Problem::new(Kind::UnknownPath, format!("there is no problem `{slug}`")).knowing(kinds))
    })?;
    let text = format!("{} ({})\n\n{}\n", kind.title(), kind.status(), kind.meaning().trim());
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_changes_only_on_purpose() {
        insta::assert_snapshot!("openapi", json());
    }
}
