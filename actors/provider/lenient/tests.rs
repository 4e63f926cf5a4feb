//! How bodies are read that nobody would send on purpose.

use std::borrow::Cow;

use serde::Deserialize;

use super::*;
use crate::domain::Unparsable;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Sample<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    id: Scalar<'a>,
    number: Number,
    #[serde(borrow)]
    user: Object<User<'a>>,
    #[serde(borrow)]
    labels: List<Object<User<'a>>>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct User<'a> {
    #[serde(borrow)]
    login: Text<'a>,
}

fn title(body: &[u8]) -> Result<Option<String>, Unparsable> {
    read(body, |bytes| serde_json::from_slice::<Sample>(bytes).map(|sample| sample.title.owned()))
}

#[test]
fn fields_of_the_wrong_type_are_absent() {
    let body = br#"{"title":{"a":[1]},"id":7,"number":"x","user":[1,{}],"labels":[{"login":"a"},3,null]}"#;
    let sample: Sample = serde_json::from_slice(body).unwrap();
    assert_eq!(sample.title.get(), None);
    assert_eq!(sample.id.get(), Some("7"));
    assert_eq!(sample.number.0, None);
    assert_eq!(sample.user.get(), None);
    let logins: Vec<_> = sample.labels.0.iter().filter_map(Object::get).collect();
    assert_eq!(logins.len(), 1);
    assert_eq!(logins[0].login.get(), Some("a"));
}

#[test]
fn plain_texts_are_borrowed() {
    let sample: Sample = serde_json::from_slice(br#"{"title":"plain"}"#).unwrap();
    assert!(matches!(sample.title.0, Some(Cow::Borrowed("plain"))));
}

#[test]
fn broken_texts_are_mended_rather_than_lost() {
    assert_eq!(title(b"{\"title\":\"a\xffb\"}"), Ok(Some("a\u{fffd}b".into())));
    assert_eq!(title(br#"{"title":"a\ud83d b"}"#), Ok(Some("a\u{fffd} b".into())));
    assert_eq!(title(br#"{"title":"\\\ude00 \ud83d\ude00"}"#), Ok(Some("\\\u{fffd} \u{1f600}".into())));
    assert_eq!(title("\u{feff}{\"title\":\"a\"}".as_bytes()), Ok(Some("a".into())));
    assert_eq!(title(br#"{"title":"a","title":"b"}"#), Ok(Some("b".into())));
}

#[test]
fn what_is_no_object_is_refused() {
    for body in [&b""[..], b"null", b"[]", b"\"text\"", b"{", b"{\"title\":"] {
        assert!(title(body).is_err(), "{body:?}");
    }
}

#[test]
fn a_number_beyond_floats_loses_no_event() {
    let long = "7".repeat(400);
    for number in ["1e400", "-1e400", "1E+9999", &long, "-1e-400"] {
        let body = format!(r#"{{"title":"a 1e400 \\","number":{number},"id":{number}}}"#);
        assert_eq!(title(body.as_bytes()), Ok(Some("a 1e400 \\".into())), "{number}");
    }
}

#[test]
fn a_list_is_read_to_its_end_and_kept_to_its_limit() {
    for (items, kept) in [(999, 999), (1000, 1000), (1001, 1001), (5000, 1001)] {
        let body = format!(r#"{{"labels":[{}],"title":"after it"}}"#, vec!["0"; items].join(","));
        let sample: Sample = serde_json::from_str(&body).unwrap();
        assert_eq!((sample.labels.0.len(), sample.title.get()), (kept, Some("after it")));
    }
}

#[test]
fn small_values_are_kept_and_all_others_never_built() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let long = format!("[{}]", vec!["0"; 33].join(","));
    let text = format!("\"{}\"", "a".repeat(257));
    for (json, is_kept) in [
        ("null", true),
        ("\"text\"", true),
        ("[1,[2,[\"a\"]]]", true),
        ("[[[[[[[[1]]]]]]]]", true),
        ("[[[[[[[[[1]]]]]]]]]", false),
        (deep.as_str(), false),
        (long.as_str(), false),
        (text.as_str(), false),
        ("[1,{}]", false),
        ("{\"a\":1}", false),
    ] {
        let values: (Small, Number) = serde_json::from_str(&format!("[{json},1]")).unwrap();
        assert_eq!((values.0.0.is_some(), values.1.0), (is_kept, Some(1)), "{json:.80}");
    }
}
