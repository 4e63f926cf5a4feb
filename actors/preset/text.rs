//! Texts that programs write, as they are kept.

/// The most of a last message, in bytes: enough to read, too little to fill a store.
const MESSAGE: usize = 4 << 10;
/// The most of a reason.
const REASON: usize = 500;
/// The most of an id or a name.
const NAME: usize = 200;
/// The most names of a list.
const MOST_NAMES: usize = 20;

/// A last message.
pub(crate) fn message(text: &str) -> Option<String> {
    cut(text, MESSAGE)
}

/// Why something failed, on one line.
pub(super) fn reason(text: &str) -> Option<String> {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&line, REASON)
}

/// An id or a name.
pub(crate) fn name(text: &str) -> Option<String> {
    cut(text, NAME)
}

/// The tools that were denied, each once.
pub(super) fn denied<'a>(tools: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut denied = Vec::new();
    for tool in tools.filter_map(name) {
        if denied.len() < MOST_NAMES && !denied.contains(&tool) {
            denied.push(tool);
        }
    }
    denied
}

fn cut(text: &str, most: usize) -> Option<String> {
    let text = text.trim();
    if text.len() <= most {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    Some(format!("{}…", &text[..text.floor_char_boundary(most)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        let long = "\u{e4}".repeat(MESSAGE);
        let cut = message(&long).unwrap();
        assert!(cut.len() <= MESSAGE + '…'.len_utf8() && cut.ends_with("\u{e4}…"));
        assert_eq!(message(" \n"), None);
        assert_eq!(reason("two\n  lines").as_deref(), Some("two lines"));
    }
}
