//! Addresses of pages, with their filters.

use std::fmt::Write;

/// A text as it may stand in a query.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            // Writing to a `String` cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

/// `path?a=b&c=d`, without what is empty.
pub(super) fn link<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut link = path.to_owned();
    let given = query.into_iter().filter(|(_, value)| !value.is_empty());
    for (index, (name, value)) in given.enumerate() {
        link.push(if index == 0 { '?' } else { '&' });
        link.push_str(name);
        link.push('=');
        link.push_str(&encoded(value));
    }
    link
}

/// Where to go after signing in or acting: to a page of ours, whatever was asked for.
pub(super) fn own_page(wanted: Option<&str>) -> &str {
    let is_own = |wanted: &&str| {
        let after = wanted.strip_prefix("/dashboard");
        after.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
            && !wanted.contains("..")
    };
    wanted.filter(is_own).unwrap_or("/dashboard")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_carry_what_is_given_and_nothing_breaks_out() {
        let link = link("/dashboard/jobs", [("agent", "a b&c=d"), ("state", ""), ("repo", "acme/ü\"<")]);
        assert_eq!(link, "/dashboard/jobs?agent=a%20b%26c%3Dd&repo=acme%2F%C3%BC%22%3C");
    }

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(own_page(Some("/dashboard/jobs?state=held")), "/dashboard/jobs?state=held");
        for wanted in [
            "https://evil.example",
            "//evil.example/dashboard",
            "/dashboardx",
            "/dashboard/../../x",
            "/dashboard/\\evil",
            "/dashboard/\r\nx",
            "",
        ] {
            assert_eq!(own_page(Some(wanted)), "/dashboard", "{wanted}");
        }
    }
}
