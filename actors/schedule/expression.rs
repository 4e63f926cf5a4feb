//! What a cron expression says, or what is wrong with it.
//!
//! croner decides what can be read. Before it is asked, texts are refused that it would take for
//! something else than their writer (names in fields that have none, empty places in lists, steps
//! that go nowhere); after it said no, the field and the reason are found in the user's own words.

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

use super::dst::DstRule;

/// Why an expression is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// Nothing but blanks.
    #[error("it is empty: expected five fields, as in `*/15 * * * *`")]
    Empty,
    /// Too few or too many fields.
    #[error(
        "it has {found} {}; expected five (minute hour day month weekday), or six with seconds first",
        if *.found == 1 { "field" } else { "fields" }
    )]
    Fields {
        /// How many it has.
        found: usize,
    },
    /// A nickname that cron does not know.
    #[error(
        "`{0}` is not known: there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually"
    )]
    Nickname(String),
    /// A field that cannot be read.
    #[error("the field `{text}` ({field}) cannot be read: {why}")]
    Field {
        /// What the field stands for, and its range.
        field: &'static str,
        /// What was written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The whole cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It never comes due.
    #[error("it never comes due: no year has such a day")]
    Never,
}

/// One of the fields of an expression.
struct Field {
    /// What it stands for, and its range.
    name: &'static str,
    min: u32,
    max: u32,
    /// Words for `min` and what follows it.
    words: &'static [&'static str],
    /// Letters with a meaning of their own.
    letters: &'static str,
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The six fields in their order; expressions with five lack the first.
const FIELDS: [Field; 6] = [
    Field { name: "second, 0-59", min: 0, max: 59, words: &[], letters: "" },
    Field { name: "minute, 0-59", min: 0, max: 59, words: &[], letters: "" },
    Field { name: "hour, 0-23", min: 0, max: 23, words: &[], letters: "" },
    Field { name: "day of month, 1-31", min: 1, max: 31, words: &[], letters: "LW" },
    Field { name: "month, 1-12", min: 1, max: 12, words: &MONTHS, letters: "" },
    // Sunday is 0 and 7.
    Field { name: "weekday, 0-7", min: 0, max: 7, words: &WEEKDAYS, letters: "L" },
];

const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// Reads an expression.
pub(super) fn read(expression: &str) -> Result<(Cron, DstRule), InvalidSchedule> {
    let expression = expression.trim();
    let expression = if expression.starts_with('@') { nickname(expression)? } else { expression };
    let texts: Vec<_> = expression.split_whitespace().collect();
    let fields = match texts.len() {
        0 => return Err(InvalidSchedule::Empty),
        5 => &FIELDS[1..],
        6 => &FIELDS[..],
        found => return Err(InvalidSchedule::Fields { found }),
    };
    for (field, text) in fields.iter().zip(&texts) {
        field.check(text).map_err(|why| field.invalid(text, why))?;
    }
    let cron = parser().parse(expression).map_err(|error| {
        let wrong = fields.iter().zip(&texts).enumerate().find_map(|(place, (field, text))| {
            Some(field.invalid(text, refused_alone(text, place, texts.len())?))
        });
        wrong.unwrap_or_else(|| InvalidSchedule::Unreadable(fragment(&error.to_string())))
    })?;
    let times = &texts[..texts.len() - 3];
    let repeats = times.iter().any(|text| text.contains(['*', '/']));
    Ok((cron, if repeats { DstRule::Repeating } else { DstRule::Fixed }))
}

fn nickname(text: &str) -> Result<&'static str, InvalidSchedule> {
    let known = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    known.map(|(_, expression)| *expression).ok_or_else(|| InvalidSchedule::Nickname(text.to_owned()))
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build()
}

/// What croner says against a field among others that say nothing.
fn refused_alone(text: &str, place: usize, count: usize) -> Option<String> {
    let mut alone = vec!["*"; count];
    alone[place] = text;
    parser().parse(&alone.join(" ")).err().map(|error| fragment(&error.to_string()))
}

