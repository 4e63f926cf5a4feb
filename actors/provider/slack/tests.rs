//! What Slack publishes, and what its envelope says.

use super::*;
use crate::domain::Secret;

const NONE: Headers = Headers::new();

#[test]
fn the_vector_that_slack_publishes_verifies() {
    let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let secret = Secret::new(b"8f742231b10e8888abcd99yyyzzz85a5").unwrap();
    let headers: Headers = [("x-slack-request-timestamp", "1531420618")].into_iter().collect();
    let value = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    assert!(secret.verifies(&SIGNATURES[0], value, &headers, body));
    let later: Headers = [("x-slack-request-timestamp", "1531420619")].into_iter().collect();
    assert!(!secret.verifies(&SIGNATURES[0], value, &later, body));
    assert!(!secret.verifies(&SIGNATURES[0], value, &NONE, body));
}

#[test]
fn the_challenge_is_echoed_and_nothing_else_is() {
    let asked = |body: &str| Slack.handshake(&NONE, body.as_bytes());
    let challenge = r#"{"type":"url_verification","challenge":"3eZbrw1aB"}"#;
    assert_eq!(asked(challenge), Some(HttpReply::text("3eZbrw1aB".to_owned())));
    let long = "c".repeat(5000);
    for body in [
        r#"{"type":"event_callback","challenge":"c","event":{"type":"message"}}"#,
        r#"{"type":"url_verification"}"#,
        r#"{"type":"url_verification","challenge":7}"#,
        &format!(r#"{{"type":"url_verification","challenge":"{long}"}}"#),
        "no JSON",
    ] {
        assert_eq!(asked(body), None, "{body:.80}");
    }
}

#[test]
fn a_mention_reads_as_sent() {
    let context = Slack.parse(&NONE, SAMPLES[0].body.as_bytes()).unwrap();
    insta::assert_snapshot!(serde_json::to_string(&context).unwrap(), @r#"{"source":"slack","event":"app_mention","body":"<@U0HERD01> please look at the failing nightly build","author":"U0MIRA01","sender":"U0MIRA01","timestamp":"1795445000","org":"T0ACME01","details":{"app_id":"A0GATE01","channel":"C0BUILDS1","event_id":"Ev0SAMPLE1","thread_ts":"1795444000.000200","ts":"1795445000.000100"},"carries":{"branch":false,"conclusion":false}}"#);
    assert_eq!(Slack.delivery_key(&NONE, SAMPLES[0].body.as_bytes()).to_string(), "Ev0SAMPLE1");
}

#[test]
fn a_reaction_has_the_channel_of_its_message() {
    let body = br#"{"type":"event_callback","event":{"type":"reaction_added","user":"U1","item":{"channel":"C1","ts":"1.2"}}}"#;
    let context = Slack.parse(&NONE, body).unwrap();
    let channels: Vec<_> = context.values(SLACK.field("channel").unwrap()).collect();
    assert_eq!(context.header.event, "reaction_added");
    assert_eq!(channels, ["C1"]);
}

#[test]
fn what_has_no_type_is_no_event() {
    for body in ["{}", r#"{"type":"event_callback"}"#, r#"{"type":"event_callback","event":{}}"#, "[]", ""] {
        assert!(Slack.parse(&NONE, body.as_bytes()).is_err(), "{body}");
    }
}
