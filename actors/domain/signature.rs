//! Secrets, and signatures checked with them in constant time.

use std::fmt;

use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use super::{Encoding, Hash, Headers, KeyForm, Part, Scheme, Signature};

/// A body is fed to all keyed hashes in pieces of this many bytes, so that each piece is read from
/// memory once, however many secrets are tried.
const PIECE: usize = 16 * 1024;

/// How many signatures of one header are looked at. Senders write two while they rotate a secret.
const SEVERAL: usize = 8;

/// A webhook secret, kept as keyed hash states so that each check starts with the key mixed in.
#[derive(Clone)]
pub struct Secret {
    sha256: Hmac<Sha256>,
    sha1: Hmac<Sha1>,
    /// Of the secret itself under its own key, to compare tokens by.
    token: [u8; 32],
}

/// Why a text cannot be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// Not a single byte, with which anybody could sign.
    #[error("the secret is empty")]
    Empty,
    /// The provider gives secrets in Base64, and this is none.
    #[error("the secret is no Base64")]
    NotBase64,
}

impl Secret {
    /// Keys the hashes with these very bytes.
    ///
    /// # Errors
    /// An empty secret.
    pub fn new(key: &[u8]) -> Result<Self, BadSecret> {
        if key.is_empty() {
            return Err(BadSecret::Empty);
        }
        let keyed = "HMAC takes keys of any length";
        let sha256 = Hmac::<Sha256>::new_from_slice(key).expect(keyed);
        Ok(Self {
            token: sha256.clone().chain_update(key).finalize().into_bytes().into(),
            sha1: Hmac::new_from_slice(key).expect(keyed),
            sha256,
        })
    }

    /// Keys the hashes with what a provider's secret stands for.
    ///
    /// # Errors
    /// An empty secret, or one of another form.
    pub fn read(form: KeyForm, text: &[u8]) -> Result<Self, BadSecret> {
        match form {
            KeyForm::Raw => Self::new(text),
            KeyForm::Base64(prefix) => {
                let digits = text.strip_prefix(prefix.as_bytes()).unwrap_or(text);
                let key = BASE64.decode(digits).or_else(|_| BASE64_NOPAD.decode(digits));
                Self::new(&key.map_err(|_| BadSecret::NotBase64)?)
            }
        }
    }

    /// Tells this secret from others without showing it: only who has `key` can compare it with a
    /// guess.
    pub fn fingerprint(&self, key: &[u8]) -> [u8; 8] {
        fingerprint(key, &self.token)
    }

    /// Begins to check `value`, as it stood in the header of `signature`; `None` where it cannot be
    /// a signature at all.
    pub fn check(&self, signature: &Signature, value: &str, headers: &Headers) -> Option<Check> {
        let Scheme::Hmac { prefix, hash, encoding, before, several } = &signature.scheme else {
            let state = State::Sha256(self.sha256.clone().chain_update(value));
            return Some(Check { state, claimed: vec![self.token.to_vec()], takes_body: false });
        };
        let digest = |text: &str| decode(*encoding, *hash, text.strip_prefix(prefix.as_ref())?);
        let claimed: Vec<_> = if *several {
            value.split(' ').take(SEVERAL).filter_map(digest).collect()
        } else {
            digest(value).into_iter().collect()
        };
        if claimed.is_empty() {
            return None;
        }
        Some(Check { state: self.state(*hash, before, headers)?, claimed, takes_body: true })
    }

    /// Whether `value`, as it stood in the header of `signature`, signs this request.
    pub fn verifies(&self, signature: &Signature, value: &str, headers: &Headers, body: &[u8]) -> bool {
        let mut check: Vec<_> = self.check(signature, value, headers).into_iter().collect();
        feed(&mut check, body);
        check.into_iter().any(Check::holds)
    }

    /// The value which a sender with this secret puts into the header of `signature`; `None` where
    /// that cannot be told from the secret, or a header that is signed along is missing.
    pub fn sign(&self, signature: &Signature, headers: &Headers, body: &[u8]) -> Option<String> {
        let Scheme::Hmac { prefix, hash, encoding, before, .. } = &signature.scheme else { return None };
        let mut state = self.state(*hash, before, headers)?;
        state.update(body);
        let digest = state.digest();
        let text = match encoding {
            Encoding::Hex => HEXLOWER.encode(&digest),
            Encoding::Base64 => BASE64.encode(&digest),
        };
        Some(format!("{prefix}{text}"))
    }

