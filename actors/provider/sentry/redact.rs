//! Blanks the OAuth grant that an `installation` webhook carries: whoever has it can exchange it
//! for a token.
//!
//! A value named `code` is cut out of the very bytes, wherever it stands and however it is written,
//! and every other byte stays. Where that is not enough, because the grant stands in some other text
//! too or the body is broken JSON, the body is written anew without it; what cannot be read at all
//! is not kept.

use std::{collections::HashSet, fmt};

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, value::RawValue};

use crate::provider::lenient::{self, LARGEST_TREE};

/// What stands in its place.
const BLANK: &str = "[redacted]";

/// What stands in the place of a body that nobody can read.
const NOT_KEPT: &[u8] = b"not kept: no JSON object, and it may hold an authorization code";

/// Shorter codes are not looked for in other texts: an `a` would empty the whole body. Sentry's
/// codes have 32 characters.
const SHORTEST: usize = 4;

/// How many different codes are looked for in all other texts. An installation has one.
const MOST_CODES: usize = 16;

/// The body with every value named `code` blanked; unchanged where there is none.
pub(super) fn code(body: &Bytes) -> Bytes {
    spliced(body).or_else(|| anew(body)).unwrap_or(Bytes::from_static(NOT_KEPT))
}

/// The very bytes but for the codes, unless a code stands somewhere else too.
fn spliced(body: &Bytes) -> Option<Bytes> {
    let codes = Walk::over(body, &[])?.codes;
    if codes.is_empty() {
        return Some(body.clone());
    }
    let mut kept = Vec::with_capacity(body.len());
    let mut copied = 0;
    for code in &codes {
        // A code is a part of the body, so that the difference of addresses is its place there.
        let start = code.get().as_ptr().addr() - body.as_ptr().addr();
        kept.extend_from_slice(&body[copied..start]);
        kept.extend_from_slice(format!("\"{BLANK}\"").as_bytes());
        copied = start + code.get().len();
    }
    kept.extend_from_slice(&body[copied..]);
    let secrets = distinct(codes.iter().map(|code| secret(code)))?;
    is_clean(&kept, &secrets).then(|| Bytes::from(kept))
}

/// The code as a text.
fn secret(code: &RawValue) -> String {
    serde_json::from_str(code.get()).unwrap_or_else(|_| code.get().to_owned())
}

/// The codes, each once; `None` where they are too many to look for.
fn distinct(codes: impl Iterator<Item = String>) -> Option<Vec<String>> {
    let mut distinct = HashSet::new();
    for code in codes {
        distinct.insert(code);
        if distinct.len() > MOST_CODES {
            return None;
        }
    }
    Some(distinct.into_iter().collect())
}

/// Written anew: broken texts mended, and texts that hold a code blanked as a whole.
fn anew(body: &[u8]) -> Option<Bytes> {
    // A tree is many times as large as its body, and an installation is small.
    if body.len() > LARGEST_TREE {
        return None;
    }
    let mut value: Value = lenient::read(body, |bytes| serde_json::from_slice(bytes)).ok()?;
    let mut secrets = Vec::new();
    blank(&mut value, &mut secrets);
    let secrets = distinct(secrets.into_iter())?;
    erase(&mut value, &secrets);
    let kept = serde_json::to_vec(&value).ok()?;
    is_clean(&kept, &secrets).then(|| Bytes::from(kept))
}

/// Whether no key and no text holds a secret.
fn is_clean(body: &[u8], secrets: &[String]) -> bool {
    Walk::over(body, secrets).is_some_and(|walk| !walk.leaks)
}

fn is_code(key: &str) -> bool {
    key.eq_ignore_ascii_case("code")
}

fn holds(text: &str, secrets: &[String]) -> bool {
    secrets.iter().any(|secret| secret.len() >= SHORTEST && text.contains(secret.as_str()))
}

