//! Variables of a run's environment.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};

/// Variables by name.
pub type Variables = BTreeMap<String, Variable>;

/// Where the value of a variable comes from. Neither `Debug` nor a message shows it, because it
/// may be a token.
#[derive(Debug, Clone)]
pub enum Variable {
    /// The gate's own environment.
    PassedOn,
    /// The file.
    Set(SecretString),
}

impl PartialEq for Variable {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::PassedOn, Self::PassedOn) => true,
            (Self::Set(one), Self::Set(other)) => one.expose_secret() == other.expose_secret(),
            _ => false,
        }
    }
}

impl<'de> Deserialize<'de> for Variable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Variable;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or `true` to pass the gate's own variable on")
            }

            fn visit_bool<E: de::Error>(self, passed_on: bool) -> Result<Variable, E> {
                if passed_on {
                    Ok(Variable::PassedOn)
                } else {
                    Err(E::invalid_value(de::Unexpected::Bool(false), &self))
                }
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Variable, E> {
                Ok(Variable::Set(value.into()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_variable_is_not_shown() {
        assert!(!format!("{:?}", Variable::Set("token".into())).contains("token"));
    }
}
