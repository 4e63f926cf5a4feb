//! A hash over values that are more than one text.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Tells what a thing is like without saying it: the same digest, the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

/// Of the hash. Nobody gains by two configurations that look alike, so it only has to be improbable.
const BYTES: usize = 12;

impl Digest {
    /// Of whatever `write` says.
    pub fn of(write: impl FnOnce(&mut DigestWriter)) -> Self {
        let mut writer = DigestWriter(Sha256::new());
        write(&mut writer);
        Self(const_hex::encode(&writer.0.finalize()[..BYTES]))
    }

    /// One that was written down.
    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The digest as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes the parts of a thing. Each says how long it is, so that none runs into the next.
pub struct DigestWriter(Sha256);

impl DigestWriter {
    /// Bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// A text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// A number, a size, a count of things that follow.
    pub fn number(&mut self, number: impl Into<u64>) -> &mut Self {
        self.0.update(number.into().to_le_bytes());
        self
    }

    /// What may not be there.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        self.number(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
        self
    }

    /// Several of a kind.
    pub fn all<T>(
        &mut self,
        values: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.number(values.len() as u64);
        for value in values {
            write(self, value);
        }
        self
    }

    /// A span of time.
    pub fn span(&mut self, span: std::time::Duration) -> &mut Self {
        self.number(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_runs_into_the_next() {
        let of = |parts: &[&str]| {
            Digest::of(|digest| {
                digest.all(parts.iter(), |digest, part| {
                    digest.text(part);
                });
            })
        };
        let all = [of(&["ab", "c"]), of(&["a", "bc"]), of(&["abc"]), of(&["abc", ""]), of(&[])];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one), "{index}");
        }
        assert_eq!(of(&["ab", "c"]), all[0]);
    }
}
