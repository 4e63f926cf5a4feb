//! The files that pages need beside themselves: they lie in the program, and ask nobody else.

use std::{collections::BTreeMap, sync::LazyLock};

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use bytes::Bytes;
use flate2::Compression;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::gzip::{gzip, takes_gzip};

/// How long a browser keeps a file. Its address changes with its content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

#[derive(RustEmbed)]
#[folder = "src/http/admin/dashboard/assets"]
struct Files;

struct Asset {
    kind: &'static str,
    plain: Bytes,
    gzipped: Bytes,
    /// The start of the digest of its content.
    version: String,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|name| {
            let file = Files::get(&name)?;
            let plain = Bytes::from(file.data.into_owned());
            let kind = match name.rsplit('.').next() {
                Some("css") => "text/css; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                Some("svg") => "image/svg+xml",
                _ => return None,
            };
            let gzipped = Bytes::from(gzip(&plain, Compression::best()));
            let version = const_hex::encode(&Sha256::digest(&plain)[..6]);
            Some((name.into_owned(), Asset { kind, plain, gzipped, version }))
        })
        .collect()
});

/// Where a file is, with its version.
pub(super) fn address(name: &str) -> String {
    let version = ASSETS.get(name).map(|asset| asset.version.as_str()).unwrap_or_default();
    format!("/dashboard/assets/{name}?v={version}")
}

/// `GET /dashboard/assets/{name}`: for everybody, since the page for signing in needs them too.
pub(super) async fn serve(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let Some(asset) = ASSETS.get(name.as_str()) else {
        return HttpResponse::NotFound().content_type("text/plain").body("there is no such file\n");
    };
    let tag = format!("\"{}\"", asset.version);
    let known = request.headers().get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish();
    }
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, asset.kind))
        .insert_header((header::CACHE_CONTROL, FOR_EVER))
        .insert_header((header::ETAG, tag))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if takes_gzip(request.headers()) {
        answer.insert_header((header::CONTENT_ENCODING, "gzip"));
        answer.body(asset.gzipped.clone())
    } else {
        answer.body(asset.plain.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_together_are_small() {
        let bytes: usize = ASSETS.values().map(|asset| asset.gzipped.len()).sum();
        assert!(bytes < 60_000, "{bytes} bytes");
        assert!(ASSETS.contains_key("app.css") && ASSETS.contains_key("app.js"), "they are found");
    }
}
