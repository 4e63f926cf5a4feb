//! Answers that go on: a task writes them, and stops when nobody reads any more.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{HttpRequest, web::Bytes};
use futures_core::Stream;
use tokio::sync::mpsc;

use crate::http::connection::Busy;

/// Pieces that wait for a reader who is slow.
const PIECES: usize = 4;
/// Whoever reads nothing for this long is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the pieces go.
pub(super) struct Pieces(mpsc::Sender<Bytes>);

/// Where they come out.
pub(super) struct Body {
    pieces: mpsc::Receiver<Bytes>,
    request: HttpRequest,
    /// Or the connection would be taken for idle as soon as the head of its answer is sent, and ended.
    busy: Option<Busy>,
}

/// Both ends of the answer to a request.
pub(super) fn channel(request: &HttpRequest) -> (Pieces, Body) {
    let (sender, pieces) = mpsc::channel(PIECES);
    (Pieces(sender), Body { pieces, request: request.clone(), busy: None })
}

impl Pieces {
    /// Hands a piece on; `false` where nobody reads any more.
    pub(super) async fn send(&self, piece: impl Into<Bytes>) -> bool {
        tokio::time::timeout(PATIENCE, self.0.send(piece.into())).await.is_ok_and(|sent| sent.is_ok())
    }

    /// Waits until nobody reads any more.
    pub(super) async fn closed(&self) {
        self.0.closed().await;
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.busy.is_none() {
            self.busy = Busy::mark(&self.request);
        }
        self.pieces.poll_recv(task).map(|piece| piece.map(Ok))
    }
}
