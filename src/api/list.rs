//! What the queries of all lists have in common.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};

use super::time::Time;

/// What a list is asked for: which rows, by a filter of its own, and which part of them. In a query all
/// of it stands side by side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<F> {
    /// Which rows.
    #[serde(flatten)]
    pub filter: F,
    /// Which part of them.
    #[serde(flatten)]
    pub window: Window,
}

/// Which part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Window {
    /// Only from this time on: when deliveries arrived, jobs were made, runs were started, things changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Only before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// At most so many rows.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "number")]
    pub limit: Option<u32>,
    /// Only those behind this place, which `next` of the page before gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl<F: IntoParams> IntoParams for Listed<F> {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut all = F::into_params(&parameter_in);
        all.extend(Window::into_params(parameter_in));
        all
    }
}

/// What is flattened reaches its field as the text that stands in the query.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_| D::Error::custom(format!("`limit` is a number, not `{text}`")))
}
