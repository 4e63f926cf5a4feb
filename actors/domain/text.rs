//! Texts of strangers: how much of one is shown, and which of its letters are not shown as they are.

use std::{borrow::Cow, fmt::Write};

/// How many characters of `body` and `comment` an agent is shown.
pub const BODY_LIMIT: usize = 4000;

/// Cuts a long text at [`BODY_LIMIT`] characters and says that it did.
pub fn cut(text: &str) -> Cow<'_, str> {
    cut_at(text, BODY_LIMIT)
}

/// Cuts a text that has more than `limit` characters and says that it did.
pub fn cut_at(text: &str, limit: usize) -> Cow<'_, str> {
    // A text of no more bytes has no more characters.
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(limit) {
        Some((end, _)) => Cow::Owned(format!("{}… [cut at {limit} characters]", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Letters that are not seen, or change how others are: control and format characters, ends of
/// lines and paragraphs, directions of writing, tags, and the variation selectors that nobody uses
/// but to hide text (Unicode 17: Cc, Cf, Zl, Zp, U+E0000 to U+E01EF).
const UNSEEN: &[(char, char)] = &[
    ('\u{0}', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e01ef}'),
];

/// Whether a letter is not seen, or changes how others are.
pub fn is_unseen(letter: char) -> bool {
    match letter {
        ' '..='~' => false,
        '\u{0}'..='\u{1f}' => true,
        _ => UNSEEN
            .binary_search_by(|(first, last)| {
                if letter < *first {
                    std::cmp::Ordering::Greater
                } else if letter > *last {
                    std::cmp::Ordering::Less
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok(),
    }
}

/// Writes a letter as JSON does where it must not be seen as it is: `\uXXXX`, beyond U+FFFF twice.
pub(crate) fn push_escape(out: &mut String, letter: char) {
    for unit in letter.encode_utf16(&mut [0; 2]) {
        // Writing into a text cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// JSON without unseen letters. It says the same as before: such letters stand only in texts, where
/// an escape is another way to write them. Ends of lines and tabs between values stay.
pub fn escape_unseen(json: &str) -> Cow<'_, str> {
    let is_escaped = |letter| is_unseen(letter) && !matches!(letter, '\n' | '\r' | '\t');
    if !json.contains(is_escaped) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for letter in json.chars() {
        if is_escaped(letter) {
            push_escape(&mut out, letter);
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_deceives_the_eye_is_unseen_and_what_people_write_is_not() {
        for letter in "\u{0}\n\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{200b}\u{200d}\u{202e}\u{2066}\u{2028}\u{feff}\u{e0041}\u{e0100}".chars() {
            assert!(is_unseen(letter), "{:x}", u32::from(letter));
        }
        for letter in "aÄß é日本\u{301}❤\u{fe0f}😀\u{fffd}<&".chars() {
            assert!(!is_unseen(letter), "{:x}", u32::from(letter));
        }
        assert!(UNSEEN.is_sorted_by(|one, next| one.1 < next.0));
    }

    #[test]
    fn a_cut_text_says_so() {
        assert_eq!(cut_at("äöü", 3), "äöü");
        assert_eq!(cut_at("äöüß", 3), "äöü… [cut at 3 characters]");
    }

    proptest! {
        #[test]
        fn escaped_json_says_the_same_and_hides_nothing(text in any::<String>(), other in "[\u{0}-\u{a0}\u{200b}-\u{206f}\u{e0000}-\u{e01f0}]{0,8}") {
            let value = serde_json::json!({ "text": text, "other": other });
            for json in [value.to_string(), format!("{value:#}")] {
                let escaped = escape_unseen(&json);
                prop_assert!(!escaped.contains(|letter| is_unseen(letter) && letter != '\n'));
                prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value.clone());
            }
        }
    }
}
