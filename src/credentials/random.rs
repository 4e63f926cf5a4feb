//! Secrets of our own making.

use std::{io, mem::MaybeUninit};

use rustix::rand::{GetRandomFlags, getrandom};

/// 32 random bytes in hex: a new secret or key.
///
/// # Errors
/// The system gives none.
pub fn random_hex() -> io::Result<String> {
    let mut bytes = [MaybeUninit::uninit(); 32];
    let (bytes, _) = getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(const_hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_are_long_and_differ() {
        let (one, other) = (random_hex().unwrap(), random_hex().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }
}
