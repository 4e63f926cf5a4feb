//! A file as it may be shown.

use std::{fmt, ops::Range, path::PathBuf};

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// A file whose secrets are blanked, letter by letter, so that every place in it stays its place.
#[derive(PartialEq, Eq)]
pub struct SourceText {
    /// Where it lies.
    pub path: PathBuf,
    text: String,
}

impl SourceText {
    /// A file that was understood: what stands in `secrets` is blanked.
    pub(super) fn of_toml(path: PathBuf, text: String, secrets: &[Range<usize>]) -> Self {
        let mut bytes = text.into_bytes();
        for secret in secrets {
            blank(&mut bytes, secret.clone());
        }
        Self::new(path, bytes)
    }

    /// A file that is no TOML: every text in it is blanked, and everything behind a `=` but numbers
    /// and flags, because nobody knows what was meant to be a secret.
    pub(super) fn of_no_toml(path: PathBuf, text: String) -> Self {
        let secrets = secrets_of_no_toml(&text);
        Self::of_toml(path, text, &secrets)
    }

    fn new(path: PathBuf, bytes: Vec<u8>) -> Self {
        // Whole spans between quotes are blanked, so this stays UTF-8; if not, less is shown.
        Self { path, text: String::from_utf8(bytes).unwrap_or_default() }
    }

    /// The line, from 1, on which the byte at `offset` stands.
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    /// Its lines, to be asked for in order.
    pub(super) fn lines_from_start(&self) -> Lines<'_> {
        Lines { text: self.text.as_bytes(), at: 0, line: 1 }
    }

    /// The column, from 0 and in characters, at which the byte at `offset` stands.
    fn column(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        before.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }

    /// The span of the whole lines around `span`.
    fn lines(&self, span: SourceSpan) -> SourceSpan {
        let bytes = self.text.as_bytes();
        let from = span.offset().min(bytes.len());
        let to = (from + span.len()).min(bytes.len());
        let start = bytes[..from].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let end =
            bytes[to..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| to + newline);
        (start..end).into()
    }
}

/// Counts the lines of a text on the way through it.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line, from 1, on which the byte at `offset` stands, which is not before the last one.
    pub(super) fn line_at(&mut self, offset: usize) -> usize {
        let passed = self.text.get(self.at..offset).unwrap_or_default();
        self.line += passed.split(|byte| *byte == b'\n').count() - 1;
        self.at = self.at.max(offset);
        self.line
    }
}

/// The contents of a file never get into a log.
impl fmt::Debug for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceText").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Whole lines and no others: the neighbours say nothing about the problem.
impl SourceCode for SourceText {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.read_span(&self.lines(*span), 0, 0)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.display().to_string(),
            contents.data(),
            *contents.span(),
            contents.line(),
            self.column(span.offset()),
            contents.line_count(),
        )))
    }
}

/// Quotes and line ends stay, so that a reader sees what the parser saw.
fn blank(bytes: &mut [u8], span: Range<usize>) {
    let end = span.end.min(bytes.len());
    for byte in bytes.get_mut(span.start..end).into_iter().flatten() {
        if !matches!(byte, b'"' | b'\'' | b'\n' | b'\r') {
            *byte = b'*';
        }
    }
}

/// What may be a secret in a text that no parser understands. One pass: quotes of either kind, one
/// or three of them, up to their end, to the end of the line, or to the end of the file.
fn secrets_of_no_toml(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut secrets = Vec::new();
    let mut at = 0;
    // Whether a value may stand here: behind a `=`, up to the end of the line.
    let mut value = false;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at = line_end(bytes, at),
            b'\n' => {
                value = false;
                at += 1;
            }
            b'=' => {
                value = true;
                at += 1;
            }
            quote @ (b'"' | b'\'') => {
                let end = quoted_end(bytes, at, quote);
                secrets.push(at..end);
                at = end;
            }
            byte if value && !is_punctuation(byte) => {
                let end = bytes[at..].iter().position(|byte| is_punctuation(*byte) || *byte == b'\n');
                let end = end.map_or(bytes.len(), |length| at + length);
                // A word before a `=` is a key of an inline table.
                let next = bytes[end..].iter().find(|byte| **byte != b' ');
                if next != Some(&b'=') && !is_plain(&text[at..end]) {
                    secrets.push(at..end);
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    secrets
}

const fn is_punctuation(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'[' | b']' | b'{' | b'}' | b',' | b'=' | b'#' | b'"' | b'\'')
}

/// A number or a flag.
fn is_plain(word: &str) -> bool {
    word == "true" || word == "false" || (word.len() <= 8 && word.parse::<f64>().is_ok())
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length)
}

/// Where a text that begins at `at` ends.
fn quoted_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let triple = [quote; 3];
    if bytes[at..].starts_with(&triple) {
        let inner = at + 3;
        let end = bytes[inner..].windows(3).position(|window| window == triple);
        return end.map_or(bytes.len(), |length| inner + length + 3);
    }
    let mut escaped = false;
    for (length, byte) in bytes[at + 1..].iter().enumerate() {
        match byte {
            b'\n' => return at + 1 + length,
            _ if escaped => escaped = false,
            b'\\' if quote == b'"' => escaped = true,
            byte if *byte == quote => return at + 2 + length,
            _ => {}
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        SourceText::of_no_toml(PathBuf::new(), text.to_owned()).text
    }

    #[test]
    fn of_a_file_that_is_no_toml_keys_and_numbers_are_shown() {
        assert_eq!(shown("[run\nport = 8080 # \"x\"\n"), "[run\nport = 8080 # \"x\"\n");
        assert_eq!(shown("env = { A = \"ab\", B = cd, C = 1 }\n"), "env = { A = \"**\", B = **, C = 1 }\n");
        assert_eq!(shown("A = \"a\\\"b\nB = 'c\n"), "A = \"**\"*\nB = '*\n");
        assert_eq!(shown("A = \"\"\"\nab\n\"\"\"\n[b"), "A = \"\"\"\n**\n\"\"\"\n[b");
        assert_eq!(shown("A = ü"), "A = **");
    }

    proptest! {
        #[test]
        fn what_is_blanked_keeps_every_place(text in "[a-z=\"'\\\\\\[\\]{}#,ü \n]{0,60}") {
            let shown = shown(&text);
            prop_assert_eq!(shown.len(), text.len());
            let ends = |text: &str| text.bytes().map(|byte| byte == b'\n').collect::<Vec<_>>();
            prop_assert_eq!(ends(&shown), ends(&text));
        }
    }
}
