//! Reading JSON whose fields may have any shape.
//!
//! Parsers borrow from the body and name only the fields they need. A field of the wrong type is
//! treated as absent, so that a provider's change in one corner never loses an event; texts with
//! escapes are copied, all others borrowed.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use crate::domain::Unparsable;

/// Reads a body with `read`; where that fails, once more over a mended copy.
///
/// Mended are invalid UTF-8 and lone surrogate escapes (both are real in commit messages), a byte
/// order mark, and repeated keys, of which the last one counts as in JavaScript.
///
/// # Errors
/// No JSON object.
pub fn read<T>(body: &[u8], read: impl Fn(&[u8]) -> serde_json::Result<T>) -> Result<T, Unparsable> {
    // Derived readers would take an array for an object, field by field.
    if !body.trim_ascii_start().starts_with(b"{") && !body.starts_with(b"\xef\xbb\xbf") {
        return Err(Unparsable("the body is no JSON object".to_owned()));
    }
    let first = match read(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    mended(body)
        .and_then(|copy| read(&copy).ok())
        .ok_or_else(|| Unparsable(format!("the body is no JSON object: {first}")))
}

/// The body as JSON that every reader accepts, if it is an object at all.
fn mended(body: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(&without_lone_surrogates(text)).ok()?;
    value.is_object().then(|| serde_json::to_vec(&value).ok())?
}

/// Replaces `\ud83d` without its second half, and the other way round, by the replacement sign.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let Some(unit) = escaped_unit(bytes, at) else {
            at += 2; // another escape: its second byte is never the start of one
            continue;
        };
        let pair = (0xd800..0xdc00).contains(&unit)
            && escaped_unit(bytes, at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        if pair {
            at += 12;
        } else if (0xd800..0xe000).contains(&unit) {
            out.push_str(&text[copied..at]);
            out.push_str("\\ufffd");
            at += 6;
            copied = at;
        } else {
            at += 6;
        }
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The UTF-16 unit of `\uXXXX` at `at`.
fn escaped_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u").filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// A text, or nothing: anything that is no string is read as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text if it is there and not empty.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// An owned copy if it is there and not empty.
    pub fn owned(&self) -> Option<String> {
        self.get().map(str::to_owned)
    }
}

/// A text or a number, kept as text: for ids that providers write either way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scalar<'a>(pub Option<Cow<'a, str>>);

impl Scalar<'_> {
    /// The text if it is there and not empty.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// An owned copy if it is there and not empty.
    pub fn owned(&self) -> Option<String> {
        self.get().map(str::to_owned)
    }
}

/// A whole number, or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Number(pub Option<i64>);

/// A yes or no, or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub Option<bool>);

/// An object read as `T`, or nothing: any other type is read as absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object<T>(pub Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Object<T> {
    /// The object if it is there.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

/// A list whose items are read as `T`; any other type is read as an empty list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// A text, or an object read as `T`, or nothing: for names that providers write either way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TextOr<'a, T> {
    /// A text.
    Text(Cow<'a, str>),
    /// An object.
    Object(T),
    /// Anything else.
    #[default]
    Absent,
}

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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOr<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

/// Answers everything but the one wanted kind of value with "absent".
macro_rules! absent_for_scalars {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

struct TextOrVisitor<'a, T>(PhantomData<(&'a (), T)>);

impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for TextOrVisitor<'a, T> {
    type Value = TextOr<'a, T>;

    absent_for_scalars!();

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<TextOr<'a, T>, E> {
        Ok(TextOr::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<TextOr<'a, T>, E> {
        Ok(TextOr::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<TextOr<'a, T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(TextOr::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<TextOr<'a, T>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(TextOr::Absent)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    absent_for_scalars!();

    fn visit_str<E>(self, _: &str) -> Result<Object<T>, E> {
        Ok(Object::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(|value| Object(Some(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Object<T>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Object(None))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    absent_for_scalars!();

    fn visit_str<E>(self, _: &str) -> Result<List<T>, E> {
        Ok(List::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<List<T>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(List(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(List(list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Sample<'a> {
        #[serde(borrow)]
        title: Text<'a>,
        #[serde(borrow)]
        id: Scalar<'a>,
        number: Number,
        #[serde(borrow)]
        user: Object<User<'a>>,
        #[serde(borrow)]
        labels: List<Object<User<'a>>>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct User<'a> {
        #[serde(borrow)]
        login: Text<'a>,
    }

    fn title(body: &[u8]) -> Result<Option<String>, Unparsable> {
        read(body, |bytes| serde_json::from_slice::<Sample>(bytes).map(|sample| sample.title.owned()))
    }

    #[test]
    fn fields_of_the_wrong_type_are_absent() {
        let body =
            br#"{"title":{"a":[1]},"id":7,"number":"x","user":[1,{}],"labels":[{"login":"a"},3,null]}"#;
        let sample: Sample = serde_json::from_slice(body).unwrap();
        assert_eq!(sample.title.get(), None);
        assert_eq!(sample.id.get(), Some("7"));
        assert_eq!(sample.number.0, None);
        assert_eq!(sample.user.get(), None);
        let logins: Vec<_> = sample.labels.0.iter().filter_map(Object::get).collect();
        assert_eq!(logins.len(), 1);
        assert_eq!(logins[0].login.get(), Some("a"));
    }

    #[test]
    fn plain_texts_are_borrowed() {
        let sample: Sample = serde_json::from_slice(br#"{"title":"plain"}"#).unwrap();
        assert!(matches!(sample.title.0, Some(Cow::Borrowed("plain"))));
    }

    #[test]
    fn broken_texts_are_mended_rather_than_lost() {
        assert_eq!(title(b"{\"title\":\"a\xffb\"}"), Ok(Some("a\u{fffd}b".into())));
        assert_eq!(title(br#"{"title":"a\ud83d b"}"#), Ok(Some("a\u{fffd} b".into())));
        assert_eq!(title(br#"{"title":"\\\ude00 \ud83d\ude00"}"#), Ok(Some("\\\u{fffd} \u{1f600}".into())));
        assert_eq!(title("\u{feff}{\"title\":\"a\"}".as_bytes()), Ok(Some("a".into())));
        assert_eq!(title(br#"{"title":"a","title":"b"}"#), Ok(Some("b".into())));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in [&b""[..], b"null", b"[]", b"\"text\"", b"{", b"{\"title\":"] {
            assert!(title(body).is_err(), "{body:?}");
        }
    }
}
