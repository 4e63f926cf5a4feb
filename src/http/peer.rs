//! Who a client is, as far as shares are concerned.

use std::{net::IpAddr, sync::Arc};

use actix_web::http::header::HeaderMap;
use arc_swap::ArcSwap;
use ipnet::IpNet;

/// The header in which proxies say whom they speak for, each at its right end.
const FORWARDED: &str = "x-forwarded-for";
/// Hops looked at; nobody has more proxies of their own in a row.
const HOPS: usize = 16;

/// One holder of a share: an IPv4 address, or an IPv6 network of 64 bits, which is what one customer
/// of a provider has at the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PeerKey(IpAddr);

impl PeerKey {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// Whose word counts: proxies of ours say whom they speak for, and have no share themselves.
#[derive(Debug, Default)]
pub struct TrustedPeers(ArcSwap<Vec<IpNet>>);

impl TrustedPeers {
    /// Trusts the proxies of these networks.
    pub fn new(proxies: Vec<IpNet>) -> Self {
        Self(ArcSwap::from_pointee(proxies))
    }

    /// Trusts others from now on.
    pub(super) fn replace(&self, proxies: Vec<IpNet>) {
        self.0.store(Arc::new(proxies));
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.load().iter().any(|network| network.contains(&address))
    }

    /// Whose share a connection from `address` takes; none where it is our own machine or a proxy.
    pub(super) fn share_of(&self, address: IpAddr) -> Option<PeerKey> {
        let exempt = address.to_canonical().is_loopback() || self.is_proxy(address);
        (!exempt).then(|| PeerKey::of(address))
    }

    /// Whose share a request takes. Behind proxies of ours it is the last address that none of them
    /// has: everything to the left of it is what the client made up.
    pub(super) fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> Option<PeerKey> {
        if !self.is_proxy(peer) {
            return self.share_of(peer);
        }
        let lines: Vec<_> = headers.get_all(FORWARDED).collect();
        let hops = lines.iter().rev().filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(','));
        for hop in hops.take(HOPS) {
            // A hop that is no address was not written by a proxy of ours.
            let address = address(hop.trim())?;
            if !self.is_proxy(address) {
                return self.share_of(address);
            }
        }
        None
    }
}

/// An address as proxies write it, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn forwarded(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HeaderName::from_static(FORWARDED), HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    fn client(peer: &str, lines: &[&str]) -> Option<String> {
        let trusted = TrustedPeers::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        trusted.client_of(peer.parse().unwrap(), &forwarded(lines)).map(|key| key.0.to_string())
    }

    #[test]
    fn only_proxies_of_ours_say_whom_they_speak_for() {
        assert_eq!(client("203.0.113.1", &["198.51.100.7"]).as_deref(), Some("203.0.113.1"));
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]).as_deref(), Some("198.51.100.7"));
    }

    #[test]
    fn what_the_client_wrote_itself_does_not_count() {
        let chain = ["192.0.2.1, 203.0.113.9", "198.51.100.7, 10.2.2.2"];
        assert_eq!(client("10.0.0.1", &chain).as_deref(), Some("198.51.100.7"));
        assert_eq!(client("10.0.0.1", &["198.51.100.7, junk"]), None);
        assert_eq!(client("10.0.0.1", &[]), None);
    }

    #[test]
    fn ports_and_brackets_are_no_part_of_an_address() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7:4711"]).as_deref(), Some("198.51.100.7"));
        assert_eq!(client("fd00::1", &["[2001:db8:1:2:3::4]:443"]).as_deref(), Some("2001:db8:1:2::"));
    }

    #[test]
    fn an_ipv6_network_of_64_bits_is_one_peer() {
        let trusted = TrustedPeers::default();
        let key = |text: &str| trusted.share_of(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:203.0.113.1"), key("203.0.113.1"));
        assert_eq!(key("::1"), None);
    }
}
