//! What a visitor is answered: a page, or another one after an action.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::Json,
};
use askama::Template;

use super::{
    answer::{body, guarded, tag},
    error::Trouble,
    visitor::{Flash, Visitor},
};
use crate::http::admin::api::Answer;

/// A page, or word that it has not changed.
pub(super) fn answer(visitor: &Visitor, page: &impl Template) -> Result<HttpResponse, Trouble> {
    let html = page.render().map_err(|error| Trouble::Page(error.to_string()))?;
    let tag = tag(&html);
    if visitor.known_tag.as_deref() == Some(tag.as_str()) {
        return Ok(guarded(StatusCode::NOT_MODIFIED).insert_header((header::ETAG, tag)).finish());
    }
    let mut answer = guarded(StatusCode::OK);
    answer.insert_header((header::ETAG, tag));
    visitor.forget_flash(&mut answer);
    Ok(body(&mut answer, visitor.takes_gzip, html))
}

/// What came of a change, in a sentence.
pub(super) fn told<T>(answer: Answer<T>, done: impl FnOnce(T) -> String) -> Flash {
    match answer {
        Ok(Json(changed)) => Flash::done(done(changed)),
        Err(refused) => Flash::failed(format!("Not done: {refused}.")),
    }
}

/// To another page after an action, which says there what came of it.
pub(super) fn went(to: &str, flash: &Flash) -> HttpResponse {
    guarded(StatusCode::SEE_OTHER).insert_header((header::LOCATION, to)).cookie(flash.cookie()).finish()
}
