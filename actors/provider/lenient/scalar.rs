//! Texts, numbers and flags.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// A text, or nothing: anything that is no string is read as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::provider) struct Text<'a>(pub(in crate::provider) Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text if it is there and not empty.
    pub(in crate::provider) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// An owned copy if it is there and not empty.
    pub(in crate::provider) fn owned(&self) -> Option<String> {
        self.get().map(str::to_owned)
    }
}

/// A text or a number, kept as text: for ids that providers write either way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::provider) struct Scalar<'a>(pub(in crate::provider) Option<Cow<'a, str>>);

impl Scalar<'_> {
    /// The text if it is there and not empty.
    pub(in crate::provider) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// An owned copy if it is there and not empty.
    pub(in crate::provider) fn owned(&self) -> Option<String> {
        self.get().map(str::to_owned)
    }
}

/// A whole number, or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::provider) struct Number(pub(in crate::provider) Option<i64>);

/// A yes or no, or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::provider) struct Flag(pub(in crate::provider) Option<bool>);

/// A value of any JSON type on its way to the type that a reader wants.
enum Any<'de> {
    Text(Cow<'de, str>),
    Number(i64),
    Float(f64),
    Flag(bool),
    Else,
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Any<'de>, E> {
        Ok(Any::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Any<'de>, E> {
        Ok(Any::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Any<'de>, E> {
        Ok(Any::Text(Cow::Owned(text)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Any<'de>, E> {
        Ok(Any::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Any<'de>, E> {
        Ok(i64::try_from(number).map_or(Any::Float(number as f64), Any::Number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Any<'de>, E> {
        Ok(Any::Float(number))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Any<'de>, E> {
        Ok(Any::Flag(flag))
    }

    fn visit_unit<E>(self) -> Result<Any<'de>, E> {
        Ok(Any::Else)
    }

    fn visit_none<E>(self) -> Result<Any<'de>, E> {
        Ok(Any::Else)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Any<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Any::Else)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Any<'de>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Any::Else)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(AnyVisitor)? {
            Any::Text(text) => Self(Some(text)),
            _ => Self(None),
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match deserializer.deserialize_any(AnyVisitor)? {
            Any::Text(text) => Some(text),
            Any::Number(number) => Some(Cow::Owned(number.to_string())),
            Any::Float(number) => Some(Cow::Owned(number.to_string())),
            Any::Flag(_) | Any::Else => None,
        }))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(AnyVisitor)? {
            Any::Number(number) => Self(Some(number)),
            _ => Self(None),
        })
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(AnyVisitor)? {
            Any::Flag(flag) => Self(Some(flag)),
            _ => Self(None),
        })
    }
}
