//! Colours, where the terminal takes them and its user wants them.

use crate::config::ColorMode;

/// What a text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing special.
    Plain,
    /// The title of a column or a part.
    Heading,
    /// It ended well.
    Good,
    /// It ended badly.
    Bad,
    /// It waits, or wants a look.
    Waiting,
    /// It is under way.
    Busy,
    /// Of less weight.
    Faint,
}

/// How tones are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette(ColorMode);

impl Palette {
    #[cfg(test)]
    pub(super) const PLAIN: Self = Self(ColorMode::Plain);
    #[cfg(test)]
    pub(super) const COLOUR: Self = Self(ColorMode::Colour);

    /// That of standard output.
    pub(super) fn of_stdout() -> Self {
        Self(ColorMode::of_stdout())
    }

    /// A text in its colour; every unseen character of it must be escaped before.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            _ if self.0 == ColorMode::Plain || text.is_empty() => return text.to_owned(),
            Tone::Plain => return text.to_owned(),
            Tone::Heading => "1",
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Waiting => "33",
            Tone::Busy => "34",
            Tone::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
