//! From bytes to lines.

use super::StreamReader;

/// The longest line that is read. Events that decide are a few kilobytes; what is longer is the output
/// of a tool, and is passed over.
const LONGEST: usize = 4 << 20;

/// Cuts the output of a run into lines. Holds at most one line.
#[derive(Debug, Default)]
pub struct Lines {
    begun: Vec<u8>,
    /// Whether the line at hand is too long, and is passed over up to its end.
    is_passed_over: bool,
}

impl Lines {
    /// Takes the next bytes, wherever they were cut, and shows each whole line to `reader`.
    pub fn feed(&mut self, mut bytes: &[u8], reader: &mut dyn StreamReader) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.add(&bytes[..end]);
            self.finish(reader);
            bytes = &bytes[end + 1..];
        }
        self.add(bytes);
    }

    /// Shows a last line that has no end.
    pub fn finish(&mut self, reader: &mut dyn StreamReader) {
        if !self.is_passed_over && !self.begun.is_empty() {
            reader.line(self.begun.trim_ascii());
        }
        self.begun.clear();
        self.is_passed_over = false;
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.is_passed_over {
            return;
        }
        if self.begun.len() + bytes.len() > LONGEST {
            self.begun = Vec::new();
            self.is_passed_over = true;
        } else {
            self.begun.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::RunReport,
        preset::{Ended, Verdict},
    };

    #[derive(Debug, Default)]
    struct Collect(Vec<Vec<u8>>);

    impl StreamReader for Collect {
        fn line(&mut self, line: &[u8]) {
            self.0.push(line.to_vec());
        }

        fn has_ended(&self) -> bool {
            false
        }

        fn verdict(&self, _: Ended) -> Verdict {
            Verdict::ByExit
        }

        fn report(&self) -> RunReport {
            RunReport::default()
        }
    }

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut collect) = (Lines::default(), Collect::default());
        for piece in pieces {
            lines.feed(piece, &mut collect);
        }
        lines.finish(&mut collect);
        collect.0.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
    }

    #[test]
    fn a_line_may_come_in_pieces_and_the_last_without_an_end() {
        assert_eq!(read(&[b"one\ntw", b"o\r\n\nthr", b"ee"]), ["one", "two", "three"]);
    }

    #[test]
    fn half_a_character_at_the_end_of_a_piece_is_no_matter() {
        let text = "gr\u{fc}n\n".as_bytes();
        assert_eq!(read(&[&text[..3], &text[3..]]), ["gr\u{fc}n"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_is_read() {
        let long = vec![b'x'; 10 << 20];
        assert_eq!(read(&[b"before\n", &long, b"\nafter\n"]), ["before", "after"]);
    }

    proptest! {
        #[test]
        fn where_the_bytes_were_cut_changes_nothing(
            text in "[a-z\n]{0,200}", cuts in prop::collection::vec(0_usize..200, 0..6),
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&text.as_bytes()[from..cut]);
                from = cut;
            }
            pieces.push(&text.as_bytes()[from..]);
            prop_assert_eq!(read(&pieces), read(&[text.as_bytes()]));
        }
    }
}
