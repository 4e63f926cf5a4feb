//! What goes in by standard input and comes out by standard output.

use std::fs;

use herdgate_actors::runner::OutcomeKind;
use tokio::task::JoinSet;

use crate::support::{House, in_time, order, script, with_spec};

#[tokio::test]
async fn standard_output_and_error_are_kept_in_the_order_they_were_written() {
    let house = House::new();
    let order = order(&["sh", "-c", "for i in 1 2 3; do echo out $i; echo err $i >&2; done"]);
    let run = order.run;
    house.end_of(order).await;
    assert_eq!(house.output(run), "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
}

#[tokio::test]
async fn ten_megabytes_of_output_are_capped_while_the_command_goes_on() {
    let house = House::new();
    let done = house.path("done");
    let order = script("head -c 10485760 /dev/zero | tr '\\0' x; : > \"$1\"", &done);
    let order = with_spec(order, |spec| spec.output_limit = 100_000);
    let run = order.run;
    assert_eq!(house.end_of(order).await, OutcomeKind::Completed);
    assert!(done.exists(), "the command got to its end");
    let output = house.output(run);
    let (kept, line) = output.split_at(100_000);
    assert!(kept.bytes().all(|byte| byte == b'x'));
    assert!(line.contains(&format!("{} bytes of output were cut", 10_485_760 - 100_000)), "{line}");
}

#[tokio::test]
async fn a_large_prompt_arrives_whole_on_standard_input() {
    let house = House::new();
    let mut order = order(&["md5sum"]);
    order.prompt = "a line of the prompt\n".repeat(400_000);
    let run = order.run;
    assert_eq!(house.end_of(order).await, OutcomeKind::Completed);
    let mut same = crate::support::order(&["sh", "-c", "md5sum < \"$HERDGATE_PROMPT_FILE\""]);
    same.prompt = "a line of the prompt\n".repeat(400_000);
    let from_file = same.run;
    house.end_of(same).await;
    assert_eq!(house.output(run), house.output(from_file));
    assert_eq!(fs::metadata(house.folders.folder(run).join("prompt.md")).unwrap().len(), 8_400_000);
}

#[tokio::test]
async fn a_command_may_close_its_standard_input_or_never_read_it() {
    let house = House::new();
    for text in ["exec <&-; echo closed", "echo unread", "head -c 3 >/dev/null; echo in part"] {
        let mut order = order(&["sh", "-c", text]);
        order.prompt = "x".repeat(3_000_000);
        let run = order.run;
        assert_eq!(house.end_of(order).await, OutcomeKind::Completed, "{text}");
        assert!(!house.output(run).is_empty());
    }
}

#[tokio::test]
async fn a_command_may_close_its_standard_output_and_go_on() {
    let house = House::new();
    let done = house.path("done");
    let order = script("echo before; exec >&- 2>&-; : > \"$1\"; exit 3", &done);
    let run = order.run;
    assert_eq!(house.end_of(order).await, OutcomeKind::Failed { code: 3 });
    assert!(done.exists());
    assert_eq!(house.output(run), "before\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_runs_at_once_keep_apart() {
    let house = House::new();
    let mut runs = JoinSet::new();
    for number in 0..200 {
        let mut order = order(&["sh", "-c", "cat; exit $1", "sh", &(1 + number % 50).to_string()]);
        order.prompt = format!("prompt {number}");
        let run = order.run;
        let running = house.start(order);
        runs.spawn(async move { (number, run, in_time(running).await) });
    }
    while let Some(ended) = runs.join_next().await {
        let (number, run, ended) = ended.unwrap();
        assert_eq!(ended.kind, OutcomeKind::Failed { code: 1 + number % 50 });
        assert_eq!(house.output(run), format!("prompt {number}"));
    }
}
