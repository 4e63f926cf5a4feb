//! Compressing what is sent.

use std::io::Write;

use actix_web::http::{header, header::HeaderMap};
use flate2::{Compression, write::GzEncoder};

/// Compressed; empty where memory does not suffice, which is the end anyway.
pub(super) fn gzip(plain: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), level);
    // A vector takes whatever is written.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}

/// Whether a client takes gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.split(',').any(|coding| coding.trim() == "gzip"))
}