/// Blanks every value named `code`.
fn blank(value: &mut Value, secrets: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                if !is_code(key) {
                    blank(value, secrets);
                } else if !value.is_null() {
                    secrets.push(match std::mem::replace(value, Value::from(BLANK)) {
                        Value::String(secret) => secret,
                        other => other.to_string(),
                    });
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                blank(item, secrets);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Blanks every other text that holds a secret.
fn erase(value: &mut Value, secrets: &[String]) {
    match value {
        Value::Object(entries) => {
            for value in entries.values_mut() {
                erase(value, secrets);
            }
        }
        Value::Array(items) => {
            for item in items {
                erase(item, secrets);
            }
        }
        Value::String(text) if holds(text, secrets) => BLANK.clone_into(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// One walk over all of a body. It sees what a [`Value`] hides: repeated keys, and where a value
/// stands.
#[derive(Default)]
struct Walk<'s, 'de> {
    secrets: &'s [String],
    /// The values named `code`, in the order of the body.
    codes: Vec<&'de RawValue>,
    /// A key or text holds a secret.
    leaks: bool,
}

impl<'s, 'de> Walk<'s, 'de> {
    /// `None` where the body is no strict JSON.
    fn over(body: &'de [u8], secrets: &'s [String]) -> Option<Self> {
        let mut walk = Self { secrets, ..Self::default() };
        let mut reader = serde_json::Deserializer::from_slice(body);
        walk.deserialize(&mut reader).and_then(|()| reader.end()).ok()?;
        Some(walk)
    }
}

impl<'de> DeserializeSeed<'de> for &mut Walk<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Walk<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.leaks |= holds(text, self.secrets);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<String>()? {
            self.leaks |= holds(&key, self.secrets);
            if !is_code(&key) {
                entries.next_value_seed(&mut *self)?;
                continue;
            }
            let code: &RawValue = entries.next_value()?;
            if code.get() != "null" {
                self.codes.push(code);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(body: &str) -> String {
        String::from_utf8(code(&Bytes::from(body.to_owned())).to_vec()).unwrap()
    }

    #[test]
    fn codes_are_blanked_and_every_other_byte_stays() {
        for body in [
            r#"{"action": "created",  "data":{"installation":{"code":"9b2f","uuid":"7a48"}}}"#,
            r#"{"data":{"installation":{"code":"9b2f"  ,"code" : "x9b2fx"}}}"#,
            r#"{"data":{"installation":{"code":"9b2f"},"installation":{}}}"#,
            r#"{"data":{"installation":{"c\u006fde":"9b2f","app":{"slug":"claude-code-\u00fc"}}}}"#,
            r#" {"data":[{"Code":"9b2f"},{"code":["9b2f",{"a":"9b2f"}]}]} "#,
        ] {
            let mut left = body.to_owned();
            for code in [r#"["9b2f",{"a":"9b2f"}]"#, r#""9b2f""#, r#""x9b2fx""#] {
                left = left.replace(code, &format!("\"{BLANK}\""));
            }
            assert_eq!(redacted(body), left);
        }
    }

    #[test]
    fn a_code_is_found_by_what_its_escapes_spell() {
        assert_eq!(redacted(r#"{"c\u006Fd\u0065":"\u0039b2f"}"#), r#"{"c\u006Fd\u0065":"[redacted]"}"#);
    }

    #[test]
    fn a_body_without_a_code_is_not_touched() {
        for body in [
            r#"{"action": "deleted", "data": {"installation": {"uuid": "7a48", "note": "code \u00fc"}}}"#,
            r#"{ "code" : null }"#,
            "[]",
        ] {
            assert_eq!(redacted(body), body);
        }
    }

    #[test]
    fn a_code_that_stands_in_other_texts_goes_from_there_too() {
        for body in [
            r#"{"code":"9b2f","note":"it is 9b2f","action":"created"}"#,
            r#"{"code":"9b2f","note":"it is \u0039b2f","action":"created"}"#,
            r#"{"code":"9b2f","notes":[["9b2f"]],"action":"created"}"#,
        ] {
            let left = redacted(body);
            assert!(!left.contains("9b2f") && !left.contains("\\u0039"), "{left}");
            assert!(left.contains(r#""action":"created""#), "{left}");
        }
        assert_eq!(redacted(r#"{"code":"9b2f","9b2f":1}"#).as_bytes(), NOT_KEPT);
    }

    #[test]
    fn broken_json_is_mended_or_not_kept() {
        for body in [
            &b"\xef\xbb\xbf{\"code\":\"9b2f\",\"action\":\"created\"}"[..],
            br#"{"code":"9b2f","action":"created","name":"\ud83d"}"#,
            b"{\"code\":\"9b2f\",\"action\":\"created\",\"name\":\"\xff\"}",
        ] {
            let left = code(&Bytes::copy_from_slice(body));
            let left: Value = serde_json::from_slice(&left).unwrap();
            assert_eq!((&left["code"], &left["action"]), (&Value::from(BLANK), &Value::from("created")));
        }
        for body in [r#"{"data":{"installation":{"code":"9b2f"}"#, "code=9b2f", "{\"code\":\"9b2f\"}{", ""] {
            assert_eq!(redacted(body).as_bytes(), NOT_KEPT, "{body}");
        }
        let deep = format!(r#"{{"a":{}{{"code":"9b2f"}}{}}}"#, "[".repeat(400), "]".repeat(400));
        assert_eq!(redacted(&deep).as_bytes(), NOT_KEPT);
    }

    #[test]
    fn more_codes_than_anybody_has_leave_nothing() {
        let body = |codes: usize| {
            let codes: Vec<_> = (0..codes).map(|n| format!(r#"{{"code":"code-{n}"}}"#)).collect();
            format!(r#"{{"data":[{}],"note":"code"}}"#, codes.join(","))
        };
        assert!(redacted(&body(16)).contains(r#""note":"code""#));
        assert_eq!(redacted(&body(17)).as_bytes(), NOT_KEPT);
        let same = vec![r#"{"code":"9b2f"}"#; 5000].join(",");
        assert!(redacted(&format!(r#"{{"data":[{same}]}}"#)).contains(BLANK));
    }
}
