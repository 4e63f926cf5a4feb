//! What a service manager hands over, and is told.

use std::{
    net::TcpListener,
    os::{fd::AsRawFd, unix::net::UnixDatagram},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    process::Signal,
};

use crate::support::{Gate, PATIENCE, Project, http, named, sign, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";

/// Serves a project at sockets that are open already, as systemd starts it.
fn serve_at(project: &Project, sockets: &[&TcpListener], names: &str) -> Gate {
    let count = sockets.len();
    let handed: Vec<_> = (3..).zip(sockets).map(|(fd, from)| format!("{fd}<&{}", from.as_raw_fd())).collect();
    let script = format!(
        "LISTEN_PID=$$ LISTEN_FDS={count} LISTEN_FDNAMES={names} exec \"$0\" \"$@\" {}",
        handed.join(" ")
    );
    Gate::serve_by(project, &["bash", "-c", &script], &[])
}

/// A socket that outlives the gates which serve at it.
fn socket() -> TcpListener {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    fcntl_setfd(&socket, FdFlags::empty()).unwrap();
    socket
}

#[test]
fn a_restart_at_sockets_that_stay_open_refuses_nobody() {
    let project = Project::new("").agent("dev", ANY, "true");
    let (public, admin) = (socket(), socket());
    let address = public.local_addr().unwrap();
    let (sent, goes_on) = (AtomicUsize::new(0), AtomicBool::new(true));
    let mut first = serve_at(&project, &[&public, &admin], "public:admin");
    assert_eq!((first.public, first.admin), (address, admin.local_addr().unwrap()));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while goes_on.load(Ordering::Relaxed) {
                    let id = format!("d{}", sent.fetch_add(1, Ordering::Relaxed));
                    let body = named(&id, "{\"action\":\"opened\",\"issue\":{}}");
                    let signature = format!("sha256={}", sign(body.as_bytes()));
                    let headers = [
                        ("content-type", "application/json"),
                        ("x-github-event", "issues"),
                        ("x-github-delivery", id.as_str()),
                        ("x-hub-signature-256", signature.as_str()),
                    ];
                    let answer =
                        http::request(address, "POST", "/webhooks/github", &headers, body.as_bytes());
                    let answer = answer.unwrap_or_else(|error| panic!("delivery {id}: {error}"));
                    assert_eq!(answer.status, 200, "delivery {id}: {}", answer.text());
                }
            });
        }
        // Whatever fails, the senders end.
        let stop = Stop(&goes_on);
        let more = |count: usize| {
            let until_then = sent.load(Ordering::Relaxed) + count;
            until("more deliveries are taken", || sent.load(Ordering::Relaxed) >= until_then);
        };
        more(30);
        for _ in 0..2 {
            first.signal(Signal::TERM);
            first.wait();
            first = serve_at(&project, &[&public, &admin], "public:admin");
            more(30);
        }
        drop(stop);
    });
    let deliveries = sent.load(Ordering::Relaxed);
    until("all of them are counted", || {
        first.list("jobs?agent=dev&limit=1000").len() == deliveries.min(1_000)
    });
}

/// Ends the senders, also when the test fails meanwhile.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// What a service manager hears.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn listen(path: &std::path::Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        Self { socket, heard: Vec::new() }
    }

    /// Waits for a line, and forgets what was before it.
    fn hears(&mut self, line: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.heard.iter().position(|heard| heard.starts_with(line)) {
                return self.heard.drain(..=at).next_back().unwrap();
            }
            assert!(Instant::now() < end, "it never heard {line}, but {:?}", self.heard);
            let mut datagram = [0; 4096];
            if let Ok(length) = self.socket.recv(&mut datagram) {
                let text = String::from_utf8_lossy(&datagram[..length]).into_owned();
                self.heard.extend(text.lines().map(str::to_owned));
            }
        }
    }
}

#[test]
fn a_service_manager_is_told_of_every_turn_and_the_watchdog_is_fed() {
    let project = Project::new("").agent("dev", ANY, "true");
    let path = project.path().join("notify");
    let mut manager = Manager::listen(&path);
    let environment = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "600000")];
    let mut gate = Gate::serve_with(&project, &environment);
    manager.hears("READY=1");
    manager.hears("STATUS=ready");
    for _ in 0..3 {
        manager.hears("WATCHDOG=1");
    }
    gate.signal(Signal::HUP);
    manager.hears("RELOADING=1");
    assert!(manager.hears("MONOTONIC_USEC=").len() > "MONOTONIC_USEC=".len());
    manager.hears("READY=1");
    let config = project.path().join("agents/dev/agent-config.toml");
    std::fs::write(&config, "scael = 1\n").unwrap();
    let status = manager.hears("STATUS=ready; configuration refused");
    assert!(status.contains("scael"), "{status}");
    gate.signal(Signal::TERM);
    manager.hears("STOPPING=1");
    assert!(gate.wait().success());
}
