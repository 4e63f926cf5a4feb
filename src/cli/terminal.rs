//! Output of agents on a terminal: colours take effect, nothing else does.
//!
//! What a run prints comes, by way of the agent, from strangers. Control sequences write clipboards,
//! hide links, move the cursor over earlier lines or answer as if the user had typed. They are
//! spelled out instead; only SGR (colours and weights, but not "concealed") passes.

use herdgate_actors::domain::is_unseen;

/// Longer than any colour.
const SEQUENCE_LIMIT: usize = 64;
const RESET: &str = "\u{1b}[0m";

/// Reads bytes as they come, in pieces cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Terminal {
    /// The beginning of a letter whose rest is still to come.
    bytes: Vec<u8>,
    /// The beginning of a control sequence.
    sequence: String,
    /// A carriage return: alone it is a new line, so that nothing is written over.
    returned: bool,
    coloured: bool,
}

impl Terminal {
    /// What to print for the next piece.
    pub(super) fn show(&mut self, piece: &[u8]) -> String {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.extend_from_slice(piece);
        let mut shown = String::with_capacity(bytes.len());
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.text(text, &mut shown);
                    break;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    self.text(&String::from_utf8_lossy(good), &mut shown);
                    let Some(length) = error.error_len() else {
                        self.bytes = bad.to_vec();
                        break;
                    };
                    self.letter(char::REPLACEMENT_CHARACTER, &mut shown);
                    rest = &bad[length..];
                }
            }
        }
        shown
    }

    /// What is left over at the end.
    pub(super) fn end(&mut self) -> String {
        let mut shown = String::new();
        self.abandon(&mut shown);
        if !std::mem::take(&mut self.bytes).is_empty() {
            shown.push(char::REPLACEMENT_CHARACTER);
        }
        if self.coloured {
            shown.push_str(RESET);
        }
        shown
    }

    fn text(&mut self, text: &str, shown: &mut String) {
        for letter in text.chars() {
            self.letter(letter, shown);
        }
    }

    fn letter(&mut self, letter: char, shown: &mut String) {
        if std::mem::take(&mut self.returned) && letter != '\n' {
            shown.push('\n');
        }
        if !self.sequence.is_empty() {
            if self.goes_on(letter) {
                self.sequence.push(letter);
                return;
            }
            if letter == 'm' && self.sequence.len() > 1 && is_colour(&self.sequence[2..]) {
                shown.push_str(&std::mem::take(&mut self.sequence));
                shown.push('m');
                self.coloured = true;
                return;
            }
            self.abandon(shown);
        }
        match letter {
            '\u{1b}' => self.sequence.push(letter),
            '\r' => self.returned = true,
            '\n' | '\t' => shown.push(letter),
            _ if is_unseen(letter) => shown.extend(letter.escape_unicode()),
            _ => shown.push(letter),
        }
    }

    /// Whether a letter belongs to the sequence that has begun, before its last one.
    fn goes_on(&self, letter: char) -> bool {
        match self.sequence.len() {
            1 => letter == '[',
            length => length < SEQUENCE_LIMIT && matches!(letter, '0'..='9' | ';' | ':'),
        }
    }

    /// What began as a sequence and is none that passes.
    fn abandon(&mut self, shown: &mut String) {
        for letter in std::mem::take(&mut self.sequence).chars() {
            if is_unseen(letter) {
                shown.extend(letter.escape_unicode());
            } else {
                shown.push(letter);
            }
        }
    }
}

/// Whether SGR parameters leave text readable: 8 conceals it, unless it is the number of a colour.
fn is_colour(parameters: &str) -> bool {
    let mut numbers = parameters.split(';');
    while let Some(number) = numbers.next() {
        match number {
            "8" | "08" => return false,
            "38" | "48" | "58" => {
                let places = match numbers.next() {
                    Some("5") => 1,
                    Some("2") => 3,
                    _ => 0,
                };
                for _ in 0..places {
                    numbers.next();
                }
            }
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[&[u8]]) -> String {
        let mut terminal = Terminal::default();
        let mut text: String = pieces.iter().map(|piece| terminal.show(piece)).collect();
        text.push_str(&terminal.end());
        text
    }

    #[test]
    fn colours_pass_and_are_taken_back_at_the_end() {
        assert_eq!(shown(&[b"\x1b[1;31mred\x1b[38;5;8mgrey"]), "\u{1b}[1;31mred\u{1b}[38;5;8mgrey\u{1b}[0m");
    }

    #[test]
    fn all_other_control_is_spelled_out() {
        assert_eq!(shown(&[b"\x1b]0;owned\x07\x1b[2J"]), "\\u{1b}]0;owned\\u{7}\\u{1b}[2J");
        assert_eq!(shown(&[b"\x1b[8mhidden"]), "\\u{1b}[8mhidden");
        assert_eq!(shown(&["\u{9b}2J\u{202e}x\u{e0041}".as_bytes()]), "\\u{9b}2J\\u{202e}x\\u{e0041}");
        assert_eq!(shown(&[b"\x1b"]), "\\u{1b}");
    }

    #[test]
    fn a_line_cannot_be_written_over() {
        assert_eq!(shown(&[b"10%\r20%\r\ndone\x08\n"]), "10%\n20%\ndone\\u{8}\n");
    }

    #[test]
    fn pieces_are_cut_anywhere() {
        let text = "é\u{1b}[32mgrün 🐑\u{1b}[2J".as_bytes();
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(shown(&bytes), shown(&[text]));
        assert_eq!(shown(&[b"\xff\xe2\x82"]), "\u{fffd}\u{fffd}");
    }
}
