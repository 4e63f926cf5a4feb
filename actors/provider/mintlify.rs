//! Mintlify.

use super::{Protocol, SignatureHeader, hashed_key};
use crate::{
    flow::{Field, Headers, Unparsable, WebhookContext},
    names::{DeliveryKey, Provider},
};

/// Mintlify's protocol.
pub(super) struct Mintlify;

impl Protocol for Mintlify {
    fn provider(&self) -> Provider {
        Provider::Mintlify
    }

    fn signatures(&self) -> &'static [SignatureHeader] {
        &[]
    }

    fn kept_headers(&self) -> &'static [&'static str] {
        &[]
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn delivery_key(&self, _headers: &Headers, body: &[u8]) -> DeliveryKey {
        hashed_key(&[body])
    }

    fn parse(&self, _headers: &Headers, _body: &[u8]) -> Result<WebhookContext, Unparsable> {
        Err(Unparsable("not yet".to_owned()))
    }
}
