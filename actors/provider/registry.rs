//! Which providers there are.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de::Error};

use super::{Provider, ProviderSpec, github, linear, mintlify, sentry, slack, standard};
use crate::domain::{Event, ProviderName, StoredEvent, UnknownProvider};

/// Every provider, by name: one line each.
static PROVIDERS: &[&dyn Provider] = &[
    &github::Github,
    &linear::Linear,
    &mintlify::Mintlify,
    &sentry::Sentry,
    &slack::Slack,
    &standard::Standard,
];

/// Every provider, in the order of their names.
pub fn all() -> &'static [&'static dyn Provider] {
    PROVIDERS
}

/// The names of all providers, in their order.
pub fn names() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|provider| provider.spec().name.as_str())
}

/// The provider of that name.
pub fn provider(name: ProviderName) -> &'static dyn Provider {
    find(name.as_str()).expect("only providers in the registry have names")
}

/// What is fixed about the provider of that name.
pub fn spec(name: ProviderName) -> &'static ProviderSpec {
    provider(name).spec()
}

/// The provider that is called so, if there is one.
pub fn find(name: &str) -> Option<&'static dyn Provider> {
    let known = PROVIDERS.iter().find(|provider| provider.spec().name.as_str() == name).copied();
    #[cfg(any(test, feature = "testing"))]
    let known = known.or_else(|| added::find(name));
    known
}

/// Providers that a test brings along.
#[cfg(any(test, feature = "testing"))]
mod added {
    use std::sync::{PoisonError, RwLock};

    use super::Provider;

    static ADDED: RwLock<Vec<&'static dyn Provider>> = RwLock::new(Vec::new());

    pub(super) fn find(name: &str) -> Option<&'static dyn Provider> {
        let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
        added.iter().find(|provider| provider.spec().name.as_str() == name).copied()
    }

    /// Lets a provider be found, as if it stood among the others.
    pub fn add(provider: &'static dyn Provider) {
        ADDED.write().unwrap_or_else(PoisonError::into_inner).push(provider);
    }
}

#[cfg(any(test, feature = "testing"))]
pub use added::add;

impl FromStr for ProviderName {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, UnknownProvider> {
        find(text).map(|provider| provider.spec().name).ok_or_else(|| UnknownProvider(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for ProviderName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StoredEvent(mut event) = StoredEvent::deserialize(deserializer)?;
        for fact in spec(event.header.provider).facts() {
            event.adopt(fact);
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::WhenAbsent;

    #[test]
    fn every_provider_is_found_by_its_own_name_in_the_order_of_names() {
        assert!(names().is_sorted_by(|one, next| one < next));
        for provider in all() {
            let name = provider.spec().name;
            assert_eq!(name.as_str().parse(), Ok(name));
        }
        assert!("gitlab".parse::<ProviderName>().is_err());
    }

    #[test]
    fn no_two_fields_of_a_provider_have_a_key_in_common() {
        for provider in all() {
            let fields = provider.spec().fields;
            let keys: Vec<_> =
                fields.iter().flat_map(|field| field.aliases.iter().chain([&field.name])).collect();
            assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len(), "{keys:?}");
        }
    }

    #[test]
    fn only_fields_whose_absence_fails_are_in_the_index() {
        for field in all().iter().flat_map(|provider| provider.spec().fields) {
            assert!(field.selectivity == 0 || field.when_absent == WhenAbsent::Fail, "{field}");
        }
    }
}
