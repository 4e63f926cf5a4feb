//! HMAC signatures over raw bytes, compared in constant time.

use std::{borrow::Cow, fmt};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// Where a hex HMAC over the raw body stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHeader {
    /// Lower-case name.
    pub name: Cow<'static, str>,
    /// What precedes the digits, like `sha256=`.
    pub prefix: Cow<'static, str>,
    /// The hash under the HMAC.
    pub hash: Hash,
}

/// A hash function of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// What every provider signs with.
    Sha256,
    /// GitHub's legacy header.
    Sha1,
}

impl SignatureHeader {
    /// HMAC-SHA256 in `name` after `prefix`.
    pub const fn sha256(name: &'static str, prefix: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), prefix: Cow::Borrowed(prefix), hash: Hash::Sha256 }
    }

    /// HMAC-SHA1 in `name` after `prefix`.
    pub const fn sha1(name: &'static str, prefix: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), prefix: Cow::Borrowed(prefix), hash: Hash::Sha1 }
    }
}

/// A webhook secret, kept as keyed hash states so that each check starts with the key mixed in.
#[derive(Clone)]
pub struct Secret {
    sha256: Hmac<Sha256>,
    sha1: Hmac<Sha1>,
}

/// A secret without a single byte, with which anybody could sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret is empty")]
pub struct EmptySecret;

impl Secret {
    /// Keys the hashes.
    ///
    /// # Errors
    /// An empty secret.
    pub fn new(bytes: &[u8]) -> Result<Self, EmptySecret> {
        if bytes.is_empty() {
            return Err(EmptySecret);
        }
        let keyed = "HMAC takes keys of any length";
        Ok(Self {
            sha256: Hmac::new_from_slice(bytes).expect(keyed),
            sha1: Hmac::new_from_slice(bytes).expect(keyed),
        })
    }

    /// Whether `value`, as it stood in `header`, is the signature of `body`.
    pub fn verifies(&self, header: &SignatureHeader, value: &str, body: &[u8]) -> bool {
        let Some(digits) = value.strip_prefix(header.prefix.as_ref()) else {
            return false;
        };
        match header.hash {
            Hash::Sha256 => matches(self.sha256.clone(), digits, body),
            Hash::Sha1 => matches(self.sha1.clone(), digits, body),
        }
    }

    /// The value which a sender with this secret puts into `header`.
    pub fn sign(&self, header: &SignatureHeader, body: &[u8]) -> String {
        let digest = match header.hash {
            Hash::Sha256 => self.sha256.clone().chain_update(body).finalize().into_bytes().to_vec(),
            Hash::Sha1 => self.sha1.clone().chain_update(body).finalize().into_bytes().to_vec(),
        };
        let mut value = header.prefix.clone().into_owned();
        for byte in digest {
            use fmt::Write;
            let _ = write!(value, "{byte:02x}");
        }
        value
    }
}

/// Never shows the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn matches<M: Mac>(mut mac: M, digits: &str, body: &[u8]) -> bool {
    // The longest digest is 32 bytes; its length is no secret, so the shape is checked first.
    let mut digest = [0_u8; 32];
    let Some(digest) = digest.get_mut(..digits.len() / 2) else {
        return false;
    };
    if !unhex(digits.as_bytes(), digest) {
        return false;
    }
    mac.update(body);
    mac.verify_slice(digest).is_ok()
}

/// Reads hex of either case; `false` for anything else or an odd number of digits.
fn unhex(digits: &[u8], out: &mut [u8]) -> bool {
    if digits.len() != out.len() * 2 {
        return false;
    }
    for (pair, byte) in digits.chunks_exact(2).zip(out) {
        let (Some(high), Some(low)) = (nibble(pair[0]), nibble(pair[1])) else {
            return false;
        };
        *byte = high << 4 | low;
    }
    true
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: SignatureHeader = SignatureHeader::sha256("x-hub-signature-256", "sha256=");
    /// From GitHub's page on validating webhook deliveries.
    const PUBLISHED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn published() -> Secret {
        Secret::new(b"It's a Secret to Everybody").unwrap()
    }

    #[test]
    fn the_vector_that_github_publishes_verifies() {
        assert!(published().verifies(&GITHUB, PUBLISHED, b"Hello, World!"));
        assert_eq!(published().sign(&GITHUB, b"Hello, World!"), PUBLISHED);
    }

    #[test]
    fn upper_case_digits_verify() {
        let upper = format!("sha256={}", PUBLISHED["sha256=".len()..].to_uppercase());
        assert!(published().verifies(&GITHUB, &upper, b"Hello, World!"));
    }

    #[test]
    fn the_legacy_header_is_checked_with_sha1() {
        let header = SignatureHeader::sha1("x-hub-signature", "sha1=");
        let value = published().sign(&header, b"body");
        assert_eq!(value.len(), "sha1=".len() + 40);
        assert!(published().verifies(&header, &value, b"body"));
        assert!(!published().verifies(&header, &value, b"another body"));
    }

    #[test]
    fn signatures_of_odd_shape_are_refused() {
        let good = &PUBLISHED["sha256=".len()..];
        for value in [
            "",
            "sha256=",
            good,
            &format!("sha1={good}"),
            &format!("sha256={}", &good[..62]),
            &format!("sha256={}", &good[..63]),
            &format!("sha256={good}00"),
            &format!("sha256= {good}"),
            &format!("sha256={}", "zz".repeat(32)),
            &format!("sha256={}", "ä".repeat(32)),
            &"sha256=".repeat(10_000),
        ] {
            assert!(!published().verifies(&GITHUB, value, b"Hello, World!"), "{value:.80}");
        }
    }

    #[test]
    fn an_empty_secret_is_refused_and_none_is_shown() {
        assert!(matches!(Secret::new(b""), Err(EmptySecret)));
        assert_eq!(format!("{:?}", published()), "Secret(…)");
    }
}
