//! What models cost, for programs that tell tokens and no cost.

use std::collections::BTreeMap;

use super::{Cost, CostBasis, DigestWriter, RunReport, Tokens, Usd};

/// The price list of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices {
    /// By the names of models, as programs call them.
    pub of_models: BTreeMap<String, Price>,
    /// The model that the agent's program is told to use, for runs that do not say which they used.
    pub model: Option<String>,
}

/// What a million tokens of each kind cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Price {
    /// Read, and not from a cache.
    pub input: Usd,
    /// Written.
    pub output: Usd,
    /// Read from a cache.
    pub cache_read: Usd,
    /// Written to a cache.
    pub cache_write: Usd,
}

impl Prices {
    /// Says what a run cost that told its tokens alone, where its model has a price.
    pub fn apply(&self, report: &mut RunReport) {
        if report.is_empty() {
            return;
        }
        if report.model.is_none() {
            report.model.clone_from(&self.model);
        }
        let price = report.model.as_ref().and_then(|model| self.of_models.get(model));
        if let (None, Some(tokens), Some(price)) = (report.cost, report.tokens, price) {
            report.cost = Some(Cost { usd: price.of(tokens), basis: CostBasis::Priced });
        }
    }

    pub(super) fn write(&self, digest: &mut DigestWriter) {
        digest.option(self.model.as_deref(), |digest, model| {
            digest.text(model);
        });
        digest.all(self.of_models.iter(), |digest, (model, price)| {
            let Price { input, output, cache_read, cache_write } = price;
            digest.text(model).number(input.as_micros()).number(output.as_micros());
            digest.number(cache_read.as_micros()).number(cache_write.as_micros());
        });
    }
}

impl Price {
    fn of(&self, tokens: Tokens) -> Usd {
        let kinds = [
            (tokens.input, self.input),
            (tokens.output, self.output),
            (tokens.cache_read, self.cache_read),
            (tokens.cache_write, self.cache_write),
        ];
        // At most four times 2^64 times 2^40: no overflow.
        let sum: u128 =
            kinds.into_iter().map(|(tokens, usd)| u128::from(tokens) * u128::from(usd.as_micros())).sum();
        Usd::micros(u64::try_from(sum / 1_000_000).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices() -> Prices {
        let usd = |dollars| Usd::dollars(dollars).unwrap();
        let price =
            Price { input: usd(1.25), output: usd(10.0), cache_read: usd(0.125), cache_write: usd(1.25) };
        Prices { of_models: [("known".to_owned(), price)].into(), model: Some("known".to_owned()) }
    }

    fn used(model: Option<&str>) -> RunReport {
        let tokens = Tokens { input: 1_000_000, output: 100_000, cache_read: 2_000_000, cache_write: 0 };
        RunReport { model: model.map(str::to_owned), tokens: Some(tokens), ..RunReport::default() }
    }

    #[test]
    fn tokens_of_a_model_with_a_price_have_a_cost() {
        let mut report = used(None);
        prices().apply(&mut report);
        assert_eq!(report.cost, Some(Cost { usd: Usd::micros(2_500_000), basis: CostBasis::Priced }));
        assert_eq!(report.model.as_deref(), Some("known"));
    }

    #[test]
    fn what_has_no_price_or_says_its_cost_is_left_as_it_is() {
        let mut report = used(Some("other"));
        prices().apply(&mut report);
        assert_eq!(report.cost, None);
        let said = Cost { usd: Usd::micros(7), basis: CostBasis::Reported };
        let mut report = RunReport { cost: Some(said), ..used(Some("known")) };
        prices().apply(&mut report);
        assert_eq!(report.cost, Some(said));
        let mut nothing = RunReport::default();
        prices().apply(&mut nothing);
        assert!(nothing.is_empty());
    }
}
