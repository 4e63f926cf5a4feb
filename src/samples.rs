//! Deliveries of all providers, for `send`, `demo` and first steps.

use herdgate_actors::{
    domain::{Clock, ProviderName},
    provider,
};

/// One delivery.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Who would send it.
    pub provider: ProviderName,
    /// `event.action`, as in `herdgate send github issues.labeled`.
    pub name: &'static str,
    /// The body.
    pub body: &'static str,
    sample: &'static provider::Sample,
}

/// Every sample, by provider.
pub fn all() -> impl Iterator<Item = Sample> {
    provider::all().iter().flat_map(|provider| of(provider.spec().name))
}

/// The samples of a provider.
pub fn of(provider: ProviderName) -> impl Iterator<Item = Sample> {
    let samples = provider::spec(provider).samples.iter();
    samples.map(move |sample| Sample { provider, name: sample.name, body: sample.body, sample })
}

/// The sample of that name.
pub fn find(provider: ProviderName, name: &str) -> Option<Sample> {
    of(provider).find(|sample| sample.name.eq_ignore_ascii_case(name))
}

impl Sample {
    /// What the provider calls its event.
    pub const fn event(&self) -> &'static str {
        self.sample.event
    }

    /// Its body, as the delivery `id` has it.
    pub fn body_of(&self, id: &str) -> String {
        provider::provider(self.provider).sample_body(self.sample, id)
    }

    /// The headers that the provider would send, but for the signature. `id` makes it a delivery
    /// of its own.
    pub fn headers(&self, id: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(provider::provider(self.provider).sample_headers(
            self.sample,
            id,
            Clock::System.now(),
        ));
        headers
    }
}

#[cfg(test)]
mod tests {
    use herdgate_actors::domain::Headers;

    use super::*;

    #[test]
    fn a_sample_sent_again_says_the_same_as_another_delivery() {
        for sample in all() {
            let provider = provider::provider(sample.provider);
            let sent = |id: &str| {
                let headers: Headers = sample.headers(id).into_iter().collect();
                let body = sample.body_of(id);
                let mut event = provider.read(&headers, body.as_bytes()).unwrap();
                event.details.remove("event_id");
                (provider.identify(&headers, body.as_bytes()), event)
            };
            let ((one, said), (other, says)) = (sent("one"), sent("other"));
            assert_eq!(said, says, "{} {}", sample.provider, sample.name);
            assert!(one.iter().all(|key| !other.contains(key)), "{} {}", sample.provider, sample.name);
            assert_eq!(one, sent("one").0, "{} {}", sample.provider, sample.name);
        }
    }
}
