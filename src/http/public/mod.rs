//! The public door: `POST /webhooks/<type>[/<source>]` and `/livez`, nothing else.

mod body;
mod budget;
mod webhooks;

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{App, HttpResponse, dev::Service, web};

pub use budget::Budget;
pub(super) use webhooks::not_found;
pub use webhooks::{WebhookLimits, Webhooks};

use super::{
    connection::Busy,
    listeners::{Door, DoorOptions, OnFailure, open as open_door},
};

/// Makes one worker's [`Webhooks`], on the worker's own thread; called once in each.
pub type PerWorker = Arc<dyn Fn() -> Webhooks + Send + Sync>;

pub(super) async fn open(
    socket: TcpListener,
    options: DoorOptions,
    on_failure: &OnFailure,
    per_worker: PerWorker,
) -> io::Result<Door> {
    open_door(socket, options, Arc::clone(on_failure), move || {
        // Not every proxy that is told `/webhooks/github` leaves it at that.
        let of_type = vec!["/webhooks/{type}", "/webhooks/{type}/"];
        let of_source = vec!["/webhooks/{type}/{source}", "/webhooks/{type}/{source}/"];
        App::new()
            .app_data(web::Data::new(per_worker()))
            .wrap_fn(|request, app| {
                let busy = Busy::mark(request.request());
                let answer = app.call(request);
                async move {
                    let _busy = busy;
                    answer.await
                }
            })
            .service(
                web::resource(of_type)
                    .route(web::post().to(webhooks::any_source))
                    .default_service(web::to(webhooks::wrong_method)),
            )
            .service(
                web::resource(of_source)
                    .route(web::post().to(webhooks::one_source))
                    .default_service(web::to(webhooks::wrong_method)),
            )
            .route("/livez", web::get().to(livez))
            .default_service(web::to(webhooks::not_found))
    })
    .await
}

/// The process answers.
pub(super) async fn livez() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}
