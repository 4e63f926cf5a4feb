//! `--set issue.labels.0.name=bug`: a value in a body.

use std::str::FromStr;

use serde_json::{Map, Value};

/// One value, and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edit {
    steps: Vec<String>,
    value: Value,
}

/// Why a body is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum EditError {
    /// Not of the form that is wanted.
    #[error("expected PATH=VALUE, like `issue.title=Broken`")]
    Malformed,
    /// Something else than an object.
    #[error("the body is no JSON object, so `--set` cannot change it")]
    NotAnObject,
    /// A step that cannot be taken.
    #[error("`{path}` is not there: `{at}` {why}")]
    Blocked {
        /// The whole path.
        path: String,
        /// How far it went.
        at: String,
        /// What is there.
        why: &'static str,
    },
}

impl FromStr for Edit {
    type Err = EditError;

    fn from_str(text: &str) -> Result<Self, EditError> {
        let (path, value) = text.split_once('=').ok_or(EditError::Malformed)?;
        let steps: Vec<_> = path.split('.').map(str::to_owned).collect();
        if steps.iter().any(String::is_empty) {
            return Err(EditError::Malformed);
        }
        // What is no JSON is a text; nobody quotes titles on a command line.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        Ok(Self { steps, value })
    }
}

/// Changes a body. Without edits it keeps its very bytes.
pub(super) fn apply(edits: &[Edit], body: &mut Vec<u8>) -> Result<(), EditError> {
    if edits.is_empty() {
        return Ok(());
    }
    let mut object: Map<String, Value> = serde_json::from_slice(body).map_err(|_| EditError::NotAnObject)?;
    for edit in edits {
        edit.apply(&mut object)?;
    }
    *body = format!("{:#}", Value::Object(object)).into_bytes();
    Ok(())
}

impl Edit {
    fn apply(&self, object: &mut Map<String, Value>) -> Result<(), EditError> {
        let (first, rest) = self.steps.split_first().ok_or(EditError::Malformed)?;
        let mut place = object.entry(first.as_str()).or_insert(Value::Null);
        for (depth, step) in rest.iter().enumerate() {
            place = match place {
                Value::Object(object) => object.entry(step.as_str()).or_insert(Value::Null),
                Value::Array(values) => {
                    let index = step.parse::<usize>().ok().filter(|index| *index <= values.len());
                    let index =
                        index.ok_or_else(|| self.no_place(depth, "is a list, and that is no place in it"))?;
                    if index == values.len() {
                        values.push(Value::Null);
                    }
                    &mut values[index]
                }
                // What is not there yet becomes what the next step wants.
                Value::Null if step == "0" => {
                    *place = Value::Array(vec![Value::Null]);
                    &mut place[0]
                }
                Value::Null => {
                    *place = Value::Object(Map::new());
                    &mut place[step.as_str()]
                }
                _ => return Err(self.no_place(depth, "is a single value")),
            };
        }
        *place = self.value.clone();
        Ok(())
    }

    fn no_place(&self, depth: usize, why: &'static str) -> EditError {
        EditError::Blocked { path: self.steps.join("."), at: self.steps[..=depth].join("."), why }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edited(body: &str, edits: &[&str]) -> Result<Value, EditError> {
        let edits: Vec<Edit> = edits.iter().map(|edit| edit.parse().unwrap()).collect();
        let mut body = body.as_bytes().to_vec();
        apply(&edits, &mut body)?;
        Ok(serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn values_are_changed_and_made_at_any_depth() {
        let changed = edited(
            r#"{"issue":{"title":"old","labels":[{"name":"a"}]}}"#,
            &[
                "issue.title=A title = x",
                "issue.labels.0.name=bug",
                "issue.labels.1={\"name\":\"b\"}",
                "n=7",
                "new.0.x=true",
            ],
        );
        assert_eq!(
            changed.unwrap(),
            json!({"issue":{"title":"A title = x","labels":[{"name":"bug"},{"name":"b"}]},"n":7,"new":[{"x":true}]})
        );
    }

    #[test]
    fn what_is_no_place_is_named() {
        let error = edited(r#"{"a":{"b":1}}"#, &["a.b.c=1"]).unwrap_err();
        assert_eq!(error.to_string(), "`a.b.c` is not there: `a.b` is a single value");
        let error = edited(r#"{"a":[]}"#, &["a.5=1"]).unwrap_err();
        assert_eq!(error.to_string(), "`a.5` is not there: `a` is a list, and that is no place in it");
        assert_eq!(edited("[]", &["a=1"]).unwrap_err(), EditError::NotAnObject);
        for text in ["a", "a..b=1", "=1"] {
            assert_eq!(text.parse::<Edit>(), Err(EditError::Malformed), "{text}");
        }
    }

    #[test]
    fn without_edits_every_byte_stays() {
        let mut body = b"{ \"a\" : 1 }\n".to_vec();
        apply(&[], &mut body).unwrap();
        assert_eq!(body, b"{ \"a\" : 1 }\n");
    }
}
