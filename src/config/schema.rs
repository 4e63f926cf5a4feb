//! What may stand in a file: keys and the kinds of their values, as data.
//!
//! Files, environment variables and suggestions all go by the same list. Each table is declared
//! once, by [`table!`](super::table), which makes its keys, its type and its defaults. Names are
//! `snake_case`; the camelCase spelling of each is accepted too. Keys of Action Llama on which
//! Herdgate does not act are listed, so that its projects load unchanged and `check` can name what
//! has no effect.

/// What a value must be.
#[derive(Debug)]
pub(super) enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Count {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// Seconds as a number, or a text like `800ms`.
    Span(Zero),
    /// Bytes as a number, or a text like `10MiB`.
    Size,
    /// A text.
    Text,
    /// One text or a list of them; empty texts stand for nothing.
    Texts,
    /// A list of texts, kept as they are.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Names of variables, or a table of them.
    Variables,
    /// Instances by credential type. The table itself cannot be written: each type is a key.
    Credentials,
    /// A table with these keys.
    Table(&'static [Key]),
    /// A table of tables whose names the user chooses.
    Named(&'static [Key]),
    /// The `[[webhooks]]` of an agent.
    Triggers,
    /// A table that is kept as it is.
    Free,
    /// Anything at all, understood but not acted upon.
    Foreign,
}

/// Whether a span may be nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    /// It may.
    Allowed,
    /// It must be longer.
    Refused,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name in `snake_case`; in Action Llama's own spelling where it is foreign.
    pub(super) name: &'static str,
    /// Other names beside the camelCase one.
    pub(super) aliases: &'static [&'static str],
    /// What its value must be.
    pub(super) kind: Kind,
    /// Whether Action Llama has it too.
    pub(super) shared: bool,
}

impl Key {
    /// A key whose value must be of `kind`.
    pub(super) const fn of(kind: Kind) -> Self {
        Self { name: "", aliases: &[], kind, shared: false }
    }

    /// A key of Action Llama without effect here.
    pub(super) const fn foreign(name: &'static str) -> Self {
        Self { name, aliases: &[], kind: Kind::Foreign, shared: true }
    }

    /// The same under its name, which may be written as a raw identifier.
    pub(super) const fn named(mut self, name: &'static str) -> Self {
        self.name = match name.as_bytes() {
            [b'r', b'#', ..] => name.split_at(2).1,
            _ => name,
        };
        self
    }

    /// The same with other names beside the camelCase one.
    pub(super) const fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// The same, known to be Action Llama's too.
    pub(super) const fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// Whether the user's spelling means this key.
    pub(super) fn is(&self, spelling: &str) -> bool {
        !matches!(self.kind, Kind::Credentials)
            && (self.name == spelling
                || self.aliases.contains(&spelling)
                || is_camel_case_of(spelling, self.name))
    }
}

/// The key that `spelling` means.
pub(super) fn find(keys: &'static [Key], spelling: &str) -> Option<&'static Key> {
    keys.iter().find(|key| key.is(spelling))
}

/// The table that takes instances by credential type among `keys`, if there is one.
pub(super) fn credentials(keys: &'static [Key]) -> Option<&'static Key> {
    keys.iter().find(|key| matches!(key.kind, Kind::Credentials))
}

/// Whether `spelling` is the camelCase form of `name`.
pub(super) fn is_camel_case_of(spelling: &str, name: &str) -> bool {
    let mut letters = spelling.chars();
    let mut upper = false;
    for expected in name.chars() {
        if expected == '_' {
            upper = true;
            continue;
        }
        let expected = if upper { expected.to_ascii_uppercase() } else { expected };
        upper = false;
        if letters.next() != Some(expected) {
            return false;
        }
    }
    letters.next().is_none()
}

pub(super) const fn flag() -> Key {
    Key::of(Kind::Flag)
}

pub(super) const fn text() -> Key {
    Key::of(Kind::Text)
}

pub(super) const fn texts() -> Key {
    Key::of(Kind::Texts)
}

pub(super) const fn count(min: i64, max: i64) -> Key {
    Key::of(Kind::Count { min, max })
}

/// A number of things of which there must be one.
pub(super) const fn positive() -> Key {
    count(1, 1_000_000)
}

pub(super) const fn port() -> Key {
    count(0, 65_535)
}

/// A time that must be longer than nothing.
pub(super) const fn span() -> Key {
    Key::of(Kind::Span(Zero::Refused))
}

/// A time that may be nothing.
pub(super) const fn pause() -> Key {
    Key::of(Kind::Span(Zero::Allowed))
}

pub(super) const fn size() -> Key {
    Key::of(Kind::Size)
}

pub(super) const fn choice(words: &'static [&'static str]) -> Key {
    Key::of(Kind::Choice(words))
}

pub(super) const fn inner(keys: &'static [Key]) -> Key {
    Key::of(Kind::Table(keys))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{agent_settings::AGENT, settings::PROJECT};

    #[test]
    fn a_key_is_found_by_its_camel_case_and_its_older_names() {
        for spelling in ["work_queue_size", "workQueueSize", "webhookQueueSize"] {
            assert_eq!(find(PROJECT, spelling).map(|key| key.name), Some("work_queue_size"), "{spelling}");
        }
        assert_eq!(find(AGENT, "maxWorkQueueSize").map(|key| key.name), Some("work_queue_size"));
        assert!(find(PROJECT, "WorkQueueSize").is_none());
        assert!(find(PROJECT, "workqueuesize").is_none());
    }
}
