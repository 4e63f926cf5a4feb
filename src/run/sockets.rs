//! Sockets that whoever started the gate listens on: systemd's socket activation.
//!
//! They stay open from one life of the gate to the next, so that a restart refuses nobody: who comes
//! meanwhile waits in the socket's backlog.

use std::{env, io, net::TcpListener};

use listenfd::ListenFd;

/// What the names of sockets stand in, separated by colons: `FileDescriptorName=` of a socket unit.
const NAMES: &str = "LISTEN_FDNAMES";
/// The name of the admin door's socket; any other is the public one's.
const ADMIN: &str = "admin";

/// The sockets that were handed over.
#[derive(Debug, Default)]
pub struct Sockets {
    /// For webhooks.
    pub public: Option<TcpListener>,
    /// For operators.
    pub admin: Option<TcpListener>,
}

impl Sockets {
    /// Takes what is there for this process. To be called once, before there are threads.
    ///
    /// # Errors
    /// More than two sockets, or one that is none of TCP.
    pub fn from_env() -> io::Result<Self> {
        let names = env::var(NAMES).unwrap_or_default();
        let mut handed = ListenFd::from_env();
        let mut sockets = Vec::with_capacity(handed.len());
        for index in 0..handed.len() {
            let socket = handed.take_tcp_listener(index).map_err(|error| {
                io::Error::new(error.kind(), format!("socket {index} that was handed over: {error}"))
            })?;
            sockets.extend(socket);
        }
        Self::of(sockets, &names)
    }

    /// The one that is named so is the admin door's; without names it is the second one.
    fn of(mut sockets: Vec<TcpListener>, names: &str) -> io::Result<Self> {
        if sockets.len() > 2 {
            let text = "more than two sockets were handed over: there is one door for webhooks and one for operators";
            return Err(io::Error::other(text));
        }
        let admin = match names.split(':').position(|name| name == ADMIN) {
            Some(index) if index < sockets.len() => Some(sockets.remove(index)),
            _ if sockets.len() == 2 => sockets.pop(),
            _ => None,
        };
        Ok(Self { public: sockets.pop(), admin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    fn doors(names: &str, count: usize) -> (Option<usize>, Option<usize>) {
        let sockets: Vec<_> = (0..count).map(|_| socket()).collect();
        let ports: Vec<_> = sockets.iter().map(|socket| socket.local_addr().unwrap()).collect();
        let of = Sockets::of(sockets, names).unwrap();
        let place = |socket: Option<TcpListener>| {
            let address = socket?.local_addr().unwrap();
            ports.iter().position(|port| *port == address)
        };
        (place(of.public), place(of.admin))
    }

    #[test]
    fn a_socket_goes_to_the_door_that_it_is_named_for() {
        assert_eq!(doors("admin:public", 2), (Some(1), Some(0)));
        assert_eq!(doors("herdgate.socket:admin", 2), (Some(0), Some(1)));
        assert_eq!(doors("admin", 1), (None, Some(0)));
    }

    #[test]
    fn without_names_the_first_is_public() {
        assert_eq!(doors("", 2), (Some(0), Some(1)));
        assert_eq!(doors("herdgate.socket:herdgate.socket", 2), (Some(0), Some(1)));
        assert_eq!(doors("herdgate.socket", 1), (Some(0), None));
        assert_eq!(doors("", 0), (None, None));
        assert!(Sockets::of(vec![socket(), socket(), socket()], "").is_err());
    }
}
