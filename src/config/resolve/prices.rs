//! `[run.prices]`: what models cost.

use std::collections::BTreeMap;

use herdgate_actors::{
    domain::{Price, Prices, Usd},
    preset::{OptionValue, Options},
};
use toml::{Table, Value};

use super::Resolver;
use crate::config::{ConfigError, agents::AgentFiles, settings::Run, suggest::nearest};

/// The kinds of tokens, as they stand in a price.
const KINDS: [&str; 4] = ["input", "output", "cache_read", "cache_write"];

impl Resolver<'_> {
    /// The price list, and which model it is that the agent's program is told to use.
    pub(super) fn prices(&mut self, files: &AgentFiles, run: &Run, options: Option<&Options>) -> Prices {
        let is_own = files.settings.run.prices.is_some();
        let mut of_models = BTreeMap::new();
        for (model, value) in &run.prices {
            match price(model, value) {
                Ok(price) => {
                    of_models.insert(model.clone(), price);
                }
                Err(cause) if is_own => self.problems.push(files.document.problem("run.prices", cause)),
                Err(cause) => self.problems.push(self.files.layers.problem("run.prices", cause)),
            }
        }
        let model = match options.and_then(|options| options.0.get("model")) {
            Some(OptionValue::Text(model)) => Some(model.clone()),
            _ => None,
        };
        Prices { of_models, model }
    }
}

/// Dollars for a million tokens. What a cache takes or gives costs as much as what is read, where that is
/// not said.
fn price(model: &str, value: &Value) -> Result<Price, ConfigError> {
    let bad = |why: String| ConfigError::BadValue { key: format!("prices.\"{model}\""), why };
    let none = || bad("a price is { input = 1.25, output = 10 }, in dollars for a million tokens".to_owned());
    let table: &Table = value.as_table().ok_or_else(none)?;
    if let Some(key) = table.keys().find(|key| !KINDS.contains(&key.as_str())) {
        let (key, known) = (key.clone(), KINDS.to_vec());
        return Err(ConfigError::UnknownKey { nearest: nearest(&key, KINDS), key, known });
    }
    let dollars = |kind: &str| {
        let Some(value) = table.get(kind) else { return Ok(None) };
        let number = value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
        let usd = number.and_then(Usd::dollars);
        usd.map(Some).ok_or_else(|| bad(format!("`{kind}` is no amount of money")))
    };
    let input = dollars("input")?.ok_or_else(none)?;
    Ok(Price {
        input,
        output: dollars("output")?.ok_or_else(none)?,
        cache_read: dollars("cache_read")?.unwrap_or(input),
        cache_write: dollars("cache_write")?.unwrap_or(input),
    })
}
