//! The control API of one gate.

use std::fmt::Write as _;

use awc::{
    Client, ClientRequest, ClientResponse,
    error::SendRequestError,
    http::{Method, StatusCode, header},
};
use futures_core::Stream;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    error::ApiError,
    http::{ANSWER_LIMIT, client},
};
use crate::api::{ROOT, problem::Problem};

/// A running gate, as operators speak to it.
pub struct Api {
    base: String,
    key: SecretString,
    http: Client,
}

impl Api {
    /// The gate whose admin listener is at `base`, like `http://127.0.0.1:8081`. Must be called where
    /// requests can be sent.
    ///
    /// # Errors
    /// It is reached by TLS, and this machine trusts nobody.
    pub fn new(base: &str, key: SecretString) -> Result<Self, ApiError> {
        let base = base.trim_end_matches('/').to_owned();
        match client(&base) {
            Ok(http) => Ok(Self { base, key, http }),
            Err(why) => Err(ApiError::Unreachable { base, why }),
        }
    }

    /// The key by which it is asked.
    pub fn key(&self) -> &SecretString {
        &self.key
    }

    /// Where it is.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<T, ApiError> {
        let request = self.with_query(self.request(Method::GET, path), query)?;
        self.read(request.send().await).await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        let request = self.with_query(self.request(Method::POST, path), query)?;
        self.read(request.send_json(body).await).await
    }

    /// The bytes behind a path, or such a range of them, as many as come at once; none behind their end.
    pub(super) async fn bytes(&self, path: &str, range: Option<&str>) -> Result<Vec<u8>, ApiError> {
        let mut request = self.request(Method::GET, path);
        if let Some(range) = range {
            request = request.insert_header((header::RANGE, range));
        }
        let mut response = self.answered(request.send().await).await?;
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(Vec::new());
        }
        let bytes = response.body().limit(ANSWER_LIMIT).await;
        Ok(bytes.map_err(|error| self.unreachable(&error))?.to_vec())
    }

    fn request(&self, method: Method, path: &str) -> ClientRequest {
        let url = format!("{}{ROOT}{path}", self.base);
        let key = format!("Bearer {}", self.key.expose_secret());
        self.http.request(method, url).insert_header((header::AUTHORIZATION, key))
    }

    fn with_query(&self, request: ClientRequest, query: &impl Serialize) -> Result<ClientRequest, ApiError> {
        let unwritten = |error: &dyn std::fmt::Display| ApiError::Unreadable {
            base: self.base.clone(),
            why: format!("the query cannot be written: {error}"),
        };
        request.query(query).map_err(|error| unwritten(&error))
    }

    async fn read<T: DeserializeOwned, S: Stream<Item = Result<bytes::Bytes, awc::error::PayloadError>>>(
        &self,
        response: Result<ClientResponse<S>, SendRequestError>,
    ) -> Result<T, ApiError> {
        let mut response = self.answered(response).await?;
        let text = response.body().limit(ANSWER_LIMIT).await.map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&text)
            .map_err(|error| ApiError::Unreadable { base: self.base.clone(), why: error.to_string() })
    }

    /// An answer that is no refusal, or one that says that there is nothing more.
    async fn answered<S: Stream<Item = Result<bytes::Bytes, awc::error::PayloadError>>>(
        &self,
        response: Result<ClientResponse<S>, SendRequestError>,
    ) -> Result<ClientResponse<S>, ApiError> {
        let mut response = response.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() || status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(response);
        }
        let text = response.body().limit(ANSWER_LIMIT).await.map_err(|error| self.unreachable(&error))?;
        match serde_json::from_slice::<Problem>(&text) {
            Ok(problem) => Err(ApiError::Refused(problem)),
            Err(_) => Err(ApiError::NoGate { base: self.base.clone(), status: status.as_u16() }),
        }
    }

    fn unreachable(&self, error: &dyn std::fmt::Display) -> ApiError {
        ApiError::Unreachable { base: self.base.clone(), why: error.to_string() }
    }
}

/// A text as one step of a path.
pub(super) fn step(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::with_capacity(text.len()), |mut path, byte| {
        if plain(byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_place_in_a_path() {
        assert_eq!(step("dev-1.a_b"), "dev-1.a_b");
        assert_eq!(step("a/b?c&d ü"), "a%2Fb%3Fc%26d%20%C3%BC");
    }
}
