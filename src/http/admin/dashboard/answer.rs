//! How pages leave: under one policy, with a tag that ignores the passing of time.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
};
use askama::Template;
use flate2::Compression;
use sha2::{Digest, Sha256};

use super::gzip::gzip;

/// What a page may load and do: its own files, nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Shorter pages are not worth the work.
const WORTH_COMPRESSING: usize = 1_400;

/// A page that is not a visitor's: to sign in, or to say what is wrong.
pub(super) fn plain(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => body(&mut guarded(status), false, html),
        Err(_) => guarded(StatusCode::SERVICE_UNAVAILABLE).finish(),
    }
}

/// An answer with the headers that every page has.
pub(super) fn guarded(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        // Not `no-referrer`: then forms would be sent with the origin `null`.
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    answer
}

/// Puts a page into its answer.
pub(super) fn body(answer: &mut HttpResponseBuilder, gzipped: bool, html: String) -> HttpResponse {
    answer.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"));
    answer.insert_header((header::VARY, "Accept-Encoding"));
    if gzipped && html.len() > WORTH_COMPRESSING {
        answer.insert_header((header::CONTENT_ENCODING, "gzip"));
        answer.body(gzip(html.as_bytes(), Compression::fast()))
    } else {
        answer.body(html)
    }
}

/// The tag of a page: made of everything but the texts of `<time>`, which the page tells anew by itself.
pub(super) fn tag(html: &str) -> String {
    let mut digest = Sha256::new();
    let mut rest = html;
    while let Some(start) = rest.find("<time ") {
        let Some(opened) = rest[start..].find('>') else { break };
        digest.update(&rest[..=start + opened]);
        rest = &rest[start + opened + 1..];
        let closed = rest.find("</time>").unwrap_or_default();
        rest = &rest[closed..];
    }
    digest.update(rest);
    format!("\"{}\"", const_hex::encode(&digest.finalize()[..9]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_on_which_only_time_has_passed_is_the_same() {
        let page = |when: &str, what: &str| {
            format!(
                "<p><time datetime=\"2026\">{when}</time> and <time datetime=\"2027\">{when}</time>{what}</p>"
            )
        };
        assert_eq!(tag(&page("1s ago", "x")), tag(&page("2s ago", "x")));
        assert_ne!(tag(&page("1s ago", "x")), tag(&page("1s ago", "y")));
        assert_ne!(tag(&page("1s ago", "x")), tag(&page("1s ago", "x").replace("2027", "2028")));
        assert_eq!(tag("<time never closed"), tag("<time never closed"));
    }
}
