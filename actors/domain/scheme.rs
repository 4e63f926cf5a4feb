//! How providers sign, as data.

use std::borrow::Cow;

/// One way in which a provider signs its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The header in which the signature stands, lower-case.
    pub header: Cow<'static, str>,
    /// How it is made.
    pub scheme: Scheme,
    /// Only accepted where a source says so: the provider sends a better one beside it.
    pub legacy: bool,
}

/// How a signature is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// An HMAC under a shared secret.
    Hmac {
        /// What precedes it, like `sha256=`.
        prefix: Cow<'static, str>,
        /// The hash under the HMAC.
        hash: Hash,
        /// How its bytes are written.
        encoding: Encoding,
        /// What is signed before the raw body.
        before: &'static [Part],
        /// Whether the header may hold several, separated by spaces, of which one must be ours.
        several: bool,
    },
    /// The secret itself.
    Token,
}

/// A hash function of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// What every provider signs with.
    Sha256,
    /// GitHub's legacy header.
    Sha1,
}

/// How the bytes of a signature are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Two digits a byte, of either case.
    Hex,
    /// Base64 with padding.
    Base64,
}

/// A part of what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// This text.
    Text(&'static str),
    /// The value of a header. Without the header nothing verifies.
    Header(&'static str),
}

/// How the text of a secret becomes the key of its HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// Its bytes are the key.
    Raw,
    /// Base64, behind this prefix or without it.
    Base64(&'static str),
}

impl Signature {
    /// HMAC-SHA256 over the body, in hex, in `header` after `prefix`.
    pub const fn sha256(header: &'static str, prefix: &'static str) -> Self {
        Self::body(header, prefix, Hash::Sha256, false)
    }

    /// HMAC-SHA1 over the body, in hex, in `header` after `prefix`: a legacy.
    pub const fn sha1(header: &'static str, prefix: &'static str) -> Self {
        Self::body(header, prefix, Hash::Sha1, true)
    }

    const fn body(header: &'static str, prefix: &'static str, hash: Hash, legacy: bool) -> Self {
        Self {
            header: Cow::Borrowed(header),
            scheme: Scheme::Hmac {
                prefix: Cow::Borrowed(prefix),
                hash,
                encoding: Encoding::Hex,
                before: &[],
                several: false,
            },
            legacy,
        }
    }

    /// The same with another prefix; a token has none.
    #[must_use]
    pub fn with_prefix(mut self, other: String) -> Self {
        if let Scheme::Hmac { prefix, .. } = &mut self.scheme {
            *prefix = Cow::Owned(other);
        }
        self
    }

    /// The headers that are signed along.
    pub(crate) fn signed_headers(&self) -> impl Iterator<Item = &'static str> {
        let parts = match &self.scheme {
            Scheme::Hmac { before, .. } => before,
            Scheme::Token => &[][..],
        };
        parts.iter().filter_map(|part| match part {
            Part::Header(name) => Some(*name),
            Part::Text(_) => None,
        })
    }
}
