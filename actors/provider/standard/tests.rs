//! What the specification promises.

use super::*;
use crate::domain::Secret;

/// From the specification's own example.
const SECRET: &[u8] = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn headers(id: &str, timestamp: &str) -> Headers {
    [("webhook-id", id), ("webhook-timestamp", timestamp)].into_iter().collect()
}

fn verifies(value: &str, headers: &Headers) -> bool {
    let secret = Secret::read(STANDARD.credential.key, SECRET).unwrap();
    secret.verifies(&SIGNATURES[0], value, headers, BODY)
}

#[test]
fn the_vector_of_the_specification_verifies_among_others_too() {
    let sent = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
    assert!(verifies(SIGNED, &sent));
    assert!(verifies(&format!("v1,AAAA v1a,xyz {SIGNED}"), &sent));
    assert!(!verifies(SIGNED, &headers("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265331")));
    assert!(!verifies(SIGNED, &headers("msg_other", "1614265330")));
    assert!(!verifies("v1,", &sent) && !verifies("", &sent) && !verifies("v2,g0hM", &sent));
    let many = format!("{}{SIGNED}", "v1,AAAA ".repeat(100));
    assert!(!verifies(&many, &sent), "only the first few are looked at");
}

#[test]
fn a_secret_that_is_no_base64_is_refused() {
    assert!(Secret::read(STANDARD.credential.key, b"whsec_***").is_err());
    assert!(Secret::read(STANDARD.credential.key, b"whsec_").is_err());
    assert!(Secret::read(STANDARD.credential.key, &SECRET["whsec_".len()..]).is_ok());
}

#[test]
fn an_event_reads_as_sent() {
    let context = Standard.parse(&Headers::new(), SAMPLES[0].body.as_bytes()).unwrap();
    insta::assert_snapshot!(serde_json::to_string(&context).unwrap(), @r#"{"source":"standard","event":"invoice.paid","timestamp":"2026-11-23T09:30:00Z","details":{"data":{"amount":1900,"currency":"eur","customer":"acme","id":"inv_4711","lines":[1,2]}},"carries":{"branch":false,"conclusion":false}}"#);
    let ids: Vec<_> = context.values(STANDARD.field("ids").unwrap()).collect();
    assert_eq!(ids, ["inv_4711"]);
    for body in ["{}", r#"{"type":7}"#, r#"{"type":""}"#, "[]", ""] {
        assert!(Standard.parse(&Headers::new(), body.as_bytes()).is_err(), "{body}");
    }
}
