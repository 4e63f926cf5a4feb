//! Ends the reading of a connection whose request was refused.
//!
//! actix reads on after an answer, to the end of a body that may never end. Closed for reading, the
//! connection still carries the answer and then ends.

use std::{
    any::Any,
    os::fd::{AsRawFd, BorrowedFd, RawFd},
};

use actix_web::{HttpRequest, dev::Extensions, rt::net::TcpStream};
use rustix::net::{Shutdown, shutdown};

/// The socket under a connection.
#[derive(Debug, Clone, Copy)]
struct Socket(RawFd);

/// Remembers the socket of a new connection.
pub(super) fn remember(io: &dyn Any, extensions: &mut Extensions) {
    if let Some(stream) = io.downcast_ref::<TcpStream>() {
        extensions.insert(Socket(stream.as_raw_fd()));
    }
}

/// Reads nothing more from the connection of `request`.
pub(super) fn stop_reading(request: &HttpRequest) {
    if let Some(Socket(raw)) = request.conn_data::<Socket>().copied() {
        // SAFETY: the connection owns the descriptor, and it is open at least until the request
        // that it carries is answered.
        let socket = unsafe { BorrowedFd::borrow_raw(raw) };
        // It may be closed by its other end already, which is as good.
        let _ = shutdown(socket, Shutdown::Read);
    }
}
