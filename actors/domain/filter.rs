//! What an agent wants to hear of, and what a field of a filter is.
//!
//! A field is data: where its values stand in an event, how they are compared, what a missing one
//! means, how rare they are. Providers list their fields; filters, the parsers' index and the
//! configuration go by that list and know no provider.

use std::fmt;

use crate::domain::{Debounce, FactName, KeyTemplate, SourceName, WhenBusy};

/// One `[[webhooks]]` table of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Only deliveries of this source count.
    pub source: SourceName,
    /// What they must be like.
    pub filter: Filter,
    /// What kind of jobs they make.
    pub jobs: JobPolicy,
}

impl Trigger {
    /// A trigger whose jobs have nothing to do with each other.
    pub fn new(source: SourceName, filter: Filter) -> Self {
        Self { source, filter, jobs: JobPolicy::default() }
    }
}

/// How the jobs of a trigger stand to each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobPolicy {
    /// What they are about; those about the same run one at a time.
    pub key: Option<KeyTemplate>,
    /// What happens to one while others of its key wait or execute.
    pub when_busy: WhenBusy,
    /// How long others of its key are waited for.
    pub debounce: Option<Debounce>,
    /// Those of higher priority run first.
    pub priority: i8,
}

/// All clauses must hold; without any, everything matches but what must be asked for by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In the order in which mismatches name them; each field at most once.
    pub clauses: Vec<Clause>,
}

/// Holds when the field has one of the wanted values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What is looked at.
    pub field: &'static FieldSpec,
    /// Any of these will do; never empty.
    pub wanted: Vec<String>,
}

/// A field that filters may name.
#[derive(PartialEq, Eq)]
pub struct FieldSpec {
    /// The key in a `[[webhooks]]` table.
    pub name: &'static str,
    /// Other keys that mean the same.
    pub aliases: &'static [&'static str],
    /// Where its values stand. Mismatches tell all of them.
    pub values: &'static [Place],
    /// Where values stand that match as well, but are not told.
    pub also: &'static [Place],
    /// How a wanted value and one that is there are compared.
    pub matcher: Matcher,
    /// Pairs of a wanted value and one that is there which are the same thing by two names.
    pub synonyms: &'static [(&'static str, &'static str)],
    /// What a clause says where there is no value.
    pub when_absent: WhenAbsent,
    /// How few events share a value of this field, for the index: it files a trigger under its
    /// clause of the highest selectivity. 0 is never filed under. Only a field whose clause says no
    /// where the value is missing may have more.
    pub selectivity: u8,
}

/// Where a value stands in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The name of the event.
    Event,
    /// The action.
    Action,
    /// Who caused the event.
    Sender,
    /// A fact.
    Fact(FactName),
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matcher {
    /// Byte for byte: what the provider defines.
    Exact,
    /// Without regard to ASCII case: what people type.
    IgnoreCase,
    /// `*` stands for any run of letters; case counts, as in Git.
    Glob,
    /// `*` stands for any run of letters; ASCII case does not count.
    GlobIgnoreCase,
}

/// What a clause says of an event that has no value in its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenAbsent {
    /// No.
    Fail,
    /// No for these kinds of events, which can have one; yes for all other kinds. A `*` at the end
    /// of a name stands for the rest of it.
    PassForOtherKinds(&'static [&'static str]),
}

/// A field to fill in the rest from: exact, absent fails, not in the index.
pub const FIELD: FieldSpec = FieldSpec {
    name: "",
    aliases: &[],
    values: &[],
    also: &[],
    matcher: Matcher::Exact,
    synonyms: &[],
    when_absent: WhenAbsent::Fail,
    selectivity: 0,
};

impl FieldSpec {
    /// Whether the user's key means this field.
    pub fn is(&self, key: &str) -> bool {
        self.name == key || self.aliases.contains(&key)
    }

    /// Whether events called `event`, with or without a value in this one, have a place for the
    /// field.
    pub(crate) fn is_of_kind(&self, event: &str) -> bool {
        match self.when_absent {
            WhenAbsent::Fail => true,
            WhenAbsent::PassForOtherKinds(kinds) => kinds.iter().any(|kind| match kind.strip_suffix('*') {
                Some(start) => event.starts_with(start),
                None => event == *kind,
            }),
        }
    }
}

impl fmt::Display for FieldSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for FieldSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
