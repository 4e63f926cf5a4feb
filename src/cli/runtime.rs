//! What drives the commands that serve or talk over HTTP.

/// Runs a command that talks over HTTP.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> T {
    Runtime::new().block_on(work)
}

/// The same for several calls, which can share a connection.
pub(super) struct Runtime(actix::SystemRunner);

impl Runtime {
    pub(super) fn new() -> Self {
        Self(actix::System::new())
    }

    pub(super) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.block_on(work)
    }
}
