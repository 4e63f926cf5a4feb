//! Two doors: the public one knows webhooks and nothing else, the admin one everything else.

mod admin;
mod body;
mod budget;
mod connection;
mod server;
mod webhooks;

pub use admin::{Admin, ApiKey};
pub use budget::Budget;
pub use server::{Limits, Listeners, PerWorker, Servers, serve};
pub use webhooks::Webhooks;
