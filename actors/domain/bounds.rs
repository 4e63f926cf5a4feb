//! How much of what a stranger sent an event keeps.
//!
//! Everything that an agent is shown is cut here, with a mark, whichever provider read it. What is
//! cut can match no filter any more by its own name, which no label and no login has at that length.

use serde_json::{Map, Value};

use super::{
    WebhookContext,
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

impl WebhookContext {
    /// Cuts what is too long, too many or too deep, and says so.
    pub(crate) fn bound(&mut self) {
        text(&mut self.event, TEXT);
        let texts = [
            &mut self.action,
            &mut self.repo,
            &mut self.title,
            &mut self.url,
            &mut self.author,
            &mut self.assignee,
            &mut self.label,
            &mut self.branch,
            &mut self.base_branch,
            &mut self.tag,
            &mut self.conclusion,
            &mut self.commenter,
            &mut self.sender,
            &mut self.timestamp,
            &mut self.org,
        ];
        for one in texts.into_iter().flatten() {
            text(one, TEXT);
        }
        let lists = [
            ("labels", &mut self.labels),
            ("assignees", &mut self.assignees),
            ("branches", &mut self.branches),
            ("repos", &mut self.repos),
            ("author_aliases", &mut self.author_aliases),
        ];
        let mut cut: Vec<_> =
            lists.into_iter().filter_map(|(name, list)| items(list).then_some(name)).collect();
        if details(&mut self.details) {
            cut.push("details");
        }
        if !cut.is_empty() {
            self.details.insert(CUT.to_owned(), cut.into());
        }
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
fn details(details: &mut Map<String, Value>) -> bool {
    let mut room = Room { bytes: BYTES, is_cut: false };
    details.retain(|key, value| room.keeps(key, value, 1));
    room.is_cut
}

/// What details may still take.
struct Room {
    bytes: usize,
    is_cut: bool,
}

impl Room {
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
    use crate::domain::ProviderName;

    fn bounded(fill: impl FnOnce(&mut WebhookContext)) -> WebhookContext {
        let mut context = WebhookContext::new(ProviderName::new("github"), "push");
        fill(&mut context);
        context.bound();
        context
    }

    #[test]
    fn a_title_of_megabytes_is_cut_with_a_mark() {
        let context = bounded(|context| context.title = Some("ü".repeat(5 << 20)));
        let title = context.title.unwrap();
        assert!(title.ends_with("ü… [cut at 1000 characters]"));
        assert!(title.chars().count() < 1100);
        assert!(context.details.is_empty());
    }

    #[test]
    fn a_hundred_thousand_labels_are_cut_in_number_and_the_context_says_so() {
        let labels: Vec<_> = (0..100_000).map(|n| format!("label-{n}")).collect();
        let context = bounded(|context| context.labels = labels);
        assert_eq!(context.labels.len(), 1000);
        assert_eq!(context.details["cut"], json!(["labels"]));
        let long = bounded(|context| context.labels = vec!["l".repeat(10_000); 1000]);
        assert!(long.labels.iter().map(String::len).sum::<usize>() <= BYTES);
        assert!(long.labels[0].ends_with("… [cut at 256 characters]"));
    }

    #[test]
    fn details_are_bounded_in_size_and_depth() {
        let mut deep = json!("core");
        for _ in 0..100 {
            deep = json!([deep]);
        }
        let context = bounded(|context| {
            context.details.insert("deep".to_owned(), deep);
            context.details.insert("kept".to_owned(), json!({"a": [1, "b"]}));
            context.details.insert("long".to_owned(), json!(vec!["x".repeat(4000); 100]));
        });
        assert_eq!(context.details["kept"], json!({"a": [1, "b"]}));
        assert_eq!(context.details["cut"], json!(["details"]));
        let json = serde_json::to_string(&context).unwrap();
        assert!(json.len() < 2 * BYTES && !json.contains("core"));
    }
}