/// A library's sentence as a fragment.
fn fragment(sentence: &str) -> String {
    let text = sentence.trim_start_matches("Component error: ").trim().trim_end_matches('.');
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

impl Field {
    fn invalid(&self, text: &str, why: String) -> InvalidSchedule {
        InvalidSchedule::Field { field: self.name, text: text.to_owned(), why }
    }

    /// Says what is wrong, as far as it can be said better than croner would, or where croner would
    /// not mind.
    fn check(&self, text: &str) -> Result<(), String> {
        if text == "?" && self.has_days() {
            return Ok(());
        }
        // `+MON`: on days that are both.
        let text = if self.max == 7 { text.strip_prefix('+').unwrap_or(text) } else { text };
        text.split(',').try_for_each(|part| self.check_part(part))
    }

    fn check_part(&self, part: &str) -> Result<(), String> {
        if part.is_empty() {
            return Err("there is nothing on one side of a comma".to_owned());
        }
        let (values, step) = match part.split_once('/') {
            Some((values, step)) => (values, Some(step)),
            None => (part, None),
        };
        if let Some(step) = step {
            self.check_step(values, step)?;
        }
        let values = self.plain(values);
        match values.split_once('-') {
            _ if values == "*" || values.is_empty() => Ok(()),
            None => self.value(values).map(drop),
            Some((first, last)) => {
                let (first, last) = (self.value(first)?, self.value(last)?);
                // In `FRI-SUN` the week ends with Sunday.
                let last = if self.max == 7 && last == 0 && first > 0 { 7 } else { last };
                if first > last {
                    let Self { min, max, .. } = self;
                    let instead = format!("{first}-{max},{min}-{last}");
                    return Err(format!("`{values}` ends before it begins; write `{instead}`"));
                }
                Ok(())
            }
        }
    }

    fn check_step(&self, values: &str, step: &str) -> Result<(), String> {
        let size = self.max - self.min + 1;
        match step.parse::<u32>() {
            Ok(1..) if values.is_empty() => Err(format!("write `*/{step}`")),
            Ok(1..) if values != "*" && !values.contains('-') => {
                Err(format!("it does not say how far the steps go; write `{values}-{}/{step}`", self.max))
            }
            Ok(wide) if wide > size => Err(format!("a step of {step} leads out of the field")),
            Ok(1..) => Ok(()),
            _ => Err(format!("`{step}` is no step; expected a number from 1 to {size}")),
        }
    }

    /// A part without `L`, `W` and `#n`, where these may stand; croner looks at them.
    fn plain<'a>(&self, part: &'a str) -> &'a str {
        let bare = |letter: char| {
            part.strip_suffix([letter, letter.to_ascii_lowercase()]).map(|rest| rest.trim_end_matches('#'))
        };
        match (self.letters, part.split_once('#')) {
            ("LW", _) if ["L", "LW"].iter().any(|alone| part.eq_ignore_ascii_case(alone)) => "*",
            ("LW", _) => bare('W').unwrap_or(part),
            ("L", Some((weekday, "1" | "2" | "3" | "4" | "5"))) => weekday,
            ("L", _) if part.len() > 1 => bare('L').unwrap_or(part),
            _ => part,
        }
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        if let Some(place) = self.words.iter().position(|word| word.eq_ignore_ascii_case(text)) {
            return Ok(self.min + u32::try_from(place).unwrap_or(0));
        }
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if (self.min..=self.max).contains(&number) => Ok(number),
            _ if is_number => Err(format!("{text} is not from {} to {}", self.min, self.max)),
            _ if text.eq_ignore_ascii_case("L") && self.max == 7 => {
                Err("`L` needs its weekday, as in `5L` for the last Friday of the month".to_owned())
            }
            _ => Err(match self.words {
                [] => format!("`{text}` is no number"),
                [first, ..] => format!("`{text}` is neither a number nor a name like {first}"),
            }),
        }
    }

    /// Whether it is one of the two fields of days, in which `?` means `*`.
    fn has_days(&self) -> bool {
        !self.letters.is_empty()
    }
}
