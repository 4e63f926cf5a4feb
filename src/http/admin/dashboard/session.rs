//! Who is signed in. A session is kept by the browser alone, as text under the gate's own seal: the
//! gate remembers nobody, a restart signs nobody out, and another key signs everybody out.

use std::time::Duration;

use herdgate_actors::domain::Timestamp;
use hmac::Mac;

use crate::api_key::ApiKey;

/// From signing in to signing in again.
pub(super) const LASTS: Duration = Duration::from_secs(24 * 3_600);
/// What the seal is for: no other text under the same key is a session.
const PURPOSE: &str = "herdgate session 1";

/// A new session of whoever has the key of this name.
pub(super) fn issue(key: &ApiKey, by: &str, now: Timestamp) -> String {
    let until = now.plus(LASTS).as_millis();
    // Makes two sessions of the same moment two.
    let nonce = fastrand::u64(..);
    let claim = format!("{until}.{nonce:016x}.{}", const_hex::encode(by));
    format!("{claim}.{}", seal(key, &claim))
}

/// Under which name somebody signed in, where this is a session of ours that has not run out.
pub(super) fn signed_in(key: &ApiKey, session: &str, now: Timestamp) -> Option<String> {
    let (claim, seal) = session.rsplit_once('.')?;
    let mut parts = claim.split('.');
    let until = Timestamp::from_millis(parts.next()?.parse().ok()?);
    let by = String::from_utf8(const_hex::decode(parts.nth(1)?).ok()?).ok()?;
    // No longer than one that was issued just now, should the clock have been wrong then.
    let lasts = until > now && until <= now.plus(LASTS);
    let is_ours = key.seal(PURPOSE, claim).verify_slice(&const_hex::decode(seal).ok()?).is_ok();
    (lasts && is_ours).then_some(by)
}

/// The name of the cookie: browsers send the cookies of a host to all its ports, and another gate may
/// be behind one of them.
pub(super) fn cookie_name(key: &ApiKey) -> String {
    let name = key.seal(PURPOSE, "the name of the cookie").finalize().into_bytes();
    format!("herdgate-{}", const_hex::encode(&name[..4]))
}

fn seal(key: &ApiKey, claim: &str) -> String {
    const_hex::encode(key.seal(PURPOSE, claim).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn is_good(key: &ApiKey, session: &str, now: Timestamp) -> bool {
        signed_in(key, session, now).as_deref() == Some("ann")
    }

    #[test]
    fn a_session_lasts_a_day_under_its_own_key() {
        let (key, other) = (ApiKey::new("one"), ApiKey::new("other"));
        let session = issue(&key, "ann", NOW);
        assert!(is_good(&key, &session, NOW));
        assert!(is_good(&key, &session, NOW.plus(LASTS).minus(Duration::from_secs(1))));
        assert!(!is_good(&key, &session, NOW.plus(LASTS)), "it has run out");
        assert!(!is_good(&other, &session, NOW), "the key was changed");
        assert_ne!(issue(&key, "ann", NOW), session);
        assert_ne!(cookie_name(&key), cookie_name(&other));
    }

    #[test]
    fn nobody_makes_or_prolongs_one_or_takes_another_name_without_the_key() {
        let key = ApiKey::new("one");
        let session = issue(&key, "bob", NOW);
        let (until, rest) = session.split_once('.').unwrap();
        let later = format!("{}.{rest}", until.parse::<i64>().unwrap() + 1);
        let renamed = session.replace(&const_hex::encode("bob"), &const_hex::encode("ann"));
        let forged = format!("{}.00.{}", NOW.plus(LASTS).as_millis(), "0".repeat(64));
        for session in
            [later.as_str(), &renamed, &forged, "", ".", "..", "a.b.c", until, &session[..session.len() - 2]]
        {
            assert_eq!(signed_in(&key, session, NOW), None, "{session}");
        }
    }
}
