//! HTTP for the thread that sends traces, which may wait.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

/// What a collector says when it has taken a batch is a few bytes.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// A client that blocks.
#[derive(Debug)]
pub(super) struct Client(Agent);

impl Client {
    /// Gives up on a request after `timeout`.
    pub(super) fn new(timeout: Duration) -> Self {
        // The certificates that this machine trusts, a company's own among them.
        let trusted = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .tls_config(trusted)
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // Nobody shows tokens to somebody else.
            .max_redirects(0);
        Self(config.build().new_agent())
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut response = self.0.run(request.map(Vec::from))?;
        let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        let (parts, _) = response.into_parts();
        Ok(Response::from_parts(parts, Bytes::from(body)))
    }
}
