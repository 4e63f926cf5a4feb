//! Who looks at a page, and who may change something.

use std::net::IpAddr;

use actix_web::{
    FromRequest, HttpRequest, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time},
    dev::Payload,
    http::header::{self, HeaderMap},
    web,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use herdgate_actors::{control::Control, domain::Timestamp, store::Store};

use super::{error::Trouble, gzip::takes_gzip, origin, session};
use crate::{
    http::admin::{auth::Caller, state::Admin},
    keys::Access,
    reads::Reads,
    run::Health,
};

/// The cookie with the theme that somebody chose.
pub(super) const THEME: &str = "herdgate-theme";
/// The cookie with what came of the last action, until a page has shown it.
const FLASH: &str = "herdgate-flash";
/// Sent along by a page that looks whether it has changed.
const LIVE: &str = "x-herdgate-live";

/// Somebody who has signed in.
pub(super) struct Visitor {
    pub(super) admin: web::Data<Admin>,
    /// The name of the key that was given.
    pub(super) by: String,
    access: Access,
    /// The address that asks.
    from: Option<IpAddr>,
    /// When the request came.
    pub(super) now: Timestamp,
    /// `light` or `dark`, where somebody chose.
    pub(super) theme: Option<&'static str>,
    /// What came of the last action.
    pub(super) flash: Option<Flash>,
    /// The page as it is known already.
    pub(super) known_tag: Option<String>,
    pub(super) takes_gzip: bool,
    /// Path and query of the request.
    pub(super) here: String,
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flash {
    /// `ok` or `bad`.
    pub(super) class: &'static str,
    pub(super) text: String,
}

impl Flash {
    /// It was done.
    pub(super) fn done(text: impl Into<String>) -> Self {
        Self { class: "ok", text: text.into() }
    }

    /// It was not done.
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self { class: "bad", text: text.into() }
    }

    /// A cookie that the next page reads and takes away.
    pub(super) fn cookie(&self) -> Cookie<'static> {
        // Longer ones are no sentence, and browsers drop them.
        let text: String = self.text.chars().take(600).collect();
        let value = format!("{}.{}", self.class, URL_SAFE_NO_PAD.encode(text));
        let cookie = Cookie::build(FLASH, value).path("/dashboard").http_only(true);
        cookie.same_site(SameSite::Strict).max_age(time::Duration::seconds(60)).finish()
    }

    fn read(value: &str) -> Option<Self> {
        let (class, text) = value.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        match class {
            "ok" => Some(Self::done(text)),
            "bad" => Some(Self::failed(text)),
            _ => None,
        }
    }
}

impl Visitor {
    pub(super) fn reads(&self) -> &Reads {
        &self.admin.reads
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.admin.reads.store.as_ref()
    }

    pub(super) fn control(&self) -> &Control {
        &self.admin.reads.control
    }

    pub(super) fn health(&self) -> &Health {
        &self.admin.reads.health
    }

    /// Takes away what was shown.
    pub(super) fn forget_flash(&self, answer: &mut HttpResponseBuilder) {
        if self.flash.is_some() {
            let mut cookie = Cookie::build(FLASH, "").path("/dashboard").finish();
            cookie.make_removal();
            answer.cookie(cookie);
        }
    }

    fn of(request: &HttpRequest) -> Result<Self, Trouble> {
        let admin = request.app_data::<web::Data<Admin>>().ok_or(Trouble::SignedOut)?.clone();
        let now = admin.reads.clock.now();
        let who = who(request, &admin);
        let here = request.uri().path_and_query().map_or("/dashboard", |here| here.as_str()).to_owned();
        let headers = request.headers();
        let is_live = headers.contains_key(LIVE);
        let Some((by, access)) = who else {
            let goes_back = request.method() == actix_web::http::Method::GET && !is_live;
            return Err(if goes_back { Trouble::SignIn(here) } else { Trouble::SignedOut });
        };
        let known_tag = headers.get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
        let flash = request.cookie(FLASH).filter(|_| !is_live);
        Ok(Self {
            by,
            access,
            from: request.peer_addr().map(|peer| peer.ip()),
            now,
            theme: theme(request),
            flash: flash.and_then(|cookie| Flash::read(cookie.value())),
            known_tag: known_tag.filter(|_| is_live).map(str::to_owned),
            takes_gzip: takes_gzip(headers),
            here,
            admin,
        })
    }
}

/// The name and the rights of the key with which somebody signed in, as long as there is such a key.
fn who(request: &HttpRequest, admin: &Admin) -> Option<(String, Access)> {
    let key = admin.keys.sealing();
    let cookie = request.cookie(&session::cookie_name(key))?;
    let by = session::signed_in(key, cookie.value(), admin.reads.clock.now())?;
    admin.keys.access_of(&by).map(|access| (by, access))
}

/// The theme that somebody chose.
pub(super) fn theme(request: &HttpRequest) -> Option<&'static str> {
    match request.cookie(THEME)?.value() {
        "light" => Some("light"),
        "dark" => Some("dark"),
        _ => None,
    }
}

impl FromRequest for Visitor {
    type Error = Trouble;
    type Future = std::future::Ready<Result<Self, Trouble>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

/// Somebody who has signed in and asks for a change from one of our own pages.
pub(super) struct Operator(pub(super) Visitor);

impl Operator {
    /// What the calls of the API want to know: of which gate, and who asks.
    pub(super) fn asks(&self) -> (web::Data<Admin>, Caller) {
        let Visitor { admin, by, from, .. } = &self.0;
        (admin.clone(), Caller { by: by.clone(), from: *from })
    }
}

impl FromRequest for Operator {
    type Error = Trouble;
    type Future = std::future::Ready<Result<Self, Trouble>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(if is_own(request.headers()) {
            Visitor::of(request).and_then(|visitor| match visitor.access {
                Access::Full => Ok(Self(visitor)),
                Access::ReadOnly => Err(Trouble::MayOnlyLook(visitor.by)),
            })
        } else {
            Err(Trouble::Foreign)
        })
    }
}

/// Whether a request comes from a page of ours.
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    origin::is_own(text("sec-fetch-site"), text("origin"), text("host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_comes_back_as_it_was_and_forged_ones_do_not() {
        let flash = Flash::done("agent <b>dev</b> is paused; 3 jobs wait");
        assert_eq!(Flash::read(flash.cookie().value()), Some(flash));
        for value in ["", "ok", "ok.!", "loud.aGk", "ok./w"] {
            assert_eq!(Flash::read(value), None, "{value}");
        }
        assert!(Flash::failed("é".repeat(5_000)).cookie().value().len() < 2_000);
    }
}
