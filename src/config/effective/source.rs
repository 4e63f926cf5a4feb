//! What holds for one source.

use herdgate_actors::domain::{Scheme, Signature, Source};
use serde_json::json;

use super::setting::{Collected, Keys, Secrets};
use crate::config::{ResolvedConfig, Verification, value::format_span};

/// Every key of a source.
pub(super) fn keys(source: &Source, config: &ResolvedConfig, secrets: &Secrets<'_>) -> Keys {
    let Source { name, provider, secrets: own, signatures, tolerance, rate_limit, dedupe_window } = source;
    let in_table = |key: &str| format!("webhooks.{name}.{key}");
    let kind = crate::credentials::secret_type(*provider);
    let by_type = in_table(kind);
    let named = in_table("credential");
    let origin = |paths: &[&str]| {
        let paths: Vec<_> = paths.iter().map(|path| in_table(path)).collect();
        config.places.first_of(&paths.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let mut all = Collected::new(origin);
    all.add("type", provider.as_str());
    let credential = config.places.first_of(&[&named, &by_type]);
    match config.verification.get(name) {
        Some(Verification::Signed { path, .. }) => {
            all.add_from("verification", "signed", &["credential", kind]);
            all.add_from(
                "secret_file",
                std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string(),
                &["credential", kind],
            );
        }
        Some(Verification::Unsigned) | None => {
            all.add_from("verification", "unsigned", &["allow_unsigned"]);
        }
        Some(Verification::NotRead { instance, .. }) => {
            all.add_from("verification", "not read", &["credential", kind]);
            all.add_from("secret_file", instance.as_str(), &["credential", kind]);
        }
    }
    for (key, secret) in ["secret", "secret_previous"].iter().zip(own) {
        all.put(key, secrets.hidden(credential.clone(), |key| secret.fingerprint(key)));
    }
    let headers: Vec<_> = signatures.iter().map(described).collect();
    all.add_from("signatures", headers, &["signature_header", "signature_prefix", "allow_sha1"]);
    all.add("tolerance", tolerance.map(format_span));
    let limit = rate_limit.map(|rate| json!({ "per_second": rate.per_second, "burst": rate.burst }));
    all.add("rate_limit", limit);
    all.add("dedupe_window", dedupe_window.map(format_span));
    all.keys
}

/// A header and what precedes the digits in it.
fn described(signature: &Signature) -> String {
    match &signature.scheme {
        Scheme::Hmac { prefix, .. } if !prefix.is_empty() => format!("{}: {prefix}…", signature.header),
        Scheme::Hmac { .. } => signature.header.to_string(),
        Scheme::Token => format!("{}: the secret", signature.header),
    }
}
