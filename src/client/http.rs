//! One request.

use std::{fmt, time::Duration};

use awc::{Client, Connector, http::StatusCode};
use serde_json::Value;

use super::{error::ClientError, tls};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest answer that is read.
pub(super) const ANSWER_LIMIT: usize = 64 * 1024 * 1024;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The HTTP status.
    pub status: StatusCode,
    /// Its body.
    pub text: String,
}

impl Answered {
    /// The body as JSON, null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.text.trim_end())
    }
}

/// Delivers a body as a provider would.
///
/// # Errors
/// No answer at all; a refusal is an answer.
pub async fn deliver(url: &str, headers: &[(String, String)], body: &[u8]) -> Result<Answered, ClientError> {
    let unreachable = |why: String| ClientError::Unreachable { url: url.to_owned(), why };
    let mut request = client(url).map_err(unreachable)?.post(url);
    for (name, value) in headers {
        request = request.insert_header((name.as_str(), value.as_str()));
    }
    let mut response =
        request.send_body(body.to_vec()).await.map_err(|error| unreachable(error.to_string()))?;
    let text = response.body().limit(ANSWER_LIMIT).await.map_err(|error| unreachable(error.to_string()))?;
    Ok(Answered { status: response.status(), text: String::from_utf8_lossy(&text).into_owned() })
}

/// Asks for a page.
///
/// # Errors
/// No answer at all.
pub async fn get(url: &str) -> Result<Answered, ClientError> {
    let unreachable = |why: String| ClientError::Unreachable { url: url.to_owned(), why };
    let mut response = client(url)
        .map_err(unreachable)?
        .get(url)
        .send()
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    let text = response.body().limit(ANSWER_LIMIT).await.map_err(|error| unreachable(error.to_string()))?;
    Ok(Answered { status: response.status(), text: String::from_utf8_lossy(&text).into_owned() })
}

/// A client for what is at `url`.
///
/// # Errors
/// It is reached by TLS, and this machine trusts nobody.
pub(super) fn client(url: &str) -> Result<Client, String> {
    let builder = Client::builder().timeout(PATIENCE);
    if !url.starts_with("https:") {
        return Ok(builder.finish());
    }
    Ok(builder.connector(Connector::new().rustls_0_23(tls::config()?)).finish())
}
