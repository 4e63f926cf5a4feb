//! Signing in and out, and the theme: what works before anybody is known.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time},
    http::{StatusCode, header},
    web,
};
use askama::Template;
use serde::Deserialize;

use super::{
    answer, assets,
    error::Trouble,
    links::own_page,
    session,
    visitor::{THEME, is_own, theme},
};
use crate::http::admin::state::Admin;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    css: String,
    icon: String,
    theme: Option<&'a str>,
    next: &'a str,
    problem: Option<&'a str>,
}

impl SignInPage<'_> {
    fn answer(&self, status: StatusCode) -> HttpResponse {
        answer::plain(status, self)
    }
}

/// Where somebody wanted to go.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    next: Option<String>,
}

pub(super) async fn show(request: HttpRequest, wanted: web::Query<Wanted>) -> HttpResponse {
    page(&request, own_page(wanted.next.as_deref()), None).answer(StatusCode::OK)
}

fn page<'a>(request: &HttpRequest, next: &'a str, problem: Option<&'a str>) -> SignInPage<'a> {
    SignInPage {
        css: assets::address("app.css"),
        icon: assets::address("icon.svg"),
        theme: theme(request),
        next,
        problem,
    }
}

/// The form of the page.
#[derive(Deserialize)]
pub(super) struct SignIn {
    key: String,
    next: Option<String>,
}

pub(super) async fn sign_in(
    request: HttpRequest,
    admin: web::Data<Admin>,
    form: web::Form<SignIn>,
) -> Result<HttpResponse, Trouble> {
    if !is_own(request.headers()) {
        return Err(Trouble::Foreign);
    }
    let next = own_page(form.next.as_deref());
    let Some((by, _)) = admin.keys.find(form.key.trim()) else {
        let wait = request.peer_addr().and_then(|peer| admin.failed(peer.ip()));
        let problem = match wait {
            None => "That is not a key of this gate.",
            Some(_) => "That is not a key of this gate. Too many were tried: wait a moment.",
        };
        let status = if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNAUTHORIZED };
        return Ok(page(&request, next, Some(problem)).answer(status));
    };
    let session = session::issue(admin.keys.sealing(), by, admin.reads.clock.now());
    let lasts = time::Duration::try_from(session::LASTS).unwrap_or(time::Duration::DAY);
    let cookie = Cookie::build(session::cookie_name(admin.keys.sealing()), session)
        .path("/dashboard")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(is_encrypted(&request))
        .max_age(lasts)
        .finish();
    Ok(answer::guarded(StatusCode::SEE_OTHER).insert_header((header::LOCATION, next)).cookie(cookie).finish())
}

pub(super) async fn sign_out(request: HttpRequest, admin: web::Data<Admin>) -> Result<HttpResponse, Trouble> {
    if !is_own(request.headers()) {
        return Err(Trouble::Foreign);
    }
    let mut cookie =
        Cookie::build(session::cookie_name(admin.keys.sealing()), "").path("/dashboard").finish();
    cookie.make_removal();
    Ok(answer::guarded(StatusCode::SEE_OTHER)
        .insert_header((header::LOCATION, "/dashboard/sign-in"))
        .cookie(cookie)
        .finish())
}

/// Whether the browser speaks TLS, to us or to a proxy: then its cookie shall go no other way.
fn is_encrypted(request: &HttpRequest) -> bool {
    let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    origin.is_some_and(|origin| origin.starts_with("https://"))
}

/// The theme that somebody chooses.
#[derive(Debug, Deserialize)]
pub(super) struct ThemeForm {
    theme: String,
    next: Option<String>,
}

/// A year: whoever chose keeps it.
const THEME_LASTS: time::Duration = time::Duration::days(365);

pub(super) async fn choose_theme(
    request: HttpRequest,
    form: web::Form<ThemeForm>,
) -> Result<HttpResponse, Trouble> {
    if !is_own(request.headers()) {
        return Err(Trouble::Foreign);
    }
    let mut cookie = Cookie::build(THEME, "").path("/dashboard").http_only(true).finish();
    match form.theme.as_str() {
        chosen @ ("light" | "dark") => {
            cookie.set_value(chosen.to_owned());
            cookie.set_max_age(THEME_LASTS);
            cookie.set_same_site(SameSite::Lax);
        }
        _ => cookie.make_removal(),
    }
    Ok(answer::guarded(StatusCode::SEE_OTHER)
        .insert_header((header::LOCATION, own_page(form.next.as_deref())))
        .cookie(cookie)
        .finish())
}
