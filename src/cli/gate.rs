//! The gate that is meant, asked through its control API.

use secrecy::SecretString;

use super::{
    globals::Globals,
    outcome::report,
    print::{detail, note},
    runtime::Runtime,
    target::{self, Target},
};
use crate::{
    api::problem::Kind,
    client::{Api, ApiError},
};

/// A running gate, as an operator speaks to it.
pub(super) struct Gate {
    runtime: Runtime,
    api: Api,
    key_from: String,
}

impl Gate {
    /// The gate that the command line, the environment, the folder or the user's file means.
    pub(super) fn of(globals: &Globals) -> miette::Result<Self> {
        let Target { url, key, key_from } = target::find(globals)?;
        detail(&format!("asking the gate at {url} with the key of {key_from}"));
        if url.starts_with("http://") && !is_near(&url) {
            note(
                "warning: the key goes to another machine in clear text: a proxy with TLS, or a tunnel, keeps it secret",
            );
        }
        let runtime = Runtime::new();
        let api = runtime.block_on(async { Api::new(&url, key) }).map_err(report)?;
        Ok(Self { runtime, api, key_from })
    }

    /// The key by which it is asked.
    pub(super) fn key(&self) -> &SecretString {
        self.api.key()
    }

    /// Where it is.
    pub(super) fn base(&self) -> &str {
        self.api.base()
    }

    /// Makes a call and says in words what went wrong.
    pub(super) fn ask<'a, T, Asked: Future<Output = Result<T, ApiError>>>(
        &'a self,
        call: impl FnOnce(&'a Api) -> Asked,
    ) -> miette::Result<T> {
        self.runtime.block_on(call(&self.api)).map_err(|error| self.words(&error))
    }

    /// The same, where the caller looks at what went wrong.
    pub(super) fn try_ask<'a, T, Asked: Future<Output = Result<T, ApiError>>>(
        &'a self,
        call: impl FnOnce(&'a Api) -> Asked,
    ) -> Result<T, ApiError> {
        self.runtime.block_on(call(&self.api))
    }

    /// What went wrong, and what helps.
    pub(super) fn words(&self, error: &ApiError) -> miette::Report {
        let help = match (error, error.kind()) {
            (_, Some(Kind::Unauthorized)) => {
                return report(format!(
                    "the gate at {} does not take this key\nhelp: it is that of {}",
                    self.api.base(),
                    self.key_from
                ));
            }
            (_, Some(Kind::ReadOnlyKey)) => format!("the key is that of {}", self.key_from),
            (ApiError::Unreachable { .. }, _) => "is `herdgate serve` running there?".to_owned(),
            (ApiError::NoGate { .. }, _) => {
                "the control API is at the admin listener, port 8081 by default".to_owned()
            }
            (ApiError::Unreadable { .. }, _) => "use the program of the same version as the gate".to_owned(),
            _ => return report(error),
        };
        report(format!("{error}\nhelp: {help}"))
    }
}

/// Whether a URL is of this very machine.
fn is_near(url: &str) -> bool {
    let host = url.trim_start_matches("http://");
    ["127.", "localhost", "[::1]"].iter().any(|near| host.starts_with(near))
}
