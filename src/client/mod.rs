//! Talks to gates over HTTP.
//!
//! - `http`: one request, whoever answers. [`deliver`] is what a provider does.
//! - `tls`: whom a client of `https` trusts.
//! - [`Api`]: the control API of one gate. `calls`: each call once, with the types of its contract.
//! - [`ApiError`]: what went wrong, in words that are no HTTP.

mod api;
mod calls;
mod error;
mod http;
mod tls;

pub use api::Api;
pub use calls::Record;
pub use error::{ApiError, ClientError};
pub use http::{Answered, deliver, get};
