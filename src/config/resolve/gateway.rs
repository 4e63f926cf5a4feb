//! `[gateway]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;

use super::Resolver;
use crate::config::{ConfigError, ResolvedGateway};

impl Resolver<'_> {
    pub(super) fn gateway(&mut self) -> ResolvedGateway {
        let gateway = &self.files.project.gateway;
        let public = SocketAddr::new(self.address("host", &gateway.host), gateway.port);
        let admin = SocketAddr::new(self.address("admin_host", &gateway.admin_host), self.admin_port());
        if public.port() == admin.port() && public.port() != 0 {
            let cause = ConfigError::SamePort { port: admin.port() };
            self.problems.push(self.files.problem("gateway.admin_port", cause));
        }
        ResolvedGateway {
            public,
            admin,
            url: self.url(),
            answer_within: gateway.answer_within,
            body_limit: usize::try_from(gateway.body_limit).unwrap_or(usize::MAX),
            max_connections: usize::try_from(gateway.max_connections).unwrap_or(usize::MAX),
            trusted_proxies: self.networks("trusted_proxies", &gateway.trusted_proxies),
            admin_hosts: gateway.admin_hosts.clone(),
            request_timeout: gateway.request_timeout,
            shutdown_grace: gateway.shutdown_grace,
        }
    }

    /// A project of Action Llama may have taken our default for its only port: then we step aside.
    fn admin_port(&self) -> u16 {
        let gateway = &self.files.project.gateway;
        if gateway.port == gateway.admin_port && !self.files.mentions("gateway.admin_port") {
            gateway.port.checked_add(1).unwrap_or(0)
        } else {
            gateway.admin_port
        }
    }

    fn address(&mut self, key: &str, host: &str) -> IpAddr {
        if host == "localhost" {
            return Ipv4Addr::LOCALHOST.into();
        }
        host.parse().unwrap_or_else(|_| {
            let why = "it is no address of this machine, like 0.0.0.0 or ::1".to_owned();
            let cause = ConfigError::BadValue { key: key.to_owned(), why };
            self.problems.push(self.files.problem(&format!("gateway.{key}"), cause));
            Ipv4Addr::LOCALHOST.into()
        })
    }

    /// Networks, or single addresses, as `10.0.0.0/8` and `10.1.2.3`.
    fn networks(&mut self, key: &str, texts: &[String]) -> Vec<IpNet> {
        let mut networks = Vec::with_capacity(texts.len());
        for text in texts {
            let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            if let Ok(network) = network {
                networks.push(network);
            } else {
                let why = format!("`{text}` is no address or network, like 10.1.2.3 or 10.0.0.0/8");
                let cause = ConfigError::BadValue { key: key.to_owned(), why };
                self.problems.push(self.files.problem(&format!("gateway.{key}"), cause));
            }
        }
        networks
    }

    fn url(&mut self) -> Option<String> {
        let url = self.files.project.gateway.url.as_deref().filter(|url| !url.is_empty())?;
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(char::is_whitespace)) {
            let why = "it is no URL, like https://gate.example.com".to_owned();
            let cause = ConfigError::BadValue { key: "url".to_owned(), why };
            self.problems.push(self.files.problem("gateway.url", cause));
        }
        Some(url.trim_end_matches('/').to_owned())
    }
}
