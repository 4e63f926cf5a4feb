//! Server-sent events: signals of what changes, for as long as somebody follows.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header,
    rt,
    web::{Bytes, Data},
};

use herdgate_actors::telemetry::SseClient;

use super::{
    signals::{Versions, moved},
    state::Admin,
    stream::{self, Pieces},
};
use crate::api::events::{Signal, Topic};

/// A beat this often shows proxies and pages that the stream lives.
const EVERY: Duration = Duration::from_secs(15);
/// Of a kind of its own, so that who listens for signals does not hear it.
const BEAT: &[u8] = b"event: beat\ndata: {}\n\n";
/// How soon a browser comes again whose stream broke.
const RETRY: &str = "retry: 2000\n\n";

/// Follows all topics: first where each stands, then whenever one moves. `None` where as many follow as
/// may.
pub(super) fn answer(
    admin: &Data<Admin>,
    request: &HttpRequest,
    mut answer: HttpResponseBuilder,
) -> Option<HttpResponse> {
    let place = admin.follow()?;
    let (pieces, body) = stream::channel(request);
    let admin = admin.clone();
    rt::spawn(async move {
        let _counted = SseClient::connected();
        tell(&admin, &pieces).await;
        drop(place);
    });
    answer
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that collect answers would hold signals back.
        .insert_header(("X-Accel-Buffering", "no"));
    Some(answer.streaming(body))
}

async fn tell(admin: &Admin, pieces: &Pieces) {
    let (mut signals, mut closing) = (admin.signals.subscribe(), admin.closing());
    let mut told: Versions = *signals.borrow_and_update();
    let begin = moved(&[u64::MAX; Topic::ALL.len()], &told);
    if !pieces.send(format!("{RETRY}{}", lines(&begin))).await {
        return;
    }
    loop {
        let piece = tokio::select! {
            changed = signals.changed() => match changed {
                Ok(()) => {
                    let now = *signals.borrow_and_update();
                    let text = lines(&moved(&told, &now));
                    told = now;
                    text.into()
                }
                Err(_) => return,
            },
            () = tokio::time::sleep(EVERY) => Bytes::from_static(BEAT),
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
