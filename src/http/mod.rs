//! Two doors: the public one knows webhooks and nothing else, the admin one everything else.
//!
//! - `listeners`: binds them, serves them, and tells when one fails.
//! - `connection`: who holds a slot, and who gives way.
//! - `peer`: whose share a client takes.
//! - `settings`: what may change while they are open.
//! - `public`: webhooks.
//! - `admin`: metrics, health, and the control API behind a key.

mod admin;
mod connection;
mod listeners;
mod peer;
mod public;
mod settings;

use std::{io, net::SocketAddr, sync::Arc};

use actix_web::web::Data;

pub use admin::{Admin, AllowedHosts};
pub use listeners::{Limits, Listeners, OnFailure, Place};
pub use peer::TrustedPeers;
pub use public::{Budget, PerWorker, WebhookLimits, Webhooks};
pub use settings::DoorSettings;

use self::listeners::{Door, DoorOptions};

/// Both doors, open.
pub struct Servers {
    public: Door,
    admin: Door,
    operators: Data<Admin>,
}

impl Servers {
    /// Where webhooks come in, port and all.
    pub fn public(&self) -> SocketAddr {
        self.public.address
    }

    /// Where operators come in, port and all.
    pub fn admin(&self) -> SocketAddr {
        self.admin.address
    }

    /// Takes no more deliveries, and waits until the open requests are answered. Deliveries are taken
    /// for as long as the store works, so this comes after the last run and before the last commit.
    pub async fn close_public(&self) {
        self.public.close().await;
    }

    /// Closes the admin door, the last one to close.
    pub async fn close_admin(&self) {
        self.operators.close();
        self.admin.close().await;
    }
}

/// Binds both doors and serves until they are closed; a door that fails before is told to
/// `on_failure`.
///
/// # Errors
/// An address that cannot be bound, or workers that cannot start.
pub async fn serve(
    listeners: Listeners,
    per_worker: PerWorker,
    admin: Admin,
    on_failure: OnFailure,
) -> io::Result<Servers> {
    // Both are bound before one is served: who cannot have both has none.
    let (public_socket, admin_socket) = (
        listeners.public.open("webhooks (`host` and `port` in [gateway])")?,
        listeners.admin.open("operators (`admin_host` and `admin_port` in [gateway])")?,
    );
    let limits = &listeners.limits;
    let hosts = Arc::clone(&listeners.hosts);
    let public_door = admin::PublicDoor(public_socket.local_addr()?);
    let operators = Data::new(admin);
    let options = DoorOptions::admin(limits);
    let admin =
        admin::open(admin_socket, options, &on_failure, operators.clone(), hosts, public_door).await?;
    let public = public::open(public_socket, DoorOptions::public(limits), &on_failure, per_worker).await?;
    Ok(Servers { public, admin, operators })
}
