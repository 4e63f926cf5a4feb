//! JSON as a tree that opens and closes without a script.

use serde_json::Value;

use super::html::Html;

/// Values that are shown; a body may have millions.
const VALUES: usize = 2_000;
/// The longest text that is shown.
const TEXT: usize = 2_000;
/// Levels that are open at first.
const OPEN: usize = 2;

/// A tree of a value, and whether something of it is left out.
pub(super) fn tree(value: &Value) -> (Html, bool) {
    let mut tree = Tree { html: Html::default(), left: VALUES };
    tree.value(None, value, 0);
    (tree.html, tree.left == 0)
}

struct Tree {
    html: Html,
    left: usize,
}

impl Tree {
    fn value(&mut self, key: Option<&str>, value: &Value, depth: usize) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                self.branch(key, depth, &format!("{{{}}}", fields.len()));
                for (name, value) in fields {
                    self.value(Some(name), value, depth + 1);
                }
                self.html.markup("</div></details>");
            }
            Value::Array(values) if !values.is_empty() => {
                self.branch(key, depth, &format!("[{}]", values.len()));
                for (index, value) in values.iter().enumerate() {
                    self.value(Some(&index.to_string()), value, depth + 1);
                }
                self.html.markup("</div></details>");
            }
            leaf => {
                self.html.markup("<div class=\"leaf\">");
                self.key(key);
                self.leaf(leaf);
                self.html.markup("</div>");
            }
        }
    }

    fn branch(&mut self, key: Option<&str>, depth: usize, size: &str) {
        self.html.markup(if depth < OPEN { "<details open><summary>" } else { "<details><summary>" });
        self.key(key);
        self.html.markup("<span class=\"m\">");
        self.html.text(size);
        self.html.markup("</span></summary><div class=\"kids\">");
    }

    fn key(&mut self, key: Option<&str>) {
        if let Some(key) = key {
            self.html.markup("<span class=\"k\">");
            self.html.text(key);
            self.html.markup("</span>: ");
        }
    }

    fn leaf(&mut self, leaf: &Value) {
        let (class, text) = match leaf {
            Value::String(text) => ("s", text.clone()),
            Value::Number(number) => ("n", number.to_string()),
            Value::Bool(is) => ("n", is.to_string()),
            Value::Null => ("m", "null".to_owned()),
            Value::Object(_) => ("m", "{}".to_owned()),
            Value::Array(_) => ("m", "[]".to_owned()),
        };
        self.html.markup(&format!("<span class=\"{class}\">"));
        match text.char_indices().nth(TEXT) {
            Some((end, _)) => {
                self.html.text(&text[..end]);
                self.html.markup("</span> <span class=\"m\">… cut here");
            }
            None => self.html.text(&text),
        }
        self.html.markup("</span>");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_texts_of_strangers_are_texts() {
        let (html, cut) = tree(&json!({ "<b>": ["<i>", null, 1, {}], "deep": { "er": { "x": true } } }));
        let html = html.to_string();
        assert!(html.contains("&lt;b&gt;") && html.contains("&lt;i&gt;") && !html.contains("<b>"), "{html}");
        assert!(
            html.contains("<details><summary><span class=\"k\">er</span>"),
            "deep ones are closed: {html}"
        );
        assert!(!cut);
    }

    #[test]
    fn what_is_shown_is_bounded() {
        let (html, cut) = tree(&json!(vec!["x".repeat(10_000); 100_000]));
        let length = html.to_string().len();
        assert!(cut && length < VALUES * (TEXT + 200), "{length}");
    }
}
