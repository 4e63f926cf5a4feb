//! Binds the two doors.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix::Arbiter;
use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    middleware::DefaultHeaders,
    web,
};
use herdgate_actors::{
    domain::UnverifiedRequest,
    ingress::IngressActor,
    runtime::{ActorId, MailboxMetrics, MailboxSender, Policy, Supervision},
};

use super::{Admin, Webhooks, admin, connection, webhooks};

/// Where the doors are, and how wide.
#[derive(Debug, Clone)]
pub struct Listeners {
    /// Where webhooks come in.
    pub public: SocketAddr,
    /// Where operators come in.
    pub admin: SocketAddr,
    /// Their limits.
    pub limits: Limits,
}

/// What one client, or all of them, may use up.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// HTTP workers, each a thread.
    pub workers: usize,
    /// Connections at once, over all workers.
    pub max_connections: usize,
    /// How long a request's head may take.
    pub head_patience: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// Arrivals that may wait in one worker: it takes them in about 10 µs each, so this is 10 ms
    /// of work.
    pub ingress_mailbox: usize,
}

/// Both doors, bound.
pub struct Servers {
    /// Where webhooks come in, port and all.
    pub public: SocketAddr,
    /// Where operators come in, port and all.
    pub admin: SocketAddr,
    public_server: ServerHandle,
    admin_server: ServerHandle,
}

impl Servers {
    /// Takes no more deliveries and waits until the open requests are answered.
    pub async fn stop_public(&self) {
        self.public_server.stop(true).await;
    }

    /// Closes the admin door, the last one to close.
    pub async fn stop_admin(&self) {
        self.admin_server.stop(true).await;
    }
}

/// Makes one worker's [`Webhooks`] around its outlet.
pub type PerWorker = Arc<dyn Fn(MailboxSender<UnverifiedRequest>) -> Webhooks + Send + Sync>;

/// Binds both doors and serves until they are stopped.
///
/// # Errors
/// An address that cannot be bound.
pub fn serve(
    doors: &Listeners,
    ingress: IngressActor,
    supervision: Supervision,
    per_worker: PerWorker,
    admin: Admin,
) -> io::Result<Servers> {
    let limits = doors.limits;
    let public = bind(doors.public)?;
    let admin_socket = bind(doors.admin)?;
    let (public_at, admin_at) = (public.local_addr()?, admin_socket.local_addr()?);
    let gate = public_door(public, limits, ingress, supervision, per_worker)?;
    let admin = admin_door(admin_socket, limits, admin)?;
    let (public_server, admin_server) = (gate.handle(), admin.handle());
    actix_web::rt::spawn(gate);
    actix_web::rt::spawn(admin);
    Ok(Servers { public: public_at, admin: admin_at, public_server, admin_server })
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}

fn public_door(
    socket: TcpListener,
    limits: Limits,
    ingress: IngressActor,
    supervision: Supervision,
    per_worker: PerWorker,
) -> io::Result<Server> {
    let worker = Arc::new(AtomicUsize::new(0));
    let app = move || {
        let number = worker.fetch_add(1, Ordering::Relaxed);
        let identity = ActorId { actor: "ingress", name: number.to_string() };
        let meter = MailboxMetrics::new(&identity, limits.ingress_mailbox);
        let ingress = ingress.clone();
        let actor = supervision.start(&Arbiter::current(), identity, Policy::default(), |_, _| ingress);
        App::new()
            .app_data(web::Data::new(per_worker(MailboxSender::new(actor, meter))))
            .service(
                web::resource("/webhooks/{type}")
                    .route(web::post().to(webhooks::any_source))
                    .default_service(web::to(webhooks::wrong_method)),
            )
            .service(
                web::resource("/webhooks/{type}/{source}")
                    .route(web::post().to(webhooks::one_source))
                    .default_service(web::to(webhooks::wrong_method)),
            )
            .route("/livez", web::get().to(admin::livez))
            .default_service(web::to(webhooks::not_found))
    };
    Ok(HttpServer::new(app)
        .on_connect(connection::remember)
        .workers(limits.workers)
        .max_connections(limits.max_connections.div_ceil(limits.workers))
        .backlog(1024)
        .client_request_timeout(limits.head_patience)
        .client_disconnect_timeout(Duration::from_secs(1))
        .keep_alive(limits.keep_alive)
        .shutdown_timeout(10)
        .disable_signals()
        .listen(socket)?
        .run())
}

fn admin_door(socket: TcpListener, limits: Limits, admin: Admin) -> io::Result<Server> {
    let admin = web::Data::new(admin);
    let app = move || {
        App::new()
            .app_data(admin.clone())
            .wrap(DefaultHeaders::new().add(("Cache-Control", "no-store")))
            .configure(admin::routes)
            .default_service(web::to(webhooks::not_found))
    };
    Ok(HttpServer::new(app)
        .on_connect(connection::remember)
        .workers(1)
        .client_request_timeout(limits.head_patience)
        .shutdown_timeout(5)
        .disable_signals()
        .listen(socket)?
        .run())
}
