//! Fields of events that are not what is expected.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// The field, or its default where it is null or of another kind. New versions of a program change what
/// is beside the point, and a result must not be lost for that.
pub(super) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}
