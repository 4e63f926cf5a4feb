//! What an event has in the fields that filters name.
//!
//! Filters judge by these values and the parsers' index looks up by them; they must never disagree
//! about what a field is.

use std::borrow::Cow;

use super::{Event, FieldSpec, Place};

impl Event {
    /// The values of a field, in no order; none where the event has nothing there.
    pub fn values<'a>(&'a self, field: &'static FieldSpec) -> impl Iterator<Item = Cow<'a, str>> + Clone {
        field.values.iter().flat_map(|place| self.at(*place))
    }

    /// Like [`Self::values`], with those that match though they are not told.
    pub fn matched_values<'a>(
        &'a self,
        field: &'static FieldSpec,
    ) -> impl Iterator<Item = Cow<'a, str>> + Clone {
        field.values.iter().chain(field.also).flat_map(|place| self.at(*place))
    }

    fn at(&self, place: Place) -> impl Iterator<Item = Cow<'_, str>> + Clone {
        let header = &self.header;
        let (of_header, fact) = match place {
            Place::Event => (Some(header.event.as_str()), None),
            Place::Action => (header.action.as_deref(), None),
            Place::Sender => (header.sender.as_deref(), None),
            Place::Fact(name) => (None, Some(name)),
        };
        let facts = fact.into_iter().flat_map(|name| self.facts.values(name));
        of_header.map(Cow::Borrowed).into_iter().chain(facts)
    }
}
