//! Markup written by hand, where a template would be in the way.

use std::fmt::Write;

use askama::filters::HtmlSafe;
use herdgate_actors::domain::is_unseen;

/// Markup whose texts are escaped already.
#[derive(Debug, Clone, Default)]
pub(super) struct Html(String);

impl Html {
    /// Adds markup of our own.
    pub(super) fn markup(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Adds a text, whoever wrote it; what cannot be seen is spelled out.
    pub(super) fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(letter),
                // Writing to a `String` cannot fail.
                _ if is_unseen(letter) => drop(write!(self.0, "{}", letter.escape_unicode())),
                _ => self.0.push(letter),
            }
        }
    }
}

impl std::fmt::Display for Html {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts_and_what_is_hidden_is_seen() {
        let mut html = Html::default();
        html.markup("<b>");
        html.text("<script>alert('x')</script> \"a\" & \u{202e}b\u{1b}");
        html.markup("</b>");
        assert_eq!(
            html.to_string(),
            "<b>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;a&quot; &amp; \\u{202e}b\\u{1b}</b>"
        );
    }
}
