//! Bodies that are not quite JSON.

use std::borrow::Cow;

use serde_json::Value;

use crate::domain::Unparsable;

/// The largest body of which a tree is made, in bytes.
pub(in crate::provider) const LARGEST_TREE: usize = 1 << 20;

/// Reads a body with `read`; where that fails, once more over a mended copy.
///
/// Mended are invalid UTF-8 and lone surrogate escapes (both are real in commit messages), a byte
/// order mark, numbers beyond floats, and repeated keys, of which the last one counts as in
/// JavaScript.
///
/// # Errors
/// No JSON object.
pub(in crate::provider) fn read<T>(
    body: &[u8],
    read: impl Fn(&[u8]) -> serde_json::Result<T>,
) -> Result<T, Unparsable> {
    // Derived readers would take an array for an object, field by field.
    if !body.trim_ascii_start().starts_with(b"{") && !body.starts_with(b"\xef\xbb\xbf") {
        return Err(Unparsable("the body is no JSON object".to_owned()));
    }
    let first = match read(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let mended = mended(body);
    read(mended.as_bytes())
        .ok()
        .or_else(|| read(&without_repeated_keys(mended.as_bytes())?).ok())
        .ok_or_else(|| Unparsable(format!("the body is no JSON object: {first}")))
}

/// A text in which every text and number can be read, if it is JSON at all. At most two copies are alive
/// at a time, and one of them where only its UTF-8 was wrong.
fn mended(mut body: &[u8]) -> Cow<'_, str> {
    while let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
        body = rest;
    }
    let text = String::from_utf8_lossy(body);
    let text = without_lone_surrogates(&text).map_or(text, Cow::Owned);
    without_huge_numbers(&text).map_or(text, Cow::Owned)
}

/// Every key once. A tree of a body is up to eighty times as large as the body, and no provider
/// repeats keys, so larger bodies are left as they are.
fn without_repeated_keys(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() > LARGEST_TREE {
        return None;
    }
    let value: Value = serde_json::from_slice(body).ok()?;
    value.is_object().then(|| serde_json::to_vec(&value).ok())?
}

/// Replaces numbers that no float can hold, like `1e400`, by `null`. JavaScript reads them as
/// infinite, which is as good as absent. Nothing where there are none.
fn without_huge_numbers(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    let mut in_text = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => in_text = !in_text,
            b'\\' if in_text => at += 1,
            b'-' | b'0'..=b'9' if !in_text => {
                let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                let length = bytes[at..].iter().take_while(|byte| is_of_number(byte)).count();
                let number = &text[at..at + length];
                if number.parse::<f64>().is_ok_and(f64::is_infinite) {
                    out.push_str(&text[copied..at]);
                    out.push_str("null");
                    copied = at + length;
                }
                at += length;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    (copied > 0).then(|| out + &text[copied..])
}

/// Replaces `\ud83d` without its second half, and the other way round, by the replacement sign. Nothing
/// where there are none.
fn without_lone_surrogates(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let Some(unit) = escaped_unit(bytes, at) else {
            at += 2; // another escape: its second byte is never the start of one
            continue;
        };
        let pair = (0xd800..0xdc00).contains(&unit)
            && escaped_unit(bytes, at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        if pair {
            at += 12;
        } else if (0xd800..0xe000).contains(&unit) {
            out.push_str(&text[copied..at]);
            out.push_str("\\ufffd");
            at += 6;
            copied = at;
        } else {
            at += 6;
        }
    }
    (copied > 0).then(|| out + &text[copied..])
}

/// The UTF-16 unit of `\uXXXX` at `at`.
fn escaped_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u").filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
