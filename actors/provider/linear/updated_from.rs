//! What was there before a change.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::provider::lenient::{List, MOST_ITEMS, Small, SmallItems, Text, is_small};

/// How many former values are shown.
const SHOWN: usize = 32;
/// How many bytes the name of a property may have.
const NAME: usize = 256;

/// Former values of an entity, the small ones, by property.
#[derive(Debug, Default)]
pub(super) struct UpdatedFrom {
    values: BTreeMap<String, Value>,
    /// Former labels, which may be many.
    label_ids: Option<Value>,
}

impl UpdatedFrom {
    /// The values that are worth showing.
    pub(super) fn shown(&self) -> Value {
        let shown = self.values.iter().take(SHOWN).map(|(name, value)| (name.clone(), value.clone()));
        Value::Object(shown.collect::<Map<_, _>>())
    }

    /// Which labels came and which went; nothing where no label did.
    pub(super) fn changed_labels(&self, now: &List<Text<'_>>) -> (Option<Value>, Option<Value>) {
        let Some(before) = &self.label_ids else { return (None, None) };
        let before: Vec<_> = before.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let after: Vec<_> = now.0.iter().filter_map(Text::get).collect();
        let only = |these: &[&str], those: &[&str]| {
            let those: HashSet<_> = those.iter().collect();
            let only: Vec<_> =
                these.iter().filter(|id| !those.contains(id)).map(|id| Value::from(*id)).collect();
            (!only.is_empty()).then_some(Value::Array(only))
        };
        (only(&after, &before), only(&before, &after))
    }
}

impl<'de> Deserialize<'de> for UpdatedFrom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UpdatedFromVisitor)
    }
}

struct UpdatedFromVisitor;

impl<'de> Visitor<'de> for UpdatedFromVisitor {
    type Value = UpdatedFrom;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("former values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<UpdatedFrom, A::Error> {
        let mut from = UpdatedFrom::default();
        for _ in 0..MOST_ITEMS {
            let Some(name) = entries.next_key::<String>()? else { return Ok(from) };
            let value = if name == "labelIds" {
                from.label_ids = entries.next_value::<SmallItems>()?.0;
                from.label_ids.clone().filter(is_small)
            } else {
                entries.next_value::<Small>()?.0
            };
            if let Some(value) = value.filter(|_| name.len() <= NAME) {
                from.values.insert(name, value);
            }
        }
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(from)
    }
}
