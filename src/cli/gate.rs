//! The gate that serves a project, asked through its control API.

use std::fmt::Write as _;

use miette::IntoDiagnostic;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{outcome::report, project::Records};
use crate::{
    api_key,
    client::{Api, ClientError},
    run::addresses::ListenAddresses,
};

/// A running gate, as an operator speaks to it.
pub(super) struct Gate {
    api: Api,
    /// What is known of its project.
    pub(super) records: Records,
}

impl Gate {
    /// The gate of a project, found by what it wrote into its data folder.
    pub(super) fn of(records: Records) -> miette::Result<Self> {
        let located = &records.located;
        let found = api_key::find(&located.credentials, &located.data_dir).into_diagnostic()?;
        let found = found.ok_or_else(|| {
            report("there is no API key yet\nhelp: `herdgate serve` makes one on its first start")
        })?;
        let key = found.key.expose_secret().to_owned();
        let there = ListenAddresses::of(&located.data_dir, located.public, located.admin);
        // Who listens on the port of a gate that is gone must not see the key.
        if !there.is_alive(&located.data_dir) {
            return Err(report("no gate serves this project\nhelp: start `herdgate serve`"));
        }
        let admin = there.admin;
        Ok(Self { api: Api { base: format!("http://{admin}"), key }, records })
    }

    /// Asks for a change and returns what the gate says of it.
    pub(super) fn post(&self, path: &str) -> miette::Result<Value> {
        super::runtime::block_on(self.api.post(path)).map_err(|error| report(self.words(error)))
    }

    /// Asks for something to be shown.
    pub(super) fn get(&self, path: &str) -> miette::Result<Value> {
        super::runtime::block_on(self.api.get(path)).map_err(|error| report(self.words(error)))
    }

    /// What went wrong, as a sentence.
    fn words(&self, error: ClientError) -> String {
        match error {
            ClientError::Unreachable { url, why } => {
                format!("cannot reach the gate at {}: {why}\nhelp: is `herdgate serve` running?", base(&url))
            }
            ClientError::Refused { status, .. } if status.as_u16() == 401 => format!(
                "the gate does not take this API key\nhelp: it is read from the credential gateway_api_key/default/key, or else from {}",
                self.records.data_dir.join(api_key::FILE).display()
            ),
            ClientError::Refused { status, text, .. } => {
                let said: Value = serde_json::from_str(&text).unwrap_or_default();
                match said["detail"].as_str() {
                    Some(said) => said.to_owned(),
                    None => format!("the gate answered {status}"),
                }
            }
        }
    }
}

/// Scheme, host and port of a URL.
fn base(url: &str) -> &str {
    let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    &url[..end]
}

/// A text as one segment or value of a URL.
pub(super) fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::with_capacity(text.len()), |mut url, byte| {
        if plain(byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
        url
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_of_a_url_has_no_path() {
        assert_eq!(base("http://127.0.0.1:8081/api/v1/runs?x=/"), "http://127.0.0.1:8081");
        assert_eq!(base("http://127.0.0.1:8081"), "http://127.0.0.1:8081");
    }

    #[test]
    fn a_name_cannot_leave_its_place_in_a_url() {
        assert_eq!(escaped("dev-1.a_b"), "dev-1.a_b");
        assert_eq!(escaped("a/b?c&d ü"), "a%2Fb%3Fc%26d%20%C3%BC");
    }
}
