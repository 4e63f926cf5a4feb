//! How times, spans, ids and numbers are written. What implements [`HtmlSafe`] here is made of digits,
//! fixed words and what ids consist of, never of what somebody sent.

use std::{fmt, time::Duration};

use askama::filters::HtmlSafe;
use chrono::SecondsFormat;
use herdgate_actors::domain::Timestamp;

/// A moment, told from now; the moment itself on hover. The page tells it anew as time passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    at: Timestamp,
    now: Timestamp,
    /// Says how long it has been, without `ago`.
    is_span: bool,
}

impl When {
    /// `3m ago`, or `in 3m`.
    pub(super) const fn new(at: Timestamp, now: Timestamp) -> Self {
        Self { at, now, is_span: false }
    }

    /// `3m`: how long it has been, and still goes on.
    pub(super) const fn since(at: Timestamp, now: Timestamp) -> Self {
        Self { at, now, is_span: true }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.at.to_utc();
        let exact = date.to_rfc3339_opts(SecondsFormat::Millis, true);
        let shown = date.format("%Y-%m-%d %H:%M:%S");
        let text = relative(self.at, self.now);
        let (class, text) =
            if self.is_span { (" class=\"span\"", coarse(self.now.since(self.at))) } else { ("", text) };
        write!(f, "<time datetime=\"{exact}\" title=\"{shown} UTC\"{class}>{text}</time>")
    }
}

impl HtmlSafe for When {}

/// `3m ago`, `in 3m`, `now`.
fn relative(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        return format!("in {}", coarse(at.since(now)));
    }
    let span = now.since(at);
    if span < Duration::from_secs(1) { "now".to_owned() } else { format!("{} ago", coarse(span)) }
}

/// One number and its unit: what an eye can compare down a column.
pub(super) fn coarse(span: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let seconds = span.as_secs();
    // Two days still read better in hours.
    let fits = |unit: u64| if unit == 86_400 { seconds >= 2 * unit } else { seconds >= unit };
    UNITS
        .iter()
        .find(|(unit, _)| fits(*unit))
        .map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", seconds / unit))
}

/// How long something took, as exact as matters: `412 ms`, `1.2 s`, `3 m 04 s`, `2 h 03 m`.
pub(super) fn lasted(span: Duration) -> String {
    let (millis, seconds) = (span.as_millis(), span.as_secs());
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{}.{} s", seconds, millis / 100 % 10),
        60..3_600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3_600, seconds / 60 % 60),
    }
}

/// An id: its ends are what tells ids apart, so the middle goes. All of it is copied on a click.
#[derive(Debug, Clone)]
pub(super) struct ShortId(String);

impl ShortId {
    /// Of a receipt, a job or a run.
    pub(super) fn new(id: impl fmt::Display) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for ShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.0;
        // Thirteen digits and, of a run, its attempt: all of them ASCII.
        let shown = match (id.get(..4), id.get(9..)) {
            (Some(head), Some(tail)) if id.len() > 12 => format!("{head}…{tail}"),
            _ => id.clone(),
        };
        write!(f, "<span class=\"id\" title=\"{id}\" data-copy=\"{id}\">{shown}</span>")
    }
}

impl HtmlSafe for ShortId {}

/// A number with its thousands set apart; with a plus where counting ended there.
pub(super) fn counted(number: u64, cap: Option<u64>) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if cap.is_some_and(|cap| number >= cap) {
        text.push('+');
    }
    text
}

/// `1 job`, `3 jobs`.
pub(super) fn plural(number: u64, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {what}{s}", counted(number, None))
}

/// The start of a text, so many letters at most, and a sign where some are missing.
pub(super) fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// `412 B`, `7.4 KB`, `1.2 MB`.
pub(super) fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{}.{} KB", count / 1_000, count / 100 % 10),
        _ => format!("{}.{} MB", count / 1_000_000, count / 100_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + seconds * 1000)
    }

    #[test]
    fn a_moment_is_told_from_now_with_its_date_beside_it() {
        let told = |seconds| relative(at(seconds), at(0));
        assert_eq!(
            [0, -5, -59, -60, -7_199, -100_000, -200_000, 90].map(told),
            ["now", "5s ago", "59s ago", "1m ago", "1h ago", "27h ago", "2d ago", "in 1m"]
        );
        let html = When::new(at(-5), at(0)).to_string();
        assert_eq!(
            html,
            "<time datetime=\"2027-01-15T07:59:55.000Z\" title=\"2027-01-15 07:59:55 UTC\">5s ago</time>"
        );
    }

    #[test]
    fn spans_are_as_exact_as_matters() {
        let told = |millis| lasted(Duration::from_millis(millis));
        assert_eq!(
            [0, 412, 1_250, 59_999, 184_000, 7_380_000].map(told),
            ["0 ms", "412 ms", "1.2 s", "59.9 s", "3 m 04 s", "2 h 03 m"]
        );
    }

    #[test]
    fn ids_lose_their_middle_and_keep_what_tells_them_apart() {
        let html = ShortId::new("38gcpjab60001-2").to_string();
        assert!(html.contains(">38gc…0001-2<") && html.contains("data-copy=\"38gcpjab60001-2\""), "{html}");
    }

    #[test]
    fn numbers_are_grouped_and_say_where_counting_ended() {
        assert_eq!(counted(1_234_567, None), "1,234,567");
        assert_eq!(counted(10_000, Some(10_000)), "10,000+");
        assert_eq!(plural(1, "job") + ", " + &plural(12, "job"), "1 job, 12 jobs");
        assert_eq!([cut("abc", 3), cut("äbcd", 3)], ["abc", "äbc…"]);
        assert_eq!([bytes(12), bytes(7_450), bytes(1_250_000)], ["12 B", "7.4 KB", "1.2 MB"]);
    }
}
