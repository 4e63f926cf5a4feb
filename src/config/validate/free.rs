//! Values that are kept as they are.

use toml::{
    Value,
    de::{DeInteger, DeTable, DeValue},
};

pub(super) fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

pub(super) fn free_table(table: &DeTable<'_>) -> Value {
    Value::Table(
        table.iter().map(|(key, value)| (key.get_ref().to_string(), free(value.get_ref()))).collect(),
    )
}

/// Dates become texts, because this ends as JSON.
fn free(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            integer(number).map_or_else(|| Value::String(number.to_string()), Value::Integer)
        }
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Value::String(number.to_string()), Value::Float)
        }
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| free(item.get_ref())).collect()),
        DeValue::Table(table) => free_table(table),
    }
}
