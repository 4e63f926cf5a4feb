//! A socket that its worker can end.

use std::{
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Instant,
};

use actix_web::rt::net::TcpStream;
use herdgate_actors::telemetry::OpenConnection;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Connection, Table};

/// A connection that its table knows for as long as it is open.
pub(in crate::http) struct Stream {
    socket: TcpStream,
    connection: Rc<Connection>,
    table: Rc<Table>,
    key: usize,
    _counted: OpenConnection,
}

impl Stream {
    /// Takes a new connection into the table.
    pub(in crate::http) fn open(socket: TcpStream, table: &Rc<Table>) -> Self {
        let peer = socket.peer_addr().ok().map(|peer| peer.ip());
        let (key, connection) = table.admit(peer, Instant::now());
        Self { socket, connection, table: Rc::clone(table), key, _counted: table.counted() }
    }

    /// What its requests may know of it.
    pub(in crate::http) fn connection(&self) -> Rc<Connection> {
        Rc::clone(&self.connection)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.table.forget(self.key);
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.connection.is_deaf() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(task, buffer);
        match &read {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => self.connection.heard(Instant::now()),
            Poll::Pending => self.connection.waits(task),
            Poll::Ready(_) => {}
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(task, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}
