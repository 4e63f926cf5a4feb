//! Text in which every character can be seen.
//!
//! What comes from outside is printed with every unseen character escaped: control characters drive
//! terminals, and letters without a shape hide text from who reads it.

use std::{borrow::Cow, fmt::Write as _};

use herdgate_actors::domain::is_unseen;

/// A text in which every character can be seen.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |letter: char| letter != '\n' && letter != '\t' && is_unseen(letter);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(visible("plain – ümläut 🐑\n"), "plain – ümläut 🐑\n");
        assert_eq!(visible("a\u{1b}[2J\u{202e}b\u{9b}"), "a\\u{1b}[2J\\u{202e}b\\u{9b}");
    }
}
