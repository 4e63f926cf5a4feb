//! Points in time, as the API writes them.

use std::{fmt, str::FromStr};

use chrono::DateTime;
use herdgate_actors::domain::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use utoipa::ToSchema;

/// A point in time: RFC 3339, in UTC with milliseconds. Other zones are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime, examples("2026-11-24T13:45:10.123Z"))]
pub struct Time(pub Timestamp);

/// A text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time like 2026-11-24T13:45:10Z")]
pub struct InvalidTime(String);

impl FromStr for Time {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let date = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidTime(text.to_owned()))?;
        Ok(Self(date.into()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_zone_is_read_and_utc_is_written() {
        let time: Time = "2026-11-24T14:45:10+01:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-11-24T13:45:10.000Z");
        assert_eq!(
            serde_json::to_string(&time).unwrap().parse(),
            Ok("\"2026-11-24T13:45:10.000Z\"".to_owned())
        );
        assert!("yesterday".parse::<Time>().is_err());
    }
}
