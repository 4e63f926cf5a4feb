//! A client that keeps its connection and measures.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::support::SECRET;

/// Digits of an id.
const ID: usize = 32;

/// One connection, which delivers a body again and again, each time with a new id at its end: equal
/// bytes would be one event. What of a request is always the same is made and signed once, so that
/// the client costs the gate little of the machine.
pub(crate) struct Client {
    to: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
    request: Vec<u8>,
    id_in_head: usize,
    signature: usize,
    /// Over the body up to the id in it.
    signed: Hmac<Sha256>,
}

impl Client {
    pub(crate) fn new(to: SocketAddr, event: &str, body: &str) -> Self {
        let zeros = "0".repeat(ID);
        let body = body.trim_end().strip_suffix('}').expect("a body is a JSON object");
        let (before, after) = (format!("{body},\"it\":\""), format!("{zeros}\"}}"));
        let head = format!(
            "POST /webhooks/github HTTP/1.1\r\nhost: {to}\r\ncontent-type: application/json\r\n\
             x-github-event: {event}\r\nuser-agent: GitHub-Hookshot/1234567\r\naccept: */*\r\n\
             content-length: {}\r\nx-github-delivery: ",
            before.len() + after.len()
        );
        let signature = format!("{head}{zeros}\r\nx-hub-signature-256: sha256=");
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes keys of any length");
        Self {
            to,
            connection: None,
            id_in_head: head.len(),
            signature: signature.len(),
            signed: mac.chain_update(&before),
            request: format!("{signature}{zeros}{zeros}\r\n\r\n{before}{after}").into_bytes(),
        }
    }

    /// Bytes of a body.
    pub(crate) fn body_len(&self) -> usize {
        self.request.len() - (self.signature + 2 * ID + 4)
    }

    /// Delivers under a new id. The status, and how long it took.
    pub(crate) fn deliver(&mut self) -> io::Result<(u16, Duration)> {
        let begun = Instant::now();
        let answered = self.exchange();
        if answered.is_err() {
            self.connection = None;
        }
        Ok((answered?, begun.elapsed()))
    }

    fn exchange(&mut self) -> io::Result<u16> {
        self.renew();
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let stream = TcpStream::connect(self.to)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                none.insert(BufReader::new(stream))
            }
        };
        connection.get_mut().write_all(&self.request)?;
        let mut line = String::new();
        connection.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("no answer"))?;
        let (mut length, mut closes) = (0, false);
        loop {
            line.clear();
            connection.read_line(&mut line)?;
            let header = line.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            closes |= header == "connection: close";
        }
        io::copy(&mut connection.take(length), &mut io::sink())?;
        if closes {
            self.connection = None;
        }
        Ok(status)
    }

    /// Gives the request a new id, and signs it.
    fn renew(&mut self) {
        let id = format!("{:032x}", fastrand::u128(..));
        self.request[self.id_in_head..][..ID].copy_from_slice(id.as_bytes());
        let in_body = self.request.len() - ID - 2;
        self.request[in_body..][..ID].copy_from_slice(id.as_bytes());
        let digest = self.signed.clone().chain_update(&self.request[in_body..]).finalize().into_bytes();
        let hex = const_hex::encode(digest);
        self.request[self.signature..][..2 * ID].copy_from_slice(hex.as_bytes());
    }
}

/// Latencies.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// What so many in a thousand did not exceed, in milliseconds.
    pub(crate) fn at(&mut self, permille: usize) -> f64 {
        self.0.sort_unstable();
        let place = (self.0.len() * permille / 1000).min(self.0.len().saturating_sub(1));
        self.0.get(place).copied().unwrap_or_default().as_secs_f64() * 1000.0
    }

    /// `p50 1.2 ms, p99 3.4 ms, max 5.6 ms`
    pub(crate) fn summary(mut self) -> String {
        format!("p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms", self.at(500), self.at(990), self.at(1000))
    }
}
