//! What makes two deliveries the same event.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::domain::DeliveryKey;

/// How a key begins that is a hash.
const HASH: &str = "sha256:";

/// A key for providers that send no usable id: the hash of what makes the event.
pub(super) fn hashed_key(parts: &[&[u8]]) -> DeliveryKey {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps ("ab","c") apart from ("a","bc").
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let mut key = String::with_capacity(HASH.len() + 64);
    key.push_str(HASH);
    HEXLOWER.encode_append(&hash.finalize(), &mut key);
    DeliveryKey::from(key)
}

/// A key from an id in a header, which is hostile text until proven short and printable. An id that
/// looks like a hash must not pass for one.
pub(super) fn id_key(id: &str) -> DeliveryKey {
    if !id.is_empty()
        && id.len() <= 128
        && !id.starts_with(HASH)
        && id.bytes().all(|byte| byte.is_ascii_graphic())
    {
        DeliveryKey::from(id)
    } else {
        hashed_key(&[id.as_bytes()])
    }
}

/// Whether a key is a hash, not an id.
pub(super) fn is_hash(key: &DeliveryKey) -> bool {
    key.as_str().starts_with(HASH)
}
