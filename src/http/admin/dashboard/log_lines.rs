//! What a run printed, as lines of a page: colours and weights take effect, nothing else does.

use super::html::Html;

/// The longest line that is shown.
const LONGEST: usize = 8 << 10;
/// Longer than any colour.
const SEQUENCE: usize = 64;

/// Writes lines with their numbers, the first of which is `number`; how many there were.
pub(super) fn write(html: &mut Html, bytes: &[u8], number: u64) -> u64 {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() {
        return 0;
    }
    let mut count = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        let number = number + count;
        html.markup(&format!(
            "<div class=\"line\" id=\"L{number}\"><a href=\"#L{number}\">{number}</a><span>"
        ));
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let shown = &line[..line.len().min(LONGEST)];
        coloured(html, &String::from_utf8_lossy(shown));
        if shown.len() < line.len() {
            html.markup("<span class=\"cd\">… cut here</span>");
        }
        html.markup("</span></div>");
        count += 1;
    }
    count
}

fn coloured(html: &mut Html, line: &str) {
    let (mut rest, mut is_open) = (line, false);
    while let Some(start) = rest.find("\u{1b}[") {
        html.text(&rest[..start]);
        let sequence = &rest[start + 2..];
        let end = sequence.find(|letter: char| !(letter.is_ascii_digit() || letter == ';'));
        if let Some(end) = end.filter(|end| *end <= SEQUENCE && sequence[*end..].starts_with('m')) {
            if is_open {
                html.markup("</span>");
            }
            let class = class_of(&sequence[..end]);
            is_open = class.is_some();
            if let Some(class) = class {
                html.markup(&format!("<span class=\"{class}\">"));
            }
            rest = &sequence[end + 1..];
        } else {
            // Something else than a colour: it is spelled out.
            html.text(&rest[start..start + 2]);
            rest = sequence;
        }
    }
    html.text(rest);
    if is_open {
        html.markup("</span>");
    }
}

/// How a colour looks here; nothing where it says to go back.
fn class_of(codes: &str) -> Option<String> {
    let mut classes = Vec::new();
    let mut codes = codes.split(';').map(|code| code.parse::<u16>().unwrap_or_default());
    while let Some(code) = codes.next() {
        match code {
            0 => classes.clear(),
            1 => classes.push("cb".to_owned()),
            2 => classes.push("cd".to_owned()),
            30..=37 => classes.push(format!("c{}", code - 30)),
            90..=97 => classes.push(format!("c{}", code - 90)),
            // One of 256, or of all: those that follow say which.
            38 | 48 => drop(codes.next().map(|kind| codes.nth(if kind == 5 { 0 } else { 2 }))),
            _ => {}
        }
    }
    (!classes.is_empty()).then(|| classes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        let mut html = Html::default();
        write(&mut html, bytes, 1);
        html.to_string()
    }

    #[test]
    fn lines_are_numbered_and_colours_take_effect() {
        let html = shown(b"one\r\n\x1b[1;31mred\x1b[0m plain\n");
        assert_eq!(
            html,
            "<div class=\"line\" id=\"L1\"><a href=\"#L1\">1</a><span>one</span></div>\
             <div class=\"line\" id=\"L2\"><a href=\"#L2\">2</a><span><span class=\"cb c1\">red</span> plain</span></div>"
        );
        assert_eq!(shown(b""), "");
        assert!(
            shown(b"\x1b[38;5;200mx\x1b[38;2;1;2;31my").contains("<span>xy</span>"),
            "{}",
            shown(b"\x1b[38;5;200mx")
        );
    }

    #[test]
    fn nothing_else_does() {
        for hostile in
            ["<script>", "\u{1b}[2J", "\u{1b}]8;;http://x\u{7}", "\u{1b}[31", "\u{1b}[9999999999m\u{202e}"]
        {
            let html = shown(hostile.as_bytes());
            assert!(
                !html.contains('\u{1b}') && !html.contains("<script") && !html.contains('\u{202e}'),
                "{html}"
            );
            let opened = html.matches("<span").count();
            assert_eq!(opened, html.matches("</span>").count(), "{html}");
        }
        assert!(shown(&vec![b'x'; 1 << 20]).len() < 2 * LONGEST);
    }
}
