//! What drives the commands that serve or talk over HTTP.

/// Runs a command that talks over HTTP.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> T {
    actix::System::new().block_on(work)
}
