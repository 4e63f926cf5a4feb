//! How much of what a stranger sent an event keeps.
//!
//! Everything that an agent is shown is cut here, with a mark, whichever provider read it. What is
//! cut can match no filter any more by its own name, which no label and no login has at that length.

use serde_json::Value;

use super::{
    Details, Event, Fact,
    facts::FactKind,
    text::{BODY_LIMIT, cut_at},
};

/// How many characters a title, a link or a name has.
const TEXT: usize = 1000;
/// How many characters an item of a list has.
const ITEM: usize = 256;
/// How many items a list has.
const ITEMS: usize = 1000;
/// How many bytes all items of a list have together, and all details.
const BYTES: usize = 64 * 1024;
/// How deep details lie in each other.
const DEPTH: usize = 8;
/// The detail that names the lists of which something was left out.
const CUT: &str = "cut";

impl Event {
    /// Cuts what is too long, too many or too deep, and says so.
    pub(crate) fn bound(&mut self) {
        text(&mut self.header.event, TEXT);
        let header = &mut self.header;
        for one in [&mut header.action, &mut header.sender, &mut header.time].into_iter().flatten() {
            text(one, TEXT);
        }
        let mut cut = Vec::new();
        for (name, fact) in self.facts.iter_mut() {
            match fact {
                // Prose was cut when it was set.
                Fact::Text(one) if name.kind != FactKind::Prose => text(one, TEXT),
                Fact::List(list) => {
                    if items(list) {
                        cut.push(name.as_str());
                    }
                }
                Fact::Text(_) | Fact::Number(_) => {}
            }
        }
        if details(&mut self.details) {
            cut.push("details");
        }
        self.details.add(CUT, (!cut.is_empty()).then_some(cut));
    }
}

fn text(text: &mut String, limit: usize) {
    if text.len() > limit {
        *text = cut_at(text, limit).into_owned();
    }
}

/// Whether something was left out.
fn items(list: &mut Vec<String>) -> bool {
    let (mut bytes, mut kept) = (0, 0);
    for item in list.iter_mut().take(ITEMS) {
        text(item, ITEM);
        bytes += item.len();
        if bytes > BYTES {
            break;
        }
        kept += 1;
    }
    let is_cut = kept < list.len();
    list.truncate(kept);
    is_cut
}

/// Whether something was left out.
fn details(details: &mut Details) -> bool {
    let mut budget = Budget { bytes: BYTES, is_cut: false };
    details.retain(|key, value| budget.keeps(key, value, 1));
    budget.is_cut
}

/// What details may still take.
struct Budget {
    bytes: usize,
    is_cut: bool,
}

impl Budget {
    fn keeps(&mut self, key: &str, value: &mut Value, depth: usize) -> bool {
        let fits = depth <= DEPTH && self.takes(key.len());
        let fits = fits
            && match value {
                Value::Null | Value::Bool(_) | Value::Number(_) => self.takes(8),
                Value::String(one) => {
                    text(one, BODY_LIMIT);
                    self.takes(one.len())
                }
                Value::Array(list) => {
                    self.is_cut |= list.len() > ITEMS;
                    list.truncate(ITEMS);
                    list.retain_mut(|item| self.keeps("", item, depth + 1));
                    true
                }
                Value::Object(entries) => {
                    entries.retain(|key, value| self.keeps(key, value, depth + 1));
                    true
                }
            };
        self.is_cut |= !fits;
        fits
    }

    fn takes(&mut self, bytes: usize) -> bool {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.unwrap_or(self.bytes);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{FactName, ProviderName, fact};

    fn bounded(fill: impl FnOnce(&mut Event)) -> Event {
        let mut event = Event::new(ProviderName::new("github"), "push");
        fill(&mut event);
        event.bound();
        event
    }

    #[test]
    fn a_title_of_megabytes_is_cut_with_a_mark() {
        let event = bounded(|event| event.facts.set(fact::TITLE, Some("ü".repeat(5 << 20))));
        let title = event.facts.text(fact::TITLE).unwrap();
        assert!(title.ends_with("ü… [cut at 1000 characters]"));
        assert!(title.chars().count() < 1100);
        assert!(event.details.is_empty());
    }

    #[test]
    fn a_hundred_thousand_labels_are_cut_in_number_and_the_event_says_so() {
        let labels: Vec<_> = (0..100_000).map(|n| format!("label-{n}")).collect();
        let event = bounded(|event| event.facts.set_list(fact::LABELS, labels));
        assert_eq!(event.facts.list(fact::LABELS).len(), 1000);
        assert_eq!(event.details["cut"], json!(["labels"]));
        let long = bounded(|event| event.facts.set_list(fact::LABELS, vec!["l".repeat(10_000); 1000]));
        let labels = long.facts.list(fact::LABELS);
        assert!(labels.iter().map(String::len).sum::<usize>() <= BYTES);
        assert!(labels[0].ends_with("… [cut at 256 characters]"));
    }

    #[test]
    fn what_one_provider_alone_knows_is_bounded_too() {
        const COLOUR: FactName = FactName::text("colour");
        let event = bounded(|event| event.facts.set(COLOUR, Some("red".repeat(5000))));
        assert!(event.facts.text(COLOUR).unwrap().ends_with("[cut at 1000 characters]"));
    }

    #[test]
    fn details_are_bounded_in_size_and_depth() {
        let mut deep = json!("core");
        for _ in 0..100 {
            deep = json!([deep]);
        }
        let event = bounded(|event| {
            event.details.add("deep", Some(deep));
            event.details.add("kept", Some(json!({"a": [1, "b"]})));
            event.details.add("long", Some(json!(vec!["x".repeat(4000); 100])));
        });
        assert_eq!(event.details["kept"], json!({"a": [1, "b"]}));
        assert_eq!(event.details["cut"], json!(["details"]));
        let json = serde_json::to_string(&event).unwrap();
        assert!(json.len() < 2 * BYTES && !json.contains("core"));
    }
}
