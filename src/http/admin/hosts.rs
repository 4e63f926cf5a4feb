//! Under which names the admin door answers.
//!
//! A page in somebody's browser can let its own name point at this machine, and read what a door
//! without a key says. It cannot make the browser send another name than its own: so a request must
//! carry a name that is ours.

use std::{net::IpAddr, sync::Arc};

use actix_web::{Error, HttpRequest, http::header};
use arc_swap::ArcSwap;

use super::api::Refused;
use crate::api::problem::Kind;

/// The names and addresses that are ours.
#[derive(Debug)]
pub struct AllowedHosts {
    address: IpAddr,
    names: ArcSwap<Vec<String>>,
}

impl AllowedHosts {
    /// Those of a door that listens on `address`, and `names` that the operator lists.
    pub fn new(address: IpAddr, names: Vec<String>) -> Self {
        Self { address, names: ArcSwap::from_pointee(names) }
    }

    /// Lists others from now on.
    pub(in crate::http) fn replace(&self, names: Vec<String>) {
        self.names.store(Arc::new(names));
    }

    /// Why this request is not answered, where it is not.
    pub(super) fn refuse(&self, request: &HttpRequest) -> Option<Error> {
        let host = request.headers().get(header::HOST)?;
        let ours = host.to_str().is_ok_and(|host| self.allows(host));
        (!ours).then(refusal)
    }

    /// Browsers always send a host; what sends none is no browser.
    fn allows(&self, host: &str) -> bool {
        let host = without_port(host);
        if let Ok(address) = host.parse::<IpAddr>() {
            // An address cannot be pointed elsewhere; but only those on which we listen are ours.
            return address.is_loopback() || address == self.address || self.address.is_unspecified();
        }
        let host = host.strip_suffix('.').unwrap_or(host);
        host.eq_ignore_ascii_case("localhost")
            || host.to_ascii_lowercase().ends_with(".localhost")
            || self.names.load().iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

/// 421: asked under a name that is not ours.
pub(super) fn refusal() -> Error {
    let text =
        "the admin listener answers to localhost, its own address, and what `admin_hosts` in [gateway] names";
    Refused::new(Kind::UnknownHost, text).into()
}

fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(address: &str) -> AllowedHosts {
        AllowedHosts::new(address.parse().unwrap(), vec!["gate.internal".to_owned()])
    }

    #[test]
    fn loopback_names_the_own_address_and_what_is_listed_are_ours() {
        let hosts = hosts("10.1.2.3");
        for host in [
            "localhost",
            "LOCALHOST:8081",
            "localhost.",
            "gate.localhost:8081",
            "127.0.0.1",
            "127.0.0.1:8081",
            "[::1]:8081",
            "10.1.2.3:8081",
            "Gate.Internal:8081",
        ] {
            assert!(hosts.allows(host), "{host}");
        }
    }

    #[test]
    fn names_that_somebody_else_may_point_here_are_not() {
        for host in [
            "evil.example",
            "evil.example:8081",
            "localhost.evil.example",
            "xlocalhost",
            "",
            "10.9.9.9",
            "[::2]",
        ] {
            assert!(!hosts("10.1.2.3").allows(host), "{host}");
        }
    }

    #[test]
    fn a_door_on_all_addresses_answers_to_any_address() {
        assert!(hosts("0.0.0.0").allows("10.9.9.9:8081"));
        assert!(!hosts("0.0.0.0").allows("evil.example"));
    }
}
