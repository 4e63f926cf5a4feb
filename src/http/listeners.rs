//! Binds the two doors, serves them, and tells when one of them fails.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use actix_http::{HttpService, Request, Response, body::MessageBody};
use actix_server::{Server, ServerHandle};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::{dev::AppConfig, rt::net::TcpStream};
use herdgate_actors::telemetry::DoorSeries;
use tracing::error;

use super::{
    admin::AllowedHosts,
    connection::{SlotLimits, Stream, Table},
    peer::TrustedPeers,
};

/// Connections that may wait to be taken in.
const BACKLOG: i32 = 1024;
/// Connections of operators at once: people, a scraper, probes.
const ADMIN_CONNECTIONS: usize = 512;
/// How long an idle connection is kept: long enough for a burst of deliveries, and providers open new
/// ones without ado.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// The same for peers that never delivered, and while slots are scarce.
const KEEP_ALIVE_SCARCE: Duration = Duration::from_secs(1);
/// Connections taken beyond the limit for the moment in which others give way to them.
const HEADROOM: usize = 16;

/// How long a door that closes waits for requests on connections that it has taken.
const LAST_REQUESTS: Duration = Duration::from_secs(2);
/// How often it looks whether there are any.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// So many looks without one are enough.
const QUIET_LOOKS: u32 = 10;

/// Where the doors are, and how wide.
#[derive(Debug)]
pub struct Listeners {
    /// Where webhooks come in.
    pub public: Place,
    /// Where operators come in.
    pub admin: Place,
    /// Names under which operators may come in.
    pub hosts: Arc<AllowedHosts>,
    /// Their limits.
    pub limits: Limits,
}

/// Where a door is.
#[derive(Debug)]
pub enum Place {
    /// At an address of our own choice.
    Address(SocketAddr),
    /// At a socket that whoever started us listens on, and goes on listening on when we are gone.
    Socket(TcpListener),
}

impl Place {
    /// The socket there.
    pub(super) fn open(self, what: &str) -> io::Result<TcpListener> {
        match self {
            Self::Address(address) => bind(address, what),
            Self::Socket(socket) => Ok(socket),
        }
    }
}

/// What one client, or all of them, may use up.
#[derive(Debug, Clone)]
pub struct Limits {
    /// HTTP workers, each a thread.
    pub workers: usize,
    /// Connections at once, over all workers.
    pub max_connections: usize,
    /// How long a request's head may take.
    pub head_patience: Duration,
    /// Who takes no share of connections and memory.
    pub trusted: Arc<TrustedPeers>,
}

/// Told why a door does not serve any more though nobody closed it.
pub type OnFailure = Arc<dyn Fn(String) + Send + Sync>;

/// A door that is open.
pub(super) struct Door {
    /// Where, port and all.
    pub(super) address: SocketAddr,
    server: ServerHandle,
    closing: Arc<AtomicBool>,
    unanswered: Arc<AtomicUsize>,
}

impl Door {
    /// Takes no new connections, and waits until the open requests are answered.
    pub(super) async fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        self.server.pause().await;
        // Who was let in before is answered: what has connected is about to send its request.
        let _ = tokio::time::timeout(LAST_REQUESTS, self.answered()).await;
        self.server.stop(true).await;
    }

    /// Waits until nobody has been owed an answer for a moment, in which workers take in what was
    /// accepted last.
    async fn answered(&self) {
        let mut quiet = 0;
        while quiet < QUIET_LOOKS {
            tokio::time::sleep(LOOK_EVERY).await;
            quiet = if self.unanswered.load(Ordering::Relaxed) == 0 { quiet + 1 } else { 0 };
        }
    }
}

/// How one door serves.
pub(super) struct DoorOptions {
    name: &'static str,
    workers: usize,
    slots: SlotLimits,
    /// How long open requests may take when the door closes, in seconds.
    shutdown_seconds: u64,
}

impl DoorOptions {
    pub(super) fn public(limits: &Limits) -> Self {
        Self {
            name: "public",
            workers: limits.workers,
            slots: SlotLimits {
                slots: limits.max_connections.div_ceil(limits.workers),
                head: limits.head_patience,
                keep_alive: KEEP_ALIVE,
                keep_alive_scarce: KEEP_ALIVE_SCARCE,
                trusted: Arc::clone(&limits.trusted),
                unanswered: Arc::default(),
            },
            shutdown_seconds: 10,
        }
    }

