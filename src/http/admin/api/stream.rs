//! Answers that go on: a task writes them, and stops when nobody reads any more.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::web::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc;

/// Pieces that wait for a reader who is slow.
const PIECES: usize = 4;
/// Whoever reads nothing for this long is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the pieces go.
pub(super) struct Pieces(mpsc::Sender<Bytes>);

/// Where they come out.
pub(super) struct Body(mpsc::Receiver<Bytes>);

/// Both ends.
pub(super) fn channel() -> (Pieces, Body) {
    let (pieces, body) = mpsc::channel(PIECES);
    (Pieces(pieces), Body(body))
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
        self.0.poll_recv(task).map(|piece| piece.map(Ok))
    }
}
