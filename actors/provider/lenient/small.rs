//! Values of any type, as far as they are small.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::MOST_ITEMS;

/// How many items a small list has.
const ITEMS: usize = 32;
/// How many bytes a small text has: a description can be as long as a book.
const TEXT: usize = 256;
/// How deep small lists lie in each other.
const DEPTH: usize = 8;

/// A value that is small: a scalar, or a list of such. Everything else is read as absent, and never
/// built.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::provider) struct Small(pub(in crate::provider) Option<Value>);

/// Like [`Small`], but the list itself may have [`MOST_ITEMS`] items.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::provider) struct SmallItems(pub(in crate::provider) Option<Value>);

impl<'de> Deserialize<'de> for Small {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SmallVisitor { depth: 0, items: ITEMS }).map(Self)
    }
}

impl<'de> Deserialize<'de> for SmallItems {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SmallVisitor { depth: 0, items: MOST_ITEMS }).map(Self)
    }
}

struct SmallVisitor {
    depth: usize,
    items: usize,
}

impl<'de> serde::de::DeserializeSeed<'de> for SmallVisitor {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SmallVisitor {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(Some(Value::Null))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Option<Value>, E> {
        Ok(Some(flag.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Option<Value>, E> {
        Ok(Some(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Option<Value>, E> {
        Ok(Some(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Option<Value>, E> {
        Ok(Some(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<Value>, E> {
        Ok((text.len() <= TEXT).then(|| text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Value>, A::Error> {
        let mut kept = Some(Vec::new());
        while let Some(list) = &mut kept {
            if self.depth >= DEPTH || list.len() > self.items {
                kept = None;
                break;
            }
            match items.next_element_seed(SmallVisitor { depth: self.depth + 1, items: ITEMS })? {
                None => return Ok((list.len() <= self.items).then(|| Value::Array(std::mem::take(list)))),
                Some(Some(item)) => list.push(item),
                Some(None) => kept = None,
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(kept.map(Value::Array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Option<Value>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// The small values of an object, by key.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::provider) struct SmallEntries(pub(in crate::provider) BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for SmallEntries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = SmallEntries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<SmallEntries, A::Error> {
        let mut values = BTreeMap::new();
        for _ in 0..MOST_ITEMS {
            let Some(key) = entries.next_key::<String>()? else { return Ok(SmallEntries(values)) };
            if let Some(value) = entries.next_value::<Small>()?.0.filter(|_| key.len() <= TEXT) {
                values.insert(key, value);
            }
        }
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(SmallEntries(values))
    }
}

/// Whether a value of [`SmallItems`] is a [`Small`] one too.
pub(in crate::provider) fn is_small(value: &Value) -> bool {
    !matches!(value, Value::Array(items) if items.len() > ITEMS)
}