    /// Operators are few: one worker. What takes long there leaves its thread.
    pub(super) fn admin(limits: &Limits) -> Self {
        Self {
            name: "admin",
            workers: 1,
            slots: SlotLimits {
                slots: ADMIN_CONNECTIONS,
                head: limits.head_patience,
                keep_alive: KEEP_ALIVE,
                keep_alive_scarce: KEEP_ALIVE,
                trusted: Arc::clone(&limits.trusted),
                unanswered: Arc::default(),
            },
            shutdown_seconds: 5,
        }
    }
}

/// Binds an address for what comes in there.
fn bind(address: SocketAddr, what: &str) -> io::Result<TcpListener> {
    let socket = TcpListener::bind(address).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address} for {what}: {error}"))
    })?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

/// Serves `app` on a socket until the door is closed; `app` is called once in each worker.
///
/// # Errors
/// A worker that cannot start.
pub(super) async fn open<App, Factory, Service, Body>(
    socket: TcpListener,
    options: DoorOptions,
    on_failure: OnFailure,
    app: App,
) -> io::Result<Door>
where
    App: Fn() -> Factory + Send + Clone + 'static,
    Factory: IntoServiceFactory<Service, Request>,
    Service: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
    Service::InitError: fmt::Debug,
    Service::Response: Into<Response<Body>>,
    Body: MessageBody + 'static,
{
    let address = socket.local_addr()?;
    let DoorOptions { name, workers, slots, shutdown_seconds } = options;
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(slots.slots + HEADROOM)
        .shutdown_timeout(shutdown_seconds)
        .disable_signals();
    let (closing, series) = (builder.graceful_shutdown_signal(), DoorSeries::new(name));
    let unanswered = Arc::clone(&slots.unanswered);
    let server = builder.listen(name, socket, move || {
        let closing = closing.clone();
        let table = Table::new(slots.clone(), series.clone());
        actix_web::rt::spawn(Rc::clone(&table).watch());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let closing = closing.clone();
                async move { closing.notified().await }
            })
            .keep_alive(slots.keep_alive)
            .client_request_timeout(slots.head)
            .client_disconnect_timeout(Duration::from_secs(1))
            .local_addr(address)
            .on_connect_ext(|stream: &Stream, extensions| {
                extensions.insert(stream.connection());
            })
            .h1(map_config(app(), |()| AppConfig::default()));
        fn_service(move |socket: TcpStream| {
            let peer = socket.peer_addr().ok();
            let stream = Stream::open(socket, &table);
            std::future::ready(Ok::<_, actix_http::error::DispatchError>((stream, peer)))
        })
        .and_then(http)
    })?;
    start(server.run(), (name, address, unanswered), on_failure).await
}

/// Starts a server's workers and watches over it.
async fn start(
    mut server: Server,
    (name, address, unanswered): (&'static str, SocketAddr, Arc<AtomicUsize>),
    on_failure: OnFailure,
) -> io::Result<Door> {
    // The first poll starts the workers, and panics where the system has no more threads or files.
    let begun = std::future::poll_fn(|task| {
        Poll::Ready(catch_unwind(AssertUnwindSafe(|| Pin::new(&mut server).poll(task))))
    });
    let why = match begun.await {
        Ok(Poll::Pending) => None,
        Ok(Poll::Ready(Ok(()))) => Some("it ended at once".to_owned()),
        Ok(Poll::Ready(Err(error))) => Some(error.to_string()),
        Err(_) => Some("its workers do not start; are there threads and open files to be had?".to_owned()),
    };
    if let Some(why) = why {
        return Err(io::Error::other(format!("cannot serve on {address}: {why}")));
    }
    let closing = Arc::new(AtomicBool::new(false));
    let door = Door { address, server: server.handle(), closing: Arc::clone(&closing), unanswered };
    actix_web::rt::spawn(async move {
        let ended = server.await;
        if !closing.load(Ordering::Relaxed) {
            let why = ended.err().map_or_else(|| "its server ended".to_owned(), |error| error.to_string());
            error!(door = name, %address, why, "a door does not serve any more");
            on_failure(format!("the {name} door: {why}"));
        }
    });
    Ok(door)
}
