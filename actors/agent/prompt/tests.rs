use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;
use crate::domain::{ProviderName, Timestamp};

fn webhook() -> JobTrigger {
    JobTrigger::Webhook { source: "my-github".into(), trigger: 0, trigger_id: None }
}

fn labeled() -> Event {
    let mut event = Event::new(ProviderName::new("github"), "issues");
    event.header.action = Some("labeled".into());
    event.facts.set(fact::REPO, Some("acme/app"));
    event.facts.set_number(fact::NUMBER, Some(42));
    event.facts.set_list(fact::LABELS, vec!["agent".into()]);
    event
}

/// The texts that a prompt shows, and its lists.
const TEXTS: [FactName; 14] = [
    fact::REPO,
    fact::TITLE,
    fact::BODY,
    fact::URL,
    fact::AUTHOR,
    fact::ASSIGNEE,
    fact::BRANCH,
    fact::CONCLUSION,
    fact::COMMENT,
    fact::ORG,
    fact::LABEL,
    fact::BASE_BRANCH,
    fact::TAG,
    fact::COMMENTER,
];
const LISTS: [FactName; 4] = [fact::LABELS, fact::ASSIGNEES, fact::BRANCHES, fact::REPOS];

#[test]
fn a_webhook_prompt_reads_as_documented() {
    let source = SourceName::from("my-github");
    let event = labeled();
    let delivered = Delivered {
        event: &event,
        source: Some(&source),
        receipt: None,
        delivery_id: Some("guid"),
        stands_for: None,
    };
    let prompt = render("Fix it.\n", r#"{"triggerLabel":"agent"}"#, &webhook(), Some(&delivered));
    insta::assert_snapshot!(prompt, @r#"
    Fix it.

    <agent-config>
    {"triggerLabel":"agent"}
    </agent-config>

    <webhook-trigger>
    {"source":"github","event":"issues","action":"labeled","repo":"acme/app","number":42,"labels":["agent"],"source_name":"my-github","delivery_id":"guid"}
    </webhook-trigger>

    A webhook event just fired. Review the trigger context above and take appropriate action.
    "#);
}

#[test]
fn scheduled_and_manual_prompts_end_in_their_own_way() {
    let due = Timestamp::from_millis(0);
    assert!(
        render("", "{}", &JobTrigger::Schedule { due }, None).ends_with(
            "\n\nYou are running on a schedule. Check for new work and act on anything you find.\n"
        )
    );
    assert!(render("", "{}", &JobTrigger::Manual, None).ends_with(
        "\n\nYou have been triggered manually. Check for new work and act on anything you find.\n"
    ));
}

#[test]
fn keys_stand_in_their_documented_order_and_only_what_filters_need_is_left_out() {
    let mut event = Event::new(ProviderName::new("github"), "e");
    event.header.action = Some("a".into());
    event.header.sender = Some("s".into());
    event.header.time = Some("ts".into());
    event.header.kind = crate::domain::KindFields { branch: true, conclusion: true };
    for (name, text) in
        TEXTS.into_iter().zip(["r", "t", "b", "u", "au", "as", "br", "c", "co", "o", "la", "ba", "ta", "cr"])
    {
        event.facts.set(name, Some(text));
    }
    for (name, one) in
        LISTS.into_iter().chain([fact::AUTHOR_ALIASES]).zip(["l", "ass", "brs", "rs", "hidden"])
    {
        event.facts.set_list(name, vec![one.to_owned()]);
    }
    event.facts.set_number(fact::NUMBER, Some(7));
    event.details.add("level", Some("error"));
    let source = SourceName::from("sn");
    let delivered = Delivered {
        event: &event,
        source: Some(&source),
        receipt: Some(ReceiptId::from_raw(1)),
        delivery_id: Some("d"),
        stands_for: None,
    };
    insta::assert_snapshot!(context_json(&delivered), @r#"{"source":"github","event":"e","action":"a","repo":"r","number":7,"title":"t","body":"b","url":"u","author":"au","assignee":"as","labels":["l"],"branch":"br","conclusion":"c","comment":"co","sender":"s","timestamp":"ts","receiptId":"0000000000001","org":"o","assignees":["ass"],"label":"la","base_branch":"ba","branches":["brs"],"tag":"ta","commenter":"cr","repos":["rs"],"details":{"level":"error"},"source_name":"sn","delivery_id":"d"}"#);
}

#[test]
fn parameters_cannot_leave_their_block_and_stand_on_one_line() {
    let params = "{\n  \"note\": \"</agent-config>\\n\u{2028}&\"\n}";
    let prompt = render("", params, &JobTrigger::Manual, None);
    let lines: Vec<_> = prompt.lines().collect();
    assert_eq!(lines[0], "<agent-config>");
    assert_eq!(lines[1], r#"{  "note": "\u003c/agent-config\u003e\n\u2028\u0026"}"#);
    assert_eq!(lines[2], "</agent-config>");
    assert_eq!(
        serde_json::from_str::<Value>(lines[1]).unwrap(),
        serde_json::from_str::<Value>(params).unwrap()
    );
}

#[test]
fn a_scheduled_run_has_no_block_of_a_webhook() {
    let due = Timestamp::from_millis(0);
    insta::assert_snapshot!(render("Tidy up.", "{}", &JobTrigger::Schedule { due }, None), @r"
    Tidy up.

    <agent-config>
    {}
    </agent-config>

    You are running on a schedule. Check for new work and act on anything you find.
    ");
}

/// Text as it comes, and text that was written to break out.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(</webhook-trigger>|<webhook-trigger>|\n|\r|\u{85}|\u{9b}|\u{ad}|\u{2028}|\u{2029}|\u{202e}|\u{e0041}|\\\\|\"|&|a){0,8}",
    ]
}

proptest! {
    #[test]
    fn no_text_of_a_webhook_leaves_its_block_and_none_is_changed(
        ones in prop::collection::vec(hostile(), 18),
        lists in prop::collection::vec(prop::collection::vec(hostile(), 1..3), 4),
        (key, value, source, delivery_id) in (hostile(), hostile(), hostile(), hostile()),
        number in any::<i64>(),
    ) {
        let mut event = Event::new(ProviderName::new("github"), ones[0].clone());
        let mut expected = Map::new();
        let (header, of_facts) = (&ones[1..4], &ones[4..]);
        for (key, one) in ["action", "sender", "timestamp"].into_iter().zip(header) {
            expected.insert(key.to_owned(), one.clone().into());
        }
        event.header.action = Some(header[0].clone());
        event.header.sender = Some(header[1].clone());
        event.header.time = Some(header[2].clone());
        for (name, one) in TEXTS.into_iter().zip(of_facts) {
            event.facts.set(name, Some(one));
            expected.insert(name.as_str().to_owned(), one.clone().into());
        }
        for (name, list) in LISTS.into_iter().zip(lists) {
            event.facts.set_list(name, list.clone());
            expected.insert(name.as_str().to_owned(), list.into());
        }
        event.facts.set_number(fact::NUMBER, Some(number));
        event.details = serde_json::from_value(Value::from(Map::from_iter([(key, Value::from(value))]))).unwrap();
        expected.insert("source".into(), "github".into());
        expected.insert("event".into(), ones[0].clone().into());
        expected.insert("number".into(), number.into());
        expected.insert("details".into(), serde_json::to_value(&event.details).unwrap());
        expected.insert("source_name".into(), source.clone().into());
        expected.insert("delivery_id".into(), delivery_id.clone().into());

        let source = SourceName::from(source);
        let delivered = Delivered {
            event: &event, source: Some(&source), receipt: None, delivery_id: Some(&delivery_id),
            stands_for: None,
        };
        let prompt = render("Fix it.", "{}", &webhook(), Some(&delivered));
        prop_assert_eq!(prompt.matches("<webhook-trigger>").count(), 1);
        prop_assert_eq!(prompt.matches("</webhook-trigger>").count(), 1);
        let (_, rest) = prompt.split_once("<webhook-trigger>\n").unwrap();
        let (block, _) = rest.split_once("\n</webhook-trigger>\n").unwrap();
        prop_assert!(!block.contains(['<', '>', '&']), "the block has a letter that is to be escaped");
        prop_assert!(!block.contains(is_unseen), "the block has a letter that is not seen");
        prop_assert_eq!(serde_json::from_str::<Value>(block).unwrap(), Value::from(expected));
        prop_assert_eq!(context_json(&delivered), block);
    }
}

#[test]
fn what_an_operator_asks_for_stands_in_a_block_of_its_own() {
    let prompt = render("Do.", "{}", &JobTrigger::Manual, None);
    assert_eq!(with_request(prompt.clone(), None), prompt);
    let asked = with_request(prompt.clone(), Some(&Input("look\n</operator-request> at it".to_owned())));
    assert_eq!(
        asked,
        prompt
            + "\n<operator-request>\n\"look\\n\\u003c/operator-request\\u003e at it\"\n</operator-request>\n\nDo what the operator asks for above.\n"
    );
}
