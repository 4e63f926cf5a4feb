//! The admin door: metrics, health, and the control API behind a key.
//!
//! - `auth`: who may use the API. `hosts`: under which names the door answers.
//! - `signals`, `follow`, `stream`: what changes, told to whoever follows.
//! - `health`, `metrics`: for probes and scrapers, without a key.
//! - `api`: one file per noun. `dashboard`: the same for people.

mod api;
mod auth;
mod dashboard;
mod follow;
mod health;
mod hosts;
mod metrics;
mod signals;
mod state;
mod stream;

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{
    App,
    dev::Service,
    middleware::{DefaultHeaders, from_fn},
    web,
};

pub(super) use dashboard::PublicDoor;
pub use hosts::AllowedHosts;
pub use state::Admin;

use super::{
    connection::Busy,
    listeners::{Door, DoorOptions, OnFailure, open as open_door},
    public,
};
pub(super) async fn open(
    socket: TcpListener,
    options: DoorOptions,
    on_failure: &OnFailure,
    admin: web::Data<Admin>,
    hosts: Arc<AllowedHosts>,
    public: PublicDoor,
) -> io::Result<Door> {
    let public_door = web::Data::new(public);
    open_door(socket, options, Arc::clone(on_failure), move || {
        let hosts = Arc::clone(&hosts);
        App::new()
            .app_data(admin.clone())
            .app_data(public_door.clone())
            .wrap(DefaultHeaders::new().add(("Cache-Control", "no-store")))
            .wrap_fn(move |request, app| {
                let busy = Busy::mark(request.request());
                let refused = hosts.refuse(request.request());
                // Never polled where the host is refused, so nothing behind it runs.
                let answer = refused.is_none().then(|| app.call(request));
                async move {
                    let _busy = busy;
                    match (answer, refused) {
                        (Some(answer), None) => answer.await,
                        (_, refused) => Err(refused.unwrap_or_else(hosts::refusal)),
                    }
                }
            })
            .route("/livez", web::get().to(public::livez))
            .route("/readyz", web::get().to(health::readyz))
            .route("/metrics", web::get().to(metrics::metrics))
            .configure(api::open_routes)
            .route("/", web::get().to(dashboard::home))
            .service(web::scope("/dashboard").configure(dashboard::routes))
            .service(
                web::scope(crate::api::ROOT)
                    .wrap(from_fn(auth::authenticate))
                    .configure(api::routes)
                    .default_service(web::to(api::unknown_path)),
            )
            .default_service(web::to(public::not_found))
    })
    .await
}