    fn state(&self, hash: Hash, before: &[Part], headers: &Headers) -> Option<State> {
        let mut state = match hash {
            Hash::Sha256 => State::Sha256(self.sha256.clone()),
            Hash::Sha1 => State::Sha1(self.sha1.clone()),
        };
        for part in before {
            state.update(match part {
                Part::Text(text) => text.as_bytes(),
                Part::Header(name) => headers.get(name)?.as_bytes(),
            });
        }
        Some(state)
    }
}

/// Tells a text that must not be shown from others, for who has `key`.
pub fn fingerprint(key: &[u8], text: &[u8]) -> [u8; 8] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    let mut short = [0; 8];
    short.copy_from_slice(&mac.chain_update(text).finalize().into_bytes()[..8]);
    short
}

/// Never shows the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A check of one secret that waits for the body.
pub struct Check {
    state: State,
    claimed: Vec<Vec<u8>>,
    takes_body: bool,
}

/// A keyed hash on its way.
#[derive(Clone)]
enum State {
    Sha256(Hmac<Sha256>),
    Sha1(Hmac<Sha1>),
}

/// Shows the body to all checks in one pass.
pub(crate) fn feed(checks: &mut [Check], body: &[u8]) {
    for piece in body.chunks(PIECE) {
        for check in checks.iter_mut().filter(|check| check.takes_body) {
            check.state.update(piece);
        }
    }
}

impl Check {
    /// Whether one of the claimed signatures is right.
    pub fn holds(self) -> bool {
        self.claimed.iter().any(|claimed| match self.state.clone() {
            State::Sha256(mac) => mac.verify_slice(claimed).is_ok(),
            State::Sha1(mac) => mac.verify_slice(claimed).is_ok(),
        })
    }
}

impl State {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(mac) => mac.update(bytes),
            Self::Sha1(mac) => mac.update(bytes),
        }
    }

    fn digest(self) -> Vec<u8> {
        match self {
            Self::Sha256(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha1(mac) => mac.finalize().into_bytes().to_vec(),
        }
    }
}

/// The bytes of a digest. Its length is no secret, so the shape is checked before the rest.
fn decode(encoding: Encoding, hash: Hash, text: &str) -> Option<Vec<u8>> {
    let bytes = match hash {
        Hash::Sha256 => 32_usize,
        Hash::Sha1 => 20,
    };
    match encoding {
        Encoding::Hex if text.len() == bytes * 2 => HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok(),
        Encoding::Base64 if text.len() == bytes.div_ceil(3) * 4 => BASE64.decode(text.as_bytes()).ok(),
        Encoding::Hex | Encoding::Base64 => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: Signature = Signature::sha256("x-hub-signature-256", "sha256=");
    const NONE: Headers = Headers::new();
    /// From GitHub's page on validating webhook deliveries.
    const PUBLISHED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn published() -> Secret {
        Secret::new(b"It's a Secret to Everybody").unwrap()
    }

    #[test]
    fn the_vector_that_github_publishes_verifies() {
        assert!(published().verifies(&GITHUB, PUBLISHED, &NONE, b"Hello, World!"));
        assert_eq!(published().sign(&GITHUB, &NONE, b"Hello, World!").unwrap(), PUBLISHED);
    }

    #[test]
    fn upper_case_digits_verify() {
        let upper = format!("sha256={}", PUBLISHED["sha256=".len()..].to_uppercase());
        assert!(published().verifies(&GITHUB, &upper, &NONE, b"Hello, World!"));
    }

    #[test]
    fn the_legacy_header_is_checked_with_sha1() {
        let header = Signature::sha1("x-hub-signature", "sha1=");
        let value = published().sign(&header, &NONE, b"body").unwrap();
        assert_eq!(value.len(), "sha1=".len() + 40);
        assert!(published().verifies(&header, &value, &NONE, b"body"));
        assert!(!published().verifies(&header, &value, &NONE, b"another body"));
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
            assert!(!published().verifies(&GITHUB, value, &NONE, b"Hello, World!"), "{value:.80}");
        }
    }

    #[test]
    fn an_empty_secret_is_refused_and_none_is_shown() {
        assert!(matches!(Secret::new(b""), Err(BadSecret::Empty)));
        assert_eq!(format!("{:?}", published()), "Secret(…)");
    }
}
