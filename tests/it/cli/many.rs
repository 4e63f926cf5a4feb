//! What is done to all that match: counted, asked for, at a rate, and cancelled by Ctrl-C.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{command, out, run, told};
use crate::support::{Gate, Project, until};

const DIES: &str = "[retry]\nattempts = 1\n[[webhooks]]\nsource = \"github\"\n";

fn dead_letters(gate: &Gate, count: usize) {
    for n in 0..count {
        let body = format!("{{\"action\":\"opened\",\"issue\":{{\"number\":{n}}}}}");
        assert_eq!(gate.github("issues", &format!("many {n}"), &body).status, 200);
    }
    until("all are dead letters", || gate.list("jobs?state=discarded").len() == count);
}

#[test]
fn dead_letters_are_counted_then_dismissed_by_the_gate_itself() {
    let project = Project::new("").agent("dev", DIES, "exit 3");
    let gate = Gate::serve(&project);
    dead_letters(&gate, 5);
    let dismiss = ["dead", "dismiss", "--agent", "dev"];
    let counted = run(project.path(), &[&dismiss[..], &["--dry-run"]].concat());
    assert_eq!(out(&counted), "5 dead letters will be dismissed\n", "{}", told(&counted));
    let asked = run(project.path(), &dismiss);
    assert_eq!(asked.status.code(), Some(2), "nobody was asked: {}", told(&asked));
    let some = run(project.path(), &[&dismiss[..], &["--yes", "--limit", "2", "--json"]].concat());
    let task: Value = serde_json::from_str(&out(&some)).unwrap_or_else(|_| panic!("{}", told(&some)));
    assert_eq!((&task["state"], &task["done"], &task["total"]), (&"done".into(), &2.into(), &2.into()));
    let rest = run(project.path(), &["dead", "dismiss", "--all", "--yes"]);
    assert_eq!(out(&rest), "dismissed 3 dead letters\n", "{}", told(&rest));
    assert!(gate.list("jobs?state=discarded").is_empty());
    let bulks = gate.list("bulk").into_iter().filter(|task| task["state"] == "done").count();
    assert_eq!(bulks, 2, "the gate did it, and remembers");
}

#[test]
fn ctrl_c_cancels_the_rest_and_says_what_is_left() {
    let project = Project::new("").agent("dev", DIES, "exit 3");
    let gate = Gate::serve(&project);
    dead_letters(&gate, 4);
    let slow = ["dead", "dismiss", "--all", "--yes", "--rate", "1"];
    let child = command(project.path(), &slow).spawn().unwrap();
    let states = || gate.list("bulk").into_iter().map(|task| task["state"].clone()).collect::<Vec<_>>();
    until("the first is done", || gate.list("jobs?state=discarded").len() < 4);
    assert!(states().contains(&"running".into()), "{:?}", states());
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", told(&ended));
    assert!(told(&ended).contains("cancelled: ") && told(&ended).contains("of 4 are as they were"));
    until("it is cancelled", || states().contains(&"cancelled".into()));
}
