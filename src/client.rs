//! Talks to a gate over HTTP.

use std::{fmt, time::Duration};

use awc::{Client, ClientRequest, http::StatusCode};
use serde_json::Value;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest answer that is read.
const ANSWER_LIMIT: usize = 64 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens, or the connection broke.
    #[error("cannot reach {url}: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why not.
        why: String,
    },
    /// The answer is no success.
    #[error("{url} answered {status}: {text}")]
    Refused {
        /// Where.
        url: String,
        /// The status.
        status: StatusCode,
        /// What it said.
        text: String,
    },
}

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
    let mut request = client().post(url);
    for (name, value) in headers {
        request = request.insert_header((name.as_str(), value.as_str()));
    }
    let unreachable = |why: String| ClientError::Unreachable { url: url.to_owned(), why };
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
    let mut response = client().get(url).send().await.map_err(|error| unreachable(error.to_string()))?;
    let text = response.body().limit(ANSWER_LIMIT).await.map_err(|error| unreachable(error.to_string()))?;
    Ok(Answered { status: response.status(), text: String::from_utf8_lossy(&text).into_owned() })
}

/// The control API of a running gate.
pub struct Api {
    /// `http://127.0.0.1:8081`.
    pub base: String,
    /// The API key.
    pub key: String,
}

impl Api {
    /// Asks for a change.
    ///
    /// # Errors
    /// No answer, or one that is no success.
    pub async fn post(&self, path: &str) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.base);
        self.ask(client().post(&url), url).await
    }

    /// Asks for something to be shown.
    ///
    /// # Errors
    /// No answer, or one that is no success.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.base);
        self.ask(client().get(&url), url).await
    }

    async fn ask(&self, request: ClientRequest, url: String) -> Result<Value, ClientError> {
        let unreachable = |why: String| ClientError::Unreachable { url: url.clone(), why };
        let mut response = request
            .insert_header(("Authorization", format!("Bearer {}", self.key)))
            .send()
            .await
            .map_err(|error| unreachable(error.to_string()))?;
        let text =
            response.body().limit(ANSWER_LIMIT).await.map_err(|error| unreachable(error.to_string()))?;
        let text = String::from_utf8_lossy(&text).into_owned();
        if response.status().is_success() {
            Ok(serde_json::from_str(&text).unwrap_or_default())
        } else {
            Err(ClientError::Refused { status: response.status(), url, text })
        }
    }
}

fn client() -> Client {
    Client::builder().timeout(PATIENCE).finish()
}
