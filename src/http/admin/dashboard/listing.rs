//! What lists have in common: filters in their address, and pages of rows.

use std::time::Duration;

use herdgate_actors::domain::Timestamp;

use serde::de::{DeserializeOwned, IntoDeserializer, value::StrDeserializer};

use super::{error::Trouble, visitor::Visitor, words::counted};
use crate::api::{list::Window, page::Page, time::Time};

/// Rows of a page.
pub(super) const ROWS: u32 = 50;
/// How far back lists can be asked to look: how it is written, and for how long.
const SPANS: [(&str, &str, u64); 5] = [
    ("15m", "last 15 minutes", 900),
    ("1h", "last hour", 3_600),
    ("24h", "last 24 hours", 86_400),
    ("7d", "last 7 days", 604_800),
    ("30d", "last 30 days", 2_592_000),
];

/// A choice of a form.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

/// Choices between values that are named as they are written.
pub(super) fn choices<'a>(values: impl IntoIterator<Item = &'a str>, chosen: &str) -> Vec<Choice> {
    let choice = |value: &str| Choice {
        value: value.to_owned(),
        name: value.replace('_', " "),
        is_chosen: value == chosen,
    };
    values.into_iter().map(choice).collect()
}

/// The spans that can be chosen.
pub(super) fn spans(chosen: &str) -> Vec<Choice> {
    let choice = |(value, name, _): (&str, &str, u64)| Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        is_chosen: value == chosen,
    };
    SPANS.into_iter().map(choice).collect()
}

/// When the span that is chosen began.
pub(super) fn since(chosen: &str, now: Timestamp) -> Option<Time> {
    let (.., seconds) = SPANS.iter().find(|(value, ..)| *value == chosen)?;
    Some(Time(now.minus(Duration::from_secs(*seconds))))
}

/// Which part of a list: from the chosen span on, behind the place in the address.
pub(super) fn window(since_then: &str, after: &str, visitor: &Visitor) -> Window {
    Window {
        since: since(since_then, visitor.now),
        limit: Some(ROWS),
        after: given(after).map(str::to_owned),
        ..Window::default()
    }
}

/// What was typed, without the blanks around it; nothing is nothing.
pub(super) fn given(typed: &str) -> Option<&str> {
    let typed = typed.trim();
    (!typed.is_empty()).then_some(typed)
}

/// A value that is chosen by its name, like a state; nothing is nothing.
pub(super) fn named<T: DeserializeOwned>(typed: &str) -> Result<Option<T>, Trouble> {
    let read = |typed: &str| {
        let name: StrDeserializer<'_, serde::de::value::Error> = typed.into_deserializer();
        T::deserialize(name).map_err(|error| Trouble::Wrong(error.to_string()))
    };
    given(typed).map(read).transpose()
}

/// Pages of the same list that were asked for by parts, as one page.
pub(super) fn merged<T, Order: Ord>(
    mut pages: Vec<Page<T>>,
    order: impl Fn(&T) -> Order,
    place: impl Fn(&T) -> String,
) -> Page<T> {
    if pages.len() == 1
        && let Some(only) = pages.pop()
    {
        return only;
    }
    let (mut items, mut more, mut more_is_capped) = (Vec::new(), 0_u32, false);
    for page in pages {
        more = more.saturating_add(page.more);
        more_is_capped |= page.more_is_capped;
        items.extend(page.items);
    }
    items.sort_by_key(order);
    let cut = items.len().saturating_sub(ROWS as usize);
    items.truncate(ROWS as usize);
    more = more.saturating_add(u32::try_from(cut).unwrap_or(u32::MAX));
    let next = (more > 0).then(|| items.last().map(place)).flatten();
    Page { items, next, more, more_is_capped }
}

/// Where in a list a page stands.
pub(super) struct Pages {
    /// How many there are from here on.
    pub(super) total: String,
    /// The page with those before.
    pub(super) older: Option<String>,
    /// The first page, from any other.
    pub(super) newest: Option<String>,
}

impl Pages {
    pub(super) fn of<T>(page: &Page<T>, is_first: bool, link: impl Fn(&str) -> String) -> Self {
        let total = page.items.len() as u64 + u64::from(page.more);
        let plus = if page.more_is_capped { "+" } else { "" };
        Self {
            total: format!("{}{plus}", counted(total, None)),
            older: page.next.as_deref().map(&link),
            newest: (!is_first).then(|| link("")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_is_none_looks_back_without_an_end() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        assert_eq!(since("1h", now), Some(Time(now.minus(Duration::from_secs(3_600)))));
        assert_eq!([since("", now), since("yesterday", now)], [None, None]);
        assert!(spans("24h").iter().any(|choice| choice.is_chosen));
        assert_eq!([given(" a "), given("  ")], [Some("a"), None]);
    }

    #[test]
    fn parts_of_a_list_are_one_list_again_cut_at_a_page() {
        let part = |items: Vec<u32>, more| Page { items, next: None, more, more_is_capped: false };
        let one = part((0..40).map(|n| n * 2).collect(), 5);
        let other = part((0..40).map(|n| n * 2 + 1).collect(), 0);
        let page = merged(vec![one, other], |n| *n, ToString::to_string);
        assert_eq!(page.items, (0..50).collect::<Vec<_>>());
        assert_eq!((page.next.as_deref(), page.more), (Some("49"), 35));
        let few = merged(vec![part(vec![3], 0), part(vec![1], 0)], |n| *n, ToString::to_string);
        assert_eq!((few.items, few.next), (vec![1, 3], None));
    }
}
