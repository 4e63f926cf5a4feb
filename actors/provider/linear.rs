//! Linear.

use super::{Protocol, SignatureHeader, hashed_key};
use crate::{
    flow::{Field, Headers, Unparsable, WebhookContext},
    names::{DeliveryKey, Provider},
};

/// Linear's protocol.
pub(super) struct Linear;

impl Protocol for Linear {
    fn provider(&self) -> Provider {
        Provider::Linear
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
