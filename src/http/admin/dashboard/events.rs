//! Signals that something has changed: what, not how. A page that hears one asks again for itself, so
//! nothing is kept here for anybody, and who missed some asks once for all of them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use bytes::Bytes;
use futures_core::Stream;
use herdgate_actors::telemetry::bus::{self, Published};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast, mpsc, watch},
    time::{Instant, interval_at, sleep_until},
};

use super::{
    answer::guarded,
    topics::{Topic, Topics},
    visitor::Visitor,
};
use crate::http::connection::Busy;

/// Pages that are open at once; a browser closes the stream of one that is not looked at.
const FOLLOWERS: usize = 64;
/// What changes within this time is one signal: a burst of deliveries asks for a page a few times a
/// second at most.
const TOGETHER: Duration = Duration::from_millis(250);
/// So a page, and every proxy between, knows that the stream is alive.
const BEAT: Duration = Duration::from_secs(15);
/// Signals that wait for a slow browser; each is worth as much as all of them.
const QUEUE: usize = 2;

/// Who follows, and until when.
#[derive(Clone)]
pub(in crate::http) struct Streams {
    places: Arc<Semaphore>,
    ended: watch::Receiver<bool>,
}

impl Streams {
    /// Streams that end when `ended` says so, or its sender is gone: a door cannot close before.
    pub(in crate::http) fn until(ended: watch::Receiver<bool>) -> Self {
        Self { places: Arc::new(Semaphore::new(FOLLOWERS)), ended }
    }
}

/// `GET /dashboard/events`.
pub(super) async fn follow(_: Visitor, streams: web::Data<Streams>, request: HttpRequest) -> HttpResponse {
    let Ok(place) = Arc::clone(&streams.places).try_acquire_owned() else {
        return guarded(StatusCode::SERVICE_UNAVAILABLE).body("too many pages follow already\n");
    };
    let (frames, waiting) = mpsc::channel(QUEUE);
    actix_web::rt::spawn(tell(frames, bus::subscribe(), streams.ended.clone()));
    guarded(StatusCode::OK)
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        // nginx would keep signals until it has a few kilobytes of them.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(Frames { waiting, request, busy: None, _place: place })
}

/// Puts what changes into frames until the page is gone, or the gate.
async fn tell(
    frames: mpsc::Sender<Bytes>,
    mut facts: broadcast::Receiver<Arc<Published>>,
    mut ended: watch::Receiver<bool>,
) {
    let mut changed = Topics::default();
    let mut version = 0;
    let mut tell_at = Instant::now();
    let mut beat = interval_at(Instant::now() + BEAT, BEAT);
    if frames.send(Bytes::from_static(b"retry: 2000\nevent: hello\ndata: {}\n\n")).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            _ = ended.changed() => return,
            () = frames.closed() => return,
            fact = facts.recv() => {
                let was_empty = changed.is_empty();
                match fact {
                    Ok(fact) => {
                        changed.add(Topic::of(&fact.event));
                        version = version.max(fact.at.as_millis());
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => changed = Topics::ALL,
                    Err(broadcast::error::RecvError::Closed) => return,
                }
                if was_empty && !changed.is_empty() {
                    tell_at = Instant::now() + TOGETHER;
                }
            }
            () = sleep_until(tell_at), if !changed.is_empty() => {
                if frames.send(signals(changed, version)).await.is_err() {
                    return;
                }
                changed = Topics::default();
            }
            _ = beat.tick() => {
                if frames.send(Bytes::from_static(b"event: beat\ndata: {}\n\n")).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn signals(changed: Topics, version: i64) -> Bytes {
    let frame = |topic: Topic| {
        let topic = topic.as_str();
        format!("event: signal\ndata: {{\"topic\":\"{topic}\",\"version\":{version}}}\n\n")
    };
    changed.iter().map(frame).collect::<String>().into()
}

/// The body of a stream.
struct Frames {
    waiting: mpsc::Receiver<Bytes>,
    request: HttpRequest,
    /// Or the connection would be taken for idle as soon as its head is sent, and ended.
    busy: Option<Busy>,
    _place: OwnedSemaphorePermit,
}

impl Stream for Frames {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.busy.is_none() {
            self.busy = Busy::mark(&self.request);
        }
        self.waiting.poll_recv(task).map(|frame| frame.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use herdgate_actors::{domain::Clock, telemetry::Event};

    use super::*;

    fn fact(event: Event) -> Arc<Published> {
        Arc::new(Published { at: Clock::System.now(), event })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_one_signal_and_silence_has_a_heartbeat() {
        let (facts, followed) = broadcast::channel(8);
        let (frames, mut told) = mpsc::channel(QUEUE);
        let (_end, ended) = watch::channel(false);
        let teller = tokio::spawn(tell(frames, followed, ended));
        assert!(told.recv().await.unwrap().starts_with(b"retry:"));
        for _ in 0..5 {
            facts
                .send(fact(Event::ScheduleCoalesced { agent: "dev".into(), due: Clock::System.now() }))
                .unwrap();
        }
        let text = String::from_utf8(told.recv().await.unwrap().to_vec()).unwrap();
        assert_eq!(text.matches("\"topic\":\"schedule\"").count(), 1, "{text}");
        let next = told.recv().await.unwrap();
        assert!(next.starts_with(b"event: beat"), "{next:?}");
        drop(told);
        teller.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_missed_some_is_told_of_all_and_the_end_of_the_gate_ends_the_stream() {
        let (facts, followed) = broadcast::channel(2);
        let (frames, mut told) = mpsc::channel(QUEUE);
        let (end, ended) = watch::channel(false);
        for _ in 0..5 {
            facts.send(fact(Event::Stopped)).unwrap();
        }
        let teller = tokio::spawn(tell(frames, followed, ended));
        told.recv().await.unwrap();
        let text = String::from_utf8(told.recv().await.unwrap().to_vec()).unwrap();
        assert_eq!(text.matches("event: signal").count(), Topics::ALL.iter().count());
        end.send_replace(true);
        teller.await.unwrap();
        assert!(told.recv().await.is_none());
    }
}
