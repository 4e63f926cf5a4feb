//! A client that keeps its connection and measures.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use crate::support::sign;

/// One connection, which delivers a body again and again, each time with a new id in it.
pub(crate) struct Client {
    to: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
    head: String,
    body: String,
}

impl Client {
    pub(crate) fn new(to: SocketAddr, event: &str, body: &str) -> Self {
        let head = format!(
            "POST /webhooks/github HTTP/1.1\r\nhost: {to}\r\ncontent-type: application/json\r\nx-github-event: {event}\r\n",
        );
        Self { to, connection: None, head, body: body.to_owned() }
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
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let stream = TcpStream::connect(self.to)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                none.insert(BufReader::new(stream))
            }
        };
        let id = fastrand::u128(..);
        // Equal bytes would be one event.
        let body = self.body.replacen('{', &format!("{{\"id\":\"{id:032x}\","), 1);
        let request = format!(
            "{}x-github-delivery: {id:032x}\r\nx-hub-signature-256: sha256={}\r\ncontent-length: {}\r\n\r\n{body}",
            self.head,
            sign(body.as_bytes()),
            body.len()
        );
        connection.get_mut().write_all(request.as_bytes())?;
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

    /// `p50 1.2 ms, p99 3.4 ms, max 5.6 ms`
    pub(crate) fn summary(mut self) -> String {
        self.0.sort_unstable();
        let at = |permille: usize| {
            let place = (self.0.len() * permille / 1000).min(self.0.len().saturating_sub(1));
            self.0.get(place).copied().unwrap_or_default().as_secs_f64() * 1000.0
        };
        format!("p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms", at(500), at(990), at(1000))
    }
}
