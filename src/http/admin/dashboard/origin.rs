//! Whether a request that changes something comes from one of our own pages. The cookie is sent for
//! no other site, but for other ports of the same host; this looks closer.

/// Of the headers of a request. Browsers that do not send `Sec-Fetch-Site`, over plain HTTP from
/// another machine, send an origin with every form.
pub(super) fn is_own(site: Option<&str>, origin: Option<&str>, host: Option<&str>) -> bool {
    match (site, origin, host) {
        (Some(site), ..) => site == "same-origin",
        (None, Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_pages_may_and_all_others_may_not() {
        let host = Some("localhost:8081");
        assert!(is_own(Some("same-origin"), Some("https://gate.example"), host), "behind a proxy");
        assert!(is_own(None, Some("http://localhost:8081"), host));
        for (site, origin) in [
            (Some("same-site"), Some("http://localhost:8081")),
            (Some("cross-site"), None),
            (Some("none"), None),
            (None, Some("http://localhost:9000")),
            (None, Some("http://localhost:8081.evil.example")),
            (None, Some("null")),
            (None, None),
        ] {
            assert!(!is_own(site, origin, host), "{site:?} {origin:?}");
        }
        assert!(!is_own(None, Some("http://localhost:8081"), None));
    }
}
