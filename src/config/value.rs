//! Spans of time and sizes, as users write them.

use std::{fmt::Write, ops::Deref, time::Duration};

use bytesize::ByteSize;
use serde::Deserialize;

/// The units of a span. `humantime` knows more, among them a month that is spelled `M`.
const SPAN_UNITS: [&str; 5] = ["ms", "s", "m", "h", "d"];

/// Reads `900`, `800ms`, `15m`, `1h30m`, `7d`; a bare number is seconds.
///
/// # Errors
/// Says what is wrong with the text.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let mut rest = text;
    while !rest.is_empty() {
        let (number, unit, after) = next_part(rest);
        if number.is_empty() {
            return Err(format!("`{rest}` does not start with a number"));
        }
        if !SPAN_UNITS.contains(&unit.trim()) {
            return Err(format!("`{}` is not a unit: use ms, s, m, h or d", unit.trim()));
        }
        // The model keeps milliseconds in an `i64`; nobody waits for four billion of anything.
        if number.parse::<u32>().is_err() {
            return Err(format!("{number} is too much"));
        }
        rest = after;
    }
    humantime::parse_duration(text).map_err(|error| error.to_string())
}

/// Reads `1048576`, `512KiB`, `25MB`; a bare number is bytes.
///
/// # Errors
/// Says what is wrong with the text.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (number, unit, after) = next_part(text);
    let count: u64 = number.parse().map_err(|_| format!("`{text}` does not start with a number"))?;
    // A lone letter counts in powers of two, as it does in most configuration files.
    let unit = match unit.trim() {
        "" => "B",
        "K" => "KiB",
        "M" => "MiB",
        "G" => "GiB",
        unit @ ("B" | "KB" | "kB" | "MB" | "GB" | "KiB" | "MiB" | "GiB") => unit,
        unit => return Err(format!("`{unit}` is not a unit: use B, KiB, MiB, GiB, KB, MB or GB")),
    };
    if !after.is_empty() {
        return Err(format!("`{after}` is left over"));
    }
    let size: ByteSize = format!("{count}{unit}").parse()?;
    // What is too much for a number of bytes is read as the largest there is.
    if size.as_u64() == u64::MAX { Err(format!("{count} is too much")) } else { Ok(size.as_u64()) }
}

/// Writes a span as [`parse_span`] reads it: `1h30m`.
pub fn format_span(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, millis) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if rest >= millis {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{}{unit}", rest / millis);
            rest %= millis;
        }
    }
    text
}

/// Writes a size as [`parse_size`] reads it, in the largest unit that leaves nothing over.
pub fn format_size(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let whole = units.into_iter().find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size));
    whole.map_or_else(|| format!("{bytes}B"), |(unit, size)| format!("{}{unit}", bytes / size))
}

/// Splits `90s5m` into `90`, `s` and `5m`.
fn next_part(text: &str) -> (&str, &str, &str) {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let letters = rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(letters);
    (number, unit, after)
}

/// A span of time, which validation leaves as milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "u64")]
pub(crate) struct Span(Duration);

impl Span {
    /// Milliseconds.
    pub(crate) const fn millis(count: u64) -> Self {
        Self(Duration::from_millis(count))
    }

    /// Seconds.
    pub(crate) const fn seconds(count: u64) -> Self {
        Self(Duration::from_secs(count))
    }

    /// Minutes.
    pub(crate) const fn minutes(count: u64) -> Self {
        Self(Duration::from_mins(count))
    }

    /// Days of 24 hours.
    pub(crate) const fn days(count: u64) -> Self {
        Self(Duration::from_hours(count * 24))
    }
}

impl From<u64> for Span {
    fn from(millis: u64) -> Self {
        Self::millis(millis)
    }
}

impl Deref for Span {
    type Target = Duration;

    fn deref(&self) -> &Duration {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_every_unit_and_in_sums_of_them() {
        for (text, millis) in [
            ("900", 900_000),
            ("800ms", 800),
            ("15m", 900_000),
            ("1h30m", 5_400_000),
            ("1h 30 m", 5_400_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(parse_span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for millis in [0, 1, 800, 1_000, 90_000, 5_400_000, 604_800_000, 93_784_005] {
            let span = Duration::from_millis(millis);
            assert_eq!(parse_span(&format_span(span)), Ok(span), "{}", format_span(span));
        }
        for bytes in [1, 1_000, 1 << 10, 25 << 20, 3 << 30, (1 << 20) + 1] {
            assert_eq!(parse_size(&format_size(bytes)), Ok(bytes), "{}", format_size(bytes));
        }
        assert_eq!(
            (format_span(Duration::from_mins(90)), format_size(25 << 20)),
            ("1h30m".into(), "25MiB".into())
        );
    }

    #[test]
    fn spans_of_odd_shape_say_what_is_wrong() {
        assert_eq!(parse_span("5 minutes"), Err("`minutes` is not a unit: use ms, s, m, h or d".to_owned()));
        assert_eq!(parse_span("1M"), Err("`M` is not a unit: use ms, s, m, h or d".to_owned()));
        assert_eq!(parse_span("soon"), Err("`soon` does not start with a number".to_owned()));
        assert_eq!(parse_span(""), Err("it is empty".to_owned()));
        assert_eq!(parse_span("99999999999d"), Err("99999999999 is too much".to_owned()));
        assert!(parse_span("-5s").is_err());
    }

    #[test]
    fn sizes_are_read_in_powers_of_two_and_of_ten() {
        assert_eq!(parse_size("1048576"), Ok(1 << 20));
        assert_eq!(parse_size("10MiB"), Ok(10 << 20));
        assert_eq!(parse_size("10M"), Ok(10 << 20));
        assert_eq!(parse_size("25MB"), Ok(25_000_000));
        assert_eq!(parse_size("1kB"), Ok(1_000));
        assert_eq!(parse_size("99999999999GB"), Err("99999999999 is too much".to_owned()));
        assert_eq!(parse_size("10MiB3"), Err("`3` is left over".to_owned()));
        assert_eq!(
            parse_size("1TB"),
            Err("`TB` is not a unit: use B, KiB, MiB, GiB, KB, MB or GB".to_owned())
        );
    }
}
