//! `/events`: signals that something changed, as server-sent events.

use std::time::Duration;

use actix_web::{HttpResponse, http::header, rt, web::Data};

use super::{
    answer::Refused,
    params::{NoParams, Params},
    stream::{self, Pieces},
};
use crate::{
    api::{events::Signal, problem::Kind},
    http::admin::{
        Admin,
        signals::{Versions, moved},
    },
};

/// A comment this often shows proxies and browsers that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Signals of every topic: first where each stands, then whenever one moves.
#[utoipa::path(get, path = "/events", tag = "events",
    responses((status = 200, body = Signal, content_type = "text/event-stream"), super::doc::Refusals))]
pub(super) async fn follow(admin: Data<Admin>, _: Params<NoParams>) -> Result<HttpResponse, Refused> {
    let Some(place) = admin.follow() else {
        return Err(Refused::new(Kind::TooManyFollowers, "as many follow as may"));
    };
    let (pieces, body) = stream::channel();
    rt::spawn(async move {
        tell(&admin, &pieces).await;
        drop(place);
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that collect answers would hold signals back.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body))
}

async fn tell(admin: &Admin, pieces: &Pieces) {
    let (mut signals, mut closing) = (admin.signals.subscribe(), admin.closing());
    let mut told: Versions = *signals.borrow_and_update();
    let begin = moved(&[u64::MAX; 9], &told);
    if !pieces.send(format!("retry: 2000\n\n{}", lines(&begin))).await {
        return;
    }
    loop {
        let piece = tokio::select! {
            changed = signals.changed() => match changed {
                Ok(()) => {
                    let now = *signals.borrow_and_update();
                    let text = lines(&moved(&told, &now));
                    told = now;
                    text
                }
                Err(_) => return,
            },
            () = tokio::time::sleep(HEARTBEAT) => ": still here\n\n".to_owned(),
            _ = closing.wait_for(|closing| *closing) => return,
            () = pieces.closed() => return,
        };
        if !pieces.send(piece).await {
            return;
        }
    }
}

fn lines(signals: &[Signal]) -> String {
    signals.iter().fold(String::new(), |mut text, signal| {
        text.push_str("data: ");
        text.push_str(&serde_json::to_string(signal).unwrap_or_default());
        text.push_str("\n\n");
        text
    })
}
