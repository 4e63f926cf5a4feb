//! Spans of time, sizes and variables, as users write them.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Deserializer, de};

/// Reads `900`, `800ms`, `15m`, `1h30m`, `7d`; a bare number is seconds.
///
/// # Errors
/// Says what is wrong with the text.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    if rest.is_empty() {
        return Err("it is empty".to_owned());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (number, unit, after) = next_part(rest);
        let number: u64 = number.parse().map_err(|_| format!("`{rest}` does not start with a number"))?;
        let unit = match unit.trim() {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            "d" => Duration::from_hours(24),
            unit => return Err(format!("`{unit}` is not a unit: use ms, s, m, h or d")),
        };
        let part = u32::try_from(number).ok().and_then(|number| unit.checked_mul(number));
        total =
            part.and_then(|part| total.checked_add(part)).ok_or_else(|| format!("{number} is too much"))?;
        rest = after;
    }
    Ok(total)
}

/// Reads `1048576`, `512KiB`, `25MB`; a bare number is bytes.
///
/// # Errors
/// Says what is wrong with the text.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (number, unit, after) = next_part(text);
    let number: u64 = number.parse().map_err(|_| format!("`{text}` does not start with a number"))?;
    let unit: u64 = match unit.trim() {
        "" | "B" => 1,
        "KB" | "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1 << 30,
        unit => return Err(format!("`{unit}` is not a unit: use B, KiB, MiB, GiB, KB, MB or GB")),
    };
    if !after.is_empty() {
        return Err(format!("`{after}` is left over"));
    }
    number.checked_mul(unit).ok_or_else(|| format!("{number} is too much"))
}

/// Splits `90s5m` into `90`, `s` and `5m`.
fn next_part(text: &str) -> (&str, &str, &str) {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let letters = rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(letters);
    (number, unit, after)
}

/// Reads what the walk leaves of a span: milliseconds.
pub(super) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

/// Like [`millis`], where nothing may stand.
pub(super) fn maybe_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    millis(deserializer).map(Some)
}

/// Variables of a run's environment by name.
pub type Variables = BTreeMap<String, Variable>;

/// Where the value of a variable comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum Variable {
    /// The gate's own environment.
    PassedOn,
    /// The file.
    Set(String),
}

/// Never shows a value, which may be a token.
impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PassedOn => "PassedOn",
            Self::Set(_) => "Set(…)",
        })
    }
}

impl<'de> Deserialize<'de> for Variable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Variable;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or `true` to pass the gate's own variable on")
            }

            fn visit_bool<E: de::Error>(self, passed_on: bool) -> Result<Variable, E> {
                if passed_on {
                    Ok(Variable::PassedOn)
                } else {
                    Err(E::invalid_value(de::Unexpected::Bool(false), &self))
                }
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Variable, E> {
                Ok(Variable::Set(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_every_unit_and_in_sums_of_them() {
        for (text, millis) in
            [("900", 900_000), ("800ms", 800), ("15m", 900_000), ("1h30m", 5_400_000), ("7d", 604_800_000)]
        {
            assert_eq!(parse_span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn spans_of_odd_shape_say_what_is_wrong() {
        assert_eq!(parse_span("5 minutes"), Err("`minutes` is not a unit: use ms, s, m, h or d".to_owned()));
        assert_eq!(parse_span("soon"), Err("`soon` does not start with a number".to_owned()));
        assert_eq!(parse_span(""), Err("it is empty".to_owned()));
        assert_eq!(parse_span("99999999999d"), Err("99999999999 is too much".to_owned()));
        assert!(parse_span("-5s").is_err());
    }

    #[test]
    fn sizes_are_read_in_powers_of_two_and_of_ten() {
        assert_eq!(parse_size("1048576"), Ok(1 << 20));
        assert_eq!(parse_size("10MiB"), Ok(10 << 20));
        assert_eq!(parse_size("25MB"), Ok(25_000_000));
        assert_eq!(parse_size("10MiB3"), Err("`3` is left over".to_owned()));
        assert_eq!(
            parse_size("1TB"),
            Err("`TB` is not a unit: use B, KiB, MiB, GiB, KB, MB or GB".to_owned())
        );
    }

    #[test]
    fn the_value_of_a_variable_is_not_shown() {
        assert_eq!(format!("{:?}", Variable::Set("token".to_owned())), "Set(…)");
    }
}
