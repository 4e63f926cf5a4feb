//! Which members an object has, whatever stands in them.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, MapAccess, Visitor,
        value::{CowStrDeserializer, MapAccessDeserializer},
    },
};

/// How many names are kept. No provider's object has a quarter as many members.
const MOST_NAMES: usize = 128;

/// An object read as `T`, with the names of its members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::provider) struct Keyed<'a, T> {
    /// What it says.
    pub(in crate::provider) value: T,
    /// Its members.
    pub(in crate::provider) keys: Keys<'a>,
}

/// The names of the members of an object, the first hundred or so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::provider) struct Keys<'a>(Vec<Cow<'a, str>>);

impl Keys<'_> {
    /// Whether it has a member of this name.
    pub(in crate::provider) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|key| key == name)
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Keyed<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeyedVisitor(std::marker::PhantomData))
    }
}

struct KeyedVisitor<'a, T>(std::marker::PhantomData<(&'a (), T)>);

impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for KeyedVisitor<'a, T> {
    type Value = Keyed<'a, T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Keyed<'a, T>, A::Error> {
        let mut keys = Vec::with_capacity(16);
        let value = T::deserialize(MapAccessDeserializer::new(Noted { entries, keys: &mut keys }))?;
        Ok(Keyed { value, keys: Keys(keys) })
    }
}

/// The entries of an object, whose keys are noted as they go by.
struct Noted<'n, 'de, A> {
    entries: A,
    keys: &'n mut Vec<Cow<'de, str>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Noted<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(Name(name)) = self.entries.next_key()? else { return Ok(None) };
        let key = seed.deserialize(CowStrDeserializer::new(name.clone()))?;
        if self.keys.len() < MOST_NAMES {
            self.keys.push(name);
        }
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.entries.next_value_seed(seed)
    }
}

/// A key, borrowed where it has no escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(key)))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(key.to_owned())))
    }
}
