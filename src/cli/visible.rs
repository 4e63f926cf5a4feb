//! Text in which every character can be seen.
//!
//! What comes from outside is printed with every unseen character escaped: control characters drive
//! terminals, and letters without a shape hide text from who reads it.

use std::{borrow::Cow, fmt::Write as _};

/// A text in which every character can be seen.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |letter: char| letter != '\n' && is_unseen(letter);
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().fold(String::with_capacity(text.len() + 16), |mut shown, letter| {
        if hidden(letter) {
            // Writing to a `String` cannot fail.
            let _ = write!(shown, "{}", letter.escape_unicode());
        } else {
            shown.push(letter);
        }
        shown
    }))
}

/// JSON with the same meaning in which every character can be seen.
pub(super) fn json_text(json: &str) -> Cow<'_, str> {
    let hidden = |letter: char| letter != '\n' && is_unseen(letter);
    if !json.contains(hidden) {
        return Cow::Borrowed(json);
    }
    let mut units = [0; 2];
    Cow::Owned(json.chars().fold(String::with_capacity(json.len() + 16), |mut shown, letter| {
        if hidden(letter) {
            for unit in letter.encode_utf16(&mut units) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(letter);
        }
        shown
    }))
}

/// Control characters, format characters (bidi, joiners, tags) and separators of lines: general
/// categories Cc, Cf, Zl and Zp of Unicode 17, and the variation selectors that hide data.
pub(super) fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(visible("plain – ümläut 🐑\n"), "plain – ümläut 🐑\n");
        assert_eq!(visible("a\u{1b}[2J\u{202e}b\u{9b}"), "a\\u{1b}[2J\\u{202e}b\\u{9b}");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({ "title": "a\u{9b}\u{e0041}\u{2066}\u{7f}b" });
        let text = json_text(&value.to_string()).into_owned();
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
