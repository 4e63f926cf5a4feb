//! `[gateway]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;

use super::Resolver;
use crate::config::{
    ConfigError, ResolvedGateway, Warning,
    settings::{Gateway, Telemetry},
};

impl Resolver<'_> {
    pub(super) fn gateway(&mut self) -> ResolvedGateway {
        let gateway = &self.files.settings.gateway;
        let public = SocketAddr::new(self.address("host", &gateway.host), gateway.port);
        let admin_port = admin_port(gateway, self.files.layers.mentions("gateway.admin_port"));
        let admin = SocketAddr::new(self.address("admin_host", &gateway.admin_host), admin_port);
        if !admin.ip().is_loopback() {
            self.warnings.push(Warning::OpenAdmin { address: admin });
        }
        if public.port() == admin.port() && public.port() != 0 {
            let cause = ConfigError::SamePort { port: admin.port() };
            self.problems.push(self.files.layers.problem("gateway.admin_port", cause));
        }
        ResolvedGateway {
            public,
            admin,
            url: self.url(),
            require_signatures: gateway.require_signatures,
            trusted_proxies: self.trusted_proxies(),
            admin_hosts: gateway.admin_hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            answer_within: *gateway.answer_within,
            body_limit: usize::try_from(gateway.body_limit).unwrap_or(usize::MAX),
            max_connections: usize::try_from(gateway.max_connections).unwrap_or(usize::MAX),
            request_timeout: *gateway.request_timeout,
            shutdown_grace: *gateway.shutdown_grace,
        }
    }

    fn address(&mut self, key: &str, host: &str) -> IpAddr {
        host_address(host).unwrap_or_else(|| {
            let why = "it is no address of this machine, like 0.0.0.0 or ::1".to_owned();
            let cause = ConfigError::BadValue { key: key.to_owned(), why };
            self.problems.push(self.files.layers.problem(&format!("gateway.{key}"), cause));
            Ipv4Addr::LOCALHOST.into()
        })
    }

    fn trusted_proxies(&mut self) -> Vec<IpNet> {
        let mut networks = Vec::new();
        for text in &self.files.settings.gateway.trusted_proxies {
            if let Ok(network) = text.parse().or_else(|_| text.parse().map(IpAddr::into)) {
                networks.push(network);
                continue;
            }
            let why = "each must be an address or a network, like 10.0.0.1 or 10.0.0.0/8".to_owned();
            let cause = ConfigError::BadValue { key: "trusted_proxies".to_owned(), why };
            self.problems.push(self.files.layers.problem("gateway.trusted_proxies", cause));
        }
        networks
    }

    fn url(&mut self) -> Option<String> {
        let url = self.files.settings.gateway.url.as_deref().filter(|url| !url.is_empty())?;
        if !is_url(url) {
            let why = "it is no URL, like https://gate.example.com".to_owned();
            let cause = ConfigError::BadValue { key: "url".to_owned(), why };
            self.problems.push(self.files.layers.problem("gateway.url", cause));
        }
        Some(url.trim_end_matches('/').to_owned())
    }

    /// `[telemetry]`.
    pub(super) fn telemetry(&mut self) -> Telemetry {
        let mut telemetry = self.files.settings.telemetry.clone();
        telemetry.otlp_endpoint = telemetry.otlp_endpoint.filter(|url| !url.is_empty());
        let wrong = telemetry.otlp_endpoint.as_deref().and_then(|url| match is_url(url) {
            // What stands in a configuration is shown; headers are not.
            true if url.contains('@') => Some("credentials belong into OTEL_EXPORTER_OTLP_HEADERS"),
            true => None,
            false => Some("it is no URL, like http://127.0.0.1:4318"),
        });
        if let Some(why) = wrong {
            let why = why.to_owned();
            let cause = ConfigError::BadValue { key: "otlp_endpoint".to_owned(), why };
            self.problems.push(self.files.layers.problem("telemetry.otlp_endpoint", cause));
        }
        telemetry
    }
}

fn is_url(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace))
}

/// The address to listen on; nobody's name is looked up.
pub(in crate::config) fn host_address(host: &str) -> Option<IpAddr> {
    if host == "localhost" { Some(Ipv4Addr::LOCALHOST.into()) } else { host.parse().ok() }
}

/// A project of Action Llama may have taken our default for its only port: then we step aside.
pub(in crate::config) fn admin_port(gateway: &Gateway, mentioned: bool) -> u16 {
    if gateway.port == gateway.admin_port && !mentioned {
        gateway.port.checked_add(1).unwrap_or(0)
    } else {
        gateway.admin_port
    }
}
